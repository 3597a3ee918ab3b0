"""Why a project ends: every reason by the smallest project that ends for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.scripted import NO_HAND_OVERS, documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from sim.core.events import Outcome, Reason

PAID: dict[str, Any] = {"costs": {"labelling": 100}}
SMALL: dict[str, Any] = {"labelling": {"initial": 10, "batch": 10}, "coordination": NO_HAND_OVERS}


@pytest.mark.parametrize(
    ("keys", "needed", "outcome", "reason"),
    [
        ({}, 20, "reached", "target"),
        ({"limit": {"until": "target"}}, 20, "reached", "target"),
        ({}, 99, "exhausted", "pool used up"),
        ({"limit": {"documents": 40}}, 99, "exhausted", "pool used up"),
        ({"limit": {"documents": 30}}, 99, "horizon", "limit of documents"),
        ({"limit": {"hours": 0.01}}, 99, "horizon", "limit of hours"),
        ({"limit": {"cost": 3}} | PAID, 99, "horizon", "limit of cost"),
        ({"stop": {"documents": 30}}, 99, "stopped", "budget"),
        ({"stop": {"active_hours": 0.02}}, 99, "stopped", "budget"),
        ({"stop": {"wall_hours": 9}}, 99, "stopped", "budget"),
        ({"stop": {"cost": 3}} | PAID, 99, "stopped", "budget"),
        ({"team": [{"leaves": "1 min"}]}, 99, "exhausted", "nobody left to label"),
    ],
)
def test_the_reason_says_which_outcome_it_is(
    keys: dict[str, Any], needed: int, outcome: Outcome, reason: Reason
) -> None:
    result = simulate_project(scenario(**SMALL, **keys), documents([1] * 40), reaches(needed))
    assert (result.outcome, result.reason) == (outcome, reason)


def test_a_rule_of_ones_own_is_a_rule_also_beside_a_budget() -> None:
    plan = scenario(**SMALL, stop={"documents": 30, "support.own:ThreeModels": {}})
    result = simulate_project(plan, documents([1] * 40), reaches(99))
    assert result.stopped_by == ["documents", "support.own:ThreeModels"]
    assert result.reason == "rule"
