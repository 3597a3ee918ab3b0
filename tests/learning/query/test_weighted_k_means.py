"""One document of each cluster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.max_margin_uncertainty import MaxMarginUncertainty
from sim.learning.query.weighted_k_means import WeightedKMeans
from support.scripted import known


@pytest.mark.parametrize(("first", "second", "central"), [(0.6, 0.7, 0), (0.7, 0.6, 1)])
def test_it_picks_the_central_document_of_each_cluster(first: float, second: float, central: int) -> None:
    """Documents 0 and 1 are close, 2 is far. Margins of .2 and .4 weigh 1 / 1.2 and 1 / 1.4.

    So the centre of the two is nearer to the one with the narrower margin; the far one's is .6, the widest.
    """
    model = known(np.array([[first], [second], [0.8]]), np.array([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0]]))
    choice = Candidates(np.array([2, 1, 0]), model)
    assert WeightedKMeans().pick(choice, 2).tolist() == [central, 2]
    assert MaxMarginUncertainty().pick(choice, 2).tolist() == [central, 1 - central]


def test_a_label_that_is_put_despite_a_lower_score_than_another_weighs_more_than_any_margin() -> None:
    """Margins of -3 and -.4 weigh 4 and 1.4, so that the centre of the two is nearest to the first."""
    model = replace(
        known(np.zeros((3, 2)), np.array([[1.0, 0.0], [1.0, 0.2], [0.0, 1.0]])),
        scores=np.array([[-1.0, 2.0], [0.1, 0.5], [1.0, -1.0]]),
        calibration=lambda scores: np.broadcast_to([0.9, 0.1], scores.shape),
    )
    assert WeightedKMeans().pick(Candidates(np.arange(3), model), 2).tolist() == [0, 2]


@pytest.mark.parametrize(("score", "central"), [(0.0, 2), (0.15, 3), (0.2, 4), (1.0, 4)])
def test_up_to_half_is_random_where_the_model_explains_little(score: float, central: int) -> None:
    """Left out, each of two documents is guessed from the other, as in the test of variance reduction.

    The first documents of the random order, those with the highest numbers, fill up the batch.
    """
    off = 2 * np.sqrt(1 - score)
    model = replace(
        known(np.full((8, 1), 0.5)),
        labelled=np.array([6, 7]),
        labels=np.array([[True], [False]]),
        leave_one_out=lambda: np.array([[1 - off], [off - 1]]),
    )
    picked = WeightedKMeans().pick(Candidates(np.arange(5, -1, -1), model), 4).tolist()
    others = [row for row in range(5, -1, -1) if row not in picked[:central]]
    assert picked == [*sorted(picked[:central]), *others[: 4 - central]]
