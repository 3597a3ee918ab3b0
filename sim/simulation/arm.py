"""An arm: one project, or several on one clock that share people or a trainer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from sim.core.activities_and_costs import TRAINER
from sim.core.streams import Streams
from sim.learning.active_learner import ActiveLearner
from sim.simulation.clock import Clock
from sim.simulation.project import Project
from sim.simulation.role_queue import SHARED, start_role_queues
from sim.simulation.trainer import Trainer
from sim.simulation.workforce import people_by_role

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sim.core.events import ReplicationResult
    from sim.corpus.documents import Documents
    from sim.learning.learner import Learner
    from sim.scenario.models import Scenario
    from sim.simulation.role_queue import RoleQueue


@dataclass(frozen=True, eq=False)
class ArmProject:
    """Project of an arm: a scenario, its documents and its learner."""

    scenario: Scenario
    pool: Documents
    learner: Learner
    label_names: Sequence[str] = ()
    stream: int = 0
    """Projects with different numbers use different random numbers; 0 gives those of the project alone."""
    priority: int = 0
    """The lowest goes first."""


@dataclass(frozen=True, eq=False)
class Arm:
    """Arm: projects on one clock, whose scenarios share a seed. The first goes first within an instant."""

    projects: Sequence[ArmProject]
    shared: Collection[str] = ()
    """Roles that teams share, described alike in all of them; the trainer may be one."""
    trainers: int = 1
    """Number of trainings that a shared trainer can run at once."""


def simulate_arm(arm: Arm, replication: int) -> list[ReplicationResult]:
    """Simulate one replication of an arm; return the result of each project, in time since its own start."""
    # Projects begin later on the same clock instead of having clocks of their own,
    # so that they meet in one time.
    clock = Clock()
    trainer = Trainer(clock, arm.trainers) if TRAINER in arm.shared else None
    shared = _shared_pools(clock, arm, replication)
    most_urgent = min(one.priority for one in arm.projects)
    projects = []
    for number, one in enumerate(arm.projects):
        scenario = one.scenario
        streams = Streams(scenario.seed, replication).for_project(one.stream)
        learner = ActiveLearner(scenario, one.pool, one.learner, streams, label_names=one.label_names)
        # Background work has priority 0, and is then as urgent as the most urgent project.
        priority = one.priority - most_urgent
        projects.append(
            Project(
                clock,
                trainer or Trainer(clock),
                scenario,
                learner,
                streams,
                number=number,
                priority=priority,
                shared=shared,
            )
        )
    for project in projects:
        # This returns at once for a project that ended while another one ran.
        clock.run(until=project.done)
    return [project.result() for project in projects]


def _shared_pools(clock: Clock, arm: Arm, replication: int) -> dict[str, RoleQueue]:
    """Start the queue of each role that projects share, with the people of the earliest project."""
    places = count()
    shared: dict[str, RoleQueue] = {}
    # Sorted, because the order of a set depends on the hash seed.
    for role in sorted({*arm.shared} - {TRAINER}):
        having = [
            one.scenario for one in arm.projects if any(people.role == role for people in one.scenario.team)
        ]
        if having:
            first = min(having, key=lambda scenario: scenario.begins_ms)
            # Described alike in all of them: any would do, but calendars begin with the earliest.
            streams = Streams(first.seed, replication)
            people = {role: people_by_role(first, streams)[role]}
            shared |= start_role_queues(clock, people, streams, SHARED, places)
    return shared
