"""Worker that simulates replications one after another, in this process or in each of several."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from sim.core.code_fingerprint import code_of, source_fingerprint
from sim.core.errors import PlannerMistakeError
from sim.core.registry import LEARNERS, QUERY_STRATEGIES, STOPPING_RULES
from sim.corpus import cache
from sim.learning.learner import CachedLearner, train_on_all
from sim.results.replication_store import to_arrow
from sim.scenario.models import MODEL_RATING
from sim.scenario.portfolio import single_project
from sim.scenario.unknown import OF_CORPUS, corpus_number, in_replication
from sim.simulation.arm import Arm, ArmProject, simulate_arm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.core.quality import QualityTarget
    from sim.corpus.documents import Corpus, CorpusFacts
    from sim.learning.learner import Learner, Model
    from sim.scenario.models import LearnerSettings, Scenario
    from sim.scenario.portfolio import Portfolio

Task = tuple[int, int]
"""Number of an arm, and replication."""
FIRST = 1
"""Number of the first replication."""


@dataclass(frozen=True, eq=False)
class PreparedCorpus:
    """Corpus as workers take it: documents loaded, and their features on disk."""

    corpus: Corpus
    facts: CorpusFacts
    features: Path
    """The file of features that the learner uses: words, or all terms."""
    plateau: float | None = None
    """MAP that the learner reaches with every document labelled, where the target is a share of it."""


@dataclass(frozen=True, eq=False)
class PreparedScenario:
    """Scenario as workers take it: with its documents loaded and their features on disk."""

    scenario: Scenario
    corpora: Mapping[int, PreparedCorpus]
    """The corpora that replications have (`drawn_corpora`), by number: one unless something of it is
    unknown."""
    arm_context: Sequence[Any] = ()
    """Everything that affects results in the other projects on its clock, and in what they share."""

    @cached_property
    def key(self) -> str:
        """Hash of all that affects a replication: the scenario, its documents and features, the code."""
        # Without the name, which affects none.
        described, *others = self.content
        content = [
            {key: value for key, value in described.items() if key != "name"},
            *others,
            self._corpus_in(FIRST).features.name,
            source_fingerprint(),
            *self.arm_context,
        ]
        return hash_of(content)

    @property
    def content(self) -> list[Any]:
        """The scenario but for its replications, its documents, and the code of its custom classes."""
        corpus = self.scenario.corpus
        # Where documents are does not matter, but which they are. Those of further replications follow from
        # their description.
        is_known = self.scenario.unknown.keys().isdisjoint(OF_CORPUS)
        return [
            self.scenario.model_dump(mode="json", exclude={"corpus", "replications"}),
            corpus.model_dump(mode="json", include={"arrivals"} if is_known else None),
            self.scenario.begins_ms,
            self.facts.fingerprint,
            [code_of(one) for one in named_classes(self.scenario)],
        ]

    @property
    def corpus(self) -> Corpus:
        """The first replication's corpus: all have the same document and label names."""
        return self._corpus_in(FIRST).corpus

    @property
    def facts(self) -> CorpusFacts:
        """Facts of the first replication's corpus."""
        return self._corpus_in(FIRST).facts

    def without_texts(self) -> PreparedScenario:
        """Return a copy of the prepared scenario without texts, which workers do not need."""
        return self.map_corpora(lambda one: replace(one, corpus=one.corpus.without_texts))

    def map_corpora(self, change: Callable[[PreparedCorpus], PreparedCorpus]) -> PreparedScenario:
        """Return a copy of the prepared scenario with each corpus changed."""
        return replace(self, corpora={number: change(one) for number, one in self.corpora.items()})

    def in_replication(self, replication: int) -> tuple[Scenario, PreparedCorpus]:
        """Return the scenario and the corpus of a replication, in which nothing is unknown."""
        documents = self._corpus_in(replication)
        scenario = in_replication(self.scenario, replication)
        target = scenario.target.with_plateau(documents.plateau)
        return scenario.model_copy(update={"target": target}), documents

    def target_in(self, replication: int) -> QualityTarget:
        """Return the target of a replication: a share of a plateau depends on its corpus."""
        return self.scenario.target.with_plateau(self._corpus_in(replication).plateau).quality

    def _corpus_in(self, replication: int) -> PreparedCorpus:
        return self.corpora[corpus_number(self.scenario, replication)]


