"""The number of predicted labels against the number that documents have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.label_cardinality_inconsistency import LabelCardinalityInconsistency, inconsistency
from support.scripted import known


def test_it_picks_the_most_surprising_numbers_of_labels() -> None:
    """Four labelled documents carry five labels, 1.25 each; 0, 1 and 3 are 1.25, .25 and 1.75 away."""
    model = replace(
        known(np.array([[0.1, 0.2, 0.3], [0.1, 0.9, 0.2], [0.6, 0.7, 0.5]])),
        labels=np.arange(4)[:, np.newaxis] < [3, 0, 2],
        labelled=np.arange(4),
    )
    choice = Candidates(np.array([0, 1, 2]), model)
    assert inconsistency(choice) == pytest.approx([1.25, 0.25, 1.75])
    assert LabelCardinalityInconsistency().pick(choice, 3).tolist() == [2, 0, 1]
