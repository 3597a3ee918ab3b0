"""Learners learn what annotators said, and are measured on the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.corpus import ngrams, tfidf
from sim.learning.kernel_ridge_learner import FIRST_CHOICE, KernelRidge
from sim.learning.learner import CachedLearner
from sim.learning.quality_on_test_documents import average_precisions
from sim.learning.ridge_learner import ARTICLE, Ridge
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.learning.kernel_ridge_learner import KernelModel
    from sim.learning.ridge_learner import RidgeModel

    Said = NDArray[np.bool_]

AnyLearner: TypeAlias = Ridge | KernelRidge

CORPUS = tiny_corpus(documents=300, labels=4)
FEATURES = tfidf.compute(CORPUS, 16)
TERMS = ngrams.compute(CORPUS, 16)
ORDER = np.random.default_rng(1).permutation(len(CORPUS.pool))
WRONG = np.random.default_rng(2).random(CORPUS.pool.labels.shape) < 0.1
SAID = CORPUS.pool.labels ^ WRONG


def ridge(corpus: Corpus = CORPUS) -> Ridge:
    return Ridge(corpus, FEATURES, ARTICLE)


def strong(corpus: Corpus = CORPUS) -> KernelRidge:
    return KernelRidge(corpus, TERMS)


both = pytest.mark.parametrize("learner", [ridge, strong])


def seen_of(model: RidgeModel | KernelModel) -> list[NDArray[Any]]:
    """All that a project, and those who measure it, can see of a model."""
    its = model.predictions()
    return [
        its.scores,
        its.probabilities,
        its.left_out,
        its.labels,
        its.positives,
        np.array(its.explained),
        model.average_precisions,
    ]


def same(one: RidgeModel | KernelModel, other: RidgeModel | KernelModel) -> bool:
    """Whether they are equal to the last bit."""
    return all(map(np.array_equal, seen_of(one), seen_of(other)))


@both
@pytest.mark.parametrize("count", [1, 64, 200, 300])
def test_who_says_the_truth_teaches_what_the_truth_teaches(
    learner: Callable[[], AnyLearner], count: int
) -> None:
    snapshot = ORDER[:count]
    assert same(learner().train(snapshot, CORPUS.pool.labels[snapshot]), learner().train(snapshot))


@both
@pytest.mark.parametrize("count", [1, 64, 2 * FIRST_CHOICE + 5])
def test_what_is_said_is_learnt_as_if_it_were_true(
    learner: Callable[[Corpus], AnyLearner], count: int
) -> None:
    snapshot = ORDER[:count]
    taken_for_true = replace(CORPUS, pool=replace(CORPUS.pool, labels=SAID))
    judged = learner(CORPUS).train(snapshot, SAID[snapshot])
    believed = learner(taken_for_true).train(snapshot)

    for mine, theirs in zip(seen_of(judged), seen_of(believed), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)
    assert np.array_equal(judged.predictions().labels, SAID[snapshot])
    assert not np.array_equal(judged.predictions().positives, CORPUS.pool.labels[snapshot].sum(axis=0))


def test_documents_choose_by_what_was_said() -> None:
    """Each tenth label wrong makes more of the strongest directions than of single words."""
    snapshot, learner = ORDER[: 2 * FIRST_CHOICE], strong()
    said = CORPUS.pool.labels.copy()
    said[snapshot] ^= np.random.default_rng(1).random((len(snapshot), 4)) < 0.1
    taken_for_true = replace(CORPUS, pool=replace(CORPUS.pool, labels=said))

    assert learner.train(snapshot).choice.kernel == ("directions with words",)
    assert learner.train(snapshot, said[snapshot]).choice.kernel == ("directions",)
    assert strong(taken_for_true).train(snapshot).choice.kernel == ("directions",)
    assert learner.train(snapshot).choice.kernel == ("directions with words",)


@both
def test_map_is_measured_on_the_truth(learner: Callable[[], AnyLearner]) -> None:
    """Whoever mistakes one label for another all the time teaches just that."""
    swapped = CORPUS.pool.labels[ORDER][:, [1, 0, 2, 3]]
    true, mistaken = learner().train(ORDER), learner().train(ORDER, swapped)
    for model in (true, mistaken):
        its = model.predictions()
        on_pool = average_precisions(CORPUS.pool.labels, np.asarray(its.scores, dtype=np.float64))
        np.testing.assert_allclose(model.average_precisions, on_pool, atol=0.05)
    assert (true.average_precisions > 0.95).all()
    assert (mistaken.average_precisions[2:] > 0.95).all()
    assert (mistaken.average_precisions[:2] < 0.6).all()


@both
@given(
    steps=some.lists(
        some.tuples(some.integers(1, 300), some.none() | some.integers(0, 2**32)), min_size=2, max_size=4
    )
)
@settings(max_examples=10)
def test_a_label_that_was_mended_leaves_no_trace(
    learner: Callable[[], AnyLearner], steps: list[tuple[int, int | None]]
) -> None:
    """Whatever was said before, even of the earliest documents, is forgotten to the last bit."""
    one = learner()
    for size, rng in steps:
        snapshot, said = ORDER[:size], None
        if rng is not None:
            said = CORPUS.pool.labels[snapshot] ^ (np.random.default_rng(rng).random((size, 4)) < 0.05)
        found = one.train(snapshot, said)

    assert same(found, learner().train(snapshot, said))


@both
def test_what_was_said_may_be_changed_after_training(learner: Callable[[], AnyLearner]) -> None:
    snapshot, said = ORDER[:200], SAID[ORDER[:200]].copy()
    one = learner()
    model = one.train(snapshot, said)
    said[:] = ~said

    assert same(model, learner().train(snapshot, SAID[snapshot]))
    assert same(one.train(snapshot, said), learner().train(snapshot, ~SAID[snapshot]))


def test_models_are_shared_by_those_who_said_the_same() -> None:
    remembering = CachedLearner(ridge())
    snapshot = ORDER[:50]
    true, judged = remembering.train(snapshot), remembering.train(snapshot, SAID[snapshot])

    assert remembering.train(snapshot) is true
    assert remembering.train(snapshot, SAID[snapshot]) is judged
    assert len({id(true), id(judged), id(remembering.train(snapshot, ~SAID[snapshot]))}) == 3


@pytest.mark.parametrize("said", [None, SAID[:0]])
def test_nothing_is_learnt_from_nothing(said: Said | None) -> None:
    assert not ridge().train(ORDER[:0], said).weights.any()
