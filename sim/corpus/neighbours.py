"""Which labels are easily taken for each other: those whose documents are alike."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.corpus import Documents
    from sim.growing_moments import GrowingMoments

DECIMALS = 4
"""Of a cosine: what differs by less may differ the other way round on another machine."""


@lru_cache(maxsize=8)
def neighbours(documents: Documents, moments: GrowingMoments) -> NDArray[np.int64]:
    """For each label all others, the most alike first, ties by label; shape ``(labels, labels - 1)``.

    Two labels are as alike as the cosine of their documents' mean features (those of ``moments``, a row a
    document), both taken from the mean of all documents. Labels without documents come last. Computed once
    for all replications that share them, and read-only.
    """
    features, counts = moments.features, documents.labels.sum(axis=0)
    # Sparse sums need no BLAS, whose last bits differ between machines, and little memory.
    sums = csr_array(documents.labels.T).astype(features.dtype) @ features
    centres = sums / np.maximum(counts, 1)[:, np.newaxis] - features.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    centres = np.divide(centres, lengths, out=np.zeros_like(centres), where=lengths > 0)
    likeness = np.round(centres @ centres.T, DECIMALS)
    likeness[:, counts == 0] = -np.inf
    np.fill_diagonal(likeness, np.inf)
    order = np.argsort(-likeness, axis=1, kind="stable")[:, 1:]
    order.flags.writeable = False
    return order
