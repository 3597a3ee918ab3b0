"""A study: scenarios by replications, the same however they are spread, and told where it fails."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sim.core.errors import LabelsimError, PlannerMistakeError
from sim.core.quality import QualityTarget
from sim.corpus import tfidf
from sim.learning.learner import train_on_all
from sim.results.replication_store import ReplicationStore
from sim.study.executors import local
from sim.study.worker import PreparedArm, Worker
from support.studies import SMALL_CORPUS, EachReplication, outcomes, small_scenario, study_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.learning.learner import Learner, Model
    from sim.scenario.models import Scenario
    from sim.study.study import Study
    from sim.study.worker import PreparedScenario


def study(cache: Path, *scenarios: Scenario) -> Study:
    return study_of(scenarios or [small_scenario()], cache)


# However they are spread.


def kept(study: Study, folder: Path, jobs: int = 1) -> dict[str, bytes]:
    """What a study leaves behind of each of its projects, by scenario and replication."""
    found: dict[str, bytes] = {}

    def keep(name: str, replication: int, part: bytes) -> None:
        found[f"{name} {replication}"] = part

    assert study.run(ReplicationStore(folder), local(jobs), EachReplication(keep)) == []
    return found


def test_two_processes_give_what_one_gives_to_the_last_byte(cache: Path, tmp_path: Path) -> None:
    suggested = {"initial": 10, "batch": 10, "strategy": "mean_uncertainty", "suggestions": True}
    both = study(cache, small_scenario("One"), small_scenario("Two", labelling=suggested, replications=3))
    here = kept(both, tmp_path / "here")
    # Replication by replication, so that scenarios share what was learned.
    assert list(here) == ["One 1", "Two 1", "One 2", "Two 2", "Two 3"]
    assert kept(both, tmp_path / "there", jobs=2) == here


def test_linear_algebra_has_one_thread_so_that_its_last_bits_are_the_same_everywhere(
    cache: Path, tmp_path: Path
) -> None:
    threads: set[int] = set()

    def look(*_: object) -> None:
        threads.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(2):
        study(cache).run(ReplicationStore(tmp_path), local(1), EachReplication(look))
    assert threads == {1}


# What is there already.


def test_only_what_is_missing_is_simulated(cache: Path, tmp_path: Path) -> None:
    parts = ReplicationStore(tmp_path)
    few = study(cache, small_scenario(replications=2))
    assert list(kept(few, tmp_path)) == ["Small 1", "Small 2"]
    more = study(cache, small_scenario(replications=4))
    assert (more.completed(parts), more.projects) == (2, 4)
    assert list(kept(more, tmp_path)) == ["Small 3", "Small 4"]
    assert kept(more, tmp_path) == {}
    # Of four that are there a study of two takes two.
    assert few.completed(ReplicationStore(tmp_path)) == 2
    assert [len(outcome.measures) for outcome in few.outcomes(ReplicationStore(tmp_path))] == [2]


def test_scenarios_that_differ_in_their_names_alone_are_simulated_once(cache: Path, tmp_path: Path) -> None:
    same = study(cache, small_scenario("One"), small_scenario("Two", replications=3))
    assert list(kept(same, tmp_path)) == ["One 1", "One 2", "Two 3"]
    one, two = same.outcomes(ReplicationStore(tmp_path))
    assert [len(one.measures), len(two.measures)] == [2, 3]
    assert one.measures[1].metrics == two.measures[1].metrics


# Where it fails.


def with_features(prepared: PreparedScenario, features: Path) -> PreparedScenario:
    """A prepared scenario with other features of its documents."""
    return prepared.map_corpora(lambda documents: replace(documents, features=features))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_project_that_fails_costs_no_other(cache: Path, tmp_path: Path, jobs: int) -> None:
    both = study(cache, small_scenario("Good"), small_scenario("Bad", learner={"components": 8}))
    good, bad = both.prepared
    both = replace(both, arms=[PreparedArm([good]), PreparedArm([with_features(bad, tmp_path / "gone.npy")])])
    failed = both.run(ReplicationStore(tmp_path), local(jobs))
    assert [(one.scenario.name, one.replication) for one in failed] == [("Bad", 1), ("Bad", 2)]
    assert "gone.npy" in failed[0].traceback
    assert ReplicationStore(tmp_path).completed(good.key) == {1, 2}


class Deadly:
    """What ends the process that receives it, as an operating system short of memory does."""

    name = "deadly"

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


@pytest.mark.slow
def test_a_process_that_is_killed_is_told_and_nobody_waits_for_it(cache: Path, tmp_path: Path) -> None:
    ready = study(cache)
    deadly: Any = Deadly()
    broken = replace(ready, arms=[PreparedArm([with_features(ready.prepared[0], deadly)])])
    with pytest.raises(LabelsimError, match="a worker process was killed, probably out of memory"):
        broken.run(ReplicationStore(tmp_path), local(2))


OWN = """\
from sim.learning.query.random import Random


