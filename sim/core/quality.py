"""Quality of a model on the test documents, and targets of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
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


QUALITY = ("map", *(metric.name for metric in fields(Quality)))
"""Metrics of a model, any of which may be a target."""


class QualityTarget(NamedTuple):
    """Target of a project: the least value of one metric."""

    metric: str
    value: float

    def is_reached(self, model: CurvePoint) -> bool:
        """Return whether a model reaches the target; never where the metric does not apply."""
        value = getattr(model, self.metric)
        return value is not None and value >= self.value
