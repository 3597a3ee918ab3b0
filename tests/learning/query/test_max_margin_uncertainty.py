"""The margin between the predicted labels and the others."""

from __future__ import annotations

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.max_margin_uncertainty import MaxMarginUncertainty, separation
from support.scripted import known


def test_it_picks_the_narrowest_margin() -> None:
    """Scores are 2 p - 1.

    Document 0 has predicted (.8, .2) and not (-.4): .2 + .4 = .6. Document 1 has none predicted, so that the
    highest, -.1, counts as predicted before -.2: .1. Document 2 has all predicted, so that the lowest, .1,
    counts as not, after .6: .5.
    """
    model = known(np.array([[0.9, 0.6, 0.3], [0.45, 0.4, 0.1], [0.9, 0.8, 0.55]]))
    choice = Candidates(np.array([0, 1, 2]), model)
    assert separation(choice) == pytest.approx([0.6, 0.1, 0.5])
    assert MaxMarginUncertainty().pick(choice, 3).tolist() == [1, 2, 0]


def test_a_single_label_is_ahead_of_none_but_0() -> None:
    choice = Candidates(np.array([0, 1, 2]), known(np.array([[0.9], [0.45], [0.2]])))
    assert separation(choice) == pytest.approx([0.8, 0.1, 0.6])
