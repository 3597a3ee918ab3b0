"""What simulates replications one after another: this process, or each of several."""

from __future__ import annotations

import hashlib
import inspect
import json
import traceback
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from sim.corpus import features, terms
from sim.learner.kernel_ridge import ALPHAS, KernelRidge
from sim.learner.remembering import Remembering
from sim.learner.ridge import ARTICLE, Ridge
from sim.project import simulate_project
from sim.results.part import encoded
from sim.versions import code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Event
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.corpus.corpus import Corpus
    from sim.learner import Learner, Model
    from sim.query import Strategy
    from sim.rating.stopping import Rule
    from sim.records import CorpusFacts, ReplicationResult
    from sim.scenario.models import Scenario

Task = tuple[int, int]
"""Number of the scenario, and replication."""


@dataclass(frozen=True, eq=False)
class PreparedScenario:
    """A scenario with its documents loaded and their features on disk."""

    scenario: Scenario
    corpus: Corpus
    facts: CorpusFacts
    features: Path
    """What its learner sees of them: words, or all terms."""
    strategy: Strategy | None = None
    """One of the caller's own, in place of the scenario's."""
    rules: tuple[Rule, ...] = ()
    """The caller's own stopping rules, beside the scenario's."""

    @cached_property
    def key(self) -> str:
        """The same for the same project on the same documents, simulated by the same code, and for no other.

        Its name and how often it is simulated do not matter to a replication.
        """
        content = [
            self.scenario.model_dump(mode="json", exclude={"name", "replications", "corpus"}),
            self.facts.fingerprint,
            self.own,
            code(),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def own(self) -> list[str]:
        """The caller's own objects, by their code and their values."""
        objects = [*self.rules, *([self.strategy] if self.strategy else [])]
        return [f"{inspect.getsource(type(one))} {vars(one)}" for one in objects]

    def without_texts(self) -> PreparedScenario:
        """What workers need."""
        return replace(self, corpus=self.corpus.without_texts)


@dataclass(frozen=True)
class Failure:
    """A replication that could not be simulated, and why."""

    traceback: str


class StoppedError(Exception):
    """Nobody waits for this replication any more."""


class Worker:
    """Simulates one replication after another, with a learner for each corpus and setting.

    Scenarios that share a learner share its models within a replication. Once ``stopped`` says so, the
    replication under way ends at its next training.
    """

    def __init__(
        self, prepared: Sequence[PreparedScenario], stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._prepared = prepared
        self._stopped = stopped
        self._learners: dict[tuple[str, str], Remembering] = {}
        self._replication = 0

    def part(self, task: Task) -> bytes | Failure:
        """One replication of one scenario as a study keeps it.

        Raises:
            StoppedError: if it was stopped meanwhile.
        """
        try:
            return encoded(self.simulate(task))
        except StoppedError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it must not cost the others
            return Failure(traceback.format_exc())

    def simulate(self, task: Task) -> ReplicationResult:
        """One replication of one scenario.

        Raises:
            StoppedError: if it was stopped meanwhile.
        """
        number, replication = task
        if replication != self._replication:
            for learner in self._learners.values():
                learner.forget()
            self._replication = replication
        prepared = self._prepared[number]
        stoppable = _Stoppable(self._learner(prepared), self._stopped)
        corpus = prepared.corpus
        return simulate_project(
            prepared.scenario,
            corpus.pool,
            stoppable,
            replication,
            label_names=corpus.label_names,
            strategy=prepared.strategy,
            rules=prepared.rules,
        )

    def _learner(self, prepared: PreparedScenario) -> Remembering:
        key = prepared.facts.fingerprint, prepared.scenario.learner.model_dump_json()
        if key not in self._learners:
            self._learners[key] = Remembering(new_learner(prepared))
        return self._learners[key]


def new_learner(prepared: PreparedScenario) -> Learner:
    """The learner that a scenario asks for, on its documents."""
    settings = prepared.scenario.learner
    if settings.preset == "article":
        return Ridge(prepared.corpus, features.read(prepared.features), settings.alpha or ARTICLE)
    alphas = [settings.alpha] if settings.alpha else ALPHAS
    return KernelRidge(prepared.corpus, terms.read(prepared.features), alphas)


@dataclass(frozen=True)
class _Stoppable:
    """A learner that trains until it is stopped."""

    learner: Learner
    stopped: Callable[[], bool]

    def train(self, snapshot: NDArray[np.int64], said: NDArray[np.bool_] | None = None) -> Model:
        if self.stopped():
            raise StoppedError
        return self.learner.train(snapshot, said)


_worker: Worker


def start(prepared: Sequence[PreparedScenario], stopping: Event) -> None:
    """Make this process a worker, until ``stopping`` is set."""
    global _worker  # noqa: PLW0603 - a process has one worker, which its tasks find here
    threadpool_limits(1)
    _worker = Worker(prepared, stopping.is_set)


def simulate(tasks: Sequence[Task]) -> list[bytes | Failure]:
    """Have this process's worker simulate some replications."""
    return [_worker.part(task) for task in tasks]
