"""Probabilities from scores whose scale differs from label to label."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from sim.learning.calibration import Calibration, CalibrationByLabel


def timid(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True chances, scores and labels of four labels, each on a scale of its own and the rarer the lower."""
    rng = np.random.default_rng(seed)
    chances = expit(3 * rng.normal(size=(count, 4)) - np.array([0, 1, 2, 3]))
    scores = np.log(chances / (1 - chances)) * [0.2, 0.05, 0.02, 0.01] - [0, 0.5, 0.8, 0.9]
    return chances, scores, rng.random(chances.shape) < chances


def test_it_finds_the_chances_that_labels_were_drawn_with() -> None:
    chances, scores, truth = timid(4_000)
    found = CalibrationByLabel.fit(scores, truth).probabilities(scores)
    assert np.abs(found - chances).mean() < 0.02


def test_one_scale_for_all_makes_nothing_of_rare_labels() -> None:
    chances, scores, truth = timid(4_000)
    own = np.abs(CalibrationByLabel.fit(scores, truth).probabilities(scores) - chances).mean(axis=0)
    shared = np.abs(Calibration.fit(scores, truth).probabilities(scores) - chances).mean(axis=0)
    assert np.all(own[1:] < shared[1:] / 2)


def test_without_documents_every_probability_is_a_half() -> None:
    nothing = CalibrationByLabel.fit(np.empty((0, 3)), np.empty((0, 3), dtype=np.bool_))
    assert (nothing.probabilities(np.array([[-1.0, 0.0, 2.0]])) == 0.5).all()


@pytest.mark.parametrize("carried", [False, True])
def test_a_label_that_all_or_none_carry_has_a_probability_between_0_and_1(carried: bool) -> None:  # noqa: FBT001
    scores = np.linspace(-1, 1, 10)[:, np.newaxis]
    found = CalibrationByLabel.fit(scores, np.full((10, 1), carried)).probabilities(scores)
    assert np.all((found > 0) & (found < 1))
    assert np.all((found > 0.5) == carried)
