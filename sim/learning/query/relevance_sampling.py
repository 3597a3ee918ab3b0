"""Relevance sampling: the documents that most probably carry a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sim.learning.query import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class RelevanceSampling(Strategy):
    """Query strategy: documents with the highest score of any label, for screening.

    Lewis and Gale 1994, "A sequential algorithm for training text classifiers", who compare it with
    uncertainty sampling. It finds the documents of a rare label early, and need not teach the model most.
    """

    view: ClassVar[str] = "Label"

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the highest score, ties by document."""
        return candidates.best(candidates.scores.max(axis=1), count)
