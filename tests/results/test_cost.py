"""What a project costs: its hours at their rates, to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PlannerMistakeError
from sim.reporting.shared_text import costs_by_part, overview_table, summary_table
from sim.results.replication_metrics import compute_metrics
from sim.results.summary import Spending
from sim.scenario.models import Limit, Scenario
from support.handmade import outcome_of_hours, scenario_outcome, summary
from support.scripted import documents, reaches, scenario, simulate_project
from support.studies import study_of

if TYPE_CHECKING:
    from pathlib import Path

    from sim.core.events import Events

POOL = documents([1] * 3_100)
MS_PER_HOUR = 3_600_000
COSTS = {"labelling": 40, "training": 2.5, "coordination": 10, "fixed": 100}
LABELLING = 2_100 * 7.1 / 3_600
"""Hours of three batches of 100, 1,000 and 1,000 documents."""


def cost(costs: dict[str, float], reached_with: int = 2_100, **keys: Any) -> float:
    result = simulate_project(scenario(costs=costs, **keys), POOL, reaches(reached_with))
    found = compute_metrics(result).metrics["cost"]
    assert found is not None
    return found


def test_hours_until_the_target_cost_what_their_rates_say() -> None:
    """Three batches are labelled, three trainings of 4 h follow, and three round trips of 48 h."""
    assert cost({"labelling": 40}) == pytest.approx(40 * LABELLING)
    assert cost({"training": 2.5}) == pytest.approx(2.5 * 12)
    assert cost({"coordination": 10}) == pytest.approx(10 * 144)
    assert cost({"fixed": 100}) == 100
    assert cost(COSTS) == pytest.approx(100 + 40 * LABELLING + 2.5 * 12 + 10 * 144)
    assert cost({}) == 0


def test_people_side_by_side_cost_as_much_as_one_and_rework_costs_each() -> None:
    assert cost({"labelling": 40}, team=[{"count": 3}]) == pytest.approx(40 * LABELLING)
    steps = [{"name": "fix issues", "rework": "30 min"}, {"name": "train"}]
    reworked = cost({"labelling": 40}, team=[{"count": 3}], coordination={"steps": steps})
    assert reworked == pytest.approx(40 * (LABELLING + 3 * 3 * 0.5))


def test_people_have_rates_of_their_own_and_staff_is_paid_for_work_not_for_waiting() -> None:
    """Of 5 + 50 + 50 pages the dear one takes 1 + 16 + 16; a lead takes half an hour of each round."""
    steps = [{"name": "collect", "owner": "lead", "service": "30 working min"}, {"name": "train"}]
    other = {"every": "5 working h", "takes": "1 working h"}
    found = cost(
        {"labelling": 30},
        team=[{"count": 2}, {"cost": 90}, {"role": "lead", "cost": 50, "other_work": other}],
        coordination={"steps": steps},
    )
    page = 20 * 7.1 / 3_600
    assert found == pytest.approx(page * (72 * 30 + 33 * 90) + 50 * 3 * 0.5)


def test_the_curve_says_what_each_model_had_cost() -> None:
    plan = scenario(costs={"training": 10, "fixed": 5})
    result = simulate_project(plan, POOL, reaches(9_999))
    measured = compute_metrics(result)
    assert measured.curve.cost.tolist() == [5 + 40 * (1 + model.round) for model in result.curve]


def test_a_limit_of_money_ends_a_project_that_is_then_cut_off() -> None:
    """Each training costs 40: the third is the first by which 100 are spent."""
    plan = scenario(costs={"training": 10}, limit={"cost": 100})
    result = simulate_project(plan, POOL, reaches(9_999))
    assert result.outcome == "horizon"
    assert len(result.curve) == 3
    with pytest.raises(ValueError, match="nothing costs anything"):
        scenario(limit={"cost": 100})


def test_the_setup_costs_what_is_fixed() -> None:
    setup = {"collect": "100 h", "taxonomy": "20 h", "develop": "30 h"}
    assert cost(COSTS, setup=setup) == cost(COSTS)


def test_what_is_under_way_at_the_end_costs_what_was_done_of_it() -> None:
    """Once 100 documents are labelled the round trip begins; the project ends in its second step."""
    ended = cost({"coordination": 10}, reached_with=9_999, limit={"hours": 100 * 7.1 / 3_600 + 9})
    assert ended == pytest.approx(90)


def test_what_is_spent_is_known_whatever_became_of_the_projects() -> None:
    """Each training costs 40: three of four projects end at a limit with their first to third model."""
    plan = scenario(costs={"training": 10}, limit={"documents": 2_100})
    results = [
        simulate_project(plan.model_copy(update={"limit": Limit(documents=documents)}), POOL, learner, number)
        for number, (documents, learner) in enumerate(
            [
                (100, reaches(9_999)),
                (1_100, reaches(9_999)),
                (2_100, reaches(9_999)),
                (2_100, reaches(1_100)),
            ],
            start=1,
        )
    ]
    found = replace(scenario_outcome(*results), label_names=("the only one",))
    outcome = replace(found, currency="EUR")
    assert outcome.summary.aggregate["cost"].median is None
    parts = {"people": 0.0, "machine": 80.0, "licences": 0.0, "fixed": 0.0}
    assert outcome.summary.spent == Spending(
        mean=(40 + 80 + 120 + 80) / 4, median=80, p80=120, n=4, parts=parts
    )
    assert found.summary.spent is None


def test_costs_go_on_after_the_target() -> None:
    """A round trip and a training after the target, which the project went past, cost too."""
    plan = scenario(costs=COSTS, limit={"documents": 3_100})
    result = simulate_project(plan, POOL, reaches(2_100))
    found = compute_metrics(result)
    assert found.final["cost"] == found.curve.cost[-1]
    assert found.metrics["cost"] == found.curve.cost[-2]
    assert found.final["labelled_documents"] == 3_100
    assert found.final["wall_hours"] == result.ended_ms / MS_PER_HOUR


amounts = st.decimals(0, 500, places=2)


@given(amounts, amounts, amounts, amounts, st.integers(1, 4), st.integers(1, 4))
def test_it_adds_up_to_the_cent_from_the_events(
    labelling: Decimal,
    training: Decimal,
    coordination: Decimal,
    fixed: Decimal,
    replication: int,
    people: int,
) -> None:
    each = {"labelling": labelling, "training": training, "coordination": coordination, "fixed": fixed}
    plan = scenario(
        costs={name: float(amount) for name, amount in each.items()},
        team=[{"count": people}],
        trainer={"duration": {"uniform": ["1 h", "9 h"]}},
        limit={"documents": 1_100},
    )
    result = simulate_project(plan, POOL, reaches(1_100), replication)
    assert result.reached is not None

    def hours(events: Events) -> Decimal:
        return Decimal(int((events.end_ms - events.start_ms).sum())) / MS_PER_HOUR

    events = result.events[result.events.end_ms <= result.reached.published_ms]
    by_hand = (
        fixed
        + labelling * hours(events[events.activity.matches("label")])
        + training * hours(events[events.actor.matches("trainer")])
        + coordination * hours(events[events.actor.matches("coordination")])
    )
    found = compute_metrics(result).metrics["cost"]
    assert found is not None
    assert abs(Decimal(found) - by_hand) < Decimal("0.005")


def test_costs_are_shown_where_something_costs_and_nowhere_else() -> None:
    one, two = outcome_of_hours(10), outcome_of_hours(5, name="Two")
    free = summary([one, two])
    assert not any("cost" in heading for heading, _ in summary_table(free)[1])
    assert not any("cost" in heading for heading in overview_table(free)[1])
    charged = summary([replace(one, currency="CHF"), two])
    rows = dict(summary_table(charged)[1])
    assert rows["cost, CHF, P50"] == ["0.00", "0.00"]
    assert "  times cheaper (95 % CI)" in rows
    assert "cost, CHF P50" in overview_table(charged)[1]


def test_one_study_has_one_currency(tmp_path: Path) -> None:
    def priced(name: str, currency: str, rate: float) -> Scenario:
        costs = {"currency": currency, "labelling": rate}
        return Scenario.model_validate({"name": name, "corpus": {"source": "standin"}, "costs": costs})

    with pytest.raises(PlannerMistakeError, match=r"share one currency \(One: EUR, Two: CHF\)"):
        study_of([priced("One", "EUR", 40), priced("Two", "CHF", 45)], tmp_path)


# Licences.

MONTH = 365.25 * 24 / 12
"""Hours."""


def test_licences_cost_for_every_month_that_has_begun_and_for_every_seat() -> None:
    assert cost({"monthly": 70}) == 70
    assert cost({"per_seat": 25}, team=[{"count": 3}, {"role": "lead"}]) == 75
    for months in (1, 2, 3):
        for hours, begun in ((months * MONTH, months), (months * MONTH + 1, months + 1)):
            kept: dict[str, Any] = {"limit": {"hours": hours}, "setup": {"collect": "200 d"}}
            assert cost({"monthly": 70, "per_seat": 5}, 9_999, **kept) == 75 * begun


def test_a_document_costs_whenever_somebody_labels_it() -> None:
    assert cost({"per_document": 0.03}) == pytest.approx(0.03 * 2_100)
    twice = cost({"per_document": 0.03}, team=[{"count": 2}], labelling={"overlap": 2})
    assert twice == pytest.approx(0.03 * 2 * 2_100)


PRELABELS = {"from": "prelabels", "precision": 1, "recall": 0.7, "cost_per_document": "0.02 EUR"}


def test_prelabels_cost_once_for_each_document_whatever_the_overlap() -> None:
    """Two people label each of 2,100 documents, and 50 test documents, which have no prelabels."""
    assert cost({}, labelling={"suggestions": PRELABELS}) == pytest.approx(0.02 * 2_100)
    keys: dict[str, Any] = {"team": [{"count": 2}], "labelling": {"suggestions": PRELABELS, "overlap": 2}}
    plan = scenario(costs={"per_document": 0.03}, evaluation={"documents": 50}, **keys)
    measured = compute_metrics(simulate_project(plan, POOL, reaches(2_100)))
    assert measured.metrics["cost"] == pytest.approx(0.02 * 2_100 + 0.03 * (2 * 2_100 + 50))
    assert measured.cost_parts["licences"] == measured.metrics["cost"]


@pytest.mark.parametrize("people", [1, 2])
def test_a_budget_counts_prelabels_once(people: int) -> None:
    """100, 1,100 and 2,100 documents have cost 2, 22 and 42 EUR."""
    labelling = {"suggestions": PRELABELS, "overlap": people}
    plan = scenario(labelling=labelling, team=[{"count": people}], limit={"cost": 41.99})
    assert plan.charged
    result = simulate_project(plan, POOL, reaches(9_999))
    assert (result.reason, len(result.curve)) == ("limit of cost", 3)
    assert compute_metrics(result).curve.cost.tolist() == pytest.approx([2, 22, 42])


def test_prelabels_cost_in_the_currency_of_all_amounts_and_a_published_model_none() -> None:
    with pytest.raises(ValueError, match="in EUR"):
        scenario(labelling={"suggestions": PRELABELS}, costs={"labelling": "40 CHF"})
    with pytest.raises(ValueError, match="is of prelabels; write from: prelabels, or column"):
        scenario(labelling={"suggestions": {"cost_per_document": 0.02}})


KEYS = ("labelling", "training", "coordination", "fixed", "monthly", "per_seat", "per_document")
AMOUNTS = st.decimals(0, 500, places=2).map(float)


@settings(max_examples=30)
@given(
    amounts=st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, AMOUNTS)),
    cut=st.floats(1, 2_000),
    people=st.integers(1, 3),
)
def test_costs_are_the_sum_of_what_they_are_for_and_of_what_their_keys_say(
    amounts: dict[str, float], cut: float, people: int
) -> None:
    """To the cent: hours of people, machine and round trip, months, documents, and what is fixed."""
    plan = scenario(costs=amounts, team=[{"count": people}], limit={"hours": cut})
    measured = compute_metrics(simulate_project(plan, POOL, reaches(1_100)))
    total, parts = measured.metrics["cost"], measured.cost_parts
    assert total is not None
    rate = {**dict.fromkeys(KEYS, 0.0), **amounts}
    found = {name: value or 0 for name, value in measured.metrics.items()}
    months = max(1, -(-found["wall_hours"] // MONTH))
    expected = {
        "people": rate["labelling"] * found["active_hours"]
        + rate["coordination"] * found["coordination_hours"],
        "machine": rate["training"] * found["training_hours"],
        "licences": (rate["monthly"] + people * rate["per_seat"]) * months
        + rate["per_document"] * found["labelled_at_publish"],
        "fixed": rate["fixed"],
    }
    for name, amount in expected.items():
        assert parts.get(name, 0) == pytest.approx(amount, abs=0.005)
    assert total == pytest.approx(sum(expected.values()), abs=0.005)


def test_what_costs_are_for_is_told_where_it_is_more_than_one_thing() -> None:
    plan = scenario(costs={"training": 10, "fixed": 50, "monthly": 70})
    found = replace(scenario_outcome(simulate_project(plan, POOL, reaches(100))), label_names=("one",))
    told = replace(found, currency="EUR").summary
    assert costs_by_part(told) == "Mean cost: 160 EUR (machine 40.00, licences 70.00, fixed 50.00)."
    assert costs_by_part(found.summary) == ""
