"""Coordination: the hand-off steps between a finished batch and the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.core.activities_and_costs import REWORK, waiting_for
from sim.core.durations import is_working
from sim.core.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    import numpy as np
    from simpy.events import Event as Happening

    from sim.core.streams import Streams
    from sim.scenario.workflow import CoordinationSettings, Step
    from sim.simulation.event_log import EventLog
    from sim.simulation.role_queue import RoleView
    from sim.simulation.workforce import Person


class Coordination:
    """Hand-off steps between two batches, each with independent random numbers.

    ``staff`` are the owners of steps, by role; ``annotators`` gives those who can do rework at a time.
    """

    def __init__(
        self,
        log: EventLog,
        settings: CoordinationSettings,
        streams: Streams,
        annotators: Callable[[int], Sequence[Person]],
        staff: Mapping[str, RoleView],
    ) -> None:
        self._log = log
        self._scale = settings.scale
        self._annotators = annotators
        self._staff = staff
        self._steps = [
            # By name, so that a step that is added or left out changes the random numbers of no other.
            (step, streams.rng(f"step {step.name}"), streams.rng(f"work on {step.name}"))
            for step in settings.round_trip
        ]

    def round_trip(
        self, round_number: int, train: Callable[[], Generator[Happening, Any, bool]]
    ) -> Generator[Happening, Any, None]:
        """Go through the hand-off steps in order, with the training and the rework among them.

        A failed training is found in the step after it; the model is then trained again.
        """
        training = next(place for place, (step, *_) in enumerate(self._steps) if step.is_training)
        check = training + 1
        for steps in self._steps[:training]:
            yield from self._step(*steps, round_number)
        while True:
            ended_well = yield from train()
            # A slice, because training may be the last step.
            for steps in self._steps[check : check + 1]:
                yield from self._step(*steps, round_number)
            if ended_well:
                break
        for steps in self._steps[check + 1 :]:
            yield from self._step(*steps, round_number)

    def _step(
        self, step: Step, rng: np.random.Generator, effort: np.random.Generator, round_number: int
    ) -> Generator[Happening, Any, None]:
        """Draw whether a hand-off step happens, and its durations; then let it happen."""
        # All are drawn in every round, so that a step that one scenario is spared shifts nothing.
        happens = rng.random() < step.probability
        waiting_ms = round(step.duration.draw(rng) * self._scale)
        rework_ms = step.rework.draw(rng)
        service_ms = step.service.draw(effort)
        if happens:
            yield from self._perform(step, waiting_ms, service_ms, round_number)
            yield from self._rework(rework_ms, round_number)

    def _perform(
        self, step: Step, waiting_ms: int, service_ms: int, round_number: int
    ) -> Generator[Happening, Any, None]:
        """Wait for the duration of a hand-off step, and then until its owner has done the work."""
        log = self._log
        owner = None if step.owner is None else self._staff[step.owner]
        if owner is not None and is_working(step.duration):
            # Working hours of a step pass while its owner is at work; the breaks
            # between are waits of the project.
            for start_ms, end_ms in owner.at_work(waiting_ms):
                absent_ms, waiting = start_ms - log.clock.now_ms, waiting_for(owner.role)
                yield from log.spend(absent_ms, waiting, round_number, step.name)
                yield from log.spend(end_ms - start_ms, step.duration_name, round_number)
        else:
            yield from log.spend(waiting_ms, step.duration_name, round_number)
        if owner is not None:
            yield owner.submit(step.name, service_ms, round_number, log.record_step)

    def _rework(self, length_ms: int, round_number: int) -> Generator[Happening, Any, None]:
        """Let annotators correct their labels in their own hours, until the slowest has finished."""
        clock = self._log.clock
        now_ms = ends_ms = clock.now_ms
        rework = self._annotators(now_ms) if length_ms else ()
        # Those who have left for good, or are still learning the task, correct nothing.
        for person in (one for one in rework if now_ms < one.calendar.ends_ms):
            for start_ms, end_ms in person.spells(now_ms, length_ms):
                self._log.record(Event(round_number, start_ms, end_ms, person.name, REWORK))
                # People work side by side, each in their own hours: the round goes on with the last of them.
                ends_ms = max(ends_ms, end_ms)
        if ends_ms > now_ms:
            yield clock.timeout(ends_ms - now_ms)
