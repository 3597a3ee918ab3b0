"""Completion of projects: the probability by a given hour, and how certain the figures are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.reporting.html.figure import (
    DASHED,
    Figure,
    far_apart,
    filled_area,
    new_figure,
    plotly_label,
    scenario_color,
    scenario_dash,
    time_axis,
    to_float32,
)
from sim.reporting.shared_text import format_date, format_elapsed, with_interval
from sim.results.metrics import percent, rounded_percent
from sim.results.statistics import mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from sim.reporting.shared_text import Row
    from sim.results.metrics import ElapsedUnit
    from sim.results.statistics import Aggregate
    from sim.results.summary import ScenarioSummary

SPOKEN_OF = 8
"""Maximum number of scenarios that a caption lists one by one."""
OUTCOMES = {
    "reached": "reached it",
    "horizon": "cut off at a limit",
    "stopped": "stopped before",
    "exhausted": "out of documents",
}


@dataclass(frozen=True, eq=False)
class _CompletionCurve:
    """Progress of a scenario's replications, one value per time at which it changes."""

    times: NDArray[np.float64]
    """Wall time in the axis's unit, ascending; the last is the right edge, unless all were done before."""
    done: NDArray[np.float64]
    """The share that has reached the target."""
    possible: NDArray[np.float64]
    """The share that has, or might have if it had not been cut off."""
    cut: NDArray[np.int64]
    """Number of replications cut off at that time."""


HATCHES = ("/", "\\", "x", "-", "|", "+", ".")


def completion(scenarios: Sequence[ScenarioSummary]) -> Figure:
    """Draw the share of each scenario's replications that have reached the target against wall time.

    Where replications were cut off at a limit, a band shows the largest possible share.
    """
    last = [max(row.wall_hours for row in scenario.replications) for scenario in scenarios]
    first = min(row.wall_hours for scenario in scenarios for row in scenario.replications)
    medians = [scenario.wall.median for scenario in scenarios if scenario.wall.median]
    logarithmic = first > 0 and (far_apart(medians) or far_apart(last))
    deadlines = sorted({by.hours for scenario in scenarios if (by := scenario.by_deadline)})
    shown = _axis_range(min([first, *deadlines]), max([*last, *deadlines]), logarithmic=logarithmic)
    axis, unit = time_axis("wall time", max([*last, *deadlines]), logarithmic=logarithmic)
    figure = new_figure()
    courses = [_completion_curve(scenario, shown[1], unit) for scenario in scenarios]
    for number, course in enumerate(courses):
        # One that lies on others is dashed, so that these show through.
        below = sum(_look_alike(course, other) for other in courses[:number])
        _draw(figure, scenarios[number], course, number, scenario_dash(number, below), unit)
    for hours in deadlines:
        figure.add_vline(
            x=hours / unit.hours,
            line=DASHED,
            name=plotly_label(_deadline(scenarios, hours)),
            showlegend=True,
        )
    figure.update_layout(
        height=420 + 20 * len(scenarios),
        hovermode="closest",
        yaxis={"title": {"text": "share done"}, "tickformat": ".0%", "range": [-0.03, 1.03]},
        xaxis={
            **axis,
            "range": np.log10(shown).tolist() if logarithmic else [end / unit.hours for end in shown],
        },
    )
    return Figure("completion", "Probability of finishing by a given date", _caption(scenarios), figure)


def _deadline(scenarios: Sequence[ScenarioSummary], hours: float) -> str:
    """Format a deadline in hours, and as a date if it is the same date in all scenarios that have it."""
    theirs = [scenario for scenario in scenarios if (by := scenario.by_deadline) and by.hours == hours]
    dates = {format_date(one.dates.after(hours)) if one.dates else "" for one in theirs}
    date = dates.pop() if len(dates) == 1 else ""
    return f"deadline, {format_elapsed(hours)}" + (f", {date}" if date else "")


def _axis_range(first: float, last: float, *, logarithmic: bool) -> list[float]:
    """Return the range of the time axis, with room on the right to show how curves continue."""
    if logarithmic:
        room = (last / first) ** 0.05
        return [first / room, last * room**2]
    room = 0.05 * (last - first or last or 1)
    return [max(0, first - room), last + 2 * room]


def _completion_curve(scenario: ScenarioSummary, edge: float, unit: ElapsedUnit) -> _CompletionCurve:
    """Compute the completion curve of a scenario from the first end of a replication to ``edge`` in hours."""
    rows = scenario.replications
    ended = {
        outcome: np.sort([row.wall_hours for row in rows if row.outcome == outcome]) for outcome in OUTCOMES
    }
    first = min(row.wall_hours for row in rows)
    # A curve that never comes to 1 goes on to the edge of the figure, as far as it is known.
    end = [edge] if len(ended["reached"]) < len(rows) else []
    hours = np.unique([first, *ended["reached"], *ended["horizon"], *end])
    done, cut = (np.searchsorted(ended[outcome], hours, side="right") for outcome in ("reached", "horizon"))
    return _CompletionCurve(
        hours / unit.hours, done / len(rows), (done + cut) / len(rows), np.diff(cut, prepend=0)
    )


