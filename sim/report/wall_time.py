"""Where the wall time went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.activities import OFF_SHIFT
from sim.report.figure import PALETTE, SHADE, Figure, empty, label
from sim.results.answers import spoken
from sim.results.wall_time import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATTERNS = ("", "/", "x")


def wall_time(scenarios: Sequence[Mapping[str, Any]]) -> Figure:
    """Where the mean wall time of each scenario went."""
    activities = activities_of(scenarios)
    names = [label(_named(scenario)) for scenario in scenarios]
    figure = empty("mean wall time (h)")
    for number, activity in enumerate(activities):
        figure.add_bar(
            x=[scenario["wall_time"].get(activity, 0) for scenario in scenarios],
            y=names,
            orientation="h",
            name=label(spoken(activity)),
            marker={
                "color": SHADE if activity == OFF_SHIFT else PALETTE[number % len(PALETTE)],
                "pattern": {
                    "shape": "" if activity == OFF_SHIFT else PATTERNS[number // len(PALETTE) % len(PATTERNS)]
                },
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
    said = (
        "Hours until the target, or until the end where a replication did not reach it. Every moment is shown"
        " once: labelling before training, training before a step of the round trip, that before waiting for"
        " people, and that before any other waiting."
    )
    if OFF_SHIFT in activities:
        said += f" {spoken(OFF_SHIFT).capitalize()}: all annotators are away, and nothing else goes on."
    return Figure("wall-time", "Where the wall time went", said, figure)


def activities_of(scenarios: Sequence[Mapping[str, Any]]) -> list[str]:
    """What wall time goes to in any of these scenarios, each once; waiting and being off shift are last."""
    return in_order(activity for scenario in scenarios for activity in scenario["wall_time"])


def _named(scenario: Mapping[str, Any]) -> str:
    """A scenario's name, with how many of its projects arrived where not all did: its bar is too short."""
    wall = scenario["aggregate"]["wall_hours"]
    if wall["reached"] == wall["n"]:
        return str(scenario["name"])
    return f"{scenario['name']} ({wall['reached']} of {wall['n']} reached the target)"
