"""A study: scenarios by replications, the same however they are spread, and told where it fails."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sim.corpus import features
from sim.errors import LabelsimError, PlannerMistakeError
from sim.records import Words
from sim.scenario.models import Scenario
from sim.study import Study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.records import Events, ReplicationResult

CORPUS = {"source": "standin", "documents": 60, "test_documents": 30, "labels": 3, "words_per_document": 20}


def scenario(name: str = "Small", **keys: Any) -> Scenario:
    """A scenario simulated in milliseconds."""
    return Scenario.model_validate(
        {
            "name": name,
            "corpus": CORPUS,
            "learner": {"preset": "strong", "components": 8},
            "labelling": {"initial": 10, "batch": 10},
            "limit": {"documents": 40},
            "replications": 2,
        }
        | keys
    )


def study(cache: Path, *scenarios: Scenario) -> Study:
    return Study.prepare(scenarios or [scenario()], cache)


# However they are spread.


def columns(events: Events) -> list[list[Any]]:
    """The columns of events as plain lists."""
    values = [getattr(events, column.name) for column in fields(events)]
    return [
        [value.names[code] for code in value.codes] if isinstance(value, Words) else value.tolist()
        for value in values
    ]


def plain(result: ReplicationResult) -> list[Any]:
    parts = [getattr(result, field.name) for field in fields(result) if field.name != "events"]
    return [*parts, columns(result.events)]


def test_two_processes_give_what_one_gives(cache: Path) -> None:
    suggested = {"initial": 10, "batch": 10, "strategy": "mean_uncertainty", "suggestions": True}
    both = study(cache, scenario("One"), scenario("Two", labelling=suggested, replications=3))
    told: list[tuple[str, int]] = []
    here = both.run(1, lambda result: told.append((result.scenario, result.replication)))
    # Replication by replication, so that scenarios share what was learned.
    assert told == [("One", 0), ("Two", 0), ("One", 1), ("Two", 1), ("Two", 2)]
    told.clear()
    spread = both.run(2, lambda result: told.append((result.scenario, result.replication)))
    assert sorted(told) == [("One", 0), ("One", 1), ("Two", 0), ("Two", 1), ("Two", 2)]
    for one, two in zip(here, spread, strict=True):
        assert [plain(result) for result in one.results] == [plain(result) for result in two.results]
        assert [result.replication for result in one.results] == list(range(len(one.results)))


def test_linear_algebra_has_one_thread_so_that_its_last_bits_are_the_same_everywhere(cache: Path) -> None:
    threads: set[int] = set()

    def look(_: ReplicationResult) -> None:
        threads.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(2):
        study(cache).run(1, look)
    assert threads == {1}


# Where it fails.


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_fails_is_told_with_its_own_words(cache: Path, tmp_path: Path, jobs: int) -> None:
    ready = study(cache)
    gone = tmp_path / "gone.npy"
    broken = Study([replace(prepared, features=gone) for prepared in ready.prepared])
    with pytest.raises(FileNotFoundError, match=r"gone\.npy"):
        broken.run(jobs)


class Deadly:
    """What ends the process that receives it, as an operating system short of memory does."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


def test_a_process_that_is_killed_is_told_and_nobody_waits_for_it(cache: Path) -> None:
    ready = study(cache)
    deadly: Any = Deadly()
    broken = Study([replace(prepared, facts=deadly) for prepared in ready.prepared])
    with pytest.raises(LabelsimError, match="ended from outside, most likely for want of memory"):
        broken.run(2)


# What may be compared.


def test_other_documents_and_other_targets_may_be_compared(cache: Path) -> None:
    other = scenario(
        "Other", corpus=CORPUS | {"documents": 50, "labels": 4, "difficulty": 0.1}, target={"map": 0.3}
    )
    one, two = study(cache, scenario(), other).run()
    assert (one.corpus.documents, two.corpus.documents) == (60, 50)
    assert (one.corpus.labels, two.corpus.labels) == (3, 4)
    assert (one.target, two.target) == (0.8, 0.3)
    assert one.corpus.fingerprint != two.corpus.fingerprint
    alone = study(cache, other).run()[0]
    assert [plain(result) for result in two.results] == [plain(result) for result in alone.results]


