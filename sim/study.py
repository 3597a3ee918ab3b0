"""A study: scenarios x replications, spread over the processors, the same bytes however they are spread."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sim.corpus import features, terms
from sim.corpus.loading import load
from sim.errors import PlannerMistakeError
from sim.records import CorpusFacts
from sim.results.outcome import ScenarioOutcome
from sim.scenario.mistakes import did_you_mean
from sim.spreading import in_turn, spread
from sim.worker import PreparedScenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sim.corpus.corpus import Corpus
    from sim.records import ReplicationResult
    from sim.scenario.models import Scenario
    from sim.worker import Task


@dataclass(frozen=True, eq=False)
class Study:
    """Scenarios to simulate side by side; the first is the baseline."""

    prepared: Sequence[PreparedScenario]

    @classmethod
    def prepare(cls, scenarios: Sequence[Scenario], cache: Path, *, allow_stand_in: bool = True) -> Study:
        """Check the scenarios against each other and their documents, and get those ready.

        Raises:
            PlannerMistakeError: if the scenarios cannot be compared, or ask for too many documents.
            CorpusUnavailableError: if documents cannot be had.
        """
        _check_comparable(scenarios)
        corpora: dict[str, Corpus] = {}
        prepared = []
        for scenario in scenarios:
            key = scenario.corpus.model_dump_json()
            if key not in corpora:
                corpora[key] = load(scenario.corpus, cache, allow_stand_in=allow_stand_in)
            corpus = corpora[key]
            if scenario.labelling.initial > len(corpus.pool):
                raise PlannerMistakeError(
                    f"{scenario.name}: labelling.initial is {scenario.labelling.initial}, "
                    f"but {corpus.name} has {len(corpus.pool)} documents to label"
                )
            _check_given(scenario, corpus)
            view = features if scenario.learner.preset == "article" else terms
            path = view.ensure(corpus, scenario.learner.components, cache)
            prepared.append(PreparedScenario(scenario, corpus, _facts(corpus), path))
        return cls(prepared)

    @cached_property
    def key(self) -> str:
        """The same for the same scenarios on the same documents, and for no others."""
        content = [
            [prepared.scenario.model_dump(mode="json", exclude={"corpus"}), prepared.facts.fingerprint]
            for prepared in self.prepared
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def replications(self) -> int:
        """How many projects are simulated, all scenarios together."""
        return sum(prepared.scenario.replications for prepared in self.prepared)

    def run(
        self, jobs: int = 1, on_result: Callable[[ReplicationResult], None] = lambda _: None
    ) -> list[ScenarioOutcome]:
        """Simulate every replication on ``jobs`` processes; ``on_result`` is told of each as it ends.

        Raises:
            LabelsimError: if one of the processes was killed.
        """
        shared = self._tasks_by_replication()
        jobs = min(jobs, self.replications)
        results: dict[Task, ReplicationResult] = {}
        simulation = in_turn(self.prepared, shared) if jobs == 1 else spread(self.prepared, shared, jobs)
        with closing(simulation) as simulated:
            for task, result in simulated:
                results[task] = result
                on_result(result)
        return [
            ScenarioOutcome(
                name=prepared.scenario.name,
                target=prepared.scenario.target.map,
                deadline_ms=None if (deadline := prepared.scenario.target.deadline) is None else deadline.ms,
                corpus=prepared.facts,
                document_ids=prepared.corpus.pool.ids,
                label_names=prepared.corpus.label_names,
                results=[
                    results[number, replication] for replication in range(prepared.scenario.replications)
                ],
            )
            for number, prepared in enumerate(self.prepared)
        ]

    def _tasks_by_replication(self) -> list[list[Task]]:
        """The scenarios of a replication share documents and models."""
        most = max(prepared.scenario.replications for prepared in self.prepared)
        return [
            [
                (number, replication)
                for number, prepared in enumerate(self.prepared)
                if replication < prepared.scenario.replications
            ]
            for replication in range(most)
        ]


def _facts(corpus: Corpus) -> CorpusFacts:
    return CorpusFacts(
        name=corpus.name,
        stand_in=corpus.stand_in,
        documents=len(corpus.pool),
        test_documents=len(corpus.test),
        labels=len(corpus.label_names),
        fingerprint=corpus.fingerprint,
        notes=tuple(corpus.notes),
    )


def _check_given(scenario: Scenario, corpus: Corpus) -> None:
    known = set(corpus.pool.ids)
    for name in scenario.labelling.given:
        if name not in known:
            near = did_you_mean(name, known)
            guess = f"did you mean {near!r}?" if near else f"write names like {corpus.pool.ids[0]!r}"
            raise PlannerMistakeError(
                f"{scenario.name}: labelling.start names {name!r}, but {corpus.name} has no such document "
                f"to label; {guess}"
            )


def _check_comparable(scenarios: Sequence[Scenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise PlannerMistakeError(f"two scenarios are called {name!r}; give each a name of its own")
    seeds = {scenario.name: scenario.seed for scenario in scenarios}
    if len(set(seeds.values())) > 1:
        listed = ", ".join(f"{name}: {seed}" for name, seed in seeds.items())
        raise PlannerMistakeError(
            f"scenarios compared in one study share one seed ({listed}); give --seed, or make them equal"
        )
