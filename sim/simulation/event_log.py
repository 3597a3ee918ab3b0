"""Log of a project's events, their cost so far, and the invariants checked at the end."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities_and_costs import (
    COORDINATION,
    LABELLING,
    OFF_SHIFT,
    TRAINER,
    WAIT,
    Rates,
    Spent,
    is_annotator,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.events import NO_DOCUMENT, NO_ROUND, Categorical, Event, Events
from sim.core.intervals import FOREVER_MS, Intervals

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.quality import CurvePoint
    from sim.simulation.clock import Clock
    from sim.simulation.workforce import Person

    Rows = NDArray[np.int64]
    _Gaps = tuple[str, str, NDArray[np.int64], NDArray[np.int64]]
    """Person, activity, and the starts and ends of the gaps."""


ROW = 7
END, DOCUMENT, LABELS, CONFIRMED, ASSIGNED, WRONG_SUGGESTIONS, PACE = range(ROW)
"""Columns of a row of the log, which is a labelled document or another event."""
PACES = ("", "switching", "focused")
"""Names of the numbers in a row's last column."""
_ROUND, _START, _ACTOR, _ACTIVITY, _VIEW, _SUBJECT, _ROWS = range(ROW)
"""Columns of an entry, which is a page or another event; the last one counts all rows up to its end."""


