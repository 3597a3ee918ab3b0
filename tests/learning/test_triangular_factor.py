"""A triangular system solved by blocks has the solution that NumPy finds."""

from __future__ import annotations

import numpy as np
import pytest

from sim.learning.incremental_algebra import BLOCK, TriangularFactor


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_it_solves_like_numpy(size: int, kind: type[np.floating]) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2 * size, size)) / np.sqrt(size)
    exact = np.linalg.cholesky(np.eye(size) + features.T @ features)
    rows = rng.normal(size=(5, size))
    factor = TriangularFactor(exact.astype(kind))
    rounding = 100 * float(np.finfo(kind).eps)

    solved = factor.solve(rows.astype(kind))
    assert solved.dtype == kind
    np.testing.assert_allclose(solved, np.linalg.solve(exact, rows.T).T, rtol=0, atol=rounding)
    transposed = factor.solve_transposed(rows.astype(kind))
    np.testing.assert_allclose(transposed, np.linalg.solve(exact.T, rows.T).T, rtol=0, atol=rounding)


def test_no_rows_have_no_solutions() -> None:
    assert TriangularFactor(np.eye(3)).solve(np.empty((0, 3))).shape == (0, 3)
