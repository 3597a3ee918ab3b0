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

from sim.core.code_fingerprint import library_versions, source_fingerprint
from sim.core.errors import PlannerMistakeError, WorkersLostError
from sim.corpus import cache
from sim.study.executors import Processes
from sim.study.worker import PreparedScenario, ready

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    import distributed

    from sim.study.worker import PreparedArm


class StudyPlugin(WorkerPlugin):
    """Dask plugin that gives each worker a study's scenarios, documents and features.

    Dask sends it to every worker, including those that join later. Features go to the cache of the worker's
    machine, so that all its workers map the same file.
    """

    def __init__(self, arms: Sequence[PreparedArm]) -> None:
        # Under a name made of what is simulated, so that a study that only grows is not sent again.
        self.name = name_of(arms)
        self._arms = [arm.map_projects(PreparedScenario.without_texts) for arm in arms]
        paths = {
            documents.features for arm in arms for one in arm.projects for documents in one.corpora.values()
        }
        self._features = {path.name: cache.read(path) for path in paths}

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Make a Dask worker ready to simulate: put features into its cache and prepare the arms.

        Raises:
            PlannerMistakeError: if the machine's cache cannot be used.
        """
        folder = cache.cache_folder()
        for name, arrays in self._features.items():
            cache.get_or_compute(folder / name, partial(dict, arrays))
        # In the machine's cache now; a copy in each worker's memory would multiply them.
        self._features.clear()

        def with_local_features(one: PreparedScenario) -> PreparedScenario:
            """Point a prepared scenario to the feature cache of the worker's machine."""
            return one.map_corpora(
                lambda documents: replace(documents, features=folder / documents.features.name)
            )

        self._resources = ExitStack()
        # As in all other processes: the last bits depend on the number of threads.
        self._resources.enter_context(threadpool_limits(1))
        self._resources.enter_context(
            ready(self.name, [arm.map_projects(with_local_features) for arm in self._arms])
        )

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Release the Dask worker from the study."""
        self._resources.close()


def name_of(arms: Sequence[PreparedArm]) -> str:
    """Return the name of a study at Dask workers, which does not depend on the number of replications."""
    keys = " ".join(one.key for arm in arms for one in arm.projects)
    return f"labelsim-{hashlib.sha256(keys.encode()).hexdigest()[:32]}"


def installed() -> dict[str, str]:
    """Describe what a Dask worker must have alike: libraries, BLAS kernels, our code."""
    libraries = {
        f"{library['internal_api']} {library['version']} for {library.get('architecture', 'any processor')}"
        # Kernels of BLAS are chosen by the processor, and sum in other orders.
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    return {
        **library_versions(),
        "distributed": version("distributed"),
        "linear algebra": ", ".join(sorted(libraries)),
        "labelsim's code": source_fingerprint(),
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
    """Connect to the Dask scheduler at ``address``, and leave its workers as they were.

    Raises:
        PlannerMistakeError: if no scheduler answers, or its workers would not give the same bytes.
    """
    # We report its errors ourselves, once.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        # Not the default, since a program that calls labelsim may use a cluster of its own.
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PlannerMistakeError(
            f"--scheduler {address}: no scheduler answers there; start one with `dask scheduler`, and give "
            "the address that it prints, such as tcp://192.168.0.10:8786"
        ) from error
    with client:
        backend = Cluster(client, address)
        try:
            yield backend
        finally:
            backend.leave()


class Cluster:
    """Backend whose processes are Dask workers.

    A worker receives what a study needs once, when the study starts or when the worker joins. The work of a
    lost worker is repeated by another.
    """

    def __init__(self, client: Client, address: str) -> None:
        """Find the Dask workers of a scheduler and check what is installed there.

        Raises:
            PlannerMistakeError: if there are none, or one would not give the same bytes.
        """
        self._client = client
        self._address = address
        self._sent: set[str] = set()
        self._checked: set[str] = set()
        self._last_seen = time.monotonic()
        self._executor_of: dict[str, Executor] = {}
        self._executors: Sequence[Executor] = ()
        self._next_look = 0.0
        if not self.executors():
            raise PlannerMistakeError(
                f"--scheduler {address}: it has no workers; start one per CPU: "
                f"dask worker {address} --nthreads 1"
            )

    @contextmanager
    def __call__(self, arms: Sequence[PreparedArm], _: int) -> Iterator[Processes]:
        """Make the Dask workers ready to simulate arms.

        Raises:
            WorkersLostError: if the scheduler is lost, or all workers for a minute, or one after another.
        """
        try:
            study = self._send_study(arms)
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
        """Return an executor per Dask worker seen within the last second; others resume a lost one's jobs.

        Raises:
            PlannerMistakeError: if a worker would not give the same bytes.
            WorkersLostError: if the scheduler is lost, or there has been no worker for a minute.
        """
        now = time.monotonic()
        # Asked whenever a job ends; the scheduler need not be.
        if now < self._next_look:
            return self._executors
        try:
            # Not `scheduler_info`, in whose answer an update that names no workers may come in between.
            workers: Mapping[str, int] = self._client.nthreads()
            self._check_new_workers(workers)
        except OSError as error:
            raise self._lost() from error
        if workers:
            self._last_seen = now
        elif now > self._last_seen + PATIENCE:
            raise WorkersLostError(f"the scheduler {self._address} has lost all its workers; start some")
        self._executors, self._next_look = [self._executor(address) for address in workers], now + LOOK
        return self._executors

    def _executor(self, worker: str) -> Executor:
        """Return the executor of a Dask worker, created on the first request."""
        if worker not in self._executor_of:
            self._executor_of[worker] = self._client.get_executor(
                # Others may take over where this one is lost. Not pure: Dask would keep results by their
                # arguments, and a replication that is asked for again is asked for because it was lost.
                workers=[worker],
                allow_other_workers=True,
                pure=False,
            )
        return self._executor_of[worker]

    def _lost(self) -> WorkersLostError:
        """Build the error for a lost Dask scheduler."""
        return WorkersLostError(f"the scheduler {self._address} was lost; start it again")

    def leave(self) -> None:
        """Remove the studies sent to the Dask workers."""
        for study in self._sent:
            with suppress(OSError):  # where the scheduler is gone, nobody has it any more
                self._client.unregister_worker_plugin(study)

    def _send_study(self, arms: Sequence[PreparedArm]) -> str:
        """Send a study to all Dask workers; return its name there."""
        study = name_of(arms)
        if study not in self._sent:
            self._client.register_plugin(StudyPlugin(arms))
            self._sent.add(study)
        return study

    def _check_new_workers(self, threads: Mapping[str, int]) -> None:
        """Check that new Dask workers give the same bytes as this process."""
        new = threads.keys() - self._checked
        if not new:
            return
        local = installed()
        for address, remote in self._client.run(installed, workers=sorted(new), on_error="return").items():
            _check(address, threads[address], local, remote)
            self._checked.add(address)


def _check(
    address: str, threads: int, local: Mapping[str, str], remote: Mapping[str, str] | Exception
) -> None:
    """Check that a Dask worker has the same installed as this process."""
    if isinstance(remote, OSError):
        return  # lost meanwhile
    if isinstance(remote, Exception):
        raise PlannerMistakeError(
            f"the worker {address} cannot simulate ({remote}); install there what is installed here"
        ) from remote
    differences = [
        f"{name} {remote.get(name)}, here {local[name]}" for name in local if remote.get(name) != local[name]
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