@pytest.mark.parametrize(
    ("scenarios", "told"),
    [
        ([scenario(), scenario(seed=1)], "two scenarios are called 'Small'"),
        (
            [scenario("A", seed=1), scenario("B", seed=2)],
            r"share one seed \(A: 1, B: 2\); give --seed, or make them equal",
        ),
        (
            [scenario(labelling={"initial": 61}, limit={"documents": 100})],
            "Small: labelling.initial is 61, but stand-in has 60 documents to label",
        ),
        (
            [scenario(labelling={"initial": 2, "start": ["nowhere"]})],
            "names 'nowhere', but stand-in has no such document to label; write names like 'pool/000000'",
        ),
        (
            [scenario(labelling={"initial": 2, "start": ["pool/00060"]})],
            "'pool/00060', but stand-in has no such document to label; did you mean 'pool/0000",
        ),
    ],
    ids=["one name", "two seeds", "too few documents", "no such document", "nearly a document"],
)
def test_what_cannot_be_simulated_is_told_before_anything_is(
    cache: Path, scenarios: Sequence[Scenario], told: str
) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        Study.prepare(scenarios, cache)


def test_all_documents_may_be_the_initial_ones(cache: Path) -> None:
    (outcome,) = study(cache, scenario(labelling={"initial": 60}, limit={})).run()
    assert [result.outcome for result in outcome.results] == ["exhausted"] * 2
    assert [len(result.curve) for result in outcome.results] == [1, 1]


# The key, by which a folder is known to hold the same study.


@pytest.mark.parametrize(
    "keys",
    [
        {"name": "Other"},
        {"seed": 1},
        {"replications": 3},
        {"target": {"map": 0.81}},
        {"limit": {"documents": 41}},
        {"learner": {"preset": "article", "components": 8}},
        {"labelling": {"initial": 10, "batch": 11}},
        {"trainer": {"duration": "3 h"}},
        {"coordination": {"scale": 2}},
        {"corpus": CORPUS | {"difficulty": 0.4}},
        {"corpus": CORPUS | {"test_documents": 31}},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_study_that_differs_in_anything_that_matters_has_another_key(
    cache: Path, keys: dict[str, Any]
) -> None:
    assert study(cache, scenario(**keys)).key != study(cache).key


def test_other_scenarios_beside_it_or_another_baseline_make_it_another_study(cache: Path) -> None:
    one, two = scenario("One"), scenario("Two")
    keys = {study(cache, *some).key for some in ([one], [two], [one, two], [two, one])}
    assert len(keys) == 4


@pytest.mark.parametrize(
    "keys",
    [
        {"seed": 2021},
        {"trainer": {"duration": "240 min"}},
        {"corpus": CORPUS | {"difficulty": 0.5}},
        {"team": [{"count": 1}]},
    ],
    ids=["a default", "in other units", "a default of the documents", "a default list"],
)
def test_the_same_written_otherwise_has_the_same_key(cache: Path, keys: dict[str, Any]) -> None:
    assert study(cache, scenario(**keys)).key == study(cache).key


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
        return study(kept, scenario(corpus={"source": "table", "path": str(path)})).key

    key = of_table("here", "again", cache)
    assert of_table("there", "again", tmp_path / "cache") == key
    assert of_table("here", "anew", cache) != key


def test_features_are_computed_once_for_scenarios_with_the_same_documents(cache: Path) -> None:
    article = {"preset": "article", "components": 8}
    same = study(cache, scenario("One", learner=article), scenario("Two", learner=article | {"alpha": 1}))
    one, two = same.prepared
    assert one.features == two.features
    assert one.corpus is two.corpus
    rows = features.read(one.features)
    assert (rows.pool.shape, rows.test.shape) == ((60, 8 + 1), (30, 8 + 1))
