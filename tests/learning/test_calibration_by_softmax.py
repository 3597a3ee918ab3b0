"""Probabilities of labels that compete for a document."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

from sim.learning.calibration import SLOPE, CalibrationBySoftmax


def drawn(count: int, slope: float, shift: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores, and one label of each document drawn by softmax(slope score + shift)."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(-1, 1, (count, len(shift)))
    # The largest of values with Gumbel noise is drawn by softmax.
    best = (slope * scores + shift + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return scores, best[:, np.newaxis] == np.arange(len(shift))


@given(
    arrays(np.float64, (5, 4), elements=some.floats(-3, 3)),
    arrays(np.bool_, (5, 4)),
    arrays(np.float32, (3, 4), elements=some.floats(-1_000, 1_000, width=32)),
)
def test_probabilities_of_any_scores_sum_to_1(
    scores: np.ndarray, truth: np.ndarray, others: np.ndarray
) -> None:
    found = CalibrationBySoftmax.fit(scores, truth)
    probabilities = found.probabilities(others)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_of_two_labels_it_is_a_logistic_curve_of_their_difference() -> None:
    scores = np.random.default_rng(1).normal(size=(50, 2))
    found = CalibrationBySoftmax(3.0, np.array([0.5, -0.25]))
    difference = 3 * (scores[:, 0] - scores[:, 1]) + 0.75
    np.testing.assert_allclose(found.probabilities(scores)[:, 0], expit(difference), rtol=1e-12)


def test_it_finds_the_curve_that_labels_were_drawn_by() -> None:
    shift = np.array([1.0, 0.0, -1.0])
    found = CalibrationBySoftmax.fit(*drawn(20_000, 5.0, shift))
    assert found.slope == pytest.approx(5, abs=0.15)
    np.testing.assert_allclose(found.shift - found.shift.mean(), shift, atol=0.1)


@pytest.mark.parametrize(("count", "labels"), [(3, 2), (40, 7), (500, 30)])
def test_it_is_where_the_penalised_likelihood_is_highest(count: int, labels: int) -> None:
    scores, truth = drawn(count, 6.0, np.linspace(-1, 1, labels))

    def loss(curve: np.ndarray) -> float:
        missed = -log_softmax(curve[0] * scores + curve[1:], axis=1)[truth].sum()
        return float(missed + ((curve[0] - SLOPE) ** 2 + curve[1:] @ curve[1:]) / 2)

    found = CalibrationBySoftmax.fit(scores, truth)
    best = minimize(loss, np.append(SLOPE, np.zeros(labels)), method="BFGS", options={"gtol": 1e-5}).x
    np.testing.assert_allclose(np.append(found.slope, found.shift), best, atol=1e-4)


def test_documents_without_labels_tell_nothing() -> None:
    scores, truth = drawn(60, 4.0, np.zeros(3))
    truth[::2] = False
    found, alone = (
        CalibrationBySoftmax.fit(scores, truth),
        CalibrationBySoftmax.fit(scores[1::2], truth[1::2]),
    )
    assert found.slope == alone.slope
    assert np.array_equal(found.shift, alone.shift)
    nothing = CalibrationBySoftmax.fit(scores[:0], truth[:0])
    assert (nothing.slope, nothing.shift.tolist()) == (SLOPE, [0, 0, 0])
