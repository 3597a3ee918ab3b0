"""What must be true of every simulated project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.core.activities_and_costs import LABEL, TRAIN
from sim.simulation.clock import Clock
from sim.simulation.trainer import Trainer
from support.scripted import (
    FOCUSED,
    NO_HAND_OVERS,
    WORDS_ARE_MILLISECONDS,
    ScriptedModel,
    documents,
    label_ends,
    metrics,
    project_on,
    reaches,
    scenario,
    simulate_project,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.corpus.documents import Documents
    from sim.scenario.models import Scenario

CONTINUOUS = {"duration": "2 min", "trigger": "continuous"}


class LateClock(Clock):
    """A clock that starts processes in an order of its own once it runs."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._luck = np.random.default_rng(seed)
        self._late: list[Generator[Any, Any, Any]] = []

    def process(self, generator: Generator[Any, Any, Any]) -> Any:
        self._late.append(generator)

    def run(self, until: Any = None) -> Any:
        for number in self._luck.permutation(len(self._late)):
            super().process(self._late[number])
        return super().run(until)


def same(one: ReplicationResult, two: ReplicationResult) -> bool:
    """Whether two projects left the same behind, to the last millisecond."""
    return (
        one.curve == two.curve
        and one.outcome == two.outcome
        and one.ended_ms == two.ended_ms
        and len(one.events) == len(two.events)
        and all(
            np.array_equal(getattr(one.events, column), getattr(two.events, column))
            for column in ("round", "start_ms", "end_ms", "document", "assigned", "confirmed")
        )
        and all(
            [getattr(one.events, column).names[code] for code in getattr(one.events, column).codes]
            == [getattr(two.events, column).names[code] for code in getattr(two.events, column).codes]
            for column in ("actor", "activity", "pace")
        )
    )


@pytest.mark.parametrize("trigger", ["handover", "continuous"])
def test_the_order_in_which_processes_are_created_changes_nothing(trigger: str) -> None:
    plans = [
        scenario(
            labelling={"batch": 40, "page": 7},
            # Whole minutes, so that people, trainer and projects meet in the same instants.
            trainer={"duration": "3 min", "trigger": trigger},
            coordination=NO_HAND_OVERS,
            team=[{"count": 3}],
            limit={"documents": 400},
            name=f"Project {number}",
        )
        for number in range(3)
    ]
    pool = documents([1, 2, 0] * 200)

    def run(order: list[int], seed: int) -> dict[int, ReplicationResult]:
        clock = LateClock(seed)
        trainer = Trainer(clock)
        projects = {
            number: project_on(clock, trainer, plans[number], pool, reaches(300), number) for number in order
        }
        clock.run()
        return {number: project.result() for number, project in projects.items()}

    expected = run([0, 1, 2], 0)
    for seed, order in enumerate(([2, 1, 0], [1, 0, 2], [0, 2, 1]), start=1):
        found = run(order, seed)
        assert all(same(found[number], expected[number]) for number in expected)


@given(page=some.integers(1, 120), focused=some.booleans())
@settings(max_examples=30)
def test_under_handover_the_page_size_changes_nothing_for_one_annotator(page: int, *, focused: bool) -> None:
    pool = documents([1, 2, 0, 3] * 60)
    predictions = np.tile([0.7, 0.2, 0.6], (len(pool), 1))
    strategy = FOCUSED if focused else "random"

    def run(size: int) -> ReplicationResult:
        plan = scenario(labelling={"batch": 50, "page": size, "suggestions": True, "strategy": strategy})
        return simulate_project(plan, pool, reaches(200, predictions))

    assert same(run(page), run(20))


def test_a_page_is_never_more_than_a_batch_shared_by_everybody() -> None:
    plan = scenario(labelling={"initial": 60, "batch": 10, "page": 20}, team=[{"count": 4}])
    result = simulate_project(plan, documents([1] * 100), reaches(100))
    everybody = {f"SME {number}" for number in range(1, 5)}
    labelling = result.events[result.events.activity.matches(LABEL)]
    for number in range(1, 5):
        mine = labelling[labelling.round == number]
        assert {mine.actor.names[code] for code in mine.actor.codes} == everybody


