"""What a project costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.results.lasted import lasted_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.records import Events, Rates


def costs(events: Events, rates: Rates, moments_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fixed costs, and the hours of all events until each moment at their rates.

    What is under way at a moment counts up to it. The setup costs what is fixed.
    """
    total = np.full(len(moments_ms), rates.fixed, dtype=np.float64)
    if not rates.charged:
        return total
    activities = len(events.activity.names)
    kinds, kind = np.unique(
        events.actor.codes.astype(np.int64) * activities + events.activity.codes, return_inverse=True
    )
    hourly = np.array(
        [
            rates.hourly(events.actor.names[code // activities], events.activity.names[code % activities])
            for code in kinds.tolist()
        ]
    )
    for rate in np.unique(hourly[hourly > 0]).tolist():
        total += rate * lasted_ms(events, hourly[kind] == rate, moments_ms) / MS_PER_HOUR
    return total
