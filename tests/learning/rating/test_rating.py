"""The rating: its arithmetic, its bands, and what it must not depend on."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.learning.rating.model_rating import Assessment, assess, balance, band, likeness, missing
from sim.learning.rating.observed_state import ObservedState
from sim.learning.rating.performance import BoundedPerformance

NAMES = [f"label {number}" for number in range(15)]


def observed(seed: int, pool: int = 90, labelled: int = 40, labels: int = 12) -> ObservedState:
    """A model of random opinions that are right more often than not."""
    rng = np.random.default_rng(seed)
    truth = rng.random((pool, labels)) < np.linspace(0.02, 0.6, labels)
    scores = np.where(truth, 0.6, -0.6) + rng.normal(0, 0.6, truth.shape)
    seen = rng.permutation(pool)[:labelled]
    model = Predictions(
        scores=scores,
        calibration=lambda values: 1 / (1 + np.exp(-3 * values)),
        labelled=seen,
        labels=truth[seen],
        moments=GramAccumulator(rng.normal(size=(pool, 6))),
        leave_one_out=lambda: scores[seen] - 0.1 * np.where(truth[seen], 1, -1),
        penalty=1.0,
    )
    return ObservedState(model, shuffled=labelled // 4)


def test_factors_and_their_weighted_mean() -> None:
    """Of eleven labels the worst two are underperforming: (.2 + .3) / 2. The mean of all is .8."""
    by_label = np.array([0.9, 0.2, 0.9, 0.9, 0.3, *[5.6 / 6] * 6])
    performance, examples = BoundedPerformance(by_label, 0.75, 0.85), np.array([40, 19, 20, *[25] * 8])
    found = Assessment(performance, examples, coverage=0.6, likeness=0.9, shuffled=0.18)
    rating = asdict(found.rating([f"label {number}" for number in range(11)]))
    assert rating.pop("weakest_label") == "label 1"
    assert rating == pytest.approx(
        {
            "overall": 0.4 * 80 + 0.2 * 25 + 0.2 * 60 + 0.2 * 90,
            "all_labels": 80,
            "all_labels_lower": 75,
            "all_labels_upper": 85,
            "underperforming_labels": 25,
            "coverage": 60,
            "balance": 90,
            "labels_judged": 10,
            "likeness": 90,
            "shuffled": 18,
        }
    )


@pytest.mark.parametrize(
    ("rating", "name"),
    [
        (0, "Poor"),
        (49.9, "Poor"),
        (50, "Average"),
        (69.9, "Average"),
        (70, "Good"),
        (89.9, "Good"),
        (90, "Excellent"),
        (100, "Excellent"),
    ],
)
def test_bands_are_the_articles(rating: float, name: str) -> None:
    assert band(rating) == name


def test_balance_is_likeness_and_a_fifth_picked_at_random() -> None:
    assert balance(1, 0.2) == balance(1, 0.9) == 1
    assert balance(1, 0.1) == pytest.approx(0.9)
    assert balance(0.5, 0) == pytest.approx(0.4)


def test_the_whole_is_like_itself_and_a_corner_of_it_is_not() -> None:
    state = observed(0)
    everything = np.arange(90)
    assert likeness(state, everything) == pytest.approx(1)
    corner = np.flatnonzero(state.clusters.of == state.clusters.of[0])
    assert likeness(state, corner) < 0.5


@pytest.mark.slow
@given(seed=some.integers(0, 999), labelled=some.integers(1, 90), labels=some.integers(1, 15))
@settings(max_examples=30)
def test_every_part_is_between_0_and_100(seed: int, labelled: int, labels: int) -> None:
    state = observed(seed, labelled=labelled, labels=labels)
    assume(state.model.positives.any())
    rating = asdict(assess(state).rating(NAMES[:labels]))
    assert rating.pop("weakest_label") in NAMES[:labels]
    assert all(0 <= value <= 100 for value in rating.values())


@pytest.mark.parametrize(
    ("labelled", "lacking"),
    [(0, "no document is labelled yet"), (9, "no labelled document carries a label yet")],
)
def test_what_is_missing_is_said_instead_of_a_number(labelled: int, lacking: str) -> None:
    model = observed(0, labelled=labelled).model
    model = replace(model, labels=np.zeros_like(model.labels))
    assert missing(model) == lacking
    with pytest.raises(ValueError, match=lacking):
        assess(ObservedState(model, 0))


@given(seed=some.integers(0, 99))
@settings(max_examples=10)
def test_the_order_of_labels_changes_nothing(seed: int) -> None:
    state = observed(seed)
    order = np.random.default_rng(seed).permutation(12)
    model = state.model
    reordered = replace(
        model,
        scores=model.scores[:, order],
        labels=model.labels[:, order],
        leave_one_out=lambda: model.leave_one_out()[:, order],
    )
    found = asdict(assess(ObservedState(reordered, state.shuffled)).rating([NAMES[label] for label in order]))
    rating = asdict(assess(state).rating(NAMES[:12]))
    # Of labels with equal estimates the first is the weakest.
    found.pop("weakest_label"), rating.pop("weakest_label")
    assert found == pytest.approx(rating, abs=1)
