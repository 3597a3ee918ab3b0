"""X'X and X'Y of documents that are labelled one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import get_blas_funcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating]

BLOCK = 64


class GrowingMoments:
    """Sums over blocks of 64 documents in the order of a snapshot.

    So a snapshot continued from the one before and the same snapshot from scratch add the same numbers in the
    same order, and are equal to the last bit. X'X is symmetric: its upper triangle is all that is computed.
    With d features, b new documents cost b d² operations.
    """

    def __init__(self, features: Numbers, targets: Numbers | None = None) -> None:
        """Rows of both, shapes ``(documents, features)`` and ``(documents, labels)``, are the pool's."""
        self.features = features
        self._targets = features[:, :0] if targets is None else targets
        self._add_squares = get_blas_funcs("syrk", (features,))
        self._restart()

    def _restart(self) -> None:
        width, kind = self.features.shape[1], self.features.dtype
        self._summed = np.empty(0, dtype=np.int64)
        self._gram: Numbers = np.zeros((width, width), kind)
        self._moments: Numbers = np.zeros((width, self._targets.shape[1]), kind)

    def of(self, snapshot: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        """X'X (zero below its diagonal) and X'Y of the documents ``snapshot``, to be overwritten."""
        whole = len(snapshot) // BLOCK * BLOCK
        known = len(self._summed)
        if known > whole or not np.array_equal(snapshot[:known], self._summed):
            self._restart()
            known = 0
        for start in range(known, whole, BLOCK):
            self._add(snapshot[start : start + BLOCK], self._gram, self._moments)
        self._summed = snapshot[:whole].copy()
        gram, moments = self._gram.copy(), self._moments.copy()
        if whole < len(snapshot):
            self._add(snapshot[whole:], gram, moments)
        return gram, moments

    def _add(self, rows: NDArray[np.int64], gram: Numbers, moments: Numbers) -> None:
        documents = self.features[rows]
        # In BLAS's order, which counts down columns, the transposed sum's lower triangle is the upper one.
        self._add_squares(1, documents.T, beta=1, c=gram.T, lower=1, overwrite_c=1)
        moments += documents.T @ self._targets[rows]
