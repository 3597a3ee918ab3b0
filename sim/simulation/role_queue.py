"""Role queues: jobs of the people other than annotators for whom projects wait."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from sim.core.activities_and_costs import COORDINATION, OTHER_PROJECTS, OTHER_WORK, waiting_for
from sim.core.events import NO_ROUND, Event
from sim.core.intervals import FOREVER_MS
from sim.simulation.clock import STAFF

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from simpy.events import Event as Happening

    from sim.core.streams import Streams
    from sim.simulation.clock import Clock
    from sim.simulation.event_log import EventLog
    from sim.simulation.workforce import Person, Spell

    Record = Callable[[Event], None]

SHARED = -1
"""The project number of people that several projects share."""


@dataclass(eq=False)
class Job:
    """Job of a role, done by one person from beginning to end."""

    activity: str
    length_ms: int
    """Working time of the job."""
    done: Happening | None = None
    """Event of its completion, if somebody waits for it."""
    staff: RoleView | None = None
    """The staff that a project handed it to; None for a job of no project."""
    round: int = NO_ROUND
    record: Record | None = None
    submitted_ms: int = 0
    worked: Sequence[Spell] = ()
    """Intervals of work on it, known once somebody begins."""
    done_ms: int = FOREVER_MS


class RoleQueue:
    """Priority queue of one role's jobs, each served by the first person who is free and at work.

    The most urgent job goes first, then the earliest, then that of the project with the lowest number.
    """

    def __init__(self, clock: Clock, people: Sequence[Person], project: int, places: Iterator[int]) -> None:
        self.people = people
        self.clock = clock
        self.staff: list[RoleView] = []
        """The same people as each project knows them."""
        self._jobs: list[tuple[int, int, int, int, Job]] = []
        self._submitted = 0
        self._new_job = clock.event()
        for person in people:
            clock.process(self._work(person, (STAFF, project, next(places))))

    def submit(self, job: Job, priority: int = 0, project: int = 0) -> None:
        """Put a job in the role's queue."""
        self._submitted += 1
        job.submitted_ms = self.clock.now_ms
        # The running number breaks all ties, so that jobs themselves are never compared.
        # First come, first served within a priority, and by project within an instant.
        heappush(self._jobs, (priority, job.submitted_ms, project, self._submitted, job))
        if self._new_job.callbacks:  # somebody waits for it; else it would cost an event of the clock
            self._new_job.succeed()
            self._new_job = self.clock.event()

    def _work(self, person: Person, rank: tuple[int, int, int]) -> Generator[Happening, Any, None]:
        """Serve jobs of the role's queue as one of its people."""
        clock = self.clock
        while True:
            now_ms = clock.now_ms
            if absent_ms := person.calendar.next_start(now_ms) - now_ms:
                yield clock.timeout(absent_ms)
            if not self._jobs:  # a turn at an empty queue would cost two events of the clock for nothing
                yield self._new_job
                continue
            yield clock.turn(rank)
            job = self._next()
            # Whoever had a turn before may have taken the last job.
            if job is None:
                continue
            now_ms = clock.now_ms
            job.worked = person.spells(now_ms, job.length_ms)
            job.done_ms = job.worked[-1][1] if job.worked else now_ms
            # Every project sees that its shared people are busy, whoever they work for.
            for staff in self.staff:
                staff.record_job(job, person.name)
            if job.worked:
                yield clock.timeout(job.done_ms - now_ms)
            if job.done is not None:
                job.done.succeed()

    def _next(self) -> Job | None:
        """Take the first job that is still needed off the role's queue; None where there is none."""
        while self._jobs:
            *_, job = heappop(self._jobs)
            if job.staff is None or not job.staff.client.done.triggered:
                return job
        return None


@dataclass(frozen=True, eq=False)
class Client:
    """Project as a client of role queues."""

    log: EventLog
    done: Happening
    """Happens when the project ends; its jobs still in a queue are then dropped."""
    number: int = 0
    priority: int = 0


