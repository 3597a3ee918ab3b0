"""Timetable of trainings: multiples of a time since a project began, or times of the week."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.core.intervals import FOREVER_MS
from sim.core.zones import local_seconds, utc_offsets
from sim.scenario.calendars import FIRST_MONDAY, parse_times_of_week
from sim.simulation.workforce import A_MONDAY, CALENDAR_YEARS

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from sim.scenario.models import Scenario

_MINUTE = 60
_DAY = 24 * 60 * _MINUTE


class Timetable:
    """Moments at which a project's trainings may begin, each for one of them; by default any moment."""

    def __init__(self, scenario: Scenario) -> None:
        trainer = scenario.trainer
        self._begins_ms = scenario.begins_ms
        self._every_ms = None if trainer.every is None else trainer.every.ms
        self._moments: NDArray[np.int64] | None = None
        if trainer.schedule is not None:
            self._moments = _moments(trainer.schedule, scenario.start or A_MONDAY, scenario.timezone)
        self._last_ms = scenario.begins_ms

    def take(self, now_ms: int) -> int:
        """Return the first moment from now on that no training has taken yet, and take it."""
        if self._every_ms is None and self._moments is None:
            return now_ms
        # The project's beginning is none: there is nothing to learn from.
        from_ms = max(now_ms, self._last_ms + 1)
        if self._moments is not None:
            self._last_ms = int(self._moments[self._moments.searchsorted(from_ms)])
        elif self._every_ms is not None:
            # Rounded up.
            rounds = -((self._begins_ms - from_ms) // self._every_ms)
            self._last_ms = self._begins_ms + rounds * self._every_ms
        return self._last_ms


@lru_cache(maxsize=64)
def _moments(schedule: str, start: datetime, timezone: str) -> NDArray[np.int64]:
    """Lay out times of the week as milliseconds since a project's start; the last is the end of time."""
    first_day = local_seconds(start) // _DAY
    days = np.arange(first_day - 1, first_day + CALENDAR_YEARS * 365)
    local = [
        days[(days - FIRST_MONDAY) % 7 == weekday] * _DAY + minute * _MINUTE
        for weekday, minute in parse_times_of_week(schedule)
    ]
    offsets = utc_offsets(timezone, start.year - 1, start.year + CALENDAR_YEARS)
    (start_s,) = offsets.to_utc(np.array([local_seconds(start)]))
    moments = 1_000 * (offsets.to_utc(np.concatenate(local)) - start_s)
    return np.unique(np.append(moments, FOREVER_MS))
