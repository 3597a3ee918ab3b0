"""Dimensionality reduction: truncated SVD of sparse rows, and kernel principal components of embeddings.

Both give the same bits on any number of processors.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from sim.core import advance
from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    from sim.corpus.documents import Corpus

Number = TypeVar("Number", np.float32, np.float64)

ROWS = 8_192
BYTES = 128
"""Of a row of columns multiplied at a time, two cache lines: with ``ROWS`` rows they fit a cache."""
SPARE = 10
"""Directions beyond those asked for, which make these more exact."""
TOO_ALIKE = 1e-3
"""Ratio of what is new in a column to its length below which Cholesky factors of products lose it."""
NOTHING = 1e-9
"""A projected row shorter than this is rounding, not words."""
LANDMARKS = 2_000
"""Maximum number of documents whose kernel values the directions are found in; it costs their cube."""
SEED = 0
"""Seed of the draw of these documents."""


@dataclass(frozen=True, eq=False)
class ByTerm:
    """Sparse feature rows laid out for products with weights.

    They are laid out term by term, 8,192 documents at a time: each term's weights are read once, and what is
    summed up stays in the processor's cache.
    """

    blocks: Sequence[csc_array]

    @classmethod
    def from_rows(cls, rows: csr_array) -> ByTerm:
        """Lay out sparse feature rows term by term."""
        return cls([rows[block].tocsc() for block in _blocks(rows.shape[0], ROWS)])

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of documents and terms."""
        return sum(block.shape[0] for block in self.blocks), self.blocks[0].shape[1]

    def __matmul__(self, weights: NDArray[Number]) -> NDArray[Number]:
        """Multiply the feature rows by ``weights``: a row per document, a column per column of weights."""
        return np.concatenate([block @ weights for block in self.blocks])


def count_components(corpus: Corpus, rows: csr_array, most: int) -> int:
    """Count the components that a reduction of the pool's sparse rows may have, at most ``most``.

    Raises:
        PlannerMistakeError: if there are none.
    """
    components = min(most, min(rows.shape) - 1)
    if components < 1:
        raise PlannerMistakeError(f"{corpus.name}: the texts share too few words to learn from")
    return components


