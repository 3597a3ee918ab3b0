"""Sets of moments as sorted intervals, such as working hours or busy times."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Moments = NDArray[np.int64]

# So far from the end of 64 bits that a moment plus a length never overflows.
FOREVER_MS = 2**62
"""Moment after all events: the next start where no interval is left."""
_NEVER_MS = 2**63 - 1


class Intervals:
    """Set of moments: sorted half-open intervals in whole milliseconds with gaps between them.

    Look-ups bisect; they take and give plain integers.

    Args:
        starts: int64, shape ``(spans,)``.
        ends: the same; each later than its start and earlier than the next one's, none after `FOREVER_MS`.
            Use `union` for intervals that may overlap or be empty.
    """

    def __init__(self, starts: Moments, ends: Moments) -> None:
        self.starts, self.ends = starts, ends

    @classmethod
    def union(cls, starts: Moments, ends: Moments) -> Intervals:
        """Unite intervals that may overlap, in any order; those that end before they start are empty."""
        lasting = starts < ends
        starts, ends = np.sort(starts[lasting]), np.sort(ends[lasting])
        # Starts and ends sorted separately still show the gaps: moments with as many ends as starts before.
        apart = starts[1:] > ends[:-1]
        count = len(starts)
        return cls(starts[np.append(True, apart)[:count]], ends[np.append(apart, True)[:count]])

    # A sentinel after the last interval saves every look-up a check for the end.
    # Memory views yield plain integers, and bisecting them is twice as fast as bisecting the arrays.

    @cached_property
    def _start_of(self) -> Sequence[int]:
        return np.append(self.starts, FOREVER_MS).data

    @cached_property
    def _end_of(self) -> Sequence[int]:
        return np.append(self.ends, _NEVER_MS).data

    @cached_property
    def _measured(self) -> Sequence[int]:
        return np.append(0, (self.ends - self.starts).cumsum()).data

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts.tolist(), self.ends.tolist(), strict=True)

    def __and__(self, other: Intervals) -> Intervals:
        """Return the intersection of two sets of moments."""
        # At most two intervals overlap; two do from start k + 1 until end k of the sorted starts and ends.
        starts = np.sort(np.append(self.starts, other.starts))[1:]
        return Intervals.union(starts, np.sort(np.append(self.ends, other.ends))[:-1])

    def __sub__(self, other: Intervals) -> Intervals:
        """Return the moments of this set that are not in the other."""
        # Intersect with the other's gaps, from this one's first start to its last end.
        starts = np.append(self.starts[:1], other.ends)
        return self & Intervals.union(starts, np.append(other.starts, self.ends[-1:]))

    def clip(self, from_ms: int, until_ms: int) -> Intervals:
        """Return the part of the set of moments between two moments."""
        # From the first interval that ends later to the last that starts before: all
        # that is in part or wholly between.
        first, end = bisect_right(self._end_of, from_ms), bisect_left(self._start_of, until_ms)
        near = slice(first, end if from_ms < until_ms else first)
        return Intervals(np.maximum(self.starts[near], from_ms), np.minimum(self.ends[near], until_ms))

    @cached_property
    def longest_ms(self) -> int:
        """Length of the longest interval; 0 for an empty set."""
        return int((self.ends - self.starts).max(initial=0))

    @cached_property
    def ends_ms(self) -> int:
        """End of the last interval; 0 for an empty set."""
        return int(self.ends.max(initial=0))

    def measure(self, until_ms: int = FOREVER_MS) -> int:
        """Return the total length of all intervals, in milliseconds, or of their part before a moment."""
        span = bisect_right(self._end_of, until_ms)
        return self._measured[span] + max(0, until_ms - self._start_of[span])

    def between(self, from_ms: int, until_ms: int) -> int:
        """Return the total length of the intervals' parts between two moments, in milliseconds."""
        return self.measure(until_ms) - self.measure(from_ms)

    def next_start(self, ms: int) -> int:
        """Return the first moment of the set at or after ``ms``; `FOREVER_MS` if there is none."""
        return max(ms, self._start_of[bisect_right(self._end_of, ms)])

    def span_end(self, ms: int) -> int:
        """Return the end of the interval that contains ``ms``; ``ms`` itself if none does."""
        span = bisect_right(self._end_of, ms)
        return self._end_of[span] if self._start_of[span] <= ms else ms

    def advance(self, ms: int, by_ms: int) -> int:
        """Return the moment when ``by_ms`` of the set have passed since ``ms``; `FOREVER_MS` if never.

        Where that is the end of an interval, the start of the next one would do as well, since no time of the
        set passes in a gap. With a lunch break from 12:00 to 13:00, three hours after 9:00 are over at 12:00,
        which is the result; work that continues then does so at 13:00, its `next_start`.
        """
        if not by_ms:
            return ms
        measured_ms = self.measure(ms) + by_ms
        # From the left, so that a sum that is full at the end of an interval is
        # reached at that end, not in the next interval.
        span = bisect_left(self._measured, measured_ms) - 1
        return min(FOREVER_MS, self._start_of[span] + measured_ms - self._measured[span])
