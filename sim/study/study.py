"""Study: arms x replications, where they are simulated, and the results in a folder."""

from __future__ import annotations

import shlex
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from sim.core import advance
from sim.core.errors import LabelsimError
from sim.core.registry import LEARNERS
from sim.corpus import load
from sim.corpus.documents import CorpusFacts
from sim.results import study_store
from sim.results.replication_store import LostReplicationError, ReplicationStore
from sim.results.summary import ScenarioOutcome
from sim.scenario.unknown import corpus_number, drawn_corpora, drawn_numbers
from sim.study.executors import run_tasks
from sim.study.plan import to_manifest
from sim.study.validation import check, check_against
from sim.study.worker import (
    Failure,
    PreparedArm,
    PreparedCorpus,
    PreparedScenario,
    check_classes,
    hash_of,
    plateau,
    shared_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    import pyarrow as pa

    from sim.corpus.documents import Corpus
    from sim.learning.learner import FeatureSet
    from sim.scenario.models import CorpusConfig, Scenario
    from sim.study.executors import Backend
    from sim.study.plan import StudyPlan
    from sim.study.worker import Task

BLANK_NOTED = 0.001
"""Share of documents without features above which results carry a note."""


class StudyObserver:
    """Observer of a study's progress, which takes the time of its stages and does nothing else by itself."""

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds of each stage so far: reading, features, plateau, simulation, results."""
        return {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Take the time of a stage of the study."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - began

    def on_start(self, completed: int, wanted: int) -> None:
        """Note the start of a study, with ``completed`` of ``wanted`` projects already simulated."""

    def on_processes(self, models: Sequence[Sequence[int]], per_project: float) -> None:
        """Note where processes count their models (`Processes`), and a first guess of those per project."""

    def on_replication(self, scenario: str, replication: int, part: bytes) -> None:
        """Note one more simulated project of the study."""

    def on_corrupt_file(self, part: Path) -> None:
        """Note that a damaged replication file will be simulated again."""


@dataclass(frozen=True, eq=False)
class Study:
    """Study: arms to simulate side by side; the first scenario is the baseline."""

    plan: StudyPlan
    arms: Sequence[PreparedArm]

    @classmethod
    def prepare(
        cls,
        plan: StudyPlan,
        cache: Path,
        observer: StudyObserver | None = None,
        *,
        allow_stand_in: bool = True,
    ) -> Study:
        """Check a plan's scenarios against each other and their documents, and compute features.

        Raises:
            PlannerMistakeError: if the scenarios cannot be compared, or ask for too many documents.
            CorpusUnavailableError: if a corpus is not available.
        """
        observer = observer or StudyObserver()
        # Before any corpus is loaded, which may take minutes.
        check(plan.scenarios)
        for scenario in plan.scenarios:
            check_classes(scenario)
        drawn = [
            [drawn_corpora(one, plan.policy.most_replications(one)) for one in arm.scenarios]
            for arm in plan.arms
        ]
        wanted = {
            _features_key(scenario, config)
            for arm, of_arm in zip(plan.arms, drawn, strict=True)
            for scenario, configs in zip(arm.scenarios, of_arm, strict=True)
            for config in configs.values()
        }
        corpora: dict[str, Corpus] = {}
        computed: dict[tuple[str, FeatureSet, int], tuple[Path, CorpusFacts]] = {}
        plateaus: dict[tuple[object, ...], Future[float]] = {}

        def begin(scenario: Scenario, config: CorpusConfig) -> Callable[[], PreparedCorpus]:
            """Load documents and compute features for a scenario, each once per study.

            Call what is returned for them with their plateau, which is measured meanwhile.
            """
            features_key = key, view, components = _features_key(scenario, config)
            if key not in corpora:
                with observer.stage("reading"), advance.nth(len(corpora), len({one for one, *_ in wanted})):
                    corpora[key] = load(config, cache, allow_stand_in=allow_stand_in)
            corpus = corpora[key]
            check_against(scenario, corpus)
            if features_key not in computed:
                with observer.stage("features"), advance.nth(len(computed), len(wanted)):
                    features = view.get_or_compute(corpus, components, cache)
                computed[features_key] = features, _facts(corpus, view.count_featureless(features))
            features, facts = computed[features_key]
            documents = PreparedCorpus(corpus, facts, features)
            if scenario.target.of_plateau is None:
                return lambda: documents
            plateau_key = *features_key, scenario.learner.model_dump_json()
            if plateau_key not in plateaus:
                plateaus[plateau_key] = background.submit(plateau, scenario, documents, cache)
            measured = plateaus[plateau_key]
            return lambda: replace(documents, plateau=measured.result())

        # A plateau is work for one processor, of which the next corpus' features leave some. One BLAS thread
        # for both, or whichever ended first would give the other several, and other last bits.
        with threadpool_limits(1), ThreadPoolExecutor(1) as background:
            begun = [
                [
                    {number: begin(scenario, config) for number, config in configs.items()}
                    for scenario, configs in zip(arm.scenarios, of_arm, strict=True)
                ]
                for arm, of_arm in zip(plan.arms, drawn, strict=True)
            ]
            if plateaus:
                with observer.stage("plateau"):
                    wait(plateaus.values())
        arms = []
        for arm, corpora_of_each in zip(plan.arms, begun, strict=True):
            projects = [
                PreparedScenario(scenario, {number: finish() for number, finish in its_corpora.items()})
                for scenario, its_corpora in zip(arm.scenarios, corpora_of_each, strict=True)
            ]
            arms.append(PreparedArm.prepare(projects, arm.portfolio))
        return cls(plan, arms)

    @cached_property
    def prepared(self) -> list[PreparedScenario]:
        """Scenarios of all arms, in their order."""
        return [one for arm in self.arms for one in arm.projects]

    @cached_property
    def key(self) -> str:
        """Hash of scenarios and documents, which does not depend on the number of replications."""
        return hash_of(
            [[shared_settings(arm.portfolio), *(one.content for one in arm.projects)] for arm in self.arms]
        )

    @property
    def projects(self) -> int:
        """Number of projects of the study, all scenarios together."""
        return sum(prepared.scenario.replications for prepared in self.prepared)

    @property
    def replications(self) -> int:
        """Number of replications of the scenario that has most."""
        return max(prepared.scenario.replications for prepared in self.prepared)

    def with_replications(self, counts: Sequence[int]) -> Study:
        """Return a copy of the study with another number of replications for each arm."""

        def with_count(prepared: PreparedScenario, count: int) -> PreparedScenario:
            """Return a copy of a prepared scenario with another number of replications."""
            return replace(prepared, scenario=prepared.scenario.model_copy(update={"replications": count}))

        arms = [
            arm.map_projects(partial(with_count, count=count))
            for arm, count in zip(self.arms, counts, strict=True)
        ]
        return replace(self, arms=arms)

    def run(
        self, parts: ReplicationStore, backend: Backend, observer: StudyObserver | None = None
    ) -> list[Failed]:
        """Simulate every replication missing from ``parts``, store each as soon as it ends; return failures.

        Raises:
            WorkersLostError: if one of the processes was killed.
            OSError: if there is no room for a part.
        """
        missing = self._missing_tasks(parts)
        if not missing:
            return []
        observer, failed = observer or StudyObserver(), []
        with backend(self.arms, sum(map(len, missing))) as processes:
            observer.on_processes(processes.models, self._models_per_project)
            for (number, replication), result in run_tasks(missing, processes):
                for prepared, part in zip(self.arms[number].projects, result, strict=True):
                    if isinstance(part, Failure):
                        # One project's failure is all projects' of its arm: they shared a clock.
                        failed.append(Failed(prepared.scenario, replication, part.traceback))
                    # A project may be in several arms; one part of it is enough.
                    elif replication not in parts.completed(prepared.key):
                        parts.add(prepared.key, replication, part)
                        observer.on_replication(prepared.scenario.name, replication, part)
        return sorted(failed, key=lambda one: (one.scenario.name, one.replication))

    @property
    def _models_per_project(self) -> float:
        """Mean number of models of a project that trains one per batch and labels all that it may."""

        def batches(one: PreparedScenario) -> float:
            """Return the number of batches of a project, the initial documents among them."""
            labelling, documents = one.scenario.labelling, len(one.corpus.pool)
            most = min(one.scenario.limit.documents or documents, documents)
            return 1 + max(0, most - labelling.initial) / labelling.batch

        return sum(map(batches, self.prepared)) / len(self.prepared)

    def completed(self, parts: ReplicationStore) -> int:
        """Count the study's projects that are stored in ``parts``."""
        return sum(
            len(parts.completed(prepared.key).intersection(prepared.scenario.replication_numbers))
            for prepared in self.prepared
        )

    def missing_replications(self, parts: ReplicationStore) -> dict[str, list[int]]:
        """List the replications missing from ``parts`` for each scenario that lacks some."""
        missing = {
            prepared.scenario.name: sorted(
                set(prepared.scenario.replication_numbers) - parts.completed(prepared.key)
            )
            for prepared in self.prepared
        }
        return {name: replications for name, replications in missing.items() if replications}

    def outcomes(self, parts: ReplicationStore, failed: Sequence[Failed] = ()) -> Iterator[ScenarioOutcome]:
        """Yield the outcome of each scenario of the study, from ``parts`` alone.

        A replication that failed in one scenario is left out of all, so that compared replications share
        their random numbers.

        Raises:
            LostReplicationError: if another replication is missing from ``parts``, or was damaged later.
        """
        failures = {one.replication for one in failed}
        for prepared in self.prepared:
            scenario = prepared.scenario
            included = [number for number in scenario.replication_numbers if number not in failures]
            yield ScenarioOutcome(
                name=scenario.name,
                targets=[prepared.target_in(number) for number in included],
                deadline_ms=scenario.deadline_ms,
                corpus=prepared.facts,
                document_ids=prepared.corpus.pool.ids,
                label_names=prepared.corpus.label_names,
                measures=[part.measures for part in parts.read(prepared.key, included)],
                events=_StoredEvents(parts, prepared.key, included),
                failed=[one.replication for one in failed if one.scenario.name == scenario.name],
                left_out=sorted(set(scenario.replication_numbers) - set(included)),
                currency=scenario.costs.currency if scenario.charged else None,
                start=scenario.began,
                drawn=drawn_numbers(scenario, included),
            )

    def _missing_tasks(self, parts: ReplicationStore) -> list[list[Task]]:
        """List the tasks to simulate: the arms of a replication together, since they share models."""
        # Scenarios with the same key are the same project, which is simulated once.
        claimed: set[tuple[str, int]] = set()
        tasks: list[list[Task]] = []
        for replication in range(1, self.replications + 1):
            same_replication: list[Task] = []
            for number, arm in enumerate(self.arms):
                missing = {
                    (prepared.key, replication)
                    for prepared in arm.projects
                    if replication <= arm.replications and replication not in parts.completed(prepared.key)
                }
                if missing - claimed:
                    claimed |= missing
                    same_replication.append((number, replication))
            tasks += [same_replication] if same_replication else []
        # Replications with the same corpus after each other: a process holds few learners at a time.
        return sorted(tasks, key=lambda same: self._corpora_of(same[0]))

    def _corpora_of(self, task: Task) -> list[int]:
        """Return which of its possible corpora each project of a task has."""
        number, replication = task
        return [corpus_number(one.scenario, replication) for one in self.arms[number].projects]


@dataclass(frozen=True)
class Failed:
    """Failed replication of a scenario, with its traceback."""

    scenario: Scenario
    replication: int
    traceback: str


@dataclass(frozen=True)
class _StoredEvents:
    """Event logs of some replications of a scenario, read from disk on each iteration."""

    parts: ReplicationStore
    key: str
    replications: Sequence[int]

    def __iter__(self) -> Iterator[pa.Table]:
        return (part.events for part in self.parts.read(self.key, self.replications))


def _features_key(scenario: Scenario, config: CorpusConfig) -> tuple[str, FeatureSet, int]:
    """Return what tells the features of a scenario's corpus from others: corpus, feature set, components.

    A corpus is told by what is written and not by the object: every file has a corpus section of its own.
    """
    learner = scenario.learner
    return config.model_dump_json(), LEARNERS[learner.preset].feature_set, learner.components


def _facts(corpus: Corpus, blank: int) -> CorpusFacts:
    """Collect the facts of a corpus for results; ``blank`` of its documents have no features."""
    notes, documents = list(corpus.notes), len(corpus.pool) + len(corpus.test)
    if blank > documents * BLANK_NOTED:
        notes.append(
            f"{blank:,} of {documents:,} documents share no words with others; "
            "the model cannot tell them apart."
        )
    return CorpusFacts(
        name=corpus.name,
        stand_in=corpus.stand_in,
        documents=len(corpus.pool),
        test_documents=len(corpus.test),
        labels=len(corpus.label_names),
        fingerprint=corpus.fingerprint,
        notes=tuple(notes),
        decisions=tuple(corpus.decisions),
        described=corpus.described,
    )


@dataclass(frozen=True, eq=False)
class StudyRun:
    """Outcome of a run: the study and the failed replications."""

    study: Study
    failed: Sequence[Failed]
    finished: bool
    """Whether its files are written: they are unless a scenario has no replication that failed nowhere."""


ATTEMPTS = 5
"""Attempts to simulate parts that get lost from a study's folder meanwhile, before this is an error."""


def run_study(study: Study, folder: Path, backend: Backend, observer: StudyObserver) -> StudyRun:
    """Simulate the replications of a study missing from ``folder``, and write the results.

    A part that is missing or damaged when results are written is simulated again.

    Raises:
        WorkersLostError: if the worker processes are lost.
        LabelsimError: if replication files get lost again and again.
        OSError: if the folder cannot be written to. Replications simulated by then are kept.
    """
    study_store.write_plan(folder, to_manifest(study))
    # Again, because somebody may tidy the folder up meanwhile; not for ever, because
    # something may always do so.
    for _ in range(ATTEMPTS):
        try:
            return _run(study, folder, backend, observer)
        except LostReplicationError:
            continue
    missing = "; ".join(
        f"{name} lacks {', '.join(map(str, numbers))}"
        for name, numbers in study.missing_replications(
            ReplicationStore(folder, observer.on_corrupt_file)
        ).items()
    )
    raise LabelsimError(
        f"{folder}: parts of this study were removed or changed each of {ATTEMPTS} times they were simulated"
        f"{missing and f' (replications: {missing})'}. Find out what changes files there; "
        f"continue with: {resume_command(folder)}"
    )


def _run(study: Study, folder: Path, backend: Backend, observer: StudyObserver) -> StudyRun:
    """Simulate a study by its policy and write the results; raise if replication files get lost meanwhile."""
    parts = ReplicationStore(folder, observer.on_corrupt_file)

    def simulate(study: Study) -> list[Failed]:
        """Simulate the missing replications of a study and report progress to the observer."""
        observer.on_start(study.completed(parts), study.projects)
        return study.run(parts, backend, observer)

    with observer.stage("simulation"):
        result = study.plan.policy(study, parts, simulate)
    study, failed = result.study, result.failed
    study_store.write_failures(folder, [_format_failure(one, folder) for one in failed])
    failures = {one.replication for one in failed}
    if any(failures.issuperset(one.scenario.replication_numbers) for one in study.prepared):
        return StudyRun(study, failed, finished=False)
    seconds = {stage: round(seconds, 3) for stage, seconds in observer.seconds.items()}
    manifest = to_manifest(study) | {"seconds": seconds}
    with observer.stage("results"):
        study_store.write_results(
            folder, study.outcomes(parts, failed), manifest, result.precision, result.selection
        )
    if not failed:
        parts.prune(prepared.key for prepared in study.prepared)
    return StudyRun(study, failed, finished=True)


def resume_command(folder: Path, *options: str) -> str:
    """Return the command that resumes the study in a folder."""
    return shlex.join(["simulate", "resume", str(folder), *options])


def _format_failure(failed: Failed, folder: Path) -> str:
    """Format a failed replication: its traceback and the command that repeats it."""
    return (
        f"{failed.scenario.name}, replication {failed.replication}, seed {failed.scenario.seed}\n"
        f"To repeat it: {resume_command(folder, '--jobs', '1')}\n{failed.traceback}"
    )
