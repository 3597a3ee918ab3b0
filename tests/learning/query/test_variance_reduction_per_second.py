"""The same gain in half the time is worth twice as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Candidates
from sim.learning.query.variance_reduction import VarianceReduction
from sim.learning.query.variance_reduction_per_second import VarianceReductionPerSecond
from support.scripted import known

if TYPE_CHECKING:
    from numpy.typing import NDArray


def timing(documents: NDArray[np.int64], _: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.array([10.0, 4.0, 2.0])[documents]


def test_of_documents_that_teach_different_things_the_quicker_comes_first() -> None:
    """At right angles gains are u² / 2, u = p (1 - p): .25, .21 and .16 give .0313, .0221 and .0128.

    Per second, of 10, 4 and 2: .0031, .0055 and .0064.
    """
    model = known(np.array([[0.5], [0.3], [0.2]]))
    choice = Candidates(np.array([1, 0, 2]), model, timing)
    assert VarianceReduction().pick(choice, 3).tolist() == [0, 1, 2]
    assert VarianceReductionPerSecond().pick(choice, 3).tolist() == [2, 1, 0]


def test_times_count_by_the_share_of_unseen_labels_that_the_model_explains() -> None:
    """Of 10, 4 and 2 s, mean 5 1/3, a tenth of the way from the mean leaves 5.8, 5.2 and 5."""
    model = known(np.array([[0.5], [0.3], [0.2]]))
    vars(model)["explained"] = 0.1
    worth = VarianceReductionPerSecond().worth(np.ones(3), Candidates(np.arange(3), model, timing))
    np.testing.assert_allclose(1 / worth, [5.8, 5.2, 5])
