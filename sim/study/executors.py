"""Executors that simulate replications, one of the standard library's per process.

One executor with many processes would be simpler, but cannot choose the process of a job, and scenarios that
share models should stay with one process.
"""

from __future__ import annotations

import multiprocessing
import pickle
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
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
    """Executors that are ready to simulate some arms."""

    executors: Callable[[], Collection[Executor]]
    """Returns one per process at present; others take over the work of a lost process."""
    study: str
    """The name by which processes know the arms."""
    ahead: int = 2
    """Jobs that a process holds: enough that it never waits, few enough to be taken back."""
    job_seconds: float = 0
    """Seconds of work per job, where submitting is expensive; 0 for one replication per job."""
    models: Sequence[Sequence[int]] = ()
    """Models that each process has trained so far, where known: in finished tasks, and in the current one."""


Backend = Callable[[Sequence[PreparedArm], int], AbstractContextManager[Processes]]
"""Makes processes ready to simulate arms, with the given number of replications in all; raises
`WorkersLostError` if they are lost."""


def run_tasks(tasks: Sequence[Sequence[Task]], processes: Processes) -> Generator[tuple[Task, TaskResult]]:
    """Yield the result of each task as it ends; tasks listed together share models within a process."""
    queue = AffinityQueue(tasks)
    # Not `as_completed`, which locks every future: interrupted meanwhile it would leave some of them locked.
    ended: SimpleQueue[Future[list[TaskResult]]] = SimpleQueue()
    running: dict[Future[list[TaskResult]], tuple[Executor, Sequence[Task]]] = {}
    held: Counter[Executor] = Counter()
    began, done = time.monotonic(), 0

    def submit_jobs() -> None:
        """Submit jobs until each executor holds as many as it may."""
        executors = processes.executors()
        # At least a millisecond: some machines' clocks move in steps.
        seconds = max(1e-3, time.monotonic() - began) * max(1, len(executors))
        # As many as a process has done in `job_seconds` so far; at first that is not known.
        job_size = max(1, int(done * processes.job_seconds / seconds))
        # Every process gets a first job before any gets a second.
        for number in range(processes.ahead):
            for executor in executors:
                if held[executor] <= number and (job := queue.next(executor, job_size)):
                    future = executor.submit(simulate, processes.study, job)
                    running[future] = executor, job
                    held[executor] += 1
                    future.add_done_callback(ended.put)

    submit_jobs()
    while running or queue.left:
        try:
            future = ended.get(timeout=LOOK_AGAIN)
        except Empty:
            submit_jobs()
            continue
        executor, job = running.pop(future)
        held[executor] -= 1
        done += len(job)
        yield from zip(job, future.result(), strict=True)
        submit_jobs()


class AffinityQueue:
    """Queue of tasks that keeps tasks with shared models on one process.

    Tasks that share models stay with one process, as long as that leaves no process without work.
    """

    def __init__(self, tasks: Sequence[Sequence[Task]]) -> None:
        self._waiting = deque(tasks)
        self._assigned: defaultdict[Any, deque[Task]] = defaultdict(deque)

    @property
    def left(self) -> bool:
        """Whether the queue has tasks that no process has taken."""
        return bool(self._waiting) or any(self._assigned.values())

    def next(self, process: object, count: int) -> list[Task]:
        """Take the next tasks for a process off the queue, at most ``count``; none once all are taken."""
        taken: list[Task] = []
        assigned = self._assigned[process]
        while len(taken) < count:
            if not assigned and self._waiting:
                assigned.extend(self._waiting.popleft())
            if assigned:
                taken.append(assigned.popleft())
            # From the longest queue, whose process would end last.
            elif longest := max(self._assigned.values(), key=len):
                # From the far end: its process is about to use the models of those at the front.
                taken.append(longest.pop())
            else:
                break
        return taken


def local(jobs: int) -> Backend:
    """Return the backend of this machine: ``jobs`` processes, or this process alone for one."""
    return this_process if jobs == 1 else partial(side_by_side, jobs=jobs)


@contextmanager
def this_process(arms: Sequence[PreparedArm], _: int) -> Iterator[Processes]:
    """Simulate arms in this process alone, with one BLAS thread as workers have, for equal last bits."""
    executor, models = _InlineExecutor(), [0, 0]
    with threadpool_limits(1), worker.ready("here", arms, models):
        yield Processes(lambda: [executor], "here", ahead=1, models=[models])


@contextmanager
def side_by_side(arms: Sequence[PreparedArm], count: int, jobs: int) -> Iterator[Processes]:
    """Simulate arms in ``jobs`` processes, or fewer if there is less to do.

    Raises:
        WorkersLostError: if one of them was killed.
    """
    # Spawned and not forked: a fork copies threads' locks in whatever state they are, and Windows has none.
    context = multiprocessing.get_context("spawn")
    # Workers end by themselves: one killed while it sends a result would leave its reader waiting for ever.
    with signals.hold_for_children():
        stopping = context.Event()
    # Without locks, which a killed process would leave locked: each process writes its own two numbers.
    models = [context.RawArray("q", 2) for _ in range(min(jobs, count))]
    with TemporaryDirectory(prefix="labelsim-") as folder:
        # In a file: of a pipe the parent waits for a process to read it, and starts the next one after that.
        sent = Path(folder) / "arms.pickle"
        sent.write_bytes(pickle.dumps([arm.map_projects(PreparedScenario.without_texts) for arm in arms]))
        executors = [_Process(1, context, worker.start, (sent, stopping, own)) for own in models]
        try:
            yield Processes(lambda: executors, worker.STARTED, models=models)
        except BrokenProcessPool as error:
            raise WorkersLostError(
                "a worker process was killed, probably out of memory; give --jobs 1, or fewer documents"
            ) from error
        finally:
            stopping.set()
            for executor in executors:
                executor.shutdown(cancel_futures=True)


class _Process(ProcessPoolExecutor):
    """Process pool of one, started by its first job, that leaves signals to its parent."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Submit a job to the process, which ignores the parent's signals."""
        with signals.hold_for_children():
            return super().submit(call, *arguments, **keywords)


class _InlineExecutor(Executor):
    """Executor that runs jobs in this process at once."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Run a job at once in this process, and return its completed future."""
        # A future that is done already, so that the code that hands out jobs knows one kind of process.
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **keywords))
        return future
