"""Sets of moments, beside sets of whole milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from sim.core.intervals import FOREVER_MS, Intervals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Spans = Sequence[tuple[int, int]]

LATEST = 40
MOMENTS = some.integers(0, LATEST)
SPANS = some.lists(some.tuples(MOMENTS, MOMENTS), max_size=8)


def of(*spans: tuple[int, int]) -> Intervals:
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    return Intervals.union(starts, ends)


def milliseconds(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {ms for span in spans for ms in range(*span)}


def test_spans_that_overlap_or_touch_are_one() -> None:
    assert list(of((5, 7), (0, 3), (2, 4), (4, 5), (9, 9), (12, 11), (20, 30), (21, 22))) == [
        (0, 7),
        (20, 30),
    ]
    assert list(of()) == []


def test_a_span_counts_from_its_start_until_just_before_its_end() -> None:
    spans = of((10, 12), (15, 20))
    assert spans.measure() == 7
    assert [spans.measure(ms) for ms in (0, 10, 11, 12, 15, 16, 20, 99)] == [0, 0, 1, 2, 2, 3, 7, 7]
    assert spans.between(11, 16) == 2
    assert of().measure() == of().between(3, 8) == 0


@given(SPANS)
def test_spans_are_in_order_with_gaps_between_them(spans: Spans) -> None:
    found = list(of(*spans))
    assert milliseconds(found) == milliseconds(spans)
    assert all(np.diff(np.array(found).ravel()) > 0)


@given(SPANS, MOMENTS, MOMENTS)
def test_a_measure_is_as_counted(spans: Spans, one: int, other: int) -> None:
    from_ms, until_ms = sorted((one, other))
    within = milliseconds(spans) & set(range(from_ms, until_ms))
    assert of(*spans).between(from_ms, until_ms) == len(within)
    assert of(*spans).measure() == len(milliseconds(spans))


def test_what_is_clipped_lies_between_two_moments() -> None:
    spans = of((10, 12), (15, 20))
    assert list(spans.clip(11, 16)) == [(11, 12), (15, 16)]
    assert list(spans.clip(12, 15)) == list(spans.clip(11, 11)) == []


def test_the_end_of_a_span_has_two_inverses() -> None:
    spans = of((10, 12), (15, 20))
    assert spans.advance(10, 2) == 12
    assert spans.next_start(12) == 15
    assert spans.between(10, 12) == spans.between(10, 15) == 2


def test_a_span_ends_at_its_end_and_a_gap_at_once() -> None:
    spans = of((10, 12), (15, 20))
    assert [spans.span_end(ms) for ms in (10, 11, 12, 13)] == [12, 12, 12, 13]
    assert spans.longest_ms == 5
    assert spans.ends_ms == 20


def test_after_the_last_span_comes_nothing() -> None:
    spans = of((10, 12), (15, 20))
    assert spans.next_start(20) == of().next_start(0) == FOREVER_MS
    assert spans.advance(10, 7) == 20
    assert spans.advance(10, 8) == of().advance(0, 1) == FOREVER_MS


def test_a_span_may_last_for_ever() -> None:
    always = of((0, FOREVER_MS))
    assert always.measure() == always.span_end(10**15) == FOREVER_MS
    assert always.next_start(5) == 5
    assert always.advance(5, 7) == 12
    assert always.between(5, 12) == 7
    assert list(always.clip(5, 12)) == list(of((5, 12)) & always) == [(5, 12)]
    assert list(of((5, 12)) - always) == []


def test_a_moment_is_a_plain_integer() -> None:
    spans = of((10, 12))
    found = [
        spans.next_start(0),
        spans.advance(0, 1),
        spans.span_end(10),
        spans.measure(),
        spans.longest_ms,
        spans.ends_ms,
        *next(iter(spans.clip(11, 20))),
    ]
    assert {type(moment) for moment in found} == {int}


@given(SPANS, SPANS)
def test_sets_of_moments_are_sets(spans: Spans, others: Spans) -> None:
    one, other = of(*spans), of(*others)
    assert milliseconds(one & other) == milliseconds(spans) & milliseconds(others)
    assert milliseconds(one - other) == milliseconds(spans) - milliseconds(others)


@given(SPANS, MOMENTS, MOMENTS)
def test_what_is_clipped_is_as_counted(spans: Spans, one: int, other: int) -> None:
    from_ms, until_ms = sorted((one, other))
    within = milliseconds(spans) & set(range(from_ms, until_ms))
    assert milliseconds(of(*spans).clip(from_ms, until_ms)) == within


@given(SPANS, MOMENTS)
def test_look_ups_are_as_counted(spans: Spans, ms: int) -> None:
    left = sorted(moment for moment in milliseconds(spans) if moment >= ms)
    assert of(*spans).next_start(ms) == min(left, default=FOREVER_MS)
    outside = (moment for moment in range(ms, LATEST + 1) if moment not in left)
    assert of(*spans).span_end(ms) == next(outside)
    advanced = [of(*spans).advance(ms, by_ms) for by_ms in range(len(left) + 2)]
    assert advanced == [ms, *(moment + 1 for moment in left), FOREVER_MS]
