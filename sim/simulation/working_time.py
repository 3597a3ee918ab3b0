"""Working time: when people work, in milliseconds since a project began."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.core.intervals import FOREVER_MS, Intervals
from sim.core.zones import zone_of
from sim.scenario.public_holidays import public_holidays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sim.scenario.calendars import Dated, Spans, Week, WorkingHours
    from sim.scenario.moments import Period

ALWAYS = Intervals(np.array([0]), np.array([FOREVER_MS]))
"""Day and night, without end."""
YEARS = 120
"""Length of a calendar; the longest limit of a scenario, 1,000,000 hours, is 114 years."""
_DAYS_BEFORE = 3
"""Earlier shifts may still be under way, and the date may differ where people work."""
_MONDAY = 4
"""Days from the beginning of 1970 to a Monday."""
_MINUTE = 60
_DAY = 24 * 60 * _MINUTE
_STEP = 4 * _DAY
"""Seconds within which clocks change at most once (since 1970, in any zone: almost seven days)."""


def calendar_of(
    hours: WorkingHours, start: datetime, timezone: str, days_off: tuple[Period, ...] = ()
) -> Intervals:
    """Compute when people work within `YEARS` of a project's start, once per process.

    Args:
        hours: as the planner wrote them.
        start: when the project begins, in local time without a zone.
        timezone: the zone of ``start``, and of ``hours`` that name no zone of their own.
        days_off: people's own days off, which also cancel hours given for single dates.

    Raises:
        ValueError: if nobody ever works in those years.
    """
    zone = hours.timezone or timezone
    return _working_intervals(
        hours.week, hours.dated, zone, hours.holidays, hours.periods_off, days_off, start, timezone
    )


@lru_cache(maxsize=64)
def _working_intervals(
    week: Week,
    dated: tuple[Dated, ...],
    zone: str,
    country: str | None,
    periods_off: tuple[Period, ...],
    own_periods_off: tuple[Period, ...],
    start: datetime,
    timezone: str,
) -> Intervals:
    """Lay out working hours as intervals of milliseconds since a project's start."""
    first, last = start.year - 1, start.year + YEARS
    start_day = _days([start.date()])[0]
    days = np.arange(start_day - _DAYS_BEFORE, start_day + YEARS * 365)
    days = days[~_within(days, own_periods_off)]
    is_off = _within(days, [*periods_off, *(period for period, _ in dated)])
    if country is not None:
        is_off |= np.isin(days, _days(public_holidays(country, range(first, last + 1))))
    ordinary = days[~is_off]
    local = [
        _shifts(ordinary[(ordinary - _MONDAY) % 7 == weekday], spans) for weekday, spans in enumerate(week)
    ]
    local += [_shifts(days[_within(days, [period])], spans) for period, spans in dated]
    (start_s,) = _zone(timezone, first, last).to_utc(np.array([_local_seconds(start)]))
    since_start = _zone(zone, first, last).to_utc(np.concatenate(local)) - start_s
    # Shifts before the start become empty, and `union` drops them.
    worked = Intervals.union(*(1_000 * since_start.clip(min=0)).T)
    if not len(worked):
        raise ValueError(
            f"nobody works within {YEARS} years of the start; write fewer days off, or more hours"
        )
    return worked


def _within(days: NDArray[np.int64], periods: Iterable[Period]) -> NDArray[np.bool_]:
    """Return which days are in any of the periods off or dated."""
    found = np.zeros(len(days), dtype=np.bool_)
    for first, last in map(_days, periods):
        found |= (first <= days) & (days <= last)
    return found


def _shifts(days: NDArray[np.int64], spans: Spans) -> NDArray[np.int64]:
    """Return local starts and ends of shifts on each day, in seconds since 1970, shape ``(shifts, 2)``."""
    return (
        days[:, np.newaxis, np.newaxis] * _DAY + np.array(spans, dtype=np.int64).reshape(-1, 2) * _MINUTE
    ).reshape(-1, 2)


def _days(dates: Iterable[date]) -> NDArray[np.int64]:
    """Convert dates to days since 1970."""
    return np.array(list(dates), dtype="datetime64[D]").astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Zone:
    """Time zone: changes of its UTC offset, in seconds since 1970, and the offset from then on."""

    changes: NDArray[np.int64]
    offset: NDArray[np.int64]

    def to_utc(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Convert local times to UTC: the first such moment, or the next time if a local time is skipped."""
        # Each change as the clocks before it show it: an hour shown twice counts as the first of the two.
        shown_until = self.changes[1:] + self.offset[:-1]
        periods = shown_until.searchsorted(local, side="right")
        moments: NDArray[np.int64] = np.maximum(self.changes[periods], local - self.offset[periods])
        return moments


@lru_cache(maxsize=64)
def _zone(zone: str, first_year: int, last_year: int) -> _Zone:
    """Compute a time zone's changes of the UTC offset in these years."""
    tzinfo = zone_of(zone)

    def offset(second: int) -> int:
        """Return the zone's UTC offset at a moment, in seconds."""
        return _local_seconds(datetime.fromtimestamp(second, tzinfo)) - second

    from_s, to_s = (_local_seconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year + 1))
    changes = [from_s]
    samples = [(second, offset(second)) for second in range(from_s, to_s, _STEP)]
    for (before, earlier), (after, later) in pairwise(samples):
        if earlier != later:
            between = range(before, after)
            changes.append(before + bisect_left(between, True, key=lambda second: offset(second) == later))  # noqa: FBT003 - sought
    return _Zone(np.array(changes), np.array([offset(second) for second in changes]))


def _local_seconds(shown: datetime) -> int:
    """Convert a local time to seconds since the beginning of 1970 in local time."""
    return int(shown.replace(tzinfo=UTC).timestamp())
