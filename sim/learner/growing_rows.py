"""Rows of documents that are labelled one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array, vstack

if TYPE_CHECKING:
    from numpy.typing import NDArray


class GrowingRows:
    """Rows of the pool in double precision, those of a snapshot kept for the next one that continues it."""

    def __init__(self, pool: NDArray[np.float32] | csr_array) -> None:
        self._pool: Any = pool
        self._taken = np.empty(0, dtype=np.int64)
        self._rows = self._take(self._taken)

    def of(self, snapshot: NDArray[np.int64]) -> Any:
        """The rows ``snapshot``, shape ``(labelled, features)``; a view, to be read only."""
        both = min(len(self._taken), len(snapshot))
        if not np.array_equal(snapshot[:both], self._taken[:both]):
            self._taken = self._taken[:0]
        known = len(self._taken)
        if len(snapshot) > known:
            self._put(known, self._take(snapshot[known:]))
            self._taken = snapshot.copy()
        return self._rows[: len(snapshot)]

    def _put(self, known: int, new: Any) -> None:
        if not isinstance(new, np.ndarray):
            self._rows = csr_array(vstack([self._rows[:known], new]))
            return
        needed = known + len(new)
        if needed > len(self._rows):
            room = np.empty((max(needed, len(self._rows) * 3 // 2), new.shape[1]))
            room[:known] = self._rows[:known]
            self._rows = room
        self._rows[known:needed] = new

    def _take(self, documents: NDArray[np.int64]) -> Any:
        return self._pool[documents].astype(np.float64)
