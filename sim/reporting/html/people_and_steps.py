"""People and machinery of one project: how busy they were, in which views, and what steps waited for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities_and_costs import (
    COORDINATION,
    OFF_SHIFT,
    START_TRAINING,
    TRAIN,
    TRAINER,
    WAIT,
    waiting_for,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import Intervals
from sim.reporting.html.figure import (
    ONE_BELOW_THE_OTHER,
    PALETTE,
    SHADE,
    Figure,
    bar_looks,
    new_figure,
    one_line,
    plotly_label,
    to_float32,
)
from sim.reporting.html.timeline import (
    MANY_PEOPLE,
    PATTERNS,
    annotators_among,
    is_document_event,
    staff_among,
)
from sim.reporting.shared_text import format_elapsed, format_hours
from sim.results.metrics import BY_NAME, rounded_percent
from sim.scenario.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Events

HEADINGS = (
    "",
    "busy",
    "waiting",
    "off shift",
    "utilisation",
    "documents by then",
    "annotations by then",
    "suggestions accepted",
    "focused labelling",
    "trainings",
)


def utilisation_table(events: Events, end_hours: float) -> tuple[str, Sequence[str], list[list[str]]]:
    """Build the utilisation table: a caption, headings and a row per annotator, staff and trainer.

    ``events`` are those of one replication until ``end_hours`` of wall time. An event under way then counts
    up to it, but not as a document or a training.
    """
    past = _cut_off(events, end_hours)
    actors = events.actor.names
    annotators, staff = annotators_among(actors), staff_among(actors)
    rows = [_annotator_row(name, past.of(name)) for name in annotators[:MANY_PEOPLE]]
    if len(annotators) > 1:
        rows.append(_annotator_row(f"all {len(annotators)} annotators", past.of(*annotators)))
    rows += [[name, *_time_cells(past.of(name)), *[""] * 5] for name in staff[:MANY_PEOPLE]]
    rows.append(_trainer_row(past.of(TRAINER), end_hours))
    caption = (
        f"In the first {format_elapsed(end_hours)} of wall time; each of these hours is busy, waiting or off"
        " shift. Busy is with labelling and rework, with steps, other work and other projects, or with"
        " training and repairs, overtime included."
        " Utilisation is the share that was busy of the hours in which somebody was there, busy or waiting."
        " Documents by then are those whose labelling had ended, whether or not a model learned from them:"
        " where people label while a model is trained, they are more than those of the model that reached the"
        " target."
    )
    hidden = len(annotators) - MANY_PEOPLE
    if hidden > 0:
        caption += f" Annotators without a row of their own: {hidden}."
    return caption, HEADINGS, rows


def draw_views_used(events: Events, end_hours: float) -> Figure | None:
    """Draw documents seen and hours by training view; None if fewer than two views were used."""
    past = _cut_off(events, end_hours)
    used = {view: past[past.events.view.matches(view)] for view in past.events.view.names if view}
    of_view = {view: mine for view, mine in used.items() if len(mine.events)}
    if len(of_view) <= 1:
        return None
    hours = {view: _hours(mine) for view, mine in of_view.items()}
    looks = {
        view: float((mine.done & is_document_event(mine.events)).sum()) for view, mine in of_view.items()
    }
    views = sorted(of_view, key=lambda view: (-hours[view], view))
    figure = new_figure("share of all looks at a document, and of all hours")
    bars = (("looks", "labelled_documents", looks), ("hours", "active_hours", hours))
    for number, (name, metric, amounts) in enumerate(bars):
        of_all = sum(amounts.values()) or 1
        figure.add_bar(
            x=to_float32(np.array([amounts[view] / of_all for view in views])),
            y=[plotly_label(view) for view in views],
            name=name,
            text=[BY_NAME[metric].format(amounts[view]) for view in views],
            textposition="outside",
            cliponaxis=False,
            **bar_looks(PALETTE[number], PATTERNS[number]),
        )
    figure.update_layout(
        barmode="group",
        bargap=0.3,
        height=180 + 50 * len(views),
        legend={"traceorder": "normal"},
        xaxis={"tickformat": "~%", "hoverformat": ".1%"},
        yaxis=ONE_BELOW_THE_OTHER,
    )
    return Figure(
        "views-used",
        "Views that were used",
        f"How {BY_NAME['active_hours'].format(sum(hours.values()))} of people's time divide among the views"
        f" in the first {format_elapsed(end_hours)} of wall time, and how often they looked at"
        f" a document, {BY_NAME['labelled_documents'].format(sum(looks.values()))} times in all: to label it"
        " or to check its labels. Rework outside of views is left out. Where the bar of hours is the longer"
        " one, a look takes longer than on average.",
        figure,
    )


@dataclass(frozen=True, eq=False)
class EventsUntil:
    """Events that began by a moment, cut off at it, and whether each ended by then."""

    events: Events
    done: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.bool_]) -> EventsUntil:
        return EventsUntil(self.events[rows], self.done[rows])

    def of(self, *actors: str) -> EventsUntil:
        """Select the events of some actors."""
        return self[np.isin(self.events.actor.names, actors)[self.events.actor.codes]]


def _cut_off(events: Events, end_hours: float) -> EventsUntil:
    end_ms = round(end_hours * MS_PER_HOUR)
    begun = events[events.start_ms <= end_ms]
    # Cut at the target and not left out: what is under way then has taken its time.
    cut = replace(begun, end_ms=np.minimum(begun.end_ms, end_ms))
    return EventsUntil(cut, begun.end_ms <= end_ms)


def _annotator_row(name: str, past: EventsUntil) -> list[str]:
    """Build the utilisation row of one annotator, or of several together."""
    events = past.events
    confirmed = int(events.confirmed[past.done].sum())
    annotations = (events.confirmed + events.assigned)[past.done]
    focused = int(annotations[events.pace.matches("focused")[past.done]].sum())
    written = {
        "labelled_documents": int((annotations > 0).sum()),
        "annotations": int(annotations.sum()),
        "share_confirmed": _share(confirmed, annotations.sum()),
        "share_focused": _share(focused, annotations.sum()),
    }
    return [
        name,
        *_time_cells(past),
        *(BY_NAME[metric].format(value) for metric, value in written.items()),
        "",
    ]


def _trainer_row(past: EventsUntil, of_hours: float) -> list[str]:
    """Build the trainer's utilisation row; it waits whenever it does not train."""
    # Not among the events: the trainer is no person who waits.
    waiting = of_hours - _hours(past)
    trainings = int((past.done & past.events.activity.matches(TRAIN)).sum())
    return [
        TRAINER,
        *_time_cells(past, waiting),
        *[""] * 4,
        BY_NAME["trainings"].format(trainings),
    ]


