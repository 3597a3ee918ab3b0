"""Replications over a Dask cluster: any machines that have the same labelsim."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from distributed import Client, KilledWorker

from sim.backends.dask_worker import Sent, installed, name_of, simulate
from sim.backends.handing_out import hand_out
from sim.errors import PlannerMistakeError, WorkersLostError

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    import distributed

    from sim.worker import Found, PreparedScenario, Task

ANSWER = 10
"""Seconds in which a scheduler answers."""
LOOK = 1.0
"""Seconds after which to ask it again who works for it."""
BATCH = 1.0
"""Seconds of work that go to a worker together: Dask takes some milliseconds for each task."""
PATIENCE = 60.0
"""Seconds to wait for another worker once all are lost."""


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """The workers of the Dask scheduler at ``address``, which are left as they were.

    Raises:
        PlannerMistakeError: if no scheduler answers, or its workers are not such as to give the same bytes.
    """
    # What goes wrong there is told once, by us.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PlannerMistakeError(
            f"--scheduler {address}: no scheduler answers there; start one with `dask scheduler`, and give "
            "the address that it tells, such as tcp://192.168.0.10:8786"
        ) from error
    with client:
        found = Cluster(client, address)
        try:
            yield found
        finally:
            found.leave()


class Cluster:
    """A backend whose processes are Dask workers.

    Each is sent what a study needs once, when the study starts or when it joins. What a lost one had is done
    again by another.
    """

    def __init__(self, client: Client, address: str) -> None:
        """Look who is there.

        Raises:
            PlannerMistakeError: if nobody is, or not such as to give the same bytes.
        """
        self._client = client
        self._loop: asyncio.AbstractEventLoop = client.loop.asyncio_loop  # type: ignore[union-attr]
        self._address = address
        self._sent: set[str] = set()
        self._compared: set[str] = set()
        self._seen = time.monotonic()
        self._workers: Collection[str] = ()
        self._look_again = 0.0
        if not self.workers():
            raise PlannerMistakeError(
                f"--scheduler {address}: nobody works for it; start a worker for each processor: "
                f"dask worker {address} --nthreads 1"
            )

    def __call__(
        self, prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]]
    ) -> Generator[tuple[Task, Found]]:
        """Each replication as it ends.

        Raises:
            WorkersLostError: if the scheduler is lost, or all workers for a minute, or one after another.
        """
        try:
            study = self._send(prepared)
            submit = partial(self._submit, study)
            yield from hand_out(tasks, self.workers, submit, BATCH)
        except KilledWorker as error:
            raise WorkersLostError(
                f"a replication ended {error.allowed_failures + 1} workers one after another, most likely "
                "for want of memory; start fewer workers per machine"
            ) from error
        except (CancelledError, OSError) as error:
            raise WorkersLostError(f"the scheduler {self._address} was lost; start it again") from error

    def workers(self) -> Collection[str]:
        """The addresses of those who were there a moment ago.

        Raises:
            PlannerMistakeError: if one is not such as to give the same bytes.
            WorkersLostError: if nobody has been there for a minute.
        """
        now = time.monotonic()
        if now < self._look_again:
            return self._workers
        found = self._client.scheduler_info()["workers"]
        self._compare({address: worker["nthreads"] for address, worker in found.items()})
        if found:
            self._seen = now
        elif now > self._seen + PATIENCE:
            raise WorkersLostError(f"the scheduler {self._address} has lost all its workers; start some")
        self._workers, self._look_again = list(found), now + LOOK
        return self._workers

    def leave(self) -> None:
        """Take back what was sent."""
        for study in self._sent:
            with suppress(OSError):  # where the scheduler is gone, nobody has it any more
                self._client.unregister_worker_plugin(study)

    def _send(self, prepared: Sequence[PreparedScenario]) -> str:
        """Have all workers ready for a study; its name there."""
        study = name_of(prepared)
        if study not in self._sent:
            self._client.register_plugin(Sent(prepared))
            self._sent.add(study)
        return study

    def _submit(self, study: str, worker: str, together: Sequence[Task]) -> Future[list[Found]]:
        # Any other takes it where this one is lost.
        future = self._client.submit(
            simulate, study, together, workers=[worker], allow_other_workers=True, pure=False
        )
        return asyncio.run_coroutine_threadsafe(_result(future), self._loop)

    def _compare(self, threads: Mapping[str, int]) -> None:
        """See to it that workers that are new give the bytes that this process would."""
        new = threads.keys() - self._compared
        if not new:
            return
        here = installed()
        for address, there in self._client.run(installed, workers=sorted(new), on_error="return").items():
            _check(address, threads[address], here, there)
            self._compared.add(address)


async def _result(future: distributed.Future[list[Found]]) -> list[Found]:
    found: list[Found] = await future
    return found


def _check(address: str, threads: int, here: Mapping[str, str], there: Mapping[str, str] | Exception) -> None:
    if isinstance(there, OSError):
        return  # lost meanwhile
    if isinstance(there, Exception):
        raise PlannerMistakeError(
            f"the worker {address} cannot simulate ({there}); install there what is installed here"
        ) from there
    differences = [
        f"{name} {there.get(name)}, here {here[name]}" for name in here if there.get(name) != here[name]
    ]
    if differences:
        raise PlannerMistakeError(
            f"the worker {address} would not come to the same bytes: it has {differences[0]}; install there "
            "what is installed here"
        )
    if threads > 1:
        raise PlannerMistakeError(
            f"the worker {address} has {threads} threads, of which one would simulate; start workers with "
            "--nthreads 1, one for each processor"
        )
