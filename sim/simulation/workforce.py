"""Work force of a project: people, their working time, and jobs across shift ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from sim.core.durations import MS_PER_HOUR
from sim.core.events import Rates
from sim.core.intervals import FOREVER_MS, Intervals
from sim.core.zones import local_seconds, utc_offsets
from sim.scenario.calendars import DAY_AND_NIGHT
from sim.scenario.moments import since_start_ms
from sim.scenario.public_holidays import public_holidays
from sim.scenario.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from sim.scenario.calendars import Dated, ShiftEnd, Spans, Week, WorkingHours
    from sim.scenario.models import Scenario
    from sim.scenario.moments import Period

ALWAYS = Intervals(np.array([0]), np.array([FOREVER_MS]))
"""Day and night, without end."""
CALENDAR_YEARS = 120
"""Length of a calendar; the longest limit of a scenario, 1,000,000 hours, is 114 years."""
_DAYS_BEFORE = 3
"""Earlier shifts may still be under way, and the date may differ where people work."""
_MONDAY = 4
"""Days from the beginning of 1970 to a Monday."""
_MINUTE = 60
_DAY = 24 * 60 * _MINUTE


def calendar_of(
    hours: WorkingHours, start: datetime, timezone: str, days_off: tuple[Period, ...] = ()
) -> Intervals:
    """Compute when people work within `CALENDAR_YEARS` of a project's start, once per process.

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
    first, last = start.year - 1, start.year + CALENDAR_YEARS
    start_day = _days([start.date()])[0]
    days = np.arange(start_day - _DAYS_BEFORE, start_day + CALENDAR_YEARS * 365)
    days = days[~_within(days, own_periods_off)]
    is_off = _within(days, [*periods_off, *(period for period, _ in dated)])
    if country is not None:
        is_off |= np.isin(days, _days(public_holidays(country, range(first, last + 1))))
    ordinary = days[~is_off]
    local = [
        _shifts(ordinary[(ordinary - _MONDAY) % 7 == weekday], spans) for weekday, spans in enumerate(week)
    ]
    local += [_shifts(days[_within(days, [period])], spans) for period, spans in dated]
    (start_s,) = utc_offsets(timezone, first, last).to_utc(np.array([local_seconds(start)]))
    since_start = utc_offsets(zone, first, last).to_utc(np.concatenate(local)) - start_s
    # Shifts before the start become empty, and `union` drops them.
    worked = Intervals.union(*(1_000 * since_start.clip(min=0)).T)
    if not len(worked):
        raise ValueError(
            f"nobody works within {CALENDAR_YEARS} years of the start; write fewer days off, or more hours"
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


Spell = tuple[int, int]
"""Start and end of uninterrupted work, in milliseconds of the clock."""
PATIENCE_MS = 4 * 168 * MS_PER_HOUR
"""Maximum wait of an uninterruptible job for a shift in which it fits: four weeks, in which all but the
rarest shifts occur."""


def spells(calendar: Intervals, from_ms: int, length_ms: int, at_shift_end: ShiftEnd) -> list[Spell]:
    """Schedule a job in a person's working hours: return the intervals of work on it.

    The job begins at ``from_ms``, or when the person is next at work. Every break ends a shift, lunch too. At
    the end of a shift, the job is treated as ``at_shift_end`` says:

    - ``finish``: it is finished in overtime; one spell.
    - ``pause``: it continues in the next shift; a spell per shift.
    - ``restart``: it starts again in the next shift, so that all spells but the last are wasted.
    - ``defer``: it starts only in a shift that it fits in; one spell.

    A job that takes no time has no spells. All other jobs are finished: under ``restart`` and ``defer`` a job
    that fits in no shift of the next `PATIENCE_MS` is paused instead, and a job in hand when a calendar's
    last shift ends is finished in overtime.

    Raises:
        ValueError: if there are no more working hours.
    """
    if not length_ms:
        return []
    start_ms = calendar.next_start(from_ms)
    if start_ms == FOREVER_MS:
        raise ValueError("nobody works any more")
    if at_shift_end == "finish" or start_ms + length_ms <= calendar.span_end(start_ms):
        return [(start_ms, start_ms + length_ms)]
    attempts = [] if at_shift_end == "pause" else _restarted_attempts(calendar, start_ms, length_ms)
    if not attempts:
        return _paused_parts(calendar, start_ms, length_ms)
    return attempts if at_shift_end == "restart" else attempts[-1:]


def is_paused(in_hand: Sequence[Spell], length_ms: int) -> bool:
    """Return whether intervals of work are parts of one job, rather than attempts at it."""
    return len(in_hand) > 1 and in_hand[-1][1] - in_hand[-1][0] < length_ms


def _paused_parts(calendar: Intervals, start_ms: int, length_ms: int) -> list[Spell]:
    """Schedule a job that is paused between shifts; the calendar's last shift is extended."""
    *parts, (last_ms, end_ms) = calendar.clip(start_ms, calendar.advance(start_ms, length_ms))
    return [*parts, (last_ms, end_ms + length_ms - calendar.between(start_ms, end_ms))]


def _restarted_attempts(calendar: Intervals, start_ms: int, length_ms: int) -> list[Spell]:
    """Schedule a job that restarts each shift until one is long enough; empty if none is soon."""
    attempts: list[Spell] = []
    # Where no shift at all is long enough, there is none to wait for.
    patience_ms = start_ms + (PATIENCE_MS if length_ms <= calendar.longest_ms else 0)
    # The last shift of all counts as long enough: it goes on into overtime.
    while (end_ms := calendar.span_end(start_ms)) < min(start_ms + length_ms, calendar.ends_ms):
        attempts.append((start_ms, end_ms))
        start_ms = calendar.next_start(end_ms)
        if start_ms > patience_ms:
            return []
    return [*attempts, (start_ms, start_ms + length_ms)]


@dataclass(frozen=True, eq=False)
class Person:
    """Person of a team: name, working hours and profile."""

    name: str
    calendar: Intervals = ALWAYS
    profile: Team = field(default_factory=Team)
    """The team entry of this person."""
    key: str = ""
    """Name of their random streams; it stays the same when others are added before them."""

    @property
    def leaves(self) -> bool:
        """Whether this person leaves at some time."""
        return self.calendar.ends_ms < FOREVER_MS

    def spells(self, from_ms: int, length_ms: int) -> list[Spell]:
        """Schedule a job that this person could begin at ``from_ms``: return the intervals of work on it."""
        return spells(self.calendar, from_ms, length_ms, self.profile.shift_end)


def people_by_role(scenario: Scenario) -> dict[str, list[Person]]:
    """Build a scenario's work force by role; people are numbered within their role."""
    by_role: dict[str, list[Person]] = {}
    for place, profile in enumerate(scenario.team):
        calendar = _clip_to_membership(_calendar(scenario, profile), scenario, profile)
        role = by_role.setdefault(profile.role, [])
        role += [
            Person(
                f"{profile.role} {len(role) + number}", calendar, profile, f"{profile.role} {place}.{number}"
            )
            for number in range(1, profile.count + 1)
        ]
    return by_role


def _calendar(scenario: Scenario, profile: Team) -> Intervals:
    """Build the working hours of a team entry, without its days off."""
    hours = scenario.calendars.get(profile.calendar, DAY_AND_NIGHT if profile.days_off else None)
    # Without a date there are no weekdays: such a scenario has nobody with a calendar.
    if hours is None or scenario.start is None:
        return ALWAYS
    return calendar_of(hours, scenario.start, scenario.timezone, profile.periods_off)


def _clip_to_membership(calendar: Intervals, scenario: Scenario, profile: Team) -> Intervals:
    """Clip working hours to the time from the project's start, or joining it, until leaving."""
    begins_ms = scenario.begins_ms
    if profile.joins is None and profile.leaves is None and not begins_ms:
        return calendar  # as it is laid out once in a process
    joins_ms = 0 if profile.joins is None else max(0, since_start_ms(profile.joins, scenario.began))
    leaves_ms = FOREVER_MS if profile.leaves is None else since_start_ms(profile.leaves, scenario.began)
    hours_present = calendar.clip(begins_ms + joins_ms, min(begins_ms + leaves_ms, FOREVER_MS))
    if not len(hours_present):
        raise ValueError(f"{profile.role}: no working hours between joins and leaves; change these dates")
    return hours_present


def rates(scenario: Scenario, people: Mapping[str, Sequence[Person]]) -> Rates:
    """Collect a scenario's hourly rates, including those of people with rates of their own."""
    everybody = chain.from_iterable(people.values())
    own_rates = {person.name: person.profile.cost for person in everybody if person.profile.cost is not None}
    return Rates(**scenario.costs.model_dump(exclude={"currency"}), people=own_rates)
