"""Uncertain by rank, and predicted labels unlike those of labelled documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

from sim.learning.query import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


BLOCK = 256
"""Label sets compared at a time with those of labelled documents."""


class Cvirs(Strategy):
    """Query strategy: category vector inconsistency and ranking of scores.

    Each label ranks the documents by the margin |2 p - 1|, and a document's votes are the share of the others
    that it is before, averaged over labels (Borda's count, equals sharing their places). This is
    multiplied by the mean distance of its predicted label set from those of the labelled documents: the
    normalised entropy distance (2 H(a, b) - H(a) - H(b)) / H(a, b) over the 2 x 2 table of how many labels
    are in both, one, the other or neither, and 1 where the sets complement each other (Reyes, Morell and
    Ventura 2018, "Effective active learning strategy for multi-label learning").
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the ``count`` documents with the largest products of votes and distance, ties by document."""
        votes = _votes(np.abs(2 * candidates.probabilities - 1))
        distances = _mean_distances(candidates.predicted, candidates.predictions.labels)
        return candidates.best(votes * distances, count)


def _votes(margins: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compute the votes of labels for each document by Borda's count of their margins."""
    from scipy.stats import rankdata

    documents = len(margins)
    ranks = rankdata(margins, axis=0)
    votes: NDArray[np.floating] = np.mean((documents - ranks) / max(1, documents - 1), axis=1)
    return votes


def _mean_distances(predicted: NDArray[np.bool_], labelled: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Compute the mean distance of each predicted label set to those of labelled documents."""
    # Rows of packed bits sort faster.
    _, first, which = np.unique(
        np.packbits(predicted, axis=1), axis=0, return_index=True, return_inverse=True
    )
    sets = predicted[first]
    known, times = np.unique(labelled, axis=0, return_counts=True)
    sums = [_distances(sets[start : start + BLOCK], known) @ times for start in range(0, len(sets), BLOCK)]
    # Some versions of NumPy give the inverse a second axis.
    means: NDArray[np.floating] = np.concatenate(sums)[which.ravel()] / max(1, len(labelled))
    return means


def _distances(some: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Compute the entropy distances between label sets, shape ``(some, others)``."""
    labels = some.shape[1]
    in_some, in_other = some.sum(axis=1)[:, np.newaxis], others.sum(axis=1)
    # As floats, so that BLAS counts; a product of booleans is boolean.
    in_both = some.astype(np.float64) @ others.T.astype(np.float64)
    only_some, only_other = in_some - in_both, in_other - in_both
    in_one = only_some + only_other
    together = _entropy(labels, in_both, only_some, only_other, labels - in_both - in_one)
    apart = _entropy(labels, in_some, labels - in_some) + _entropy(labels, in_other, labels - in_other)
    distance = np.divide(2 * together - apart, together, out=np.zeros_like(together), where=together > 0)
    # By entropy alone, a set's complement is as near as the set itself: both distances are fixed here.
    return np.where(in_one == labels, 1.0, np.where(in_one == 0, 0.0, distance))


def _entropy(labels: int, *cells: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compute the entropy of the labels' division into cells, times the number of labels."""
    return np.asarray(xlogy(labels, labels) - sum(xlogy(cell, cell) for cell in cells))
