"""What steps of a round trip wait for: their owners at work on something else, or their owners' hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.activities import COORDINATION, OFF_SHIFT, START_TRAINING, TRAIN, WAIT
from sim.durations import MS_PER_HOUR
from sim.report.figure import PALETTE, SHADE, Figure, empty, one_line
from sim.results.metrics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Moments = NDArray[np.float64]

IDLE = (WAIT, OFF_SHIFT)
PARTS = {
    "before": ("elapsed before", PALETTE[5], "\\"),
    "work": ("work", PALETTE[0], ""),
    "elsewhere": ("owner at work on something else", PALETTE[1], "/"),
    "away": ("owner off shift", SHADE, ""),
}
"""What each part of a step's hours is called, and its colour and pattern."""


@dataclass(frozen=True)
class StepTime:
    """Where the hours of a step went, all its rounds together; the four parts add up to them."""

    name: str
    owner: str
    times: int
    before: float
    """Elapsed by the step's own duration, before it was handed to its owner."""
    work: float
    elsewhere: float
    """Handed over, and somebody of the owner's role was at work, but on something else."""
    away: float
    """Handed over, and nobody of them was at work, or not for long enough to begin."""

    @property
    def total(self) -> float:
        """All its hours."""
        return self.before + self.work + self.elsewhere + self.away


def owners(resolved: Mapping[str, Any]) -> dict[str, str]:
    """Who owns which step of a scenario, in their order; the start of a training may be one."""
    steps = resolved["coordination"]["steps"]
    owned: dict[str, str | None] = {START_TRAINING: None}
    if isinstance(steps, list):
        owned = {_event_of(step["name"]): step["owner"] for step in steps}
    owned[START_TRAINING] = resolved["trainer"]["owner"]
    return {step: owner for step, owner in owned.items() if owner}


def _event_of(step: str) -> str:
    """What people wait for in a step; of a training that it is started."""
    return START_TRAINING if step == TRAIN else step


def step_times(events: pa.Table, owned: Mapping[str, str], end_hours: float) -> list[StepTime]:
    """Where the hours of each step that has an owner went until ``end_hours``; none of one never begun.

    ``events`` are those of one replication, ``owned`` says whose each step is. A duration that the end cuts
    off is taken for waiting.
    """
    actors = np.array(events["actor"].to_pylist())
    activities = np.array(events["activity"].to_pylist())
    starts, ends = (
        np.rint(np.minimum(events[name].to_numpy(), end_hours) * MS_PER_HOUR)
        for name in ("start_hours", "end_hours")
    )
    begun = events["start_hours"].to_numpy() < end_hours
    roles = np.array([actor.rpartition(" ")[0] for actor in actors])
    found = []
    for step, owner in owned.items():
        visits = begun & (actors == COORDINATION) & (activities == step)
        if not visits.any():
            continue
        theirs = begun & (roles == owner) & ~np.isin(activities, IDLE)
        moments = starts[visits], ends[visits]
        lengths = moments[1] - moments[0]
        work, busy = (
            _between(starts[rows], ends[rows], *moments) for rows in (theirs & (activities == step), theirs)
        )
        # A step's own duration goes right before the wait for its owner.
        before = np.append(moments[1][:-1] == moments[0][1:], False) & (work == 0)
        handed = ~before
        found.append(
            StepTime(
                step,
                owner,
                times=int(handed.sum()),
                before=_hours(lengths[before]),
                work=_hours(work[handed]),
                elsewhere=_hours((busy - work)[handed]),
                away=_hours((lengths - busy)[handed]),
            )
        )
    return found


def _between(starts: Moments, ends: Moments, since: Moments, until: Moments) -> Moments:
    """How long between each two moments any of some spells went on, in milliseconds as all of these are."""
    if not len(starts):
        return np.zeros(len(since))
    order = np.argsort(starts, kind="stable")
    latest = np.maximum.accumulate(ends[order])
    new_from = np.maximum(starts[order], np.append(0, latest[:-1]))
    moments = np.column_stack([new_from, latest]).ravel()
    passed = np.cumsum(np.column_stack([np.zeros(len(latest)), latest - new_from]).ravel())
    spent: Moments = np.interp(until, moments, passed) - np.interp(since, moments, passed)
    return spent


def waits_of_steps(times: Sequence[StepTime], end_hours: float) -> Figure:
    """A bar for each step: how long it takes on average, and what of that is what."""
    parts = _parts(times)
    figure = empty("hours each time, mean")
    names = [f"{one_line(one.name)}<br>{one_line(one.owner)}" for one in times]
    for name, (words, color, shape) in parts.items():
        figure.add_bar(
            x=[getattr(one, name) / one.times if one.times else 0 for one in times],
            y=names,
            orientation="h",
            name=words,
            marker={"color": color, "pattern": {"shape": shape}},
        )
    figure.update_layout(
        barmode="stack",
        height=170 + 42 * len(names),
        bargap=0.35,
        legend={"traceorder": "normal"},
        xaxis={"hoverformat": ",.2f"},
        yaxis={"type": "category", "autorange": "reversed"},
    )
    total = sum(one.total for one in times)
    said = ", ".join(
        f"{words} {_written(hours)} ({hours / total:.0%})"
        for name, (words, *_) in parts.items()
        if (hours := sum(getattr(one, name) for one in times))
    )
    parted = f": {said}" if said else ""
    caption = (
        f"Steps that somebody owns took {_written(total)} of the first {_written(end_hours)} of wall time, "
        f"all rounds together{parted}. Work begins once somebody of the owner's role is free and at work; "
        "the hours off shift that interrupt it count as such."
    )
    return Figure("steps", "What steps wait for", caption, figure)


def step_table(times: Sequence[StepTime]) -> tuple[list[str], list[list[str]]]:
    """The same as headings and rows: each part in hours, all rounds together."""
    parts = _parts(times)
    rows = [
        [
            one.name,
            one.owner,
            f"{one.times:,}",
            _written(one.total / one.times) if one.times else "-",
            *(_written(getattr(one, name)) for name in parts),
        ]
        for one in times
    ]
    return ["", "owner", "times", "hours each", *(words for words, *_ in parts.values())], rows


def _parts(times: Sequence[StepTime]) -> dict[str, tuple[str, str, str]]:
    """The parts that there are any hours of."""
    return {name: looks for name, looks in PARTS.items() if any(getattr(one, name) for one in times)}


def _hours(milliseconds: Moments) -> float:
    return float(milliseconds.sum()) / MS_PER_HOUR


def _written(hours: float) -> str:
    return BY_NAME["wall_hours"].written(hours)
