"""Wall time by activity: every moment counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.activities_and_costs import (
    ADJUDICATE,
    COORDINATION,
    LABEL,
    LABELLING,
    OFF_SHIFT,
    TRAIN,
    TRAINER,
    WAIT,
    is_annotator,
    is_wait,
)
from sim.core.intervals import Intervals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.core.events import Events


def wall_time(events: Events, until_ms: int) -> dict[str, int]:
    """Divide wall time until ``until_ms`` among activities, in milliseconds that add up to it.

    Of what goes on at one moment, labelling (test documents and rework included) counts before training, that
    before a step of the coordination (or of the setup), that before an expert's decisions, these before the
    project's waiting for people who own steps, start trainings or decide, that before any annotator's
    waiting, and that before all of them being off shift. The result has decisions and off-shift time only
    where there are any.
    Steps, and the roles of those who are waited for, are in the order in which they first occur.
    """
    activity = events.activity
    # Steps are whatever the coordination did: scenarios name them as they like.
    codes = dict.fromkeys(activity.codes[events.actor.matches(COORDINATION)].tolist())
    waits = [activity.names[code] for code in codes if is_wait(activity.names[code])]
    steps = [activity.names[code] for code in codes if not is_wait(activity.names[code])]
    rows = {LABEL: activity.matches_any(LABELLING), TRAIN: events.actor.matches(TRAINER)}
    rows |= {step: activity.matches(step) & events.actor.matches(COORDINATION) for step in steps}
    if (deciding := activity.matches(ADJUDICATE)).any():
        rows[ADJUDICATE] = deciding
    rows |= {wait: activity.matches(wait) for wait in waits}
    rest = WAIT
    if activity.matches(OFF_SHIFT).any():
        annotators = [is_annotator(name) for name in events.actor.names]
        rows[WAIT] = activity.matches(WAIT) & np.array(annotators)[events.actor.codes]
        rest = OFF_SHIFT
    # Each activity gets what it adds to the union of those before it, so that every moment counts once.
    spent: dict[str, int] = {}
    union = Intervals(events.start_ms[:0], events.end_ms[:0])
    for name, of_activity in rows.items():
        starts, ends = events.start_ms[of_activity], events.end_ms[of_activity]
        union = Intervals.union(np.append(union.starts, starts), np.append(union.ends, ends))
        spent[name] = union.measure(until_ms) - sum(spent.values())
    # What is left is nobody's: so the hours add up to the wall time by construction.
    spent[rest] = until_ms - sum(spent.values())
    return spent


def in_order(activities: Iterable[str]) -> list[str]:
    """Sort activities of wall time, without duplicates, as tables list them: work, waits, then off shift."""
    last = {WAIT: 2, OFF_SHIFT: 3}
    return sorted(dict.fromkeys(activities), key=lambda one: last.get(one, int(is_wait(one))))
