"""Log of a project's events, their cost so far, and the invariants checked at the end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities import COORDINATION, LABEL, OFF_SHIFT, REWORK, TRAINER, WAIT
from sim.core.durations import MS_PER_HOUR
from sim.core.events import NO_ROUND, Categorical, Event, Events, Page, Rates, Spent
from sim.core.intervals import FOREVER_MS, Intervals

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.events import CurvePoint
    from sim.simulation.clock import Clock
    from sim.simulation.workforce import Person


class EventLog:
    """Everything that people and machinery do in a project, in the order of recording, and its cost.

    Times are those of the clock. Work may be recorded ahead of time; a wait gets its end once it is over.
    """

    def __init__(self, clock: Clock, rates: Rates = Rates(), begins_ms: int = 0) -> None:  # noqa: B008 - frozen
        self.clock = clock
        self.rates = rates
        self.begins_ms = begins_ms
        """When the project begins."""
        self.recorded: list[Page | Event] = []
        self._added_up = 0
        self._under_way: list[int] = []
        self._ended = _Lasted()

    def record(self, done: Page | Event) -> None:
        """Add what somebody did, or has begun to do."""
        self.recorded.append(done)

    def record_step(self, event: Event) -> None:
        """Add work on a step twice: for the person who does it, and for the round trip."""
        self.recorded += (event, event._replace(actor=COORDINATION))

    def spend(
        self, length_ms: int, activity: str, round_number: int, subject: str = ""
    ) -> Generator[Happening, Any, None]:
        """Let a step of the coordination pass, and record it unless it takes no time."""
        if length_ms:
            now_ms = self.clock.now_ms
            end_ms = now_ms + length_ms
            self.record(Event(round_number, now_ms, end_ms, COORDINATION, activity, subject=subject))
            yield self.clock.timeout(length_ms)

    def wait(self, done: Happening, activity: str, round_number: int) -> Generator[Happening, Any, None]:
        """Let the project wait for an event, and record the wait even if the event never happens."""
        place = len(self.recorded)
        waiting = Event(round_number, self.clock.now_ms, FOREVER_MS, COORDINATION, activity)
        self.record(waiting)
        yield done
        self.recorded[place] = waiting._replace(end_ms=self.clock.now_ms)

    def spent(self) -> Spent:
        """Return hours of labelling, including rework, and costs until now.

        Finished events are added up once; those under way, a few pages and events at most, are looked at
        again the next time.
        """
        now_ms = self.clock.now_ms
        looked_at = [*self._under_way, *range(self._added_up, len(self.recorded))]
        self._added_up, self._under_way = len(self.recorded), []
        going_on = _Lasted()
        for place in looked_at:
            done = self.recorded[place]
            if done.end_ms <= now_ms:
                self._ended.add(done, done.end_ms, self.rates)
            else:
                going_on.add(done, now_ms, self.rates)
                self._under_way.append(place)
        by_rate = self._ended.by_rate + going_on.by_rate
        cost = self.rates.fixed
        # In this order the sum is that of `sim.results.replication.costs`, to the last bit.
        for rate in sorted(by_rate):
            cost += rate * by_rate[rate] / MS_PER_HOUR
        return Spent((self._ended.active_ms + going_on.active_ms) / MS_PER_HOUR, cost)

    def closed(self, people: Sequence[Person], ended_ms: int) -> Events:
        """Return all events in time since the project began, with everybody's waits and times off shift.

        Events still under way at the end are cut off there; an unfinished document has no annotations.
        """
        pages = [done for done in self.recorded if isinstance(done, Page)]
        others = [done for done in self.recorded if isinstance(done, Event)]
        others += _idle(self.recorded, people, self.begins_ms, ended_ms)
        events = _in_columns(pages, others)
        events.start_ms[:] -= self.begins_ms
        events.end_ms[:] -= self.begins_ms
        return _until(events, ended_ms - self.begins_ms)


class _Lasted:
    """Whole milliseconds of some pages and events: of labelling, and of each hourly rate."""

    def __init__(self) -> None:
        self.active_ms = 0
        self.by_rate = Counter[float]()

    def add(self, done: Page | Event, until_ms: int, rates: Rates) -> None:
        elapsed_ms = max(0, until_ms - done.start_ms)
        if done.activity in (LABEL, REWORK):
            self.active_ms += elapsed_ms
        if rate := rates.hourly(done.actor, done.activity):
            self.by_rate[rate] += elapsed_ms


def _in_columns(pages: Sequence[Page], rest: Sequence[Event]) -> Events:
    """Return the documents of pages, then everything else, as one row each."""
    rounds, starts, ends, actors, activities, documents, subjects = (
        zip(*rest, strict=True) if rest else [()] * 7
    )
    sizes = np.array([len(page.documents) for page in pages], dtype=np.int64)
    repeats = np.concatenate([sizes, np.ones(len(rest), dtype=np.int64)])
    begun = np.array([*(page.start_ms for page in pages), *starts], dtype=np.int64)
    numbers = np.array([*(page.round for page in pages), *rounds], dtype=np.int64)
    none = np.zeros(len(rest), dtype=np.int64)
    end_ms = _joined([page.ends_ms for page in pages], ends)
    # Within a page a document begins where the one before it ended.
    start_ms = np.roll(end_ms, 1)
    # Each page's or event's first row begins when the whole does.
    start_ms[np.cumsum(repeats) - repeats] = begun
    paces = np.concatenate([*(page.focused for page in pages), np.zeros(len(rest), dtype=np.bool_)])
    return Events(
        round=np.repeat(_known(numbers, begun), repeats),
        start_ms=start_ms,
        end_ms=end_ms,
        actor=Categorical.from_words([*(page.actor for page in pages), *actors], repeats),
        activity=Categorical.from_words([*(page.activity for page in pages), *activities], repeats),
        document=_joined([page.documents for page in pages], documents),
        labels=_joined([page.labels for page in pages], none),
        confirmed=_joined([page.confirmed for page in pages], none),
        assigned=_joined([page.assigned for page in pages], none),
        wrong_suggestions=_joined([page.wrong_suggestions for page in pages], none),
        view=Categorical.from_words([*(page.view for page in pages), *("" for _ in rest)], repeats),
        subject=Categorical.from_words([*(page.subject for page in pages), *subjects], repeats),
        pace=Categorical(
            np.where(np.arange(len(end_ms)) < sizes.sum(), 1 + paces, 0), ("", "switching", "focused")
        ),
    )


def _joined(
    by_page: Iterable[NDArray[np.int64]], rest: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.concatenate([*by_page, np.asarray(rest, dtype=np.int64)])


def _known(rounds: NDArray[np.int64], begun_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rounds of events by their start; an event without a round gets the current one, or the first."""
    known = np.flatnonzero(rounds != NO_ROUND)
    if not len(known):
        return np.zeros_like(rounds)
    # By time, then by round: the last one begun is the one that was going on.
    known = known[np.lexsort((rounds[known], begun_ms[known]))]
    latest = np.searchsorted(begun_ms[known], begun_ms, side="right") - 1
    return np.where(rounds == NO_ROUND, rounds[known][np.maximum(latest, 0)], rounds)


