"""Scenarios against each other: what they take in two kinds of time, and how often one is faster."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.reporting.html.figure import (
    QUIET,
    Figure,
    far_apart,
    new_figure,
    plotly_label,
    scenario_color,
    time_axis,
)
from sim.results.comparison import win_rates
from sim.results.metrics import rounded_percent
from sim.results.statistics import censoring_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from sim.results.metrics import ElapsedUnit
    from sim.results.summary import ScenarioSummary

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
"""Open symbols, so that markers on top of one another show; one more than there are colours, so that each
symbol occurs in each colour."""
FEW = 12
"""Maximum number of names beside markers or in a caption."""
PLOT_HEIGHT = 420
MARGINS = 80
LINE_HEIGHT = 17
BESIDE = 30
"""Pixels between a marker and its name."""


@dataclass(frozen=True)
class _Point:
    """Median wall time and active SME time of a scenario."""

    number: int
    name: str
    active: float
    wall: float

    def dominates(self, other: _Point) -> bool:
        """Return whether a scenario dominates another: less of one kind of time, no more of the other."""
        mine, theirs = (self.active, self.wall), (other.active, other.wall)
        # Pareto dominance: no worse in either, and better in one.
        return mine != theirs and all(one <= two for one, two in zip(mine, theirs, strict=True))


@dataclass(frozen=True)
class _Axis:
    """Range of an axis of time in its unit; in powers of ten of hours where it is logarithmic."""

    looks: Mapping[str, Any]
    """Plotly's layout of the axis but for its range."""
    unit: ElapsedUnit
    low: float
    high: float
    logarithmic: bool

    @classmethod
    def around(cls, title: str, hours: Sequence[float], *, elapsed: bool) -> _Axis:
        """Create an axis of the trade-off figure with some room on both sides of ``hours``."""
        logarithmic = far_apart(hours)
        looks, unit = time_axis(title, max(hours), elapsed=elapsed, logarithmic=logarithmic)
        low, high = (math.log10(end) if logarithmic else end / unit.hours for end in (min(hours), max(hours)))
        room = 0.12 * (high - low or high or 1)
        return cls(looks, unit, low - room if logarithmic else max(0, low - room), high + room, logarithmic)

    def place(self, hours: float) -> float:
        """Convert ``hours`` to a position on the axis."""
        return math.log10(hours) if self.logarithmic else hours / self.unit.hours

    def share(self, hours: float) -> float:
        """Convert ``hours`` to a position as a share of the axis, from 0 to 1."""
        return (self.place(hours) - self.low) / (self.high - self.low)

    @property
    def layout(self) -> dict[str, Any]:
        """Plotly's layout of the axis."""
        return {**self.looks, "range": [self.low, self.high]}


def trade_off(scenarios: Sequence[ScenarioSummary]) -> Figure:
    """Draw active SME time against wall time, a marker per scenario, with the Pareto frontier.

    Hours are medians over replications; a scenario that has none, since too few of its replications reached
    the target, is named in the caption.
    """
    points = [
        _Point(number, scenario.name, active, wall)
        for number, scenario in enumerate(scenarios)
        if (active := scenario.aggregate["active_hours"].median) is not None
        and (wall := scenario.wall.median) is not None
    ]
    frontier = sorted(
        (point for point in points if not any(other.dominates(point) for other in points)),
        key=lambda point: point.active,
    )
    figure = new_figure()
    figure.update_layout(height=PLOT_HEIGHT + MARGINS, showlegend=False)
    figure.update_yaxes(separatethousands=True, exponentformat="none")
    if points:
        _draw(figure, points, frontier)
    drawn = {point.number for point in points}
    missing = [scenario.name for number, scenario in enumerate(scenarios) if number not in drawn]
    return Figure(
        "trade-off",
        "SME time against wall time",
        _caption([point.name for point in frontier], missing),
        figure,
    )


def win_rate_table(scenarios: Sequence[ScenarioSummary]) -> list[list[str]]:
    """Build the table of win rates: how often a scenario (row) is faster than another (column), in percent.

    This is a share of pairs of replications with the same number, which share their random numbers, as in a
    summary's comparisons (`win_rates`). It is a range where replications were cut off at a limit. The cell of
    a scenario against itself is empty; two scenarios that never reach the target have a dash.
    """
    hours = [_hours_bounds(scenario) for scenario in scenarios]
    return [
        ["" if one == two else _win_rate(theirs, mine) for two, theirs in enumerate(hours)]
        for one, mine in enumerate(hours)
    ]


def _hours_bounds(scenario: ScenarioSummary) -> dict[int, NDArray[np.float64]]:
    """Return the lower and upper bound of each replication's hours to the target, by its number."""
    rows = scenario.replications
    hours = np.array([row.wall_hours for row in rows])
    ends = censoring_bounds(hours, [row.outcome for row in rows])
    return {row.replication: ends[:, place] for place, row in enumerate(rows)}


