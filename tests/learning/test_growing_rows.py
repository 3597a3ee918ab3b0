"""Rows that are taken from the pool once, and are those of the snapshot all the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.sparse import csr_array

from sim.learning.incremental_algebra import RowCache

POOL = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)

snapshots = some.lists(some.lists(some.integers(0, 11), unique=True, max_size=12), min_size=1, max_size=6)


@pytest.mark.parametrize("sparse", [False, True])
@given(snapshots=snapshots)
def test_rows_are_those_of_each_snapshot_whichever_came_before(
    snapshots: list[list[int]], *, sparse: bool
) -> None:
    growing = RowCache(csr_array(POOL) if sparse else POOL)
    for documents in snapshots:
        rows = growing.rows(np.array(documents, dtype=np.int64))
        dense = rows.toarray() if sparse else rows
        assert dense.dtype == np.float64
        assert np.array_equal(dense, POOL[documents].reshape(-1, 3))


def test_a_snapshot_that_goes_on_takes_only_what_is_new() -> None:
    pool = POOL.copy()
    growing = RowCache(pool)
    before = growing.rows(np.arange(4)).copy()
    pool[:4] = np.nan

    after = growing.rows(np.arange(8))

    assert np.array_equal(after, np.vstack([before, pool[4:8]]))
