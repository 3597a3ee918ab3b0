"""The one table of metrics that terminal, JSON, CSV and report are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A figure of one replication, at the moment of reaching the target or at the end where it wasn't."""

    name: str
    title: str
    unit: str = ""
    share: bool = False
    """A share of something, which does not grow while a project goes on. Any other metric does: of a
    replication that did not reach the target its value is a lower bound, or infinite."""

    def written(self, value: float | None) -> str:
        """A value as a planner reads it; one that does not exist is said not to be reached.

        >>> BY_NAME["active_hours"].written(9.383), BY_NAME["share_confirmed"].written(0.52)
        ('9.38 h', '52 %')
        """
        if value is None:
            return "-" if self.share else "not reached"
        if self.unit == "%":
            return rounded_percent(value)
        if self.unit == "h":
            return f"{value:,.2f} h" if abs(value) < 10 else f"{value:,.1f} h"  # noqa: PLR2004 - three figures
        if self.unit == "money":
            return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three figures
        return f"{value:,.2f}" if self.share else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share as its writer put it, not rounded: a target of .805 is not one of .8.

    >>> percent(0.8), percent(0.805)
    ('80 %', '80.5 %')
    """
    return f"{100 * share:g} %"


def rounded_percent(*shares: float) -> str:
    """A share to the whole percent, or the shares from one to another.

    >>> rounded_percent(0.894), rounded_percent(0.6915, 1)
    ('89 %', '69–100 %')
    """
    return f"{'–'.join(f'{100 * share:.0f}' for share in shares)} %"


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
"""What is shown beside every time to value."""
COST = "cost"
"""Shown where something costs."""
METRICS = (
    Metric("labelled_documents", "documents to the target"),
    Metric("labelled_at_publish", "labelled when that model was published"),
    Metric("annotations", "annotations"),
    Metric("labels_per_document", "labels per document", share=True),
    Metric("share_confirmed", "suggestions accepted", "%", share=True),
    Metric("share_focused", "focused labelling", "%", share=True),
    Metric("wrong_suggestions_per_document", "wrong suggestions per document", share=True),
    Metric("active_hours", "active SME time", "h"),
    Metric("wall_hours", "wall time", "h"),
    Metric("labelling_hours", "wall time labelling", "h"),
    Metric("training_hours", "wall time training", "h"),
    Metric("coordination_hours", "wall time in coordination", "h"),
    Metric("waiting_hours", "wall time waiting", "h"),
    Metric("off_shift_hours", "wall time off shift", "h"),
    Metric(COST, "cost", "money"),
    Metric("trainings", "trainings"),
    Metric("rounds", "published models"),
)
BY_NAME = {metric.name: metric for metric in METRICS}
