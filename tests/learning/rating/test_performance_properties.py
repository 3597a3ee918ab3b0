"""What the estimate of average precision must not depend on, and where it must stay a number."""

from __future__ import annotations

import random  # noqa: TC003 - Hypothesis looks at it
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.learning.calibration import log_odds
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.learning.rating.performance import estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray


def model(
    scores: NDArray[np.floating], labelled: NDArray[np.int64], labels: NDArray[np.bool_]
) -> Predictions:
    """A model whose leave-one-out scores are its scores."""
    return Predictions(
        scores=scores,
        calibration=lambda values: np.clip((values + 1) / 2, 0, 1),
        labelled=labelled,
        labels=labels,
        moments=GramAccumulator(np.ones((len(scores), 1))),
        leave_one_out=lambda: scores[labelled],
        penalty=1.0,
    )


@some.composite
def models(draw: some.DrawFn) -> Predictions:
    """Few documents, many ties, labels that none or all carry."""
    documents, labels = draw(some.integers(1, 30)), draw(some.integers(1, 4))
    rng = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    scores = rng.integers(-draw(some.integers(0, 3)), 2, (documents, labels)) / 3
    labelled = rng.permutation(documents)[: draw(some.integers(0, documents))]
    share = draw(some.sampled_from([0, 0.3, 1]))
    return model(scores, labelled, rng.random((len(labelled), labels)) < share)


def separated(positives: int) -> Predictions:
    """Three labels, each on ``positives`` labelled documents that score far above all others."""
    kinds = np.eye(4, 3, dtype=np.bool_)
    truth = np.repeat(kinds, [positives] * 3 + [60], axis=0)
    return model(np.where(truth, 0.8, -0.8), np.arange(len(truth)), truth)


@given(models())
def test_it_is_a_share_whatever_was_labelled(one: Predictions) -> None:
    found = estimate(one, one.labelled[::2])
    assert np.all((found.by_label >= 0) & (found.by_label <= 1))
    assert -1e-12 <= found.lower <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.upper <= 1 + 1e-12


@given(models(), some.randoms())
def test_order_of_labels_and_of_the_pool_change_nothing(one: Predictions, rng: random.Random) -> None:
    documents, labels = one.scores.shape
    order = np.array(rng.sample(range(documents), documents), dtype=np.int64)
    columns = rng.sample(range(labels), labels)
    other = model(one.scores[order][:, columns], np.argsort(order)[one.labelled], one.labels[:, columns])
    expected, found = estimate(one, one.labelled), estimate(other, other.labelled)
    np.testing.assert_allclose(found.by_label, expected.by_label[columns], rtol=0, atol=1e-9)
    assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper), abs=1e-9)


def test_more_of_the_same_good_evidence_never_lowers_it_and_narrows_its_interval() -> None:
    # What an example more is worth is taken for much before there are three.
    models = [separated(positives) for positives in range(3, 40)]
    found = [estimate(one, one.labelled) for one in models]
    assert np.all(np.diff([one.mean for one in found]) >= 0)
    assert np.all(np.diff([one.upper - one.lower for one in found]) < 0)
    assert found[-1].mean > 0.97


@pytest.mark.parametrize(("unlabelled", "raised"), [(0, False), (1_900, True)])
def test_picking_hides_how_good_the_model_is_as_long_as_others_are_unlabelled(
    unlabelled: int, *, raised: bool
) -> None:
    """Control documents and picked ones have the same scores and labels, so that they say nothing of it."""
    once = np.array([[0.8], [0.4], [0.2], [0.1], [-0.3], [-0.5], [-0.6], [-0.7], [-0.8], [-0.9]])
    carried = np.array([[1], [0], [1], [1], [0], [1], [0], [0], [0], [0]], dtype=np.bool_)
    scores = np.tile(once, (10 + unlabelled // 10, 1))
    one = model(scores, np.arange(100), np.tile(carried, (10, 1)))
    all_random, a_fifth = estimate(one, one.labelled), estimate(one, one.labelled[:20])
    if raised:
        assert a_fifth.mean > all_random.mean + 0.01
    else:
        assert a_fifth.mean == pytest.approx(all_random.mean, abs=0.001)


def test_tiny_probabilities_in_the_right_order_are_as_good_as_large_ones() -> None:
    """As naive Bayes gives them: a label's documents have 1 in 10,000 each, all others 1 in a million."""
    truth = np.arange(60)[:, np.newaxis] < 20
    tiny = model(2 * np.where(truth, 1e-4, 1e-6) - 1, np.arange(60), truth)
    assert estimate(replace(tiny, log_odds=log_odds), tiny.labelled).mean > 0.97


def test_a_label_nobody_has_put_adds_no_width() -> None:
    seen = separated(20)
    unseen = replace(seen, labels=np.zeros_like(seen.labels))
    found = estimate(unseen, unseen.labelled)
    assert found.lower == found.mean == found.upper
    assert found.mean < 0.2
