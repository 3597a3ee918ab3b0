"""What most probably carries a label."""

from __future__ import annotations

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.relevance_sampling import RelevanceSampling
from support.scripted import known


def test_the_documents_with_the_highest_score_of_any_label_come_first() -> None:
    model = known(np.array([[0.2, 0.1], [0.3, 0.8], [0.9, 0.35], [0.1, 0.3]]))
    choice = Candidates(np.array([3, 1, 0, 2]), model)
    assert RelevanceSampling().pick(choice, 3).tolist() == [2, 1, 3]
