"""The chance that a project is done by a given hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.reporting.html.figure import QUIET, Figure, color, dash, empty, label, spread_along_time, thin
from sim.results.dates import written, written_after
from sim.results.metrics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    Scenario = Mapping[str, Any]

SPOKEN_OF = 8
"""How many scenarios a caption speaks of one by one."""
OUTCOMES = {
    "reached": "reached it",
    "horizon": "cut off at a limit",
    "stopped": "stopped before",
    "exhausted": "out of documents",
}


@dataclass(frozen=True, eq=False)
class _Course:
    """What is known of a scenario's replications, one value for each hour at which that changes."""

    hours: NDArray[np.float64]
    """Wall time, ascending; the last is the right edge, unless all were done before."""
    done: NDArray[np.float64]
    """The share that has reached the target."""
    possible: NDArray[np.float64]
    """The share that has, or might have if it had not been cut off."""
    cut: NDArray[np.int64]
    """How many were cut off at that hour."""


@dataclass(frozen=True)
class _Look:
    color: str
    dash: str
    hatch: str


HATCHES = ("/", "\\", "x", "-", "|", "+", ".")


def completion(scenarios: Sequence[Scenario]) -> Figure:
    """The share of each scenario's replications that have reached the target, against hours of wall time.

    Where replications were cut off at a limit, a band shows what the share may be at most.
    """
    figure = empty("wall time (h)")
    last = [max(row["wall_hours"] for row in scenario["replications"]) for scenario in scenarios]
    first = min(row["wall_hours"] for scenario in scenarios for row in scenario["replications"])
    if first > 0:
        spread_along_time(figure, [_median(scenario) for scenario in scenarios], "wall_hours")
        spread_along_time(figure, last, "wall_hours")
    logarithmic = figure.layout.xaxis.type == "log"
    deadlines = sorted({by["hours"] for scenario in scenarios if (by := scenario["by_deadline"])})
    shown = _with_room(min([first, *deadlines]), max([*last, *deadlines]), logarithmic=logarithmic)
    courses = [_course(scenario, shown[1]) for scenario in scenarios]
    for number, look in enumerate(_looks(courses)):
        _draw(figure, scenarios[number], courses[number], look, group=number)
    for hours in deadlines:
        figure.add_vline(
            x=hours,
            line={"color": QUIET, "dash": "dash", "width": 1.5},
            name=label(_deadline(scenarios, hours)),
            showlegend=True,
        )
    figure.update_layout(
        height=420 + 20 * len(scenarios),
        hovermode="closest",
        yaxis={"title": {"text": "share done"}, "tickformat": ".0%", "range": [-0.03, 1.03]},
        xaxis={"range": np.log10(shown).tolist() if logarithmic else shown},
    )
    return Figure("completion", "Chance of finishing by a given date", _caption(scenarios), figure)


def _deadline(scenarios: Sequence[Scenario], hours: float) -> str:
    """A deadline in hours, and as the date that it is in all scenarios that have it, if it is one."""
    theirs = [scenario for scenario in scenarios if (by := scenario["by_deadline"]) and by["hours"] == hours]
    dates = {written_after(one["dates"], hours) if one.get("dates") else "" for one in theirs}
    date = dates.pop() if len(dates) == 1 else ""
    return f"deadline, {BY_NAME['wall_hours'].written(hours)}" + (f", {date}" if date else "")


def _with_room(first: float, last: float, *, logarithmic: bool) -> list[float]:
    """From where to where hours are shown: with room to the right, where it is seen what goes on."""
    if logarithmic:
        room = (last / first) ** 0.05
        return [first / room, last * room**2]
    room = 0.05 * (last - first or last or 1)
    return [max(0, first - room), last + 2 * room]


def _course(scenario: Scenario, edge: float) -> _Course:
    """How a scenario's replications are done or cut off, from the first that ended to ``edge`` at most."""
    rows = scenario["replications"]
    ended = {
        outcome: np.sort([row["wall_hours"] for row in rows if row["outcome"] == outcome])
        for outcome in OUTCOMES
    }
    first = min(row["wall_hours"] for row in rows)
    end = [edge] if len(ended["reached"]) < len(rows) else []
    hours = np.unique([first, *ended["reached"], *ended["horizon"], *end])
    done, cut = (np.searchsorted(ended[outcome], hours, side="right") for outcome in ("reached", "horizon"))
    return _Course(hours, done / len(rows), (done + cut) / len(rows), np.diff(cut, prepend=0))


def _looks(courses: Sequence[_Course]) -> list[_Look]:
    """How each scenario is drawn; one that lies on others is dashed, so that these show through."""
    looks = []
    for number, course in enumerate(courses):
        below = sum(_coincide(course, other) for other in courses[:number])
        looks.append(
            _Look(
                color(number),
                dash(number, below),
                HATCHES[number % len(HATCHES)],
            )
        )
    return looks


def _coincide(one: _Course, two: _Course) -> bool:
    """Whether two curves are one on the page."""
    return np.array_equal(one.hours, two.hours) and np.array_equal(one.done, two.done)


