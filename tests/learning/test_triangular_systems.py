"""Triangular systems have the solutions that NumPy finds."""

from __future__ import annotations

import numpy as np
import pytest

from sim.learning.incremental_algebra import BLOCK, solve_rows


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_they_are_solved_like_numpy_does(size: int, kind: type[np.floating]) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2 * size, size)) / np.sqrt(size)
    exact = np.linalg.cholesky(np.eye(size) + features.T @ features)
    rows, factor = rng.normal(size=(5, size)), exact.astype(kind)
    rounding = 100 * float(np.finfo(kind).eps)

    solved = solve_rows(factor, rows.astype(kind))
    assert solved.dtype == kind
    np.testing.assert_allclose(solved, np.linalg.solve(exact, rows.T).T, rtol=0, atol=rounding)
    transposed = solve_rows(factor, rows.astype(kind), transposed=True)
    np.testing.assert_allclose(transposed, np.linalg.solve(exact.T, rows.T).T, rtol=0, atol=rounding)


def test_no_rows_have_no_solutions() -> None:
    assert solve_rows(np.eye(3), np.empty((0, 3))).shape == (0, 3)
