"""Random sampling."""

from __future__ import annotations

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.random import Random


def test_it_takes_documents_in_the_order_of_luck() -> None:
    assert Random().pick(Candidates(np.array([5, 3, 9])), 2).tolist() == [5, 3]
