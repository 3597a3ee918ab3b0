"""What people do beside labelling new documents: learning the task, and labelling again by new guidelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sim.core.activities_and_costs import LABEL, ONBOARD, REWORK
from support.scenarios import refused
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    Scripted,
    documents,
    hours,
    metrics,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from sim.core.events import Events, ReplicationResult

LABEL_MS = 7_100
HOUR_MS = 3_600_000


def project(**keys: Any) -> ReplicationResult:
    """A hundred documents, of which thirty come first; nothing but labelling takes time."""
    usual = {
        "labelling": {"initial": 30, "batch": 20},
        "trainer": {"duration": "0 s"},
        "coordination": NO_HAND_OVERS,
    }
    return simulate_project(
        scenario(**{**usual, **keys}), documents([1] * 100), Scripted(lambda labelled: 0.001 * labelled, None)
    )


def of(result: ReplicationResult, activity: str) -> Events:
    return result.events[result.events.activity.matches(activity)]


class TestOnboarding:
    @pytest.mark.parametrize("trigger", ["handover", "continuous"])
    def test_everybody_takes_the_time_once_and_is_paid(self, trigger: str) -> None:
        trainer = {"duration": "0 s", "trigger": trigger}
        costs = {"labelling": 36}
        without, with_it = (
            project(trainer=trainer, costs=costs, team=[{"count": 2, **keys}])
            for keys in ({}, {"onboarding": "2 h"})
        )
        told = of(with_it, ONBOARD)
        assert [(told.start_ms[row], told.end_ms[row]) for row in range(len(told))] == [(0, 2 * HOUR_MS)] * 2
        before, after = metrics(without), metrics(with_it)
        assert after["wall_hours"] == pytest.approx(before["wall_hours"] + 2)
        assert after["active_hours"] == pytest.approx(before["active_hours"] + 4)
        assert after["cost"] == pytest.approx(before["cost"] + 4 * 36)
        assert after["labelled_documents"] == before["labelled_documents"] == 100

    def test_it_begins_with_the_first_documents_in_working_hours(self) -> None:
        person = {"calendar": "office", "onboarding": "10 h", "shift_end": "finish"}
        result = project(**OFFICE, team=[person], setup={"collect": "4 h"})
        told = of(result, ONBOARD)
        # From one o'clock on Monday: four hours, then six on Tuesday.
        assert (told.start_ms / HOUR_MS).tolist() == [4, 24]
        assert (told.end_ms / HOUR_MS).tolist() == [8, 30]
        assert of(result, LABEL).start_ms[0] == 30 * HOUR_MS

    def test_who_joins_later_learns_it_then_while_others_label(self) -> None:
        team = [{}, {"joins": "1 min", "onboarding": "1 min"}]
        result = project(team=team)
        told = of(result, ONBOARD)
        assert (told.start_ms.tolist(), told.end_ms.tolist()) == ([60_000], [120_000])
        labelled = of(result, LABEL)
        assert labelled.start_ms[labelled.actor.matches("SME 2")].min() == 120_000

    def test_who_still_learns_it_has_nothing_to_correct(self) -> None:
        team = [{}, {"onboarding": "1 d"}]
        steps = [{"name": "fix issues", "rework": "1 min"}, {"name": "train"}]
        result = project(team=team, coordination={"steps": steps})
        corrected = of(result, REWORK)
        assert len(corrected)
        assert corrected.actor.matches("SME 1").all()


class TestGuidelines:
    @pytest.mark.parametrize("trigger", ["handover", "continuous"])
    @pytest.mark.parametrize(
        ("when", "labelled"),
        [({"after": 45}, 50), ({"at": "4 min"}, 50), ({"after": 1, "at": "9 weeks"}, 30)],
    )
    def test_a_share_of_those_labelled_is_labelled_again(
        self, trigger: str, when: dict[str, Any], labelled: int
    ) -> None:
        trainer = {"duration": "0 s", "trigger": trigger}
        change = {**when, "again": 0.4}
        before, after = (
            metrics(project(trainer=trainer, taxonomy=taxonomy)) for taxonomy in ({}, {"change": change})
        )
        result = project(trainer=trainer, taxonomy={"change": change})
        again = of(result, REWORK)
        assert len(again) == len(set(again.document.tolist())) == round(0.4 * labelled)
        ends = dict(zip(of(result, LABEL).document.tolist(), of(result, LABEL).end_ms.tolist(), strict=True))
        assert all(ends[document] <= again.start_ms.min() for document in again.document.tolist())
        took = hours(len(again) * LABEL_MS)
        for name in ("active_hours", "wall_hours"):
            assert after[name] == pytest.approx(before[name] + took)
        assert after["labelled_documents"] == before["labelled_documents"] == 100
        assert after["annotations"] == before["annotations"]

    def test_no_change_before_its_time_is_no_change(self) -> None:
        never = {"change": {"after": 101, "again": 1}}
        assert metrics(project(taxonomy=never)) == metrics(project())

    def test_a_change_has_a_moment(self) -> None:
        assert refused(taxonomy={"change": {"again": 0.3}}) == (
            "when do they change? write at: 3 weeks, or after: 500 documents"
        )
