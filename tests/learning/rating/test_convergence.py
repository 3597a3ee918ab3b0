"""Agreement, uncertainty and confidence, worked out by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sklearn.metrics import cohen_kappa_score

from sim.learning.rating.recommender_and_convergence import ConvergenceMonitor, kappa
from support.scripted import known

ALL = np.ones(4, dtype=np.bool_)
BOTH = np.arange(2)


def test_kappa_of_cohens_formula() -> None:
    """35 yes together and 50 no, 10 and 5 apart: .85 agree, .51 would by chance."""
    one = np.repeat([True, True, False, False], [35, 10, 5, 50])
    other = np.repeat([True, False, True, False], [35, 10, 5, 50])
    by_chance = 0.45 * 0.40 + 0.55 * 0.60
    assert kappa(one, other) == pytest.approx((0.85 - by_chance) / (1 - by_chance))


@given(some.lists(some.tuples(some.booleans(), some.booleans()), min_size=1))
def test_kappa_is_scikit_learns_over_all_cells(cells: list[tuple[bool, bool]]) -> None:
    one, other = np.array(cells).T
    mine = kappa(one[:, np.newaxis], other[:, np.newaxis])
    if mine is None:
        assert one.all() == one.any() == other.any() == other.all()
    else:
        assert mine == pytest.approx(cohen_kappa_score(one, other, labels=[False, True]))


def test_where_chance_explains_everything_there_is_no_agreement_to_speak_of() -> None:
    nothing = np.zeros((5, 3), dtype=np.bool_)
    assert kappa(nothing, nothing) is None
    assert kappa(nothing[:0], nothing[:0]) is None


def test_the_first_model_has_none_before_it() -> None:
    monitor, model = ConvergenceMonitor(np.arange(4)), known(np.array([[0.9, 0.1]] * 2 + [[0.2, 0.7]] * 2))
    assert monitor.update(model, BOTH, ALL).kappa is None
    assert monitor.update(model, BOTH, ALL).kappa == 1


def test_only_documents_that_nobody_labelled_are_compared() -> None:
    """The last two change their minds; while they are unlabelled, half of the cells agree, as by chance."""
    before, after = np.array([[0.9, 0.1]] * 4), np.array([[0.9, 0.1]] * 2 + [[0.1, 0.9]] * 2)
    for unlabelled, agreement in ((ALL, 0.0), (np.array([True, True, False, False]), 1.0)):
        monitor = ConvergenceMonitor(np.arange(4))
        monitor.update(known(before), BOTH, unlabelled)
        assert monitor.update(known(after), BOTH, unlabelled).kappa == pytest.approx(agreement)


def test_a_label_that_was_not_known_was_predicted_nowhere() -> None:
    """Half of the cells were predicted, three quarters are, three quarters agree."""
    chances = np.array([[0.9, 0.9]] * 2 + [[0.9, 0.1]] * 2)
    monitor = ConvergenceMonitor(np.arange(4))
    monitor.update(known(chances), BOTH[:1], ALL)
    by_chance = 0.5 * 0.75 + 0.5 * 0.25
    assert monitor.update(known(chances), BOTH, ALL).kappa == pytest.approx(
        (0.75 - by_chance) / (1 - by_chance)
    )


def test_uncertainty_is_entropy_in_bits_and_confidence_that_of_the_least_sure() -> None:
    """One of four documents is a coin toss in one of two labels; the others are certain but for one of .9."""
    chances = np.array([[1.0, 0.0], [0.5, 0.0], [0.0, 0.9], [0.0, 1.0]])
    signs = ConvergenceMonitor(np.arange(4)).update(known(chances), BOTH, ALL)
    assert signs.uncertainty == pytest.approx((1 - 0.9 * log2(0.9) - 0.1 * log2(0.1)) / 8)
    assert signs.confidence == pytest.approx(0.75)


def test_of_nothing_unlabelled_all_is_certain() -> None:
    signs = ConvergenceMonitor(np.arange(4)).update(known(np.full((4, 2), 0.5)), BOTH, ~ALL)
    assert (signs.uncertainty, signs.confidence) == (0, 1)