def truncated_svd(
    pool: csr_array, test: csr_array, width: int, powers: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Project feature rows on the ``width`` strongest directions of ``pool``, the strongest first.

    Randomized subspace iteration (Halko, Martinsson and Tropp 2011): random columns, multiplied by AA' as
    often as ``powers``, span what A' makes the strongest directions of. Where there are fewer directions, the
    last columns of what comes back are zero.

    Work is cut into the same pieces whatever the number of processors, so that the last bits are the same.
    """
    size = pool.shape[0], min(width + SPARE, pool.shape[0])
    # Drawn as scikit-learn draws them, for the same directions.
    columns = np.random.RandomState(0).normal(size=size).astype(np.float32)
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as processors:
        # Single precision does: rounding tilts directions by less than a ten-thousandth of what is left over.
        work = _ParallelProducts(pool.astype(np.float32, copy=False), processors)
        for power in range(powers):
            with advance.part(power / (powers + 1), (power + 1) / (powers + 1)):
                (columns,) = work.multiply(columns, work.pool)
            columns = work.orthonormalise(columns)
        # The last products are the features themselves, and are made in the precision that was asked for.
        if pool.dtype != np.float32:
            work = _ParallelProducts(pool, processors)
        with advance.part(powers / (powers + 1), 1):
            of_pool, of_test = work.multiply(columns.astype(pool.dtype), work.pool, test)
        rotation = _directions(work.gram(columns, of_pool), work.gram(of_pool, of_pool), pool.dtype, width)
        return work.rotate(of_pool, rotation), work.rotate(of_test, rotation)


class _ParallelProducts:
    """Parallel products with sparse feature rows A, in pieces for several threads."""

    def __init__(self, rows: csr_array, processors: ThreadPoolExecutor) -> None:
        self.pool = ByTerm.from_rows(rows)
        self._transposed = rows.T
        self._processors = processors

    def multiply(self, columns: NDArray[Number], *factors: ByTerm | csr_array) -> list[NDArray[Number]]:
        """Multiply ``columns`` by BA', for each B."""
        blocks = _blocks(columns.shape[1], BYTES // columns.itemsize)

        products = [np.empty((factor.shape[0], columns.shape[1]), columns.dtype) for factor in factors]

        def piece(block: slice) -> None:
            """Multiply some of the columns by BA', for each B."""
            # Contiguous, because the product reads and writes whole rows of it.
            weights = self._transposed @ np.ascontiguousarray(columns[:, block])
            for product, factor in zip(products, factors, strict=True):
                product[:, block] = factor @ weights

        for number, _ in enumerate(self._processors.map(piece, blocks), start=1):
            advance.to(number / len(blocks))
        return products

    def gram(self, left: NDArray[Number], right: NDArray[Number]) -> NDArray[np.float64]:
        """Compute the inner products of the columns of two arrays."""
        # Pieces are summed in their order, in double precision: the sum is the same whichever ends first.
        pieces = self._by_rows(lambda rows: left[rows].T @ right[rows], len(left))
        total: NDArray[np.float64] = np.sum(pieces, axis=0, dtype=np.float64)
        return total

    def rotate(self, rows: NDArray[Number], rotation: NDArray[Number]) -> NDArray[Number]:
        """Multiply feature rows by a small matrix."""
        rotated = np.empty((len(rows), rotation.shape[1]), rows.dtype)
        self._by_rows(lambda block: np.matmul(rows[block], rotation, out=rotated[block]), len(rows))
        return rotated

    def orthonormalise(self, columns: NDArray[Number]) -> NDArray[Number]:
        """Orthonormalise columns, up to rounding; their span stays the same."""
        try:
            factor = np.linalg.cholesky(self.gram(columns, columns))
        except np.linalg.LinAlgError:
            return np.linalg.qr(columns)[0]
        new = np.diag(factor)
        if new.min() < TOO_ALIKE * new.max():
            return np.linalg.qr(columns)[0]
        return self.rotate(columns, np.linalg.inv(factor).T.astype(columns.dtype))

    def _by_rows(self, piece: Callable[[slice], NDArray[Number]], rows: int) -> list[NDArray[Number]]:
        """Apply a function to blocks of rows in parallel."""
        return list(self._processors.map(piece, _blocks(rows, ROWS)))


def _directions(
    lengths: NDArray[np.float64], through: NDArray[np.float64], precision: np.dtype[Any], width: int
) -> NDArray[Any]:
    """Compute the matrix from AA'Y to projections on A'Y's strongest directions: ``(columns, width)``.

    ``lengths`` is Y'AA'Y, and ``through`` Y'AA'AA'Y.
    """
    values, vectors = np.linalg.eigh(lengths)
    # Directions that are rounding alone would be blown up to length 1 below.
    spanned = values > len(values) * np.finfo(precision).eps * max(values[-1], 0)
    basis = vectors[:, spanned] / np.sqrt(values[spanned])
    strengths = np.linalg.eigh(basis.T @ through @ basis)[1]
    rotation = np.zeros((len(lengths), width), dtype=precision)
    # Eigenvectors come weakest first.
    chosen = (basis @ strengths[:, ::-1])[:, :width]
    rotation[:, : chosen.shape[1]] = chosen
    return rotation


def _blocks(count: int, size: int) -> list[slice]:
    """Cut a range of rows or columns into slices."""
    # Of none at all there is one slice, so that products keep their shape.
    return [slice(first, first + size) for first in range(0, max(count, 1), size)]


def kernel_pca(
    pool: NDArray[np.float32], test: NDArray[np.float32], components: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute kernel principal components of embeddings: ``(documents, components)`` or fewer, unit rows.

    They are those of exp(-|x - y|²), where x and y are embeddings less the pool's mean, of length 1
    (Schölkopf, Smola and Müller 1998, "Nonlinear component analysis as a kernel eigenvalue problem").
    They are found in some documents of the pool (Williams and Seeger 2001, "Using the Nyström method to speed
    up kernel machines").
    """
    from scipy.linalg import eigh

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


def _kernel(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute exp(-|x - y|²) of rows x and y of length 1, shape ``(some, others)``."""
    # |x - y|² is 2 - 2 xy there. A row of zeros counts as orthogonal to all others.
    values: NDArray[np.float64] = some @ others.T
    values -= 1
    values *= 2
    return np.exp(values, out=values)


def unit_rows(rows: NDArray[Number]) -> NDArray[Number]:
    """Scale rows of features to length 1; rows that hold nothing but rounding errors become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[Number] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return scaled
