"""Replications over this machine's processors, and what Ctrl-C leaves behind."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from sim.core import signals
from sim.core.errors import WorkersLostError
from sim.study import worker
from sim.study.scheduler import hand_out

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from concurrent.futures import Future

    from sim.study.scheduler import Backend
    from sim.study.worker import Found, PreparedArm, Task


def local(jobs: int) -> Backend:
    """This machine: ``jobs`` processes, or with one this process alone."""
    return in_turn if jobs == 1 else partial(side_by_side, jobs=jobs)


def in_turn(arms: Sequence[PreparedArm], tasks: Sequence[Sequence[Task]]) -> Generator[tuple[Task, Found]]:
    """All in this process. One BLAS thread, as workers have, or the last bits would differ."""
    here = worker.Worker(arms)
    with threadpool_limits(1):
        for sharing in tasks:
            for task in sharing:
                yield task, here.parts(task)


def side_by_side(
    arms: Sequence[PreparedArm], tasks: Sequence[Sequence[Task]], jobs: int
) -> Generator[tuple[Task, Found]]:
    """On ``jobs`` processes, or fewer if there is less to do.

    Raises:
        WorkersLostError: if one of the processes was killed.
    """
    jobs = min(jobs, sum(map(len, tasks)))
    context = multiprocessing.get_context("spawn")
    # Workers end by themselves: one killed while it sends a result would leave its reader waiting for ever.
    with signals.left_to_parent():
        stopping = context.Event()
    without_texts = [arm.each(worker.PreparedScenario.without_texts) for arm in arms]
    pools = [ProcessPoolExecutor(1, context, worker.start, (without_texts, stopping)) for _ in range(jobs)]

    def submit(pool: ProcessPoolExecutor, together: Sequence[Task]) -> Future[list[Found]]:
        with signals.left_to_parent():
            return pool.submit(worker.simulate, together)

    try:
        yield from hand_out(tasks, lambda: pools, submit)
    except BrokenProcessPool as error:
        raise WorkersLostError(
            "a process that simulates was ended from outside, most likely for want of memory; "
            "give --jobs 1, or fewer documents"
        ) from error
    finally:
        stopping.set()
        for pool in pools:
            pool.shutdown(cancel_futures=True)
