"""Annotator process: a subject-matter expert at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.core.intervals import FOREVER_MS
from sim.simulation.clock import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simpy import Event

    from sim.learning.active_learner import Query
    from sim.simulation.clock import Clock
    from sim.simulation.labelling_queue import Batch, LabellingQueue
    from sim.simulation.labelling_station import ServiceRecord
    from sim.simulation.workforce import Person


def annotator(
    clock: Clock,
    queue: LabellingQueue,
    person: Person,
    label: Callable[[int, Query, Batch], ServiceRecord],
    onboard: Callable[[int], int],
    number: int,
    project: int = 0,
) -> Generator[Event, Any, None]:
    """Run an annotator: take pages and label them, until the queue is closed or the person leaves.

    Where there is no page, the person waits. A person leaves when the last of their working hours is over, or
    after the document in hand then. ``label`` records what a person does with a page; ``onboard``, before the
    first one, how they learn the task. Documents left at a shift's end are put back.
    """
    _announce_leaving(clock, queue, person)
    is_new = person.profile.onboarding is not None
    while not queue.closed:
        now_ms = clock.now_ms
        next_start_ms = person.calendar.next_start(now_ms)
        if next_start_ms == FOREVER_MS:
            break
        if next_start_ms > now_ms:
            yield clock.at(next_start_ms)
        assignment = None
        if is_new and not queue.idle:
            is_new = False
            yield clock.timeout(onboard(number) - clock.now_ms)
            continue
        if not queue.idle:
            yield clock.turn((PERSON, project, number))
            assignment = queue.take(number)
        if assignment is not None:
            portion, batch = assignment
            service = label(number, portion.page, batch)
            if service.documents < len(portion.page.documents):
                # At once, since what the person gets done is known: others need not wait for the shift's end.
                queue.put_back(portion, service.documents)
            # One event for the whole page, whose documents' ends are known: one for
            # each takes ten times as long.
            yield clock.timeout(service.labelled_ms - next_start_ms)
            batch.labelled(service.documents)
            # Twice, because the batch may end, and others go on, before this person is back at work.
            if service.free_ms > service.labelled_ms:
                yield clock.timeout(service.free_ms - service.labelled_ms)
        elif not queue.closed:
            yield queue.changed
    # Told also by those who go because the queue was closed: it counts who is left to label.
    queue.leave(number)


def _announce_leaving(clock: Clock, queue: LabellingQueue, person: Person) -> None:
    """Wake the annotator who leaves, as there may be nothing to label then."""
    if person.leaves:
        leaving = clock.timeout(person.calendar.ends_ms - clock.now_ms)
        leaving.callbacks.append(lambda _: queue.announce())
