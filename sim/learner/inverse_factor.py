"""The Cholesky factor of a matrix that grows, and what leave-one-out needs of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cholesky, solve_triangular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SLICE = 256
"""Rows of the triangle that are multiplied at a time, so that its empty half costs little."""


class InverseFactor:
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
        half = self._times_transposed(across)
        factor = cholesky(own - half @ half.T, lower=True, check_finite=False)
        corner = solve_triangular(factor, np.eye(len(own)), lower=True, check_finite=False)
        rows = self._inverse[before:after, :after]
        rows[:, :before] = -corner @ self._times(half)
        rows[:, before:] = corner
        self._halfway[before:after] = corner @ (targets - half @ self._halfway[:before])
        self.diagonal = np.append(self.diagonal, np.zeros(len(own))) + np.einsum("ij,ij->j", rows, rows)
        self.count = after

    @contextmanager
    def extended(self, across: Numbers, own: Numbers, targets: Numbers) -> Iterator[None]:
        """Add rows as `append` does, for a while."""
        count, diagonal = self.count, self.diagonal
        self.append(across, own, targets)
        yield
        self.count, self.diagonal = count, diagonal

    def solution(self, difference: Numbers | None = None) -> Numbers:
        """A^-1 times the targets, to which a ``difference`` may be added; both of shape ``(n, labels)``."""
        solution = np.zeros((self.count, self._halfway.shape[1]))
        for start, end in self._slices():
            rows, halfway = self._inverse[start:end, :end], self._halfway[start:end]
            if difference is not None and difference.any():
                halfway = halfway + rows @ difference[:end]
            solution[:end] += rows.T @ halfway
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
            inverse, halfway = np.zeros((more, more)), np.zeros((more, self._halfway.shape[1]))
            inverse[:room, :room], halfway[:room] = self._inverse, self._halfway
            self._inverse, self._halfway = inverse, halfway
