"""Leverages that grow with a snapshot, and depend on nothing but it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.learning.incremental_algebra import BASE, STEP, Leverages

FEATURES = np.random.default_rng(0).normal(size=(2 * BASE + 3 * STEP, 7))
ORDER = np.random.default_rng(1).permutation(len(FEATURES))


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("count", [0, 1, STEP, 3 * STEP + 5, BASE, BASE + STEP + 1, 2 * BASE + 2 * STEP])
def test_they_are_the_hat_matrix_s_diagonal(count: int, penalty: float) -> None:
    rows = FEATURES[ORDER[:count]]
    hat = rows @ np.linalg.inv(rows.T @ rows + penalty * np.eye(7)) @ rows.T
    found = Leverages(FEATURES, penalty).complements(ORDER[:count])
    np.testing.assert_allclose(found, 1 - hat.diagonal(), rtol=0, atol=1e-11)


@given(sizes=some.lists(some.integers(0, len(ORDER)), min_size=1, max_size=6))
def test_to_the_last_bit_whatever_was_asked_before(sizes: list[int]) -> None:
    growing = Leverages(FEATURES, 1.0)
    for size in sizes:
        found = growing.complements(ORDER[:size])
    np.testing.assert_array_equal(found, Leverages(FEATURES, 1.0).complements(ORDER[: sizes[-1]]))


def test_another_order_starts_from_scratch() -> None:
    growing = Leverages(FEATURES, 1.0)
    growing.complements(ORDER)
    reverse = ORDER[::-1].copy()
    np.testing.assert_array_equal(growing.complements(reverse), Leverages(FEATURES, 1.0).complements(reverse))
