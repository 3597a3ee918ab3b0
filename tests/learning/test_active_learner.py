"""The learning loop by itself: query, fit and rate, with no people and no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import Spent
from sim.core.streams import Streams
from sim.corpus import tfidf
from sim.learning.active_learner import ActiveLearner
from sim.learning.query import Candidates
from sim.learning.query.variance_reduction import VarianceReduction
from sim.learning.ridge_learner import Ridge
from support.corpora import tiny_corpus
from support.scripted import NO_HAND_OVERS, documents, label_ends, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.scenario.models import Scenario

CORPUS = tiny_corpus(documents=200, labels=4)
FEATURES = tfidf.compute(CORPUS, 16)
INITIAL, BATCH, DOCUMENTS = 20, 30, 110


def planned(labelling: Mapping[str, Any] = {}, **parts: Any) -> Scenario:
    labelling = {"initial": INITIAL, "batch": BATCH, **labelling}
    return scenario(**{"labelling": labelling, "limit": {"documents": DOCUMENTS}, **parts})


def active_learner(plan: Scenario) -> ActiveLearner:
    learner = Ridge(CORPUS, FEATURES, 1.0)
    return ActiveLearner(plan, CORPUS.pool, learner, Streams(plan.seed), label_names=CORPUS.label_names)


def worked_through(learner: ActiveLearner) -> NDArray[np.int64]:
    """The documents that were labelled, batch by batch, with their true labels."""
    labelled = np.empty(0, dtype=np.int64)
    queries = learner.query(INITIAL)
    while queries and not learner.should_stop():
        labelled = np.concatenate([labelled, *(one.documents for one in queries if not one.again)])
        learner.fit(labelled)
        learner.rate()
        queries = learner.query(BATCH)
    return labelled


@pytest.mark.parametrize(
    ("labelling", "parts"),
    [
        ({}, {}),
        ({"strategy": "mean_uncertainty"}, {}),
        ({"strategy": "variance_reduction", "start": "diverse"}, {}),
        ({"strategy": "model_rating", "actions": 1}, {"taxonomy": {"emergent": True}}),
        ({"strategy": "mean_uncertainty"}, {"stop": {"uncertainty": 0.7, "kappa": 0.6}}),
    ],
    ids=["random", "uncertainty", "diverse", "rating", "stopping"],
)
def test_a_loop_reaches_the_models_of_a_simulated_project(
    labelling: Mapping[str, Any], parts: Mapping[str, Any]
) -> None:
    """One annotator who takes a batch as a page labels it in the order of the query."""
    plan = planned({**labelling, "page": BATCH}, **parts)
    learner = active_learner(plan)
    labelled = worked_through(learner)
    result = simulate_project(plan, CORPUS.pool, Ridge(CORPUS, FEATURES, 1.0), label_names=CORPUS.label_names)
    assert [(one.map, one.rating, one.signs) for one in learner.curve] == [
        (one.map, one.rating, one.signs) for one in result.curve
    ]
    assert len(set(labelled.tolist())) == len(labelled) == result.curve[-1].labelled_documents
    assert learner.should_stop() == result.stopped_by


@pytest.mark.parametrize("share", [0, 0.1])
def test_outside_the_world_of_the_article_advice_is_half_of_a_batch_at_most(share: float) -> None:
    """The other half, or more as long as labels lack examples, is what reduces the model's variance most."""
    learner = active_learner(planned({"strategy": "model_rating", "control": share}))
    labelled = np.empty(0, dtype=np.int64)
    queries = learner.query(INITIAL)
    order = Streams(planned().seed).document_order(len(CORPUS.pool))
    explored, lacking = [], []
    while queries:
        labelled = np.concatenate([labelled, *(one.documents for one in queries if not one.again)])
        learner.fit(labelled)
        learner.rate()
        lacking.append(float((learner.predictions.positives < 25).mean()))
        others = Candidates(order[~np.isin(order, labelled)], learner.predictions)
        best = VarianceReduction().pick(others, round(BATCH * (1 + lacking[-1]) / 2))
        queries = learner.query(BATCH)
        explored += [queries[0].documents.tolist() == best.tolist() for _ in queries[:1]]
    assert set(explored) == {share > 0}
    assert not share or lacking[0] == 1 > lacking[-1]


def test_models_get_better() -> None:
    learner = active_learner(planned())
    worked_through(learner)
    assert [one.labelled_documents for one in learner.curve] == [20, 50, 80, 110]
    assert learner.curve[0].map < learner.curve[-1].map == pytest.approx(np.mean(learner.average_precisions))


def test_labels_that_people_put_are_what_it_learns_from() -> None:
    learner = active_learner(planned())
    (query,) = learner.query(INITIAL)
    learner.fit(query.documents, ~CORPUS.pool.labels[query.documents])
    by_mistake = learner.rate().map
    learner.fit(query.documents)
    assert by_mistake < learner.rate().map


def test_no_document_is_queried_beyond_the_limit() -> None:
    learner = active_learner(planned())
    assert len(learner.query(INITIAL)[0].documents) == INITIAL
    assert len(learner.query(1_000)[0].documents) == DOCUMENTS - INITIAL
    assert not learner.query(1)
    assert learner.room == 0


def test_a_project_begins_with_its_initial_documents_however_small_its_budget() -> None:
    """Under continuous training the next plan is made before a model, and with it the budget, is seen."""
    plan = planned(stop={"documents": 5}, trainer={"trigger": "continuous"}, coordination=NO_HAND_OVERS)
    result = simulate_project(plan, documents([1] * 200), reaches(999))
    assert result.reason == "budget"
    assert len(label_ends(result)) == INITIAL


def test_a_label_is_discovered_once() -> None:
    put = np.array([[True, False, False, False], [True, True, False, False]])
    emerging, given = (active_learner(planned(taxonomy={"emergent": one})) for one in (True, False))
    assert [emerging.discover(put), emerging.discover(put)] == [2, 0]
    assert given.discover(put) == 0


def test_a_model_is_fitted_before_it_is_looked_at() -> None:
    learner = active_learner(planned())
    assert learner.should_stop(Spent(active_hours=10**6, cost=10**6)) == []
    assert learner.average_precisions == ()
    with pytest.raises(RuntimeError, match="fit one"):
        learner.rate()
    with pytest.raises(RuntimeError, match="fit one"):
        _ = learner.predictions


def test_documents_come_in_the_order_of_their_queries_all_of_them_or_some() -> None:
    learner = active_learner(planned())
    queried = np.concatenate([one.documents for count in (INITIAL, BATCH) for one in learner.query(count)])
    np.testing.assert_array_equal(learner.in_query_order(np.sort(queried)), queried)
    np.testing.assert_array_equal(learner.in_query_order(queried[[40, 3, 17]]), queried[[3, 17, 40]])