def _look_alike(one: _CompletionCurve, two: _CompletionCurve) -> bool:
    """Return whether two completion curves look the same on the page."""
    return np.array_equal(one.times, two.times) and np.array_equal(one.done, two.done)


def _draw(
    figure: go.Figure,
    scenario: ScenarioSummary,
    course: _CompletionCurve,
    number: int,
    dashed: str,
    unit: ElapsedUnit,
) -> None:
    """Draw a completion curve with markers where replications were cut off, and a band from there on."""
    same: dict[str, Any] = {"name": plotly_label(scenario.name), "legendgroup": number}
    figure.add_scatter(
        x=to_float32(np.concatenate([course.times[:1], course.times])),
        y=to_float32(np.concatenate([[0], course.done])),
        mode="lines",
        line={"shape": "hv", "color": scenario_color(number), "dash": dashed, "width": 2.5},
        hovertemplate=f"%{{y:.0%}} by %{{x:,.2f}} {unit.name}<br>in the end {_describe_outcomes([scenario])}",
        **same,
    )
    marks = course.cut > 0
    if marks.any():
        _draw_band(figure, course, number)
        figure.add_scatter(
            x=to_float32(course.times[marks]),
            y=to_float32(course.done[marks]),
            customdata=course.cut[marks],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 9,
                "color": scenario_color(number),
                "line": {"width": 2},
            },
            cliponaxis=False,
            showlegend=False,
            hovertemplate=f"%{{customdata}} cut off at a limit at %{{x:,.2f}} {unit.name}",
            **same,
        )


def _draw_band(figure: go.Figure, course: _CompletionCurve, number: int) -> None:
    """Draw the band of possible shares, from the first replication that was cut off."""
    # Before the first project was cut off, the share is known exactly.
    known = slice(int(np.argmax(course.cut > 0)), None)
    x = np.repeat(course.times[known], 2)[1:-1]
    low, high = (np.repeat(share[known][:-1], 2) for share in (course.done, course.possible))
    hatched = {
        "shape": HATCHES[number % len(HATCHES)],
        "fgcolor": scenario_color(number),
        "bgcolor": "rgba(0, 0, 0, 0)",
        "solidity": 0.15,
    }
    looks = {
        "line": {"color": scenario_color(number), "width": 0.5},
        "fillcolor": scenario_color(number),
        "opacity": 0.5,
    }
    figure.add_scatter(**filled_area(x, low, high, fillpattern=hatched, legendgroup=number, **looks))


def _caption(scenarios: Sequence[ScenarioSummary]) -> str:
    caption = (
        "Shares of simulated projects: of each scenario's replications, those that have reached the target by"
        f" then. Half (P50) and four fifths (P80) are done: {_describe_quantiles(scenarios)}."
    )
    short = [scenario for scenario in scenarios if set(_outcomes([scenario])) != {"reached"}]
    if len(short) > SPOKEN_OF:
        caption += (
            f" Not all reached it: in {len(short)} of the {len(scenarios)} scenarios "
            f"({_describe_outcomes(short)})."
        )
    elif short:
        each = "; ".join(f"{scenario.name} ({_describe_outcomes([scenario])})" for scenario in short)
        caption += f" Not all reached it: {each}."
    if _outcomes(scenarios)["horizon"]:
        caption += (
            " Projects cut off (open marker) might have reached it later: from there on the"
            " share is only known to be in the band above the curve."
        )
    return caption


def _describe_quantiles(scenarios: Sequence[ScenarioSummary]) -> str:
    """Describe when half and four fifths of projects are done, for all scenarios or the extreme ones."""
    if len(scenarios) <= SPOKEN_OF:
        return "; ".join(f"of {scenario.name} {_quantiles(scenario)}" for scenario in scenarios)
    parts = [
        f"of the {which} drawn, {scenarios[number].name}, {_quantiles(scenarios[number])}"
        for which, number in zip(("quickest", "slowest"), _fastest_and_slowest(scenarios), strict=False)
    ]
    # A median exists for few of many scenarios perhaps: how many lack it belongs beside the extremes.
    neither = sum(scenario.wall.median is None for scenario in scenarios)
    if neither:
        parts.append(f"of {neither} of the {len(scenarios)} scenarios neither")
    return "; ".join(parts)


def _quantiles(scenario: ScenarioSummary) -> str:
    if scenario.wall.median is None:
        return "neither"
    if scenario.wall.p80 is None:
        return f"by {_quantile(scenario, 'median')}, four fifths not reached"
    return f"by {_quantile(scenario, 'median')} and {_quantile(scenario, 'p80')}"


