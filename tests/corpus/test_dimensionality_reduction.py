"""Truncated SVD of sparse rows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from sim.corpus import dimensionality_reduction
from sim.corpus.dimensionality_reduction import ByTerm, truncated_svd

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = csr_array(random_array((300, 500), density=0.05, rng=0))
TEST = csr_array(random_array((40, 500), density=0.05, rng=1))


def projected(rows: csr_array, on: csr_array, width: int) -> NDArray[np.float64]:
    """The exact projection, up to signs."""
    directions = np.linalg.svd(on.toarray(), full_matrices=False)[2][:width]
    found: NDArray[np.float64] = rows.toarray() @ directions.T
    return found


def test_all_directions_are_the_exact_ones() -> None:
    pool, test = truncated_svd(ROWS, TEST, 290, powers=5)

    np.testing.assert_allclose(np.abs(pool), np.abs(projected(ROWS, ROWS, 290)), atol=1e-6)
    np.testing.assert_allclose(np.abs(test), np.abs(projected(TEST, ROWS, 290)), atol=1e-6)


def test_few_directions_hold_as_much_as_scikit_learn_finds() -> None:
    from sklearn.decomposition import TruncatedSVD

    pool, _ = truncated_svd(ROWS, TEST, 20, powers=5)

    theirs = TruncatedSVD(20, n_iter=5, random_state=0).fit_transform(ROWS)
    assert (pool**2).sum() == pytest.approx((theirs**2).sum(), rel=1e-6)
    np.testing.assert_allclose(pool @ pool.T, theirs @ theirs.T, atol=1e-6)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_fewer_directions_than_asked_for_leave_zeros(precision: type[np.floating]) -> None:
    rows = csr_array(np.repeat([[1.0, 0, 2, 0], [0, 3, 0, 0]], 20, axis=0).astype(precision))

    pool, test = truncated_svd(rows, rows, 3, powers=2)

    assert pool.dtype == test.dtype == precision
    assert pool.shape == (40, 3)
    np.testing.assert_allclose(pool[:, 2], 0, atol=1e-6)
    np.testing.assert_allclose(pool @ pool.T, (rows @ rows.T).toarray(), rtol=1e-5, atol=1e-5)


def test_the_number_of_processors_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dimensionality_reduction, "ROWS", 64)
    found = []
    for processors in (1, 2, 5):
        monkeypatch.setattr(os, "cpu_count", lambda count=processors: count)
        found.append(truncated_svd(ROWS, TEST, 100, powers=2))

    for pool, test in found[1:]:
        np.testing.assert_array_equal(pool, found[0][0])
        np.testing.assert_array_equal(test, found[0][1])


def test_rows_by_term_multiply_as_rows_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dimensionality_reduction, "ROWS", 64)
    weights = np.random.default_rng(0).normal(size=(500, 3))

    np.testing.assert_allclose(ByTerm.from_rows(ROWS) @ weights, ROWS.toarray() @ weights)
