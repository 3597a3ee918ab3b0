"""The estimate of average precision: its arithmetic, and how near the truth it comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.corpus import synthetic, tfidf
from sim.learning.quality_on_test_documents import average_precisions
from sim.learning.rating.performance import estimate, expected_average_precision, plain_estimate
from sim.learning.ridge_learner import ARTICLE, Ridge
from sim.scenario.models import StandinCorpus

scored = some.dictionaries(some.floats(-1, 1), some.booleans(), min_size=1, max_size=30)
"""Whether a label is on documents, by their scores."""


def expected(probabilities: list[float], counts: list[int]) -> float:
    """Of one label."""
    (found,) = expected_average_precision(np.array([probabilities]), np.array([counts], dtype=np.float64))
    return float(found)


def test_expected_average_precision_of_three_documents() -> None:
    """Probabilities of 1, .5 and 0 from the top: (1 * 1 + .5 * (1 + 1) / 2 + 0) / 1.5 = 1."""
    assert expected([1, 0.5, 0], [1, 1, 1]) == pytest.approx(1)


def test_a_positive_below_doubtful_ones() -> None:
    """Probabilities of .5, 0 and 1 from the top: (.5 * 1 / 1 + 0 + 1 * (1 + .5) / 3) / 1.5 = 2 / 3."""
    assert expected([0.5, 0, 1], [1, 1, 1]) == pytest.approx(2 / 3)


def test_documents_of_one_group_are_equal() -> None:
    """Three at .5, two sure ones below: (1.5 * (1 + 2 * .5) / 3 + 2 * (1 + 1 + 1.5) / 5) / 3.5."""
    assert expected([0.5, 0, 1], [3, 0, 2]) == pytest.approx((1 + 1.4) / 3.5)


@given(scored)
def test_with_labels_that_are_known_it_is_average_precision(documents: dict[float, bool]) -> None:
    scores = np.array(sorted(documents, reverse=True))
    truth = np.array([documents[score] for score in scores])
    (found,) = np.nan_to_num(average_precisions(truth[:, np.newaxis], scores[:, np.newaxis]))
    assert expected(truth.tolist(), [1] * len(truth)) == pytest.approx(found)


@pytest.mark.parametrize("labelled", [1, 20, 300])
def test_every_estimate_is_a_share_and_the_interval_is_around_their_mean(labelled: int) -> None:
    corpus = synthetic.generate(StandinCorpus(source="standin", documents=300, test_documents=50))
    learner = Ridge(corpus, tfidf.compute(corpus, 64), ARTICLE)
    found = estimate(learner.train(np.arange(labelled)).predictions(), np.arange(min(labelled, 100)))
    assert found.by_label.shape == (20,)
    assert np.all((found.by_label >= 0) & (found.by_label <= 1))
    assert 0 <= found.lower <= found.mean <= found.upper <= 1


def test_a_slow_learner_of_frequent_labels_is_not_taken_for_a_bad_one() -> None:
    """A document left out takes its labels' frequency along, which is most of what such a model knows."""
    documents = StandinCorpus(source="standin", documents=600, test_documents=400, labels=2, difficulty=0.9)
    corpus = synthetic.generate(documents)
    model = Ridge(corpus, tfidf.compute(corpus, 32), ARTICLE).train(np.arange(40))
    by_plain = plain_estimate(model.predictions(), np.arange(40))
    assert by_plain.mean < model.map - 0.15
    assert estimate(model.predictions(), np.arange(40)).mean == pytest.approx(model.map, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("picked", ["at random", "for their labels"])
def test_it_comes_near_the_truth_however_documents_were_picked(picked: str) -> None:
    """700 documents, of which half may have been picked for carrying one of the rarer labels."""
    corpus = synthetic.generate(
        StandinCorpus(source="standin", documents=3_000, test_documents=1_500, labels=8)
    )
    order = np.random.default_rng(0).permutation(3_000)
    if picked == "for their labels":
        rare = np.atleast_1d(corpus.pool.labels[:, 2:].any(axis=1))
        order = np.concatenate([order[:350], [row for row in order[350:] if rare[row]][:350]])
    model = Ridge(corpus, tfidf.compute(corpus, 128), ARTICLE).train(order[:700])
    found = estimate(model.predictions(), order[:350])
    assert found.mean == pytest.approx(model.map, abs=0.03)
    assert found.lower < model.map < found.upper