def _quantile(scenario: ScenarioSummary, figure: str) -> str:
    """Format a quantile of wall time in hours, and as a date where the scenario has dates."""
    hours, dates = format_elapsed(getattr(scenario.wall, figure)), scenario.dates
    return f"{hours} ({format_date(getattr(dates, figure))})" if dates else hours


def _fastest_and_slowest(scenarios: Sequence[ScenarioSummary]) -> list[int]:
    """Return the indices of the fastest and the slowest scenario with a median wall time."""
    medians = {
        number: median
        for number, scenario in enumerate(scenarios)
        if (median := scenario.wall.median) is not None
    }
    return list(dict.fromkeys(best(medians, key=medians.__getitem__) for best in (min, max) if medians))


def _describe_outcomes(scenarios: Sequence[ScenarioSummary]) -> str:
    """Describe how many replications ended with each outcome."""
    outcomes = _outcomes(scenarios)
    return ", ".join(
        f"{outcomes[outcome]:,} {words}" for outcome, words in OUTCOMES.items() if outcomes[outcome]
    )


def _outcomes(scenarios: Sequence[ScenarioSummary]) -> Counter[str]:
    return Counter(row.outcome for scenario in scenarios for row in scenario.replications)


FEWEST = 3
"""Minimum replications for an interval to be shown."""
NARROW = 0.05
"""Half width of an interval, as a share of its mean, at which most decisions are safe."""


def uncertainty_table(scenarios: Sequence[ScenarioSummary]) -> list[Row]:
    """Build the table of how certain figures are: a heading and a cell per scenario in each row."""
    walls = [scenario.wall for scenario in scenarios]
    rows: list[Row] = [
        ("replications", [f"{wall.n:,}" for wall in walls]),
        (
            "probability of reaching the target (95 % CI)",
            [rounded_percent(*wall.p_reached_ci95) for wall in walls],
        ),
        ("mean wall time (95 % CI)", [_mean(wall) for wall in walls]),
        ("margin of error of the mean", [_half_width(wall) for wall in walls]),
        ("P80 of wall time (95 % CI)", [_p80(wall) for wall in walls]),
    ]
    if any(scenario.dates for scenario in scenarios):
        rows.append(("P80 on (95 % CI)", [_p80_date(scenario) for scenario in scenarios]))
    return rows


def convergence(scenarios: Sequence[ScenarioSummary]) -> Figure | None:
    """Draw the margin of error of the mean wall time after each replication, as a share of the mean.

    None where all scenarios have too few replications, or did not reach their target.
    """
    figure = new_figure("replications")
    figure.update_layout(height=320 + 20 * len(scenarios))
    figure.update_yaxes(title_text="± of the mean", tickformat=".0%", rangemode="tozero")
    unknown = []
    for number, scenario in enumerate(scenarios):
        if not scenario.all_reached:
            unknown.append(scenario.name)
            continue
        # In the order in which replications were simulated: that is how the margin
        # would have been seen to shrink.
        hours = np.array([one.wall_hours for one in scenario.replications])
        counts = range(FEWEST, len(hours) + 1)
        figure.add_scatter(
            x=list(counts),
            y=[_share(mean_interval(hours[:count])) for count in counts],
            mode="lines",
            name=plotly_label(scenario.name),
            line={"color": scenario_color(number), "dash": scenario_dash(number), "width": 2.5},
        )
    figure.add_hline(y=NARROW, line=DASHED)
    caption = (
        "The margin of error (half the 95 % CI) of the mean wall time after each replication; it shrinks as "
        f"1 / √replications. Dashed: {percent(NARROW)}."
    )
    if all(len(line.x) <= 1 for line in figure.data):
        return None
    if unknown:
        caption += f" None where projects did not reach the target: {', '.join(unknown)}."
    return Figure("certainty", "What more replications would give", caption, figure)


def _mean(wall: Aggregate) -> str:
    return "-" if wall.mean is None else with_interval(wall.mean, wall.ci95)


def _p80(wall: Aggregate) -> str:
    """Format P80 of wall time with its interval."""
    return format_elapsed(wall.p80) + _format_interval(
        *(format_elapsed(end, wall.p80) if end else None for end in wall.p80_ci95)
    )


def _p80_date(scenario: ScenarioSummary) -> str:
    """Format the date of P80 of wall time with its interval."""
    dates = scenario.dates
    if not dates:
        return "-"
    return format_date(dates.p80) + _format_interval(
        *(format_date(dates.after(end)) if end else None for end in scenario.wall.p80_ci95)
    )


def _format_interval(low: str | None, high: str | None) -> str:
    """Format an interval in brackets; leave out an end that is infinite or not known yet."""
    if low and high:
        return f" ({low} to {high})"
    if low or high:
        return f" (at least {low})" if low else f" (at most {high})"
    return ""


def _half_width(wall: Aggregate) -> str:
    share = _share(wall.ci95)
    return "-" if share is None else f"±{100 * share:.1f} %"


def _share(interval: Sequence[float] | None) -> float | None:
    if interval is None:
        return None
    low, high = interval
    return (high - low) / (high + low)
