"""Replications over the processors: where each is simulated, and what Ctrl-C leaves behind."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol

from threadpoolctl import threadpool_limits

from sim import worker
from sim.errors import LabelsimError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from concurrent.futures import Future

    from sim.worker import Failure, PreparedScenario, Task

AHEAD = 2
"""Replications that a process holds at a time: enough that it never waits, few enough to be taken back."""


class Backend(Protocol):
    """Where replications are simulated."""

    def __call__(
        self, prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]]
    ) -> Generator[tuple[Task, bytes | Failure]]:
        """Each replication as it ends; tasks listed together share models where they share a process."""
        ...


def local(jobs: int) -> Backend:
    """This machine: ``jobs`` processes, or with one this process alone."""
    return in_turn if jobs == 1 else partial(spread, jobs=jobs)


def in_turn(
    prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]]
) -> Generator[tuple[Task, bytes | Failure]]:
    """All in this process. One BLAS thread, as workers have, or the last bits would differ."""
    here = worker.Worker(prepared)
    with threadpool_limits(1):
        for sharing in tasks:
            for task in sharing:
                yield task, here.part(task)


def spread(
    prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]], jobs: int
) -> Generator[tuple[Task, bytes | Failure]]:
    """On ``jobs`` processes, or fewer if there is less to do; tasks listed together share one.

    Raises:
        LabelsimError: if one of the processes was killed.
    """
    jobs = min(jobs, sum(map(len, tasks)))
    context = multiprocessing.get_context("spawn")
    # Workers end by themselves: one killed while it sends a result would leave its reader waiting for ever.
    stopping = context.Event()
    without_texts = [scenario.without_texts() for scenario in prepared]
    pools = [ProcessPoolExecutor(1, context, worker.start, (without_texts, stopping)) for _ in range(jobs)]
    assignment = Assignment(tasks, jobs)
    # Not `as_completed`, which locks every future: interrupted meanwhile it would leave some of them locked.
    ended: SimpleQueue[Future[bytes | Failure]] = SimpleQueue()
    running: dict[Future[bytes | Failure], tuple[Task, int]] = {}

    def give(process: int) -> None:
        task = assignment.next(process)
        if task is not None:
            with _interrupts_left_to_parent():
                future = pools[process].submit(worker.simulate, task)
                running[future] = task, process
                future.add_done_callback(ended.put)

    try:
        for _ in range(AHEAD):
            for process in range(jobs):
                give(process)
        while running:
            future = ended.get()
            task, process = running.pop(future)
            give(process)
            yield task, future.result()
    except BrokenProcessPool as error:
        raise LabelsimError(
            "a process that simulates was ended from outside, most likely for want of memory; "
            "give --jobs 1, or fewer documents"
        ) from error
    finally:
        stopping.set()
        for pool in pools:
            pool.shutdown(cancel_futures=True)


class Assignment:
    """Which process simulates what.

    Tasks that share models stay with one process, as long as that leaves no process without work.
    """

    def __init__(self, tasks: Sequence[Sequence[Task]], processes: int) -> None:
        self._waiting = deque(tasks)
        self._own: list[deque[Task]] = [deque() for _ in range(processes)]

    def next(self, process: int) -> Task | None:
        """The next one for this process; None once all are assigned."""
        own = self._own[process]
        if not own and self._waiting:
            own.extend(self._waiting.popleft())
        if own:
            return own.popleft()
        longest = max(self._own, key=len)
        return longest.pop() if longest else None


@contextmanager
def _interrupts_left_to_parent() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C; this one answers it for all, right afterwards."""
    if sys.platform == "win32":
        yield
        return
    # Starting it would let the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
