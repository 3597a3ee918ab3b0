"""What a project costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.records import COORDINATION, SETUP, TRAIN
from sim.results.lasted import lasted_ms

if TYPE_CHECKING:
    from sim.records import Events, Rates


def cost(events: Events, rates: Rates, moment_ms: int, active_hours: float) -> float:
    """Fixed costs, and all hours until a moment at their rates; ``active_hours`` are those of labelling.

    What is under way at the moment counts up to it. The setup costs what is fixed.
    """
    training = events.activity.are(TRAIN)
    before = np.any([events.activity.are(name) for name in SETUP], axis=0)
    coordination = events.actor.are(COORDINATION) & ~before
    moments = np.array([moment_ms])
    trained_ms, coordinated_ms = (lasted_ms(events, rows, moments)[0] for rows in (training, coordination))
    return rates.cost(
        labelling=active_hours,
        training=float(trained_ms) / MS_PER_HOUR,
        coordination=float(coordinated_ms) / MS_PER_HOUR,
    )