def _idle(
    done: Iterable[Page | Event], people: Sequence[Person], begins_ms: int, ended_ms: int
) -> list[Event]:
    """Return the gaps between people's events, from the project's first moment to its last.

    A gap is a wait within working hours, and off shift outside them. An event of no length splits a gap.
    """
    project = Intervals.union(np.array([begins_ms]), np.array([ended_ms]))
    spells: dict[str, list[tuple[int, int]]] = {person.name: [] for person in people}
    for one in done:
        if one.actor in spells:
            spells[one.actor].append((one.start_ms, one.end_ms))
    idle: list[Event] = []
    for person in people:
        # The shape keeps two columns where somebody did nothing at all.
        free = project - Intervals.union(*np.array(spells[person.name], dtype=np.int64).reshape(-1, 2).T)
        at_work = person.calendar.clip(begins_ms, ended_ms)
        moments = sorted({start for start, end in spells[person.name] if start == end})
        for activity, gaps in ((WAIT, free & at_work), (OFF_SHIFT, free - at_work)):
            idle += [Event(NO_ROUND, *part, person.name, activity) for part in _parted(gaps, moments)]
    return idle


def _parted(gaps: Intervals, moments: Sequence[int]) -> Iterator[tuple[int, int]]:
    for start, end in gaps:
        within = moments[bisect_right(moments, start) : bisect_left(moments, end)]
        yield from pairwise((start, *within, end))


