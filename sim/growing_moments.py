"""X'X and X'Y of documents that are labelled one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating]

BLOCK = 64


class GrowingMoments:
    """Sums over blocks of 64 documents in the order of a snapshot.

    So a snapshot continued from the one before and the same snapshot from scratch add the same numbers in the
    same order, and are equal to the last bit. With d features, b new documents cost 2 b d² operations.
    """

    def __init__(self, features: Numbers, targets: Numbers | None = None) -> None:
        """Rows of both, shapes ``(documents, features)`` and ``(documents, labels)``, are the pool's."""
        self.features = features
        self._targets = features[:, :0] if targets is None else targets
        self._restart()

    def _restart(self) -> None:
        width, kind = self.features.shape[1], self.features.dtype
        self._summed = np.empty(0, dtype=np.int64)
        self._gram: Numbers = np.zeros((width, width), kind)
        self._moments: Numbers = np.zeros((width, self._targets.shape[1]), kind)

    def of(self, snapshot: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        """X'X and X'Y of the documents ``snapshot``, which the caller may overwrite."""
        whole = len(snapshot) // BLOCK * BLOCK
        known = len(self._summed)
        if known > whole or not np.array_equal(snapshot[:known], self._summed):
            self._restart()
            known = 0
        for start in range(known, whole, BLOCK):
            gram, moments = self._block(snapshot[start : start + BLOCK])
            self._gram += gram
            self._moments += moments
        self._summed = snapshot[:whole].copy()
        gram, moments = self._block(snapshot[whole:])
        gram += self._gram
        moments += self._moments
        return gram, moments

    def _block(self, rows: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        documents = self.features[rows]
        return documents.T @ documents, documents.T @ self._targets[rows]
