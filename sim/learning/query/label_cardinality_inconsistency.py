"""Documents with a surprising number of predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class LabelCardinalityInconsistency(Strategy):
    """Query strategy: documents with more or fewer predicted labels than labelled documents have.

    A document's inconsistency is the distance between the number of its predicted labels and the mean number
    of labels of the labelled documents (Li and Guo 2013, "Active learning with multi-label SVM
    classification").
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the largest inconsistency, ties by document."""
        return candidates.best(inconsistency(candidates), count)


def inconsistency(candidates: Candidates) -> NDArray[np.floating]:
    """Return each candidate's label cardinality inconsistency, shape ``(n,)``."""
    model = candidates.predictions
    cardinality = model.positives.sum() / max(1, len(model.labelled))
    distance: NDArray[np.floating] = np.abs(candidates.predicted.sum(axis=1) - cardinality)
    return distance
