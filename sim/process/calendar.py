"""Working time as arithmetic: when it passes, and how much of it has passed.

A calendar is looked up rather than played: nobody is interrupted when a shift ends, but asks beforehand when
so much working time will have passed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, overload

import numpy as np

from sim.durations import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Moments = NDArray[np.int64]

FOREVER_MS = 2**62
_NEVER_MS = 2**63 - 1
"""Where a stretch begins that nobody lives to see: with it no look-up has to ask whether one is left."""


class Calendar:
    """Stretches of working time with breaks between them, in whole milliseconds since the project's start.

    A stretch is worked from its start until just before its end. Look-ups bisect; they take one moment, an
    integer, and where they say so also many, an array of int64 of any shape.

    Working time has two inverses, because none passes in a break. Three hours after 9:00 are worked at 12:00,
    when lunch begins: that is `after`. Whoever goes on then does so at 13:00: that is `next_start` of it.

    Args:
        starts: int64, shape ``(stretches,)``, in the order of time.
        ends: the same; each later than its start and earlier than the next one's.

    Raises:
        ValueError: if there are none, or if they are empty, touch, overlap or are out of order.
    """

    def __init__(self, starts: Moments, ends: Moments) -> None:
        changes = np.column_stack((starts, ends)).ravel()
        if not len(changes) or (np.diff(changes) <= 0).any():
            raise ValueError(
                "a calendar needs stretches of working time, in order and with breaks between them"
            )
        lengths = ends - starts
        self.longest_ms = int(lengths.max())
        """The longest stretch."""
        self.ends_ms = int(ends[-1])
        """When the last stretch ends."""
        self._starts = np.append(starts, _NEVER_MS)
        self._ends = np.append(ends, _NEVER_MS)
        self._worked = np.append(0, lengths.cumsum())
        # Views give plain integers, and are bisected twice as fast as the arrays that they show.
        self._start_of: Sequence[int] = self._starts.data
        self._end_of: Sequence[int] = self._ends.data
        self._worked_before: Sequence[int] = self._worked.data

    def within(self, from_ms: int, until_ms: int) -> Calendar:
        """What is worked of it from one moment until another.

        Raises:
            ValueError: if nothing is.
        """
        starts, ends = self._starts[:-1].clip(min=from_ms), self._ends[:-1].clip(max=until_ms)
        there = starts < ends
        return Calendar(starts[there], ends[there])

    def works_at(self, ms: int) -> bool:
        """Whether a moment is worked."""
        return self._start_of[bisect_right(self._end_of, ms)] <= ms

    @overload
    def next_start(self, ms: int) -> int: ...
    @overload
    def next_start(self, ms: Moments) -> Moments: ...
    def next_start(self, ms: int | Moments) -> int | Moments:
        """The earliest moment from ``ms`` on that is worked, ``ms`` itself if it is; for one or many.

        Raises:
            ValueError: if there is none.
        """
        if isinstance(ms, int):
            start = self._start_of[bisect_right(self._end_of, ms)]
            return ms if start <= ms else self._reached(start)
        starts = self._starts[self._ends.searchsorted(ms, side="right")]
        return np.maximum(ms, self._all_reached(starts))

    def stretch_end(self, ms: int) -> int:
        """The end of the stretch that a moment lies in; ``ms`` itself if it is not worked."""
        stretch = bisect_right(self._end_of, ms)
        return self._end_of[stretch] if self._start_of[stretch] <= ms else ms

    @overload
    def after(self, ms: int, working_ms: int) -> int: ...
    @overload
    def after(self, ms: int | Moments, working_ms: Moments) -> Moments: ...
    def after(self, ms: int | Moments, working_ms: int | Moments) -> int | Moments:
        """The earliest moment by which so much working time has passed since ``ms``; for one or many.

        At the end of a stretch that is its end, not the next one's start, and for none it is ``ms`` itself.

        Raises:
            ValueError: if so much is not left.
        """
        if isinstance(ms, int) and isinstance(working_ms, int):
            if not working_ms:
                return ms
            worked_ms = self._until(ms) + working_ms
            stretch = bisect_left(self._worked_before, worked_ms) - 1
            return self._reached(self._start_of[stretch]) + worked_ms - self._worked_before[stretch]
        ms, working_ms = np.asarray(ms), np.asarray(working_ms)
        worked = self._until(ms) + working_ms
        stretches = np.maximum(self._worked.searchsorted(worked) - 1, 0)
        moments = self._all_reached(self._starts[stretches]) + worked - self._worked[stretches]
        return np.where(working_ms == 0, ms, moments)

    @overload
    def working_ms(self, start_ms: int, end_ms: int) -> int: ...
    @overload
    def working_ms(self, start_ms: int | Moments, end_ms: Moments) -> Moments: ...
    def working_ms(self, start_ms: int | Moments, end_ms: int | Moments) -> int | Moments:
        """The working time from one moment until another, no earlier one; for one pair or many."""
        passed_ms: int | Moments = self._until(end_ms) - self._until(start_ms)
        return passed_ms

    def intervals(self, start_ms: int, end_ms: int) -> Moments:
        """What is worked of a span: starts and ends, shape ``(stretches, 2)``, in the order of time."""
        within = slice(bisect_right(self._end_of, start_ms), bisect_left(self._start_of, end_ms))
        worked = np.column_stack((self._starts[within], self._ends[within])).clip(start_ms, end_ms)
        return worked[worked[:, 0] < worked[:, 1]]

    @overload
    def _until(self, ms: int) -> int: ...
    @overload
    def _until(self, ms: Moments) -> Moments: ...
    @overload
    def _until(self, ms: int | Moments) -> int | Moments: ...
    def _until(self, ms: int | Moments) -> int | Moments:
        """All working time until a moment."""
        if isinstance(ms, int):
            stretch = bisect_right(self._end_of, ms)
            return self._worked_before[stretch] + max(0, ms - self._start_of[stretch])
        stretches = self._ends.searchsorted(ms, side="right")
        until: Moments = self._worked[stretches] + np.maximum(0, ms - self._starts[stretches])
        return until

    def _reached(self, start: int) -> int:
        if start == _NEVER_MS:
            last = written(self._end_of[len(self._end_of) - 2])
            raise ValueError(f"nobody works any more: the calendar's last shift ends {last} after the start")
        return start

    def _all_reached(self, starts: Moments) -> Moments:
        self._reached(int(starts.max(initial=0)))
        return starts


ALWAYS = Calendar(np.array([0]), np.array([FOREVER_MS]))
"""Day and night, without end."""