def _draw(figure: go.Figure, scenario: Scenario, course: _Course, look: _Look, group: int) -> None:
    """A step curve, marked where replications were cut off, with a band from there on."""
    name = label(scenario["name"])
    figure.add_scatter(
        x=thin(np.concatenate([course.hours[:1], course.hours])),
        y=thin(np.concatenate([[0], course.done])),
        mode="lines",
        line={"shape": "hv", "color": look.color, "dash": look.dash, "width": 2.5},
        name=name,
        legendgroup=group,
        hovertemplate=f"%{{y:.0%}} by %{{x:,.2f}} h<br>in the end {_ended([scenario])}",
    )
    marks = course.cut > 0
    if marks.any():
        _draw_band(figure, course, look, group)
        figure.add_scatter(
            x=thin(course.hours[marks]),
            y=thin(course.done[marks]),
            customdata=course.cut[marks],
            mode="markers",
            marker={"symbol": "circle-open", "size": 9, "color": look.color, "line": {"width": 2}},
            cliponaxis=False,
            name=name,
            legendgroup=group,
            showlegend=False,
            hovertemplate="%{customdata} cut off at a limit at %{x:,.2f} h",
        )


def _draw_band(figure: go.Figure, course: _Course, look: _Look, group: int) -> None:
    """What the share may be, from where the first replication was cut off."""
    known = slice(int(np.argmax(course.cut > 0)), None)
    x = np.repeat(course.hours[known], 2)[1:-1]
    low, high = (np.repeat(share[known][:-1], 2) for share in (course.done, course.possible))
    figure.add_scatter(
        x=thin(np.concatenate([x, x[::-1]])),
        y=thin(np.concatenate([high, low[::-1]])),
        mode="lines",
        line={"color": look.color, "width": 0.5},
        fill="toself",
        fillcolor=look.color,
        fillpattern={
            "shape": look.hatch,
            "fgcolor": look.color,
            "bgcolor": "rgba(0, 0, 0, 0)",
            "solidity": 0.15,
        },
        opacity=0.5,
        hoverinfo="skip",
        legendgroup=group,
        showlegend=False,
    )


def _caption(scenarios: Sequence[Scenario]) -> str:
    said = (
        "Shares of simulated projects: of each scenario's replications, those that have reached the target by"
        f" then. Half (P50) and four fifths (P80) are done: {_when(scenarios)}."
    )
    short = [scenario for scenario in scenarios if set(_outcomes([scenario])) != {"reached"}]
    if len(short) > SPOKEN_OF:
        said += f" Not all reached it: in {len(short)} of the {len(scenarios)} scenarios ({_ended(short)})."
    elif short:
        each = "; ".join(f"{scenario['name']} ({_ended([scenario])})" for scenario in short)
        said += f" Not all reached it: {each}."
    if _outcomes(scenarios)["horizon"]:
        said += (
            " What was cut off (open marker) might have reached it later: from there on the"
            " share is known only to lie in the band above the curve."
        )
    return said


def _when(scenarios: Sequence[Scenario]) -> str:
    """When half and four fifths are done, of each scenario or of the quickest and the slowest drawn."""
    if len(scenarios) <= SPOKEN_OF:
        return "; ".join(f"of {scenario['name']} {_quantiles(scenario)}" for scenario in scenarios)
    said = [
        f"of the {which} drawn, {scenarios[number]['name']}, {_quantiles(scenarios[number])}"
        for which, number in zip(("quickest", "slowest"), _extremes(scenarios), strict=False)
    ]
    neither = sum(_median(scenario) is None for scenario in scenarios)
    if neither:
        said.append(f"of {neither} of the {len(scenarios)} scenarios neither")
    return "; ".join(said)


def _quantiles(scenario: Scenario) -> str:
    if _median(scenario) is None:
        return "neither"
    if scenario["aggregate"]["wall_hours"]["p80"] is None:
        return f"by {_quantile(scenario, 'median')}, four fifths not reached"
    return f"by {_quantile(scenario, 'median')} and {_quantile(scenario, 'p80')}"


def _quantile(scenario: Scenario, figure: str) -> str:
    """A quantile in hours, and as a date where the scenario has dates."""
    hours = BY_NAME["wall_hours"].written(scenario["aggregate"]["wall_hours"][figure])
    dates = scenario.get("dates")
    return f"{hours} ({written(dates[figure])})" if dates else hours


def _extremes(scenarios: Sequence[Scenario]) -> list[int]:
    """The quickest and the slowest scenario, of those that half of their replications reach."""
    medians = {
        number: median
        for number, scenario in enumerate(scenarios)
        if (median := _median(scenario)) is not None
    }
    return list(dict.fromkeys(best(medians, key=medians.__getitem__) for best in (min, max) if medians))


def _median(scenario: Scenario) -> float | None:
    median: float | None = scenario["aggregate"]["wall_hours"]["median"]
    return median


def _ended(scenarios: Sequence[Scenario]) -> str:
    """How many replications ended how."""
    outcomes = _outcomes(scenarios)
    return ", ".join(
        f"{outcomes[outcome]:,} {said}" for outcome, said in OUTCOMES.items() if outcomes[outcome]
    )


def _outcomes(scenarios: Sequence[Scenario]) -> Counter[str]:
    return Counter(row["outcome"] for scenario in scenarios for row in scenario["replications"])
