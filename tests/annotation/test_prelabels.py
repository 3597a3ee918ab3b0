"""Prelabels: as precise and as complete as a scenario says, against binomial truths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from sim.annotation.prelabels import draw_prelabels, wrong_probabilities
from sim.core.activities_and_costs import LABEL
from sim.core.errors import PlannerMistakeError
from sim.core.streams import Streams
from sim.corpus import table
from sim.scenario.models import Labelling, Suggestions, TableCorpus
from support.scripted import NO_HAND_OVERS, Scripted, documents, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus

RNG = np.random.default_rng(0)
LABELS = RNG.random((20_000, 12)) < np.linspace(0.02, 0.3, 12)
NAMES = [f"label {number}" for number in range(12)]


def prelabels(precision: float, recall: float) -> Suggestions:
    return Suggestions.model_validate({"from": "prelabels", "precision": precision, "recall": recall})


def within_99_percent(hits: int, trials: int, chance: float) -> bool:
    low, high = stats.binom(trials, chance).interval(0.99)
    return bool(low <= hits <= high)


@pytest.mark.parametrize(("precision", "recall"), [(0.85, 0.7), (0.5, 1), (1, 0.3)])
def test_true_labels_are_suggested_as_often_as_recall_says(precision: float, recall: float) -> None:
    suggested = draw_prelabels(prelabels(precision, recall), LABELS, NAMES, Streams(1)).astype(bool)
    assert within_99_percent(int((suggested & LABELS).sum()), int(LABELS.sum()), recall)


@pytest.mark.parametrize(("precision", "recall"), [(0.85, 0.7), (0.5, 1), (1, 0.3)])
def test_suggestions_are_right_as_often_as_precision_says(precision: float, recall: float) -> None:
    suggestions = prelabels(precision, recall)
    suggested = draw_prelabels(suggestions, LABELS, NAMES, Streams(2)).astype(bool)
    assert within_99_percent(int((suggested & LABELS).sum()), int(suggested.sum()), precision)
    for label, chance in enumerate(wrong_probabilities(suggestions, LABELS, NAMES)):
        others = ~LABELS[:, label]
        low, high = stats.binom(int(others.sum()), chance).interval(0.9999)
        assert low <= suggested[others, label].sum() <= high


@given(precision=st.floats(0.4, 1), recall=st.floats(0, 1))
def test_the_expected_precision_is_exact(precision: float, recall: float) -> None:
    suggestions = prelabels(precision, recall)
    right = recall * LABELS.sum()
    wrong = (wrong_probabilities(suggestions, LABELS, NAMES) * (~LABELS).sum(axis=0)).sum()
    assert right == pytest.approx(precision * (right + wrong))


def test_those_of_a_document_do_not_depend_on_how_many_there_are() -> None:
    suggestions, few = prelabels(1, 0.7), LABELS[:100]
    assert (
        draw_prelabels(suggestions, LABELS, NAMES, Streams(3))[:100]
        == draw_prelabels(suggestions, few, NAMES, Streams(3))
    ).all()


def test_more_wrong_ones_than_there_are_labels_are_refused() -> None:
    with pytest.raises(PlannerMistakeError, match="write a higher precision"):
        wrong_probabilities(prelabels(0.1, 1), LABELS[:, -1:], NAMES[-1:])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"from": "prelabels"}, "how good are the prelabels"),
        ({"from": "prelabels", "precision": 0.8}, "how good are the prelabels"),
        ({"precision": 0.8}, "write from: prelabels"),
    ],
)
def test_precision_and_recall_belong_to_prelabels(keys: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Labelling.model_validate({"suggestions": keys})


def assigned_and_confirmed(suggestions: object) -> NDArray[np.int64]:
    """Labels put by hand, and those confirmed, of a project on documents with two labels each."""
    project = scenario(
        coordination=NO_HAND_OVERS,
        labelling={"initial": 50, "batch": 50, "suggestions": suggestions},
        limit={"documents": 200},
    )
    events = simulate_project(project, documents([2] * 200), Scripted(lambda _: 0.1)).events
    labelled = events[events.activity.matches(LABEL)]
    return np.array([labelled.assigned.sum(), labelled.confirmed.sum()])


def test_they_are_there_from_the_first_document_on_and_save_what_confirming_saves() -> None:
    perfect = {"from": "prelabels", "precision": 1, "recall": 1}
    assert assigned_and_confirmed(perfect).tolist() == [0, 400]
    none = {"from": "prelabels", "precision": 1, "recall": 0}
    assert (
        assigned_and_confirmed(none).tolist()
        == assigned_and_confirmed(suggestions=False).tolist()
        == [400, 0]
    )


def test_the_share_confirmed_is_recall() -> None:
    by_hand, confirmed = assigned_and_confirmed({"from": "prelabels", "precision": 1, "recall": 0.6})
    assert by_hand + confirmed == 400
    assert within_99_percent(int(confirmed), 400, 0.6)


def test_one_label_may_be_suggested_better_or_worse_than_the_others() -> None:
    own = {"label 11": {"precision": 0.5, "recall": 0.9}, "label 3": {"recall": 0.2}}
    described = {"from": "prelabels", "precision": 0.8, "recall": 0.7, "labels": own}
    suggested = draw_prelabels(Suggestions.model_validate(described), LABELS, NAMES, Streams(4)).astype(bool)
    right, recall = suggested & LABELS, np.full(12, 0.7)
    recall[[3, 11]] = 0.2, 0.9
    for label in range(12):
        assert within_99_percent(int(right[:, label].sum()), int(LABELS[:, label].sum()), recall[label])
    assert within_99_percent(int(right[:, 11].sum()), int(suggested[:, 11].sum()), 0.5)
    assert within_99_percent(int(right[:, :11].sum()), int(suggested[:, :11].sum()), 0.8)


def read(folder: Path, labels: Sequence[str], suggested: Sequence[str]) -> Corpus:
    """A table with these cells as labels and suggestions."""
    rows = zip(labels, suggested, strict=True)
    lines = [f"what document {row} says,{label},{guess}" for row, (label, guess) in enumerate(rows)]
    path = folder / "ours.csv"
    path.write_text("\n".join(["text,relevant,gpt", *lines]), "utf-8")
    described = {"source": "table", "path": str(path), "columns": {"labels": "relevant", "suggested": "gpt"}}
    return table.load(TableCorpus.model_validate(described | {"test_share": 0.2}))


def test_a_column_suggests_labels_spelt_as_the_labels_are(tmp_path: Path) -> None:
    corpus = read(tmp_path, ["a;b", "a", "b"] * 10, ["b ; a", " a", "other;a"] * 10)
    suggested = corpus.pool.suggested
    assert suggested is not None
    right = corpus.pool.labels[:, list(corpus.label_names).index("a")] | (suggested.sum(axis=1) == 1)
    assert right.all()
    both = corpus.pool.labels.sum(axis=1) == 2
    assert (suggested[both] == corpus.pool.labels[both]).all()
    assert any("precision" in note for note in corpus.decisions)
    assert any("other" in note and "10 times" in note for note in corpus.decisions)


def test_a_column_of_yes_and_no_suggests_the_one_label(tmp_path: Path) -> None:
    corpus = read(tmp_path, ["1", "0", "1", "0"] * 8, ["1", "1", "no", ""] * 8)
    assert corpus.label_names == ["relevant"]
    assert corpus.pool.suggested is not None
    said = {
        int(name): bool(guess) for name, (guess,) in zip(corpus.pool.ids, corpus.pool.suggested, strict=True)
    }
    assert said == {number: number % 4 in (1, 2) for number in said}


def test_people_confirm_what_a_column_suggests() -> None:
    pool = documents([2] * 200)
    guessed = replace(pool, suggested=pool.labels & np.array([True, False]))
    guessed.__dict__["words"] = pool.words
    project = scenario(
        corpus={"source": "table", "path": "ours.csv", "columns": {"suggested": "gpt"}},
        coordination=NO_HAND_OVERS,
        labelling={"initial": 50, "batch": 50, "suggestions": {"from": "column"}},
    )
    events = simulate_project(project, guessed, Scripted(lambda _: 0.1)).events
    labelled = events[events.activity.matches(LABEL)]
    assert [labelled.assigned.sum(), labelled.confirmed.sum()] == [200, 200]


def test_a_column_has_to_be_named() -> None:
    with pytest.raises(ValidationError, match=r"which column\? write corpus.columns.suggested"):
        scenario(labelling={"suggestions": {"from": "column"}})


def test_what_is_written_down_is_read_back() -> None:
    suggestions = prelabels(0.8, 0.7)
    assert Suggestions.model_validate(suggestions.model_dump(mode="json")) == suggestions
    assert suggestions.model_dump()["from"] == "prelabels"
