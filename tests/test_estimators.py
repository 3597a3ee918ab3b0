"""Classifiers of scikit-learn as the learner, from Python and by name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from sim import compare, simulate
from sim.core.code_fingerprint import describe
from sim.core.errors import PlannerMistakeError
from sim.corpus import classifier_features, tfidf
from sim.learning.estimator_learner import EstimatorLearner, Fit
from sim.scenario.models import Scenario
from support.commands import simulate_here
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS: dict[str, Any] = {
    "name": "Ours",
    "corpus": {"source": "standin", "documents": 150, "test_documents": 50, "labels": 3},
    "labelling": {"initial": 20, "batch": 40},
    "limit": {"documents": 100},
    "target": {"map": 1},
}
CORPUS = tiny_corpus(documents=120, labels=3)
TEXTS = classifier_features.compute(CORPUS, tfidf.compute(CORPUS, 8))
ORDER = np.random.default_rng(2).permutation(len(CORPUS.pool))


def lengths(documents: Any) -> Any:
    """The number of characters of each text, one row each."""
    return np.array([[len(text)] for text in documents])


def learner(estimator: Any) -> EstimatorLearner:
    return EstimatorLearner(CORPUS, TEXTS, estimator)


@pytest.mark.parametrize(
    ("estimator", "form"),
    [
        (make_pipeline(TfidfVectorizer(), LogisticRegression()), "texts"),
        (make_pipeline(make_union(CountVectorizer()), LogisticRegression()), "texts"),
        (make_pipeline(FunctionTransformer(lengths), LogisticRegression()), "texts"),
        (OneVsRestClassifier(make_pipeline(CountVectorizer(), LinearSVC())), "texts"),
        (DummyClassifier(), "texts"),
        (LogisticRegression(), "words"),
        (KNeighborsClassifier(), "words"),
        (GaussianNB(), "directions"),
        (make_pipeline(StandardScaler(), SVC()), "directions"),
    ],
)
def test_an_estimator_gets_documents_in_the_form_that_it_takes(estimator: Any, form: str) -> None:
    found = learner(estimator).pool
    expected: dict[str, Callable[[], bool]] = {
        "texts": lambda: found.tolist() == list(CORPUS.pool.texts),
        "words": lambda: (found != tfidf.sparse_rows(CORPUS)[0]).nnz == 0,
        "directions": lambda: np.array_equal(found, TEXTS.directions.pool[:, :-1]),
    }
    assert expected[form]()


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3),
        RidgeClassifier(),
        ClassifierChain(LogisticRegression(C=100)),
        OneVsRestClassifier(make_pipeline(CountVectorizer(), LinearSVC())),
        RandomForestClassifier(10),
        KNeighborsClassifier(3),
        SVC(),
    ],
)
@pytest.mark.parametrize("labels", [1, 3])
def test_labels_are_learnt_together_or_one_against_the_rest(estimator: Any, labels: int) -> None:
    put = CORPUS.pool.labels[ORDER[:100]]
    put[:, labels:] = False
    model = learner(estimator).train(ORDER[:100], put)
    assert (model.average_precisions[:labels] > 0.8).all()
    assert (model.predictions().scores[:, labels:] == -1).all()


def test_a_score_is_a_probability_or_the_decision_function() -> None:
    rows, labels = TEXTS.words[0][ORDER[:80]], CORPUS.pool.labels[ORDER[:80], 1]
    by_probability = LogisticRegression().fit(rows, labels)
    by_decision = LinearSVC(random_state=0).fit(rows, labels)
    for estimator, scores in (
        (LogisticRegression(), 2 * by_probability.predict_proba(TEXTS.words[0])[:, 1] - 1),
        (LinearSVC(), by_decision.decision_function(TEXTS.words[0])),
    ):
        found = learner(estimator).train(ORDER[:80]).predictions().scores
        np.testing.assert_allclose(found[:, 1], scores, rtol=0, atol=1e-6)


def test_labelled_documents_are_scored_by_models_of_the_other_folds() -> None:
    model = learner(LogisticRegression()).train(ORDER[:50]).predictions()
    fold = np.arange(50) % 5 == 2
    others = learner(LogisticRegression()).train(ORDER[:50][~fold]).predictions().scores
    np.testing.assert_allclose(model.leave_one_out()[fold], others[ORDER[:50][fold]], rtol=0, atol=1e-6)
    # And compared with the whole model on the pool: log odds are twice the artanh of 2 p - 1.
    assert model.shift is not None
    lower = 2 * (np.arctanh(model.scores) - np.arctanh(others)).mean(axis=0)
    np.testing.assert_allclose(model.shift()[fold], np.tile(lower, (fold.sum(), 1)), rtol=0, atol=1e-4)


@pytest.mark.parametrize(("strategy", "fits"), [("random", 1), ("badge", 6)])
def test_cross_validation_waits_until_somebody_looks_at_probabilities(
    monkeypatch: pytest.MonkeyPatch, strategy: str, fits: int
) -> None:
    fitted: list[int] = []
    fit = EstimatorLearner.fit

    def counted(learner: EstimatorLearner, snapshot: Any, labels: Any) -> Fit:
        fitted.append(len(snapshot))
        return fit(learner, snapshot, labels)

    monkeypatch.setattr(EstimatorLearner, "fit", counted)
    labelling = {**OURS["labelling"], "strategy": strategy, "suggestions": False}
    limit = {"documents": 60}
    results = simulate({**OURS, "labelling": labelling, "limit": limit}, learner=GaussianNB(), replications=1)
    models = len(results.curve)
    # Nobody looks at what the last model predicts.
    assert len(fitted) == (models - 1) * fits + 1


@pytest.mark.slow
def test_one_study_compares_estimators_and_presets() -> None:
    pipeline = make_pipeline(TfidfVectorizer(), RandomForestClassifier(5))
    learners = {
        "article": {"components": 8},
        "by name": {"preset": "logistic_regression", "components": 8},
        "by estimator": {"preset": LogisticRegression(C=10, max_iter=1_000), "components": 8},
        "alone": LogisticRegression(C=10, max_iter=1_000),
        "pipeline": pipeline,
    }
    scenarios = [{**OURS, "name": name, "learner": given} for name, given in learners.items()]
    results = compare(scenarios, replications=2, jobs=2)
    curves = results.curve.groupby("scenario")["map"].apply(list).to_dict()
    assert curves["by name"] == curves["by estimator"] == curves["alone"] != curves["article"]
    written = dict(
        zip(results.projects["scenario"], results.projects["learner.options.estimator"], strict=True)
    )
    assert written["pipeline"] == describe(pipeline)
    # Whichever process simulates it.
    alone = simulate(scenarios[0], learner=pipeline, replications=2, jobs=1)
    assert alone.curve["map"].tolist() == curves["pipeline"]


SCRIPT = """
import numpy as np
from sim import simulate
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