def _until(events: Events, ended_ms: int) -> Events:
    """Return the events that began before the end, ordered by time."""
    # lexsort sorts by its last key first: by start, then end, then actor.
    order = np.lexsort((events.actor.codes, events.end_ms, events.start_ms))
    # Events without length in the last instant still belong to the project.
    order = order[(events.start_ms[order] < ended_ms) | (events.end_ms[order] <= ended_ms)]
    events = events[order]
    cut = events.end_ms > ended_ms
    events.end_ms[cut] = ended_ms
    for counts in (events.labels, events.confirmed, events.assigned, events.wrong_suggestions):
        counts[cut] = 0
    return events


class InvariantError(AssertionError):
    """The simulation contradicts itself."""


def verify(
    events: Events, people: Sequence[str], ended_ms: int, curve: Sequence[CurvePoint], overlap: int = 1
) -> None:
    """Check a project's events against each other.

    Time never goes back; everybody's busy and waiting times add up to the wall time without gap or overlap;
    nobody labels a document twice, and at most ``overlap`` people label it; trainings do not overlap; models
    were published in order, and each was trained only on documents labelled by then.

    Raises:
        InvariantError: if any of this does not hold.
    """
    _require(bool(np.all(events.start_ms <= events.end_ms)), "an event ends before it starts")
    _require(bool(np.all(np.diff(events.start_ms) >= 0)), "time goes back")
    _require(bool(np.all(events.end_ms <= ended_ms)), "an event outlives the project")
    labelling = events.labelled
    labelled = events.document[labelling]
    _require(bool(np.all(np.bincount(labelled) <= overlap)), "a document is labelled too often")
    # One number for each pair of document and person.
    by_whom = labelled * len(events.actor.names) + events.actor.codes[labelling]
    once = overlap == 1 or len(np.unique(by_whom)) == len(by_whom)
    _require(once, "a document is labelled twice by one person")
    # Stable, so that everybody's rows stay in the order of time.
    by_actor = np.argsort(events.actor.codes, kind="stable")
    rows_by_name = np.split(by_actor, _firsts(events.actor)) if events.actor.names else []
    rows_of = dict(zip(events.actor.names, rows_by_name, strict=True))
    for person in people:
        mine = rows_of.get(person, by_actor[:0])
        starts, ends = events.start_ms[mine], events.end_ms[mine]
        _require(bool(np.all(starts[1:] == ends[:-1])), f"{person} is in two places or in none")
        _require(int((ends - starts).sum()) == ended_ms, f"{person}'s time does not add up")
    trainings = np.flatnonzero(events.actor.matches(TRAINER))
    apart = events.start_ms[trainings[1:]] >= events.end_ms[trainings[:-1]]
    _require(bool(np.all(apart)), "two trainings overlap")
    finished = events.end_ms[events.completed(overlap)]
    for earlier, later in pairwise(curve):
        _require(earlier.published_ms <= later.published_ms, "models are published out of order")
        _require(earlier.labelled_documents <= later.labelled_documents, "a snapshot shrinks")
    for point in curve:
        known = int(np.searchsorted(finished, point.published_ms, side="right"))
        _require(point.labelled_documents <= known, "a model learned from what was not labelled yet")


def _firsts(words: Categorical) -> NDArray[np.int64]:
    """Return where each word but the first begins among rows sorted by word."""
    return np.bincount(words.codes, minlength=len(words.names)).cumsum()[:-1]


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition is what it is given
    if not holds:
        raise InvariantError(otherwise)
