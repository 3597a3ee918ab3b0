"""When people work, in milliseconds since a project began."""

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
    """Return when people work within `YEARS` of a project's start; computed once per process.

    Args:
        hours: as the planner wrote them.
        start: when the project begins, in local time without a zone.
        timezone: the zone of ``start``, and of ``hours`` that name no zone of their own.
        days_off: people's own days off, which also cancel hours given for single dates.

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
) -> Intervals:
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
    # Shifts before the start become empty, and `union` drops them.
    worked = Intervals.union(*(1_000 * since_start.clip(min=0)).T)
    if not len(worked):
        raise ValueError(
            f"nobody works within {YEARS} years of the start; write fewer days off, or more hours"
        )
    return worked


def _within(days: NDArray[np.int64], periods: Iterable[Period]) -> NDArray[np.bool_]:
    """Return which days lie in any of the periods."""
    found = np.zeros(len(days), dtype=np.bool_)
    for first, last in map(_days, periods):
        found |= (first <= days) & (days <= last)
    return found


def _shifts(days: NDArray[np.int64], spans: Spans) -> NDArray[np.int64]:
    """Return local starts and ends of spans on each day, in seconds since 1970, shape ``(shifts, 2)``."""
    return (
        days[:, np.newaxis, np.newaxis] * _DAY + np.array(spans, dtype=np.int64).reshape(-1, 2) * _MINUTE
    ).reshape(-1, 2)


def _days(dates: Iterable[date]) -> NDArray[np.int64]:
    """Return dates as days since 1970."""
    return np.array(list(dates), dtype="datetime64[D]").astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Clocks:
    """Changes of a zone's clocks, in seconds since 1970, and the seconds they are then ahead of UTC."""

    changes: NDArray[np.int64]
    ahead: NDArray[np.int64]

    def moments(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first moments at which clocks show local times, or the next time if one is skipped."""
        # Each change as the clocks before it show it: an hour shown twice counts as the first of the two.
        shown_until = self.changes[1:] + self.ahead[:-1]
        periods = shown_until.searchsorted(local, side="right")
        moments: NDArray[np.int64] = np.maximum(self.changes[periods], local - self.ahead[periods])
        return moments


@lru_cache(maxsize=64)
def _clocks(zone: str, first_year: int, last_year: int) -> _Clocks:
    """Return the clocks of a zone in these years."""
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
    """Return local time as seconds since the beginning of 1970 in local time."""
    return int(shown.replace(tzinfo=UTC).timestamp())
