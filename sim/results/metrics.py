"""Table of the metrics in terminal, JSON, CSV and report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.core.quality import QualityTarget


@dataclass(frozen=True)
class Metric:
    """Metric of a replication, on reaching the target, or at the end where it was not reached."""

    name: str
    title: str
    unit: str = ""
    share: bool = False
    """Whether this is a share, which does not grow while a project goes on. All other metrics do: for a
    replication that did not reach the target, their value is a lower bound, or infinite."""
    elapsed: bool = False
    """Whether this is time that passes, and not people's work."""

    def format(self, value: float | None, like: float | None = None) -> str:
        """Format a metric's value for a planner; ``not reached`` if there is none.

        ``like`` is another value, whose unit it has.

        >>> BY_NAME["active_hours"].format(93.83), BY_NAME["share_confirmed"].format(0.52)
        ('93.8 h', '52 %')
        >>> BY_NAME["wall_hours"].format(93.83)
        '3.91 days'
        """
        if value is None:
            return "-" if self.share else "not reached"
        if self.unit == "%":
            return rounded_percent(value)
        if self.elapsed:
            return elapsed_time(value, like)
        if self.unit == "h":
            return f"{three_figures(value)} h"
        if self.unit == "money":
            return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three figures
        return f"{value:,.2f}" if self.share else f"{value:,.0f}"


class ElapsedUnit(NamedTuple):
    """Unit of time that passes."""

    name: str
    hours: int


HOURS, DAYS, WEEKS = ElapsedUnit("h", 1), ElapsedUnit("days", 24), ElapsedUnit("weeks", 168)
HOURS_UNTIL, DAYS_UNTIL = 3 * DAYS.hours, 8 * WEEKS.hours
"""Hours from which a time is in days, and from which it is in weeks."""


def elapsed_unit(hours: float) -> ElapsedUnit:
    """Return the unit of a time: hours, days from three days on, or weeks from eight weeks on."""
    if abs(hours) < HOURS_UNTIL:
        return HOURS
    return DAYS if abs(hours) < DAYS_UNTIL else WEEKS


def three_figures(value: float) -> str:
    """Format a number with three significant figures, or with all of its whole part and a decimal.

    >>> three_figures(9.383), three_figures(236.84)
    ('9.38', '236.8')
    """
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"  # noqa: PLR2004 - its decimals


def elapsed_time(
    hours: float, like: float | None = None, write: Callable[[float], str] = three_figures
) -> str:
    """Format time that passes in hours, days from three days on, or weeks from eight weeks on.

    ``like`` is another time, whose unit it has.

    >>> elapsed_time(9.383), elapsed_time(236.84), elapsed_time(1344), elapsed_time(9.383, like=236.84)
    ('9.38 h', '9.87 days', '8.00 weeks', '0.39 days')
    """
    unit = elapsed_unit(hours if like is None else like)
    return f"{write(hours / unit.hours)} {unit.name}"


def percent(share: float) -> str:
    """Format a metric that is a share as a percentage without rounding: a target of .805 is not one of .8.

    >>> percent(0.8), percent(0.805)
    ('80 %', '80.5 %')
    """
    return f"{100 * share:g} %"


def rounded_percent(*shares: float) -> str:
    """Format a metric that is a share, or a range of shares, as a whole percentage.

    >>> rounded_percent(0.894), rounded_percent(0.6915, 1)
    ('89 %', '69–100 %')
    """
    return f"{'–'.join(f'{100 * share:.0f}' for share in shares)} %"


QUALITY_TITLES = {
    "map": "MAP",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "wss_95": "WSS@95",
    "found": "of the relevant documents found",
}
"""Titles of the metrics of models."""
QUALITY_DEFINITIONS = {
    "map": "mean average precision",
    "macro_f1": "the mean over labels of F1, the harmonic mean of precision and recall",
    "micro_f1": "F1, the harmonic mean of precision and recall, of all labels together",
    "accuracy": "the share of documents whose most probable label is theirs",
    "precision": "the share of documents given the label that carry it",
    "recall": "the share of documents with the label that are given it",
    "wss_95": "the work saved over sampling at 95 % recall",
    "found": "the share of the pool's documents with the label that people have put it on",
}


def target_text(target: QualityTarget) -> str:
    """Format the target of a metric, such as 80 % MAP, or 90 % of the plateau."""
    if target.of_plateau is not None:
        return f"{percent(target.of_plateau)} of the plateau"
    return f"{percent(target.value)} {QUALITY_TITLES[target.metric]}"


HEADLINE = (
    "labelled_documents",
    "annotations",
    "labels_per_document",
    "share_confirmed",
    "share_focused",
    "wrong_suggestions_per_document",
    "active_hours",
    "wall_hours",
)
"""Metrics shown beside every time to value."""
ASSISTANCE = frozenset({"share_confirmed", "share_focused", "wrong_suggestions_per_document"})
"""Those of them that are 0 where annotators are given neither suggestions nor views."""
COST = "cost"
"""The metric shown where a scenario has costs."""
METRICS = (
    Metric("labelled_documents", "documents to the target"),
    Metric("labelled_at_publish", "labelled when that model was published"),
    Metric("annotations", "annotations"),
    Metric("labels_per_document", "labels per document", share=True),
    Metric("share_confirmed", "suggestions accepted", "%", share=True),
    Metric("share_focused", "focused labelling", "%", share=True),
    Metric("wrong_suggestions_per_document", "wrong suggestions per document", share=True),
    Metric("active_hours", "active SME time", "h"),
    Metric("wall_hours", "wall time", "h", elapsed=True),
    Metric("labelling_hours", "wall time labelling", "h", elapsed=True),
    Metric("training_hours", "wall time training", "h", elapsed=True),
    Metric("coordination_hours", "wall time in coordination", "h", elapsed=True),
    Metric("waiting_hours", "wall time waiting", "h", elapsed=True),
    Metric("off_shift_hours", "wall time off shift", "h", elapsed=True),
    Metric(COST, "cost", "money"),
    Metric("trainings", "trainings"),
    Metric("rounds", "published models"),
)
BY_NAME = {metric.name: metric for metric in METRICS}
