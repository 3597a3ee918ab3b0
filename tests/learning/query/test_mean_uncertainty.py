"""Mean uncertainty over labels."""

from __future__ import annotations

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.mean_uncertainty import MeanUncertainty
from support.scripted import known


def test_it_picks_the_least_certain_on_average() -> None:
    """1 - |2 p - 1|: (.2, .6) averages .4, (1, .2) averages .6, (.4, .2) averages .3."""
    model = known(np.array([[0.1, 0.3], [0.5, 0.9], [0.2, 0.9]]))
    assert MeanUncertainty().pick(Candidates(np.array([2, 0, 1]), model), 3).tolist() == [1, 0, 2]
