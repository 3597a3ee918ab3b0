"""Labelling queue: batches of pages to label, shared by all annotators."""

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
    """Page with the number of further people to label it, and the people who have had it."""

    page: Query
    people: int
    had_by: frozenset[int] = frozenset()

    def can_be_met(self, present: AbstractSet[int]) -> bool:
        """Return whether enough of the present people have not had the page."""
        return len(present - self.had_by) >= self.people


class Batch:
    """Batch of pages, handed out in order; ``done`` happens when the last of their documents is labelled.

    ``overlap`` people label each document, none of them one of the ``checkers``; in a second pass it is one
    who is not ``excluded``.
    """

    def __init__(
        self,
        clock: Clock,
        queries: Sequence[Query],
        page: int,
        overlap: int = 1,
        checkers: frozenset[int] = frozenset(),
        excluded: frozenset[int] = frozenset(),
    ) -> None:
        self.portions = deque[Portion]()
        # Counted down rather than looked up: every page that ends asks whether the batch is done.
        self.unlabelled = 0
        for query in queries:
            people, had_by = (1, excluded) if query.again else (overlap, checkers)
            starts = range(0, len(query.documents), page)
            self.portions.extend(Portion(query.page(start, page), people, had_by) for start in starts)
            self.unlabelled += len(query.documents) * people
        self.done: Event = clock.event()

    def take(self, person: int, present: AbstractSet[int] | None = None) -> Portion | None:
        """Take the first page of the batch that this person has not had; None where there is none.

        ``present`` are the people who have not left; if given, enough of them must be able to label the page.
        """
        for place, portion in enumerate(self.portions):
            if person not in portion.had_by and (present is None or portion.can_be_met(present)):
                if portion.people == 1:
                    del self.portions[place]
                else:
                    self.portions[place] = Portion(
                        portion.page, portion.people - 1, portion.had_by | {person}
                    )
                return portion
        return None

    def put_back(self, taken: Portion, labelled: int) -> None:
        """Return the unlabelled documents of a page to the batch, in the instant in which it was taken."""
        page = taken.page
        if taken.people > 1:
            place = next(place for place, portion in enumerate(self.portions) if portion.page is page)
            if labelled:
                self.portions[place] = self.portions[place]._replace(page=page.page(0, labelled))
            else:
                del self.portions[place]
        # In front, where it came from.
        self.portions.appendleft(taken._replace(page=page.page(labelled, len(page.documents))))

    def expect(self, documents: int) -> None:
        """Count documents to decide or to check as outstanding work of the batch."""
        self.unlabelled += documents

    def labelled(self, documents: int) -> None:
        """Count documents of the batch as labelled by one more person, or decided by an expert."""
        self.unlabelled -= documents
        # Pages to check that are left over from earlier batches may come when it is done.
        if not self.unlabelled and not self.done.triggered:
            self.done.succeed()


