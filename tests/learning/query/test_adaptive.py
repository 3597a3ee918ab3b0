"""Mixtures of margin and label cardinality, in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.adaptive import Adaptive
from support.scripted import known


def test_it_picks_the_best_of_each_mixture_in_turn() -> None:
    """Documents carry one label, so the surprises at 1, 0 and 3 predicted labels are 0, 1 and 2.

    Margins are .1, .4 and .6. By beta = 1 document 0 is best (10 before 2.5 and 1.67); by .75, where it comes
    to nothing, document 1 (2.5^.75 = 1.99 before 1.67^.75 * 2^.25 = 1.74); by .5 document 2
    (1.67^.5 * 2^.5 = 1.83 before 2.5^.5 = 1.58).
    """
    model = replace(
        known(np.array([[0.52, 0.47, 0.1], [0.45, 0.25, 0.1], [0.9, 0.85, 0.55]])),
        labels=np.array([[True, False, False]]),
        labelled=np.array([0]),
    )
    choice = Candidates(np.array([2, 1, 0]), model)
    assert Adaptive().pick(choice, 1).tolist() == [0]
    assert Adaptive().pick(choice, 3).tolist() == [0, 1, 2]