class Lengths:
    def __call__(self, texts):
        return np.array([[len(text)] for text in texts])

if __name__ == "__main__":
    pipeline = make_pipeline(FunctionTransformer(Lengths()), LogisticRegression())
    print(len(simulate(OURS, learner=pipeline, replications=2, jobs=2).projects))
"""


@pytest.mark.slow
def test_processes_know_what_a_script_defines(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("OURS", repr(OURS)))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("2\n", 0), done.stderr


def test_a_study_goes_on_with_the_same_estimator_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(OURS, learner=LogisticRegression(C=2), replications=1, out=tmp_path)
    before = simulate(OURS, learner=LogisticRegression(C=2), replications=2, out=tmp_path)
    assert len(before.projects) == 2
    with pytest.raises(PlannerMistakeError, match="other"):
        simulate(OURS, learner=LogisticRegression(C=3), replications=2, out=tmp_path)
    resumed = simulate_here(capsys, "resume", tmp_path)
    assert resumed.returncode != 0
    assert "is no estimator; give one from Python" in resumed.stderr


def test_what_is_written_changes_with_all_that_a_model_may_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [describe(make_pipeline(FunctionTransformer(lengths), LogisticRegression())) for _ in range(2)]
    others = [
        make_pipeline(FunctionTransformer(len), LogisticRegression()),
        make_pipeline(FunctionTransformer(lengths), LogisticRegression(C=2)),
        make_pipeline(FunctionTransformer(lengths), RidgeClassifier()),
        make_pipeline(FunctionTransformer(lengths, kw_args={"a": np.arange(3)}), LogisticRegression()),
        make_pipeline(FunctionTransformer(lengths, kw_args={"a": np.arange(4)}), LogisticRegression()),
    ]
    held = {"set": {"a", "b"}, "partial": partial(lengths), "pattern": re.compile("a"), "ufunc": np.log1p}
    others.append(make_pipeline(FunctionTransformer(lengths, kw_args=held), LogisticRegression()))
    assert same[0] == same[1]
    assert "0x" not in same[0]
    assert len({same[0], *map(describe, others)}) == 7
    monkeypatch.setattr("sklearn.__version__", "0.1")
    assert describe(make_pipeline(FunctionTransformer(lengths), LogisticRegression())) != same[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (LinearRegression(), "learner.options.estimator: has neither predict_proba nor decision_function"),
        (make_pipeline(FunctionTransformer(lambda one: one), SVC()), "cannot be sent to other processes"),
        ({"preset": LogisticRegression(), "options": {"folds": 3}}, "learner.options.folds: unknown key"),
        (
            {"preset": "sim.learning.estimator_learner:EstimatorLearner"},
            "learner.options.estimator: is missing",
        ),
        (LogisticRegression, "learner"),
    ],
)
def test_what_cannot_be_used_is_refused(given: Any, told: str) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        simulate({**OURS, "learner": given}, replications=1)


def test_a_scenario_with_an_estimator_is_written_as_text() -> None:
    scenario = Scenario.model_validate({**OURS, "learner": LogisticRegression()})
    assert scenario.learner.settings["estimator"].C == 1
    written = json.loads(scenario.model_dump_json())["learner"]["options"]["estimator"]
    assert written.startswith("LogisticRegression() #")
