"""The package in examples/ as somebody would use it: installed, from a scenario file and from Python."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim import compare, simulate
from sim.core.activities_and_costs import Spent
from sim.core.errors import PlannerMistakeError
from sim.core.quality import CurvePoint
from sim.corpus import table, tfidf
from sim.scenario.models import TableCorpus
from support.commands import simulate_here
from support.corpora import tiny_corpus
from support.handmade import GOOD
from support.paths import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {
    "world": "article",
    "corpus": {"source": "standin", "documents": 150, "test_documents": 50, "labels": 3},
    "learner": {"components": 8},
    "labelling": {"initial": 20, "batch": 20},
    "limit": {"documents": 100},
    "replications": 2,
}
pytestmark = pytest.mark.usefixtures("installed_example")


def curves(results: Any) -> dict[str, list[float]]:
    """Each scenario's values of MAP."""
    by_scenario: dict[str, list[float]] = results.curve.groupby("scenario")["map"].apply(list).to_dict()
    return by_scenario


@pytest.mark.slow
def test_one_study_compares_own_and_built_in_strategies_and_learners(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--set={key}={value}" for key, value in (("limit.documents", 100), ("learner.components", 8))]
    out = ["--replications=1", "--jobs=2", "--no-report", f"--out={tmp_path / 'out'}", "--json"]
    done = simulate_here(capsys, "sweep", EXAMPLES / "compare.yaml", *options, *out)
    assert done.returncode == 0, done.stderr
    found = [one["replications"] for one in json.loads(done.stdout)["scenarios"]]
    for random, by_name, built_in, by_path in (found[:4], found[4:]):
        assert by_name == by_path
        assert by_name != random != built_in
    assert all(strong != own for strong, own in zip(found[:4], found[4:], strict=True))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_python_compares_a_class_a_name_and_built_in_ones(jobs: int) -> None:
    from labelsim_example.strategies import MostRelevant

    scenarios = [
        {**SMALL, "name": str(number), "labelling": {**SMALL["labelling"], "strategy": strategy}}  # type: ignore[dict-item]
        for number, strategy in enumerate(["random", "most_relevant", MostRelevant])
    ]
    found = curves(compare(scenarios, jobs=jobs))
    assert found["1"] == found["2"] != found["0"]


def test_a_learner_is_named_and_set_as_built_in_ones_are() -> None:
    from labelsim_example.learners import NearestCentroid

    settings: list[dict[str, Any]] = [
        {"preset": NearestCentroid},
        {"preset": "nearest_centroid", "options": {"shrinkage": 1}},
        {"preset": "nearest_centroid", "options": {"shrinkage": 20.0}},
        {"preset": "strong"},
    ]
    scenarios = [
        {**SMALL, "name": str(number), "learner": {"components": 8, **learner}}
        for number, learner in enumerate(settings)
    ]
    found = curves(compare(scenarios))
    assert found["0"] == found["1"]
    assert len({tuple(curve) for curve in found.values()}) == 3


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        (
            {"preset": "nearest_centroid", "options": {"shrink": 2.0}},
            "Mine: learner.options.shrink: unknown key; did you mean shrinkage?",
        ),
        ({"preset": "nearest_centroid", "alpha": 2.0}, "Mine: learner.options.alpha: unknown key"),
        (
            {"preset": "strong", "options": {"beta": 1}},
            "options.beta: unknown key; write one of alpha",
        ),
        (
            {"preset": "labelsim_example.rules:Plateau"},
            "fit labelsim.learners; give a class with feature_set",
        ),
    ],
)
def test_what_a_learner_does_not_take_is_refused(learner: dict[str, Any], told: str) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        simulate({**SMALL, "name": "Mine", "learner": learner})


def test_a_reader_is_found_by_the_ending_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tickets.txt"
    lines = [f"__label__l{number % 3} __label__all word{number} other{number % 5}" for number in range(30)]
    file.write_text("\n\n".join([*lines, "nothing of these", "__label__l0"]))
    corpus = table.load(TableCorpus(source="table", path=str(file)))
    assert corpus.label_names == ["all", "l0", "l1", "l2"]
    assert len(corpus.pool) + len(corpus.test) == 31
    assert {text.split()[0] for text in corpus.pool.texts} <= {*(f"word{n}" for n in range(30)), "nothing"}
    assert any("1 row without a text is left out (line 63)" in said for said in corpus.decisions)
    with pytest.raises(PlannerMistakeError, match=r"ends in \.csv, .*\.xlsx, \.txt or one of these and \.gz"):
        table.load(TableCorpus(source="table", path=str(EXAMPLES / "pyproject.toml")))


def test_the_mean_of_others_is_what_leave_one_out_scores_are_by() -> None:
    from labelsim_example.learners import NearestCentroid

    corpus = tiny_corpus(documents=60, labels=3)
    learner = NearestCentroid(corpus, tfidf.compute(corpus, 8))
    snapshot = np.arange(20)
    left_out = learner.train(snapshot).predictions().leave_one_out()
    for place in (0, 7, 19):
        others = learner.train(np.delete(snapshot, place)).predictions()
        np.testing.assert_allclose(left_out[place], others.scores[place])
    assert learner.train(np.arange(len(corpus.pool))).map > learner.train(snapshot[:3]).map


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("labelling: {strategy: most_relevent}", "did you mean most_relevant?"),
        ("learner: {preset: nearest_centroyd}", "did you mean nearest_centroid?"),
        ("stop: {platau: {models: 2}}", "stop.platau: unknown key; did you mean plateau?"),
        (
            "stop: {plateau: many}",
            "stop.plateau: 'many' is not a number; write a number or a group of keys",
        ),
    ],
)
def test_mistakes_offer_what_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, told: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"name: Mine\n{written}\n")
    done = simulate_here(capsys, "validate", file)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_rule_is_named_set_and_told_as_built_in_ones_are(tmp_path: Path) -> None:
    by_name, by_path = ("plateau", 1), ("labelsim_example.rules:Plateau", {"models": 1})
    scenarios = [
        {**SMALL, "name": name, "target": {"map": 1}, "stop": {name: settings, "kappa": 1, "when": "any"}}
        for name, settings in (by_name, by_path)
    ]
    found = compare(scenarios, out=tmp_path / "out")
    stopped = [one.stopped for one in found.summary.scenarios]
    assert [{one.by[0] for one in project} for project in stopped] == [{by_name[0]}, {by_path[0]}]
    assert curves(found)[by_name[0]] == curves(found)[by_path[0]]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"model": 3}, "Mine: stop.plateau.model: unknown key; did you mean models?"),
        ({"models": "three"}, "Mine: stop.plateau.models: 'three' is not a valid integer"),
        (0.5, "Mine: stop.plateau.models: 0.5 is not a valid integer"),
    ],
)
def test_settings_that_a_rule_does_not_take_are_refused(settings: object, told: str) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        simulate({**SMALL, "name": "Mine", "stop": {"plateau": settings}})


@pytest.mark.parametrize(
    ("ratings", "stops"),
    [([50, 60, 70], False), ([70, 60], False), ([70, 60, 65], True), ([70, 60, 71], False), ([], False)],
)
def test_a_plateau_is_a_rating_that_does_not_rise(ratings: list[float], *, stops: bool) -> None:
    from labelsim_example.rules import Plateau

    curve = [
        CurvePoint(number, 20 * number, number, map=0.0, rating=replace(GOOD, overall=overall))
        for number, overall in enumerate(ratings, start=1)
    ]
    assert Plateau(models=2).should_stop(curve, Spent(active_hours=0, cost=0)) is stops
