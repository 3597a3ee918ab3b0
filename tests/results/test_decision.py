"""The decision of a study: the plan to take, with its figures, what others differ by, and what helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sim.reporting.shared_text import decision as in_words
from sim.results.config_diff import described
from sim.results.decision import Lever
from sim.results.selection import SelectionSummary
from sim.results.summary import Spending, StudySummary
from support.handmade import manifest, outcome_of_hours, replication, scenario_outcome

if TYPE_CHECKING:
    from sim.results.decision import Decision
    from sim.results.summary import ScenarioOutcome

SLOW = outcome_of_hours(10, 20, 30, 40, 50, name="Slow")
FAST = outcome_of_hours(5, 11, 15, 21, 26, name="Fast")


def study(*outcomes: ScenarioOutcome, costs: tuple[float, ...] = (), **more: Any) -> StudySummary:
    """The summary of scenarios, each with as high a cost as is given for it."""
    scenarios = [outcome.summary for outcome in outcomes]
    for number, cost in enumerate(costs):
        spent = Spending(mean=cost, median=cost, p80=cost, n=5, parts={})
        scenarios[number] = scenarios[number].model_copy(update={"spent": spent, "currency": "EUR"})
    return StudySummary.from_scenarios(scenarios, **more)


def decision(*outcomes: ScenarioOutcome, **more: Any) -> Decision:
    found = study(*outcomes, **more).decision
    assert found is not None
    return found


def test_the_only_plan_has_its_figures() -> None:
    found = decision(replace(SLOW, start=datetime(2026, 1, 5, 9, tzinfo=UTC)))
    assert (found.plan, found.chosen_by, found.metric) == ("Slow", "wall_hours", "wall_hours")
    assert (found.p50, found.p80) == (30, 40)
    assert (found.end_p50, found.end_p80) == ("2026-01-06T15:00+00:00", "2026-01-07T01:00+00:00")
    assert (found.people_hours_p50, found.pace_set_by) == (1, "coordination")
    assert found.cost_p50 is found.probability_by_deadline is None
    assert (found.differences, found.cautions) == ([], ["few_replications"])


def test_the_fastest_is_chosen_and_others_differ_from_it() -> None:
    found = decision(SLOW, FAST, costs=(100, 150))
    assert (found.plan, found.chosen_by, found.cost_p50) == ("Fast", "wall_hours", 150)
    (other,) = found.differences
    assert other.model_dump() == {"plan": "Slow", "hours": 15, "cost": -50, "measurable": True}


def test_of_equal_plans_the_first_is_chosen_and_the_tie_is_said() -> None:
    found = decision(SLOW, replace(SLOW, name="Same"))
    assert (found.plan, found.differences[0].hours) == ("Slow", 0)
    assert found.differences[0].measurable is False
    assert "no_measurable_difference" in found.cautions


@pytest.mark.parametrize(
    ("deadline", "costs", "plan", "chosen_by"),
    [
        (60, (100, 150), "Slow", "cost"),
        (60, (150, 100), "Fast", "cost"),
        (26, (100, 150), "Fast", "cost"),
        (60, (), "Fast", "wall_hours"),
        (15, (100, 150), "Fast", "probability_by_deadline"),
    ],
)
def test_with_a_deadline_the_cheapest_in_time_is_chosen(
    deadline: int, costs: tuple[float, ...], plan: str, chosen_by: str
) -> None:
    both = (replace(one, deadline_ms=deadline * 3_600_000) for one in (SLOW, FAST))
    found = decision(*both, costs=costs)
    assert (found.plan, found.chosen_by) == (plan, chosen_by)
    hours = [10, 20, 30, 40, 50] if plan == "Slow" else [5, 11, 15, 21, 26]
    assert found.probability_by_deadline == sum(one <= deadline for one in hours) / 5


def test_a_plan_that_does_not_reach_its_target_has_no_hours_but_its_costs() -> None:
    short = [replication(0.5, number=number, outcome="exhausted", name="Short") for number in range(3)]
    found = decision(scenario_outcome(*short), FAST, costs=(100, 150))
    assert (found.plan, found.differences[0].hours, found.differences[0].cost) == ("Fast", None, -50)
    found = decision(scenario_outcome(*short), costs=(100,))
    assert found.p50 is found.p80 is None
    assert (found.cost_p50, found.people_hours_p50) == (100, 1)
    assert "not_always_reached" in found.cautions


def test_the_best_of_a_selection_is_the_plan() -> None:
    selection = SelectionSummary(
        best="Slow", decided=True, close=[], probability=0.95, metric="cost", indifference=1, set_ups=[]
    )
    found = decision(SLOW, FAST, selection=selection)
    assert (found.plan, found.chosen_by) == ("Slow", "cost")


def test_levers_are_changes_of_one_key_that_were_simulated() -> None:
    others = [replace(FAST, name=name) for name in ("Half", "Both", "Slower")]
    others[2] = outcome_of_hours(60, 60, 60, 60, 60, name="Slower")
    told = manifest(SLOW, *others)["scenarios"]
    told[1]["resolved"]["coordination"]["scale"] = 0.5
    told[1]["resolved"]["unknown"] = {"coordination.scale": {"uniform": [0, 1]}}
    told[2]["resolved"]["coordination"]["scale"] = 0.5
    told[2]["resolved"]["labelling"]["batch"] = 50
    told[3]["resolved"]["labelling"]["batch"] = 50
    found = decision(SLOW, *others, configurations=[*map(described, told)], costs=(100, 80, 70, 90))
    assert found.levers == [Lever(key="coordination.scale", value="0.5", hours=15, cost=20)]


def test_the_lever_of_one_plan_is_what_to_try_next() -> None:
    found = decision(SLOW, configurations=[*map(described, manifest(SLOW)["scenarios"])])
    assert found.levers == [Lever(key="coordination.scale", value="0.5", hours=None, cost=None)]


def test_projects_that_share_a_clock_are_no_alternatives() -> None:
    told = [described(one) | {"portfolio": {}} for one in manifest(SLOW, FAST)["scenarios"]]
    shared = study(SLOW, FAST, configurations=told)
    assert shared.decision is None
    assert in_words(shared) == ""


def test_it_is_put_in_one_sentence() -> None:
    deadline = replace(SLOW, deadline_ms=40 * 3_600_000)
    assert in_words(study(deadline, costs=(100,))) == (
        "Slow: done in 30.0 h (P50), 40.0 h (P80); by the deadline with a probability of 80 %; "
        "1.00 h of labelling (P50); 100 EUR (P50). Coordination sets the pace."
    )
    dated = replace(SLOW, start=datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert in_words(study(dated)).startswith(
        "Slow: done on Tue 6 Jan 2026, 15:00 (P50), Wed 7 Jan 2026, 01:00"
    )
    short = scenario_outcome(replication(0.5, outcome="exhausted", name="Short"))
    assert in_words(study(short)).startswith("Short: not reached by half of its projects; 1.00 h")