class LabellingQueue:
    """Queue of pages shared by all annotators; nobody gets a document twice.

    Where there is no more to label, annotators wait until the next batch. A closed queue gives no more pages.
    Annotators are numbered from 0. When too few of them are left for the overlap, nobody takes a page that
    can no longer get enough annotators, and no further batch is made. ``checkers`` take only pages that
    `check` adds; those who are ``excluded`` take none of a second pass.
    """

    def __init__(
        self,
        clock: Clock,
        page: int,
        overlap: int = 1,
        people: int | None = None,
        checkers: frozenset[int] = frozenset(),
        excluded: frozenset[int] = frozenset(),
    ) -> None:
        """Start the labelling queue without a batch; ``people`` defaults to the overlap."""
        self.left: Event = clock.event()
        """Happens when the next person leaves for good."""
        self.stuck: Event = clock.event()
        """Happens when the current batch can no longer be finished, because people have left."""
        self._everybody = frozenset(range(people or overlap))
        self._present = set(self._everybody)
        self._checkers, self._excluded = checkers, excluded
        self.clock = clock
        self.page = page
        self.overlap = overlap
        self.shortage = self._find_shortage()
        """Reason why the remaining people cannot label any new page; None where they can."""
        self.closed = False
        self.changed: Event = clock.event()
        self._batch = Batch(clock, (), page)
        self._next_queries: Callable[[], Sequence[Query]] = tuple

    def _find_shortage(self) -> Reason | None:
        """Find whether the remaining people can label a new page; asked only when somebody leaves."""
        labelling, checking = self._present - self._checkers, self._present & self._checkers
        if len(labelling) >= self.overlap and (checking or not self._checkers):
            return None
        return "overlap cannot be met" if labelling and self.overlap > 1 else "nobody left to label"

    @property
    def idle(self) -> bool:
        """Whether the open queue has no page to take before the next batch."""
        return not (self.closed or self._batch.portions) and self._next_queries is tuple

    @property
    def pending(self) -> bool:
        """Whether the current batch has documents that nobody has taken yet."""
        return bool(self._batch.portions)

    @property
    def takeable(self) -> bool:
        """Whether the remaining people can label any page of the current batch."""
        return any(self._can_be_met(portion) for portion in self._batch.portions)

    def _can_be_met(self, portion: Portion) -> bool:
        """Return whether the remaining people can label a page as often as its overlap requires."""
        return not self.shortage or portion.can_be_met(self._present)

    def put(
        self,
        queries: Sequence[Query],
        more: Callable[[], Sequence[Query]] = tuple,
    ) -> Event:
        """Start a batch of these queries; the returned event happens when all of it is labelled.

        ``more`` is called for the next queries whenever a batch is handed out; it may return none.
        """
        self._batch = self._batch_of(queries)
        self._next_queries = more
        self.announce()
        self._check_stuck()
        return self._batch.done

    def _batch_of(self, queries: Sequence[Query]) -> Batch:
        return Batch(self.clock, queries, self.page, self.overlap, self._checkers, self._excluded)

    def leave(self, person: int) -> None:
        """Remove a person who leaves for good from the labelling queue."""
        self._present.discard(person)
        self.shortage = self._find_shortage()
        self.left.succeed()
        self.left = self.clock.event()
        self._check_stuck()

    def _check_stuck(self) -> None:
        """Trigger ``stuck`` if the current batch can no longer be finished."""
        # Every page has to find people who have not had it: enough people in all is not enough.
        met = all(map(self._can_be_met, self._batch.portions))
        if not met and not self.stuck.triggered:
            self.stuck.succeed()

    def close(self) -> None:
        """Close the labelling queue, so that all annotators leave."""
        self.closed = True
        self.announce()

    def take(self, person: int) -> tuple[Portion, Batch] | None:
        """Take a page of the current or next batch for a person; None where there is none for now."""
        if self.closed:
            return None
        # Queried when the first person asks, not before: by then a better model may be published.
        if not self._batch.portions and not self.shortage and (queries := self._next_queries()):
            self._batch = self._batch_of(queries)
            if self.overlap > 1 or self._checkers:  # who was ahead with the last one may be waiting
                self.announce()
        taken = self._batch.take(person, self._present if self.shortage else None)
        return None if taken is None else (taken, self._batch)

    def put_back(self, taken: Portion, labelled: int) -> None:
        """Return the unlabelled documents of a page to the queue, in the instant in which it was taken."""
        self._batch.put_back(taken, labelled)
        self.announce()

    def check(self, page: Query, batch: Batch) -> None:
        """Add a page of a batch that a model has labelled for the checkers, who were expected to get it."""
        if batch is not self._batch:
            # All others have it behind them; what is left of it is finished with the one under way.
            self._batch.expect(len(page.documents))
            batch.labelled(len(page.documents))
        self._batch.portions.append(Portion(page, 1, self._everybody - self._checkers))
        self.announce()
        self._check_stuck()

    def announce(self) -> None:
        """Wake all waiting annotators, because the queue has changed."""
        # Those who wait hold this event; those who come later need a new one.
        self.changed.succeed()
        self.changed = self.clock.event()
