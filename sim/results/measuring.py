"""From a replication's events to what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.activities import LABEL, OFF_SHIFT, REWORK, TRAIN, WAIT, is_wait
from sim.durations import MS_PER_HOUR
from sim.records import Spent
from sim.results.agreement import agreement
from sim.results.cost import costs
from sim.results.lasted import lasted_ms
from sim.results.measures import Measures
from sim.results.wall_time import wall_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.records import Events, ReplicationResult
    from sim.results.measures import Stopped

UNCOORDINATED = (LABEL, TRAIN, WAIT, OFF_SHIFT)
"""Where wall time goes that is no step of a coordination."""


def measure(result: ReplicationResult) -> Measures:
    """What a replication says; its metrics are those of reaching the target, or of the end otherwise."""
    reached, events = result.reached, result.events
    finished = events.completed(result.overlap)
    ended = result.ended_ms
    moment = ended if reached is None else reached.published_ms
    annotations = _by_document(events, events.confirmed + events.assigned)
    done = np.concatenate([[0], np.cumsum(annotations[events.document[finished]])])
    published = np.array([model.published_ms for model in result.curve], dtype=np.int64)
    moments = np.array([*published, moment, ended])
    *by_model, at_moment, at_end = (active_ms(events, moments) / MS_PER_HOUR).tolist()
    *cost_by_model, cost, cost_at_end = costs(events, result.rates, moments).tolist()
    labelled = int(np.searchsorted(events.end_ms[finished], moment, side="right"))
    documents = labelled if reached is None else reached.labelled_documents
    wall = _hours_by_activity(events, moment)
    metrics = _metrics(result, finished, documents, moment, Spent(at_moment, cost), wall)
    final = metrics
    if reached is not None:
        wall_at_end = wall if moment == ended else _hours_by_activity(events, ended)
        final = _metrics(result, finished, len(finished), ended, Spent(at_end, cost_at_end), wall_at_end)
    return Measures(
        replication=result.replication,
        reason=result.reason,
        ended_ms=result.ended_ms,
        models=result.curve,
        annotations=[int(done[model.labelled_documents]) for model in result.curve],
        active_hours=by_model,
        costs=cost_by_model,
        metrics=metrics,
        final=final,
        wall_time=wall,
        stopped=_stopped(result, len(finished), at_moment, at_end) if result.stopped_by else None,
        average_precisions=result.average_precisions,
        agreement=None if result.votes is None else agreement(result.votes),
        reached=reached,
        paused=result.paused,
    )


def _metrics(
    result: ReplicationResult,
    finished: NDArray[np.int64],
    documents: int,
    moment: int,
    by_then: Spent,
    wall: Mapping[str, float],
) -> dict[str, float | None]:
    """By name, at a moment; ``documents`` of those that were labelled are counted, the first."""
    events = result.events
    labelled = int(np.searchsorted(events.end_ms[finished], moment, side="right"))
    mine = finished[:documents]
    if result.overlap > 1:
        mine = events.labelled[np.isin(events.document[events.labelled], events.document[mine])]
    confirmed = events.confirmed[mine]
    by_document = confirmed + events.assigned[mine]
    annotations = int(by_document.sum())
    focused = int(by_document[events.pace[mine].are("focused")].sum())
    trainings = events.end_ms[events.activity.are(TRAIN)]
    return {
        "labelled_documents": documents,
        "labelled_at_publish": labelled,
        "annotations": annotations,
        "labels_per_document": _ratio(annotations, documents),
        "share_confirmed": _ratio(int(confirmed.sum()), annotations),
        "share_focused": _ratio(focused, annotations),
        "wrong_suggestions_per_document": _ratio(int(events.wrong_suggestions[mine].sum()), documents),
        "active_hours": by_then.active_hours,
        "wall_hours": moment / MS_PER_HOUR,
        "labelling_hours": wall[LABEL],
        "training_hours": wall[TRAIN],
        "coordination_hours": sum(
            hours for name, hours in wall.items() if name not in UNCOORDINATED and not is_wait(name)
        ),
        "waiting_hours": wall[WAIT] + sum(hours for name, hours in wall.items() if is_wait(name)),
        "off_shift_hours": wall.get(OFF_SHIFT, 0.0),
        "trainings": int(np.sum(trainings <= moment)),
        "cost": by_then.cost,
        "rounds": sum(model.published_ms <= moment for model in result.curve),
    }


def _hours_by_activity(events: Events, moment: int) -> dict[str, float]:
    return {activity: ms / MS_PER_HOUR for activity, ms in wall_time(events, moment).items()}


def _stopped(result: ReplicationResult, documents: int, at_moment: float, at_end: float) -> Stopped:
    """Where stopping rules ended it.

    Truth that the project did not know: how good its last model was, and the hours that were spent since
    the target was reached.
    """
    reached = result.reached
    past_ms = 0 if reached is None else result.ended_ms - reached.published_ms
    return {
        "replication": result.replication,
        "by": list(result.stopped_by),
        "labelled_documents": documents,
        "active_hours": at_end,
        "wall_hours": result.ended_ms / MS_PER_HOUR,
        "active_hours_past_target": None if reached is None else at_end - at_moment,
        "wall_hours_past_target": None if reached is None else past_ms / MS_PER_HOUR,
    }


def _by_document(events: Events, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """What people put on each document together, indexed by document."""
    rows = events.labelled
    total = np.bincount(events.document[rows], weights=counts[rows])
    return np.rint(total).astype(np.int64)


def active_ms(events: Events, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds that people spent labelling, rework included, until each of ``moments``."""
    rows = events.activity.are(LABEL) | events.activity.are(REWORK)
    return lasted_ms(events, rows, moments)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