def _win_rate(theirs: Mapping[int, NDArray[np.float64]], mine: Mapping[int, NDArray[np.float64]]) -> str:
    # Pairs share their random numbers, so that only replications that both have count.
    both = sorted(theirs.keys() & mine.keys())
    baseline, scenario = (np.array([one[number] for number in both]).T for one in (theirs, mine))
    (found,) = win_rates(baseline[:, np.newaxis], scenario[:, np.newaxis])
    if found.neither == found.pairs:
        return "-"
    most = [(found.sooner + found.undecided) / found.pairs] if found.undecided else []
    return rounded_percent(found.share, *most)


def _draw(figure: go.Figure, points: Sequence[_Point], frontier: Sequence[_Point]) -> None:
    """Draw the Pareto frontier, the markers of scenarios, and as many names as there is room for."""
    across = _Axis.around("P50 of active SME time", [point.active for point in points], elapsed=False)
    up = _Axis.around("P50 of wall time", [point.wall for point in points], elapsed=True)
    figure.update_layout(xaxis=across.layout, yaxis=up.layout)
    figure.add_scatter(
        x=[point.active for point in frontier],
        y=[point.wall / up.unit.hours for point in frontier],
        mode="lines",
        line={"color": QUIET, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[point.active for point in points],
        y=[point.wall / up.unit.hours for point in points],
        text=[plotly_label(point.name) for point in points],
        mode="markers",
        marker={
            "symbol": [f"{SYMBOLS[point.number % len(SYMBOLS)]}-open" for point in points],
            "color": [scenario_color(point.number) for point in points],
            "size": 12,
            "line": {"width": 2.5},
        },
        hovertemplate="%{text}<br>active SME time %{x:,.2f} h<br>"
        f"wall time %{{y:,.2f}} {up.unit.name}<extra></extra>",
    )
    named = points if len(points) <= FEW else frontier
    if len(named) <= FEW:
        _write_names(figure, named, across, up)


def _write_names(figure: go.Figure, points: Sequence[_Point], across: _Axis, up: _Axis) -> None:
    """Write names beside the markers of scenarios, without overlap, on the side with more room.

    They start above the markers to their left and below those to their right, off a frontier that falls.
    """
    words = [plotly_label(point.name) for point in points]
    heights = [LINE_HEIGHT * (1 + lines.count("<br>")) for lines in words]
    plot = max(PLOT_HEIGHT, sum(heights))
    figure.update_layout(height=plot + MARGINS)
    markers = [plot * (1 - up.share(point.wall)) for point in points]
    sides = [1 if across.share(point.active) < 1 / 2 else -1 for point in points]
    wanted = [marker - side * LINE_HEIGHT for marker, side in zip(markers, sides, strict=True)]
    rows = _place_rows(wanted, heights, plot)
    for point, lines, marker, side, row in zip(points, words, markers, sides, rows, strict=True):
        figure.add_annotation(
            x=across.place(point.active),
            y=up.place(point.wall),
            text=lines,
            ax=side * BESIDE,
            ay=row - marker,
            xanchor="left" if side > 0 else "right",
            align="left" if side > 0 else "right",
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=QUIET,
            standoff=8,
        )


def _place_rows(wanted: Sequence[float], heights: Sequence[float], end: float) -> list[float]:
    """Place rows from 0 to ``end`` near the wanted positions without overlap; return their middles."""
    # Down once to part those that overlap, and up once to bring the last ones back into the figure.
    order = sorted(range(len(wanted)), key=lambda row: wanted[row])
    tops = [0.0] * len(wanted)
    free = 0.0
    for row in order:
        tops[row] = max(free, wanted[row] - heights[row] / 2)
        free = tops[row] + heights[row]
    for row in reversed(order):
        end = tops[row] = min(tops[row], end - heights[row])
    return [top + height / 2 for top, height in zip(tops, heights, strict=True)]


def _caption(frontier: Sequence[str], missing: Sequence[str]) -> str:
    caption = (
        "Each marker is one scenario (medians, P50). Lower and further left is better. The axes need not "
        "start at 0."
    )
    if frontier:
        caption += (
            " On the frontier (line), where no other takes less of one time and no more of the other:"
            f" {_join_names(frontier)}."
        )
    if missing:
        caption += (
            f" Not drawn, since too few replications reached the target for a P50: {_join_names(missing)}."
        )
    return caption


def _join_names(names: Sequence[str]) -> str:
    """Join names for a caption, as many as there is room for."""
    more = len(names) - FEW
    return "; ".join([*names[:FEW], *([f"{more} more"] if more > 0 else [])])
