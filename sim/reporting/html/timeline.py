"""Timeline of one project: who did what, and when."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities_and_costs import (
    BROKE_DOWN,
    COORDINATION,
    LABEL_TEST_SET,
    OFF_SHIFT,
    ONBOARD,
    OTHER_PROJECTS,
    OTHER_WORK,
    REPAIR,
    REWORK,
    TRAINER,
    WAIT,
    is_annotator,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.events import NO_DOCUMENT
from sim.reporting.html.figure import (
    DASHED,
    PALETTE,
    QUIET,
    SHADE,
    Figure,
    add_dates,
    new_figure,
    one_line,
    plotly_label,
    time_axis,
    to_float32,
)
from sim.reporting.shared_text import (
    activity_label,
    ending_text,
    format_date,
    format_documents,
    format_elapsed,
    format_span,
)
from sim.results.statistics import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from sim.core.events import Events
    from sim.results.metrics import ElapsedUnit
    from sim.results.summary import Dates, ReplicationSummary, ScenarioSummary

    Spell = NDArray[np.int64]
    """Rows of an actor's consecutive events."""

PATTERNS = ("", "/", "x", ".", "\\")
"""Their number has no divisor in common with that of the colours, so that each pair occurs once."""
MANY_BARS = 400
MOST_BARS = 2_000
"""Maximum number of bars; a chart with more would be slow to open, so it ends earlier."""
MANY_PEOPLE = 30
MANY_MODELS = 40
PAST_TARGET = 1.25
"""End of the chart as a multiple of the time to the target, after which a project may go on for long."""
ALIKE = (("activity", "round", "view"), ("activity", "round"), ("activity",))
"""Columns that the events of a bar share: the first of these that gives few bars, or the last."""
IDLE = (WAIT, OFF_SHIFT)
OTHERS = (ONBOARD, LABEL_TEST_SET, OTHER_WORK, OTHER_PROJECTS, BROKE_DOWN, REPAIR)
"""Activities without wall time of their own, because it belongs to something else or another project."""


def median_replication(scenario: ScenarioSummary) -> int:
    """Find the replication for the timeline, with the median wall time; the lowest number if several have it.

    The choice is among those that reached the target, if any did: where too few did, the median lies beyond
    them and the slowest is nearest. Where none did, it is the median of their ends.
    """
    reached = [one for one in scenario.replications if one.reached]
    candidates = reached or scenario.replications
    median = scenario.wall.median
    if median is None:
        hours = [one.wall_hours for one in candidates]
        median = quantile(sorted(hours), 1 if reached else 0.5)

    return min(one.replication for one in candidates if one.wall_hours == median)


def timeline(
    scenario: ScenarioSummary,
    resolved: Mapping[str, Any],
    replication: int,
    events: Events,
    published_hours: NDArray[np.float64],
    activities: Sequence[str],
) -> Figure:
    """Draw a Gantt chart of one replication of a scenario.

    ``resolved`` is the scenario's configuration, ``events`` are those of the replication, ``published_hours``
    is the wall time of each of its models. ``activities`` get colours of their own, in this order.
    """
    entry = next(one for one in scenario.replications if one.replication == replication)
    actors, starts, ends = events.actor.names, *_start_and_end_hours(events)
    annotators = annotators_among(actors)
    staff = staff_among(actors)[:MANY_PEOPLE]
    lanes = [*annotators[:MANY_PEOPLE], *staff, *(one for one in (TRAINER, COORDINATION) if one in actors)]
    end = float(ends.max(initial=0))
    shown = min(end, PAST_TARGET * entry.wall_hours) if entry.reached else end
    seen = np.isin(actors, lanes)[events.actor.codes] & (starts <= shown)
    off_shift = events.activity.matches(OFF_SHIFT)
    spells = _group_into_bars(events, np.flatnonzero(seen & ~off_shift & ~events.activity.matches(WAIT)))
    if len(spells) > MOST_BARS:
        shown = float(starts[spells[MOST_BARS][0]])
        spells = [spell for spell in spells if starts[spell[0]] < shown]
    away = np.flatnonzero(seen & off_shift & (starts < shown))
    # Rounded, since hours in binary make some nights longer than others.
    lengths = np.round(ends[away] - starts[away], 6)
    left_out = _longest_omitted(lengths)
    shaded = away[lengths > left_out]
    done = {events.activity.word_at(spell[0]) for spell in spells}
    drawn = [*(one for one in activities if one not in IDLE), REWORK, *(one for one in OTHERS if one in done)]
    dates = scenario.dates
    axis, unit = time_axis("wall time", shown)
    figure = _new_chart(lanes, {**axis, "range": [0, shown / unit.hours]})
    _shade(figure, events, shaded, lanes, dates, unit)
    _draw(figure, events, spells, lanes, drawn, dates, unit)
    if dates:
        add_dates(figure, dates.after(0), shown, unit)
    _draw_models(figure, published_hours[published_hours <= shown] / unit.hours)
    if entry.reached and entry.wall_hours <= shown:
        figure.add_vline(x=entry.wall_hours / unit.hours, line=DASHED, name="target reached", showlegend=True)
    hidden = len(annotators) - MANY_PEOPLE
    sentences = [
        f"Replication {replication} of {scenario.name}: {_explain_choice(scenario)}.",
        f"It began {format_date(dates.start)} ({dates.timezone})." if dates else "",
        _outcome(entry, end, scenario, resolved),
        f"The chart ends at {format_elapsed(shown)}." if shown < end else "",
        "Where a row is shaded, somebody is off shift." if len(shaded) else "",
        f"There are too many times off shift to shade those of {format_elapsed(left_out)} or less."
        if left_out
        else "",
        "Where a row is empty, somebody waits; hover over a bar for details."
        if len(events)
        else "It ended before anything happened.",
        f"Annotators not shown: {hidden}." if hidden > 0 else "",
    ]
    return Figure("project", "One project as it happened", " ".join(filter(None, sentences)), figure)


