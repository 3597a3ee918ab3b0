"""Quality of a model: on test documents, by its project's own rating, on the learning curve; and targets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import floor
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


# By keyword alone: a point of the learning curve inherits these defaults and adds fields that have none.
@dataclass(frozen=True, kw_only=True)
class Quality:
    """Quality of a model on the test documents beside its MAP; None where a metric does not apply."""

    macro_f1: float | None = None
    """Mean over labels of F1, the harmonic mean of precision and recall."""
    micro_f1: float | None = None
    """F1 of all labels together."""
    accuracy: float | None = None
    """Share of documents whose most probable label is theirs, where each carries one."""
    precision: float | None = None
    """Share of predictions that are right, where there is one label."""
    recall: float | None = None
    """Share of the label's documents that are found, where there is one label."""
    wss_95: float | None = None
    """Work saved over sampling at 95 % recall, where there is one label."""
    found: float | None = None
    """Share of the pool's documents with the label that people have found, where there is one label."""


QUALITY = ("map", *(metric.name for metric in fields(Quality)))
"""Metrics of a model, any of which may be a target."""


STEPS = 1_000
"""Targets that are a share of a plateau are rounded down to thousandths: models of the same documents in
another order, or computed on another machine, may differ by as much."""


ROUNDING = 1e-9
"""What a product may be too small by."""


class QualityTarget(NamedTuple):
    """Target of a project: the least value of one metric."""

    metric: str
    value: float
    of_plateau: float | None = None
    """Which share of the plateau that value is: of what the learner reaches with every document labelled."""

    @classmethod
    def from_plateau(cls, share: float, plateau: float) -> Self:
        """Make the target of a share of the MAP that is the plateau, rounded down to thousandths.

        >>> QualityTarget.from_plateau(0.9, 0.9206).value
        0.828
        """
        return cls("map", floor(STEPS * share * plateau + ROUNDING) / STEPS, share)

    def is_reached(self, model: CurvePoint) -> bool:
        """Return whether a model reaches the target; never where the metric does not apply."""
        value = getattr(model, self.metric)
        return value is not None and value >= self.value


def mean_target(targets: Sequence[QualityTarget]) -> QualityTarget:
    """Return the mean of targets of one metric, to thousandths unless they are alike."""
    first = targets[0]
    if all(target == first for target in targets):
        return first
    return first._replace(value=round(fmean(target.value for target in targets), 3))


@dataclass(frozen=True)
class Rating:
    """A project's own estimate of its model, in points from 0 to 100."""

    overall: float
    all_labels: float
    all_labels_lower: float
    """The lower end of a 95 % interval."""
    all_labels_upper: float
    underperforming_labels: float
    coverage: float
    balance: float
    labels_judged: int
    """Number of labels with enough examples to be judged."""
    weakest_label: str
    likeness: float
    """Similarity of the labelled documents to the whole pool."""
    shuffled: float
    """Share of labelled documents that were picked at random."""

    @property
    def factors(self) -> tuple[float, float, float, float]:
        """Four factors of the overall rating."""
        return self.all_labels, self.underperforming_labels, self.coverage, self.balance


@dataclass(frozen=True)
class ConvergenceStats:
    """Statistics of a model's predictions on unlabelled documents, for stopping rules."""

    kappa: float | None
    """Agreement with the model before it, Cohen's kappa; None where all agreement is by chance."""
    uncertainty: float
    """Mean entropy of a label on a document, in bits."""
    confidence: float
    """Confidence of the least certain document: mean over labels."""


@dataclass(frozen=True)
class CurvePoint(Quality):
    """Published model: its training documents, its time of publication, its true MAP and other quality."""

    round: int
    labelled_documents: int
    published_ms: int
    map: float
    rating: Rating | None = None
    """Model Rating; None if it is not used, or no label has examples yet."""
    signs: ConvergenceStats | None = None
    """Convergence statistics; None if they are not used."""
