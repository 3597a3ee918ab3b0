"""The machinery that turns labelled documents into models, one training (or ``capacity``) at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy import PriorityResource

from sim.core.activities import BROKE_DOWN, REPAIR, TRAIN, TRAINER
from sim.core.events import Event
from sim.simulation.clock import TRAINER as TRAINERS_TURN

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy as np
    from simpy.events import Event as Happening
    from simpy.resources.resource import PriorityRequest

    from sim.scenario.workflow import Breakdowns
    from sim.simulation.clock import Clock


class Trainer:
    """A resource with a queue, out of which the most urgent goes first, interrupting nobody.

    Among equals it is who came first, and of one instant the lowest project.
    """

    def __init__(self, clock: Clock, capacity: int = 1) -> None:
        self.clock = clock
        self.resource = PriorityResource(clock, capacity)

    def granted(
        self,
        project: int = 0,
        priority: int = 0,
        waiting: Callable[[Happening], Generator[Happening, Any, None]] | None = None,
    ) -> Generator[Happening, Any, PriorityRequest]:
        """Wait for the trainer; use what it returns in a ``with``, which gives the trainer back.

        ``waiting`` is how somebody waits while others have it.
        """
        yield self.clock.turn((TRAINERS_TURN, priority, project))
        request = self.resource.request(priority)
        if waiting is None or request.triggered:
            yield request
        else:
            yield from waiting(request)
        return request


def run(
    clock: Clock,
    length_ms: int,
    breakdowns: Breakdowns | None,
    luck: np.random.Generator,
    round_number: int,
    events: list[Event],
) -> Generator[Happening, Any, None]:
    """Run a training to its end, however often the machinery breaks down meanwhile; record it."""

    def spend(spent_ms: int, activity: str) -> Happening:
        events.append(Event(round_number, clock.now_ms, clock.now_ms + spent_ms, TRAINER, activity))
        return clock.timeout(spent_ms)

    left_ms = length_ms
    while breakdowns and (runs_ms := round(luck.exponential(breakdowns.every.ms))) < left_ms:
        yield spend(runs_ms, BROKE_DOWN)
        yield spend(breakdowns.repair.draw(luck), REPAIR)
        left_ms = left_ms - runs_ms if breakdowns.then == "resume" else length_ms
    yield spend(left_ms, TRAIN)
