"""Test documents that people label before the others, which takes their time and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import LABEL, LABEL_TEST_SET
from sim.results.replication_metrics import cost_parts
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    documents,
    hours,
    metrics,
    reaches,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult

POOL = documents([1] * 100)
LABEL_MS = 7_100


def project(test_documents: int, role: str = "SME", **keys: Any) -> ReplicationResult:
    usual = {"labelling": {"initial": 40}, "trainer": {"duration": "0 s"}, "coordination": NO_HAND_OVERS}
    plan = scenario(**{**usual, "evaluation": {"documents": test_documents, "role": role}, **keys})
    return simulate_project(plan, POOL, reaches(40))


@pytest.mark.parametrize("trigger", ["handover", "continuous"])
def test_they_come_first_and_everything_else_is_as_without_them(trigger: str) -> None:
    trainer = {"duration": "0 s", "trigger": trigger}
    without, with_them = (project(count, trainer=trainer) for count in (0, 25))
    took_ms = 25 * LABEL_MS
    assert with_them.reached is not None
    assert without.reached is not None
    assert with_them.reached.published_ms == without.reached.published_ms + took_ms
    assert with_them.reached.labelled_documents == without.reached.labelled_documents
    labelled, before = (one.events[one.events.activity.matches(LABEL)] for one in (with_them, without))
    assert np.array_equal(labelled.document, before.document)
    assert np.array_equal(labelled.start_ms, before.start_ms + took_ms)


def test_their_hours_are_those_of_all_who_label() -> None:
    without, with_them = (metrics(project(count, team=[{"count": 5}])) for count in (0, 100))
    assert with_them["active_hours"] == pytest.approx(without["active_hours"] + hours(100 * LABEL_MS))
    assert with_them["wall_hours"] == pytest.approx(without["wall_hours"] + hours(20 * LABEL_MS))
    assert with_them["labelling_hours"] == with_them["wall_hours"]
    same = ("labelled_documents", "annotations", "labels_per_document", "trainings")
    assert [with_them[name] for name in same] == [without[name] for name in same]


def test_they_cost_hours_and_the_tool_s_price_as_often() -> None:
    costs = {"labelling": 36, "per_document": 0.5}
    result = project(60, costs=costs, stop={"cost": 1})
    (spent,) = {round(sum(cost_parts(result.events, result.rates, result.ended_ms).values()), 9)}
    assert spent == pytest.approx(36 * hours(100 * LABEL_MS) + 0.5 * 100)
    # What a stopping rule sees of it is the same, to the cent.
    assert metrics(result)["cost"] == pytest.approx(spent)


def test_they_keep_to_working_hours_and_count_as_practice() -> None:
    person = {"calendar": "office", "practice": {"first": 2, "half_life": 1}, "shift_end": "pause"}
    result = project(3, **OFFICE, team=[{**person, "seconds_per_document": "4 h"}], limit={"documents": 40})
    tested = result.events[result.events.activity.matches(LABEL_TEST_SET)]
    # 8, 6 and 5 hours: nine to five on Monday, six on Tuesday and two more, three on Wednesday.
    assert (tested.start_ms / 3_600_000).tolist() == [0, 24, 30, 48]
    assert (tested.end_ms / 3_600_000).tolist() == [8, 30, 32, 51]


def test_who_all_leave_before_they_are_labelled_leave_no_model() -> None:
    result = project(100, team=[{"leaves": "5 min"}])
    assert (result.reason, len(result.curve)) == ("nobody left to label", 0)


def test_models_in_the_team_label_none() -> None:
    model: dict[str, Any] = {"kind": "model", "errors": {"missed": 0.1}}
    result = project(10, team=[{"count": 1}, model])
    tested = result.events[result.events.activity.matches(LABEL_TEST_SET)]
    assert {tested.actor.word_at(row) for row in range(len(tested))} == {"SME 1"}
    assert len(tested) == 10


# Test documents that another role labels.


def led(test_documents: int, leads: int = 1, **keys: Any) -> ReplicationResult:
    """Leads take 90 s for each test document, and an annotator 7.1 s for every other document."""
    lead = {"role": "lead", "count": leads, "seconds_per_document": 90, "cost": 50, **keys.pop("lead", {})}
    return project(test_documents, "lead", team=[{}, lead], **keys)


@pytest.mark.parametrize("leads", [1, 2, 3])
def test_all_people_of_a_role_share_them_and_the_first_batch_waits(leads: int) -> None:
    without, with_them = (metrics(led(count, leads)) for count in (0, 30))
    assert with_them["wall_hours"] == pytest.approx(without["wall_hours"] + 30 / leads * 90 / 3_600)
    same = ("active_hours", "labelled_documents", "annotations", "trainings", "waiting_for_people_hours")
    assert [with_them.get(name) for name in same] == [without.get(name) for name in same]


def test_hours_of_a_role_are_paid_at_its_rate_and_cost_no_annotator_s_hour() -> None:
    result = led(30, 2, costs={"labelling": 36, "per_document": 0.5})
    expected = 50 * 30 * 90 / 3_600 + 36 * hours(40 * LABEL_MS) + 0.5 * 40
    assert metrics(result)["cost"] == pytest.approx(expected)


def test_a_role_keeps_to_its_own_working_hours() -> None:
    """Three documents of 5 h, nine to five, paused in the evening: done on Tuesday at four."""
    lead = {"calendar": "office", "seconds_per_document": "5 h", "shift_end": "pause"}
    result = led(3, lead=lead, **OFFICE)
    tested = result.events[result.events.activity.matches(LABEL_TEST_SET)]
    assert (tested.start_ms / 3_600_000).tolist() == [0, 5, 24, 26]
    assert (tested.end_ms / 3_600_000).tolist() == [5, 8, 26, 31]
    assert result.reached is not None
    assert result.reached.published_ms == 31 * 3_600_000 + 40 * LABEL_MS
    waits = result.events[result.events.activity.matches("waiting for people: lead")]
    assert list(zip(waits.start_ms / 3_600_000, waits.end_ms / 3_600_000, strict=True)) == [(8, 24)]


def test_by_default_a_role_takes_the_time_of_the_first_annotators_and_never_that_of_a_model() -> None:
    lead = {"role": "lead"}
    model: dict[str, Any] = {"kind": "model", "documents_per_minute": 600}
    for team, one_ms in (([{"seconds_per_document": 30}, lead], 30_000), ([model, lead], LABEL_MS)):
        result = project(10, "lead", team=team)
        tested = result.events[result.events.activity.matches(LABEL_TEST_SET)]
        assert tested.end_ms.max() == 10 * one_ms


def test_a_role_that_nobody_has_is_refused() -> None:
    told = "nobody in the team who does not label is 'chief'; roles there: lead"
    with pytest.raises(ValueError, match=told):
        scenario(evaluation={"documents": 5, "role": "chief"}, team=[{}, {"role": "lead"}])