class EventLog:
    """Event log of a project, in the order of recording, and its cost so far.

    Times are those of the clock. Work may be recorded ahead of time; a wait gets its end once it is over.
    The log holds nothing but integers, because a million documents may be as many pages.
    """

    def __init__(self, clock: Clock, rates: Rates = Rates(), begins_ms: int = 0) -> None:  # noqa: B008 - frozen
        self.clock = clock
        self.rates = rates
        self.begins_ms = begins_ms
        """Start of the project, on the clock."""
        # Arrays of Python's own, because they grow in place; NumPy's would be copied with every page.
        self._entries = array("q")
        self._rows = array("q")
        # A word that was not there before gets the next number: the log can hold names of views, labels and
        # people as integers like everything else.
        self._codes: defaultdict[str, int] = defaultdict(count().__next__)
        self._summed_entries = 0
        self._under_way = np.empty(0, dtype=np.int64)
        self._ended = _Totals()

    def record(self, event: Event) -> None:
        """Add an event to the log, even if it ends later."""
        self._enter(event.round, event.start_ms, event.actor, event.activity, "", event.subject, 1)
        self._rows.extend((event.end_ms, event.document, 0, 0, 0, 0, 0))

    def record_step(self, event: Event) -> None:
        """Add work on a hand-off step twice: for the person who does it, and for the coordination."""
        self.record(event)
        # Twice, as two questions are asked of it: what a person was busy with, and
        # what the project went through.
        self.record(event._replace(actor=COORDINATION))

    def record_page(
        self, round_number: int, start_ms: int, actor: str, activity: str, view: str, subject: str, rows: Rows
    ) -> None:
        """Add documents that somebody labelled one after another to the log, a row each."""
        self._enter(round_number, start_ms, actor, activity, view, subject, len(rows))
        self._rows.frombytes(rows.tobytes())

    def _enter(
        self, round_number: int, start_ms: int, actor: str, activity: str, view: str, subject: str, rows: int
    ) -> None:
        """Add the entry of a page or an event to the log, for ``rows`` rows."""
        code, until_row = self._codes, len(self._rows) // ROW + rows
        self._entries.extend(
            (round_number, start_ms, code[actor], code[activity], code[view], code[subject], until_row)
        )

    def rows_from(self, row: int) -> Rows:
        """Return a copy of the log's rows from one on, in the order of recording."""
        return _as_rows(self._rows[row * ROW :])

    def spend(
        self, length_ms: int, activity: str, round_number: int, subject: str = ""
    ) -> Generator[Happening, Any, None]:
        """Spend time on a step of the coordination, and record it unless it takes no time."""
        if length_ms:
            now_ms = self.clock.now_ms
            end_ms = now_ms + length_ms
            self.record(Event(round_number, now_ms, end_ms, COORDINATION, activity, subject=subject))
            yield self.clock.timeout(length_ms)

    def wait(self, done: Happening, activity: str, round_number: int) -> Generator[Happening, Any, None]:
        """Wait for an event, and record the project's wait even if the event never happens."""
        # Noted as if it lasted for ever: a project that is cut off meanwhile cuts off the wait as well.
        place = len(self._rows) + END
        self.record(Event(round_number, self.clock.now_ms, FOREVER_MS, COORDINATION, activity))
        yield done
        self._rows[place] = self.clock.now_ms

    def spent(self) -> Spent:
        """Return the active hours, rework included, and the costs until now.

        Finished events are added up once; those under way, a few pages and events at most, are looked at
        again the next time.
        """
        now_ms = self.clock.now_ms
        entries, rows = _as_rows(self._entries), _as_rows(self._rows)
        open_entries = np.append(self._under_way, np.arange(self._summed_entries, len(entries)))
        ends_ms = rows[entries[open_entries, _ROWS] - 1, END]
        # What is over never changes again, so that its sum is kept; looking at everything at each published
        # model would take time of the square of a project's length.
        over = ends_ms <= now_ms
        self._summed_entries, self._under_way = len(entries), open_entries[~over]
        under_way, words = _Totals(), [*self._codes]
        for lasted, mine in ((self._ended, over), (under_way, ~over)):
            lasted.add(entries[open_entries[mine]], np.minimum(ends_ms[mine], now_ms), self.rates, words)
        by_rate = self._ended.by_rate + under_way.by_rate
        cost = self.rates.fixed
        # In this order the sum is that of `sim.results.replication_metrics.costs`, to the last bit.
        for rate in sorted(by_rate):
            cost += rate * by_rate[rate] / MS_PER_HOUR
        cost += self.rates.licences(
            now_ms - self.begins_ms,
            *self._labelled(rows, now_ms),
            *self._labelled_by_models(entries, rows, now_ms),
        )
        return Spent((self._ended.active_ms + under_way.active_ms) / MS_PER_HOUR, cost)

    def _labelled(self, rows: Rows, now_ms: int) -> tuple[int, int]:
        """Count labelled documents by now, each time and each once, where that costs anything."""
        if not self.rates.per_document and not self.rates.per_prelabel:
            return 0, 0
        is_labelled = (rows[:, PACE] > 0) & (rows[:, CONFIRMED] + rows[:, ASSIGNED] > 0)
        documents = rows[is_labelled & (rows[:, END] <= now_ms), DOCUMENT]
        # Test documents have no number, and no prelabels.
        return len(documents), len(np.unique(documents[documents != NO_DOCUMENT]))

    def _labelled_by_models(self, entries: Rows, rows: Rows, now_ms: int) -> list[int]:
        """Count the documents that each model with a price has begun by now."""
        if not self.rates.models:
            return []
        sizes = np.diff(entries[:, _ROWS], prepend=0)
        begun, actors = _starts_ms(entries, rows) < now_ms, np.repeat(entries[:, _ACTOR], sizes)
        return [int(np.sum(begun & (actors == self._codes[model]))) for model in self.rates.models]

    def closed(self, people: Sequence[Person], ended_ms: int) -> Events:
        """Return the events of the project that began before its end, sorted by time since its start.

        Everybody's waits and times off shift are among them. Events still under way at the end are cut off
        there; an unfinished document has no annotations.
        """
        entries, entry, start_ms, end_ms = self._with_gaps(people, ended_ms)
        own, rows, words = _as_rows(self._entries), _as_rows(self._rows), [*self._codes]
        actor = Categorical.from_codes(entries[:, _ACTOR], words)
        # lexsort sorts by its last key first: by start, then end, then actor.
        order = np.lexsort((actor.codes[entry], end_ms, start_ms))
        # Events without length in the last instant still belong to the project.
        order = order[(start_ms[order] < ended_ms) | (end_ms[order] <= ended_ms)]
        start_ms, end_ms, entry = start_ms[order], end_ms[order], entry[order]
        is_row = order < len(rows)

        def integers(column: int, of: NDArray[np.bool_], otherwise: int = 0) -> NDArray[np.int64]:
            """Return an integer column of the sorted events."""
            values = np.full(len(order), otherwise)
            values[of] = rows[order[of], column]
            return values

        finished = is_row & (end_ms <= ended_ms)
        return Events(
            round=_fill_rounds(entries[entry, _ROUND], start_ms, own),
            start_ms=start_ms - self.begins_ms,
            end_ms=np.minimum(end_ms, ended_ms) - self.begins_ms,
            actor=actor[entry],
            activity=Categorical.from_codes(entries[:, _ACTIVITY], words)[entry],
            document=integers(DOCUMENT, is_row, NO_DOCUMENT),
            labels=integers(LABELS, finished),
            confirmed=integers(CONFIRMED, finished),
            assigned=integers(ASSIGNED, finished),
            wrong_suggestions=integers(WRONG_SUGGESTIONS, finished),
            view=Categorical.from_codes(entries[:, _VIEW], words)[entry],
            subject=Categorical.from_codes(entries[:, _SUBJECT], words)[entry],
            pace=Categorical(integers(PACE, is_row).astype(np.int32), PACES),
        )

    def _with_gaps(
        self, people: Sequence[Person], ended_ms: int
    ) -> tuple[Rows, NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Return all entries, those of gaps last, and the entry, start and end of each of their rows."""
        gaps, code = self._gaps(people, ended_ms), self._codes
        idle = [
            (NO_ROUND, 0, code[actor], code[activity], code[""], code[""], len(starts))
            for actor, activity, starts, _ in gaps
        ]
        own, rows = _as_rows(self._entries), _as_rows(self._rows)
        entries = np.concatenate([own, np.array(idle, dtype=np.int64).reshape(-1, ROW)])
        sizes = np.append(np.diff(own[:, _ROWS], prepend=0), entries[len(own) :, _ROWS])
        # Half the memory of 64 bits, and a log has fewer than two billion entries.
        entry = np.repeat(np.arange(len(entries), dtype=np.int32), sizes)
        start_ms = np.concatenate([_starts_ms(own, rows), *(starts for *_, starts, _ in gaps)])
        end_ms = np.concatenate([rows[:, END], *(ends for *_, ends in gaps)])
        return entries, entry, start_ms, end_ms

    def _gaps(self, people: Sequence[Person], ended_ms: int) -> list[_Gaps]:
        """Find the gaps between each person's events, from the project's first moment to its last.

        A gap is a wait within working hours, and off shift outside them. An event of no length splits a gap.
        """
        entries, rows = _as_rows(self._entries), _as_rows(self._rows)
        # One sort for all people, then a bisection for each: a search of the log for
        # each of a thousand would dominate.
        by_actor = np.argsort(entries[:, _ACTOR], kind="stable")
        actors = entries[by_actor, _ACTOR]
        starts_ms, ends_ms = entries[by_actor, _START], rows[entries[by_actor, _ROWS] - 1, END]
        project = Intervals.union(np.array([self.begins_ms]), np.array([ended_ms]))
        gaps: list[_Gaps] = []
        for person in people:
            code = self._codes[person.name]
            mine = slice(*actors.searchsorted([code, code + 1]))
            starts, ends = starts_ms[mine], ends_ms[mine]
            moments = starts[starts == ends]
            free = project - Intervals.union(starts, ends)
            at_work = person.calendar.clip(self.begins_ms, ended_ms)
            for activity, some in ((WAIT, free & at_work), (OFF_SHIFT, free - at_work)):
                if len(some):
                    gaps.append((person.name, activity, *_split_gaps(some, moments)))
        return gaps


class _Totals:
    """Total milliseconds of entries: of labelling, and by hourly rate."""

    def __init__(self) -> None:
        self.active_ms = 0
        self.by_rate = Counter[float]()

    def add(self, entries: Rows, until_ms: NDArray[np.int64], rates: Rates, words: Sequence[str]) -> None:
        """Add entries up to a moment each; their actors and activities are codes of ``words``."""
        # One number for each pair of actor and activity, so that each pair's rate is looked up once.
        kinds, kind = np.unique(entries[:, _ACTOR] * len(words) + entries[:, _ACTIVITY], return_inverse=True)
        # bincount adds weights as floats, which is exact for milliseconds of 285,000 years.
        lasted_ms = np.bincount(kind, weights=np.maximum(until_ms - entries[:, _START], 0))
        for pair, pair_ms in zip(kinds.tolist(), lasted_ms.astype(np.int64).tolist(), strict=True):
            actor, activity = (words[code] for code in divmod(pair, len(words)))
            if activity in LABELLING and is_annotator(actor):
                self.active_ms += pair_ms
            if rate := rates.hourly(actor, activity):
                self.by_rate[rate] += pair_ms


def _as_rows(column: array[int]) -> Rows:
    """View the log's integers as rows; views must be gone before anything is added."""
    return np.asarray(column).reshape(-1, ROW)


def _starts_ms(entries: Rows, rows: Rows) -> NDArray[np.int64]:
    """Return when each row of the log begins: where the one before it ended, and the first with its page."""
    starts_ms = np.roll(rows[:, END], 1)
    starts_ms[np.append(0, entries[:, _ROWS])[:-1]] = entries[:, _START]
    return starts_ms


def _fill_rounds(rounds: NDArray[np.int64], begun_ms: NDArray[np.int64], entries: Rows) -> NDArray[np.int64]:
    """Return the rounds of events by start; an event without a round gets the current or first one."""
    known = entries[entries[:, _ROUND] != NO_ROUND]
    if not len(known):
        return np.zeros_like(rounds)
    # By time, then by round: the last one begun is the one that was going on.
    known = known[np.lexsort((known[:, _ROUND], known[:, _START]))]
    latest = known[:, _START].searchsorted(begun_ms, side="right") - 1
    return np.where(rounds == NO_ROUND, known[np.maximum(latest, 0), _ROUND], rounds)


def _split_gaps(gaps: Intervals, moments: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split gaps at moments; return their starts and ends."""
    within = gaps.starts.searchsorted(moments) > gaps.ends.searchsorted(moments, side="right")
    splits = np.unique(moments[within])
    return np.sort(np.append(gaps.starts, splits)), np.sort(np.append(gaps.ends, splits))


class InvariantError(AssertionError):
    """Error of a simulation that contradicts itself."""


def verify(
    events: Events, people: Sequence[str], ended_ms: int, curve: Sequence[CurvePoint], overlap: int = 1
) -> None:
    """Verify the invariants of a project's events.

    Time never goes back; everybody's busy and waiting times add up to the wall time without gap or overlap;
    nobody labels a document twice, and at most ``overlap`` people label it; trainings do not overlap; models
    were published in order, and each was trained only on documents labelled by then.

    Raises:
        InvariantError: if any of this does not hold.
    """
    # After every replication and not only in tests: a simulator that contradicts
    # itself should say so rather than give a figure.
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
    rows_by_name = np.split(by_actor, _group_starts(events.actor)) if events.actor.names else []
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


def _group_starts(words: Categorical) -> NDArray[np.int64]:
    """Return the first row of each word but the first, among rows sorted by word."""
    return np.bincount(words.codes, minlength=len(words.names)).cumsum()[:-1]


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition is what it is given
    """Raise an `InvariantError` unless a condition of the event log holds."""
    if not holds:
        raise InvariantError(otherwise)
