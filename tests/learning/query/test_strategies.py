"""What every query strategy promises, present and future: a new one gets these tests free."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.core.registry import QUERY_STRATEGIES
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.learning.query import Candidates, Strategy
from sim.scenario.models import Labelling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

COUNTS_LABELS = ("label_cardinality_inconsistency", "adaptive")
"""Strategies by whole numbers of labels, of which many documents have the same."""

NAMES = {kind: name for name, kind in QUERY_STRATEGIES.items()}
everyone = [kind() for kind in NAMES]
informed = [strategy for strategy in everyone if strategy.needs_model]
without_ties = [strategy for strategy in informed if NAMES[type(strategy)] not in COUNTS_LABELS]


def every(strategies: list[Strategy]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("strategy", strategies, ids=lambda strategy: NAMES[type(strategy)])


def predictions(
    documents: int, labels: int = 3, seed: int = 0, labelled: int = 20, *, certain: bool = False
) -> Predictions:
    """As a learner's: the first label is one that no document has carried yet, the last feature is constant.

    A model that is ``certain`` of nearly everything gives no probability but 0, a half and 1.
    """
    rng = np.random.default_rng(seed)
    scores = rng.normal(-0.5, 0.6, (documents, labels)).astype(np.float32)
    if certain:
        scores = np.clip(np.rint(scores), -1, 1)
    directions = rng.normal(size=(documents, 8))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    known = rng.random((labelled, labels)) < np.linspace(0, 0.5, labels)
    features = np.hstack([directions, np.ones((documents, 1))]).astype(np.float32)
    return Predictions(
        scores=scores,
        calibration=half if certain else logistic,
        labelled=rng.permutation(documents)[:labelled],
        labels=known,
        moments=GramAccumulator(features),
        leave_one_out=lambda: known - 0.5,
        penalty=1.0,
    )


def half(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    return (scores + 1) / 2


def logistic(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    chances: NDArray[np.floating] = 1 / (1 + np.exp(-4 * scores))
    return chances


def seconds(_: Rows, probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """More labels take longer."""
    expected: NDArray[np.floating] = 1 + 7 * probabilities.sum(axis=1)
    return expected


def candidates(
    count: int, labels: int = 3, seed: int = 0, labelled: int = 20, *, certain: bool = False
) -> Candidates:
    """So many unlabelled documents out of a pool of twice as many."""
    model = predictions(2 * count + labelled, labels, seed, labelled, certain=certain)
    unlabelled = np.setdiff1d(np.arange(len(model.scores)), model.labelled)
    return Candidates(np.random.default_rng(seed).permutation(unlabelled)[:count], model, seconds)


def moved(choice: Candidates, to: Rows, pool: int) -> Candidates:
    """The same documents, labelled ones too, as the rows ``to`` of a larger or another pool of noise."""
    model = choice.predictions
    other = predictions(pool, model.scores.shape[1], seed=9)
    for name in ("scores", "features"):
        getattr(other, name)[to] = getattr(model, name)
    other = replace(
        other,
        labels=model.labels,
        labelled=to[model.labelled],
        leave_one_out=model.leave_one_out,
    )
    return Candidates(to[choice.documents], other, choice.timing)


@every(everyone)
@given(
    count=some.integers(1, 300),
    labels=some.integers(1, 5),
    labelled=some.integers(0, 20),
    asked=some.sampled_from([1, 2, 50, 1_000]),
    seed=some.integers(0, 99),
    certain=some.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_it_picks_candidates_none_twice_as_many_as_asked_or_all(
    strategy: Strategy, count: int, labels: int, labelled: int, asked: int, seed: int, *, certain: bool
) -> None:
    """Warnings, such as of numbers that are none, are errors here."""
    choice = candidates(count, labels, seed, labelled, certain=certain)
    picked = strategy.pick(choice, asked)
    assert picked.dtype == np.int64
    assert len(picked) == min(asked, count)
    assert len(set(picked.tolist())) == len(picked)
    assert set(picked.tolist()) <= set(choice.documents.tolist())


@every(everyone)
@pytest.mark.parametrize("count", [1, 1_000])
def test_it_picks_batches_of_any_size(strategy: Strategy, count: int) -> None:
    picked = strategy.pick(candidates(1_200), count)
    assert len(set(picked.tolist())) == count


@every(everyone)
@pytest.mark.parametrize("asked", [1, 50])
@pytest.mark.parametrize("labels", [1, 4])
def test_one_document_is_left(strategy: Strategy, labels: int, asked: int) -> None:
    choice = candidates(1, labels)
    assert strategy.pick(choice, asked).tolist() == choice.documents.tolist()


@every(everyone)
def test_it_leaves_its_inputs_alone_and_picks_the_same_again(strategy: Strategy) -> None:
    choice = candidates(100)
    model = choice.predictions
    before = [np.array(getattr(model, field.name)) for field in fields(model)]
    documents = choice.documents.copy()
    picked = strategy.pick(choice, 10).copy()
    assert np.array_equal(choice.documents, documents)
    for field, value in zip(fields(model), before, strict=True):
        assert np.array_equal(getattr(model, field.name), value), field.name
    assert np.array_equal(strategy.pick(choice, 10), picked)
    assert np.array_equal(type(strategy)().pick(replace(choice), 10), picked)


@every(everyone)
def test_what_it_picks_is_its_own(strategy: Strategy) -> None:
    choice = candidates(20)
    before = choice.documents.copy()
    strategy.pick(choice, 20)[:] = -1
    assert np.array_equal(choice.documents, before)


@every(informed)
@pytest.mark.parametrize("same", [-1.0, 0.0, 1.0])
def test_of_equal_documents_it_picks_the_first(strategy: Strategy, same: float) -> None:
    """All scores and features are equal, as with empty texts and a model that has seen none of the labels."""
    choice = candidates(50, 4)
    model = choice.predictions
    equal = replace(
        model,
        scores=np.full_like(model.scores, same),
        calibration=half,
        moments=GramAccumulator(np.ones_like(model.features)),
    )
    picked = strategy.pick(replace(choice, model=equal), 10)
    assert picked.tolist() == np.sort(choice.documents)[:10].tolist()


@every(everyone)
@pytest.mark.parametrize("same", [-1.0, 0.0, 1.0])
def test_scores_may_be_equal_where_texts_are_not(strategy: Strategy, same: float) -> None:
    choice = candidates(50, 4)
    model = choice.predictions
    scores = np.full_like(model.scores, same)
    equal = replace(model, scores=scores, calibration=half)
    assert len(set(strategy.pick(replace(choice, model=equal), 10).tolist())) == 10


@every(informed)
def test_the_order_of_candidates_does_not_matter(strategy: Strategy) -> None:
    choice = candidates(200)
    order = np.random.default_rng(1).permutation(200)
    reordered = replace(choice, documents=choice.documents[order])
    assert np.array_equal(strategy.pick(reordered, 30), strategy.pick(choice, 30))


@every(informed)
def test_documents_that_are_no_candidates_do_not_matter(strategy: Strategy) -> None:
    choice = candidates(200)
    pool = len(choice.predictions.scores)
    among_others = np.sort(np.random.default_rng(1).permutation(3 * pool)[:pool])
    picked = strategy.pick(moved(choice, among_others, 3 * pool), 30)
    assert picked.tolist() == among_others[strategy.pick(choice, 30)].tolist()


@every(without_ties)
def test_the_order_of_the_pool_does_not_matter_where_no_two_are_alike(strategy: Strategy) -> None:
    choice = candidates(200)
    pool = len(choice.predictions.scores)
    order = np.random.default_rng(1).permutation(pool)
    picked = strategy.pick(moved(choice, order, pool), 30)
    assert picked.tolist() == order[strategy.pick(choice, 30)].tolist()


@every(informed)
def test_it_picks_from_what_a_model_predicts(strategy: Strategy) -> None:
    with pytest.raises(ValueError, match="predictions"):
        strategy.pick(Candidates(np.arange(3)), 1)


@every(everyone)
def test_more_documents_cost_no_more_than_their_share_of_memory(strategy: Strategy) -> None:
    few, many = candidates(4_000), candidates(8_000)
    strategy.pick(candidates(100), 20)  # imports what it needs
    peaks = []
    for choice in (few, many):
        tracemalloc.start()
        strategy.pick(choice, 20)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] <= 2.5 * peaks[0]


@every(everyone)
def test_it_can_be_named_in_a_scenario(strategy: Strategy) -> None:
    name = NAMES[type(strategy)]
    assert Labelling.model_validate({"strategy": name}).strategy == name
    assert strategy.view
    assert strategy.pace in ("focused", "switching")
