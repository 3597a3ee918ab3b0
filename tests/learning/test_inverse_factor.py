"""A factor that grows equals one computed at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sim.learning.incremental_algebra import SLICE, IncrementalCholesky


def matrix(size: int, penalty: float = 0.3) -> np.ndarray:
    """A kernel matrix of nearly dependent rows, as texts that repeat each other give."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(size, 40))
    rows[size // 2 :] = rows[: size - size // 2] + 1e-6 * rows[size // 2 :]
    return rows @ rows.T / 40 + penalty * np.eye(size)


def grown(whole: np.ndarray, targets: np.ndarray, ends: list[int]) -> IncrementalCholesky:
    factor = IncrementalCholesky(targets.shape[1])
    start = 0
    for end in ends:
        factor.append(whole[start:end, :start], whole[start:end, start:end], targets[start:end])
        start = end
    return factor


@given(some.lists(some.integers(1, SLICE + 50), min_size=1, max_size=4))
@settings(max_examples=15)
def test_however_it_grew_it_solves_like_numpy(steps: list[int]) -> None:
    ends = np.cumsum(steps).tolist()
    whole = matrix(ends[-1])
    targets = np.random.default_rng(1).choice([-1.0, 1.0], (ends[-1], 3))
    factor = grown(whole, targets, ends)
    inverse = np.linalg.inv(whole)
    np.testing.assert_allclose(factor.solution(), inverse @ targets, rtol=0, atol=1e-8)
    np.testing.assert_allclose(factor.diagonal, np.diag(inverse), rtol=0, atol=1e-8)


def test_another_target_is_a_difference_to_the_one_that_was_added() -> None:
    whole, (added, wanted) = (
        matrix(2 * SLICE + 9),
        np.random.default_rng(1).normal(size=(2, 2 * SLICE + 9, 3)),
    )
    factor = grown(whole, added, [SLICE, 2 * SLICE + 9])
    found = factor.solution(wanted - added)
    np.testing.assert_allclose(found, np.linalg.solve(whole, wanted), rtol=0, atol=1e-8)
    assert np.array_equal(factor.solution(np.zeros_like(added)), factor.solution())


@pytest.mark.slow
def test_2000_updates_are_as_exact_as_one_computation() -> None:
    whole = matrix(2_000)
    targets = np.random.default_rng(1).choice([-1.0, 1.0], (2_000, 2))
    one_by_one = grown(whole, targets, list(range(1, 2_001)))
    np.testing.assert_allclose(one_by_one.solution(), np.linalg.solve(whole, targets), rtol=0, atol=1e-8)
    np.testing.assert_allclose(one_by_one.diagonal, np.diag(np.linalg.inv(whole)), rtol=0, atol=1e-8)


def test_what_is_added_for_a_while_leaves_no_trace() -> None:
    whole, targets = matrix(60), np.ones((60, 1))
    factor = grown(whole, targets, [40])
    before = factor.solution(), factor.diagonal.copy()
    with factor.extended(whole[40:50, :40], whole[40:50, 40:50], targets[40:50]):
        assert factor.solution() == pytest.approx(np.linalg.solve(whole[:50, :50], targets[:50]))
    assert np.array_equal(factor.solution(), before[0])
    assert np.array_equal(factor.diagonal, before[1])
    with factor.extended(whole[40:40, :40], whole[40:40, 40:40], targets[40:40]):
        assert np.array_equal(factor.solution(), before[0])


def test_what_is_added_to_its_first_rows_leaves_no_trace_in_the_others() -> None:
    whole, targets = matrix(60), np.ones((60, 1))
    factor, alone = grown(whole, targets, [20, 40, 60]), grown(whole, targets, [20, 28])
    before = factor.solution(), factor.diagonal.copy()
    with factor.extended(whole[20:28, :20], whole[20:28, 20:28], targets[20:28]):
        assert np.array_equal(factor.solution(), alone.solution())
        assert np.array_equal(factor.diagonal, alone.diagonal)
    assert np.array_equal(factor.solution(), before[0])
    assert np.array_equal(factor.diagonal, before[1])
