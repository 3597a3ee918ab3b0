"""Where the wall time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.figure import PALETTE, Figure, empty, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def wall_time(scenarios: Sequence[Mapping[str, Any]]) -> Figure:
    """Where the mean wall time of each scenario went."""
    activities = dict.fromkeys(activity for scenario in scenarios for activity in scenario["wall_time"])
    names = [label(_named(scenario)) for scenario in scenarios]
    figure = empty("mean wall time (h)")
    for number, activity in enumerate(activities):
        figure.add_bar(
            x=[scenario["wall_time"].get(activity, 0) for scenario in scenarios],
            y=names,
            orientation="h",
            name=label(activity),
            marker={
                "color": PALETTE[number % len(PALETTE)],
                "pattern": {"shape": ["", "/", "x"][number // len(PALETTE) % 3]},
            },
        )
    figure.update_layout(
        barmode="stack",
        height=280 + 50 * len(names),
        bargap=0.4,
        legend={"traceorder": "normal", "font": {"size": 11}},
        xaxis={"hoverformat": ",.1f"},
        # A scenario may be called 250, or 2021-05-03.
        yaxis={"type": "category", "autorange": "reversed"},
    )
    return Figure(
        "wall-time",
        "Where the wall time went",
        "Hours until the target, or until the end where a replication did not reach it. Every moment is shown"
        " once: labelling before training, training before a step of the round trip, that before waiting.",
        figure,
    )


def _named(scenario: Mapping[str, Any]) -> str:
    """A scenario's name, with how many of its projects arrived where not all did: its bar is too short."""
    wall = scenario["aggregate"]["wall_hours"]
    if wall["reached"] == wall["n"]:
        return str(scenario["name"])
    return f"{scenario['name']} ({wall['reached']} of {wall['n']} reached the target)"
