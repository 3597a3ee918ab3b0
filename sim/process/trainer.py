"""The machinery that turns labelled documents into models, one training (or ``capacity``) at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy import Resource

from sim.process.clock import TRAINER

if TYPE_CHECKING:
    from collections.abc import Generator

    from simpy import Event
    from simpy.resources.resource import Request

    from sim.process.clock import Clock


class Trainer:
    """A resource with a queue: first come, first served; of one instant, the lowest project first."""

    def __init__(self, clock: Clock, capacity: int = 1) -> None:
        self.clock = clock
        self.resource = Resource(clock, capacity)

    def granted(self, project: int = 0) -> Generator[Event, Any, Request]:
        """Wait for the trainer; use what it returns in a ``with``, which gives the trainer back."""
        yield self.clock.turn((TRAINER, project, 0))
        request = self.resource.request()
        yield request
        return request
