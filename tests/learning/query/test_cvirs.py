"""Votes of labels, times how unlike the label sets are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.cvirs import Cvirs, _mean_distances, _votes
from support.scripted import known

FIRST = [True, False, False, False]


def test_votes_are_places_before_the_others_and_equals_share_them() -> None:
    """Of three documents the first label puts 0 before 1 before 2; by the second, 0 and 1 share place 1.5."""
    margins = np.array([[0.1, 0.3], [0.2, 0.3], [0.4, 0.9]])
    assert _votes(margins) == pytest.approx([(1 + 0.75) / 2, (0.5 + 0.75) / 2, 0])


def test_distances_between_label_sets() -> None:
    """From {0, 1}, {1, 2, 3}, {0} and {} to {0}, four labels.

    {0, 1}: one label in both, one in one, two in neither are 1.5 bits together, 1 and .811 apart:
    (3 - 1.811) / 1.5 = .792. The complement is 1 away, the same set 0. {}: .811 bits together, 0 and .811
    apart, so 1.
    """
    sets = np.array([[True, True, False, False], [False, True, True, True], FIRST, [False] * 4])
    assert _mean_distances(sets, np.array([FIRST])) == pytest.approx([0.7925, 1, 0, 1], abs=1e-4)
    assert _mean_distances(sets, np.array([FIRST, FIRST, [True, True, False, False]]))[2] == pytest.approx(
        0.7925 / 3, abs=1e-4
    )


def test_it_picks_uncertain_documents_with_unlike_labels() -> None:
    """Every label puts document 0 first, 2 second and 1 last: votes 1, 0 and .5.

    The labelled document carries label 0 alone; predicted are {0}, {0, 1} and {0, 1}: products 0, 0, .396.
    """
    model = replace(
        known(np.array([[0.55, 0.45, 0.45, 0.45], [0.9, 0.9, 0.1, 0.1], [0.7, 0.7, 0.3, 0.3]])),
        labels=np.array([FIRST]),
        labelled=np.array([0]),
    )
    assert Cvirs().pick(Candidates(np.array([1, 0, 2]), model), 3).tolist() == [2, 0, 1]
