"""The learners on Reuters, in one file: what they see of it takes long to compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.annotation.error_model import confusable_labels
from sim.corpus import ngrams, synthetic, tfidf
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.kernel_ridge_learner import EVERY_TERM_FROM, KernelRidge
from sim.learning.quality_on_test_documents import average_precisions
from sim.learning.ridge_learner import ARTICLE, Ridge
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.corpus.documents import Corpus
    from sim.corpus.ngrams import Terms
    from sim.corpus.tfidf import Features
    from sim.learning.learner import Learner

pytestmark = [pytest.mark.reuters, pytest.mark.slow]


@pytest.fixture(scope="module", name="terms")
def _terms(reuters: Corpus, cache: Path) -> Terms:
    """What the strong learner sees of them besides."""
    return ngrams.read(ngrams.get_or_compute(reuters, 512, cache))


@pytest.fixture(scope="module", name="standin")
def _standin() -> Corpus:
    return synthetic.generate(StandinCorpus(source="standin"))


def test_the_strong_learner_learns_fast_and_knows_how_well(reuters: Corpus, terms: Terms) -> None:
    strong = KernelRidge(reuters, terms)
    order = np.random.default_rng(0).permutation(len(reuters.pool))
    assert strong.train(order[:1_000]).map > 0.87
    many = strong.train(order[: 2 * EVERY_TERM_FROM])
    assert many.map > 0.895
    estimated = np.nanmean(average_precisions(reuters.pool.labels[many.labelled], many.leave_one_out))
    assert many.map == pytest.approx(float(estimated), abs=0.04)


def test_both_learners_take_the_same_labels_for_each_other(
    reuters: Corpus, reuters_features: Features, terms: Terms
) -> None:
    names = np.array(reuters.label_names)
    for features in (reuters_features.pool, terms.directions_with_words.pool):
        first = names[confusable_labels(reuters.pool, GramAccumulator(features))[:, 0]]
        found = dict(zip(names.tolist(), first.tolist(), strict=True))
        assert {label: found[label] for label in ("interest", "dlr", "wheat", "corn", "soybean", "gnp")} == {
            "interest": "money-fx",
            "dlr": "money-fx",
            "wheat": "grain",
            "corn": "grain",
            "soybean": "oilseed",
            "gnp": "trade",
        }


def random_curve(learner: Learner, documents: int, sizes: Sequence[int], orders: int) -> list[float]:
    """Mean MAP after so many documents in as many random orders."""
    shuffled = [np.random.default_rng(seed).permutation(documents) for seed in range(orders)]
    maps = [[learner.train(order[:size]).map for size in sizes] for order in shuffled]
    means: list[float] = np.mean(maps, axis=0).tolist()
    return means


def test_the_articles_learner_learns_the_stand_in_as_it_does_reuters(
    standin: Corpus, reuters: Corpus, reuters_features: Features
) -> None:
    standin_features, sizes = tfidf.compute(standin, 512), (100, 500, 1_000, 4_100)
    found = random_curve(Ridge(standin, standin_features, ARTICLE), len(standin.pool), sizes, 4)
    expected = random_curve(Ridge(reuters, reuters_features, ARTICLE), len(reuters.pool), sizes, 4)
    assert found == pytest.approx(expected, abs=0.05)


def test_the_strong_learner_learns_the_stand_in_as_it_does_reuters(
    standin: Corpus,
    reuters: Corpus,
    terms: Terms,
    cache: Path,
) -> None:
    sizes = (100, 500, 1_000)
    standin_terms = ngrams.read(ngrams.get_or_compute(standin, 512, cache))
    learner = KernelRidge(standin, standin_terms)
    found = random_curve(learner, len(standin.pool), sizes, 2)
    learner = KernelRidge(reuters, terms)
    assert found == pytest.approx(random_curve(learner, len(reuters.pool), sizes, 2), abs=0.05)
