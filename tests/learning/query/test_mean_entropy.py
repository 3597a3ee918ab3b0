"""Mean entropy over labels."""

from __future__ import annotations

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.mean_entropy import MeanEntropy
from sim.learning.query.mean_uncertainty import MeanUncertainty
from support.scripted import known


def test_two_labels_a_little_open_count_for_more_than_one_wide_open() -> None:
    """Entropy is 1 bit at .5, .722 at .2, .469 at .1 and none at 1; the means are .5, .722 and .469 bits.

    The means of 1 - |2 p - 1| are .5, .4 and .2.
    """
    choice = Candidates(np.array([2, 0, 1]), known(np.array([[0.5, 1.0], [0.2, 0.8], [0.1, 0.9]])))
    assert MeanEntropy().pick(choice, 3).tolist() == [1, 0, 2]
    assert MeanUncertainty().pick(choice, 3).tolist() == [0, 1, 2]
