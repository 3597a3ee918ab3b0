"""Where replications are simulated: executors of the standard library, one per process.

One executor with many processes would be simpler, but cannot choose the process of a job, and scenarios that
share models should stay with one process.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from sim.core import signals
from sim.core.errors import WorkersLostError
from sim.study import worker
from sim.study.worker import PreparedArm, PreparedScenario, simulate

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sim.study.worker import Task, TaskResult

LOOK_AGAIN = 1.0
"""Seconds after which to look for new processes if no replication ends."""


@dataclass(frozen=True, eq=False)
class Processes:
    """Processes that are ready to simulate some arms."""

    executors: Callable[[], Collection[Executor]]
    """Returns one per process at present; others take over the work of a lost process."""
    study: str
    """The name by which processes know the arms."""
    ahead: int = 2
    """Jobs that a process holds: enough that it never waits, few enough to be taken back."""
    job_seconds: float = 0
    """Seconds of work per job, where submitting is expensive; 0 for one replication per job."""


Backend = Callable[[Sequence[PreparedArm], int], AbstractContextManager[Processes]]
"""Makes processes ready to simulate arms, with the given number of replications in all; raises
`WorkersLostError` if they are lost."""


def simulated(tasks: Sequence[Sequence[Task]], processes: Processes) -> Generator[tuple[Task, TaskResult]]:
    """Yield each replication as it ends; tasks listed together share models if they share a process."""
    queue = AffinityQueue(tasks)
    # Not `as_completed`, which locks every future: interrupted meanwhile it would leave some of them locked.
    ended: SimpleQueue[Future[list[TaskResult]]] = SimpleQueue()
    running: dict[Future[list[TaskResult]], tuple[Executor, Sequence[Task]]] = {}
    held: Counter[Executor] = Counter()
    began, done = time.monotonic(), 0

    def give() -> None:
        executors = processes.executors()
        seconds = (time.monotonic() - began) * max(1, len(executors))
        # As many as a process has done in `job_seconds` so far; at first that is not known.
        for_one = max(1, int(done * processes.job_seconds / seconds))
        # Every process gets a first job before any gets a second.
        for number in range(processes.ahead):
            for executor in executors:
                if held[executor] <= number and (job := queue.next(executor, for_one)):
                    future = executor.submit(simulate, processes.study, job)
                    running[future] = executor, job
                    held[executor] += 1
                    future.add_done_callback(ended.put)

    give()
    while running or queue.left:
        try:
            future = ended.get(timeout=LOOK_AGAIN)
        except Empty:
            give()
            continue
        executor, job = running.pop(future)
        held[executor] -= 1
        done += len(job)
        yield from zip(job, future.result(), strict=True)
        give()


class AffinityQueue:
    """Queue that assigns tasks to processes.

    Tasks that share models stay with one process, as long as that leaves no process without work.
    """

    def __init__(self, tasks: Sequence[Sequence[Task]]) -> None:
        self._waiting = deque(tasks)
        self._own: defaultdict[Any, deque[Task]] = defaultdict(deque)

    @property
    def left(self) -> bool:
        """Whether there are tasks that no process has taken."""
        return bool(self._waiting) or any(self._own.values())

    def next(self, process: object, count: int) -> list[Task]:
        """Return the next tasks for this process, at most ``count``; empty once all are taken."""
        found: list[Task] = []
        own = self._own[process]
        while len(found) < count:
            if not own and self._waiting:
                own.extend(self._waiting.popleft())
            if own:
                found.append(own.popleft())
            elif longest := max(self._own.values(), key=len):
                # From the far end: its process is about to use the models of those at the front.
                found.append(longest.pop())
            else:
                break
        return found


def local(jobs: int) -> Backend:
    """Return the backend of this machine: ``jobs`` processes, or this process alone for one."""
    return this_process if jobs == 1 else partial(side_by_side, jobs=jobs)


@contextmanager
def this_process(arms: Sequence[PreparedArm], _: int) -> Iterator[Processes]:
    """Simulate in this process alone, with one BLAS thread as workers have, or the last bits would differ."""
    executor = _AtOnce()
    with threadpool_limits(1), worker.ready("here", arms):
        yield Processes(lambda: [executor], "here", ahead=1)


@contextmanager
def side_by_side(arms: Sequence[PreparedArm], count: int, jobs: int) -> Iterator[Processes]:
    """Simulate in ``jobs`` processes, or fewer if there is less to do.

    Raises:
        WorkersLostError: if one of them was killed.
    """
    context = multiprocessing.get_context("spawn")
    # Workers end by themselves: one killed while it sends a result would leave its reader waiting for ever.
    with signals.left_to_parent():
        stopping = context.Event()
    given = [arm.each(PreparedScenario.without_texts) for arm in arms]
    executors = [_Process(1, context, worker.start, (given, stopping)) for _ in range(min(jobs, count))]
    try:
        yield Processes(lambda: executors, worker.STARTED)
    except BrokenProcessPool as error:
        raise WorkersLostError(
            "a worker process was killed, probably out of memory; give --jobs 1, or fewer documents"
        ) from error
    finally:
        stopping.set()
        for executor in executors:
            executor.shutdown(cancel_futures=True)


class _Process(ProcessPoolExecutor):
    """Process that is started when there is something to do, and leaves signals to its parent."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        with signals.left_to_parent():
            return super().submit(call, *arguments, **keywords)


class _AtOnce(Executor):
    """Executor that runs jobs in this process at once."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **keywords))
        return future
