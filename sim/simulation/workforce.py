"""Work force of a project: people, their working time, and jobs across shift ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from sim.core.activities_and_costs import Rates
from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import FOREVER_MS, Intervals
from sim.core.zones import local_seconds, utc_offsets
from sim.scenario.calendars import FIRST_MONDAY
from sim.scenario.moments import since_start_ms
from sim.scenario.public_holidays import public_holidays
from sim.scenario.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.calendars import Dated, ShiftEnd, Spans, Week, WorkingHours
    from sim.scenario.models import Scenario
    from sim.scenario.moments import Period
    from sim.scenario.team import Availability

ALWAYS = Intervals(np.array([0]), np.array([FOREVER_MS]))
"""Day and night, without end."""
A_MONDAY = datetime(2001, 1, 1, 9)  # noqa: DTZ001 - of the scenario's own zone
"""Start of projects without a date."""
CALENDAR_YEARS = 120
"""Length of a calendar; the longest limit of a scenario, 1,000,000 hours, is 114 years."""
_DAYS_BEFORE = 9
"""Earlier shifts may still be under way, the date may differ where people work, and availability is drawn for
whole weeks."""
_SHIFTS_AFTER = 400
"""Shifts after a project's limit in which work that was begun may end."""
_MINUTE = 60
_DAY = 24 * 60 * _MINUTE


@dataclass(frozen=True, eq=False)
class Shifts:
    """Working hours day by day, by time, those before a project's start included."""

    starts: NDArray[np.int64]
    """In milliseconds since the start."""
    ends: NDArray[np.int64]
    days: NDArray[np.int64]
    """Local date on which each begins, in days since 1970."""

    @cached_property
    def intervals(self) -> Intervals:
        """Moments since the project's start; the set may be empty."""
        # Shifts before the start become empty, and `union` drops them.
        return Intervals.union(self.starts.clip(min=0), self.ends.clip(min=0))


def shifts_of(
    hours: WorkingHours, start: datetime, timezone: str, days_off: tuple[Period, ...] = ()
) -> Shifts:
    """Compute the working hours within `CALENDAR_YEARS` of a project's start, once per process.

    Args:
        hours: as the planner wrote them.
        start: when the project begins, in local time without a zone.
        timezone: the zone of ``start``, and of ``hours`` that name no zone of their own.
        days_off: people's own days off, which also cancel hours given for single dates.
    """
    zone = hours.timezone or timezone
    return _shifts(
        hours.week, hours.dated, zone, hours.holidays, hours.periods_off, days_off, start, timezone
    )


def calendar_of(
    hours: WorkingHours, start: datetime, timezone: str, days_off: tuple[Period, ...] = ()
) -> Intervals:
    """Compute when people work: the moments of `shifts_of`, which takes the same.

    Raises:
        ValueError: if nobody ever works in those years.
    """
    worked = shifts_of(hours, start, timezone, days_off).intervals
    if not len(worked):
        raise ValueError(
            f"nobody works within {CALENDAR_YEARS} years of the start; write fewer days off, or more hours"
        )
    return worked


