"""Hands replications out to the processes of a backend, those that share models to the same one."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from concurrent.futures import Future

    from sim.study.worker import Found, PreparedArm, Task


class Backend(Protocol):
    """Something that simulates replications."""

    def __call__(
        self, arms: Sequence[PreparedArm], tasks: Sequence[Sequence[Task]]
    ) -> Generator[tuple[Task, Found]]:
        """Each replication as it ends; tasks listed together share models where they share a process.

        Raises:
            WorkersLostError: if what simulates is lost.
        """
        ...


Process = TypeVar("Process")
AHEAD = 2
"""Batches of replications that a process holds: enough that it never waits, few enough to be taken back."""
LOOK_AGAIN = 1.0
"""Seconds after which to look for new processes where no replication ends."""


def hand_out(
    tasks: Sequence[Sequence[Task]],
    processes: Callable[[], Collection[Process]],
    submit: Callable[[Process, Sequence[Task]], Future[list[Found]]],
    batch: float = 0,
) -> Generator[tuple[Task, Found]]:
    """Each replication as it ends, while every process has some to go on with.

    ``processes`` is asked again and again, since some may join and others be lost; ``submit`` has what is
    meant for one that is lost done by another. Where submitting is dear, as many replications go together
    as take ``batch`` seconds.
    """
    assignment: Assignment[Process] = Assignment(tasks)
    # Not `as_completed`, which locks every future: interrupted meanwhile it would leave some of them locked.
    ended: SimpleQueue[Future[list[Found]]] = SimpleQueue()
    running: dict[Future[list[Found]], tuple[Process, Sequence[Task]]] = {}
    held: Counter[Process] = Counter()
    began, done = time.monotonic(), 0

    def give() -> None:
        found = processes()
        for_one = max(1, int(done * batch / (time.monotonic() - began) / max(1, len(found))))
        for number in range(AHEAD):
            for process in found:
                if held[process] <= number and (together := assignment.next(process, for_one)):
                    future = submit(process, together)
                    running[future] = process, together
                    held[process] += 1
                    future.add_done_callback(ended.put)

    give()
    while running or assignment.left:
        try:
            future = ended.get(timeout=LOOK_AGAIN)
        except Empty:
            give()
            continue
        process, together = running.pop(future)
        held[process] -= 1
        done += len(together)
        give()
        yield from zip(together, future.result(), strict=True)


class Assignment(Generic[Process]):
    """Which process simulates what.

    Tasks that share models stay with one process, as long as that leaves no process without work.
    """

    def __init__(self, tasks: Sequence[Sequence[Task]]) -> None:
        self._waiting = deque(tasks)
        self._own: defaultdict[Process, deque[Task]] = defaultdict(deque)

    @property
    def left(self) -> bool:
        """Whether some are not assigned yet."""
        return bool(self._waiting) or any(self._own.values())

    def next(self, process: Process, count: int) -> list[Task]:
        """The next ones for this process, ``count`` at most; none once all are assigned."""
        found: list[Task] = []
        own = self._own[process]
        while len(found) < count:
            if not own and self._waiting:
                own.extend(self._waiting.popleft())
            if own:
                found.append(own.popleft())
            elif longest := max(self._own.values(), key=len):
                found.append(longest.pop())
            else:
                break
        return found
