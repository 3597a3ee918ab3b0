"""The documents that are to be labelled next, shared by all annotators."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from simpy import Event

    from sim.process.clock import Clock
    from sim.records import Pace


@dataclass(frozen=True, eq=False)
class Action:
    """Documents to label in one view on one subject (empty where the view has none)."""

    documents: NDArray[np.int64]
    view: str
    pace: Pace
    subject: str = ""
    again: bool = False
    """Whether the documents are labelled already, and looked at again."""

    def page(self, start: int, size: int) -> Action:
        """At most ``size`` of its documents."""
        documents = self.documents[start : start + size]
        return Action(documents, self.view, self.pace, self.subject, self.again)


class Plan:
    """Actions to work through in order; ``done`` happens when the last of their documents is labelled."""

    def __init__(self, clock: Clock, actions: Sequence[Action]) -> None:
        self.actions = deque(actions)
        self.position = 0
        self.unlabelled = sum(len(action.documents) for action in actions)
        self.done: Event = clock.event()

    def next_page(self, size: int) -> Action:
        """The next documents of the action in hand, at most ``size``."""
        action, start = self.actions[0], self.position
        self.position += size
        if self.position >= len(action.documents):
            self.actions.popleft()
            self.position = 0
        return action.page(start, size)

    def put_back(self, action: Action) -> None:
        """Hand these documents out again, before any others."""
        if self.position:
            begun = self.actions.popleft()
            self.actions.appendleft(begun.page(self.position, len(begun.documents)))
            self.position = 0
        self.actions.appendleft(action)

    def labelled(self, documents: int) -> None:
        """So many more of its documents are labelled."""
        self.unlabelled -= documents
        if not self.unlabelled:
            self.done.succeed()


class Worklist:
    """Hands out pages of the plan in hand, in order and no document twice.

    Where there is no more to label, annotators wait until somebody puts a plan on the list. Once closed, the
    list gives no more pages.
    """

    def __init__(self, clock: Clock, page: int) -> None:
        self.clock = clock
        self.page = page
        self.closed = False
        self.changed: Event = clock.event()
        self._plan = Plan(clock, ())
        self._more: Callable[[], Sequence[Action]] = tuple

    @property
    def pending(self) -> bool:
        """Whether the plan in hand has documents that nobody has taken yet."""
        return bool(self._plan.actions)

    def put(self, actions: Sequence[Action], more: Callable[[], Sequence[Action]] = tuple) -> Event:
        """Make a plan of these actions; the event that it returns happens when all of it is labelled.

        ``more`` is asked for the next plan's actions whenever a plan is worked through; it may have none.
        """
        self._plan = Plan(self.clock, actions)
        self._more = more
        self._announce()
        return self._plan.done

    def close(self) -> None:
        """Let everybody go."""
        self.closed = True
        self._announce()

    def take(self) -> tuple[Action, Plan] | None:
        """A page and the plan that it belongs to; None where there is nothing to label for now."""
        if self.closed:
            return None
        if not self._plan.actions:
            self._plan = Plan(self.clock, self._more())
        if not self._plan.actions:
            return None
        return self._plan.next_page(self.page), self._plan

    def put_back(self, action: Action) -> None:
        """What somebody took this very instant and will not label: whoever waits may have it."""
        self._plan.put_back(action)
        self._announce()

    def _announce(self) -> None:
        self.changed.succeed()
        self.changed = self.clock.event()
