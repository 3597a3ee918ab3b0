"""Who works in a project, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from sim.process.calendar import ALWAYS, FOREVER_MS
from sim.process.shifts import Spell, spells
from sim.process.working_hours import calendar_of
from sim.records import Rates
from sim.scenario.calendars import DAY_AND_NIGHT
from sim.scenario.moments import since_start_ms
from sim.scenario.team import Team

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.process.calendar import Calendar
    from sim.scenario.models import Scenario


@dataclass(frozen=True, eq=False)
class Person:
    """One of a team."""

    name: str
    calendar: Calendar = ALWAYS
    terms: Team = field(default_factory=Team)
    """What the scenario says of this person and their like."""
    key: str = ""
    """What luck of theirs is drawn by: it stays when others join before them."""

    @property
    def leaves(self) -> bool:
        """Whether this person is not there for ever."""
        return self.calendar.ends_ms < FOREVER_MS

    def next_start(self, ms: int) -> int:
        """When this person is next at work; never for somebody who has left."""
        return self.calendar.next_start(ms) if ms < self.calendar.ends_ms else FOREVER_MS

    def after(self, ms: int, working_ms: int) -> int:
        """When this person has worked so long since then; never where so much is not left."""
        left_ms = self.calendar.working_ms(ms, self.calendar.ends_ms)
        return self.calendar.after(ms, working_ms) if working_ms <= left_ms else FOREVER_MS

    def spells(self, from_ms: int, length_ms: int) -> list[Spell]:
        """When this person is busy with a job that they could begin then."""
        return spells(self.calendar, from_ms, length_ms, self.terms.shift_end)


def people_by_role(scenario: Scenario) -> dict[str, list[Person]]:
    """Everybody in a scenario's team, numbered within their role."""
    by_role: dict[str, list[Person]] = {}
    for place, terms in enumerate(scenario.team):
        calendar = _while_there(_calendar(scenario, terms), scenario, terms)
        role = by_role.setdefault(terms.role, [])
        role += [
            Person(f"{terms.role} {len(role) + number}", calendar, terms, f"{terms.role} {place}.{number}")
            for number in range(1, terms.count + 1)
        ]
    return by_role


def _calendar(scenario: Scenario, terms: Team) -> Calendar:
    """When people of a team are at work, their own days off aside."""
    hours = scenario.calendars.get(terms.calendar, DAY_AND_NIGHT if terms.days_off else None)
    if hours is None or scenario.start is None:
        return ALWAYS
    return calendar_of(hours, scenario.start, scenario.timezone, terms.periods_off)


def _while_there(calendar: Calendar, scenario: Scenario, terms: Team) -> Calendar:
    """A calendar from when somebody joins until they leave."""
    if terms.joins is None and terms.leaves is None:
        return calendar
    joins_ms = 0 if terms.joins is None else since_start_ms(terms.joins, scenario.began)
    leaves_ms = FOREVER_MS if terms.leaves is None else since_start_ms(terms.leaves, scenario.began)
    try:
        return calendar.within(joins_ms, leaves_ms)
    except ValueError:
        raise ValueError(
            f"{terms.role}: whoever joins and leaves then never works; write other dates"
        ) from None


def rates(scenario: Scenario, people: Mapping[str, Sequence[Person]]) -> Rates:
    """What a scenario says that hours cost, theirs included who have rates of their own."""
    everybody = chain.from_iterable(people.values())
    own = {person.name: person.terms.cost for person in everybody if person.terms.cost is not None}
    return Rates(**scenario.costs.model_dump(exclude={"currency"}), people=own)
