"""When projects stop: each rule's line, rules together, and that none looks at the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from sim.core.activities_and_costs import Spent
from sim.core.quality import ConvergenceStats, CurvePoint
from sim.core.registry import STOPPING_RULES
from sim.corpus import tfidf
from sim.learning.ridge_learner import Ridge
from sim.learning.stopping import IN_A_ROW, LAST, Stopping
from sim.results.replication_metrics import compute_metrics
from sim.scenario.models import Stop
from support.corpora import tiny_corpus
from support.handmade import GOOD
from support.scripted import NO_HAND_OVERS, documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult

POINT = CurvePoint(7, 400, 36_000_000, map=0.0, rating=GOOD, signs=ConvergenceStats(0.98, 0.05, 0.9))
CURVE = [POINT] * IN_A_ROW
SPENT = Spent(active_hours=3.0, cost=180.0)
LINES = {
    "rating": (71, 71.1),
    # 82, less .674 / 1.96 of the 7 points to the lower end of its two-sided interval.
    "performance": (0.795, 0.796),
    "kappa": (0.98, 0.981),
    "uncertainty": (0.05, 0.049),
    "confidence": (0.9, 0.901),
    "documents": (400, 401),
    "active_hours": (3, 3.1),
    "cost": (180, 180.01),
    "wall_hours": (10, 10.1),
}
"""Where each rule just stops this project, and where it just does not."""


def test_every_rule_is_a_key_of_the_scenario_and_has_a_line_here() -> None:
    assert list(STOPPING_RULES.built_in) == [key for key in Stop.model_fields if key != "when"] == list(LINES)


@pytest.mark.parametrize("name", STOPPING_RULES.built_in)
def test_a_rule_fires_where_its_line_is_crossed(name: str) -> None:
    just, not_yet = LINES[name]
    assert STOPPING_RULES[name](just).should_stop(CURVE, SPENT)
    assert not STOPPING_RULES[name](not_yet).should_stop(CURVE, SPENT)


@pytest.mark.parametrize("name", STOPPING_RULES.built_in)
def test_no_rule_looks_at_the_truth(name: str) -> None:
    for line in LINES[name]:
        rule = STOPPING_RULES[name](line)
        otherwise = [replace(point, map=1.0) for point in CURVE]
        assert rule.should_stop(otherwise, SPENT) == rule.should_stop(CURVE, SPENT)


@pytest.mark.parametrize("name", [name for name, rule in STOPPING_RULES.items() if rule(0).needs_rating])
def test_what_nobody_has_looked_at_stops_nothing(name: str) -> None:
    unseen = [replace(point, rating=None, signs=None) for point in CURVE]
    assert not STOPPING_RULES[name](LINES[name][0]).should_stop(unseen, SPENT)


def test_predictions_are_stable_only_after_three_agreements() -> None:
    rule = STOPPING_RULES["kappa"](0.9)
    first = replace(POINT, signs=ConvergenceStats(None, 0.05, 0.9))
    assert not rule.should_stop([first, POINT, POINT], SPENT)
    assert rule.should_stop([first, POINT, POINT, POINT], SPENT)


def test_performance_is_probably_good_enough_only_by_four_models_in_a_row() -> None:
    rule, worse = STOPPING_RULES["performance"](0.79), replace(POINT, rating=replace(GOOD, all_labels=80.0))
    assert not rule.should_stop([POINT, worse, POINT, POINT, POINT], SPENT)
    assert rule.should_stop([worse, POINT, POINT, POINT, POINT], SPENT)


def test_performance_is_surely_good_enough_by_one_model() -> None:
    """So a team with hand-overs need not wait for three more round trips."""
    unseen = replace(POINT, rating=None)
    assert STOPPING_RULES["performance"](0.75).should_stop([unseen, POINT], SPENT)
    assert not STOPPING_RULES["performance"](0.751).should_stop([unseen, POINT], SPENT)


def test_any_is_one_and_all_is_every_one() -> None:
    def fired(**rules: Any) -> list[str]:
        return Stopping(Stop(**rules)).fired(CURVE, SPENT)

    assert fired(documents=400, kappa=0.99) == ["documents"]
    assert fired(documents=400, kappa=0.99, when="all") == []
    assert fired(documents=400, kappa=0.98, when="all") == ["kappa", "documents"]
    assert fired() == []


def handed_over(**stop: Any) -> ReplicationResult:
    """One label a document at 7.1 s, batches of 500, 52 h a round trip; the target comes with 1,600."""
    plan = scenario(labelling={"batch": 500}, stop=stop)
    return simulate_project(plan, documents([1] * 3_000), reaches(1_600))


def test_a_budget_of_documents_is_not_overdrawn() -> None:
    result = handed_over(documents=1_000)
    assert [point.labelled_documents for point in result.curve] == [100, 600, 1_000]
    assert (result.outcome, list(result.stopped_by)) == ("stopped", ["documents"])


def test_a_budget_of_hours_ends_with_the_plan_in_hand() -> None:
    """600 documents take 1.18 h, 1,100 take 2.17 h: spent with the third model."""
    result = handed_over(active_hours=1.5)
    assert [point.labelled_documents for point in result.curve] == [100, 600, 1_100]
    assert result.stopped_by == ["active_hours"]


def test_a_budget_of_money_ends_with_the_model_by_which_it_is_spent() -> None:
    """A round trip costs 48 and its training 8; 600 documents cost 71, so that 10 + 71 + 2 x 56 are spent."""
    costs = {"labelling": 60, "training": 2, "coordination": 1, "fixed": 10}
    plan = scenario(labelling={"batch": 500}, stop={"cost": 150}, costs=costs, setup={"collect": "500 h"})
    result = simulate_project(plan, documents([1] * 3_000), reaches(1_600))
    assert [point.labelled_documents for point in result.curve] == [100, 600]
    assert result.stopped_by == ["cost"]
    assert compute_metrics(result).metrics["cost"] == pytest.approx(10 + 60 * 600 * 7.1 / 3_600 + 2 * 56)


def test_a_budget_of_money_where_nothing_costs_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="nothing costs anything here; write costs, such as"):
        scenario(stop={"cost": 150})


def test_a_deadline_is_kept_to_the_millisecond() -> None:
    result = handed_over(wall_hours=100)
    assert result.ended_ms == 100 * 3_600_000
    assert (result.outcome, len(result.curve)) == ("stopped", 1)


def test_a_rule_that_needs_company_waits_for_the_round_trip() -> None:
    """With 600 documents labelled, both hold; the project learns of it when their model comes back."""
    result = handed_over(when="all", wall_hours=60, documents=300)
    assert [point.labelled_documents for point in result.curve] == [100, 600]
    assert result.ended_ms == result.curve[-1].published_ms == (2 * 52 * 3_600_000 + 600 * 7_100)


def test_what_stopping_cost_is_told() -> None:
    """The target comes with 1,600 documents; 500 more at 7.1 s are spent past it."""
    stopped = compute_metrics(handed_over(documents=2_100)).stopped
    assert stopped is not None
    assert stopped.labelled_documents == 2_100
    assert stopped.active_hours_past_target == pytest.approx(500 * 7.1 / 3_600)
    below = compute_metrics(handed_over(documents=1_000)).stopped
    assert below is not None
    assert below.active_hours_past_target is None
    assert compute_metrics(handed_over()).stopped is None


def test_a_model_is_rated_where_a_rule_looks_at_it() -> None:
    corpus = tiny_corpus(documents=300, labels=4)
    plan = scenario(
        labelling={"initial": 40, "batch": 20, "strategy": "mean_uncertainty"},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 200},
        stop={"kappa": 0.9},
        target={"map": 1.0},
    )
    learner = Ridge(corpus, tfidf.compute(corpus, 16), 1.0)
    result = simulate_project(plan, corpus.pool, learner, label_names=corpus.label_names)
    assert result.stopped_by == ["kappa"]
    agreements = [point.signs.kappa for point in result.curve if point.signs]
    assert len(agreements) == len(result.curve)
    last = [agreement for agreement in agreements[-LAST:] if agreement is not None]
    assert sum(last) / LAST >= 0.9
    assert all(point.rating is not None for point in result.curve)
