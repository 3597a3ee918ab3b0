"""The learner against scikit-learn's, and against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge as ScikitRidge

from sim.corpus import tfidf
from sim.learning.incremental_algebra import BLOCK
from sim.learning.learner import CachedLearner
from sim.learning.quality_on_test_documents import measure
from sim.learning.ridge_learner import ARTICLE, MEASURED, Ridge
from support.corpora import tiny_corpus

CORPUS = tiny_corpus(documents=300, labels=4)
FEATURES = tfidf.compute(CORPUS, 16)
ORDER = np.random.default_rng(1).permutation(len(CORPUS.pool))


def learner(alpha: float = 1.0) -> Ridge:
    return Ridge(CORPUS, FEATURES, alpha)


@pytest.mark.parametrize("alpha", [1.0, ARTICLE])
def test_leave_one_out_is_training_without_that_one(alpha: float) -> None:
    seen = ORDER[:90]
    trained = learner(alpha).train(seen)
    model = trained.predictions()
    assert model.shift is not None
    mean, found, shift = (FEATURES.pool @ trained.weights).mean(axis=0), model.leave_one_out(), model.shift()
    for left_out in (0, 40, 89):
        scores = FEATURES.pool @ learner(alpha).train(np.delete(seen, left_out)).weights
        np.testing.assert_allclose(found[left_out], scores[seen[left_out]], rtol=0, atol=1e-9)
        np.testing.assert_allclose(shift[left_out], mean - scores.mean(axis=0), rtol=0, atol=1e-9)


@pytest.mark.parametrize("alpha", [1.0, ARTICLE])
def test_scores_of_the_pool_are_in_single_precision(alpha: float) -> None:
    model = learner(alpha).train(ORDER[:90])
    scores = model.predictions().scores
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, FEATURES.pool @ model.weights, rtol=0, atol=1e-6)


@pytest.mark.parametrize("alpha", [1e-6, 1.0, ARTICLE])
@pytest.mark.parametrize("count", [0, 1, 40, 200])
def test_the_mean_leverage_is_about_that_of_the_documents(alpha: float, count: int) -> None:
    one = learner(alpha)
    expected = 1 - one.leverages.complements(ORDER[:count]).mean() if count else 0
    # Up to 64 documents it is exact.
    assert one.train(ORDER[:count]).mean_leverage == pytest.approx(
        expected, rel=0.1 if count > MEASURED else 1e-6
    )


@pytest.mark.parametrize("alpha", [1.0, ARTICLE])
@pytest.mark.parametrize("count", [20, 200])
def test_quality_is_that_of_its_probabilities(alpha: float, count: int) -> None:
    model = learner(alpha).train(ORDER[:count])
    scores = FEATURES.test @ model.weights
    by_each_leverage = model.predictions().calibration(scores)
    expected = measure(CORPUS.test.labels, scores, by_each_leverage)
    assert model.quality.macro_f1 == pytest.approx(expected.macro_f1, abs=0.01)
    assert model.quality.micro_f1 == pytest.approx(expected.micro_f1, abs=0.01)


@pytest.mark.parametrize("alpha", [1.0, ARTICLE])
@pytest.mark.parametrize("count", [1, BLOCK, 3 * BLOCK + 5])
def test_agrees_with_scikit_learn(alpha: float, count: int) -> None:
    snapshot = ORDER[:count]
    theirs = ScikitRidge(alpha, fit_intercept=False)
    theirs.fit(FEATURES.pool[snapshot], np.where(CORPUS.pool.labels[snapshot], 1, -1))

    np.testing.assert_allclose(learner(alpha).train(snapshot).weights, theirs.coef_.T, rtol=0, atol=1e-8)


@given(st.lists(st.integers(0, len(ORDER)), min_size=1, max_size=6))
def test_a_snapshot_has_one_model_whatever_was_trained_before(sizes: list[int]) -> None:
    one = learner()
    for size in sizes:
        continued = one.train(ORDER[:size]).weights

    np.testing.assert_array_equal(continued, learner().train(ORDER[: sizes[-1]]).weights)


def test_another_order_is_learnt_from_scratch() -> None:
    one = learner()
    one.train(ORDER)
    reverse = ORDER[::-1].copy()

    np.testing.assert_array_equal(one.train(reverse).weights, learner().train(reverse).weights)


def test_a_snapshot_may_be_changed_after_training() -> None:
    one = learner()
    snapshot = ORDER.copy()
    one.train(snapshot)
    snapshot[:] = snapshot[::-1].copy()

    np.testing.assert_array_equal(one.train(snapshot).weights, learner().train(snapshot).weights)


def test_nothing_is_learnt_from_nothing() -> None:
    model = learner().train(ORDER[:0])

    assert not model.weights.any()
    assert (model.predictions().probabilities == 0.5).all()


def test_learns_what_is_easy() -> None:
    guessed, learnt = (learner().train(ORDER[:count]).map for count in (0, 200))

    assert guessed < 0.5
    assert learnt > 0.99


def test_map_is_the_mean_over_labels_that_can_be_measured() -> None:
    labels = CORPUS.test.labels.copy()
    labels[:, 2] = False
    corpus = replace(CORPUS, test=replace(CORPUS.test, labels=labels))
    whole = learner().train(ORDER[:20])
    partly = Ridge(corpus, FEATURES, 1.0).train(ORDER[:20])

    assert np.isnan(partly.average_precisions[2])
    assert partly.map == pytest.approx(whole.average_precisions[[0, 1, 3]].mean())


def test_a_snapshot_is_trained_once() -> None:
    remembering = CachedLearner(learner())
    model = remembering.train(ORDER[:50])

    assert remembering.train(ORDER[:50].copy()) is model
    remembering.forget()
    assert remembering.train(ORDER[:50]) is not model
