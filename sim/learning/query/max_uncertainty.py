"""Uncertainty sampling for many labels: least confidence of the least certain label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class MaxUncertainty(Strategy):
    """Query strategy: documents with the most uncertain single label.

    A document's uncertainty is the largest ``1 - |2 p - 1|`` of its labels: least confidence (Lewis and Gale
    1994, "A sequential algorithm for training text classifiers") of each label's yes or no. The margin
    between the two answers, |2 p - 1|, and their entropy put the documents in the same order, because for
    one yes or no all three go by the distance of p from .5; so neither is a strategy of its own.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the most uncertain label, ties by document."""
        uncertainty = np.max(1 - np.abs(2 * candidates.probabilities - 1), axis=1)
        return candidates.best(uncertainty, count)
