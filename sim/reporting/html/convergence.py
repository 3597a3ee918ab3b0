"""How sure the figures are, and whether more replications would make them surer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.reporting.html.figure import QUIET, Figure, color, dash, empty, label
from sim.reporting.text import with_interval
from sim.results.dates import written, written_after
from sim.results.metrics import BY_NAME, percent, rounded_percent
from sim.results.statistics import mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.reporting.text import Row

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
        (
            "probability of reaching the target (95 % CI)",
            [rounded_percent(*wall["p_reached_ci95"]) for wall in walls],
        ),
        ("mean wall time (95 % CI)", [_mean(wall) for wall in walls]),
        ("margin of error of the mean", [_half_width(wall) for wall in walls]),
        ("P80 of wall time (95 % CI)", [_p80(wall) for wall in walls]),
    ]
    if any(scenario["dates"] for scenario in scenarios):
        rows.append(("P80 on (95 % CI)", [_on(scenario) for scenario in scenarios]))
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
        "The margin of error (half the 95 % CI) of the mean wall time after each replication; it shrinks as "
        f"1 / √replications. Dashed: {percent(NARROW)}."
    )
    if all(len(line.x) <= 1 for line in figure.data):
        return None
    if unknown:
        said += f" None where projects did not reach the target: {', '.join(unknown)}."
    return Figure("certainty", "What more replications would give", said, figure)


def _mean(wall: Mapping[str, Any]) -> str:
    return "-" if wall["mean"] is None else with_interval(wall["mean"], wall["ci95"])


def _p80(wall: Mapping[str, Any]) -> str:
    """P80 of wall time, and from where to where it is for certain."""
    written = BY_NAME["wall_hours"].written
    low, high = wall["p80_ci95"]
    return written(wall["p80"]) + _between(low and written(low), high and written(high))


def _on(scenario: Scenario) -> str:
    """The same as dates."""
    dates = scenario["dates"]
    if not dates:
        return "-"
    ends = [end and written_after(dates, end) for end in scenario["aggregate"]["wall_hours"]["p80_ci95"]]
    return written(dates["p80"]) + _between(*ends)


def _between(low: str | None, high: str | None) -> str:
    """An interval, of which an end that is infinite, or not to be known from so few, is left out."""
    if low and high:
        return f" ({low} to {high})"
    if low or high:
        return f" (at least {low})" if low else f" (at most {high})"
    return ""


def _half_width(wall: Mapping[str, Any]) -> str:
    share = _share(wall["ci95"])
    return "-" if share is None else f"±{100 * share:.1f} %"


def _share(interval: Sequence[float] | None) -> float | None:
    if interval is None:
        return None
    low, high = interval
    return (high - low) / (high + low)
