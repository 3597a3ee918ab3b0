"""A subject-matter expert at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.process.clock import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from simpy import Event

    from sim.process.clock import Clock
    from sim.process.worklist import Action, Worklist


def annotator(
    clock: Clock,
    worklist: Worklist,
    label: Callable[[int, Action], int],
    person: int,
    project: int = 0,
) -> Generator[Event, Any, None]:
    """Take a page, label it, take the next; wait where there is none; go home when the list is closed.

    ``label`` records what a person does with a page and says how many milliseconds that takes.
    """
    while not worklist.closed:
        yield clock.turn((PERSON, project, person))
        taken = worklist.take()
        if taken is not None:
            page, plan = taken
            yield clock.timeout(label(person, page))
            plan.labelled(len(page.documents))
        elif not worklist.closed:
            yield worklist.changed