def _time_cells(past: EventsUntil, waiting: float | None = None) -> list[str]:
    """Format hours busy, waiting and off shift, and the busy share of the hours on shift."""
    idle = {activity: _hours(past[past.events.activity.matches(activity)]) for activity in (WAIT, OFF_SHIFT)}
    busy = _hours(past) - sum(idle.values())
    waiting = idle[WAIT] if waiting is None else waiting
    return [
        format_hours(busy),
        format_hours(waiting),
        format_hours(idle[OFF_SHIFT]) if idle[OFF_SHIFT] else "",
        BY_NAME["share_focused"].format(_share(busy, busy + waiting)),
    ]


def _hours(past: EventsUntil) -> float:
    return float((past.events.end_ms - past.events.start_ms).sum()) / MS_PER_HOUR


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


PARTS = {
    "given": ("given duration", PALETTE[5], "\\"),
    "work": ("work", PALETTE[0], ""),
    "elsewhere": ("waiting: owner at work on something else", PALETTE[1], "/"),
    "away": ("waiting: owner off shift", SHADE, ""),
}
"""Name, colour and pattern of each part of a step's hours."""


@dataclass(frozen=True)
class StepTime:
    """Hours of a hand-off step, all its rounds together, in four parts."""

    name: str
    owner: str
    times: int
    given: float
    """The step's own duration."""
    work: float
    elsewhere: float
    """Waiting while people of the owner's role were at work, but on something else."""
    away: float
    """Waiting while none of them was at work, or not for long enough to begin."""

    @property
    def total(self) -> float:
        """Total hours of the step."""
        return self.given + self.work + self.elsewhere + self.away


def owned_steps(resolved: Mapping[str, Any]) -> list[Step]:
    """List the steps for the table of hand-off steps: those that have an owner, and starting a training."""
    written, owner = resolved["coordination"]["steps"], resolved["trainer"]["owner"]
    steps = [Step.model_validate(step) for step in written] if isinstance(written, list) else []
    starting = Step(name=START_TRAINING, owner=owner, service=resolved["trainer"]["service"])
    before = next((place for place, step in enumerate(steps) if step.is_training), 0)
    return [step for step in [*steps[:before], starting, *steps[before:]] if step.owner]


