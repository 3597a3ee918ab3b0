"""Replications over this machine's processors, and what Ctrl-C leaves behind."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from sim import worker
from sim.backends.handing_out import hand_out
from sim.errors import LabelsimError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from concurrent.futures import Future

    from sim.backends import Backend
    from sim.worker import Found, PreparedScenario, Task


def local(jobs: int) -> Backend:
    """This machine: ``jobs`` processes, or with one this process alone."""
    return in_turn if jobs == 1 else partial(side_by_side, jobs=jobs)


def in_turn(
    prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]]
) -> Generator[tuple[Task, Found]]:
    """All in this process. One BLAS thread, as workers have, or the last bits would differ."""
    here = worker.Worker(prepared)
    with threadpool_limits(1):
        for sharing in tasks:
            for task in sharing:
                yield task, here.parts(task)


def side_by_side(
    prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]], jobs: int
) -> Generator[tuple[Task, Found]]:
    """On ``jobs`` processes, or fewer if there is less to do.

    Raises:
        LabelsimError: if one of the processes was killed.
    """
    jobs = min(jobs, sum(map(len, tasks)))
    context = multiprocessing.get_context("spawn")
    # Workers end by themselves: one killed while it sends a result would leave its reader waiting for ever.
    stopping = context.Event()
    without_texts = [scenario.without_texts() for scenario in prepared]
    pools = [ProcessPoolExecutor(1, context, worker.start, (without_texts, stopping)) for _ in range(jobs)]

    def submit(pool: ProcessPoolExecutor, together: Sequence[Task]) -> Future[list[Found]]:
        with _interrupts_left_to_parent():
            return pool.submit(worker.simulate, together)

    try:
        yield from hand_out(tasks, lambda: pools, submit)
    except BrokenProcessPool as error:
        raise LabelsimError(
            "a process that simulates was ended from outside, most likely for want of memory; "
            "give --jobs 1, or fewer documents"
        ) from error
    finally:
        stopping.set()
        for pool in pools:
            pool.shutdown(cancel_futures=True)


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
