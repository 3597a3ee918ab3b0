"""Waiting for people: booked as such by role, charged to nobody, and apart from work. Answers by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import (
    ADJUDICATE,
    COORDINATION,
    LABEL,
    OFF_SHIFT,
    START_TRAINING,
    TRAIN,
    WAIT,
    WAIT_FOR_TRAINER,
    waiting_for,
)
from sim.results.replication_metrics import compute_metrics
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from support.handmade import scenario_outcome
from support.scripted import (
    NO_HAND_OVERS,
    WORDS_ARE_MILLISECONDS,
    hours,
    reaches,
    scenario,
    simulate_project,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.core.events import ReplicationResult
    from sim.results.summary import ScenarioSummary
    from sim.scenario.models import Scenario

HOUR = 3_600_000
FRIDAY = {"start": "2026-01-09 09:00"}
OFFICE = {"office": {"hours": {"mon-fri": "9:00-17:00"}}}
ANALYST = {"role": "analyst", "calendar": "office", "shift_end": "pause", "cost": 80}
WEEKEND = 64
"""Hours from Friday 17:00 to Monday 9:00."""


def handed_over(
    *steps: dict[str, Any], analyst: Mapping[str, Any] = ANALYST, lasts: float = 7, **keys: Any
) -> ReplicationResult:
    """A document of 7 h from Friday nine, so that these steps begin at 16:00; then a training of no time."""
    plan = scenario(
        **{
            **FRIDAY,
            "calendars": OFFICE,
            "team": [{}, analyst],
            "labelling": {"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
            "trainer": {"duration": "0 s"},
            "coordination": {"steps": [*steps, {"name": "train"}]},
            "limit": {"documents": 1},
            **keys,
        }
    )
    return simulate_project(plan, timed(np.array([lasts * HOUR])), reaches(1))


def merge(**keys: Any) -> dict[str, Any]:
    return {"name": "merge", "owner": "analyst", "service": "2 working h", **keys}


def spent(result: ReplicationResult) -> dict[str, float]:
    """Wall time by activity, without what took none."""
    return {activity: spent for activity, spent in compute_metrics(result).wall_time.items() if spent}


def rows(result: ReplicationResult, actor: str) -> list[tuple[str, str, float, float]]:
    """An actor's events: what, about what, from when, until when."""
    events = result.events[result.events.actor.matches(actor)]
    names = zip(events.activity.codes, events.subject.codes, events.start_ms, events.end_ms, strict=True)
    return [
        (events.activity.names[activity], events.subject.names[subject], hours(start), hours(end))
        for activity, subject, start, end in names
    ]


def test_a_weekend_within_a_step_is_waiting_for_its_owner() -> None:
    """Handed over on Friday at 16:00: an hour then, an hour on Monday."""
    result = handed_over(merge())
    assert spent(result) == {LABEL: 7, "merge": 2, waiting_for("analyst"): WEEKEND}
    assert rows(result, COORDINATION) == [
        ("merge", "", 7, 8),
        (waiting_for("analyst"), "merge", 8, 8 + WEEKEND),
        ("merge", "", 8 + WEEKEND, 9 + WEEKEND),
    ]


def test_results_say_who_is_waited_for_on_average() -> None:
    """One project waits over the weekend, the other, handed over at 15:00, not at all."""

    def told(*results: ReplicationResult) -> ScenarioSummary:
        return scenario_outcome(*(replace(result, average_precisions=()) for result in results)).summary

    found = told(handed_over(merge()), handed_over(merge(), lasts=6))
    assert found.waiting_for_people_hours == {"analyst": WEEKEND / 2}
    assert found.aggregate["waiting_hours"].mean == WEEKEND / 2
    assert told(handed_over()).waiting_for_people_hours == {}


def test_a_duration_and_work_and_waiting_are_apart() -> None:
    """Two hours pass until Friday 18:00, then nobody is there until Monday."""
    result = handed_over(merge(duration="2 h"))
    assert spent(result) == {
        LABEL: 7,
        "merge, given duration": 2,
        "merge": 2,
        waiting_for("analyst"): WEEKEND - 1,
    }


def test_nights_within_working_hours_that_must_pass_are_waiting() -> None:
    result = handed_over(merge(duration="3 working h", service="0 working h"))
    assert spent(result) == {LABEL: 7, "merge": 3, waiting_for("analyst"): WEEKEND}


def test_who_is_busy_with_something_else_is_waited_for() -> None:
    """Other work of 3 h comes in every 6 h from 15:00 on Friday, so that 16:00 finds the analyst at it."""
    other_work = {"every": "6 working h", "takes": "3 working h"}
    result = handed_over(merge(), analyst={**ANALYST, "calendar": "always", "other_work": other_work})
    assert spent(result) == {LABEL: 7, "merge": 2, waiting_for("analyst"): 2}


def test_who_starts_a_training_is_waited_for_whatever_the_coordination() -> None:
    trainer = {"duration": "4 h", "owner": "analyst"}
    result = handed_over(lasts=9, trainer=trainer, coordination=NO_HAND_OVERS)
    assert spent(result) == {LABEL: 9, TRAIN: 4, waiting_for("analyst"): WEEKEND - 1}
    assert rows(result, COORDINATION) == [(waiting_for("analyst"), START_TRAINING, 9, 8 + WEEKEND)]
    assert compute_metrics(result).metrics["coordination_hours"] == 0


