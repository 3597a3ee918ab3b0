"""What runs at a Dask worker."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from distributed import WorkerPlugin, get_worker
from threadpoolctl import threadpool_info, threadpool_limits

from sim.corpus import kept
from sim.versions import code, versions
from sim.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    import distributed

    from sim.worker import Found, PreparedScenario, Task


class Sent(WorkerPlugin):
    """A study's scenarios, documents and features.

    Dask brings it to every worker, and to those that join later. Features go to the cache of the worker's
    machine, so that all its workers map the same file.
    """

    def __init__(self, prepared: Sequence[PreparedScenario]) -> None:
        self.name = name_of(prepared)
        self._prepared = [scenario.without_texts() for scenario in prepared]
        self._features = {path.name: path.read_bytes() for path in {one.features for one in prepared}}

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Get ready to simulate.

        Raises:
            PlannerMistakeError: if the machine's cache cannot be used.
        """
        cache = kept.cache_folder()
        for name, content in self._features.items():
            kept.receive(cache / name, content)
        self._features.clear()
        self._one_thread = threadpool_limits(1)
        self.worker = Worker(
            [replace(scenario, features=cache / scenario.features.name) for scenario in self._prepared]
        )

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - Dask gives it
        """Leave the worker to others as it was."""
        self._one_thread.restore_original_limits()


def name_of(prepared: Sequence[PreparedScenario]) -> str:
    """What a study is called at workers, however often its scenarios are simulated."""
    keys = " ".join(scenario.key for scenario in prepared)
    return f"labelsim-{hashlib.sha256(keys.encode()).hexdigest()[:32]}"


def simulate(study: str, tasks: Sequence[Task]) -> list[Found]:
    """Have this worker simulate some replications of a study that it was sent."""
    sent = get_worker().plugins[study]
    assert isinstance(sent, Sent)  # noqa: S101 -
    return [sent.worker.parts(task) for task in tasks]


def installed() -> dict[str, str]:
    """What gives other bytes where it is another: versions, kernels of linear algebra, our code."""
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
