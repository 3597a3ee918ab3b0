"""How well the last model finds each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.figure import PALETTE, QUIET, Figure, empty, label

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
        y=[label(one["name"]) for one in shown],
        orientation="h",
        marker={"color": PALETTE[0]},
        text=[f"{one['average_precision']:.2f}" for one in shown],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    target = scenario["target"]["map"]
    figure.add_vline(x=target, line={"color": QUIET, "dash": "dash", "width": 1.5})
    figure.update_layout(height=100 + 22 * len(shown), bargap=0.25, margin={"r": 50})
    figure.update_xaxes(range=[0, 1])
    # A label may be called 250, or 2021-05-03.
    figure.update_yaxes(type="category", autorange="reversed", dtick=1)
    said = (
        f"{scenario['name']}: average precision of each label on the test documents with a project's last "
        "model, mean over replications, the worst first. Dashed: the target, which their mean is to reach."
    )
    if len(ordered) > MOST:
        said += f" The {len(ordered) - MOST} best are not shown."
    if missing := len(scenario["labels"]) - len(known):
        said += f" No test document carries the other {missing}, of which nothing can be said."
    return Figure("labels", "Label by label", said, figure)
