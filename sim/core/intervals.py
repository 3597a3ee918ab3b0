"""Sets of moments, such as somebody's working hours or what they were busy with."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Moments = NDArray[np.int64]

FOREVER_MS = 2**62
"""Later than anything happens."""
_NEVER_MS = 2**63 - 1


class Intervals:
    """A set of moments: half-open spans in whole milliseconds, in order and with gaps between them.

    Args:
        starts: int64, shape ``(spans,)``; of spans in any order, which may touch and overlap.
        ends: the same; none after `FOREVER_MS`. A span that ends before it starts is empty.
    """

    def __init__(self, starts: Moments, ends: Moments) -> None:
        lasting = starts < ends
        starts, ends = np.sort(starts[lasting]), np.sort(ends[lasting])
        # Sorted apart from each other, they still tell when nothing goes on: after as many ends as starts.
        first = np.append(True, starts[1:] > ends[:-1])[: len(starts)]
        self.starts = starts[first]
        self.ends = ends[np.roll(first, -1)]
        # With a span that begins after everything, no look-up has to ask whether one is left.
        # Views give plain integers, and are bisected twice as fast as the arrays that they show.
        self._start_of: Sequence[int] = np.append(self.starts, FOREVER_MS).data
        self._end_of: Sequence[int] = np.append(self.ends, _NEVER_MS).data
        self._measured: Sequence[int] = np.append(0, (self.ends - self.starts).cumsum()).data

    def measure(self, until_ms: int = FOREVER_MS) -> int:
        """Milliseconds of it, all or until a moment."""
        span = bisect_right(self._end_of, until_ms)
        return self._measured[span] + max(0, until_ms - self._start_of[span])

    def between(self, from_ms: int, until_ms: int) -> int:
        """Milliseconds of it from one moment until another, no earlier one."""
        return self.measure(until_ms) - self.measure(from_ms)
