"""What the article's own arithmetic says, from a learner that reaches the target where the article's did."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.streams import Streams
from support.scripted import (
    FOCUSED,
    NO_HAND_OVERS,
    documents,
    hours,
    label_ends,
    metrics,
    reaches,
    scenario,
    simulate_project,
)

SLOW = 7.10
RANDOM_BATCH = documents([2] * 661 + [1] * (4_100 - 661))
"""4,100 documents with 1.161 labels each."""
CONTINUOUS = {"duration": "2 min", "trigger": "continuous"}


def test_random_batch_takes_9_h_23_min_of_labelling_and_269_hours() -> None:
    result = simulate_project(scenario(), RANDOM_BATCH, reaches(4_100))
    found = metrics(result)
    assert result.outcome == "reached"
    assert found["annotations"] == 4_761
    assert found["labels_per_document"] == pytest.approx(1.161, abs=5e-4)
    assert found["active_hours"] == pytest.approx(4_761 * SLOW / 3600)
    assert int(found["active_hours"] * 60) == 9 * 60 + 23
    assert found["wall_hours"] == pytest.approx(269.4, abs=0.05)
    assert found["rounds"] == found["trainings"] == 5
    assert found["training_hours"] == 5 * 4
    assert found["coordination_hours"] == 5 * 48
    assert found["waiting_hours"] == 0
    assert [point.labelled_documents for point in result.curve] == [100, 1_100, 2_100, 3_100, 4_100]


def test_its_round_trip_scaled_to_two_weeks() -> None:
    result = simulate_project(scenario(coordination={"scale": 7}), RANDOM_BATCH, reaches(4_100))
    assert metrics(result)["coordination_hours"] == pytest.approx(5 * 14 * 24)
    assert metrics(result)["training_hours"] == 5 * 4


def test_active_learning_takes_3_hours_a_third_and_an_89th() -> None:
    order = np.argsort(Streams(2021).document_uniforms(1_750), kind="stable")
    counts = np.empty(1_750, dtype=np.int64)
    counts[order] = [2] * 16 + [1] * 84 + [2] * 825 + [1] * 825
    pool = documents(counts.tolist())
    predictions = np.zeros(pool.labels.shape)
    predictions[order[100 : 100 + 1_287], 0] = 1
    plan = scenario(
        labelling={"batch": 50, "suggestions": True, "strategy": FOCUSED},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, pool, reaches(1_750, predictions))
    found = metrics(result)
    assert found["labelled_documents"] == 1_750
    assert found["annotations"] == 116 + 2_475
    assert found["share_confirmed"] * found["annotations"] == pytest.approx(0.52 * 2_475)
    by_hand, focused, change = 116 * SLOW, 1_287 * 2.66 + 1_188 * 5.56, (2.95 - 2.66) + (SLOW - 5.56)
    assert found["active_hours"] == pytest.approx((by_hand + focused + change) / 3600)
    assert found["wall_hours"] == found["active_hours"]
    assert f"{found['active_hours'] - change / 3600:.2f}" == "3.01"
    baseline = metrics(simulate_project(scenario(), RANDOM_BATCH, reaches(4_100)))
    assert baseline["active_hours"] / found["active_hours"] == pytest.approx(3.1, abs=0.05)
    assert baseline["wall_hours"] / found["wall_hours"] == pytest.approx(89, abs=0.5)


@pytest.mark.parametrize(
    ("training", "steps", "waiting"), [("6 h", 0, 204), ("24 h", 0, 816), ("4 h", 48, 1_768)]
)
def test_the_same_with_slow_training_waits_for_weeks_if_not_months(
    training: str, steps: int, waiting: int
) -> None:
    plan = scenario(
        labelling={"batch": 50},
        trainer={"duration": training},
        coordination={"steps": "nine_steps" if steps else "none"},
    )
    result = simulate_project(plan, documents([1] * 1_750), reaches(1_750))
    found = metrics(result)
    assert len(result.curve) == 34
    assert found["training_hours"] + found["coordination_hours"] == pytest.approx(waiting)
    assert found["wall_hours"] == pytest.approx(waiting + found["active_hours"])


@pytest.mark.parametrize("people", [2, 3, 7])
def test_annotators_share_the_labelling_to_within_a_page(people: int) -> None:
    team = [{"count": people}]
    one = metrics(simulate_project(scenario(), RANDOM_BATCH, reaches(4_100)))
    many = metrics(simulate_project(scenario(team=team), RANDOM_BATCH, reaches(4_100)))
    page = 20 * 2 * SLOW / 3600
    assert many["active_hours"] == pytest.approx(one["active_hours"])
    assert many["labelling_hours"] * people == pytest.approx(one["labelling_hours"], abs=5 * people * page)
    assert many["labelling_hours"] * people >= one["labelling_hours"] - 1e-9


@pytest.mark.parametrize("needed", [101, 117, 850, 1_999])
def test_a_continuous_trainer_adds_between_one_and_two_trainings(needed: int) -> None:
    plan = scenario(labelling={"batch": 50}, trainer=CONTINUOUS, coordination=NO_HAND_OVERS)
    result = simulate_project(plan, documents([1] * 2_500), reaches(needed))
    assert result.reached is not None
    last_needed = sorted(label_ends(result).values())[needed - 1]
    delay = result.reached.published_ms - last_needed
    assert 120_000 <= delay <= 240_000


def test_continuous_training_makes_nobody_wait() -> None:
    plan = scenario(labelling={"batch": 50}, trainer=CONTINUOUS, coordination=NO_HAND_OVERS)
    found = metrics(simulate_project(plan, documents([1] * 2_500), reaches(2_000)))
    assert found["waiting_hours"] == found["training_hours"] == 0
    assert found["wall_hours"] == found["active_hours"]


@pytest.mark.parametrize("dismissal", ["0 s", "1.5 s"])
def test_suggestions_all_right_and_all_wrong(dismissal: str) -> None:
    pool = documents([1, 2, 3, 0] * 50)
    plan = scenario(
        labelling={"batch": 50, "suggestions": {"dismissal": dismissal}},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
    )
    right = simulate_project(plan, pool, reaches(200, pool.labels.astype(np.float64)))
    wrong = simulate_project(plan, pool, reaches(200, (~pool.labels).astype(np.float64)))
    for result, confirm, false in ((right, 2.95, 0), (wrong, 7.10, float(dismissal.removesuffix(" s")))):
        events = result.events
        rows = [row for row in range(len(events)) if events.document[row] >= 0]
        for row in rows:
            carried = int(pool.labels[events.document[row]].sum())
            by_hand = events.round[row] == 0
            expected = max(carried, 1) * SLOW if by_hand or not carried else carried * confirm
            if not by_hand:
                expected += (3 - carried) * false
            assert (events.end_ms[row] - events.start_ms[row]) / 1000 == pytest.approx(expected)
    assert metrics(right)["wrong_suggestions_per_document"] == 0
    assert metrics(wrong)["share_confirmed"] == 0


def test_a_document_without_labels_takes_one_annotation() -> None:
    found = metrics(simulate_project(scenario(), documents([0] * 100), reaches(100)))
    assert found["annotations"] == 100
    assert found["active_hours"] == pytest.approx(100 * SLOW / 3600)


def test_reading_adds_to_every_document() -> None:
    pool = documents([1] * 100, np.full(100, 250))
    plan = scenario(labelling={"reading": "10 s"})
    found = metrics(simulate_project(plan, pool, reaches(100)))
    assert found["active_hours"] == pytest.approx(100 * (SLOW + 25) / 3600)


def test_the_first_document_after_a_change_of_subject_is_switching() -> None:
    plan = scenario(
        labelling={"batch": 50, "strategy": FOCUSED},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 200},
    )
    result = simulate_project(plan, documents([1] * 200), reaches(200))
    found = metrics(result)
    assert found["share_focused"] == 99 / 200
    assert found["active_hours"] == pytest.approx((101 * SLOW + 99 * 5.56) / 3600)


def test_what_comes_before_the_first_document_is_wall_time_only() -> None:
    setup = {"collect": "10 d", "taxonomy": "40 h", "develop": "2 weeks"}
    without = metrics(simulate_project(scenario(), RANDOM_BATCH, reaches(4_100)))
    result = simulate_project(scenario(setup=setup), RANDOM_BATCH, reaches(4_100))
    assert metrics(result)["wall_hours"] == pytest.approx(without["wall_hours"] + 240 + 40 + 336)
    assert metrics(result)["active_hours"] == without["active_hours"]


@pytest.mark.parametrize("people", [1, 3])
def test_step_4_may_happen_and_may_cost_everybody_time(people: int) -> None:
    steps = [
        {"name": "fix issues", "duration": "6 h", "probability": 0.5, "rework": "30 min"},
        {"name": "train"},
    ]
    plan = scenario(labelling={"batch": 10}, coordination={"steps": steps}, team=[{"count": people}])
    result = simulate_project(plan, documents([1] * 1_000), reaches(1_000))
    found = metrics(result)
    rounds = len(result.curve)
    happened = round(found["coordination_hours"] / 6)
    assert found["coordination_hours"] == 6 * happened
    assert 0.3 * rounds < happened < 0.7 * rounds
    labelling = 1_000 * SLOW / 3600
    assert found["active_hours"] == pytest.approx(labelling + happened * people * 0.5)
    assert found["labelling_hours"] >= happened * 0.5


def test_an_end_after_hours_cuts_everything_off_there() -> None:
    result = simulate_project(scenario(limit={"hours": 100.5}), RANDOM_BATCH, reaches(4_100))
    assert result.outcome == "horizon"
    assert hours(result.ended_ms) == 100.5
    assert len(result.curve) == 1
    assert metrics(result)["wall_hours"] == 100.5


def test_a_model_published_at_the_last_moment_counts() -> None:
    pool = documents([1] * 100)
    end = hours(100 * 7_100) + 52
    result = simulate_project(scenario(limit={"hours": end}), pool, reaches(100))
    assert result.outcome == "reached"
    just_before = simulate_project(scenario(limit={"hours": end - 0.001}), pool, reaches(100))
    assert just_before.outcome == "horizon"


def test_used_up_documents_and_a_limit_of_documents_are_told_apart() -> None:
    pool = documents([1] * 2_000)
    assert simulate_project(scenario(limit={}), pool, reaches(9_999)).outcome == "exhausted"
    assert simulate_project(scenario(limit={"documents": 1_500}), pool, reaches(9_999)).outcome == "horizon"
    stopped = simulate_project(scenario(limit={"until": "target"}), pool, reaches(1_100))
    assert stopped.outcome == "reached"
    assert len(stopped.curve) == 2
    on = simulate_project(scenario(limit={}), pool, reaches(1_100))
    assert on.reached == stopped.reached
    assert len(on.curve) == 3
