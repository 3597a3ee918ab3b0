"""What a project has spent so far, without adding everything up again each time somebody asks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sim.activities import LABEL, REWORK
from sim.durations import MS_PER_HOUR
from sim.records import Spent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.records import Event, Page, Rates


class Spending:
    """A running sum over a project's pages and events, which others append to.

    What has ended by the moment that is asked about is added once and for all; what is under way then, a few
    pages and events at most, is looked at again the next time: how it ends may only be known by then.
    """

    def __init__(self, rates: Rates, pages: Sequence[Page], events: Sequence[Event]) -> None:
        self._rates = rates
        self._logs: tuple[Sequence[Page | Event], ...] = (pages, events)
        self._seen = [0, 0]
        self._under_way: list[tuple[Sequence[Page | Event], int]] = []
        self._ended = _Lasted()

    def until(self, now_ms: int) -> Spent:
        """Hours of labelling, rework included, and costs until now, which never goes back."""
        newly = [
            (log, place)
            for log, seen in zip(self._logs, self._seen, strict=True)
            for place in range(seen, len(log))
        ]
        self._seen = [len(log) for log in self._logs]
        looked_at, self._under_way = [*self._under_way, *newly], []
        going_on = _Lasted()
        for log, place in looked_at:
            done = log[place]
            if done.end_ms <= now_ms:
                self._ended.add(done, done.end_ms, self._rates)
            else:
                going_on.add(done, now_ms, self._rates)
                self._under_way.append((log, place))
        return self._spent(self._ended, going_on)

    def _spent(self, *lasted: _Lasted) -> Spent:
        by_rate = sum((one.by_rate for one in lasted), Counter[float]())
        cost = self._rates.fixed
        # In this order the sum is the one of `sim.results.cost`, to the last bit.
        for rate in sorted(by_rate):
            cost += rate * by_rate[rate] / MS_PER_HOUR
        return Spent(sum(one.active_ms for one in lasted) / MS_PER_HOUR, cost)


class _Lasted:
    """Whole milliseconds of some pages and events: of labelling, and of each hourly rate."""

    def __init__(self) -> None:
        self.active_ms = 0
        self.by_rate = Counter[float]()

    def add(self, done: Page | Event, until_ms: int, rates: Rates) -> None:
        lasted_ms = max(0, until_ms - done.start_ms)
        if done.activity in (LABEL, REWORK):
            self.active_ms += lasted_ms
        if rate := rates.hourly(done.actor, done.activity):
            self.by_rate[rate] += lasted_ms
