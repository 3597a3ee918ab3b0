"""Availability of people who have a few hours for the project beside other work, drawn day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.intervals import Intervals
from sim.scenario.calendars import FIRST_MONDAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.team import Availability
    from sim.simulation.workforce import Shifts

_SHIFTS_AFTER = 400
"""Shifts after a project's limit in which work that was begun may end."""


def draw_availability(
    shifts: Shifts, availability: Availability, streams: Streams, person_key: str, until_ms: int
) -> Intervals:
    """Draw when a person works on the project: on some days of each week, for some of a day's hours.

    A day's time is one stretch of its hours, breaks left out, at a uniformly distributed place. Random
    numbers belong to a person and a day, so that they do not depend on when the project begins. From
    ``until_ms`` on, when nothing is simulated any more, only the next `_SHIFTS_AFTER` shifts are drawn.
    """
    near = slice(int(shifts.starts.searchsorted(until_ms)) + _SHIFTS_AFTER)
    starts, ends, begun_on = (part[near] for part in (shifts.starts, shifts.ends, shifts.days))
    lengths = ends - starts
    days, first_shift, day_of = np.unique(begun_on, return_index=True, return_inverse=True)
    hours_ms = np.bincount(day_of, lengths).astype(np.int64)

    def uniforms(purpose: str, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        return streams.uniforms(f"available {purpose} of {person_key}", indices)

    weeks = (days - FIRST_MONDAY) // 7
    # By week; within it days with hours first, these at random.
    order = np.lexsort((uniforms("days", days), hours_ms == 0, weeks))
    in_order = weeks[order]
    rank = np.empty(len(days), dtype=np.int64)
    rank[order] = np.arange(len(days)) - in_order.searchsorted(in_order)
    whole, part = divmod(7.0 if availability.days_per_week is None else availability.days_per_week, 1)
    chosen = rank < whole + (uniforms("weeks", weeks) < part)

    stretch_ms = np.minimum(hours_ms, availability.hours_per_day.ms)
    from_ms = (uniforms("hours", days) * (hours_ms - stretch_ms + 1)).astype(np.int64)
    until = np.where(chosen, from_ms + stretch_ms, 0)
    # Where each shift lies within its day's hours.
    worked_ms = lengths.cumsum() - lengths
    worked_ms -= worked_ms[first_shift][day_of]
    begin = np.maximum(worked_ms, from_ms[day_of]) - worked_ms
    end = np.minimum(worked_ms + lengths, until[day_of]) - worked_ms
    return Intervals.union((starts + begin).clip(min=0), (starts + end).clip(min=0))