@lru_cache(maxsize=64)
def _shifts(
    week: Week,
    dated: tuple[Dated, ...],
    zone: str,
    country: str | None,
    periods_off: tuple[Period, ...],
    own_periods_off: tuple[Period, ...],
    start: datetime,
    timezone: str,
) -> Shifts:
    """Lay out working hours day by day."""
    first, last = start.year - 1, start.year + CALENDAR_YEARS
    start_day = _days([start.date()])[0]
    days = np.arange(start_day - _DAYS_BEFORE, start_day + CALENDAR_YEARS * 365)
    days = days[~_within(days, own_periods_off)]
    is_off = _within(days, [*periods_off, *(period for period, _ in dated)])
    if country is not None:
        is_off |= np.isin(days, _days(public_holidays(country, range(first, last + 1))))
    ordinary = days[~is_off]
    local = [
        _local_shifts(ordinary[(ordinary - FIRST_MONDAY) % 7 == weekday], spans)
        for weekday, spans in enumerate(week)
    ]
    local += [_local_shifts(days[_within(days, [period])], spans) for period, spans in dated]
    by_time = np.concatenate(local)
    by_time = by_time[by_time[:, 0].argsort(kind="stable")]
    (start_s,) = utc_offsets(timezone, first, last).to_utc(np.array([local_seconds(start)]))
    since_start = utc_offsets(zone, first, last).to_utc(by_time) - start_s
    starts, ends = (1_000 * since_start).T
    return Shifts(starts, ends, by_time[:, 0] // _DAY)


def _within(days: NDArray[np.int64], periods: Iterable[Period]) -> NDArray[np.bool_]:
    """Return which days are in any of the periods off or dated."""
    found = np.zeros(len(days), dtype=np.bool_)
    for first, last in map(_days, periods):
        found |= (first <= days) & (days <= last)
    return found


def _local_shifts(days: NDArray[np.int64], spans: Spans) -> NDArray[np.int64]:
    """Return local starts and ends of shifts on each day, in seconds since 1970, shape ``(shifts, 2)``."""
    return (
        days[:, np.newaxis, np.newaxis] * _DAY + np.array(spans, dtype=np.int64).reshape(-1, 2) * _MINUTE
    ).reshape(-1, 2)


def _days(dates: Iterable[date]) -> NDArray[np.int64]:
    """Convert dates to days since 1970."""
    return np.array(list(dates), dtype="datetime64[D]").astype(np.int64)


def draw_availability(
    shifts: Shifts, availability: Availability, streams: Streams, person_key: str, until_ms: int
) -> Intervals:
    """Draw when a person works on the project: on some days of each week, for some of a day's hours.

    A day's time is one stretch of its hours, breaks left out, at a uniformly distributed place. Random
    numbers belong to a person and a day, so that they do not depend on when the project begins. From
    ``until_ms`` on, when nothing is simulated any more, only the next `_SHIFTS_AFTER` shifts are drawn.
    """
    near = slice(int(shifts.starts.searchsorted(until_ms)) + _SHIFTS_AFTER)
    starts, ends, begun_on = (part[near] for part in (shifts.starts, shifts.ends, shifts.days))
    lengths = ends - starts
    days, first_shift, day_of = np.unique(begun_on, return_index=True, return_inverse=True)
    hours_ms = np.bincount(day_of, lengths).astype(np.int64)

    def uniforms(purpose: str, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        return streams.uniforms(f"available {purpose} of {person_key}", indices)

    weeks = (days - FIRST_MONDAY) // 7
    # By week; within it days with hours first, these at random.
    order = np.lexsort((uniforms("days", days), hours_ms == 0, weeks))
    in_order = weeks[order]
    rank = np.empty(len(days), dtype=np.int64)
    rank[order] = np.arange(len(days)) - in_order.searchsorted(in_order)
    whole, part = divmod(7.0 if availability.days_per_week is None else availability.days_per_week, 1)
    chosen = rank < whole + (uniforms("weeks", weeks) < part)

    stretch_ms = np.minimum(hours_ms, availability.hours_per_day.ms)
    from_ms = (uniforms("hours", days) * (hours_ms - stretch_ms + 1)).astype(np.int64)
    until = np.where(chosen, from_ms + stretch_ms, 0)
    # Where each shift lies within its day's hours.
    worked_ms = lengths.cumsum() - lengths
    worked_ms -= worked_ms[first_shift][day_of]
    begin = np.maximum(worked_ms, from_ms[day_of]) - worked_ms
    end = np.minimum(worked_ms + lengths, until[day_of]) - worked_ms
    return Intervals.union((starts + begin).clip(min=0), (starts + end).clip(min=0))


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


def people_by_role(scenario: Scenario, streams: Streams) -> dict[str, list[Person]]:
    """Build a scenario's work force by role, models included; people are numbered within their role."""
    by_role: dict[str, list[Person]] = {}
    for place, profile in enumerate(scenario.team):
        common = _clip_to_membership(_calendar(scenario, profile), scenario, profile)
        role = by_role.setdefault(profile.role, [])
        before = len(role)
        for number in range(1, profile.count + 1):
            name = f"{profile.role} {before + number}"
            # A model makes the same mistakes in every scenario, whoever else is in the team.
            key = name if profile.is_model else f"{profile.role} {place}.{number}"
            calendar = common
            if profile.availability is not None or profile.stragglers is not None:
                calendar = _own_calendar(scenario, profile, streams, key)
            role.append(Person(name, calendar, profile, key))
    return by_role


def _calendar(scenario: Scenario, profile: Team) -> Intervals:
    """Build the working hours of a team entry, without its days off."""
    hours = profile.hours(scenario.calendars)
    if hours is None:
        return ALWAYS
    return calendar_of(hours, scenario.start or A_MONDAY, scenario.timezone, profile.periods_off)


def _own_calendar(scenario: Scenario, profile: Team, streams: Streams, key: str) -> Intervals:
    """Draw when a person of a team entry comes, and for which of its hours."""
    calendar, hours = _calendar(scenario, profile), profile.hours(scenario.calendars)
    if profile.availability is not None and hours is not None:
        shifts = shifts_of(hours, scenario.start or A_MONDAY, scenario.timezone, profile.periods_off)
        lasts_ms = FOREVER_MS if scenario.limit.hours is None else round(scenario.limit.hours * MS_PER_HOUR)
        until_ms = min(scenario.begins_ms + lasts_ms, FOREVER_MS)
        calendar = draw_availability(shifts, profile.availability, streams, key, until_ms)
    late_ms = 0
    if profile.stragglers is not None:
        rng = streams.rng(f"late start of {key}")
        is_late = rng.random() < profile.stragglers.share
        late_ms = profile.stragglers.late.draw(rng) * is_late
    # Some have no such hours before they leave: these never come.
    return _present(calendar, scenario, profile, late_ms)


def _clip_to_membership(calendar: Intervals, scenario: Scenario, profile: Team) -> Intervals:
    """Clip working hours to people's time in the project, in which there must be some."""
    hours_present = _present(calendar, scenario, profile)
    if not len(hours_present):
        raise ValueError(f"{profile.role}: no working hours between joins and leaves; change these dates")
    return hours_present


def _present(calendar: Intervals, scenario: Scenario, profile: Team, late_ms: int = 0) -> Intervals:
    """Clip working hours to the time from the project's start, or joining it, until leaving."""
    begins_ms = scenario.begins_ms
    if profile.joins is None and profile.leaves is None and not begins_ms and not late_ms:
        return calendar  # as it is laid out once in a process
    joins_ms = 0 if profile.joins is None else max(0, since_start_ms(profile.joins, scenario.began))
    leaves_ms = FOREVER_MS if profile.leaves is None else since_start_ms(profile.leaves, scenario.began)
    return calendar.clip(begins_ms + joins_ms + late_ms, min(begins_ms + leaves_ms, FOREVER_MS))


def rates(scenario: Scenario, people: Mapping[str, Sequence[Person]]) -> Rates:
    """Collect the hourly rates of a scenario's work force, and of its trainer and coordination."""
    everybody = [(person.name, person.profile) for person in chain.from_iterable(people.values())]
    costs, suggestions = scenario.costs, scenario.labelling.suggested
    return Rates(
        **costs.model_dump(exclude={"currency", "monthly", "per_seat"}),
        monthly=costs.monthly + costs.per_seat * scenario.annotators,
        per_prelabel=suggestions.cost_per_document if suggestions else 0,
        people={name: profile.cost for name, profile in everybody if profile.cost is not None},
        models={name: profile.cost_per_document for name, profile in everybody if profile.cost_per_document},
    )
