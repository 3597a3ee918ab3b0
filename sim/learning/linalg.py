"""Linear algebra that grows with the labelled documents: X'X, rows of a cache, a Cholesky factor."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cholesky, get_blas_funcs, inv, solve_triangular
from scipy.sparse import csr_array, vstack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


BLOCK = 64


class GramAccumulator:
    """Sums over blocks of 64 documents in the order of a snapshot.

    So a snapshot continued from the one before and the same snapshot from scratch add the same numbers in the
    same order, and are equal to the last bit. X'X is symmetric: its upper triangle is all that is computed.
    With d features, b new documents cost b d² operations.
    """

    def __init__(self, features: NDArray[np.floating], targets: NDArray[np.floating] | None = None) -> None:
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
        # Only whole blocks are kept: the rest is summed anew each time, as it would be from scratch.
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


class RowCache:
    """Rows of the pool in double precision, those of a snapshot kept for the next one that continues it."""

    def __init__(self, pool: NDArray[np.floating] | csr_array) -> None:
        self._pool: Any = pool
        self._taken = np.empty(0, dtype=np.int64)
        self._rows = self._take(self._taken)

    def of(self, snapshot: NDArray[np.int64]) -> Any:
        """The rows ``snapshot``, shape ``(labelled, features)``; a view, to be read only."""
        # A prefix of what is known keeps all rows: kernels are chosen on a snapshot's first documents.
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
            # Growth by half keeps the cost of copying proportional to the rows added.
            room = np.empty((max(needed, len(self._rows) * 3 // 2), new.shape[1]))
            room[:known] = self._rows[:known]
            self._rows = room
        self._rows[known:needed] = new

    def _take(self, documents: NDArray[np.int64]) -> Any:
        return self._pool[documents].astype(np.float64)


BASE = 512
STEP = 32


class Leverages:
    """Leverages h = x' A^-1 x of a snapshot's documents x, where A is X'X of them all plus a ridge penalty.

    Those of the first 512, 1,024, ... documents are computed directly; the others are added 32 at a time.
    With B of these, A^-1 loses S'S, where S = C^-1 B A^-1 and CC' = 1 + B A^-1 B' (Woodbury's identity), so
    that each h falls by |S x|². Where steps end depends on the snapshot alone, and so does every bit. With n
    documents of d features, b new ones cost 2 n d b operations, and every 512th of them 2 n d².
    """

    def __init__(self, features: NDArray[np.float64], penalty: float) -> None:
        """``features``, shape ``(documents, features)``, are the pool's."""
        self._rows = RowCache(features)
        self._gram = GramAccumulator(features)
        self._penalty = penalty
        self._base = -1
        """How many documents ``_inverse`` is of; none yet."""
        self._added = np.empty(0, dtype=np.int64)
        self._leverages = np.empty(0)
        self._inverse: Numbers = np.empty((0, 0))
        self._steps = np.empty((BASE, features.shape[1]))
        """S of every step since, one below the other."""

    def of(self, snapshot: NDArray[np.int64]) -> Numbers:
        """Shape ``(documents,)``, in the order of the snapshot."""
        rows = self._rows.of(snapshot)
        base = len(snapshot) // BASE * BASE
        whole = base + (len(snapshot) - base) // STEP * STEP
        known = len(self._added)
        if base != self._base or known > whole or not np.array_equal(snapshot[:known], self._added):
            self._begin(snapshot[:base], rows[:base])
            known = base
        for start in range(known, whole, STEP):
            end = start + STEP
            self._leverages, self._steps[start - base : end - base] = self._step(rows[:end])
        self._added = snapshot[:whole].copy()
        # Only whole steps are kept: the rest is added anew each time, as it would be from scratch.
        return self._step(rows)[0] if whole < len(snapshot) else self._leverages

    def _begin(self, documents: NDArray[np.int64], rows: Numbers) -> None:
        matrix = self._gram.of(documents)[0]
        matrix.flat[:: len(matrix) + 1] += self._penalty
        self._base = len(documents)
        self._inverse = inv(matrix, assume_a="pos", overwrite_a=True, check_finite=False)
        self._leverages = np.einsum("ij,ij->i", rows @ self._inverse, rows)

    def _step(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """All leverages once the last ``rows`` are added, and S of these."""
        known = len(self._leverages)
        new, steps = rows[known:], self._steps[: known - self._base]
        before = new @ self._inverse
        across = new @ steps.T
        own = before @ new.T - across @ across.T
        factor = cholesky(own + np.eye(len(new)), lower=True, check_finite=False)
        step = solve_triangular(factor, before - across @ steps, lower=True, check_finite=False)
        fall = step @ rows.T
        leverages = np.append(self._leverages, own.diagonal()) - np.einsum("ij,ij->j", fall, fall)
        return leverages, step


SLICE = 256
"""Rows of the triangle that are multiplied at a time, so that its empty half costs little."""


class IncrementalCholesky:
    """The inverse of the Cholesky factor L of a positive definite matrix A that grows by rows and columns.

    Appending b rows to n costs 2 n² b operations. Nothing is subtracted from what is there, so that no error
    builds up: after any number of appends it is the factor that one Cholesky of the whole would give.
    """

    def __init__(self, labels: int) -> None:
        self.count = 0
        self.diagonal = np.zeros(0)
        """The diagonal of A^-1."""
        self._inverse = np.zeros((0, 0))
        self._halfway = np.zeros((0, labels))

    def append(self, across: Numbers, own: Numbers, targets: Numbers) -> None:
        """Add rows of A and their targets, shape ``(b, labels)``.

        ``across``, shape ``(b, n)``, is their part with the rows before, ``own``, shape ``(b, b)``, among
        themselves.
        """
        before, after = self.count, self.count + len(own)
        self._reserve(after)
        # The factor grows to [[L, 0], [half, factor]], its inverse by the rows [-corner half L^-1, corner].
        half = self._times_transposed(across)
        factor = cholesky(own - half @ half.T, lower=True, check_finite=False)
        corner = solve_triangular(factor, np.eye(len(own)), lower=True, check_finite=False)
        rows = self._inverse[before:after, :after]
        rows[:, :before] = -corner @ self._times(half)
        rows[:, before:] = corner
        # Forward substitution: this is L^-1 times the targets.
        self._halfway[before:after] = corner @ (targets - half @ self._halfway[:before])
        # A^-1 is L^-T L^-1: its diagonal holds the squared norms of L^-1's columns, to which rows only add.
        self.diagonal = np.append(self.diagonal, np.zeros(len(own))) + np.einsum("ij,ij->j", rows, rows)
        self.count = after

    @contextmanager
    def extended(self, across: Numbers, own: Numbers, targets: Numbers) -> Iterator[None]:
        """Add rows as `append` does, for a while."""
        count, diagonal = self.count, self.diagonal
        self.append(across, own, targets)
        yield
        # Nothing reads rows past the count, and the next append overwrites them.
        self.count, self.diagonal = count, diagonal

    def solution(self, difference: Numbers | None = None) -> Numbers:
        """A^-1 times the targets, to which a ``difference`` may be added; both of shape ``(n, labels)``."""
        solution = np.zeros((self.count, self._halfway.shape[1]))
        for start, end in self._slices():
            rows, half_solution = self._inverse[start:end, :end], self._halfway[start:end]
            if difference is not None and difference.any():
                half_solution = half_solution + rows @ difference[:end]
            solution[:end] += rows.T @ half_solution
        return solution

    def leave_one_out(self, targets: Numbers, solution: Numbers) -> Numbers:
        """What kernel ridge regression on all other rows predicts for each row, shape ``(n, labels)``.

        It is the target less the solution over the diagonal of the inverse (Rasmussen and Williams 2006,
        "Gaussian processes for machine learning", equation 5.12).
        """
        return targets - solution / self.diagonal[:, np.newaxis]

    def _times(self, rows: Numbers) -> Numbers:
        """``rows`` times L^-1."""
        product = np.zeros_like(rows)
        for start, end in self._slices():
            product[:, :end] += rows[:, start:end] @ self._inverse[start:end, :end]
        return product

    def _times_transposed(self, rows: Numbers) -> Numbers:
        """``rows`` times the transpose of L^-1."""
        product = np.empty_like(rows)
        for start, end in self._slices():
            product[:, start:end] = rows[:, :end] @ self._inverse[start:end, :end].T
        return product

    def _slices(self) -> Iterator[tuple[int, int]]:
        for start in range(0, self.count, SLICE):
            yield start, min(start + SLICE, self.count)

    def _reserve(self, count: int) -> None:
        room = len(self._inverse)
        if count > room:
            # Memory that is zero and never touched costs nothing.
            more = max(count, 2 * room, SLICE)
            inverse, half_solution = np.zeros((more, more)), np.zeros((more, self._halfway.shape[1]))
            inverse[:room, :room], half_solution[:room] = self._inverse, self._halfway
            self._inverse, self._halfway = inverse, half_solution
