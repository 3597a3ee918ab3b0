"""A batch that would move the model in many directions, and far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


ROUNDING = 1e-5
"""A squared distance below this share of the two squared lengths is none."""
SEED = 2020


class Badge(Strategy):
    """Query strategy: documents with long and dissimilar gradients.

    If a document's predicted labels (p >= .5) were true, a linear model's gradient for a label would be
    (p - predicted) times the document's features: for all labels the outer product g of the two. The batch is
    seeded as k-means++ seeds its centres: first the longest gradient, then each with a probability
    proportional to its squared distance from the nearest one chosen (Ash, Zhang, Krishnamurthy, Langford and
    Agarwal 2020, "Deep batch active learning by diverse, uncertain gradient lower bounds"). The products are
    never formed, because an inner product of two of them is that of the errors times that of the features.

    The draws are the same in every pick and go over documents from the longest gradient to the shortest.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick one k-means++ seed after the other; equal gradients by length, then by document."""
        candidates = candidates.by_document
        errors = candidates.probabilities - candidates.predicted
        features = candidates.features
        lengths = np.einsum("ij,ij->i", errors, errors) * np.einsum("ij,ij->i", features, features)
        # Stable, so that equal lengths stay in the order of documents.
        order = np.argsort(-lengths, kind="stable")
        chosen = _seeds(errors[order], features[order], lengths[order].astype(np.float64), count)
        return candidates.documents[order[chosen]]


def _seeds(
    errors: NDArray[np.floating], features: NDArray[np.floating], lengths: NDArray[np.float64], count: int
) -> list[int]:
    """Draw k-means++ seeds among gradients, the longest first."""
    rng = np.random.default_rng(SEED)
    left = np.ones(len(lengths), dtype=np.bool_)
    nearest = np.full(len(lengths), np.inf)
    chosen: list[int] = []
    for _ in range(min(count, len(lengths))):
        probabilities = np.cumsum(np.where(left, nearest, 0)) if chosen else np.zeros(1)
        if probabilities[-1] > 0:
            # From the right, a step of probability 0 (chosen already, or equal to one chosen) is never drawn.
            best = int(np.searchsorted(probabilities, rng.random() * probabilities[-1], side="right"))
        else:
            # The first one left has the longest gradient.
            best = int(np.argmax(left))
        chosen.append(best)
        left[best] = False
        nearest = np.minimum(nearest, _squared_distances(errors, features, lengths, best))
    return chosen


def _squared_distances(
    errors: NDArray[np.floating], features: NDArray[np.floating], lengths: NDArray[np.float64], one: int
) -> NDArray[np.float64]:
    """Return the squared distances from one gradient to all."""
    both = lengths + lengths[one]
    distance: NDArray[np.float64] = both - 2 * (errors @ errors[one]) * (features @ features[one])
    return np.where(distance > ROUNDING * both, distance, 0)
