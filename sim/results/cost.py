"""What a project costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.records import COORDINATION, SETUP, TRAIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.records import Events, Rates


def cost(events: Events, rates: Rates, moment_ms: int, active_hours: float) -> float:
    """Fixed costs, and all hours until a moment at their rates; ``active_hours`` are those of labelling.

    What is under way at the moment counts up to it. The setup costs what is fixed.
    """
    training = events.activity.are(TRAIN)
    before = np.any([events.activity.are(name) for name in SETUP], axis=0)
    coordination = events.actor.are(COORDINATION) & ~before
    return rates.cost(
        labelling=active_hours,
        training=_hours(events, training, moment_ms),
        coordination=_hours(events, coordination, moment_ms),
    )


def _hours(events: Events, rows: NDArray[np.bool_], moment_ms: int) -> float:
    """How long events lasted until a moment, all together."""
    lasted = np.minimum(events.end_ms[rows], moment_ms) - events.start_ms[rows]
    return float(np.maximum(lasted, 0).sum()) / MS_PER_HOUR
