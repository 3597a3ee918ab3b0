"""What each training view shows, worked out on a few documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.learning.rating import observed_state as grouping
from sim.learning.rating.observed_state import ObservedState
from sim.learning.rating.views import (
    PER_CLUSTER,
    CheckLabel,
    Discover,
    Label,
    LowConfidence,
    MissedLabel,
    Rebalance,
    Recent,
    Shuffle,
    TeachLabel,
)
from support.scripted import known

if TYPE_CHECKING:
    from sim.learning.rating.views import View

CHANCES = np.array([[0.9, 0.1], [0.6, 0.0], [0.1, 0.2], [0.4, 0.55], [0.0, 0.95], [0.6, 0.0]])
LEFT, RIGHT = [1.0, 0.0], [0.0, 1.0]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> ObservedState:
    """Six documents in two groups of three; one on the left is labelled, with the first label alone."""
    monkeypatch.setattr(grouping, "CLUSTERS", 2)
    model = replace(
        known(CHANCES, np.array([LEFT, LEFT, LEFT, RIGHT, RIGHT, RIGHT])),
        labelled=np.array([0]),
        labels=np.array([[True, False]]),
        leave_one_out=lambda: np.array([[1.0, -1.0]]),
    )
    return ObservedState(model, shuffled=0)


UNLABELLED = np.array([4, 2, 5, 1, 3])


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (Shuffle(), [4, 2, 5, 1, 3]),
        (Recent(np.array([9.0, 3.0, 5.0, 5.0, 1.0, 8.0])), [5, 2, 3, 1, 4]),
        (Label(0, "earn"), [1, 5, 3, 2, 4]),
        (TeachLabel(0, "earn"), [1, 3, 5, 2, 4]),
        (TeachLabel(1, "acq"), [3, 2, 4, 1, 5]),
        (LowConfidence(), [4, 2, 3, 1, 5]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_each_view_has_its_order_and_equals_go_by_document(
    state: ObservedState, view: View, shown: list[int]
) -> None:
    """The second label has no example yet, so that it covers nothing."""
    assert view.show(state, UNLABELLED, 5).tolist() == shown
    assert view.show(state, UNLABELLED, 2).tolist() == shown[:2]


def test_rebalance_shows_the_kind_that_lacks_most(state: ObservedState) -> None:
    """With three more documents two of four should be of each kind: two from the right, one from the left."""
    shown = Rebalance().show(state, UNLABELLED, 3).tolist()
    assert sorted(document >= 3 for document in shown) == [False, True, True]


@pytest.fixture
def doubting() -> ObservedState:
    """Four labelled documents, of which the model, not having seen them, would label the first and the last
    otherwise; of the second label it doubts nothing."""
    model = replace(
        known(CHANCES),
        labelled=np.array([5, 0, 3, 1]),
        labels=np.array([[True, False], [True, False], [False, False], [False, False]]),
        calibration=lambda scores: (scores + 1) / 2,
        leave_one_out=lambda: np.array([[-0.8, -1.0], [0.2, -1.0], [-0.4, -1.0], [0.6, -1.0]]),
    )
    return ObservedState(model, shuffled=0)


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (CheckLabel(0, "earn"), [5]),
        (MissedLabel(0, "earn"), [1]),
        (CheckLabel(1, "acq"), []),
        (MissedLabel(1, "acq"), []),
    ],
)
def test_a_second_look_is_where_the_model_disagrees(
    doubting: ObservedState, view: View, shown: list[int]
) -> None:
    assert view.again
    assert view.show(doubting, UNLABELLED, 5).tolist() == shown
    assert view.show(doubting, UNLABELLED, 0).tolist() == []


def test_nobody_looks_a_third_time(doubting: ObservedState) -> None:
    looked_at = replace(doubting, checked={"earn": np.array([5])})
    assert CheckLabel(0, "earn").show(looked_at, UNLABELLED, 5).tolist() == []
    assert MissedLabel(0, "earn").show(looked_at, UNLABELLED, 5).tolist() == [1]


def test_looks_are_expected_to_find_what_looks_have_found(doubting: ObservedState) -> None:
    """One mistake in fifty before anybody looked; after fifty looks in vain, one in a hundred."""
    assert doubting.error_rate == pytest.approx(1 / 50)
    looked_at = replace(doubting, checked={"earn": np.arange(30), "acq": np.arange(20)})
    assert looked_at.error_rate == pytest.approx(1 / 100)
    assert replace(looked_at, corrected=4).error_rate == pytest.approx(5 / 100)


def test_discover_shows_a_page_at_most() -> None:
    many = ObservedState(known(np.full((40, 2), 0.5), np.zeros((40, 1))), shuffled=0)
    assert len(Discover(0).show(many, np.arange(40), 20)) == PER_CLUSTER


def test_discover_keeps_to_one_kind(state: ObservedState) -> None:
    kinds = [sorted(Discover(cluster).show(state, UNLABELLED, 5).tolist()) for cluster in (0, 1)]
    assert sorted(kinds) == [[1, 2], [3, 4, 5]]


def test_views_on_a_subject_say_so_and_are_focused() -> None:
    assert (Label(0, "earn").subject, Label(0, "earn").pace) == ("earn", "focused")
    assert (TeachLabel(0, "earn").subject, TeachLabel(0, "earn").pace) == ("earn", "focused")
    assert (Discover(4).subject, Discover(4).pace) == ("cluster 5", "focused")
    for view in (Shuffle(), LowConfidence(), Rebalance()):
        assert (view.subject, view.pace) == ("", "switching")


OBSERVED = ObservedState(
    replace(
        known(CHANCES, np.array([LEFT, LEFT, LEFT, RIGHT, RIGHT, RIGHT])),
        labelled=np.array([0]),
        labels=np.array([[True, False]]),
        leave_one_out=lambda: np.array([[-1.0, 1.0]]),
    ),
    shuffled=0,
)
"""A model of one labelled document: what is computed from it is computed once."""


@given(
    count=some.integers(0, 9),
    unlabelled=some.permutations(range(1, 6)).flatmap(
        lambda order: some.integers(0, 5).map(lambda size: order[:size])
    ),
)
def test_no_view_shows_what_it_must_not(count: int, unlabelled: list[int]) -> None:
    rows = np.array(unlabelled, dtype=np.int64)
    views: list[View] = [
        Shuffle(),
        Recent(np.arange(6.0)),
        Label(1, "b"),
        TeachLabel(0, "a"),
        LowConfidence(),
        Rebalance(),
        Discover(0),
        CheckLabel(0, "a"),
        MissedLabel(1, "b"),
    ]
    for view in views:
        shown = view.show(OBSERVED, rows, count).tolist()
        assert set(shown) <= ({0} if view.again else set(unlabelled))
        assert len(set(shown)) == len(shown) <= count
