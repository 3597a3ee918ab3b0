"""A query strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class MostRelevant(Strategy):
    """Query strategy: documents that most probably carry any label.

    Relevance feedback, as reviews of legal documents use it (Cormack and Grossman 2014, "Evaluation of
    machine-learning protocols for technology-assisted review"): it finds what is relevant first, and learns
    less of what is not. The probability is 1 minus the product of all ``1 - p``.
    """

    view: ClassVar[str] = "Label"

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents that most probably carry a label; ties by document."""
        return candidates.best(1 - np.prod(1 - candidates.probabilities, axis=1), count)