class RoleView:
    """Role queue as one project sees it; its people may work for other projects too."""

    def __init__(self, pool: RoleQueue, client: Client) -> None:
        self.people = pool.people
        self.client = client
        self._pool = pool
        self._submitted: list[Job] = []
        pool.staff.append(self)

    def submit(self, activity: str, length_ms: int, round_number: int, record: Record) -> Happening:
        """Submit a job to the role's queue; the event that it returns happens when the job is done."""
        client = self.client
        done = client.log.clock.event()
        job = Job(activity, length_ms, done, self, round_number, record)
        self._pool.submit(job, client.priority, client.number)
        self._submitted.append(job)
        return done

    @property
    def role(self) -> str:
        """Name of the role."""
        return self.people[0].profile.role

    def at_work(self, working_ms: int) -> list[Spell]:
        """Return when the person of the role works who first completes ``working_ms`` of working hours."""
        now_ms = self.client.log.clock.now_ms
        # The first to get it done and not the first to begin, who may go home an hour later.
        first = min((one.calendar for one in self.people), key=lambda one: one.advance(now_ms, working_ms))
        return [*first.clip(now_ms, first.advance(now_ms, working_ms))]

    def record_job(self, job: Job, person: str) -> None:
        """Record in the project's event log when a person of the role is busy with a job of any project."""
        own = job.staff in (self, None)
        activity, round_number = (job.activity, job.round) if own else (OTHER_PROJECTS, NO_ROUND)
        record = job.record if own and job.record is not None else self.client.log.record
        begins_ms = self.client.log.begins_ms
        for start_ms, end_ms in job.worked:
            # People who are shared may have begun before this project did.
            if end_ms > begins_ms:
                record(Event(round_number, max(start_ms, begins_ms), end_ms, person, activity))

    def waits(self) -> list[Event]:
        """List the events in which the project waited for the role: jobs were open, and nobody did them."""
        # A round waits for a kind of work as a whole: while somebody is at one
        # document, others that wait are no wait of the project.
        by_task: dict[tuple[int, str], list[Job]] = {}
        for job in self._submitted:
            by_task.setdefault((job.round, job.activity), []).append(job)
        return [
            Event(number, start_ms, end_ms, COORDINATION, waiting_for(self.role), subject=work)
            for (number, work), jobs in by_task.items()
            for start_ms, end_ms in _unattended(jobs)
        ]


def _unattended(jobs: Iterable[Job]) -> Iterator[Spell]:
    """Yield the intervals in which some of the jobs were open and nobody worked on any of them."""
    changes = [(job.submitted_ms, 1, 0) for job in jobs] + [(job.done_ms, -1, 0) for job in jobs]
    for job in jobs:
        changes += [change for start, end in job.worked for change in ((start, 0, 1), (end, 0, -1))]
    # Sweep over the changes in time, counting jobs to be done and people at them.
    to_do = at_work = 0
    for (now_ms, opened, started), (next_ms, *_) in pairwise(sorted(changes)):
        to_do, at_work = to_do + opened, at_work + started
        if to_do and not at_work and now_ms < next_ms:
            yield now_ms, next_ms


def start_role_queues(
    clock: Clock,
    people: Mapping[str, Sequence[Person]],
    streams: Streams,
    project: int,
    places: Iterator[int],
) -> dict[str, RoleQueue]:
    """Start a queue for each role, whose people have background work as well."""
    by_role = {role: RoleQueue(clock, members, project, places) for role, members in people.items()}
    for pool in by_role.values():
        for person in pool.people:
            clock.process(background_work(pool, person, streams.rng(f"other work of {person.key}")))
    return by_role


def staff_by_role(
    client: Client,
    people: Mapping[str, Sequence[Person]],
    shared: Mapping[str, RoleQueue],
    streams: Streams,
) -> dict[str, RoleView]:
    """Return a project's view of each role: of a shared queue, or of a queue of its own."""
    own_roles = {role: members for role, members in people.items() if role not in shared}
    by_role = {**shared, **start_role_queues(client.log.clock, own_roles, streams, client.number, count())}
    return {role: RoleView(by_role[role], client) for role in people}


def background_work(
    pool: RoleQueue, person: Person, rng: np.random.Generator
) -> Generator[Happening, Any, None]:
    """Submit a person's background work to the role's queue, time after time."""
    clock = pool.clock
    while (other_work := person.profile.other_work) is not None:
        now_ms = clock.now_ms
        # Arrivals in working time: no work piles up over the weekend for people who have no weekend shift.
        yield clock.timeout(person.calendar.advance(now_ms, other_work.every.draw(rng)) - now_ms)
        pool.submit(Job(OTHER_WORK, other_work.takes.draw(rng)))
