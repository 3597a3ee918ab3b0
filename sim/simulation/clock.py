"""Clock of a simulation: whole milliseconds, and an order for requests made at the same time.

SimPy serves the requests of one instant in the order in which their events were scheduled, an accident of how
the processes were created. Here they wait for the end of the instant and are then served by rank.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from simpy import Environment
from simpy.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

Rank = tuple[int, int, int]
"""Priority, project, person; the smallest goes first."""

TRAINER, STAFF, PERSON, AFTER_PEOPLE, LAST = range(5)
"""Priorities within an instant."""


class Clock(Environment):
    """SimPy environment that starts at 0 and counts whole milliseconds."""

    def __init__(self) -> None:
        super().__init__(initial_time=0)
        self._waiting: list[tuple[Rank, Event]] = []
        # Weak, since a moment that has passed is not asked for again.
        self._moments = WeakValueDictionary[int, Event]()
        self._events = 0
        self._most_events = 0
        self._at_bound: list[Callable[[], None]] = []

    @property
    def now_ms(self) -> int:
        """Milliseconds since the start of the clock."""
        return int(self._now)

    def allow(self, events: int, at_bound: Callable[[], None]) -> None:
        """Allow ``events`` more events of the clock; call ``at_bound`` once when the total is used up."""
        self._most_events += events
        self._at_bound.append(at_bound)

    def at(self, ms: int) -> Event:
        """Return the event of a later moment, one for all who wait for it: many begin a shift at once."""
        if (moment := self._moments.get(ms)) is None:
            moment = self._moments[ms] = self.timeout(ms - self.now_ms)
        return moment

    def step(self) -> None:
        """Process the clock's next event, or grant the turns at the end of an instant."""
        if self._waiting and self.peek() > self._now:
            self._grant_turns()
        else:
            super().step()
        self._events += 1
        if self._events == self._most_events:
            for call in self._at_bound:
                call()

    def turn(self, rank: Rank) -> Event:
        """Return an event at the end of the current instant, in the order of ranks."""
        turn = Event(self)
        self._waiting.append((rank, turn))
        return turn

    def _grant_turns(self) -> None:
        """Trigger the waiting turns, by rank."""
        # Whoever asks for a turn from now on gets one at a second end of the same instant.
        waiting, self._waiting = self._waiting, []
        # By rank alone, because events cannot be compared; equal ranks stay in the order of asking.
        for _, turn in sorted(waiting, key=itemgetter(0)):
            # It happens here and now, which `succeed` would take another event of the clock for.
            turn._ok, turn._value = True, None  # noqa: SLF001 -
            callbacks, turn.callbacks = turn.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(turn)
