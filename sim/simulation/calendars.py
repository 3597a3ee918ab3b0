"""When people work, in milliseconds since a project began."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import numpy as np

from sim.core.durations import written
from sim.core.zones import zone_of
from sim.scenario.public_holidays import public_holidays

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sim.scenario.calendars import Dated, Spans, Week, WorkingHours
    from sim.scenario.moments import Period

    Moments = NDArray[np.int64]


FOREVER_MS = 2**62
_NEVER_MS = 2**63 - 1
"""Where a stretch begins that nobody lives to see: with it no look-up has to ask whether one is left."""


class Calendar:
    """Stretches of working time with breaks between them, in whole milliseconds since the project's start.

    A stretch is worked from its start until just before its end. Look-ups bisect; they take one moment, an
    integer, and where they say so also many, an array of int64 of any shape.

    Working time has two inverses, because none passes in a break. Three hours after 9:00 are worked at 12:00,
    when lunch begins: that is `after`. Whoever goes on then does so at 13:00: that is `next_start` of it.

    Args:
        starts: int64, shape ``(stretches,)``, in the order of time.
        ends: the same; each later than its start and earlier than the next one's.

    Raises:
        ValueError: if there are none, or if they are empty, touch, overlap or are out of order.
    """

    def __init__(self, starts: Moments, ends: Moments) -> None:
        changes = np.column_stack((starts, ends)).ravel()
        if not len(changes) or (np.diff(changes) <= 0).any():
            raise ValueError(
                "a calendar needs stretches of working time, in order and with breaks between them"
            )
        lengths = ends - starts
        self.longest_ms = int(lengths.max())
        """The longest stretch."""
        self.ends_ms = int(ends[-1])
        """When the last stretch ends."""
        self._starts = np.append(starts, _NEVER_MS)
        self._ends = np.append(ends, _NEVER_MS)
        self._worked = np.append(0, lengths.cumsum())
        # Views give plain integers, and are bisected twice as fast as the arrays that they show.
        self._start_of: Sequence[int] = self._starts.data
        self._end_of: Sequence[int] = self._ends.data
        self._worked_before: Sequence[int] = self._worked.data

    def within(self, from_ms: int, until_ms: int) -> Calendar:
        """What is worked of it from one moment until another.

        Raises:
            ValueError: if nothing is.
        """
        starts, ends = self._starts[:-1].clip(min=from_ms), self._ends[:-1].clip(max=until_ms)
        there = starts < ends
        return Calendar(starts[there], ends[there])

    def works_at(self, ms: int) -> bool:
        """Whether a moment is worked."""
        return self._start_of[bisect_right(self._end_of, ms)] <= ms

    @overload
    def next_start(self, ms: int) -> int: ...
    @overload
    def next_start(self, ms: Moments) -> Moments: ...
    def next_start(self, ms: int | Moments) -> int | Moments:
        """The earliest moment from ``ms`` on that is worked, ``ms`` itself if it is; for one or many.

        Raises:
            ValueError: if there is none.
        """
        if isinstance(ms, int):
            start = self._start_of[bisect_right(self._end_of, ms)]
            return ms if start <= ms else self._reached(start)
        starts = self._starts[self._ends.searchsorted(ms, side="right")]
        return np.maximum(ms, self._all_reached(starts))

    def stretch_end(self, ms: int) -> int:
        """The end of the stretch that a moment lies in; ``ms`` itself if it is not worked."""
        stretch = bisect_right(self._end_of, ms)
        return self._end_of[stretch] if self._start_of[stretch] <= ms else ms

    @overload
    def after(self, ms: int, working_ms: int) -> int: ...
    @overload
    def after(self, ms: int | Moments, working_ms: Moments) -> Moments: ...
    def after(self, ms: int | Moments, working_ms: int | Moments) -> int | Moments:
        """The earliest moment by which so much working time has passed since ``ms``; for one or many.

        At the end of a stretch that is its end, not the next one's start, and for none it is ``ms`` itself.

        Raises:
            ValueError: if so much is not left.
        """
        if isinstance(ms, int) and isinstance(working_ms, int):
            if not working_ms:
                return ms
            worked_ms = self._until(ms) + working_ms
            stretch = bisect_left(self._worked_before, worked_ms) - 1
            return self._reached(self._start_of[stretch]) + worked_ms - self._worked_before[stretch]
        ms, working_ms = np.asarray(ms), np.asarray(working_ms)
        worked = self._until(ms) + working_ms
        stretches = np.maximum(self._worked.searchsorted(worked) - 1, 0)
        moments = self._all_reached(self._starts[stretches]) + worked - self._worked[stretches]
        return np.where(working_ms == 0, ms, moments)

    @overload
    def working_ms(self, start_ms: int, end_ms: int) -> int: ...
    @overload
    def working_ms(self, start_ms: int | Moments, end_ms: Moments) -> Moments: ...
    def working_ms(self, start_ms: int | Moments, end_ms: int | Moments) -> int | Moments:
        """The working time from one moment until another, no earlier one; for one pair or many."""
        passed_ms: int | Moments = self._until(end_ms) - self._until(start_ms)
        return passed_ms

    def intervals(self, start_ms: int, end_ms: int) -> Moments:
        """What is worked of a span: starts and ends, shape ``(stretches, 2)``, in the order of time."""
        within = slice(bisect_right(self._end_of, start_ms), bisect_left(self._start_of, end_ms))
        worked = np.column_stack((self._starts[within], self._ends[within])).clip(start_ms, end_ms)
        return worked[worked[:, 0] < worked[:, 1]]

    @overload
    def _until(self, ms: int) -> int: ...
    @overload
    def _until(self, ms: Moments) -> Moments: ...
    @overload
    def _until(self, ms: int | Moments) -> int | Moments: ...
    def _until(self, ms: int | Moments) -> int | Moments:
        """All working time until a moment."""
        if isinstance(ms, int):
            stretch = bisect_right(self._end_of, ms)
            return self._worked_before[stretch] + max(0, ms - self._start_of[stretch])
        stretches = self._ends.searchsorted(ms, side="right")
        until: Moments = self._worked[stretches] + np.maximum(0, ms - self._starts[stretches])
        return until

    def _reached(self, start: int) -> int:
        if start == _NEVER_MS:
            last = written(self._end_of[len(self._end_of) - 2])
            raise ValueError(f"nobody works any more: the calendar's last shift ends {last} after the start")
        return start

    def _all_reached(self, starts: Moments) -> Moments:
        self._reached(int(starts.max(initial=0)))
        return starts


ALWAYS = Calendar(np.array([0]), np.array([FOREVER_MS]))
"""Day and night, without end."""


YEARS = 120
"""How far a calendar reaches; the longest limit of a scenario, 1,000,000 hours, is 114 years."""
_DAYS_BEFORE = 3
"""Shifts of earlier days may go on, and where people work it may be another day."""
_MONDAY = 4
"""Days from the beginning of 1970 to a Monday."""
_MINUTE = 60
_DAY = 24 * 60 * _MINUTE
_STEP = 4 * _DAY
"""Clocks change no more than once within so many seconds (since 1970, in any zone: in almost seven days)."""


def calendar_of(
    hours: WorkingHours, start: datetime, timezone: str, days_off: tuple[Period, ...] = ()
) -> Calendar:
    """When people work within `YEARS` of a project's start; laid out once in a process and kept.

    Args:
        hours: as the planner wrote them.
        start: when the project begins, in local time without a zone.
        timezone: where that is the time, and whose clocks ``hours`` follow that name no other.
        days_off: the people's own, on which they work no hours of single dates either.

    Raises:
        ValueError: if nobody ever works in those years.
    """
    zone = hours.timezone or timezone
    return _laid_out(
        hours.week, hours.dated, zone, hours.holidays, hours.periods_off, days_off, start, timezone
    )


@lru_cache(maxsize=64)
def _laid_out(
    week: Week,
    dated: tuple[Dated, ...],
    zone: str,
    country: str | None,
    periods_off: tuple[Period, ...],
    own_periods_off: tuple[Period, ...],
    start: datetime,
    timezone: str,
) -> Calendar:
    first, last = start.year - 1, start.year + YEARS
    today = _days([start.date()])[0]
    days = np.arange(today - _DAYS_BEFORE, today + YEARS * 365)
    days = days[~_within(days, own_periods_off)]
    free = _within(days, [*periods_off, *(period for period, _ in dated)])
    if country is not None:
        free |= np.isin(days, _days(public_holidays(country, range(first, last + 1))))
    ordinary = days[~free]
    local = [
        _shifts(ordinary[(ordinary - _MONDAY) % 7 == weekday], spans) for weekday, spans in enumerate(week)
    ]
    local += [_shifts(days[_within(days, [period])], spans) for period, spans in dated]
    (start_s,) = _clocks(timezone, first, last).moments(np.array([_local_seconds(start)]))
    since_start = _clocks(zone, first, last).moments(np.concatenate(local)) - start_s
    return Calendar(*(1_000 * _merged(since_start.clip(min=0))))


def _within(days: NDArray[np.int64], periods: Iterable[Period]) -> NDArray[np.bool_]:
    """Which days lie in any of some periods."""
    found = np.zeros(len(days), dtype=np.bool_)
    for first, last in map(_days, periods):
        found |= (first <= days) & (days <= last)
    return found


def _shifts(days: NDArray[np.int64], spans: Spans) -> NDArray[np.int64]:
    """Local starts and ends of the same spans on given days, in seconds since 1970, shape ``(shifts, 2)``."""
    return (
        days[:, np.newaxis, np.newaxis] * _DAY + np.array(spans, dtype=np.int64).reshape(-1, 2) * _MINUTE
    ).reshape(-1, 2)


def _merged(shifts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Starts and ends of what is worked without a break, shape ``(2, stretches)``.

    Shifts may touch, but never overlap, because the week's do not and moments keep the order of local times.

    Raises:
        ValueError: if nothing is.
    """
    shifts = shifts[shifts[:, 0] < shifts[:, 1]]
    if not len(shifts):
        raise ValueError(
            f"nobody works within {YEARS} years of the start; write fewer days off, or more hours"
        )
    starts, ends = np.sort(shifts, axis=0).T
    breaks = starts[1:] > ends[:-1]
    return np.stack((starts[np.append(True, breaks)], ends[np.append(breaks, True)]))


