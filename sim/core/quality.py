"""Quality of a model on the test documents, and targets of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import floor
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.events import CurvePoint


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
