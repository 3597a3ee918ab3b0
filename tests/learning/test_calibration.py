"""Probabilities that happen as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from sim.learning.calibration import Calibration


def test_it_finds_the_logistic_curve_that_truth_was_drawn_from() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1.2, 1.2, (20_000, 3))
    truth = rng.random(scores.shape) < expit(5 * scores - 0.7)
    found = Calibration.fit(scores, truth)
    assert found.slope == pytest.approx(5, abs=0.1)
    assert found.shift == pytest.approx(-0.7, abs=0.05)


def test_what_it_says_happens_happens_as_often() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(-0.6, 0.4, (5_000, 4))
    truth = rng.random(scores.shape) < expit(6 * scores + 1)
    probabilities = Calibration.fit(scores, truth).probabilities(scores)
    assert probabilities.mean() == pytest.approx(truth.mean(), abs=1e-3)
    for low in (0.1, 0.3, 0.5, 0.7):
        said = (probabilities > low) & (probabilities < low + 0.2)
        assert truth[said].mean() == pytest.approx(probabilities[said].mean(), abs=0.03)


@pytest.mark.parametrize("true", [False, True])
def test_one_document_and_labels_all_alike_give_numbers(*, true: bool) -> None:
    found = Calibration.fit(np.array([[0.3, -0.8]]), np.full((1, 2), true))
    probabilities = found.probabilities(np.linspace(-3, 3, 7))
    assert np.isfinite(probabilities).all()
    assert (np.diff(probabilities) > 0).all()


def test_scores_that_tell_truth_apart_exactly_stay_below_certainty() -> None:
    scores = np.repeat([[-1.0], [1.0]], 50, axis=0)
    probabilities = Calibration.fit(scores, scores > 0).probabilities(scores)
    assert 0.9 < probabilities[-1, 0] < 1
