"""Who works in a project, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from sim.process.calendar import ALWAYS
from sim.process.working_hours import calendar_of
from sim.records import Rates
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


def people_by_role(scenario: Scenario) -> dict[str, list[Person]]:
    """Everybody in a scenario's team, numbered within their role."""
    by_role: dict[str, list[Person]] = {}
    for place, terms in enumerate(scenario.team):
        hours = scenario.calendars.get(terms.calendar)
        calendar = (
            calendar_of(hours, scenario.start, scenario.timezone) if hours and scenario.start else ALWAYS
        )
        role = by_role.setdefault(terms.role, [])
        role += [
            Person(f"{terms.role} {len(role) + number}", calendar, terms, f"{terms.role} {place}.{number}")
            for number in range(1, terms.count + 1)
        ]
    return by_role


def rates(scenario: Scenario, people: Mapping[str, Sequence[Person]]) -> Rates:
    """What a scenario says that hours cost, theirs included who have rates of their own."""
    everybody = chain.from_iterable(people.values())
    own = {person.name: person.terms.cost for person in everybody if person.terms.cost is not None}
    return Rates(**scenario.costs.model_dump(exclude={"currency"}), people=own)
