"""What simulates replications one after another: this process, or each of several."""

from __future__ import annotations

import hashlib
import inspect
import json
import multiprocessing
import os
import sys
import traceback
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from sim.core.environment import code
from sim.core.registry import QUERY_STRATEGIES, STOPPING_RULES
from sim.corpus import ngrams, tfidf
from sim.learning.kernel_ridge import ALPHAS, KernelRidge
from sim.learning.learner import Remembering
from sim.learning.ridge import ARTICLE, Ridge
from sim.results.replication_store import encoded
from sim.scenario.models import MODEL_RATING
from sim.simulation.arm import Member, simulate_portfolio
from sim.simulation.project import simulate_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Event
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.core.events import CorpusFacts, ReplicationResult
    from sim.corpus.documents import Corpus
    from sim.learning.learner import Learner, Model
    from sim.scenario.models import Scenario
    from sim.scenario.portfolio import Portfolio

Task = tuple[tuple[int, ...], int]
"""Numbers of the scenarios that are simulated on one clock, mostly of one alone, and replication."""


@dataclass(frozen=True)
class Membership:
    """Which of a portfolio's projects a scenario is."""

    portfolio: Portfolio
    place: int
    keys: tuple[str, ...]
    """Of all its projects, each as if it were alone."""

    @property
    def content(self) -> list[Any]:
        """All that matters to what becomes of the project; neither names nor files do."""
        portfolio = self.portfolio
        order = [[one.priority, one.begins.ms] for one in portfolio.members]
        return [sorted(portfolio.shared), portfolio.trainers, order, self.place, *self.keys]


@dataclass(frozen=True, eq=False)
class PreparedScenario:
    """A scenario with its documents loaded and their features on disk."""

    scenario: Scenario
    corpus: Corpus
    facts: CorpusFacts
    features: Path
    """What its learner sees of them: words, or all terms."""
    member: Membership | None = None
    """Where it is one of a portfolio's projects."""

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
            *([self.member.content] if self.member else []),
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def own(self) -> list[str]:
        """The modules of classes that are not built in, as text."""
        return [inspect.getsource(sys.modules[one.__module__]) for one in named_classes(self.scenario)]

    def without_texts(self) -> PreparedScenario:
        """What workers need."""
        return replace(self, corpus=self.corpus.without_texts)


@dataclass(frozen=True)
class Failure:
    """A replication that could not be simulated, and why."""

    traceback: str


Found = list[bytes | Failure]
"""What a task came to: the parts of its scenarios, or why there are none."""


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

    def parts(self, task: Task) -> Found:
        """One replication of each of a task's scenarios, as a study keeps it.

        Raises:
            StoppedError: if it was stopped meanwhile.
        """
        try:
            keys = [self._prepared[number].key for number in task[0]]
            return [encoded(result, key) for result, key in zip(self.simulate(task), keys, strict=True)]
        except StoppedError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it must not cost the others
            return [Failure(traceback.format_exc())] * len(task[0])

    def simulate(self, task: Task) -> list[ReplicationResult]:
        """One replication of each of a task's scenarios.

        Raises:
            StoppedError: if it was stopped meanwhile.
        """
        numbers, replication = task
        if replication != self._replication:
            for learner in self._learners.values():
                learner.forget()
            self._replication = replication
        first, *others = (self._prepared[number] for number in numbers)
        if first.member is not None:
            return self._portfolio([first, *others], first.member.portfolio, replication)
        return [
            simulate_project(
                first.scenario,
                first.corpus.pool,
                self._learner(first),
                replication,
                label_names=first.corpus.label_names,
            )
        ]

    def _portfolio(
        self, projects: Sequence[PreparedScenario], portfolio: Portfolio, replication: int
    ) -> list[ReplicationResult]:
        members = [
            Member(
                prepared.scenario,
                prepared.corpus.pool,
                self._learner(prepared),
                luck=place,
                priority=written.priority,
                begins_ms=written.begins.ms,
                label_names=prepared.corpus.label_names,
            )
            for place, (prepared, written) in enumerate(zip(projects, portfolio.members, strict=True))
        ]
        return simulate_portfolio(members, replication, shared=portfolio.shared, trainers=portfolio.trainers)

    def _learner(self, prepared: PreparedScenario) -> _Stoppable:
        key = prepared.facts.fingerprint, prepared.scenario.learner.model_dump_json()
        if key not in self._learners:
            self._learners[key] = Remembering(new_learner(prepared))
        return _Stoppable(self._learners[key], self._stopped)


def named_classes(scenario: Scenario) -> list[type]:
    """The classes that a scenario names and that are not built in, imported.

    Raises:
        PlannerMistakeError: if one of them cannot be imported, is not of the kind that its key takes, or
            does not take the settings that the scenario gives it.
    """
    strategy, rules = scenario.labelling.strategy, scenario.stop.rules
    own_rules = {name: line for name, line in rules.items() if name not in STOPPING_RULES.built_in}
    for name, settings in own_rules.items():
        STOPPING_RULES.check_settings(name, settings, f"{scenario.name}: stop.{name}")
    strategies = [] if strategy in {*QUERY_STRATEGIES.built_in, MODEL_RATING} else [strategy]
    return [*map(QUERY_STRATEGIES.__getitem__, strategies), *map(STOPPING_RULES.__getitem__, own_rules)]


def new_learner(prepared: PreparedScenario) -> Learner:
    """The learner that a scenario asks for, on its documents."""
    settings = prepared.scenario.learner
    if settings.preset == "article":
        return Ridge(prepared.corpus, tfidf.read(prepared.features), settings.alpha or ARTICLE)
    alphas = [settings.alpha] if settings.alpha else ALPHAS
    return KernelRidge(prepared.corpus, ngrams.read(prepared.features), alphas)


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
    """Make this process a worker, until ``stopping`` is set or its parent has ended, however that did."""
    global _worker  # noqa: PLW0603 - a process has one worker, which its tasks find here
    _print_nothing()
    Thread(target=_end_with_parent, daemon=True).start()
    threadpool_limits(1)
    _worker = Worker(prepared, stopping.is_set)


def _print_nothing() -> None:
    """Leave the caller's output to the parent: whoever reads it to its end does not wait for this process."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - it is no path
        os.dup2(nowhere.fileno(), 1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def simulate(tasks: Sequence[Task]) -> list[Found]:
    """Have this process's worker simulate some replications."""
    return [_worker.parts(task) for task in tasks]