class Mine(Random):
    pass
"""


@pytest.mark.slow
def test_a_process_that_lacks_a_package_is_told(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text(OWN, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    labelling = {"initial": 10, "batch": 10, "strategy": "only_here:Mine"}
    with_it = study(cache, small_scenario(labelling=labelling))
    monkeypatch.undo()
    told = "a worker process lacks a package: only_here:Mine cannot be imported"
    with pytest.raises(PlannerMistakeError, match=told):
        with_it.run(ReplicationStore(tmp_path), local(2))


# What may be compared.


def test_other_documents_and_other_targets_may_be_compared(cache: Path) -> None:
    other = small_scenario(
        "Other", corpus=SMALL_CORPUS | {"documents": 50, "labels": 4, "difficulty": 0.1}, target={"map": 0.3}
    )
    one, two = outcomes(study(cache, small_scenario(), other))
    assert (one.corpus.documents, two.corpus.documents) == (60, 50)
    assert (one.corpus.labels, two.corpus.labels) == (3, 4)
    assert [one.target, two.target] == [QualityTarget("map", 0.8), QualityTarget("map", 0.3)]
    assert one.corpus.fingerprint != two.corpus.fingerprint
    (alone,) = outcomes(study(cache, other))
    assert [project.to_dict() for project in two.measures] == [
        project.to_dict() for project in alone.measures
    ]


@pytest.mark.parametrize(
    ("scenarios", "told"),
    [
        ([small_scenario(), small_scenario(seed=1)], "two scenarios are called 'Small'"),
        (
            [small_scenario("A", seed=1), small_scenario("B", seed=2)],
            r"share one seed \(A: 1, B: 2\); give --seed, or make them equal",
        ),
        (
            [small_scenario(labelling={"initial": 61}, limit={"documents": 100})],
            "Small: labelling.initial is 61, but the described corpus has 60 documents to label",
        ),
        (
            [small_scenario(labelling={"initial": 2, "start": ["nowhere"]})],
            "names 'nowhere', but the described corpus has no such document to label; write names like",
        ),
        (
            [small_scenario(labelling={"initial": 2, "start": ["pool/00060"]})],
            "'pool/00060', but the described corpus has no such document to label; did you mean 'pool/0000",
        ),
    ],
    ids=["one name", "two seeds", "too few documents", "no such document", "nearly a document"],
)
def test_what_cannot_be_simulated_is_told_before_anything_is(
    cache: Path, scenarios: Sequence[Scenario], told: str
) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        study_of(scenarios, cache)


def test_all_documents_may_be_the_initial_ones(cache: Path) -> None:
    (outcome,) = outcomes(study(cache, small_scenario(labelling={"initial": 60}, limit={})))
    assert [project.outcome for project in outcome.measures] == ["exhausted"] * 2
    assert [len(project.curve) for project in outcome.measures] == [1, 1]


# The key, by which a folder is known to hold the same study.


@pytest.mark.parametrize(
    "keys",
    [
        {"name": "Other"},
        {"seed": 1},
        {"target": {"map": 0.81}},
        {"limit": {"documents": 41}},
        {"learner": {"preset": "article", "components": 8}},
        {"labelling": {"initial": 10, "batch": 11}},
        {"trainer": {"duration": "3 h"}},
        {"coordination": {"scale": 2}},
        {"corpus": SMALL_CORPUS | {"difficulty": 0.4}},
        {"corpus": SMALL_CORPUS | {"test_documents": 31}},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_study_that_differs_in_anything_that_matters_has_another_key(
    cache: Path, keys: dict[str, Any]
) -> None:
    assert study(cache, small_scenario(**keys)).key != study(cache).key


def test_other_scenarios_beside_it_or_another_baseline_make_it_another_study(cache: Path) -> None:
    one, two = small_scenario("One"), small_scenario("Two")
    keys = {study(cache, *some).key for some in ([one], [two], [one, two], [two, one])}
    assert len(keys) == 4


@pytest.mark.parametrize(
    "keys",
    [
        {"seed": 2021},
        {"replications": 3},
        {"trainer": {"duration": "240 min"}},
        {"corpus": SMALL_CORPUS | {"difficulty": 0.5}},
        {"team": [{"count": 1}]},
    ],
    ids=[
        "a default",
        "simulated more often",
        "in other units",
        "a default of the documents",
        "a default list",
    ],
)
def test_the_same_written_otherwise_has_the_same_key(cache: Path, keys: dict[str, Any]) -> None:
    assert study(cache, small_scenario(**keys)).key == study(cache).key


def test_where_documents_and_computed_features_lie_does_not_matter_what_they_are_does(
    cache: Path, tmp_path: Path
) -> None:
    def of_table(folder: str, text: str, kept: Path) -> str:
        path = tmp_path / folder / "tickets.csv"
        path.parent.mkdir(exist_ok=True)
        rows = "".join(
            f"common words {text} {'left' if row % 2 else 'right'},{row % 2}\n" for row in range(20)
        )
        path.write_text(f"text,labels\n{rows}", "utf-8")
        return study(kept, small_scenario(corpus={"source": "table", "path": str(path)})).key

    key = of_table("here", "again", cache)
    assert of_table("there", "again", tmp_path / "cache") == key
    assert of_table("here", "anew", cache) != key


def test_features_are_computed_once_for_scenarios_with_the_same_documents(cache: Path) -> None:
    article = {"preset": "article", "components": 8}
    same = study(
        cache, small_scenario("One", learner=article), small_scenario("Two", learner=article | {"alpha": 1})
    )
    one, two = same.prepared
    assert one.corpora[0].features == two.corpora[0].features
    assert one.corpus is two.corpus
    rows = tfidf.read(one.corpora[0].features)
    assert (rows.pool.shape, rows.test.shape) == ((60, 8 + 1), (30, 8 + 1))


def test_scenarios_in_which_documents_come_in_otherwise_share_what_is_computed_of_them(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def train(learner: Learner, documents: int) -> Model:
        trained.append(documents)
        return train_on_all(learner, documents)

    monkeypatch.setattr("sim.study.worker.train_on_all", train)
    arriving = [
        small_scenario(
            f"{per_day} a day",
            corpus=SMALL_CORPUS | {"arrivals": {"per_day": per_day}},
            target={"of_plateau": 0.9},
        )
        for per_day in (10, 20)
    ]
    found = study(cache, *arriving)
    slow, fast = found.prepared
    assert slow.corpora[0].corpus is fast.corpora[0].corpus
    assert slow.corpora[0].features == fast.corpora[0].features
    assert trained == [len(slow.corpus.pool)]
    assert slow.key != fast.key
    assert found.key != study(cache, arriving[0], arriving[0].model_copy(update={"name": "B"})).key
    learners = Worker(found.arms)
    for arm in (0, 1):
        learners.simulate((arm, 1))
    assert len(learners._learners) == 1


@pytest.mark.parametrize("preset", ["article", "strong"])
def test_documents_without_anything_to_learn_from_are_counted(
    cache: Path, tmp_path: Path, preset: str
) -> None:
    def said(*odd: str) -> list[str]:
        path = tmp_path / f"{len(odd)}.csv"
        texts = [*(f"common words {'left' if row % 2 else 'right'} number {row}" for row in range(20)), *odd]
        rows = "".join(f"{text},{'one' if row % 2 else 'other'}\n" for row, text in enumerate(texts))
        path.write_text(f"text,labels\n{rows}", "utf-8")
        corpus = {"source": "table", "path": str(path)}
        learner = {"preset": preset, "components": 8}
        (prepared,) = study(cache, small_scenario(corpus=corpus, learner=learner)).prepared
        return [note for note in prepared.facts.notes if "share no words" in note]

    assert said() == []
    assert said("#", "?", "!") == [
        "3 of 23 documents share no words with others; the model cannot tell them apart."
    ]
