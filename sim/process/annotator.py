"""A subject-matter expert at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.process.clock import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simpy import Event

    from sim.process.clock import Clock
    from sim.process.desk import Stint
    from sim.process.people import Person
    from sim.process.worklist import Action, Plan, Worklist


def annotator(
    clock: Clock,
    worklist: Worklist,
    person: Person,
    label: Callable[[int, Action, Plan], Stint],
    number: int,
    project: int = 0,
) -> Generator[Event, Any, None]:
    """Take a page, label it, take the next; wait where there is none, until the list is closed or one leaves.

    ``label`` records what a person does with a page. What a shift's end leaves of it is put back.
    """
    while not worklist.closed and clock.now_ms < person.calendar.ends_ms:
        absent = person.next_start(clock.now_ms) - clock.now_ms
        if absent:
            yield clock.timeout(absent)
        yield clock.turn((PERSON, project, number))
        taken = worklist.take(number)
        if taken is not None:
            portion, plan = taken
            stint = label(number, portion.page, plan)
            if stint.documents < len(portion.page.documents):
                worklist.put_back(portion, number, stint.documents)
            yield clock.timeout(stint.labelled_ms - clock.now_ms)
            plan.labelled(stint.documents)
            if stint.free_ms > stint.labelled_ms:
                yield clock.timeout(stint.free_ms - stint.labelled_ms)
        elif not worklist.closed:
            yield worklist.changed
    worklist.leave()
