"""People and machinery of one project: how busy they were, and in which views."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.core.activities import OFF_SHIFT, TRAIN, TRAINER, WAIT
from sim.core.durations import MS_PER_HOUR
from sim.reporting.html.figure import PALETTE, Figure, empty, label, thin
from sim.reporting.html.timeline import MANY_PEOPLE, PATTERNS, annotators_among, handled, staff_among
from sim.results.metrics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def utilisation(events: Events, end_hours: float) -> tuple[str, Sequence[str], list[list[str]]]:
    """A caption, headings, and rows: each annotator, all of them if several, staff, the trainer.

    ``events`` are those of one replication. They count until ``end_hours`` of wall time: what is under way
    then up to it, though not as a document or a training.
    """
    past = _until(events, end_hours)
    actors = events.actor.names
    annotators, staff = annotators_among(actors), staff_among(actors)
    rows = [_annotating(name, past.of(name)) for name in annotators[:MANY_PEOPLE]]
    if len(annotators) > 1:
        rows.append(_annotating(f"all {len(annotators)} annotators", past.of(*annotators)))
    rows += [[name, *_time(past.of(name)), *[""] * 5] for name in staff[:MANY_PEOPLE]]
    rows.append(_training(past.of(TRAINER), end_hours))
    hours = BY_NAME["wall_hours"].written(end_hours)
    said = (
        f"In the first {hours} of wall time; each of these hours is busy, waiting or off shift. Busy is with"
        " labelling and rework, with steps, other work and other projects, or with training and repairs,"
        " overtime included."
        " Utilisation is the share that was busy of the hours in which somebody was there, busy or waiting."
        " Documents by then are those whose labelling had ended, whether or not a model learned from them:"
        " where people label while a model is trained, they are more than those of the model that reached the"
        " target."
    )
    hidden = len(annotators) - MANY_PEOPLE
    if hidden > 0:
        said += f" Annotators without a row of their own: {hidden}."
    return said, HEADINGS, rows


def views_used(events: Events, end_hours: float) -> Figure | None:
    """Looks at a document and hours by view until ``end_hours``; None where fewer than two were used."""
    past = _until(events, end_hours)
    used = {view: past[past.events.view.are(view)] for view in past.events.view.names if view}
    of_view = {view: mine for view, mine in used.items() if len(mine.events)}
    if len(of_view) <= 1:
        return None
    hours = {view: _hours(mine) for view, mine in of_view.items()}
    looks = {view: float((mine.done & handled(mine.events)).sum()) for view, mine in of_view.items()}
    views = sorted(of_view, key=lambda view: (-hours[view], view))
    figure = empty("share of all looks at a document, and of all hours")
    bars = (("looks", "labelled_documents", looks), ("hours", "active_hours", hours))
    for number, (name, metric, amounts) in enumerate(bars):
        of_all = sum(amounts.values()) or 1
        figure.add_bar(
            x=thin(np.array([amounts[view] / of_all for view in views])),
            y=[label(view) for view in views],
            orientation="h",
            name=name,
            text=[BY_NAME[metric].written(amounts[view]) for view in views],
            textposition="outside",
            cliponaxis=False,
            marker={"color": PALETTE[number], "pattern": {"shape": PATTERNS[number]}},
        )
    figure.update_layout(
        barmode="group",
        bargap=0.3,
        height=180 + 50 * len(views),
        legend={"traceorder": "normal"},
        xaxis={"tickformat": "~%", "hoverformat": ".1%"},
        yaxis={"type": "category", "autorange": "reversed"},
    )
    return Figure(
        "views-used",
        "Views that were used",
        f"How {BY_NAME['active_hours'].written(sum(hours.values()))} of people's time divide among the views"
        f" in the first {BY_NAME['wall_hours'].written(end_hours)} of wall time, and how often they looked at"
        f" a document, {BY_NAME['labelled_documents'].written(sum(looks.values()))} times in all: to label it"
        " or to check its labels. Rework outside of views is left out. Where the bar of hours is the longer"
        " one, a look takes longer than on average.",
        figure,
    )


@dataclass(frozen=True, eq=False)
class Past:
    """Events that began by a moment, none longer than until then, and which were done by then."""

    events: Events
    done: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.bool_]) -> Past:
        return Past(self.events[rows], self.done[rows])

    def of(self, *actors: str) -> Past:
        """What some of the actors did."""
        return self[np.isin(self.events.actor.names, actors)[self.events.actor.codes]]


def _until(events: Events, end_hours: float) -> Past:
    end_ms = round(end_hours * MS_PER_HOUR)
    begun = events[events.start_ms <= end_ms]
    cut = replace(begun, end_ms=np.minimum(begun.end_ms, end_ms))
    return Past(cut, begun.end_ms <= end_ms)


def _annotating(name: str, past: Past) -> list[str]:
    """The row of one annotator or several, all together."""
    events = past.events
    confirmed = int(events.confirmed[past.done].sum())
    annotations = (events.confirmed + events.assigned)[past.done]
    focused = int(annotations[events.pace.are("focused")[past.done]].sum())
    written = {
        "labelled_documents": int((annotations > 0).sum()),
        "annotations": int(annotations.sum()),
        "share_confirmed": _share(confirmed, annotations.sum()),
        "share_focused": _share(focused, annotations.sum()),
    }
    return [
        name,
        *_time(past),
        *(BY_NAME[metric].written(value) for metric, value in written.items()),
        "",
    ]


def _training(past: Past, of_hours: float) -> list[str]:
    """The trainer's row; it waits whenever it does not train, and is never off."""
    waiting = of_hours - _hours(past)
    trainings = int((past.done & past.events.activity.are(TRAIN)).sum())
    return [
        TRAINER,
        *_time(past, waiting),
        *[""] * 4,
        BY_NAME["trainings"].written(trainings),
    ]


def _time(past: Past, waiting: float | None = None) -> list[str]:
    """Hours busy, waiting and off shift, and what share of those there the busy ones are."""
    idle = {activity: _hours(past[past.events.activity.are(activity)]) for activity in (WAIT, OFF_SHIFT)}
    busy = _hours(past) - sum(idle.values())
    waiting = idle[WAIT] if waiting is None else waiting
    hours = BY_NAME["wall_hours"]
    return [
        hours.written(busy),
        hours.written(waiting),
        hours.written(idle[OFF_SHIFT]) if idle[OFF_SHIFT] else "",
        BY_NAME["share_focused"].written(_share(busy, busy + waiting)),
    ]


def _hours(past: Past) -> float:
    return float((past.events.end_ms - past.events.start_ms).sum()) / MS_PER_HOUR


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
