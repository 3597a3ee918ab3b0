"""Penalised logistic regressions of many labels at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from sim.learning.calibration import SKETCHED, LogisticRegressions

PRIOR, PRECISION = (2.2, -3.1), (4.0, 0.05)


def slopes_of_the_posterior(
    scores: np.ndarray, targets: np.ndarray, slope: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """Derivatives of the log posterior by slope and shift, which are 0 at its only maximum."""
    missed = targets - expit(slope[:, np.newaxis] * scores + shift[:, np.newaxis])
    by_slope = (missed * scores).sum(axis=1) - PRECISION[0] * (slope - PRIOR[0])
    by_shift = missed.sum(axis=1) - PRECISION[1] * (shift - PRIOR[1])
    return np.array([by_slope, by_shift])


def drawn(documents: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised scores of labels that are carried by half of the documents and by ever fewer."""
    rng = np.random.default_rng(0)
    truth = rng.random((8, documents)) < 0.5 ** np.arange(1, 9)[:, np.newaxis]
    scores = rng.normal(size=truth.shape) + 3 * truth
    scores = (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)
    return scores, truth.astype(np.float64)


@pytest.mark.parametrize("documents", [40, 2 * SKETCHED, 2 * SKETCHED + 1, 3_000])
def test_the_posterior_is_at_its_maximum(documents: int) -> None:
    """With few documents and, by a sketch, with many."""
    scores, truth = drawn(documents)
    found = LogisticRegressions(scores, truth).fit(prior=PRIOR, precision=PRECISION)
    assert np.abs(slopes_of_the_posterior(scores, truth, *found)).max() < 1e-4


def test_single_precision_finds_the_same_curves() -> None:
    scores, truth = drawn(3_000)
    double = LogisticRegressions(scores, truth).fit(prior=PRIOR, precision=PRECISION)
    single = LogisticRegressions(scores.astype(np.float32), truth).fit(prior=PRIOR, precision=PRECISION)
    np.testing.assert_allclose(single, double, rtol=1e-5)


@pytest.mark.parametrize("far", [-60.0, 60.0])
def test_it_is_found_from_far_away(far: float) -> None:
    """Where all probabilities are near 0 or 1, so that a step is anything but what it should be."""
    scores, truth = drawn(200)
    regressions = LogisticRegressions(scores, truth)
    near = regressions.fit(prior=PRIOR, precision=PRECISION)
    from_far = regressions.fit(prior=PRIOR, precision=PRECISION, first=(PRIOR[0], far))
    np.testing.assert_allclose(from_far, near, atol=1e-6)


def test_steps_do_not_alternate_for_ever() -> None:
    """31 examples score far above all but a few others: whole steps alternate between the same two curves."""
    rng = np.random.default_rng(0)
    others, examples = [rng.normal(-0.2, 0.45, 750), rng.normal(3, 0.6, 17)], rng.normal(3.3, 0.7, 31)
    scores = np.concatenate([*others, examples])[np.newaxis]
    truth = np.repeat([0.0, 1.0], [767, 31])[np.newaxis]
    found = LogisticRegressions(scores, truth).fit(prior=PRIOR, precision=PRECISION)
    assert np.abs(slopes_of_the_posterior(scores, truth, *found)).max() < 1e-4


def test_a_weight_counts_as_so_many_documents() -> None:
    scores, truth = drawn(100)
    weighed = LogisticRegressions(scores, truth, 3.0).fit(prior=PRIOR, precision=PRECISION)
    repeated = LogisticRegressions(np.tile(scores, 3), np.tile(truth, 3))
    np.testing.assert_allclose(weighed, repeated.fit(prior=PRIOR, precision=PRECISION), atol=1e-7)


def test_one_slope_is_shared_by_all_labels() -> None:
    scores, truth = drawn(2_000)
    slope, shift = LogisticRegressions(scores, truth).fit(prior=PRIOR, precision=PRECISION, one_slope=True)
    assert np.all(slope == slope[0])
    by_slope, by_shift = slopes_of_the_posterior(scores, truth, slope, shift)
    assert abs(by_slope.sum()) < 1e-3
    assert np.abs(by_shift).max() < 1e-4