def hash_of(content: Any) -> str:
    """Return a hash of what JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def shared_settings(portfolio: Portfolio) -> list[Any]:
    """List the settings of a portfolio that affect the results that workers return."""
    return [sorted(portfolio.shared), portfolio.trainers, [one.priority for one in portfolio.members]]


@dataclass(frozen=True, eq=False)
class PreparedArm:
    """Arm as workers take it: projects on one clock, usually one scenario alone."""

    projects: Sequence[PreparedScenario]
    portfolio: Portfolio = field(default_factory=single_project)

    @classmethod
    def prepare(cls, projects: Sequence[PreparedScenario], portfolio: Portfolio) -> PreparedArm:
        """Prepare an arm: give each project the settings of the others that affect its results."""
        if len(projects) > 1:
            # Of the projects alone, before they know each other: each one's key has those of all in it.
            keys = [one.key for one in projects]
            shared = shared_settings(portfolio)
            projects = [replace(one, arm_context=[shared, place, keys]) for place, one in enumerate(projects)]
        return cls(projects, portfolio)

    def map_projects(self, change: Callable[[PreparedScenario], PreparedScenario]) -> PreparedArm:
        """Return a copy of the arm with each project changed."""
        return PreparedArm([change(one) for one in self.projects], self.portfolio)

    @property
    def replications(self) -> int:
        """Number of replications of each project of the arm."""
        return self.projects[0].scenario.replications


@dataclass(frozen=True)
class Failure:
    """Traceback of a replication that could not be simulated."""

    traceback: str


TaskResult = list[bytes | Failure]
"""Result of a task: the parts of the arm's projects, or why there are none."""


class StoppedError(Exception):
    """Error that ends a replication that is no longer needed."""


class Worker:
    """Worker that simulates one replication after another, with a learner per corpus and setting.

    Scenarios that share a learner share its models within a replication. Once ``stopped`` returns True, the
    current replication ends at its next training.
    """

    def __init__(
        self,
        arms: Sequence[PreparedArm],
        stopped: Callable[[], bool] = lambda: False,
        models: MutableSequence[int] | None = None,
    ) -> None:
        self._arms = arms
        self._stopped = stopped
        self._models = [0, 0] if models is None else models
        """Models of tasks that have ended, and of the current one."""
        self._learners: dict[tuple[str, bool | None, str], CachedLearner] = {}
        self._replication = 0

    def parts(self, task: Task) -> TaskResult:
        """Simulate one replication of an arm's projects, and encode each as a replication file.

        Raises:
            StoppedError: if it was stopped meanwhile.
            PlannerMistakeError: if this process lacks a package that a scenario needs.
        """
        projects = self._arms[task[0]].projects
        try:
            keys = [one.key for one in projects]
            return [to_arrow(result, key) for result, key in zip(self.simulate(task), keys, strict=True)]
        except StoppedError:
            raise
        except (ImportError, PlannerMistakeError) as error:
            raise PlannerMistakeError(
                f"a worker process lacks a package: {error}; install it there"
            ) from error
        except Exception:  # noqa: BLE001 - whatever it is, it must not cost the others
            return [Failure(traceback.format_exc())] * len(projects)
        finally:
            # What was trained in this task counts as ended with it, however it ended.
            self._models[:] = [sum(self._models), 0]

    def simulate(self, task: Task) -> list[ReplicationResult]:
        """Simulate one replication of an arm's projects with the worker's learners.

        Raises:
            StoppedError: if it was stopped meanwhile.
        """
        number, replication = task
        if replication != self._replication:
            # Another replication labels in another order: no snapshot comes again.
            for learner in self._learners.values():
                learner.forget()
            # Nor its corpus, as replications with the same one follow each other.
            fingerprints = {
                documents.facts.fingerprint
                for arm in self._arms
                for one in arm.projects
                if (documents := one.corpora.get(corpus_number(one.scenario, replication)))
            }
            self._learners = {
                key: learner for key, learner in self._learners.items() if key[0] in fingerprints
            }
            self._replication = replication
        prepared, portfolio = self._arms[number].projects, self._arms[number].portfolio
        drawn = [one.in_replication(replication) for one in prepared]
        projects = [
            ArmProject(
                scenario,
                documents.corpus.pool,
                self._learner(scenario.learner, documents),
                documents.corpus.label_names,
                stream=index,
                priority=member.priority,
            )
            for index, ((scenario, documents), member) in enumerate(
                zip(drawn, portfolio.members, strict=True)
            )
        ]
        return simulate_arm(Arm(projects, portfolio.shared, portfolio.trainers), replication)

    def _learner(self, settings: LearnerSettings, documents: PreparedCorpus) -> _ObservedLearner:
        """Return the learner on a corpus, shared by all scenarios with the same documents and settings."""
        key = documents.facts.fingerprint, documents.corpus.single_label, settings.model_dump_json()
        if key not in self._learners:
            self._learners[key] = CachedLearner(new_learner(settings, documents))
        return _ObservedLearner(self._learners[key], self._stopped, self._models)


DOCUMENTS_AND_FEATURES = 2
"""Arguments of a learner's constructor before its settings."""


