"""What a project costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.results.lasted import lasted_ms

if TYPE_CHECKING:
    from sim.records import Events, Rates


def cost(events: Events, rates: Rates, moment_ms: int) -> float:
    """Fixed costs, and the hours of all events until a moment at their rates.

    What is under way at the moment counts up to it. The setup costs what is fixed.
    """
    if not rates.charged:
        return 0.0
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
    total = rates.fixed
    for rate in np.unique(hourly[hourly > 0]).tolist():
        total += rate * float(lasted_ms(events, hourly[kind] == rate, np.array([moment_ms]))[0]) / MS_PER_HOUR
    return total
