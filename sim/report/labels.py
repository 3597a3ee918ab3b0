"""How well the last model finds each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.figure import LINE_OF_WORDS, PALETTE, QUIET, Figure, empty, label

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 40
"""Labels that a page has room for."""


def worst_labels(scenario: Mapping[str, Any]) -> Figure | None:
    """Average precision of a scenario's labels, the worst first; None where no model was published."""
    known = [one for one in scenario["labels"] if one["average_precision"] is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda one: (one["average_precision"], one["name"]))
    shown = ordered[:MOST]
    figure = empty("average precision")
    figure.add_bar(
        x=[one["average_precision"] for one in shown],
        y=list(range(len(shown))),
        customdata=[label(one["name"]) for one in shown],
        orientation="h",
        marker={"color": PALETTE[0]},
        text=[f"{one['average_precision']:.2f}" for one in shown],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata}: %{x:.2f}<extra></extra>",
    )
    target = scenario["target"]["map"]
    figure.add_vline(x=target, line={"color": QUIET, "dash": "dash", "width": 1.5})
    figure.update_layout(height=100 + 22 * len(shown), bargap=0.25, margin={"r": 50})
    figure.update_xaxes(range=[0, 1])
    names = [label(_cut(one["name"])) for one in shown]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(shown))), ticktext=names)
    said = (
        f"{scenario['name']}: average precision of each label on the test documents with a project's last "
        "model, mean over replications, the worst first. Dashed: the target, which their mean is to reach."
    )
    if len(ordered) > MOST:
        said += f" The {len(ordered) - MOST} best are not shown."
    if missing := len(scenario["labels"]) - len(known):
        said += f" No test document carries the other {missing}, of which nothing can be said."
    return Figure("labels", "Label by label", said, figure)


def _cut(name: str) -> str:
    """A name on one line, since there is no room for two."""
    return name if len(name) <= LINE_OF_WORDS else f"{name[: LINE_OF_WORDS - 1]}…"
