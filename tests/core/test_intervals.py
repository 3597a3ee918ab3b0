"""Sets of moments, beside sets of whole milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from sim.core.intervals import Intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    Spans = Sequence[tuple[int, int]]

LATEST = 40
MOMENTS = some.integers(0, LATEST)
SPANS = some.lists(some.tuples(MOMENTS, MOMENTS), max_size=8)


def of(*spans: tuple[int, int]) -> Intervals:
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    return Intervals(starts, ends)


def pairs(intervals: Intervals) -> list[tuple[int, int]]:
    return list(zip(intervals.starts.tolist(), intervals.ends.tolist(), strict=True))


def milliseconds(spans: Spans) -> set[int]:
    return {ms for span in spans for ms in range(*span)}


def test_spans_that_overlap_or_touch_are_one() -> None:
    assert pairs(of((5, 7), (0, 3), (2, 4), (4, 5), (9, 9), (12, 11), (20, 30), (21, 22))) == [
        (0, 7),
        (20, 30),
    ]
    assert pairs(of()) == []


def test_a_span_counts_from_its_start_until_just_before_its_end() -> None:
    spans = of((10, 12), (15, 20))
    assert spans.measure() == 7
    assert [spans.measure(ms) for ms in (0, 10, 11, 12, 15, 16, 20, 99)] == [0, 0, 1, 2, 2, 3, 7, 7]
    assert spans.between(11, 16) == 2
    assert of().measure() == of().between(3, 8) == 0


@given(SPANS)
def test_spans_are_in_order_with_gaps_between_them(spans: Spans) -> None:
    found = pairs(of(*spans))
    assert milliseconds(found) == milliseconds(spans)
    assert all(np.diff(np.array(found).ravel()) > 0)


@given(SPANS, MOMENTS, MOMENTS)
def test_a_measure_is_as_counted(spans: Spans, one: int, other: int) -> None:
    from_ms, until_ms = sorted((one, other))
    within = milliseconds(spans) & set(range(from_ms, until_ms))
    assert of(*spans).between(from_ms, until_ms) == len(within)
    assert of(*spans).measure() == len(milliseconds(spans))
