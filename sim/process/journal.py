"""The journal of a project: pages and other events, put together as columns in the order of time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.activities import OFF_SHIFT, WAIT
from sim.records import NO_ROUND, Event, Events, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.process.people import Person
    from sim.records import Page


def journal(
    pages: Sequence[Page], others: Sequence[Event], people: Sequence[Person], ended_ms: int
) -> Events:
    """All events until the project ended, with the times when somebody of ``people`` waited or was off shift.

    What was still going on at the end is cut off there; a document that was not finished has no annotations.
    """
    busy = [(page.start_ms, page.end_ms, page.actor) for page in pages]
    busy += [(event.start_ms, event.end_ms, event.actor) for event in others]
    rounds = [(page.start_ms, page.round) for page in pages]
    rounds += [(event.start_ms, event.round) for event in others if event.round != NO_ROUND]
    rest = _in_rounds([*others, *_idle(busy, people, ended_ms)], rounds)
    sizes = np.array([len(page.documents) for page in pages], dtype=np.int64)
    once = np.ones(len(rest), dtype=np.int64)
    repeats = np.concatenate([sizes, once])
    none = np.zeros(len(rest), dtype=np.int64)
    ends = _joined([page.ends_ms for page in pages], [event.end_ms for event in rest])
    # Within a page a document begins where the one before it ended.
    starts = np.roll(ends, 1)
    starts[np.cumsum(repeats) - repeats] = [
        *(page.start_ms for page in pages),
        *(event.start_ms for event in rest),
    ]
    paces = np.concatenate([*(page.focused for page in pages), np.zeros(len(rest), dtype=np.bool_)])
    events = Events(
        round=np.repeat([*(page.round for page in pages), *(event.round for event in rest)], repeats),
        start_ms=starts,
        end_ms=ends,
        actor=Words.of([*(page.actor for page in pages), *(event.actor for event in rest)], repeats),
        activity=Words.of([*(page.activity for page in pages), *(event.activity for event in rest)], repeats),
        document=_joined([page.documents for page in pages], [event.document for event in rest]),
        labels=_joined([page.labels for page in pages], none),
        confirmed=_joined([page.confirmed for page in pages], none),
        assigned=_joined([page.assigned for page in pages], none),
        wrong_suggestions=_joined([page.wrong_suggestions for page in pages], none),
        view=Words.of([*(page.view for page in pages), *("" for _ in rest)], repeats),
        subject=Words.of([*(page.subject for page in pages), *(event.subject for event in rest)], repeats),
        pace=Words(np.where(np.arange(len(ends)) < sizes.sum(), 1 + paces, 0), ("", "switching", "focused")),
    )
    return _until(events, ended_ms)


def _joined(
    by_page: Iterable[NDArray[np.int64]], rest: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.concatenate([*by_page, np.asarray(rest, dtype=np.int64)])


def _in_rounds(events: Iterable[Event], begun: list[tuple[int, int]]) -> list[Event]:
    """Events, those without a round in the one that was going on; ``begun`` says when each did."""
    starts, numbers = zip(*sorted(begun), strict=True) if begun else ((0,), (0,))

    def placed(event: Event) -> Event:
        return replace(event, round=numbers[max(0, bisect_right(starts, event.start_ms) - 1)])

    return [placed(event) if event.round == NO_ROUND else event for event in events]


def _idle(busy: Iterable[tuple[int, int, str]], people: Sequence[Person], ended_ms: int) -> list[Event]:
    """The gaps between what people did, from the project's first moment to its last.

    Within somebody's working hours they are waits, outside of them off shift.
    """
    spells: dict[str, list[tuple[int, int]]] = {person.name: [(0, 0)] for person in people}
    for start, end, actor in sorted(busy):
        if actor in spells and start < ended_ms:
            spells[actor].append((start, end))
    return [
        Event(NO_ROUND, *part, person.name, activity)
        for person in people
        for (_, end), (start, _) in pairwise([*spells[person.name], (ended_ms, ended_ms)])
        if end < start
        for part, activity in _parted(person, end, start)
    ]


def _parted(person: Person, start_ms: int, end_ms: int) -> Iterator[tuple[tuple[int, int], str]]:
    """The parts of a gap that lie within working hours, and those that do not."""
    if end_ms <= person.calendar.stretch_end(start_ms):
        yield (start_ms, end_ms), WAIT
        return
    if end_ms <= person.next_start(start_ms):
        yield (start_ms, end_ms), OFF_SHIFT
        return
    off_ms = start_ms
    for worked_ms, until_ms in person.calendar.intervals(start_ms, end_ms).tolist():
        if off_ms < worked_ms:
            yield (off_ms, worked_ms), OFF_SHIFT
        yield (worked_ms, until_ms), WAIT
        off_ms = until_ms
    if off_ms < end_ms:
        yield (off_ms, end_ms), OFF_SHIFT


def _until(events: Events, ended_ms: int) -> Events:
    """The events that began before the end, in the order of time."""
    order = np.lexsort((events.actor.codes, events.end_ms, events.start_ms))
    order = order[(events.start_ms[order] < ended_ms) | (events.end_ms[order] <= ended_ms)]
    events = events[order]
    cut = events.end_ms > ended_ms
    events.end_ms[cut] = ended_ms
    for counts in (events.labels, events.confirmed, events.assigned, events.wrong_suggestions):
        counts[cut] = 0
    return events
