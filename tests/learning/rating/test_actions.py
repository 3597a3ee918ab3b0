"""What is recommended, and why: gains worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.learning.rating import observed_state as grouping
from sim.learning.rating.model_rating import Assessment
from sim.learning.rating.observed_state import ObservedState
from sim.learning.rating.performance import BoundedPerformance
from sim.learning.rating.recommender_and_convergence import recommend
from support.scripted import known

NAMES = ["earn", "acq"]
UNLABELLED = np.array([4, 5, 1, 3, 2])


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> ObservedState:
    """Six documents of one kind; the labelled one carries the first label alone and was picked at random."""
    monkeypatch.setattr(grouping, "CLUSTERS", 1)
    model = replace(
        known(np.full((6, 2), 0.5), np.ones((6, 1))),
        labelled=np.array([0]),
        labels=np.array([[True, False]]),
        leave_one_out=lambda: np.array([[1.0, -1.0]]),
    )
    return ObservedState(model, shuffled=1)


def assessed(first: float, second: float, coverage: float = 1.0) -> Assessment:
    performance, examples = BoundedPerformance(np.array([first, second]), 0, 1), np.array([1, 0])
    return Assessment(performance, examples, coverage, likeness=1, shuffled=1)


def test_gains_of_labels(state: ObservedState) -> None:
    """Two documents with a chance of .5 make one more example.

    The first label has one: 1 / (1 + 1 + 2) of the gap of .4 is closed, which counts .4 / 2 among all labels:
    2 points. The second has none, so 1 / 3 of .8, and is the worst besides: .2 + .2 make 10.67 points.
    """
    gains = {
        (one.view.name, one.view.subject): one.gain
        for one in recommend(state, assessed(0.6, 0.2), UNLABELLED, NAMES, 2)
    }
    assert gains["Label", "earn"] == pytest.approx(100 * 0.2 * 0.4 / 4)
    assert gains["Label", "acq"] == pytest.approx(100 * 0.4 * 0.8 / 3)
    assert gains["Shuffle", ""] == pytest.approx(0)
    assert gains["Low Confidence", ""] == pytest.approx(0)


def test_gains_of_coverage(state: ObservedState) -> None:
    """Two documents that the first label covers with .5 (the second, without examples, covers nothing).

    One more is covered, of the two that are then labelled: half of the gap of .6, which counts a fifth.
    """
    gains = {one.view.name: one.gain for one in recommend(state, assessed(1, 1, 0.4), UNLABELLED, [], 2)}
    assert gains["Low Confidence"] == pytest.approx(100 * 0.2 * 0.6 / 2)
    assert gains["Discover"] == pytest.approx(gains["Low Confidence"])


def test_the_most_promising_comes_first_with_as_many_documents_as_are_asked_for(state: ObservedState) -> None:
    found = recommend(state, assessed(0.6, 0.2), UNLABELLED, NAMES, 3)
    assert [one.view.subject for one in found[:2]] == ["acq", "earn"]
    assert [one.gain for one in found] == sorted((one.gain for one in found), reverse=True)
    assert {len(one.documents) for one in found} == {3}


def test_a_label_with_examples_enough_is_taught_where_the_model_doubts(state: ObservedState) -> None:
    many = replace(
        state.model,
        labelled=np.zeros(25, dtype=np.int64),
        labels=np.tile([True, False], (25, 1)),
        leave_one_out=lambda: np.tile([1.0, -1.0], (25, 1)),
    )
    found = recommend(ObservedState(many, 0), assessed(0.6, 0.2), UNLABELLED, NAMES, 2)
    assert {one.view.name for one in found if one.view.subject == "earn"} == {"Teach Label"}
    assert {one.view.name for one in found if one.view.subject == "acq"} == {"Label"}


def test_nothing_left_is_nothing_recommended(state: ObservedState) -> None:
    assert recommend(state, assessed(0.6, 0.2), UNLABELLED[:0], NAMES, 2) == []
