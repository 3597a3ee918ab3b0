"""Replications on a Dask cluster of machines with the same labelsim."""

from __future__ import annotations

import hashlib
import logging
import time
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from distributed import Client, KilledWorker, WorkerPlugin
from threadpoolctl import threadpool_info, threadpool_limits

from sim.core.environment import code, versions
from sim.core.errors import PlannerMistakeError, WorkersLostError
from sim.corpus import cache
from sim.study.executors import Processes
from sim.study.worker import PreparedScenario, ready

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    import distributed

    from sim.study.worker import PreparedArm


class Sent(WorkerPlugin):
    """Plugin with a study's scenarios, documents and features.

    Dask sends it to every worker, including those that join later. Features go to the cache of the worker's
    machine, so that all its workers map the same file.
    """

    def __init__(self, arms: Sequence[PreparedArm]) -> None:
        self.name = name_of(arms)
        self._arms = [arm.each(PreparedScenario.without_texts) for arm in arms]
        paths = {one.features for arm in arms for one in arm.projects}
        self._features = {path.name: cache.read(path) for path in paths}

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Get ready to simulate.

        Raises:
            PlannerMistakeError: if the machine's cache cannot be used.
        """
        folder = cache.cache_folder()
        for name, arrays in self._features.items():
            cache.ensure(folder / name, partial(dict, arrays))
        self._features.clear()

        def here(one: PreparedScenario) -> PreparedScenario:
            return replace(one, features=folder / one.features.name)

        self._meanwhile = ExitStack()
        self._meanwhile.enter_context(threadpool_limits(1))
        self._meanwhile.enter_context(ready(self.name, [arm.each(here) for arm in self._arms]))

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Leave the worker as it was."""
        self._meanwhile.close()


def name_of(arms: Sequence[PreparedArm]) -> str:
    """Return the name of a study at workers, which does not depend on the number of replications."""
    keys = " ".join(one.key for arm in arms for one in arm.projects)
    return f"labelsim-{hashlib.sha256(keys.encode()).hexdigest()[:32]}"


def installed() -> dict[str, str]:
    """Return everything that changes the bytes of results: versions, linear algebra kernels, our code."""
    libraries = {
        f"{library['internal_api']} {library['version']} for {library.get('architecture', 'any processor')}"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    return {
        **versions(),
        "distributed": version("distributed"),
        "linear algebra": ", ".join(sorted(libraries)),
        "labelsim's code": code(),
    }


ANSWER = 10
"""Seconds to wait for a scheduler's answer."""
LOOK = 1.0
"""Seconds between two requests for the list of workers."""
JOB = 1.0
"""Seconds of work sent to a worker at once, because Dask takes some milliseconds per task."""
PATIENCE = 60.0
"""Seconds to wait for another worker once all are lost."""


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Use the workers of the Dask scheduler at ``address``, and leave them as they were.

    Raises:
        PlannerMistakeError: if no scheduler answers, or its workers would not give the same bytes.
    """
    # What goes wrong there is told once, by us.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PlannerMistakeError(
            f"--scheduler {address}: no scheduler answers there; start one with `dask scheduler`, and give "
            "the address that it prints, such as tcp://192.168.0.10:8786"
        ) from error
    with client:
        found = Cluster(client, address)
        try:
            yield found
        finally:
            found.leave()


class Cluster:
    """Backend whose processes are Dask workers.

    A worker receives what a study needs once, when the study starts or when the worker joins. The work of a
    lost worker is done again by another.
    """

    def __init__(self, client: Client, address: str) -> None:
        """Find the workers.

        Raises:
            PlannerMistakeError: if there are none, or one would not give the same bytes.
        """
        self._client = client
        self._address = address
        self._sent: set[str] = set()
        self._compared: set[str] = set()
        self._seen = time.monotonic()
        self._known: dict[str, Executor] = {}
        self._there: Sequence[Executor] = ()
        self._look_again = 0.0
        if not self.executors():
            raise PlannerMistakeError(
                f"--scheduler {address}: it has no workers; start one per CPU: "
                f"dask worker {address} --nthreads 1"
            )

    @contextmanager
    def __call__(self, arms: Sequence[PreparedArm], _: int) -> Iterator[Processes]:
        """Make the workers ready to simulate arms.

        Raises:
            WorkersLostError: if the scheduler is lost, or all workers for a minute, or one after another.
        """
        try:
            study = self._send(arms)
        except OSError as error:
            raise self._lost() from error
        try:
            yield Processes(self.executors, study, job_seconds=JOB)
        except KilledWorker as error:
            raise WorkersLostError(
                f"a replication ended {error.allowed_failures + 1} workers one after another, probably "
                "out of memory; start fewer workers per machine"
            ) from error
        except CancelledError as error:
            raise self._lost() from error

    def executors(self) -> Collection[Executor]:
        """Return an executor per worker seen within the last second; others take over the work of a lost one.

        Raises:
            PlannerMistakeError: if a worker would not give the same bytes.
            WorkersLostError: if the scheduler is lost, or there has been no worker for a minute.
        """
        now = time.monotonic()
        if now < self._look_again:
            return self._there
        try:
            # Not `scheduler_info`, in whose answer an update that names no workers may come in between.
            found: Mapping[str, int] = self._client.nthreads()
            self._compare(found)
        except OSError as error:
            raise self._lost() from error
        if found:
            self._seen = now
        elif now > self._seen + PATIENCE:
            raise WorkersLostError(f"the scheduler {self._address} has lost all its workers; start some")
        self._there, self._look_again = [self._executor(address) for address in found], now + LOOK
        return self._there

    def _executor(self, worker: str) -> Executor:
        if worker not in self._known:
            self._known[worker] = self._client.get_executor(
                workers=[worker], allow_other_workers=True, pure=False
            )
        return self._known[worker]

    def _lost(self) -> WorkersLostError:
        return WorkersLostError(f"the scheduler {self._address} was lost; start it again")

    def leave(self) -> None:
        """Remove what was sent from the workers."""
        for study in self._sent:
            with suppress(OSError):  # where the scheduler is gone, nobody has it any more
                self._client.unregister_worker_plugin(study)

    def _send(self, arms: Sequence[PreparedArm]) -> str:
        """Make all workers ready for a study; return its name there."""
        study = name_of(arms)
        if study not in self._sent:
            self._client.register_plugin(Sent(arms))
            self._sent.add(study)
        return study

    def _compare(self, threads: Mapping[str, int]) -> None:
        """Check that new workers give the same bytes as this process."""
        new = threads.keys() - self._compared
        if not new:
            return
        here = installed()
        for address, there in self._client.run(installed, workers=sorted(new), on_error="return").items():
            _check(address, threads[address], here, there)
            self._compared.add(address)


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
            f"the worker {address} would give other bytes: it has {differences[0]}; install there "
            "what is installed here"
        )
    if threads > 1:
        raise PlannerMistakeError(
            f"the worker {address} has {threads} threads, of which one would be used; start workers with "
            "--nthreads 1, one per CPU"
        )
