"""Uncertainty sampling for many labels: least confidence, averaged over labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class MeanUncertainty(Strategy):
    """Query strategy: documents whose labels are the most uncertain on average.

    A label's uncertainty is ``1 - |2 p - 1|``, 1 at p = .5 and 0 where the model is sure: least confidence
    (Lewis and Gale 1994, "A sequential algorithm for training text classifiers") of each label's own yes or
    no, averaged over the labels.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the highest mean uncertainty, ties by document."""
        uncertainty = np.mean(1 - np.abs(2 * candidates.probabilities - 1), axis=1)
        return candidates.best(uncertainty, count)