def annotators_among(actors: Iterable[str]) -> list[str]:
    """List the annotators of a timeline, sorted by number: SME 2 before SME 10."""
    return sorted(filter(is_annotator, set(actors)), key=lambda name: (len(name), name))


def staff_among(actors: Iterable[str]) -> list[str]:
    """List the staff of a timeline, sorted by role and number."""
    others = set(actors) - {TRAINER, COORDINATION}
    return sorted((name for name in others if not is_annotator(name)), key=_role_and_number)


def _role_and_number(name: str) -> tuple[str, int, str]:
    role, _, number = name.rpartition(" ")
    return role, len(number), number


def is_document_event(events: Events) -> NDArray[np.bool_]:
    """Return which events of a timeline are labelled or reviewed documents, even if cut off by the end."""
    again = events.activity.matches(REWORK) & (events.document != NO_DOCUMENT)
    either: NDArray[np.bool_] = again | (events.confirmed + events.assigned > 0)
    return either


def _start_and_end_hours(events: Events) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the starts and ends of events in hours since the project's start."""
    return events.start_ms / MS_PER_HOUR, events.end_ms / MS_PER_HOUR


def _group_into_bars(events: Events, rows: NDArray[np.int64]) -> list[Spell]:
    """Group events into bars of the Gantt chart, few enough for a chart if possible.

    A bar has an actor's consecutive events that are alike, without a gap. Bars are sorted by start; at most
    one more than a chart can hold is made.
    """
    columns: dict[str, NDArray[Any]] = {
        "activity": events.activity.codes,
        "round": events.round,
        "view": events.view.codes,
    }
    # Stable, so that everybody's events stay in the order of time, and neighbours can be compared.
    rows = rows[np.argsort(events.actor.codes[rows], kind="stable")]
    before, after = rows[:-1], rows[1:]
    apart = events.end_ms[before] != events.start_ms[after]
    apart |= events.actor.codes[before] != events.actor.codes[after]
    first = rows[:0]
    # Coarser and coarser, until a browser can draw it: a project may have a million events.
    for alike in ALIKE:
        parted = apart.copy()
        for name in alike:
            parted |= columns[name][before] != columns[name][after]
        first = np.flatnonzero(np.append(True, parted)[: len(rows)])
        if len(first) <= MANY_BARS:
            break
    end = np.append(first[1:], len(rows))
    # One more than may be drawn, which shows where the chart has to end.
    by_start = np.argsort(rows[first])[: MOST_BARS + 1]
    return [rows[first[spell] : end[spell]] for spell in by_start]


def _longest_omitted(lengths: NDArray[np.float64]) -> float:
    """Return the longest time off shift that the Gantt chart omits; 0 if it has room for all."""
    return float(np.sort(lengths)[-1 - MOST_BARS]) if len(lengths) > MOST_BARS else 0.0


