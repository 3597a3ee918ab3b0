"""Uncertainty sampling for many labels: entropy, averaged over labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class MeanEntropy(Strategy):
    """Query strategy: documents whose labels have the highest mean entropy.

    A label's entropy is ``-p log p - (1 - p) log(1 - p)`` (Shannon 1948, "A mathematical theory of
    communication"; for picking documents Settles and Craven 2008, "An analysis of active learning strategies
    for sequence labeling tasks"), averaged over the labels. It falls more slowly than least confidence as p
    leaves .5, so that many labels that are a little open count for more. The margin between yes and no,
    |2 p - 1|, is one minus least confidence: its average picks what ``mean_uncertainty`` picks.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the highest mean entropy, ties by document."""
        probabilities = candidates.probabilities
        entropy = np.mean(entr(probabilities) + entr(1 - probabilities), axis=1)
        return candidates.best(entropy, count)
