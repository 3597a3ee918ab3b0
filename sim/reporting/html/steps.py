"""Where the hours of steps that somebody owns go: their own duration, work, and waiting for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities import COORDINATION, OFF_SHIFT, START_TRAINING, WAIT, waiting_for
from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import Intervals
from sim.reporting.html.figure import PALETTE, SHADE, Figure, empty, one_line
from sim.results.metrics import BY_NAME, rounded_percent
from sim.scenario.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Events

PARTS = {
    "given": ("given duration", PALETTE[5], "\\"),
    "work": ("work", PALETTE[0], ""),
    "elsewhere": ("waiting: owner at work on something else", PALETTE[1], "/"),
    "away": ("waiting: owner off shift", SHADE, ""),
}
"""What each part of a step's hours is called, and its colour and pattern."""


@dataclass(frozen=True)
class StepTime:
    """Where the hours of a step went, all its rounds together; the four parts add up to them."""

    name: str
    owner: str
    times: int
    given: float
    """Its own duration passed."""
    work: float
    elsewhere: float
    """Waiting while somebody of the owner's role was at work, but on something else."""
    away: float
    """Waiting while nobody of them was at work, or not for long enough to begin."""

    @property
    def total(self) -> float:
        """All its hours."""
        return self.given + self.work + self.elsewhere + self.away


def owned_steps(resolved: Mapping[str, Any]) -> list[Step]:
    """The steps of a scenario that somebody owns, in their order; the start of a training may be one."""
    written, owner = resolved["coordination"]["steps"], resolved["trainer"]["owner"]
    steps = [Step.model_validate(step) for step in written] if isinstance(written, list) else []
    starting = Step(name=START_TRAINING, owner=owner, service=resolved["trainer"]["service"])
    before = next((place for place, step in enumerate(steps) if step.is_training), 0)
    return [step for step in [*steps[:before], starting, *steps[before:]] if step.owner]


def step_times(events: Events, owned: Sequence[Step], end_hours: float) -> list[StepTime]:
    """Where the hours of each of these steps went until ``end_hours``; none of one that took none.

    ``events`` are those of one replication.
    """
    end_ms = round(end_hours * MS_PER_HOUR)
    starts, ends = events.start_ms, np.minimum(events.end_ms, end_ms)
    begun = starts < end_ms
    shown = begun & events.actor.are(COORDINATION)
    idle = events.activity.are(WAIT) | events.activity.are(OFF_SHIFT)
    roles = [actor.rpartition(" ")[0] for actor in events.actor.names]
    found = []
    for step in owned:
        given = shown & events.activity.are(step.given_name)
        work = shown & events.activity.are(step.name) & ~given
        waits = shown & events.activity.are(waiting_for(step.owner or "")) & events.subject.are(step.name)
        spells = given | work | waits
        if not spells.any():
            continue
        theirs = np.array([role == step.owner for role in roles])[events.actor.codes]
        at_work = begun & theirs & ~idle
        busy = Intervals.union(starts[at_work], ends[at_work])
        spans = zip(starts[waits].tolist(), ends[waits].tolist(), strict=True)
        elsewhere = np.array([busy.between(*span) for span in spans], dtype=np.int64)
        found.append(
            StepTime(
                step.name,
                step.owner or "",
                times=1 + int(np.sum(starts[spells][1:] > ends[spells][:-1])),
                given=_hours((ends - starts)[given]),
                work=_hours((ends - starts)[work]),
                elsewhere=_hours(elsewhere),
                away=_hours((ends - starts)[waits] - elsewhere),
            )
        )
    return found


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
        f"{words} {_written(hours)} ({rounded_percent(hours / total)})"
        for name, (words, *_) in parts.items()
        if (hours := sum(getattr(one, name) for one in times))
    )
    parted = f": {said}" if said else ""
    caption = (
        f"Steps that somebody owns took {_written(total)} of the first {_written(end_hours)} of wall time, "
        f"all rounds together{parted}. Work begins once somebody of the owner's role is free and at work; "
        "the hours off shift that interrupt it are waiting, too."
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


def _hours(milliseconds: NDArray[np.int64]) -> float:
    return float(milliseconds.sum()) / MS_PER_HOUR


def _written(hours: float) -> str:
    return BY_NAME["wall_hours"].written(hours)
