"""People and machinery of one project: how busy they were, and in which views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities import OFF_SHIFT, TRAIN, TRAINER, WAIT
from sim.reporting.html.figure import PALETTE, Figure, empty, label, thin
from sim.reporting.html.timeline import MANY_PEOPLE, PATTERNS, annotators_among, handled, staff_among
from sim.results.metrics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    Event = Mapping[str, Any]

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


def utilisation(events: pa.Table, end_hours: float) -> tuple[str, Sequence[str], list[list[str]]]:
    """A caption, headings, and rows: each annotator, all of them if several, staff, the trainer.

    ``events`` are those of one replication. They count until ``end_hours`` of wall time: what is under way
    then up to it, though not as a document or a training.
    """
    past = _until(events, end_hours)
    actors = events["actor"].to_pylist()
    annotators, staff = annotators_among(actors), staff_among(actors)
    of_actor: dict[str, list[Event]] = {name: [] for name in (*annotators, *staff, TRAINER)}
    for event in past:
        if event["actor"] in of_actor:
            of_actor[event["actor"]].append(event)
    rows = [_annotating(name, of_actor[name]) for name in annotators[:MANY_PEOPLE]]
    if len(annotators) > 1:
        theirs = [event for name in annotators for event in of_actor[name]]
        rows.append(_annotating(f"all {len(annotators)} annotators", theirs))
    rows += [[name, *_time(of_actor[name]), *[""] * 5] for name in staff[:MANY_PEOPLE]]
    rows.append(_training(of_actor[TRAINER], end_hours))
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


def views_used(events: pa.Table, end_hours: float) -> Figure | None:
    """Looks at a document and hours by view until ``end_hours``; None where fewer than two were used."""
    of_view: dict[str, list[Event]] = {}
    for event in _until(events, end_hours):
        if event["view"]:
            of_view.setdefault(event["view"], []).append(event)
    if len(of_view) <= 1:
        return None
    hours = {view: _hours(mine) for view, mine in of_view.items()}
    looks: dict[str, float] = {
        view: sum(event["done"] and handled(event) for event in mine) for view, mine in of_view.items()
    }
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


def _until(events: pa.Table, end_hours: float) -> list[Event]:
    """What began by ``end_hours``, no longer than until then, and whether it was done by then."""
    return [
        {
            **event,
            "end_hours": min(event["end_hours"], end_hours),
            "done": event["end_hours"] <= end_hours,
        }
        for event in events.to_pylist()
        if event["start_hours"] <= end_hours
    ]


def _annotating(name: str, events: Sequence[Event]) -> list[str]:
    """The row of one annotator or several, all together."""
    done = [event for event in events if event["done"]]
    annotations = [event["confirmed"] + event["assigned"] for event in done]
    confirmed = sum(event["confirmed"] for event in done)
    focused = sum(
        of_one for event, of_one in zip(done, annotations, strict=True) if event["pace"] == "focused"
    )
    written = {
        "labelled_documents": sum(of_one > 0 for of_one in annotations),
        "annotations": sum(annotations),
        "share_confirmed": _share(confirmed, sum(annotations)),
        "share_focused": _share(focused, sum(annotations)),
    }
    return [
        name,
        *_time(events),
        *(BY_NAME[metric].written(value) for metric, value in written.items()),
        "",
    ]


def _training(events: Sequence[Event], of_hours: float) -> list[str]:
    """The trainer's row; it waits whenever it does not train, and is never off."""
    waiting = of_hours - _hours(events)
    trainings = sum(event["done"] and event["activity"] == TRAIN for event in events)
    return [
        TRAINER,
        *_time(events, waiting),
        *[""] * 4,
        BY_NAME["trainings"].written(trainings),
    ]


def _time(events: Sequence[Event], waiting: float | None = None) -> list[str]:
    """Hours busy, waiting and off shift, and what share of those there the busy ones are."""
    idle = {
        activity: _hours([event for event in events if event["activity"] == activity])
        for activity in (WAIT, OFF_SHIFT)
    }
    busy = _hours(events) - sum(idle.values())
    waiting = idle[WAIT] if waiting is None else waiting
    hours = BY_NAME["wall_hours"]
    return [
        hours.written(busy),
        hours.written(waiting),
        hours.written(idle[OFF_SHIFT]) if idle[OFF_SHIFT] else "",
        BY_NAME["share_focused"].written(_share(busy, busy + waiting)),
    ]


def _hours(events: Sequence[Event]) -> float:
    return float(sum(event["end_hours"] - event["start_hours"] for event in events))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