def test_who_decides_is_waited_for() -> None:
    """Two people, one of whom misses every label, both done at 16:00; a decision takes 3 h by hand."""
    pool = timed(np.array([7.0 * HOUR]))
    plan = scenario(
        **FRIDAY,
        calendars=OFFICE,
        team=[{}, {"errors": {"missed": 1}}, ANALYST],
        labelling={
            "initial": 1,
            "overlap": 2,
            "expert": "analyst",
            "annotation_times": {"switching": {"assign": "3 h", "confirm": "0 s"}},
            "reading": "100 ms",
        },
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 1},
    )
    result = simulate_project(plan, pool, reaches(1))
    labelled, decided = 7 + 3, 10
    assert spent(result)[LABEL] == labelled
    assert spent(result)[ADJUDICATE] == decided
    assert sum(spent(result).values()) == hours(result.ended_ms)
    assert spent(result)[waiting_for("analyst")] == hours(result.ended_ms) - labelled - decided
    assert WAIT not in spent(result)


COSTS = {"labelling": 10, "coordination": 3}


def test_people_cost_what_they_work_and_waiting_costs_nothing() -> None:
    """7 h of labelling, 2 h of given duration, 2 h of work at the analyst's own rate and the round trip's."""
    result = handed_over(merge(duration="2 h"), costs=COSTS)
    assert compute_metrics(result).metrics["cost"] == pytest.approx(7 * 10 + (2 + 2) * 3 + 2 * 80)


@pytest.mark.parametrize(
    ("service", "cost"), [("0 working h", 0), ("30 working min", 40), ("2 working h", 160)]
)
def test_who_starts_trainings_costs_what_that_takes(service: str, cost: float) -> None:
    """Nothing else costs: neither the weekend, nor the training."""
    trainer = {"duration": "4 h", "owner": "analyst", "service": service}
    result = handed_over(lasts=7, trainer=trainer, coordination=NO_HAND_OVERS)
    assert compute_metrics(result).metrics["cost"] == cost


def test_work_on_starting_a_training_stands_before_it() -> None:
    trainer = {"duration": "4 h", "owner": "analyst", "service": "2 working h"}
    result = handed_over(trainer=trainer, coordination=NO_HAND_OVERS)
    assert spent(result) == {LABEL: 7, TRAIN: 4, START_TRAINING: 2, waiting_for("analyst"): WEEKEND}
    assert result.curve[0].published_ms == (7 + 2 + WEEKEND + 4) * HOUR


def test_waiting_for_a_trainer_that_others_have_costs_nothing_and_is_no_coordination() -> None:
    plan = scenario(
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "9 h"},
        coordination=NO_HAND_OVERS,
        costs={"coordination": 3},
        limit={"documents": 1},
    )
    projects = [ArmProject(plan, timed(np.array([1.0 * HOUR])), reaches(1))] * 2
    _, second = simulate_arm(Arm(projects, shared=["trainer"]), 1)
    found = compute_metrics(second)
    assert found.wall_time[WAIT_FOR_TRAINER] == 9
    assert (found.metrics["cost"], found.metrics["coordination_hours"], found.metrics["waiting_hours"]) == (
        *(0, 0),
        9,
    )


def any_plan(step: dict[str, Any], calendar: str, shift_end: str, trigger: str) -> Scenario:
    continuous = trigger == "continuous"
    other_work = {"every": {"exponential": {"mean": "5 working h"}}, "takes": "2 working h"}
    analyst = {**ANALYST, "calendar": calendar, "shift_end": shift_end, "other_work": other_work}
    return scenario(
        **FRIDAY,
        calendars=OFFICE,
        team=[{"calendar": calendar, "shift_end": "pause"}, analyst],
        labelling={"initial": 2, "batch": 2, "page": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "3 h", "owner": "analyst", "service": "1 working h", "trigger": trigger},
        coordination=NO_HAND_OVERS if continuous else {"steps": [step, {"name": "train"}]},
        limit={"documents": 6},
    )


@settings(max_examples=25)
@given(
    st.sampled_from([merge(), merge(duration="5 h"), merge(duration="5 working h"), {"name": "merge"}]),
    st.sampled_from(["office", "always"]),
    st.sampled_from(["finish", "pause", "restart", "defer"]),
    st.sampled_from(["handover", "continuous"]),
    st.integers(1, 3),
)
def test_every_moment_is_shown_once_whoever_is_waited_for(
    step: dict[str, Any], calendar: str, shift_end: str, trigger: str, replication: int
) -> None:
    plan = any_plan(step, calendar, shift_end, trigger)
    result = simulate_project(plan, timed(np.full(6, 1.5 * HOUR)), reaches(99), replication)
    found = compute_metrics(result)
    assert sum(found.wall_time.values()) == pytest.approx(hours(result.ended_ms))
    parts = ("labelling", "training", "coordination", "waiting", "off_shift")
    assert sum(found.metrics[f"{part}_hours"] or 0 for part in parts) == pytest.approx(hours(result.ended_ms))
    by_night = result.events[
        result.events.actor.matches("analyst 1") & result.events.activity.matches(OFF_SHIFT)
    ]
    at_work = result.events[
        result.events.actor.matches(COORDINATION) & result.events.activity.matches("merge")
    ]
    if shift_end == "pause" and step.get("service"):
        for start, end in zip(at_work.start_ms, at_work.end_ms, strict=True):
            assert not np.any((by_night.start_ms < end) & (by_night.end_ms > start))
