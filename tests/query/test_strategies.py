"""What every query strategy promises, present and future: a new one gets these tests free."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.query import STRATEGIES, Strategy
from sim.query.candidates import Candidates
from sim.query.mean_uncertainty import MeanUncertainty
from sim.query.random import Random
from sim.scenario.models import Labelling

everyone = [kind() for kind in STRATEGIES.values()]
informed = [strategy for strategy in everyone if strategy.needs_model]
every_strategy = pytest.mark.parametrize("strategy", everyone, ids=lambda strategy: strategy.name)
every_informed_strategy = pytest.mark.parametrize("strategy", informed, ids=lambda strategy: strategy.name)


def candidates(count: int, labels: int = 3, seed: int = 0) -> Candidates:
    luck = np.random.default_rng(seed)
    return Candidates(luck.permutation(2 * count)[:count], luck.random((count, labels)))


@every_strategy
@given(
    count=some.integers(1, 300),
    labels=some.integers(1, 5),
    asked=some.sampled_from([1, 2, 50, 1_000]),
    seed=some.integers(0, 99),
)
@settings(max_examples=50)
def test_it_picks_candidates_none_twice_as_many_as_asked_or_all(
    strategy: Strategy, count: int, labels: int, asked: int, seed: int
) -> None:
    choice = candidates(count, labels, seed)
    picked = strategy.pick(choice, asked)
    assert len(picked) == min(asked, count)
    assert len(set(picked.tolist())) == len(picked)
    assert set(picked.tolist()) <= set(choice.documents.tolist())


@every_strategy
def test_it_leaves_its_inputs_alone_and_picks_the_same_again(strategy: Strategy) -> None:
    choice = candidates(100)
    before = choice.documents.copy(), np.array(choice.probabilities)
    picked = strategy.pick(choice, 10)
    assert np.array_equal(choice.documents, before[0])
    assert np.array_equal(np.array(choice.probabilities), before[1])
    assert np.array_equal(strategy.pick(choice, 10), picked)


@every_strategy
def test_what_it_picks_is_its_own(strategy: Strategy) -> None:
    choice = candidates(20)
    before = choice.documents.copy()
    picked = np.array(strategy.pick(choice, 20))
    picked[:] = -1
    assert np.array_equal(choice.documents, before)


@every_strategy
@pytest.mark.parametrize("same", [0.0, 0.5, 1.0])
def test_all_scores_equal(strategy: Strategy, same: float) -> None:
    """As with a model that has seen no positive document of any label."""
    documents = np.random.default_rng(0).permutation(50)
    choice = Candidates(documents, np.full((50, 4), same))
    picked = strategy.pick(choice, 10)
    expected = np.arange(10) if strategy.needs_model else documents[:10]
    assert picked.tolist() == expected.tolist()


@every_informed_strategy
def test_the_order_of_candidates_does_not_matter_to_scores(strategy: Strategy) -> None:
    choice = candidates(200)
    assert choice.probabilities is not None
    order = np.random.default_rng(1).permutation(200)
    moved = Candidates(choice.documents[order], choice.probabilities[order])
    assert np.array_equal(strategy.pick(moved, 30), strategy.pick(choice, 30))


@every_strategy
def test_it_can_be_named_in_a_scenario(strategy: Strategy) -> None:
    assert STRATEGIES[strategy.name] is type(strategy)
    assert Labelling.model_validate({"strategy": strategy.name}).strategy == strategy.name
    assert strategy.view
    assert strategy.pace in ("focused", "switching")


def test_random_takes_documents_in_the_order_of_luck() -> None:
    assert Random().pick(Candidates(np.array([5, 3, 9])), 2).tolist() == [5, 3]


def test_mean_uncertainty_worked_by_hand() -> None:
    """1 - |2p - 1|: (.2, .6) averages .4, (1, .2) averages .6, (.4, .4) averages .4."""
    probabilities = np.array([[0.1, 0.3], [0.5, 0.9], [0.2, 0.8]])
    picked = MeanUncertainty().pick(Candidates(np.array([7, 4, 1]), probabilities), 3)
    assert picked.tolist() == [4, 1, 7]


def test_mean_uncertainty_wants_probabilities() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        MeanUncertainty().pick(Candidates(np.arange(3)), 1)