def test_all_scenarios_of_a_study_begin_with_the_same_documents() -> None:
    pool = documents([1] * 500)
    plans = [
        scenario(),
        scenario(labelling={"batch": 50}, trainer=CONTINUOUS, coordination=NO_HAND_OVERS),
        scenario(labelling={"batch": 10, "page": 3}, team=[{"count": 3}]),
    ]
    begun = [first_documents(simulate_project(plan, pool, reaches(400), 7), 100) for plan in plans]
    assert begun[0] == begun[1] == begun[2]
    assert begun[0] != first_documents(simulate_project(plans[0], pool, reaches(400), 8), 100)


def test_random_batches_of_any_size_hold_the_same_documents() -> None:
    pool = documents([1] * 1_000)
    large = simulate_project(scenario(labelling={"batch": 500}), pool, reaches(600))
    small = simulate_project(scenario(labelling={"batch": 50}), pool, reaches(600))
    assert first_documents(large, 600) == first_documents(small, 600)


def test_given_documents_come_first_and_random_ones_after_them() -> None:
    pool = documents([1] * 500)
    given = [pool.ids[number] for number in (400, 3, 77)]
    result = simulate_project(scenario(labelling={"initial": 50, "start": given}), pool, reaches(400))
    usual = simulate_project(scenario(), pool, reaches(400))
    ends = label_ends(result)
    assert sorted(ends, key=lambda document: ends[document])[:3] == [400, 3, 77]
    assert first_documents(result, 50) <= {400, 3, 77} | first_documents(usual, 50)


def first_documents(result: ReplicationResult, count: int) -> set[int]:
    ends = label_ends(result)
    return set(sorted(ends, key=lambda document: (ends[document], document))[:count])


class Moving:
    """A learner whose n-th model is unsure of the n-th hundred of documents, and sure of all others."""

    def __init__(self) -> None:
        self.models = 0

    def train(self, _snapshot: NDArray[np.int64], _labels: NDArray[np.bool_] | None = None) -> ScriptedModel:
        predictions = np.zeros((2_000, 2))
        predictions[self.models * 100 : (self.models + 1) * 100] = 0.5
        self.models += 1
        return ScriptedModel(0.0, predictions)


