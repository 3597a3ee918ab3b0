"""What must be true of every simulated project, whatever its scenario; a violation is a bug."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.activities import TRAINER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.records import CurvePoint, Events, Words


class InvariantError(AssertionError):
    """The simulation contradicts itself."""


def verify(
    events: Events, people: Sequence[str], ended_ms: int, curve: Sequence[CurvePoint], overlap: int = 1
) -> None:
    """Check a project's events against each other.

    Time never goes back; everybody's busy and waiting times add up to the wall time without gap or overlap;
    nobody labels a document twice, and no more than ``overlap`` people do; trainings do not overlap; each
    model was published in order, and learned from no more than was labelled by then; and Little's law: the
    time-average number of people busy is the rate at which they finish events times the mean length of one.

    Raises:
        InvariantError: if any of this does not hold.
    """
    _require(bool(np.all(events.start_ms <= events.end_ms)), "an event ends before it starts")
    _require(bool(np.all(np.diff(events.start_ms) >= 0)), "time goes back")
    _require(bool(np.all(events.end_ms <= ended_ms)), "an event outlives the project")
    labelling = events.labelled
    labelled = events.document[labelling]
    _require(bool(np.all(np.bincount(labelled) <= overlap)), "a document is labelled too often")
    by_whom = labelled * len(events.actor.names) + events.actor.codes[labelling]
    once = overlap == 1 or len(np.unique(by_whom)) == len(by_whom)
    _require(once, "a document is labelled twice by one person")
    by_actor = np.argsort(events.actor.codes, kind="stable")
    rows_by_name = np.split(by_actor, _firsts(events.actor)) if events.actor.names else []
    rows_of = dict(zip(events.actor.names, rows_by_name, strict=True))
    for person in people:
        mine = rows_of.get(person, by_actor[:0])
        starts, ends = events.start_ms[mine], events.end_ms[mine]
        _require(bool(np.all(starts[1:] == ends[:-1])), f"{person} is in two places or in none")
        _require(int((ends - starts).sum()) == ended_ms, f"{person}'s time does not add up")
    trainings = np.flatnonzero(events.actor.are(TRAINER))
    apart = events.start_ms[trainings[1:]] >= events.end_ms[trainings[:-1]]
    _require(bool(np.all(apart)), "two trainings overlap")
    finished = events.end_ms[events.completed(overlap)]
    for earlier, later in pairwise(curve):
        _require(earlier.published_ms <= later.published_ms, "models are published out of order")
        _require(earlier.labelled_documents <= later.labelled_documents, "a snapshot shrinks")
    for point in curve:
        known = int(np.searchsorted(finished, point.published_ms, side="right"))
        _require(point.labelled_documents <= known, "a model learned from what was not labelled yet")
    _require(_person_milliseconds(events, people) == len(people) * ended_ms, "Little's law does not hold")


def _firsts(words: Words) -> NDArray[np.int64]:
    """Where each word but the first begins among rows sorted by word."""
    return np.bincount(words.codes, minlength=len(words.names)).cumsum()[:-1]


def _person_milliseconds(events: Events, people: Sequence[str]) -> int:
    """Number of people in some event, integrated over time from the events' starts and ends alone."""
    theirs = np.isin(events.actor.names, people)[events.actor.codes]
    times = np.concatenate([events.start_ms[theirs], events.end_ms[theirs]])
    change = np.repeat([1, -1], len(times) // 2)
    order = np.argsort(times, kind="stable")
    return int(np.sum(np.cumsum(change[order])[:-1] * np.diff(times[order])))


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition is what it is given
    if not holds:
        raise InvariantError(otherwise)
