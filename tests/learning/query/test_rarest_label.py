"""Labels in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.rarest_label import RarestLabel
from support.scripted import known


def test_labels_take_their_least_certain_documents_in_turn_the_rarest_first() -> None:
    """Label 1 has fewer examples: it takes document 1, then label 0 document 2, label 1 what is left."""
    model = replace(
        known(np.array([[0.9, 0.1], [0.3, 0.4], [0.8, 0.35]])),
        labels=np.arange(7)[:, np.newaxis] < [5, 2],
        labelled=np.arange(7),
    )
    choice = Candidates(np.array([2, 0, 1]), model)
    assert RarestLabel().pick(choice, 3).tolist() == [1, 2, 0]
