"""Sums that grow with a snapshot, and depend on nothing but it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.learning.incremental_algebra import BLOCK, GramAccumulator

LUCK = np.random.default_rng(0)
FEATURES = LUCK.normal(size=(5 * BLOCK, 7))
TARGETS = LUCK.normal(size=(5 * BLOCK, 3))
ORDER = LUCK.permutation(len(FEATURES))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("count", [0, 1, BLOCK, 3 * BLOCK + 5])
def test_they_are_the_sums_over_the_documents(count: int, kind: type[np.float64 | np.float32]) -> None:
    rows, tolerance = ORDER[:count], 100 * float(np.finfo(kind).eps)
    gram, moments = GramAccumulator(FEATURES.astype(kind), TARGETS.astype(kind)).gram_and_moments(rows)
    assert gram.dtype == moments.dtype == kind
    np.testing.assert_allclose(
        gram, np.triu(FEATURES[rows].T @ FEATURES[rows]), rtol=tolerance, atol=100 * tolerance
    )
    np.testing.assert_allclose(
        moments, FEATURES[rows].T @ TARGETS[rows], rtol=tolerance, atol=100 * tolerance
    )


@given(sizes=some.lists(some.integers(0, len(ORDER)), min_size=1, max_size=6))
def test_to_the_last_bit_whatever_was_summed_before(sizes: list[int]) -> None:
    growing = GramAccumulator(FEATURES, TARGETS)
    for size in sizes:
        found = growing.gram_and_moments(ORDER[:size])
    for continued, afresh in zip(
        found, GramAccumulator(FEATURES, TARGETS).gram_and_moments(ORDER[: sizes[-1]]), strict=True
    ):
        np.testing.assert_array_equal(continued, afresh)


def test_what_comes_back_is_the_caller_s_to_overwrite() -> None:
    growing = GramAccumulator(FEATURES, TARGETS)
    once = [sums.copy() for sums in growing.gram_and_moments(ORDER[:BLOCK])]
    for sums in growing.gram_and_moments(ORDER[:BLOCK]):
        sums[:] = np.nan
    for before, after in zip(once, growing.gram_and_moments(ORDER[:BLOCK]), strict=True):
        np.testing.assert_array_equal(before, after)
