"""Where wall time went: every moment shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.records import COORDINATION, LABEL, REWORK, TRAIN, WAIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.records import Events


def wall_time(events: Events, until_ms: int) -> dict[str, int]:
    """Milliseconds of wall time by activity, from the start until ``until_ms``, adding up to it.

    Of what goes on at one moment, labelling (rework included) counts before training, that before a step of
    the coordination (or of the setup), that before waiting. Steps stand under their own names, in the order
    in which they first occur.
    """
    steps = dict.fromkeys(events.activity.codes[events.actor.are(COORDINATION)].tolist())
    each = [(name, (name,)) for name in (TRAIN, *(events.activity.names[code] for code in steps))]
    spells = {
        name: _spells(events, activities, until_ms) for name, activities in [(LABEL, (LABEL, REWORK)), *each]
    }
    changes = (times for both in spells.values() for times in both)
    moments = np.unique(np.concatenate([[0, until_ms], *changes]))
    lengths = np.diff(moments)
    free = np.ones(len(lengths), dtype=np.bool_)
    spent: dict[str, int] = {}
    for name, (starts, ends) in spells.items():
        begun, ended = (times.searchsorted(moments[:-1], side="right") for times in (starts, ends))
        going_on = begun > ended
        spent[name] = int(lengths[free & going_on].sum())
        free &= ~going_on
    spent[WAIT] = int(lengths[free].sum())
    return spent


def _spells(
    events: Events, activities: Sequence[str], until_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of the spells, apart from each other, in which anybody was at one of ``activities``."""
    rows = events.start_ms < until_ms
    rows &= np.logical_or.reduce([events.activity.are(activity) for activity in activities])
    starts, latest = events.start_ms[rows], np.maximum.accumulate(events.end_ms[rows])
    apart = starts[1:] > latest[:-1]
    ends = latest[np.append(apart, True)] if len(latest) else latest
    return starts[np.append(True, apart)] if len(starts) else starts, np.minimum(ends, until_ms)
