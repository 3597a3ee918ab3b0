"""Linear algebra that grows with the labelled documents: X'X, rows of a cache, a Cholesky factor."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cholesky, get_blas_funcs, get_lapack_funcs, inv, solve_triangular
from scipy.linalg.blas import dtrmm
from scipy.sparse import csr_array, vstack

from sim.corpus import cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


# Documents of a block: few enough that little is computed twice, many enough for BLAS to be fast.
BLOCK = 64


class GramAccumulator:
    """Accumulator of the Gram matrix X'X and the moments X'Y, in blocks of 64 documents of a snapshot.

    So a snapshot continued from the one before and the same snapshot from scratch add the same numbers in the
    same order, and are equal to the last bit. X'X is symmetric: its upper triangle is all that is computed.
    With d features, b new documents cost b d² operations.
    """

    def __init__(self, features: NDArray[np.floating], targets: NDArray[np.floating] | None = None) -> None:
        """Store the pool's rows: shapes ``(documents, features)`` and ``(documents, labels)``."""
        self.features = features
        self._targets = features[:, :0] if targets is None else targets
        # A symmetric product, at half the operations of a general one.
        self._add_squares = get_blas_funcs("syrk", (features,))
        self._restart()

    def _restart(self) -> None:
        """Set the accumulated sums to zero."""
        width, kind = self.features.shape[1], self.features.dtype
        self._snapshot = np.empty(0, dtype=np.int64)
        self._gram: Numbers = np.zeros((width, width), kind)
        self._moments: Numbers = np.zeros((width, self._targets.shape[1]), kind)

    def gram_and_moments(self, snapshot: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
        """Return X'X (zero below its diagonal) and X'Y of the documents ``snapshot``, to be overwritten."""
        # Only whole blocks are kept: the rest is summed anew each time, as it would be from scratch.
        whole = len(snapshot) // BLOCK * BLOCK
        known = len(self._snapshot)
        if known > whole or not np.array_equal(snapshot[:known], self._snapshot):
            self._restart()
            known = 0
        for start in range(known, whole, BLOCK):
            self._add(snapshot[start : start + BLOCK], self._gram, self._moments)
        self._snapshot = snapshot[:whole].copy()
        gram, moments = self._gram.copy(), self._moments.copy()
        if whole < len(snapshot):
            self._add(snapshot[whole:], gram, moments)
        return gram, moments

    def _add(self, rows: NDArray[np.int64], gram: Numbers, moments: Numbers) -> None:
        """Add the products of some documents to X'X and X'Y."""
        documents = self.features[rows]
        # In BLAS's order, which counts down columns, the transposed sum's lower triangle is the upper one.
        self._add_squares(1, documents.T, beta=1, c=gram.T, lower=1, overwrite_c=1)
        moments += documents.T @ self._targets[rows]


def conjugate_gradients(
    multiply: Callable[[NDArray[Any]], NDArray[Any]],
    precondition: Callable[[NDArray[Any]], NDArray[Any]],
    targets: NDArray[np.floating],
    tolerance: float,
) -> NDArray[np.floating]:
    """Solve A X = B for a positive definite A that is known by its products alone, in the precision of B.

    Preconditioned conjugate gradients (Golub and Van Loan 2013, "Matrix computations", 11.5.2), all columns
    at once, each with steps of its own.

    Args:
        multiply: multiplies by A, shape ``(n, n)``.
        precondition: multiplies by the inverse of a matrix like A.
        targets: B, shape ``(n, columns)``.
        tolerance: least norm of B - A X, as a share of that of B.
    """
    least, tiny = tolerance * np.linalg.norm(targets), np.finfo(targets.dtype).tiny
    solution, residual = np.zeros_like(targets), targets.copy()
    direction = ahead = precondition(residual)
    slope = np.einsum("ij,ij->j", residual, ahead)
    # In exact arithmetic it ends after n steps.
    for _ in range(len(targets)):
        product = multiply(direction)
        # A column that is solved to the last bit has a slope of 0, and stays as it is.
        step = slope / np.maximum(np.einsum("ij,ij->j", direction, product), tiny)
        solution += step * direction
        residual -= step * product
        if np.linalg.norm(residual) <= least:
            break
        ahead = precondition(residual)
        before, slope = slope, np.einsum("ij,ij->j", residual, ahead)
        direction = ahead + slope / np.maximum(before, tiny) * direction
    return solution


def solve_rows(
    factor: NDArray[np.floating], rows: NDArray[np.floating], *, transposed: bool = False
) -> NDArray[np.floating]:
    """Return L^-1 x, or the transpose of L^-1 times x, of each row x of ``rows``.

    Args:
        factor: the lower triangular L, shape ``(n, n)``, in the precision of the rows.
        rows: shape ``(documents, n)``, as what is returned.
        transposed: whether it is the transpose.
    """
    # Right-hand sides lie side by side in BLAS's order: SciPy's `solve_triangular` would copy them.
    solve: Any = get_blas_funcs("trsm", (factor, rows))
    solved: NDArray[np.floating] = solve(1, factor, rows.T, lower=1, trans_a=transposed).T
    return solved


class HatMatrix:
    """Hat matrix H = X (X'X + penalty)^-1 X' of ridge regression on far fewer features than rows.

    With n rows of d features it costs 2 n d² operations, where factoring XX' would take n³ / 3.
    """

    def __init__(self, rows: Numbers, penalty: float) -> None:
        """Store H of the feature ``rows``, shape ``(n, d)``."""
        inner = rows.T @ rows
        inner.flat[:: len(inner) + 1] += penalty
        factor = cholesky(inner, lower=True, overwrite_a=True, check_finite=False)
        # H is this times its transpose.
        self._half = solve_rows(factor, rows)

    def leave_one_out(self, targets: Numbers) -> Numbers:
        """Return ridge regression's leave-one-out prediction of each row, shape ``(n, labels)``.

        It is off by the residual over 1 - h, where h is H's diagonal (Allen 1974, "The relationship between
        variable selection and data augmentation and a method for prediction").
        """
        residuals = targets - self._half @ (self._half.T @ targets)
        complements = 1 - np.einsum("ij,ij->i", self._half, self._half)
        predictions: Numbers = targets - residuals / complements[:, np.newaxis]
        return predictions


class InverseKernel:
    """Inverse A^-1 of a kernel matrix plus a penalty, in the precision of its values."""

    def __init__(self, values: NDArray[np.floating], penalty: float) -> None:
        """Store the inverse for kernel ``values``, shape ``(n, n)``, at 2 n³ / 3 operations."""
        own = values.copy()
        own.flat[:: len(own) + 1] += penalty
        # The transpose is the same matrix as LAPACK wants it laid out; otherwise it would be copied.
        factor = cholesky(own.T, lower=True, overwrite_a=True, check_finite=False)
        invert: Any = get_lapack_funcs("trtri", (factor,))
        # A^-1 is the transpose of this times it.
        self._root: NDArray[np.floating] = invert(factor, lower=1, overwrite_c=1)[0]

    def leave_one_out(self, targets: Numbers) -> Numbers:
        """Return kernel ridge regression's leave-one-out prediction of each row, as `IncrementalCholesky`."""
        solution = self._root.T @ (self._root @ targets.astype(self._root.dtype))
        diagonal = np.einsum("ij,ij->j", self._root, self._root)
        predictions: Numbers = targets - solution / diagonal[:, np.newaxis]
        return predictions


class RowCache:
    """Incremental cache of a snapshot's feature rows in double precision, for snapshots that continue it."""

    def __init__(self, pool: NDArray[np.floating] | csr_array) -> None:
        self._pool: Any = pool
        self._snapshot = np.empty(0, dtype=np.int64)
        self._rows = self._take(self._snapshot)

    def rows(self, snapshot: NDArray[np.int64]) -> Any:
        """Return the feature rows of ``snapshot``, shape ``(labelled, features)``, as a read-only view."""
        # A prefix of what is known keeps all rows: kernels are chosen on a snapshot's first documents.
        both = min(len(self._snapshot), len(snapshot))
        if not np.array_equal(snapshot[:both], self._snapshot[:both]):
            self._snapshot = self._snapshot[:0]
        known = len(self._snapshot)
        if len(snapshot) > known:
            self._append(known, self._take(snapshot[known:]))
            self._snapshot = snapshot.copy()
        return leading(self._rows, len(snapshot))

    def _append(self, known: int, new: Any) -> None:
        """Append new feature rows to the first ``known`` cached ones."""
        if not isinstance(new, np.ndarray):
            self._rows = csr_array(vstack([leading(self._rows, known), new]))
            return
        needed = known + len(new)
        if needed > len(self._rows):
            # Growth by half keeps the cost of copying proportional to the rows added.
            room = np.empty((max(needed, len(self._rows) * 3 // 2), new.shape[1]))
            room[:known] = self._rows[:known]
            self._rows = room
        self._rows[known:needed] = new

    def _take(self, documents: NDArray[np.int64]) -> Any:
        """Copy feature rows of the pool in double precision."""
        # Double precision where systems are solved, whatever the pool's features are kept in.
        rows = self._pool[documents].astype(np.float64)
        if not isinstance(rows, np.ndarray):
            # Nothing else reads the sparse rows by document: they need not stay in this process's memory.
            for array in (self._pool.data, self._pool.indices):
                cache.release(array)
        return rows


def leading(rows: Any, count: int) -> Any:
    """Return the first ``count`` feature rows, dense or sparse, as a view."""
    if isinstance(rows, np.ndarray):
        return rows[:count]
    stored = rows.indptr[count]
    arrays = rows.data[:stored], rows.indices[:stored], rows.indptr[: count + 1]
    return csr_array(arrays, shape=(count, rows.shape[1]))


class InnerProducts:
    """Inner products of a growing snapshot's sparse rows, of which the first are kept."""

    def __init__(self, most: int) -> None:
        """Keep those of the first ``most`` rows."""
        self._kept = np.empty((most, most))
        self._count = 0

    def rows(self, rows: csr_array, begin: int, end: int) -> Numbers:
        """Return the inner products of ``rows[begin:end]`` with ``rows[:end]``, read-only."""
        if end > len(self._kept):
            return inner_products(rows[begin:end], leading(rows, end))
        known = self._count
        if end > known:
            new = inner_products(rows[known:end], leading(rows, end))
            self._kept[known:end, :end] = new
            self._kept[:known, known:end] = new[:, :known].T
            self._count = end
        return self._kept[begin:end, :end]


def inner_products(some: Any, others: Any) -> Numbers:
    """Compute the inner products of two sets of feature rows, dense or sparse."""
    if isinstance(some, np.ndarray):
        products: Numbers = some @ others.T
        return products
    # This way round it is the few that are laid out anew, not the many.
    return np.asarray((others @ some.T).T.toarray())


BASE = 512
FIRST_BASES = (0, 64, 128, 256)
"""Those before: with a small penalty, steps from no documents on would lose most digits of the inverse."""
STEP = 32


class Leverages:
    """Leverages h = x' A^-1 x of a snapshot's documents x, where A is X'X of them all plus a ridge penalty.

    Those of the first 64, 128, 256, 512, 1,024, 1,536, ... documents are computed directly; the others are
    added 32 at a time. With B of these, A^-1 loses S'S, where S = C^-1 B A^-1 and CC' = 1 + B A^-1 B'
    (Woodbury's identity), so that 1 - h of each earlier one grows by |S x|²; of B it is the diagonal of
    (CC')^-1. Where steps end depends on the snapshot alone, and so does every bit. With n documents of d
    features, b new ones cost 2 n d b operations, and every 512th of them n d².
    """

    def __init__(self, features: NDArray[np.float64], penalty: float) -> None:
        """Store the pool's ``features``, shape ``(documents, features)``, and the ridge penalty."""
        self._rows = RowCache(features)
        self._gram = GramAccumulator(features)
        self._penalty = penalty
        self._base = -1
        """How many documents ``_inverse`` is of; none yet."""
        self._added = np.empty(0, dtype=np.int64)
        self._complements = np.empty(0)
        self._inverse: Numbers = np.empty((0, 0))
        self._steps = np.empty((BASE, features.shape[1]))
        """S of every step since, one below the other."""

    def rows(self, snapshot: NDArray[np.int64]) -> Numbers:
        """Return the snapshot's feature rows, shape ``(documents, features)``, read-only."""
        rows: Numbers = self._rows.rows(snapshot)
        return rows

    def complements(self, snapshot: NDArray[np.int64]) -> Numbers:
        """Return 1 - h of the snapshot's documents, shape ``(documents,)``, in its order."""
        rows = self.rows(snapshot)
        # Begun anew at fixed numbers of documents, so that the rows of S, by which
        # every step is multiplied, stay few.
        base = len(snapshot) // BASE * BASE or max(one for one in FIRST_BASES if one <= len(snapshot))
        whole = base + (len(snapshot) - base) // STEP * STEP
        known = len(self._added)
        if base != self._base or known > whole or not np.array_equal(snapshot[:known], self._added):
            self._begin(snapshot[:base], rows[:base])
            known = base
        for start in range(known, whole, STEP):
            end = start + STEP
            self._complements, self._steps[start - base : end - base] = self._step(rows[:end])
        self._added = snapshot[:whole].copy()
        # Only whole steps are kept: the rest is added anew each time, as it would be from scratch.
        return self._step(rows)[0] if whole < len(snapshot) else self._complements

    def _begin(self, documents: NDArray[np.int64], rows: Numbers) -> None:
        """Compute 1 - h of the first documents directly, from the inverse of A."""
        matrix = self._gram.gram_and_moments(documents)[0]
        matrix.flat[:: len(matrix) + 1] += self._penalty
        self._base = len(documents)
        self._inverse = inv(matrix, assume_a="pos", check_finite=False)
        # h = |L^-1 x|², where A = LL', takes half the operations of x' A^-1 x.
        halves = solve_rows(cholesky(matrix.T, lower=True, overwrite_a=True, check_finite=False), rows)
        self._complements = 1 - np.einsum("ij,ij->i", halves, halves)

    def _step(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Return 1 - h of all ``rows`` after adding the last ones, and S of these."""
        known = len(self._complements)
        new, steps = rows[known:], self._steps[: known - self._base]
        before = new @ self._inverse
        across = new @ steps.T
        own = before @ new.T - across @ across.T
        one = np.eye(len(new))
        factor = cholesky(own + one, lower=True, check_finite=False)
        corner = solve_triangular(factor, one, lower=True, check_finite=False)
        step: Numbers = corner @ (before - across @ steps)
        growth = step @ rows[:known].T
        complements = np.einsum("ij,ij->j", growth, growth)
        complements += self._complements
        return np.append(complements, np.einsum("ij,ij->j", corner, corner)), step


SLICE = 256
"""Rows of the triangle that are taken at a time where its empty half is left out."""


class IncrementalCholesky:
    """Inverse of the Cholesky factor L of a positive definite matrix A that grows by rows and columns.

    Appending b rows to n costs 2 n² b operations. Nothing is subtracted from what is there, so that no error
    builds up: after any number of appends it is the factor that one Cholesky of the whole would give.
    """

    def __init__(self, labels: int) -> None:
        self.count = 0
        self._invert: Any = get_lapack_funcs("trtri", dtype=np.float64)
        self._diagonals = {0: np.zeros(0)}
        """The diagonal of A^-1 after every append, by the number of rows."""
        self._inverse = np.zeros((0, 0))
        self._half_solution = np.zeros((0, labels))

    def append(self, across: Numbers, own: Numbers, targets: Numbers) -> None:
        """Append rows to A, and their targets, shape ``(b, labels)``.

        ``across``, shape ``(b, n)``, is their part with the rows before, ``own``, shape ``(b, b)``, among
        themselves.
        """
        before, after = self.count, self.count + len(own)
        self.reserve(after)
        # The factor grows to [[L, 0], [half, factor]], its inverse by the rows [-corner half L^-1, corner].
        half = self._times(across, transposed=True)
        # The Schur complement of what is there already.
        left = own - half @ half.T if before else own
        factor = cholesky(left, lower=True, check_finite=False)
        # At a third of the operations of solving for the columns of 1.
        corner = self._invert(factor, lower=1, overwrite_c=1)[0] if len(own) else factor
        rows = self._inverse[before:after, :after]
        rows[:, :before] = -corner @ self._times(half)
        rows[:, before:] = corner
        # Forward substitution: this is L^-1 times the targets.
        self._half_solution[before:after] = corner @ (targets - half @ self._half_solution[:before])
        # A^-1 is L^-T L^-1: its diagonal holds the squared norms of L^-1's columns, to which rows only add.
        diagonal = np.append(self.diagonal, np.zeros(len(own)))
        self._diagonals[after] = diagonal + np.einsum("ij,ij->j", rows, rows)
        self.count = after

    @property
    def diagonal(self) -> Numbers:
        """The diagonal of A^-1."""
        return self._diagonals[self.count]

    @contextmanager
    def extended(self, across: Numbers, own: Numbers, targets: Numbers) -> Iterator[None]:
        """Append rows to the first ones of A inside a ``with`` block, and undo that afterwards.

        Rows of A beyond the first, whose number is the width of ``across``, are left out inside the block.
        They must be there in full, and were appended at that number of rows.
        """
        first, count, diagonals = across.shape[1], self.count, self._diagonals.copy()
        after = min(first + len(own), count)
        inverse = self._inverse[first:after, :after].copy()
        half_solution = self._half_solution[first:after].copy()
        self.count = first
        self.append(across, own, targets)
        yield
        self._inverse[first:after, :after], self._half_solution[first:after] = inverse, half_solution
        self.count, self._diagonals = count, diagonals

    def solution(self, difference: Numbers | None = None) -> Numbers:
        """Return A^-1 times the targets plus ``difference``, both of shape ``(n, labels)``."""
        half_solution = self._half_solution[: self.count]
        if difference is not None and difference.any():
            half_solution = half_solution + self._times(difference.T, transposed=True).T
        return self._times(half_solution.T).T

    def solve(self, values: Numbers) -> Numbers:
        """Return A^-1 times ``values``, shape ``(n,)``."""
        solution = np.zeros(self.count)
        for start, end in self._slices():
            rows = self._inverse[start:end, :end]
            solution[:end] += rows.T @ (rows @ values[:end])
        return solution

    def leave_one_out(self, targets: Numbers, solution: Numbers) -> Numbers:
        """Return kernel ridge regression's leave-one-out prediction of each row, shape ``(n, labels)``.

        It is the target less the solution over the diagonal of the inverse (Rasmussen and Williams 2006,
        "Gaussian processes for machine learning", equation 5.12).
        """
        return targets - solution / self.diagonal[:, np.newaxis]

    def _times(self, rows: Numbers, *, transposed: bool = False) -> Numbers:
        """Multiply ``rows`` by L^-1 or its transpose."""
        # In BLAS's order, which counts down columns, the rows of L^-1 are the columns of an upper triangle.
        product: Numbers = dtrmm(1, self._inverse[: self.count].T, rows.T, trans_a=transposed).T
        return product

    def _slices(self) -> Iterator[tuple[int, int]]:
        """Yield the starts and ends of slices of the triangle L^-1."""
        for start in range(0, self.count, SLICE):
            yield start, min(start + SLICE, self.count)

    def reserve(self, count: int) -> None:
        """Enlarge the memory to at least ``count`` rows; asked for all at once, it is copied once."""
        room = len(self._inverse)
        if count > room:
            # A quarter more: the system gives memory in pieces that span several rows, with their empty half.
            more = max(count * 5 // 4, SLICE)
            inverse, half_solution = np.zeros((more, more)), np.zeros((more, self._half_solution.shape[1]))
            for start, end in self._slices():
                inverse[start:end, :end] = self._inverse[start:end, :end]
            half_solution[:room] = self._half_solution
            self._inverse, self._half_solution = inverse, half_solution