def test_picks_come_from_the_model_that_is_published_when_a_plan_is_made() -> None:
    plan = scenario(
        labelling={"initial": 10, "batch": 10, "strategy": "mean_uncertainty"},
        trainer={"duration": "10 min", "trigger": "continuous"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 1_000},
    )
    result = simulate_project(plan, documents([1] * 2_000), Moving())
    labelled = result.events[result.events.activity.matches(LABEL)]
    published = np.array([point.published_ms for point in result.curve])
    for first in range(10, 1_000, 10):
        models = np.searchsorted(published, labelled.start_ms[first], side="right")
        shown = labelled[np.arange(first, first + 10)]
        assert set(shown.view.codes) == {shown.view.names.index("Low Confidence" if models else "Shuffle")}
        if models:
            assert set(shown.document // 100) == {models - 1}
    assert len(published) > 10


durations = some.sampled_from(
    ["0 s", "90 s", "5 min", {"uniform": ["1 min", "2 h"]}, {"exponential": {"mean": "20 min"}}]
)
steps = some.lists(
    some.fixed_dictionaries(
        {
            "duration": durations,
            "probability": some.sampled_from([0, 0.3, 1]),
            "rework": some.sampled_from(["0 s", "10 min"]),
        }
    ),
    max_size=3,
).map(
    lambda drawn: [
        {"name": "train"},
        *({"name": f"step {number}", **step} for number, step in enumerate(drawn)),
    ]
)


@some.composite
def small_scenarios(draw: some.DrawFn) -> Scenario:
    continuous = draw(some.booleans())
    return scenario(
        labelling={
            "initial": draw(some.integers(1, 30)),
            "batch": draw(some.integers(1, 40)),
            "page": draw(some.integers(1, 25)),
            "suggestions": draw(some.sampled_from([False, True, {"threshold": 0.3, "dismissal": "2 s"}])),
            "strategy": draw(some.sampled_from(["random", "mean_uncertainty", "model_rating"])),
            "reading": draw(some.sampled_from(["0 s", "11 s"])),
        },
        team=[{"count": draw(some.integers(1, 5))}],
        trainer={"duration": draw(durations), "trigger": "continuous" if continuous else "handover"},
        coordination=NO_HAND_OVERS
        if continuous
        else {"steps": draw(steps), "scale": draw(some.sampled_from([0, 1, 7]))},
        setup={"taxonomy": draw(durations)},
        limit={
            "documents": draw(some.sampled_from([None, 30, 75])),
            "hours": draw(some.sampled_from([None, 0.05, 1.5, 40.0])),
            "until": draw(some.sampled_from(["target", "limit"])),
        },
        seed=draw(some.integers(0, 1_000)),
    )


@given(plan=small_scenarios(), pool_seed=some.integers(0, 100), needed=some.integers(1, 150))
@settings(max_examples=200)
def test_the_events_of_any_project_add_up(plan: Scenario, pool_seed: int, needed: int) -> None:
    rng = np.random.default_rng(pool_seed)
    pool = documents(rng.integers(0, 4, 80).tolist(), rng.integers(0, 400, 80))
    predictions = rng.random(pool.labels.shape)
    result = simulate_project(plan, pool, reaches(needed, predictions))
    adds_up(plan, pool, result)


def adds_up(plan: Scenario, pool: Documents, result: ReplicationResult) -> None:
    events = result.events
    assert np.all(np.diff(events.start_ms) >= 0)
    assert events.end_ms.max(initial=0) <= result.ended_ms
    labelled = events.document[events.document >= 0]
    assert len(set(labelled.tolist())) == len(labelled) <= (plan.limit.documents or len(pool))
    for number in range(1, plan.annotators + 1):
        mine = events[events.actor.matches(f"SME {number}")]
        spent = zip(mine.start_ms.tolist(), mine.end_ms.tolist(), strict=True)
        position = 0
        for start, end in spent:
            assert start == position
            position = end
        assert position == result.ended_ms
    trainings = events[events.activity.matches(TRAIN)]
    assert np.all(trainings.start_ms[1:] >= trainings.end_ms[:-1])
    finished = np.sort(events.end_ms[(events.document >= 0) & (events.assigned + events.confirmed > 0)])
    for point in result.curve:
        assert point.labelled_documents <= np.searchsorted(finished, point.published_ms, side="right")
    found = metrics(result)
    parts = ("labelling_hours", "training_hours", "coordination_hours", "waiting_hours")
    assert sum(found[part] for part in parts) == pytest.approx(found["wall_hours"], abs=1e-9)
    assert found["active_hours"] <= plan.annotators * found["labelling_hours"] + 1e-9
    assert (result.outcome == "reached") == (result.reached is not None)
    if result.outcome == "exhausted":
        assert result.curve[-1].labelled_documents == len(pool)


def test_documents_that_take_no_time_part_the_waits_around_them() -> None:
    plan = scenario(
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS}, trainer={"duration": "4 h"}
    )
    result = simulate_project(plan, timed(np.zeros(3)), reaches(4))
    events = result.events
    mine = events.actor.matches("SME 1")
    parts = list(zip(events.start_ms[mine].tolist(), events.end_ms[mine].tolist(), strict=True))
    assert sum(start == end for start, end in parts) == 3
    assert [start for start, _ in parts[1:]] == [end for _, end in parts[:-1]]


class _Heard:
    """A learner that keeps the snapshots that it is given."""

    def __init__(self) -> None:
        self.snapshots: list[list[int]] = []

    def train(self, snapshot: NDArray[np.int64], _labels: NDArray[np.bool_] | None = None) -> ScriptedModel:
        self.snapshots.append(snapshot.tolist())
        return ScriptedModel(0.0, None)


def test_teams_of_any_size_hand_over_the_same_documents_in_the_same_order() -> None:
    heard = {count: _Heard() for count in (1, 3)}
    for count, learner in heard.items():
        plan = scenario(
            labelling={"initial": 50, "batch": 50, "page": 7},
            team=[{"count": count, "speed": 2}, {"name": "slow", "speed": 0.5}],
        )
        simulate_project(plan, documents([1] * 200), learner)
    assert [len(snapshot) for snapshot in heard[1].snapshots] == [50, 100, 150, 200]
    assert heard[1].snapshots == heard[3].snapshots
