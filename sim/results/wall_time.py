"""Where wall time went: every moment shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.records import COORDINATION, LABEL, REWORK, TRAIN, WAIT

if TYPE_CHECKING:
    from sim.records import Events


def wall_time(events: Events, until_ms: int) -> dict[str, int]:
    """Milliseconds of wall time by activity, from the start until ``until_ms``, adding up to it.

    Of what goes on at one moment, labelling (rework included) counts before training, that before a step of
    the coordination (or of the setup), that before waiting. Steps stand under their own names, in the order
    in which they first occur.
    """
    steps = [
        events.activity.names[code]
        for code in dict.fromkeys(events[events.actor.are(COORDINATION)].activity.codes)
    ]
    classes = [(LABEL, (LABEL, REWORK)), (TRAIN, (TRAIN,)), *((step, (step,)) for step in steps)]
    moments = np.unique(np.clip(np.concatenate([[0, until_ms], events.start_ms, events.end_ms]), 0, until_ms))
    lengths = np.diff(moments)
    free = np.ones(len(lengths), dtype=np.bool_)
    spent: dict[str, int] = {}
    for name, activities in classes:
        rows = np.any([events.activity.are(activity) for activity in activities], axis=0)
        change = np.zeros(len(moments), dtype=np.int64)
        np.add.at(change, np.searchsorted(moments, np.minimum(events.start_ms[rows], until_ms)), 1)
        np.add.at(change, np.searchsorted(moments, np.minimum(events.end_ms[rows], until_ms)), -1)
        going_on = np.cumsum(change)[:-1] > 0
        spent[name] = int(lengths[free & going_on].sum())
        free &= ~going_on
    spent[WAIT] = int(lengths[free].sum())
    return spent
