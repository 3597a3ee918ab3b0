"""Documents to label next, shared by all annotators."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from simpy import Event

    from sim.core.events import Reason
    from sim.learning.active_learner import Query
    from sim.simulation.clock import Clock


class Portion(NamedTuple):
    """Page, the number of further people who are to label it, and who has had it."""

    page: Query
    people: int
    had: frozenset[int] = frozenset()

    def can_be_met(self, there: AbstractSet[int]) -> bool:
        """Return whether enough of the people who are there have not had it."""
        return len(there - self.had) >= self.people


class Batch:
    """Pages to work through in order; ``done`` happens when the last of their documents is labelled.

    ``overlap`` people label each document; one person takes a second look.
    """

    def __init__(self, clock: Clock, queries: Sequence[Query], page: int, overlap: int = 1) -> None:
        self.portions = deque(
            Portion(query.page(start, page), 1 if query.again else overlap)
            for query in queries
            for start in range(0, len(query.documents), page)
        )
        self.unlabelled = sum(len(one.page.documents) * one.people for one in self.portions)
        self.done: Event = clock.event()

    def take(self, person: int, there: AbstractSet[int] | None = None) -> Portion | None:
        """Return the first page that this person has not had; None where there is none.

        ``there`` are the people who have not left; if given, enough of them must be able to label the page.
        """
        for place, portion in enumerate(self.portions):
            if person not in portion.had and (there is None or portion.can_be_met(there)):
                if portion.people == 1:
                    del self.portions[place]
                else:
                    self.portions[place] = Portion(portion.page, portion.people - 1, portion.had | {person})
                return portion
        return None

    def put_back(self, taken: Portion, labelled: int) -> None:
        """Hand out what was not labelled of a page that was taken this very instant."""
        page = taken.page
        if taken.people > 1:
            place = next(place for place, portion in enumerate(self.portions) if portion.page is page)
            if labelled:
                self.portions[place] = self.portions[place]._replace(page=page.page(0, labelled))
            else:
                del self.portions[place]
        # In front, where it came from.
        self.portions.appendleft(taken._replace(page=page.page(labelled, len(page.documents))))

    def expect(self, decisions: int) -> None:
        """Wait for this number of decisions on documents as well."""
        self.unlabelled += decisions

    def labelled(self, documents: int) -> None:
        """Count documents that one more person has labelled, or that an expert has decided."""
        self.unlabelled -= documents
        if not self.unlabelled:
            self.done.succeed()


class LabellingQueue:
    """Queue that hands out the pages of a batch in order, and no document twice to the same person.

    Where there is no more to label, annotators wait until the next batch. A closed queue gives no more pages.
    Annotators are numbered from 0. When too few of them are left for the overlap, nobody takes a page that
    can no longer get enough annotators, and no further batch is made.
    """

    def __init__(self, clock: Clock, page: int, overlap: int = 1, people: int | None = None) -> None:
        """Start without a batch; ``people`` defaults to the overlap."""
        self.left: Event = clock.event()
        """Happens when the next person leaves for good."""
        self.stuck: Event = clock.event()
        """Happens when the current batch can no longer be finished, because people have left."""
        self._there = set(range(people or overlap))
        self.clock = clock
        self.page = page
        self.overlap = overlap
        self.closed = False
        self.changed: Event = clock.event()
        self._plan = Batch(clock, (), page)
        self._more: Callable[[], Sequence[Query]] = tuple

    @property
    def shortage(self) -> Reason | None:
        """Why the remaining people cannot label anything new; None where they can."""
        if len(self._there) >= self.overlap:
            return None
        return "overlap cannot be met" if self._there else "nobody left to label"

    @property
    def idle(self) -> bool:
        """Whether there is nothing to take until the next batch is put on an open queue."""
        return not (self.closed or self._plan.portions) and self._more is tuple

    @property
    def pending(self) -> bool:
        """Whether the current batch has documents that nobody has taken yet."""
        return bool(self._plan.portions)

    @property
    def takeable(self) -> bool:
        """Whether the remaining people can label any of these."""
        return any(self._can_be_met(portion) for portion in self._plan.portions)

    def _can_be_met(self, portion: Portion) -> bool:
        return not self.shortage or portion.can_be_met(self._there)

    def put(self, queries: Sequence[Query], more: Callable[[], Sequence[Query]] = tuple) -> Event:
        """Start a batch of these queries; the event returned happens when all of it is labelled.

        ``more`` is called for the next queries whenever a batch is handed out; it may return none.
        """
        self._plan = Batch(self.clock, queries, self.page, self.overlap)
        self._more = more
        self.announce()
        self._look_if_stuck()
        return self._plan.done

    def leave(self, person: int) -> None:
        """Remove a person who leaves for good."""
        self._there.discard(person)
        self.left.succeed()
        self.left = self.clock.event()
        self._look_if_stuck()

    def _look_if_stuck(self) -> None:
        met = all(map(self._can_be_met, self._plan.portions))
        if not met and not self.stuck.triggered:
            self.stuck.succeed()

    def close(self) -> None:
        """Close the queue, so that everybody leaves."""
        self.closed = True
        self.announce()

    def take(self, person: int) -> tuple[Portion, Batch] | None:
        """Return a page for a person, and its batch; None where there is nothing for now."""
        if self.closed:
            return None
        if not self._plan.portions and not self.shortage and (queries := self._more()):
            self._plan = Batch(self.clock, queries, self.page, self.overlap)
            if self.overlap > 1:  # who was ahead with the last one may be waiting
                self.announce()
        taken = self._plan.take(person, self._there if self.shortage else None)
        return None if taken is None else (taken, self._plan)

    def put_back(self, taken: Portion, labelled: int) -> None:
        """Hand out again what was taken this very instant and will not be labelled."""
        self._plan.put_back(taken, labelled)
        self.announce()

    def announce(self) -> None:
        """Have everybody who waits look whether there is a page for them, and whether to leave."""
        # Those who wait hold this event; those who come later need a new one.
        self.changed.succeed()
        self.changed = self.clock.event()
