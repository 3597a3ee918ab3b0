"""Trainer: trains models on labelled documents, one training (or ``capacity``) at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from simpy import PriorityResource

from sim.core.activities_and_costs import (
    BROKE_DOWN,
    REPAIR,
    START_TRAINING,
    TRAIN,
    TRAINER,
    WAIT_FOR_TRAINER,
    WAIT_FOR_TRAINING,
)
from sim.core.events import Event
from sim.simulation.clock import TRAINER as TRAINERS_TURN

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from numpy.typing import NDArray
    from simpy.events import Event as Happening
    from simpy.resources.resource import PriorityRequest

    from sim.core.streams import Streams
    from sim.scenario.workflow import Breakdowns, TrainerSettings
    from sim.simulation.clock import Clock
    from sim.simulation.event_log import EventLog
    from sim.simulation.role_queue import Client, RoleView
    from sim.simulation.training_timetable import Timetable

    TrainingSet = tuple[NDArray[np.int64], NDArray[np.bool_] | None]
    """Documents and the labels that annotators put on them; None for the true labels."""


class Trainer:
    """Trainer: a priority resource that serves the most urgent request first and interrupts no training.

    Among equals the earliest is served, and within an instant that of the lowest project.
    """

    def __init__(self, clock: Clock, capacity: int = 1) -> None:
        self.clock = clock
        self.resource = PriorityResource(clock, capacity)

    def acquire(
        self,
        project: int = 0,
        priority: int = 0,
        waiting: Callable[[Happening], Generator[Happening, Any, None]] | None = None,
    ) -> Generator[Happening, Any, PriorityRequest]:
        """Wait for the trainer; use the request in a ``with`` block, which releases the trainer.

        ``waiting`` is how the project waits while others use it.
        """
        # SimPy serves requests of one instant in the order in which they were made, whatever their priority,
        # if the trainer is free: so they are made in order.
        yield self.clock.turn((TRAINERS_TURN, priority, project))
        request = self.resource.request(priority)
        # Granted at once, there is no wait to record.
        if waiting is None or request.triggered:
            yield request
        else:
            yield from waiting(request)
        return request


class Training:
    """Training of a project's models, by its own settings, on a trainer that other projects may share."""

    def __init__(
        self,
        trainer: Trainer,
        settings: TrainerSettings,
        streams: Streams,
        client: Client,
        staff: Mapping[str, RoleView],
        training_set: Callable[[], TrainingSet],
        timetable: Timetable,
    ) -> None:
        """Prepare a project's trainings; ``training_set`` is called when one begins."""
        self.data: TrainingSet = np.empty(0, dtype=np.int64), None
        """The training set of the last training."""
        self._trainer = trainer
        self._settings = settings
        self._client = client
        self._staff = staff
        self._training_set = training_set
        self._timetable = timetable
        self._timed_round = -1
        self._duration, self._breakdowns, self._failures, self._start = (
            streams.rng(purpose)
            for purpose in ("training", "breakdowns", "failures", f"work on {START_TRAINING}")
        )

    def run(self, round_number: int) -> Generator[Happening, Any, bool]:
        """Start a training, wait for the trainer, train; return whether training succeeded."""
        settings, client, log = self._settings, self._client, self._client.log
        # A training that failed is repeated at once.
        if round_number > self._timed_round:
            self._timed_round = round_number
            yield from self._wait_for_its_time(round_number)
        if settings.owner is not None:
            service_ms = settings.service.draw(self._start)
            owner = self._staff[settings.owner]
            yield owner.submit(START_TRAINING, service_ms, round_number, log.record_step)

        def waiting(request: Happening) -> Generator[Happening, Any, None]:
            """Let the project wait for the trainer, and record it."""
            return log.wait(request, WAIT_FOR_TRAINER, round_number)

        request = yield from self._trainer.acquire(client.number, client.priority, waiting)
        with request:
            # The project may have ended while it waited.
            if client.done.triggered:
                return True
            # When the training begins and not when it was asked for: what was
            # labelled while waiting is learned from.
            self.data = self._training_set()
            length_ms = settings.duration.draw(self._duration)
            yield from run(log, length_ms, settings.breakdowns, self._breakdowns, round_number)
        # Drawn for each training, also where none fails, so that scenarios keep their random numbers in step.
        return bool(self._failures.random() >= settings.failure)

    def _wait_for_its_time(self, round_number: int) -> Generator[Happening, Any, None]:
        """Wait until the timetable lets a training begin."""
        clock = self._client.log.clock
        wait_ms = self._timetable.take(clock.now_ms) - clock.now_ms
        if not wait_ms:
            return
        its_time = clock.timeout(wait_ms)
        if self._settings.trigger == "handover":
            yield from self._client.log.wait(its_time, WAIT_FOR_TRAINING, round_number)
        else:
            # Not recorded: people go on labelling, and their own waits and nights are.
            yield its_time


def run(
    log: EventLog,
    length_ms: int,
    breakdowns: Breakdowns | None,
    rng: np.random.Generator,
    round_number: int,
) -> Generator[Happening, Any, None]:
    """Run and record a training to its end, with all breakdowns and repairs of the trainer."""

    def spend(spent_ms: int, activity: str) -> Happening:
        """Record a trainer's activity and return the event of its end."""
        now_ms = log.clock.now_ms
        log.record(Event(round_number, now_ms, now_ms + spent_ms, TRAINER, activity))
        return log.clock.timeout(spent_ms)

    left_ms = length_ms
    # Exponential times have no memory: after a repair, or in the next training, a new draw is as good.
    while breakdowns and (runs_ms := round(rng.exponential(breakdowns.every.ms))) < left_ms:
        yield spend(runs_ms, BROKE_DOWN)
        yield spend(breakdowns.repair.draw(rng), REPAIR)
        left_ms = left_ms - runs_ms if breakdowns.then == "resume" else length_ms
    yield spend(left_ms, TRAIN)
