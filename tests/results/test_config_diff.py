"""What distinguishes scenarios, as a planner would write it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.results.config_diff import differences, number_for_readers
from sim.scenario.models import Scenario


def of_teams(*teams: list[dict[str, Any]]) -> dict[str, list[str]]:
    return differences(
        [Scenario.model_validate({"name": "x", "team": team}).model_dump(mode="json") for team in teams]
    )


@pytest.mark.parametrize(
    ("team", "said"),
    [
        ([{}, {}], "[SME, SME]"),
        ([{"count": 5}, {"role": "engineer"}], "[5 SME, engineer]"),
        ([{"count": 5, "name": "nurses"}, {"name": "new"}], "[5 nurses, new]"),
    ],
)
def test_of_teams_of_different_lengths_the_roles_are_told(team: list[dict[str, Any]], said: str) -> None:
    assert of_teams([{}], team) == {"team": ["[SME]", said]}


def test_of_teams_that_are_equally_long_only_what_differs_is() -> None:
    assert of_teams([{}], [{"count": 5}]) == {"team.0.count": ["1", "5"]}


def test_steps_are_told_by_their_names() -> None:
    steps = [{"name": "merge"}, {"name": "train"}]
    one, two = (
        Scenario.model_validate({"name": "x", "coordination": {"steps": some}}).model_dump(mode="json")
        for some in ("none", steps)
    )
    assert differences([one, two]) == {"coordination.steps": ["none", "[merge, train]"]}


def test_numbers_are_as_yaml_has_them_or_as_readers_do() -> None:
    one, two = ({"costs": {"fixed": cost}, "sizes": sizes} for cost, sizes in ((1500.0, [2000]), (0.5, [7])))
    assert differences([one, two]) == {"costs.fixed": ["1500.0", "0.5"], "sizes": ["[2000]", "[7]"]}
    assert differences([one, two], number_for_readers) == {
        "costs.fixed": ["1,500", "0.5"],
        "sizes": ["[2,000]", "[7]"],
    }