def _new_chart(lanes: Sequence[str], axis: Mapping[str, Any]) -> go.Figure:
    """Create the figure of the Gantt chart with a lane for each actor along an axis of time."""
    figure = new_figure()
    figure.update_layout(
        xaxis=axis,
        barmode="overlay",
        height=190 + 28 * len(lanes),
        legend={"traceorder": "normal", "font": {"size": 11}},
        yaxis={
            "tickvals": [*range(len(lanes))],
            "ticktext": [one_line(lane) for lane in lanes],
            "range": [len(lanes) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _shade(
    figure: go.Figure,
    events: Events,
    away: NDArray[np.int64],
    lanes: Sequence[str],
    dates: Dates | None,
    unit: ElapsedUnit,
) -> None:
    """Shade the hours off shift as high as the lanes of the Gantt chart, so that bars stand out."""
    if not len(away):
        return
    starts, ends = _start_and_end_hours(events)
    figure.add_bar(
        base=to_float32(starts[away] / unit.hours),
        x=to_float32((ends[away] - starts[away]) / unit.hours),
        y=[lanes.index(events.actor.word_at(row)) for row in away],
        orientation="h",
        width=0.96,
        name=activity_label(OFF_SHIFT),
        hovertext=[_hover_text(events, row, dates) for row in away[:, None]],
        hoverinfo="text",
        marker={"color": SHADE, "line": {"width": 0}},
        legendrank=1001,  # after all others
    )


def _draw(
    figure: go.Figure,
    events: Events,
    spells: Sequence[Spell],
    lanes: Sequence[str],
    activities: Sequence[str],
    dates: Dates | None,
    unit: ElapsedUnit,
) -> None:
    """Draw the bars of the Gantt chart."""
    starts, ends = _start_and_end_hours(events)
    for number, activity in enumerate(activities):
        bars = [spell for spell in spells if events.activity.word_at(spell[0]) == activity]
        if not bars:
            continue
        first, last = np.array([(spell[0], spell[-1]) for spell in bars]).T
        figure.add_bar(
            base=to_float32(starts[first] / unit.hours),
            x=to_float32((ends[last] - starts[first]) / unit.hours),
            y=[lanes.index(events.actor.word_at(row)) for row in first],
            orientation="h",
            width=0.7,
            name=plotly_label(activity),
            hovertext=[_hover_text(events, spell, dates) for spell in bars],
            hoverinfo="text",
            marker={
                "color": PALETTE[number % len(PALETTE)],
                "pattern": {"shape": PATTERNS[number % len(PATTERNS)]},
                # Without a line, what is thinner than a hundredth of a pixel is not drawn at all.
                "line": {"width": 1, "color": PALETTE[number % len(PALETTE)]},
            },
        )


def _draw_models(figure: go.Figure, published: NDArray[np.float64]) -> None:
    """Draw a line in the Gantt chart for each published model, if they are few."""
    if len(published) <= MANY_MODELS:
        for number, time in enumerate(published):
            figure.add_vline(
                x=time,
                line={"color": QUIET, "width": 1, "dash": "dot"},
                layer="below",
                name="model published",
                showlegend=number == 0,
            )


def _hover_text(events: Events, spell: Spell, dates: Dates | None) -> str:
    """Format the hover text of a bar, with dates where the project has a start date."""
    first, last = spell[0], spell[-1]
    activity = events.activity.word_at(first)
    from_hours, to_hours = events.start_ms[first] / MS_PER_HOUR, events.end_ms[last] / MS_PER_HOUR
    views = dict.fromkeys(events.view.word_at(row) for row in spell)
    documents = int(is_document_event(events[spell]).sum())
    lines = [
        f"{events.actor.word_at(first)}: {activity_label(activity)}",
        format_span(dates, from_hours, to_hours) if dates else "",
        f"{format_elapsed(from_hours)} to {format_elapsed(to_hours)}",
        f"lasts {format_elapsed(to_hours - from_hours)}",
        _rounds(events.round[first], events.round[last]) if activity != OFF_SHIFT else "",
        ", ".join(filter(None, views)),
        format_documents(documents) if documents else "",
    ]
    return "<br>".join(html.escape(line, quote=False) for line in lines if line)


def _rounds(first: int, last: int) -> str:
    return f"round {first}" if first == last else f"rounds {first} to {last}"


def _explain_choice(scenario: ScenarioSummary) -> str:
    """Explain why this replication is shown in the Gantt chart."""
    wall = scenario.wall
    of_all = f"{wall.reached} of {wall.n}"
    if wall.n == 1:
        return "the only one"
    if wall.median is not None:
        return f"its wall time is the median, {format_elapsed(wall.median)} ({of_all} reached the target)"
    if wall.reached:
        return f"the slowest of the {of_all} that reached the target, so nearest the median, which did not"
    return f"its end is the median of their ends ({of_all} reached the target)"


def _outcome(
    entry: ReplicationSummary, end: float, scenario: ScenarioSummary, resolved: Mapping[str, Any]
) -> str:
    """Describe how and when the project of the Gantt chart ended."""
    if not entry.reached:
        return f"It {ending_text(entry.reason, scenario, resolved)}, after {format_elapsed(end)}."
    documents = format_documents(entry.labelled_documents)
    reached = f"It reached the target after {format_elapsed(entry.wall_hours)} with {documents}"
    went_on = f" and went on until {format_elapsed(end)}" if end > entry.wall_hours else ""
    return f"{reached}{went_on}."
