"""Labels in turn, the rarest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class RarestLabel(Strategy):
    """Query strategy: for each label in turn, rarest first, the document most uncertain in it.

    Labels go round in the order of how many labelled documents carry them, the rarest first, each taking the
    candidate with the largest ``1 - |2 p - 1|`` that is still there: uncertainty sampling (Lewis and Gale
    1994, "A sequential algorithm for training text classifiers") that the labels share evenly (Esuli and
    Sebastiani 2009, "Active learning strategies for multi-label text classification", who call it round
    robin). While the model hardly believes in a label, these are its most probable documents. A batch
    smaller than the number of labels is for the rarest of them alone.
    """

    view: ClassVar[str] = "Teach Label"

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the most uncertain document of one label after the other, ties by document."""
        candidates = candidates.by_document
        uncertainty = (1 - np.abs(2 * candidates.probabilities - 1)).T
        # Stable, so that equally rare labels keep their order.
        labels = np.argsort(candidates.predictions.positives, kind="stable")
        chosen = []
        for turn in range(min(count, len(candidates.documents))):
            best = np.argmax(uncertainty[labels[turn % len(labels)]])
            uncertainty[:, best] = -np.inf
            chosen.append(best)
        return candidates.documents[chosen]
