"""Which process simulates what, and when it is told."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from concurrent.futures import Future

    from sim.worker import Failure, Task

Process = TypeVar("Process")
AHEAD = 2
"""Replications that a process holds at a time: enough that it never waits, few enough to be taken back."""
LOOK_AGAIN = 1.0
"""Seconds after which to look for new processes where no replication ends."""


def hand_out(
    tasks: Sequence[Sequence[Task]],
    processes: Callable[[], Collection[Process]],
    submit: Callable[[Process, Task], Future[bytes | Failure]],
) -> Generator[tuple[Task, bytes | Failure]]:
    """Each replication as it ends, while every process has some to go on with.

    ``processes`` is asked again and again, since some may join and others be lost; ``submit`` has what is
    meant for one that is lost done by another.
    """
    assignment: Assignment[Process] = Assignment(tasks)
    # Not `as_completed`, which locks every future: interrupted meanwhile it would leave some of them locked.
    ended: SimpleQueue[Future[bytes | Failure]] = SimpleQueue()
    running: dict[Future[bytes | Failure], tuple[Task, Process]] = {}
    held: Counter[Process] = Counter()

    def give() -> None:
        found = processes()
        for number in range(AHEAD):
            for process in found:
                if held[process] <= number and (task := assignment.next(process)) is not None:
                    future = submit(process, task)
                    running[future] = task, process
                    held[process] += 1
                    future.add_done_callback(ended.put)

    give()
    while running or assignment.left:
        try:
            future = ended.get(timeout=LOOK_AGAIN)
        except Empty:
            give()
            continue
        task, process = running.pop(future)
        held[process] -= 1
        give()
        yield task, future.result()


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

    def next(self, process: Process) -> Task | None:
        """The next one for this process; None once all are assigned."""
        own = self._own[process]
        if not own and self._waiting:
            own.extend(self._waiting.popleft())
        if own:
            return own.popleft()
        longest = max(self._own.values(), key=len)
        return longest.pop() if longest else None
