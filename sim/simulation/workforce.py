"""Who works in a project, when, and what becomes of work at a shift's end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from sim.core.durations import MS_PER_HOUR
from sim.core.events import Rates
from sim.core.intervals import FOREVER_MS
from sim.scenario.calendars import DAY_AND_NIGHT
from sim.scenario.moments import since_start_ms
from sim.scenario.team import Team
from sim.simulation.calendars import ALWAYS, calendar_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.core.intervals import Intervals
    from sim.scenario.calendars import ShiftEnd
    from sim.scenario.models import Scenario

Spell = tuple[int, int]
"""Start and end of uninterrupted work, in milliseconds of the clock."""
PATIENCE_MS = 4 * 168 * MS_PER_HOUR
"""How long a job that may not be interrupted waits for a shift that it fits in: four weeks, in which all but
the rarest shifts come round."""


def spells(calendar: Intervals, from_ms: int, length_ms: int, at_shift_end: ShiftEnd) -> list[Spell]:
    """When somebody is busy with one job, which is done at the last spell's end.

    They would begin at ``from_ms``, or when they are next at work. Every break ends a shift, lunch too. What
    then becomes of the job:

    - ``finish``: it is done in overtime; one spell.
    - ``pause``: it is gone on with in the next shift; a spell for each shift.
    - ``restart``: it is begun anew in the next shift, so that all spells but the last are wasted.
    - ``defer``: it is begun only in a shift that it fits in; one spell.

    A job that takes no time has no spells. Every other one is done: under ``restart`` and ``defer`` one that
    fits in no shift of the next `PATIENCE_MS` is paused instead, and what is in hand when a calendar's last
    shift ends is finished in overtime.

    Raises:
        ValueError: if nobody works any more.
    """
    if not length_ms:
        return []
    start_ms = calendar.next_start(from_ms)
    if start_ms == FOREVER_MS:
        raise ValueError("nobody works any more")
    if at_shift_end == "finish" or start_ms + length_ms <= calendar.span_end(start_ms):
        return [(start_ms, start_ms + length_ms)]
    attempts = [] if at_shift_end == "pause" else _attempts(calendar, start_ms, length_ms)
    if not attempts:
        return _parts(calendar, start_ms, length_ms)
    return attempts if at_shift_end == "restart" else attempts[-1:]


def is_paused(in_hand: Sequence[Spell], length_ms: int) -> bool:
    """Whether these are the parts of one job, rather than attempts at it of which the last did it."""
    return len(in_hand) > 1 and in_hand[-1][1] - in_hand[-1][0] < length_ms


def _parts(calendar: Intervals, start_ms: int, length_ms: int) -> list[Spell]:
    """Shift by shift until the job is done, the last shift of all being as long as it takes."""
    *parts, (last_ms, end_ms) = calendar.clip(start_ms, calendar.advance(start_ms, length_ms))
    return [*parts, (last_ms, end_ms + length_ms - calendar.between(start_ms, end_ms))]


def _attempts(calendar: Intervals, start_ms: int, length_ms: int) -> list[Spell]:
    """The rest of each shift until one is long enough, and the job in that; none if none soon is."""
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
    """One of a team."""

    name: str
    calendar: Intervals = ALWAYS
    profile: Team = field(default_factory=Team)
    """What the scenario says of this person and their like."""
    key: str = ""
    """Name of their random streams; it stays the same when others are added before them."""

    @property
    def leaves(self) -> bool:
        """Whether this person is not there for ever."""
        return self.calendar.ends_ms < FOREVER_MS

    def spells(self, from_ms: int, length_ms: int) -> list[Spell]:
        """When this person is busy with a job that they could begin then."""
        return spells(self.calendar, from_ms, length_ms, self.profile.shift_end)


def people_by_role(scenario: Scenario) -> dict[str, list[Person]]:
    """Everybody in a scenario's team, numbered within their role."""
    by_role: dict[str, list[Person]] = {}
    for place, profile in enumerate(scenario.team):
        calendar = _while_there(_calendar(scenario, profile), scenario, profile)
        role = by_role.setdefault(profile.role, [])
        role += [
            Person(
                f"{profile.role} {len(role) + number}", calendar, profile, f"{profile.role} {place}.{number}"
            )
            for number in range(1, profile.count + 1)
        ]
    return by_role


def _calendar(scenario: Scenario, profile: Team) -> Intervals:
    """When people of a team are at work, their own days off aside."""
    hours = scenario.calendars.get(profile.calendar, DAY_AND_NIGHT if profile.days_off else None)
    if hours is None or scenario.start is None:
        return ALWAYS
    return calendar_of(hours, scenario.start, scenario.timezone, profile.periods_off)


def _while_there(calendar: Intervals, scenario: Scenario, profile: Team) -> Intervals:
    """A calendar from when the project begins, or somebody joins it, until they leave."""
    begins_ms = scenario.begins_ms
    if profile.joins is None and profile.leaves is None and not begins_ms:
        return calendar  # as it is laid out once in a process
    joins_ms = 0 if profile.joins is None else max(0, since_start_ms(profile.joins, scenario.began))
    leaves_ms = FOREVER_MS if profile.leaves is None else since_start_ms(profile.leaves, scenario.began)
    there = calendar.clip(begins_ms + joins_ms, min(begins_ms + leaves_ms, FOREVER_MS))
    if not len(there):
        raise ValueError(f"{profile.role}: no working hours between joins and leaves; change these dates")
    return there


def rates(scenario: Scenario, people: Mapping[str, Sequence[Person]]) -> Rates:
    """What a scenario says that hours cost, theirs included who have rates of their own."""
    everybody = chain.from_iterable(people.values())
    own = {person.name: person.profile.cost for person in everybody if person.profile.cost is not None}
    return Rates(**scenario.costs.model_dump(exclude={"currency"}), people=own)
