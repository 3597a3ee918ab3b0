"""The round trip between a finished batch and the next one: people waiting on people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.records import COORDINATION, REWORK, Event
from sim.streams import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from simpy.events import Event as Happening

    from sim.durations import Duration
    from sim.process.clock import Clock
    from sim.scenario.models import Step


class Coordination:
    """The steps of a round trip, each with luck of its own, so that none depends on the others."""

    def __init__(self, steps: Sequence[Step], scale: float, seed: int, replication: int) -> None:
        self.scale = scale
        self.steps = [(step, stream(seed, replication, f"step {step.name}")) for step in steps]

    def round_trip(
        self,
        clock: Clock,
        round_number: int,
        people: Sequence[str],
        train: Callable[[], Generator[Happening, Any, None]],
        record: Callable[[Event], None],
    ) -> Generator[Happening, Any, None]:
        """Go through the steps in order; training takes the trainer, rework all ``people`` at once."""
        for step, luck in self.steps:
            if step.is_training:
                yield from train()
                continue
            # All three are drawn in every round, so that a step that one scenario is spared shifts nothing.
            happens = luck.random() < step.probability
            waiting_ms = round(step.duration.draw(luck) * self.scale)
            rework_ms = step.rework.draw(luck)
            if happens:
                yield from spend(clock, waiting_ms, step.name, [COORDINATION], round_number, record)
                yield from spend(clock, rework_ms, REWORK, people, round_number, record)


def setup(
    clock: Clock,
    parts: Sequence[tuple[str, Duration]],
    seed: int,
    replication: int,
    record: Callable[[Event], None],
) -> Generator[Happening, Any, None]:
    """What comes before the first document, part after part."""
    for name, duration in parts:
        length = duration.draw(stream(seed, replication, f"setup {name}"))
        yield from spend(clock, length, name, [COORDINATION], 0, record)


def spend(
    clock: Clock,
    length_ms: int,
    activity: str,
    actors: Sequence[str],
    round_number: int,
    record: Callable[[Event], None],
) -> Generator[Happening, Any, None]:
    """Let ``actors`` be busy with one activity for a while, and record it, unless it takes no time."""
    if length_ms:
        now_ms = clock.now_ms
        for actor in actors:
            record(Event(round_number, now_ms, now_ms + length_ms, actor, activity))
        yield clock.timeout(length_ms)
