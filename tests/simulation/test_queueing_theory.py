"""Exact answers of queueing theory, from the project's own trainer, annotators and round trips.

Means of simulated runs must lie where theory says: the exact value in their 99 % confidence interval, from
independent runs or from batches long enough to be so.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import TRAINER
from sim.core.durations import MS_PER_HOUR
from sim.scenario.workflow import Breakdowns
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from sim.simulation.trainer import Trainer, run
from support.scripted import (
    NO_HAND_OVERS,
    WORDS_ARE_MILLISECONDS,
    Scripted,
    documents,
    hours,
    reaches,
    scenario,
    simulate_project,
    timed,
)
from support.theory import UNIT, batch_means, holds

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim.core.events import ReplicationResult

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("capacity", "arrivals", "random_service", "mean_wait"),
    [
        (1, 0.5, True, 1.0),
        (1, 0.8, True, 4.0),
        (2, 1.5, True, 1.285714),
        (3, 2.4, True, 1.078652),
        (1, 0.5, False, 0.5),
        (1, 0.8, False, 2.0),
    ],
    ids=["M/M/1 .5", "M/M/1 .8", "M/M/2", "M/M/3", "M/D/1 .5", "M/D/1 .8"],
)
def test_jobs_that_come_at_random_wait_for_the_trainer(
    capacity: int, arrivals: float, *, random_service: bool, mean_wait: float
) -> None:
    jobs = 50_000
    rng = np.random.default_rng(1)
    gaps = np.rint(rng.exponential(UNIT / arrivals, jobs)).astype(int)
    services = np.rint(rng.exponential(UNIT, jobs) if random_service else np.full(jobs, UNIT)).astype(int)
    clock = Clock()
    trainer = Trainer(clock, capacity)
    waits: list[float] = []

    def job(number: int) -> Generator[Any, Any, None]:
        came = clock.now_ms
        request = yield from trainer.acquire(number)
        with request:
            waits.append((clock.now_ms - came) / UNIT)
            yield clock.timeout(int(services[number]))

    def arrive() -> Generator[Any, Any, None]:
        for number, gap in enumerate(gaps):
            yield clock.timeout(int(gap))
            clock.process(job(number))

    clock.process(arrive())
    clock.run()
    holds(mean_wait, batch_means(waits))


def lucky(probability: float, replication: int) -> Scripted:
    """A learner whose every model reaches the target with this probability."""
    rng = np.random.default_rng([3, replication])
    return Scripted(lambda _: float(rng.random() < probability))


def time_to_target(result: ReplicationResult) -> float:
    return hours(result.ended_ms)


def test_rounds_until_a_target_that_each_reaches_with_a_quarter_chance() -> None:
    """Rounds of labelling (exponential, mean 10) + coordination (uniform 24 to 72) + a training of 4 h."""
    plan = scenario(
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        coordination={
            "steps": [{"name": "agree", "duration": {"uniform": ["24 h", "72 h"]}}, {"name": "train"}]
        },
        limit={"until": "target"},
    )
    rng = np.random.default_rng(4)
    times = np.array(
        [
            time_to_target(
                simulate_project(
                    plan,
                    timed(rng.exponential(10 * MS_PER_HOUR, 100)),
                    lucky(0.25, replication),
                    replication,
                )
            )
            for replication in range(1, 1_001)
        ]
    )
    holds(248, times)
    holds(217.476436, [part.std(ddof=1) for part in np.split(times, 20)])


def test_rounds_until_the_same_target_cut_off_at_260_hours() -> None:
    """Rounds of 52 h: five fit, the last published at the very end."""
    plan = scenario(
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        limit={"until": "target", "hours": 260},
    )
    pool = documents([1] * 100)
    results = [
        simulate_project(plan, pool, lucky(0.25, replication), replication) for replication in range(1, 1_001)
    ]
    assert {result.outcome for result in results} == {"reached", "horizon"}
    holds(158.640625, [time_to_target(result) for result in results])
    holds(0.237305, [float(result.outcome == "horizon") for result in results])


def test_the_published_model_of_a_busy_trainer_is_on_average_one_and_a_half_trainings_old() -> None:
    minutes = 2 * 60_000
    plan = scenario(
        labelling={"initial": 10, "batch": 10, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "2 min", "trigger": "continuous"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, timed(np.full(5_000, 1_000)), reaches(6_000))
    trainings = result.events[result.events.actor.matches(TRAINER)]
    ages = [
        (earlier_end - start + later_end - start) / 2
        for (start, earlier_end), (_, later_end) in pairwise(
            zip(trainings.start_ms.tolist(), trainings.end_ms.tolist(), strict=True)
        )
    ]
    assert len(ages) > 30
    assert ages == [1.5 * minutes] * len(ages)


@pytest.mark.parametrize(("then", "exact"), [("resume", 4.4), ("restart", 22 * np.expm1(0.2))])
def test_trainings_break_down_and_go_on_or_begin_again(then: str, exact: float) -> None:
    """4 h of running, a breakdown every 20 h of it, 2 h of repair: (20 + 2) (e ^ .2 - 1) if it restarts."""
    clock = Clock()
    breakdowns = Breakdowns.model_validate({"every": "20 h", "repair": "2 h", "then": then})
    rng = np.random.default_rng(8)
    lasted = []

    def train() -> Generator[Any, Any, None]:
        for _ in range(20_000):
            began_ms = clock.now_ms
            yield from run(EventLog(clock), 4 * MS_PER_HOUR, breakdowns, rng, 0)
            lasted.append(hours(clock.now_ms - began_ms))

    clock.process(train())
    clock.run()
    holds(exact, batch_means(lasted))


def test_a_training_that_did_not_end_well_is_found_out_a_step_later_and_done_again() -> None:
    """Each round takes 4 h + 2 h to look, 1 / (1 - .25) times on average, and 10 h before."""
    plan = scenario(
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "4 h", "failure": 0.25},
        coordination={
            "steps": [
                {"name": "merge", "duration": "10 h"},
                {"name": "train"},
                {"name": "validate", "duration": "2 h"},
            ]
        },
    )
    result = simulate_project(plan, timed(np.zeros(4_000)), reaches(4_001))
    published = np.diff([0, *(point.published_ms for point in result.curve)]) / MS_PER_HOUR
    assert set(np.unique(published)) <= {10 + 6 * attempts for attempts in range(1, 20)}
    holds(10 + 6 / 0.75, batch_means(published))
