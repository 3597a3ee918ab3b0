"""Those whose work a project waits for: exact answers of queueing theory, and of calendars."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import OTHER_WORK
from sim.scenario.team import Team
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from sim.simulation.role_queue import Client, RoleQueue, RoleView, background_work
from sim.simulation.workforce import Person
from support.theory import UNIT, batch_means, holds

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Event


def client(clock: Clock, number: int) -> Client:
    """A project whose priority is its number, and that never ends."""
    return Client(EventLog(clock), clock.event(), number, number)


def waits(
    people: int, gaps: NDArray[np.float64], services: NDArray[np.float64], priorities: Sequence[int]
) -> NDArray[np.float64]:
    """How long each of these jobs waits until somebody takes it."""
    clock = Clock()
    engineers = [Person(f"engineer {number}") for number in range(people)]
    pool = RoleQueue(clock, engineers, 0, count())
    by_priority = [RoleView(pool, client(clock, number)) for number in range(2)]
    begun: dict[int, float] = {}
    came = np.rint(gaps * UNIT).astype(int).cumsum()

    def arrive() -> Generator[Any, Any, None]:
        for number, (at_ms, service) in enumerate(zip(came, np.rint(services * UNIT), strict=True)):
            yield clock.timeout(int(at_ms) - clock.now_ms)

            def record(event: Event, number: int = number) -> None:
                begun[number] = event.start_ms

            by_priority[priorities[number]].submit("serve", int(service), 0, record)

    clock.process(arrive())
    clock.run()
    started = np.array([begun[number] for number in range(len(gaps))])
    waited: NDArray[np.float64] = (started - came) / UNIT
    return waited


@pytest.mark.parametrize(
    ("people", "arrivals", "mean_wait"), [(1, 0.8, 4.0), (2, 1.5, 1.285714), (3, 2.4, 1.078652)]
)
@pytest.mark.slow
def test_jobs_that_come_at_random_wait_as_long_as_theory_says(
    people: int, arrivals: float, mean_wait: float
) -> None:
    rng = np.random.default_rng(11)
    gaps, services = rng.exponential(1 / arrivals, 150_000), np.maximum(rng.exponential(1, 150_000), 1e-6)
    holds(mean_wait, batch_means(waits(people, gaps, services, [0] * len(gaps))))


@pytest.mark.slow
def test_the_more_urgent_of_two_kinds_waits_less_and_nobody_is_interrupted() -> None:
    """Cobham (1954): with service 1 and loads .3 and .5, mean waits of .8 / .7 and .8 / (.7 x .2)."""
    jobs = 120_000
    rng = np.random.default_rng(12)
    gaps, services = rng.exponential(1 / 0.8, jobs), np.maximum(rng.exponential(1, jobs), 1e-6)
    priorities = (rng.random(jobs) > 0.3 / 0.8).astype(int)
    waited = waits(1, gaps, services, priorities.tolist())
    holds(0.8 / 0.7, batch_means(waited[priorities == 0]))
    holds(0.8 / (0.7 * 0.2), batch_means(waited[priorities == 1]))


def test_other_work_keeps_people_as_busy_as_it_says() -> None:
    """It comes every 2 h and takes 1 h, both in exponential working time: somebody is busy half the time."""
    clock = Clock()
    every, takes = ({"exponential": {"mean": f"{hours} working h"}} for hours in (2, 1))
    profile = Team.model_validate({"role": "engineer", "other_work": {"every": every, "takes": takes}})
    person = Person("engineer 1", profile=profile)
    log = EventLog(clock)
    pool = RoleQueue(clock, [person], 0, count())
    RoleView(pool, Client(log, clock.event()))
    clock.process(background_work(pool, person, np.random.default_rng(13)))
    clock.run(until=40_000 * 3_600_000)
    events = log.closed([], clock.now_ms)
    assert set(events.activity.names) == {OTHER_WORK}
    periods_ms = np.arange(1, 41) * 1_000 * 3_600_000
    busy_ms, _ = np.histogram(events.start_ms, periods_ms, weights=events.end_ms - events.start_ms)
    holds(0.5, busy_ms / periods_ms[0])
