"""People who do not label, but whose work a project waits for: a queue of jobs for each role."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from sim.activities import OTHER_WORK
from sim.process.clock import STAFF
from sim.records import NO_ROUND, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    import numpy as np
    from simpy.events import Event as Happening

    from sim.process.clock import Clock
    from sim.process.people import Person


@dataclass(frozen=True, eq=False)
class Job:
    """Something that one person of a role does from beginning to end."""

    activity: str
    length_ms: int
    """Working time that it takes."""
    round: int
    record: Callable[[Event], None]
    done: Happening


class Staff:
    """Everybody of one role. Jobs that are handed to them wait for whoever is free and at work first.

    The most urgent job goes first, those that came first among equals, and of one instant the lowest project.
    """

    def __init__(self, clock: Clock, people: Sequence[Person], number: int) -> None:
        self.people = people
        self._clock = clock
        self._jobs: list[tuple[int, int, int, int, Job]] = []
        self._handed = 0
        self._more = clock.event()
        for place, person in enumerate(people):
            clock.process(self._work(person, (STAFF, number, place)))

    def hand(
        self,
        activity: str,
        length_ms: int,
        round_number: int,
        record: Callable[[Event], None],
        priority: int = 0,
        project: int = 0,
    ) -> Happening:
        """Put a job in the queue; the event that it returns happens when the job is done."""
        job = Job(activity, length_ms, round_number, record, self._clock.event())
        self._handed += 1
        heappush(self._jobs, (priority, self._clock.now_ms, project, self._handed, job))
        self._more.succeed()
        self._more = self._clock.event()
        return job.done

    def passed_ms(self, working_ms: int) -> int:
        """When so much working time has passed from now for the first of them."""
        return min(person.calendar.after(self._clock.now_ms, working_ms) for person in self.people)

    def _work(self, person: Person, rank: tuple[int, int, int]) -> Generator[Happening, Any, None]:
        clock = self._clock
        while True:
            absent_ms = person.calendar.next_start(clock.now_ms) - clock.now_ms
            if absent_ms:
                yield clock.timeout(absent_ms)
            yield clock.turn(rank)
            if not self._jobs:
                yield self._more
                continue
            *_, job = heappop(self._jobs)
            worked = person.spells(clock.now_ms, job.length_ms)
            for start_ms, end_ms in worked:
                job.record(Event(job.round, start_ms, end_ms, person.name, job.activity))
            if worked:
                yield clock.timeout(worked[-1][1] - clock.now_ms)
            job.done.succeed()


def staff_by_role(
    clock: Clock,
    people: Mapping[str, Sequence[Person]],
    luck: Callable[[str], np.random.Generator],
    record: Callable[[Event], None],
) -> dict[str, Staff]:
    """Everybody of each role, at work on whatever is handed to them, and on what else they are asked for."""
    staff = {role: Staff(clock, members, number) for number, (role, members) in enumerate(people.items())}
    for one in staff.values():
        for person in one.people:
            clock.process(other_work(clock, one, person, luck(f"other work of {person.key}"), record))
    return staff


def other_work(
    clock: Clock, staff: Staff, person: Person, luck: np.random.Generator, record: Callable[[Event], None]
) -> Generator[Happening, Any, None]:
    """What one of them is asked for besides, time after time; it joins the queue."""
    while person.terms.other_work is not None:
        comes_ms = person.calendar.after(clock.now_ms, person.terms.other_work.every.draw(luck))
        yield clock.timeout(comes_ms - clock.now_ms)
        staff.hand(OTHER_WORK, person.terms.other_work.takes.draw(luck), NO_ROUND, record)