def _days(dates: Iterable[date]) -> NDArray[np.int64]:
    """Days since 1970."""
    return np.array(list(dates), dtype="datetime64[D]").astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Clocks:
    """From each change on, clocks are so many seconds ahead of UTC; changes are in seconds since 1970."""

    changes: NDArray[np.int64]
    ahead: NDArray[np.int64]

    def moments(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first moments at which clocks show local times or, if they skip one, what follows it."""
        shown_until = self.changes[1:] + self.ahead[:-1]
        periods = shown_until.searchsorted(local, side="right")
        moments: NDArray[np.int64] = np.maximum(self.changes[periods], local - self.ahead[periods])
        return moments


@lru_cache(maxsize=64)
def _clocks(zone: str, first_year: int, last_year: int) -> _Clocks:
    """The clocks of a zone in those years."""
    place = zone_of(zone)

    def ahead(second: int) -> int:
        return _local_seconds(datetime.fromtimestamp(second, place)) - second

    from_s, to_s = (_local_seconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year + 1))
    changes = [from_s]
    samples = [(second, ahead(second)) for second in range(from_s, to_s, _STEP)]
    for (before, offset), (after, other) in pairwise(samples):
        if offset != other:
            between = range(before, after)
            changes.append(before + bisect_left(between, True, key=lambda second: ahead(second) == other))  # noqa: FBT003 - sought
    return _Clocks(np.array(changes), np.array([ahead(second) for second in changes]))


def _local_seconds(shown: datetime) -> int:
    """What clocks show, as seconds since they showed the beginning of 1970."""
    return int(shown.replace(tzinfo=UTC).timestamp())
