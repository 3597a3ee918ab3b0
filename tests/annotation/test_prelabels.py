"""Prelabels: as precise and as complete as a scenario says, against binomial truths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from sim.annotation.prelabels import draw_prelabels, wrong_probabilities
from sim.core.activities import LABEL
from sim.core.errors import PlannerMistakeError
from sim.core.streams import Streams
from sim.scenario.models import Labelling, Suggestions
from support.scripted import NO_HAND_OVERS, Scripted, documents, scenario, simulate_project

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(0)
LABELS = RNG.random((20_000, 12)) < np.linspace(0.02, 0.3, 12)


def prelabels(precision: float, recall: float) -> Suggestions:
    return Suggestions(by="prelabels", precision=precision, recall=recall)


def within_99_percent(hits: int, trials: int, chance: float) -> bool:
    low, high = stats.binom(trials, chance).interval(0.99)
    return bool(low <= hits <= high)


@pytest.mark.parametrize(("precision", "recall"), [(0.85, 0.7), (0.5, 1), (1, 0.3)])
def test_true_labels_are_suggested_as_often_as_recall_says(precision: float, recall: float) -> None:
    suggested = draw_prelabels(prelabels(precision, recall), LABELS, Streams(1)).astype(bool)
    assert within_99_percent(int((suggested & LABELS).sum()), int(LABELS.sum()), recall)


@pytest.mark.parametrize(("precision", "recall"), [(0.85, 0.7), (0.5, 1), (1, 0.3)])
def test_suggestions_are_right_as_often_as_precision_says(precision: float, recall: float) -> None:
    suggestions = prelabels(precision, recall)
    suggested = draw_prelabels(suggestions, LABELS, Streams(2)).astype(bool)
    assert within_99_percent(int((suggested & LABELS).sum()), int(suggested.sum()), precision)
    for label, chance in enumerate(wrong_probabilities(suggestions, LABELS)):
        others = ~LABELS[:, label]
        low, high = stats.binom(int(others.sum()), chance).interval(0.9999)
        assert low <= suggested[others, label].sum() <= high


@given(precision=st.floats(0.4, 1), recall=st.floats(0, 1))
def test_the_expected_precision_is_exact(precision: float, recall: float) -> None:
    suggestions = prelabels(precision, recall)
    right = recall * LABELS.sum()
    wrong = (wrong_probabilities(suggestions, LABELS) * (~LABELS).sum(axis=0)).sum()
    assert right == pytest.approx(precision * (right + wrong))


def test_those_of_a_document_do_not_depend_on_how_many_there_are() -> None:
    suggestions, few = prelabels(1, 0.7), LABELS[:100]
    assert (
        draw_prelabels(suggestions, LABELS, Streams(3))[:100] == draw_prelabels(suggestions, few, Streams(3))
    ).all()


def test_more_wrong_ones_than_there_are_labels_are_refused() -> None:
    with pytest.raises(PlannerMistakeError, match="write a higher precision"):
        wrong_probabilities(prelabels(0.1, 1), LABELS[:, -1:])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"by": "prelabels"}, "how good are the prelabels"),
        ({"by": "prelabels", "precision": 0.8}, "how good are the prelabels"),
        ({"precision": 0.8}, "write by: prelabels"),
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
    perfect = {"by": "prelabels", "precision": 1, "recall": 1}
    assert assigned_and_confirmed(perfect).tolist() == [0, 400]
    none = {"by": "prelabels", "precision": 1, "recall": 0}
    assert (
        assigned_and_confirmed(none).tolist()
        == assigned_and_confirmed(suggestions=False).tolist()
        == [400, 0]
    )


def test_the_share_confirmed_is_recall() -> None:
    by_hand, confirmed = assigned_and_confirmed({"by": "prelabels", "precision": 1, "recall": 0.6})
    assert by_hand + confirmed == 400
    assert within_99_percent(int(confirmed), 400, 0.6)
