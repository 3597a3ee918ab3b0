"""Leave-one-out predictions, by features or by kernel, are those of models that have not seen the row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from sim.learning.incremental_algebra import HatMatrix, InnerProducts, InverseKernel


@pytest.mark.parametrize("row", [0, 31, 59])
def test_leaving_one_out_is_training_without_it(row: int) -> None:
    rng = np.random.default_rng(0)
    rows, targets = rng.normal(size=(60, 7)), rng.normal(size=(60, 2))
    others = np.arange(len(rows)) != row
    inner = rows[others].T @ rows[others] + 0.3 * np.eye(7)
    expected = rows[row] @ np.linalg.solve(inner, rows[others].T @ targets[others])
    kernel = rows @ rows.T
    for found, rounding in (
        (HatMatrix(rows, 0.3), 1e-12),
        (InverseKernel(kernel, 0.3), 1e-12),
        (InverseKernel(kernel.astype(np.float32), 0.3), 1e-3),
    ):
        np.testing.assert_allclose(found.leave_one_out(targets)[row], expected, rtol=0, atol=rounding)


@pytest.mark.parametrize("ends", [[8], [3, 8], [8, 3], [3, 12], [12, 5, 7]])
def test_inner_products_are_the_same_bits_however_many_are_kept(ends: list[int]) -> None:
    rows = csr_array(random_array((12, 40), density=0.3, rng=np.random.default_rng(0)))
    kept = InnerProducts(10)
    for end in ends:
        found = kept.rows(rows, 2, end)
    expected = (rows[2:end] @ rows[:end].T).toarray()
    assert found.tolist() == expected.tolist()
