"""Features of embeddings that documents come with: strongest directions of a Gaussian kernel on them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from sim.corpus.svd import ROWS
from sim.corpus.tfidf import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RECIPE = 1
"""Part of the cache's key: raise it whenever the same embeddings would give other features."""
LANDMARKS = 2_000
"""Maximum number of documents whose kernel values the directions are found in; it costs their cube."""
SEED = 0
"""Seed of the draw of these documents."""


def fingerprint(pool: NDArray[np.float32], test: NDArray[np.float32]) -> str:
    """Return the SHA-256 of embeddings."""
    digest = hashlib.sha256(repr((pool.shape, test.shape)).encode())
    for rows in (pool, test):
        digest.update(rows.astype("<f4").tobytes())
    return digest.hexdigest()[:32]


def strongest(
    pool: NDArray[np.float32], test: NDArray[np.float32], components: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute features of embeddings, shape ``(documents, components)`` or fewer: rows of length 1.

    Kernel principal components (Schölkopf, Smola and Müller 1998, "Nonlinear component analysis as a kernel
    eigenvalue problem") of exp(-|x - y|²), where x and y are embeddings less the pool's mean, of length 1.
    They are found in some documents of the pool (Williams and Seeger 2001, "Using the Nyström method to speed
    up kernel machines").
    """
    mean = pool.mean(axis=0, dtype=np.float64)
    drawn = np.random.default_rng(SEED).permutation(len(pool))[:LANDMARKS]
    with threadpool_limits(1):
        landmarks = unit_rows(pool[drawn] - mean)
        kernel = _kernel(landmarks, landmarks)
        fewest = max(0, len(drawn) - components)
        values, vectors = eigh(kernel, subset_by_index=(fewest, len(drawn) - 1), check_finite=False)
        # What copies leave over is rounding.
        kept = values > len(drawn) * np.finfo(np.float64).eps * values[-1]
        directions = vectors[:, kept] / np.sqrt(values[kept])

        def features(rows: NDArray[np.float32]) -> NDArray[np.float32]:
            """Compute the features of documents, a block at a time: a kernel value takes more than them."""
            blocks = (rows[start : start + ROWS] - mean for start in range(0, len(rows), ROWS))
            found = [_kernel(unit_rows(block), landmarks) @ directions for block in blocks]
            return unit_rows(np.concatenate(found)).astype(np.float32)

        return features(pool), features(test)


def _kernel(some: Numbers, others: Numbers) -> Numbers:
    """Compute exp(-|x - y|²) of rows x and y of length 1, shape ``(some, others)``."""
    # |x - y|² is 2 - 2 xy there. A row of zeros counts as orthogonal to all others.
    values: Numbers = some @ others.T
    values -= 1
    values *= 2
    return np.exp(values, out=values)
