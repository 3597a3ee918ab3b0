"""Uncertainty of the whole label set: how narrowly the predicted labels are ahead of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class MaxMarginUncertainty(Strategy):
    """Query strategy: documents whose predicted labels are least clearly ahead of the others.

    A document's uncertainty is 1 / margin, its margin being the lowest score of a predicted label less the
    highest score of any other (Li and Guo 2013, "Active learning with multi-label SVM classification"). Where
    no label is predicted, the one with the highest score is taken for it, and where all are, the one with the
    lowest score for the other.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the narrowest margins, ties by document."""
        return candidates.best(-separation(candidates), count)


def separation(candidates: Candidates) -> NDArray[np.floating]:
    """Return each candidate's margin, shape ``(n,)``; of a single label, the distance of its score from 0."""
    scores = candidates.scores
    if scores.shape[1] == 1:
        single: NDArray[np.floating] = np.abs(scores[:, 0])
        return single
    # Copied: `adaptive` also counts the predicted labels of the same candidates.
    predicted = candidates.predicted.copy()
    none, every = ~predicted.any(axis=1), predicted.all(axis=1)
    predicted[none, scores[none].argmax(axis=1)] = True
    predicted[every, scores[every].argmin(axis=1)] = False
    lowest = np.where(predicted, scores, np.inf).min(axis=1)
    highest = np.where(predicted, -np.inf, scores).max(axis=1)
    margin: NDArray[np.floating] = lowest - highest
    return margin


def narrowness(candidates: Candidates) -> NDArray[np.float64]:
    """Return a weight of each candidate that grows as its margin narrows, shape ``(n,)``.

    It is 1 / (1 + margin); where the model would put a label of a lower score than one that it would not, and
    the margin so is negative, it is 1 - margin.
    """
    margin = separation(candidates).astype(np.float64)
    return np.where(margin < 0, 1 - margin, 1 / (1 + np.maximum(margin, 0)))
