"""How sure the figures are, and whether more replications would make them surer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.figure import QUIET, Figure, color, dash, empty, label
from sim.results.dates import written_after
from sim.results.metrics import BY_NAME
from sim.results.statistics import mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.results.answers import Row

    Scenario = Mapping[str, Any]

FEWEST = 3
"""Replications from which on an interval is worth a thought."""
NARROW = 0.05
"""Half width of an interval, as a share of its mean, at which most decisions are safe."""


def how_sure(scenarios: Sequence[Scenario]) -> list[Row]:
    """Rows of (heading, a cell for each scenario)."""
    walls = [scenario["aggregate"]["wall_hours"] for scenario in scenarios]
    rows: list[Row] = [
        ("replications", [f"{wall['n']:,}" for wall in walls]),
        ("chance to reach the target, 95 % interval", [_chance(wall["p_reached_ci95"]) for wall in walls]),
        ("mean wall time, 95 % interval of the mean", [_interval(wall) for wall in walls]),
        ("that is, to either side", [_half_width(wall) for wall in walls]),
        ("P80 of wall time, 95 % interval", [_of_quantile(wall["p80_ci95"]) for wall in walls]),
    ]
    if any(scenario["dates"] for scenario in scenarios):
        rows.append(("that is, on", [_dates(scenario) for scenario in scenarios]))
    return rows


def convergence(scenarios: Sequence[Scenario]) -> Figure | None:
    """Half width of the interval of the mean wall time after each further replication, as a share of it.

    None where all have too few replications, or did not reach their target.
    """
    figure = empty("replications")
    figure.update_layout(height=320 + 20 * len(scenarios))
    figure.update_yaxes(title_text="± of the mean", tickformat=".0%", rangemode="tozero")
    unknown = []
    for number, scenario in enumerate(scenarios):
        wall = scenario["aggregate"]["wall_hours"]
        if wall["reached"] < wall["n"]:
            unknown.append(scenario["name"])
            continue
        hours = np.array([one["wall_hours"] for one in scenario["replications"]])
        counts = range(FEWEST, len(hours) + 1)
        figure.add_scatter(
            x=list(counts),
            y=[_share(mean_interval(hours[:count])) for count in counts],
            mode="lines",
            name=label(scenario["name"]),
            line={
                "color": color(number),
                "dash": dash(number),
                "width": 2.5,
            },
        )
    figure.add_hline(y=NARROW, line={"color": QUIET, "dash": "dash", "width": 1.5})
    said = (
        "Half the width of the 95 % interval of the mean wall time after so many replications; it shrinks as "
        f"1 / √replications. Dashed: {NARROW:.0%}."
    )
    if all(len(line.x) <= 1 for line in figure.data):
        return None
    if unknown:
        said += f" None where projects did not reach the target: {', '.join(unknown)}."
    return Figure("certainty", "What more replications would give", said, figure)


def _chance(interval: Sequence[float]) -> str:
    return f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def _interval(wall: Mapping[str, Any]) -> str:
    if wall["ci95"] is None:
        return "-"
    low, high = (BY_NAME["wall_hours"].written(end) for end in wall["ci95"])
    return f"{low} to {high}"


def _of_quantile(interval: Sequence[float | None]) -> str:
    low, high = ("unknown" if end is None else BY_NAME["wall_hours"].written(end) for end in interval)
    return f"{low} to {high}"


def _dates(scenario: Scenario) -> str:
    """The interval of P80 as dates."""
    if not scenario["dates"]:
        return "-"
    low, high = (
        "unknown" if end is None else written_after(scenario["dates"], end)
        for end in scenario["aggregate"]["wall_hours"]["p80_ci95"]
    )
    return f"{low} to {high}"


def _half_width(wall: Mapping[str, Any]) -> str:
    share = _share(wall["ci95"])
    return "-" if share is None else f"{share:.1%}"


def _share(interval: Sequence[float] | None) -> float | None:
    if interval is None:
        return None
    low, high = interval
    return (high - low) / (high + low)
