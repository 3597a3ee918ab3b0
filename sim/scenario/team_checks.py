"""What must be true of a team for its project to go on: everybody named is there, and all work ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sim.activities import SME
from sim.scenario.fields import mistake
from sim.scenario.team import ALWAYS, UNINTERRUPTED

if TYPE_CHECKING:
    from sim.durations import Duration, Working
    from sim.scenario.models import Scenario


def check_team(scenario: Scenario) -> None:
    """Refuse a team that could not do the project.

    Raises:
        PydanticCustomError: at the key that is wrong, with what would be right.
    """
    _names_differ(scenario)
    _calendars_are_there(scenario)
    _owners_are_there(scenario)
    _people_are_enough(scenario)
    _work_ends(scenario)


def _names_differ(scenario: Scenario) -> None:
    first: dict[str, int] = {}
    for number, people in enumerate(scenario.team):
        if people.name is not None and first.setdefault(people.name, number) != number:
            message = f"team.{first[people.name]} has this name; give each entry one of its own"
            raise mistake(message, "team", str(number), "name")


def _calendars_are_there(scenario: Scenario) -> None:
    if ALWAYS in scenario.calendars:
        raise mistake(f"{ALWAYS!r} means day and night; give the calendar another name", "calendars", ALWAYS)
    for number, people in enumerate(scenario.team):
        for name in ("joins", "leaves"):
            if isinstance(getattr(people, name), datetime) and scenario.start is None:
                message = "dates need a start: write start: 2026-01-05 09:00, or elapsed time such as 2 weeks"
                raise mistake(message, "team", str(number), name)
        if people.days_off and scenario.start is None:
            message = "days off need a date to count from; write start: 2026-01-05 09:00"
            raise mistake(message, "team", str(number), "days_off")
        if people.calendar == ALWAYS:
            continue
        key = ("team", str(number), "calendar")
        if people.calendar not in scenario.calendars:
            known = ", ".join([ALWAYS, *scenario.calendars])
            raise mistake(f"there is no calendar {people.calendar!r} here; there are: {known}", *key)
        if scenario.start is None:
            raise mistake("working hours need a date to count from; write start: 2026-01-05 09:00", *key)


def _owners_are_there(scenario: Scenario) -> None:
    if not scenario.annotators:
        raise mistake(f"nobody labels; give somebody the role {SME}", "team")
    roles = sorted({people.role for people in scenario.team if not people.labels})
    known = f"roles there: {', '.join(roles)}" if roles else "the team has no other roles than SME"
    steps = enumerate(scenario.coordination.round_trip)
    owned = [(step.owner, ("coordination", "steps", str(number), "owner")) for number, step in steps]
    expert = (scenario.labelling.expert, ("labelling", "expert"))
    for owner, key in [expert, (scenario.trainer.owner, ("trainer", "owner")), *owned]:
        if owner is not None and owner not in roles:
            raise mistake(f"nobody in the team who does not label is {owner!r}; {known}", *key)


def _people_are_enough(scenario: Scenario) -> None:
    wanted, there = scenario.labelling.overlap, scenario.annotators
    if wanted > there:
        message = f"each document needs {wanted} people; the team has {there} SMEs"
        raise mistake(message, "labelling", "overlap")
    for place, people in enumerate(scenario.team):
        if people.errors.happen and not people.labels and people.role != scenario.labelling.expert:
            message = "these people say nothing of documents; give errors to SMEs, or to the expert"
            raise mistake(message, "team", str(place), "errors")


def _work_ends(scenario: Scenario) -> None:
    """Refuse jobs that are longer than any shift of those who may not be interrupted at them."""
    for place, people in enumerate(scenario.team):
        if people.shift_end not in UNINTERRUPTED or people.calendar == ALWAYS:
            continue
        jobs: list[tuple[Duration | Working, tuple[str, ...]]] = [
            (step.service, ("coordination", "steps", str(number), "service"))
            for number, step in enumerate(scenario.coordination.round_trip)
            if step.owner == people.role
        ]
        if scenario.trainer.owner == people.role:
            jobs.append((scenario.trainer.service, ("trainer", "service")))
        if people.labels:
            jobs += [
                (step.rework, ("coordination", "steps", str(number), "rework"))
                for number, step in enumerate(scenario.coordination.round_trip)
            ]
        if people.other_work is not None:
            jobs.append((people.other_work.takes, ("team", str(place), "other_work", "takes")))
        for work, key in jobs:
            if work.longest_ms > scenario.calendars[people.calendar].longest_ms:
                message = f"this may be longer than any shift of {people.role}, and so never end"
                raise mistake(f"{message}; write shift_end: pause, or less", *key)
