"""Several projects on one clock, who share people or a trainer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from sim.core.activities import TRAINER
from sim.core.random import Streams
from sim.learning.active_learner import ActiveLearner
from sim.simulation.clock import Clock, Later
from sim.simulation.project import Project
from sim.simulation.role_queue import SHARED, pools
from sim.simulation.trainer import Trainer
from sim.simulation.workforce import people_by_role

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from simpy.events import Event as Happening

    from sim.core.events import ReplicationResult
    from sim.corpus.documents import Documents
    from sim.learning.learner import Learner
    from sim.scenario.models import Scenario
    from sim.simulation.role_queue import Pool


@dataclass(frozen=True, eq=False)
class Member:
    """One project of a portfolio."""

    scenario: Scenario
    pool: Documents
    learner: Learner
    luck: int = 0
    """Projects with different numbers meet different luck; 0 is that of the project alone."""
    priority: int = 0
    """The lowest goes first."""
    begins_ms: int = 0
    label_names: Sequence[str] = ()

    def active_learner(self, streams: Streams) -> ActiveLearner:
        """Return a learner that has learned nothing yet."""
        return ActiveLearner(
            self.scenario,
            self.pool,
            self.learner,
            streams,
            label_names=self.label_names,
        )


def simulate_portfolio(
    members: Sequence[Member], replication: int, *, shared: Collection[str] = (), trainers: int = 1
) -> list[ReplicationResult]:
    """Simulate one replication of all projects on one clock, whose first moment is the earliest's beginning.

    Args:
        members: the projects, whose scenarios have one seed. Of one instant the first of them goes first.
        replication: its number.
        shared: roles of their teams, each described alike wherever it stands, and the trainer.
        trainers: how many trainings a trainer that is shared can run at once.

    Returns:
        What each project leaves behind, in their order, in time since its own beginning.
    """
    earliest_ms = min(member.begins_ms for member in members)
    most_urgent = min(member.priority for member in members)
    clock = Clock()
    clocks = [_counting(clock, member.begins_ms - earliest_ms) for member in members]
    luck = [Streams(member.scenario.seed, replication).of_project(member.luck) for member in members]
    trainer = Trainer(clock, trainers) if TRAINER in shared else None
    staff = _shared_pools(members, clocks, sorted({*shared} - {TRAINER}), replication)
    projects = [
        Project(
            own_clock,
            trainer or Trainer(clock),
            member.scenario,
            member.active_learner(streams),
            streams,
            number=number,
            priority=member.priority - most_urgent,
            shared=staff,
        )
        for number, (member, own_clock, streams) in enumerate(zip(members, clocks, luck, strict=True))
    ]
    clock.run(until=clock.process(_all_done(projects)))
    return [project.result for project in projects]


def _counting(clock: Clock, begins_ms: int) -> Clock:
    """The clock as a project counts that begins then."""
    return Later(clock, begins_ms) if begins_ms else clock


def _shared_pools(
    members: Sequence[Member], clocks: Sequence[Clock], roles: Sequence[str], replication: int
) -> dict[str, Pool]:
    """The people of each role, from the earliest project that has it: nobody waits for them before."""
    places = count()
    shared: dict[str, Pool] = {}
    for role in roles:
        having = [number for number, member in enumerate(members) if _has(member.scenario, role)]
        if having:
            first = min(having, key=lambda number: members[number].begins_ms)
            scenario = members[first].scenario
            people = {role: people_by_role(scenario)[role]}
            streams = Streams(scenario.seed, replication)
            shared |= pools(clocks[first], people, streams, SHARED, places)
    return shared


def _has(scenario: Scenario, role: str) -> bool:
    return any(people.role == role for people in scenario.team)


def _all_done(projects: Sequence[Project]) -> Generator[Happening, Any, None]:
    for project in projects:
        yield project.done
