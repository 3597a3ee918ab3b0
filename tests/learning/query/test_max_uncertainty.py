"""The uncertainty of the least certain label."""

from __future__ import annotations

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.max_uncertainty import MaxUncertainty
from sim.learning.query.mean_uncertainty import MeanUncertainty
from support.scripted import known


def test_it_goes_by_the_least_certain_label_whatever_the_others() -> None:
    """1 - |2 p - 1|: (.2, .9), (.8, .8), (0, 1); the largest are .9, .8 and 1, the means .55, .8 and .5."""
    choice = Candidates(np.array([1, 0, 2]), known(np.array([[0.1, 0.45], [0.4, 0.4], [1.0, 0.5]])))
    assert MaxUncertainty().pick(choice, 3).tolist() == [2, 0, 1]
    assert MeanUncertainty().pick(choice, 3).tolist() == [1, 0, 2]