def step_times(events: Events, owned: Sequence[Step], end_hours: float) -> list[StepTime]:
    """Measure the hours of hand-off steps until ``end_hours``; leave out steps without hours.

    ``events`` are those of one replication.
    """
    end_ms = round(end_hours * MS_PER_HOUR)
    starts, ends = events.start_ms, np.minimum(events.end_ms, end_ms)
    begun = starts < end_ms
    shown = begun & events.actor.matches(COORDINATION)
    idle = events.activity.matches(WAIT) | events.activity.matches(OFF_SHIFT)
    roles = [actor.rpartition(" ")[0] for actor in events.actor.names]
    found = []
    for step in owned:
        given = shown & events.activity.matches(step.duration_name)
        work = shown & events.activity.matches(step.name) & ~given
        waits = (
            shown & events.activity.matches(waiting_for(step.owner or "")) & events.subject.matches(step.name)
        )
        spells = given | work | waits
        if not spells.any():
            continue
        theirs = np.array([role == step.owner for role in roles])[events.actor.codes]
        at_work = begun & theirs & ~idle
        # Several people of a role may be busy at once: a wait needs only one of them to be at work.
        busy = Intervals.union(starts[at_work], ends[at_work])
        spans = zip(starts[waits].tolist(), ends[waits].tolist(), strict=True)
        elsewhere = np.array([busy.between(*span) for span in spans], dtype=np.int64)
        found.append(
            StepTime(
                step.name,
                step.owner or "",
                times=1 + int(np.sum(starts[spells][1:] > ends[spells][:-1])),
                given=_total_hours((ends - starts)[given]),
                work=_total_hours((ends - starts)[work]),
                elsewhere=_total_hours(elsewhere),
                away=_total_hours((ends - starts)[waits] - elsewhere),
            )
        )
    return found


def draw_step_times(times: Sequence[StepTime], end_hours: float) -> Figure:
    """Draw a bar for each hand-off step with its average hours of work and waiting."""
    parts = _parts_with_hours(times)
    figure = new_figure("hours each time, mean")
    names = [f"{one_line(one.name)}<br>{one_line(one.owner)}" for one in times]
    for name, (words, color, shape) in parts.items():
        figure.add_bar(
            x=[getattr(one, name) / one.times if one.times else 0 for one in times],
            y=names,
            name=words,
            **bar_looks(color, shape),
        )
    figure.update_layout(
        barmode="stack",
        height=170 + 42 * len(names),
        bargap=0.35,
        legend={"traceorder": "normal"},
        xaxis={"hoverformat": ",.2f"},
        yaxis=ONE_BELOW_THE_OTHER,
    )
    total = sum(one.total for one in times)
    parts_text = ", ".join(
        f"{words} {format_hours(hours)} ({rounded_percent(hours / total)})"
        for name, (words, *_) in parts.items()
        if (hours := sum(getattr(one, name) for one in times))
    )
    parted = f": {parts_text}" if parts_text else ""
    caption = (
        f"Steps that somebody owns took {format_hours(total)} of the first {format_elapsed(end_hours)} of "
        f"wall time, all rounds together{parted}. Work begins once somebody of the owner's role is free and "
        "at work; the hours off shift that interrupt it are waiting, too."
    )
    return Figure("steps", "What steps wait for", caption, figure)


def step_table(times: Sequence[StepTime]) -> tuple[list[str], list[list[str]]]:
    """Build the table of hand-off steps: headings and rows of hours, all rounds together."""
    parts = _parts_with_hours(times)
    rows = [
        [
            one.name,
            one.owner,
            f"{one.times:,}",
            format_hours(one.total / one.times) if one.times else "-",
            *(format_hours(getattr(one, name)) for name in parts),
        ]
        for one in times
    ]
    return ["", "owner", "times", "hours each", *(words for words, *_ in parts.values())], rows


def _parts_with_hours(times: Sequence[StepTime]) -> dict[str, tuple[str, str, str]]:
    """Return the parts of hand-off steps that took any hours."""
    return {name: looks for name, looks in PARTS.items() if any(getattr(one, name) for one in times)}


def _total_hours(milliseconds: NDArray[np.int64]) -> float:
    return float(milliseconds.sum()) / MS_PER_HOUR