def check_classes(scenario: Scenario) -> None:
    """Check the custom classes that workers import for a scenario, with their settings.

    Raises:
        PlannerMistakeError: if one of them cannot be used, or does not take the settings that the scenario
            gives it.
    """
    rules, learner = scenario.stop.rules, scenario.learner
    for name in rules.keys() - STOPPING_RULES.built_in.keys():
        STOPPING_RULES.check_settings(name, rules[name], f"{scenario.name}: stop.{name}")
    if learner.options or learner.preset not in LEARNERS.built_in:
        where = f"{scenario.name}: learner.options"
        LEARNERS.check_settings(learner.preset, learner.settings, where, after=DOCUMENTS_AND_FEATURES)
    named_classes(scenario)


def named_classes(scenario: Scenario) -> list[type]:
    """Import the custom classes that a scenario names, in a worker too.

    Raises:
        PlannerMistakeError: if one of them cannot be imported, or is not of the kind that its key takes.
    """
    strategy = scenario.labelling.strategy
    named = [(STOPPING_RULES, name) for name in scenario.stop.rules]
    named.append((LEARNERS, scenario.learner.preset))
    if strategy != MODEL_RATING:
        named.append((QUERY_STRATEGIES, strategy))
    named = [(registry, name) for registry, name in named if name not in registry.built_in]
    for registry, name in named:
        if name not in registry:
            raise PlannerMistakeError(f"{name} cannot be imported: there is no such package")
    return [registry[name] for registry, name in named]


def new_learner(settings: LearnerSettings, documents: PreparedCorpus) -> Learner:
    """Build the learner of a worker: the one that a scenario names, on its documents."""
    learner_class = LEARNERS[settings.preset]
    features = learner_class.feature_set.read(documents.features)
    learner: Learner = learner_class(documents.corpus, features, **settings.settings)
    return learner


def plateau(scenario: Scenario, documents: PreparedCorpus, folder: Path) -> float:
    """Return the MAP that a scenario's learner reaches with every document labelled; the cache keeps it."""
    settings = scenario.learner

    def measured() -> dict[str, NDArray[np.float64]]:
        """Train the learner on the whole pool, with the true labels, and measure the model."""
        # With more BLAS threads the last bits would depend on their number.
        with threadpool_limits(1):
            model = train_on_all(new_learner(settings, documents), len(documents.corpus.pool))
            return {"map": np.array([model.map])}

    depends_on = (
        documents.facts.fingerprint,
        documents.corpus.single_label,
        documents.features.name,
        settings.model_dump_json(),
        [code_of(one) for one in named_classes(scenario)],
        source_fingerprint(),
    )
    path = cache.get_or_compute(cache.entry_path(folder, "plateau", *depends_on), measured)
    return float(cache.read(path)["map"][0])


@dataclass(frozen=True)
class _ObservedLearner:
    """Learner whose models are counted, and that can be stopped: it raises `StoppedError` then."""

    learner: Learner
    stopped: Callable[[], bool]
    models: MutableSequence[int]

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> Model:
        """Train the wrapped learner, unless its training was cancelled."""
        # Between trainings, where nothing is half done.
        if self.stopped():
            raise StoppedError
        model = self.learner.train(snapshot, labels)
        self.models[1] += 1
        return model


_workers: dict[str, Worker] = {}
"""Workers of this process, by the studies that it is ready for."""
STARTED = "started for it"
"""Name of the only study of a process started for it."""


def start(arms: Path, stopping: Event, models: MutableSequence[int]) -> None:
    """Make this process a worker until ``stopping`` is set or its parent has ended in any way.

    ``arms`` is a file of the pickled arms. The worker counts its models in ``models``.
    """
    _discard_output()
    # A parent that is killed cannot tell its workers to end.
    Thread(target=_end_with_parent, daemon=True).start()
    # With more BLAS threads the last bits would depend on their number.
    threadpool_limits(1)
    prepared = pickle.loads(arms.read_bytes())  # noqa: S301 - its parent wrote it
    _workers[STARTED] = Worker(prepared, stopping.is_set, models)


def _discard_output() -> None:
    """Discard a worker's output, so that readers of the parent's output do not wait for the worker."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - it is no path
        os.dup2(nowhere.fileno(), 1)


def _end_with_parent() -> None:
    """End this worker process when its parent ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # sys.exit would end this thread alone.
        os._exit(1)


@contextmanager
def ready(
    study: str, arms: Sequence[PreparedArm], models: MutableSequence[int] | None = None
) -> Iterator[None]:
    """Make this process a worker for a study inside a ``with`` block."""
    _workers[study] = Worker(arms, models=models)
    try:
        yield
    finally:
        del _workers[study]


def simulate(study: str, tasks: Sequence[Task]) -> list[TaskResult]:
    """Simulate replications of a study for which this process is ready."""
    return [_workers[study].parts(task) for task in tasks]
