"""Generated documents: of the described shape, the same everywhere, and as hard to learn as Reuters."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from sim.core.errors import PlannerMistakeError
from sim.corpus import tfidf
from sim.corpus.synthetic import PARENTS, PUBLISHED, estimate_unevenness, generate, shares
from sim.learning.ridge_learner import Ridge
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from sim.corpus.documents import Corpus


def described(**shape: Any) -> StandinCorpus:
    return StandinCorpus.model_validate({"source": "standin", **shape})


@pytest.fixture(name="standin", scope="module")
def _standin() -> Corpus:
    return generate(described())


def test_it_has_the_size_and_the_labels_of_reuters(standin: Corpus) -> None:
    assert len(standin.pool) == 7_114
    assert len(standin.test) == 2_735
    assert list(standin.label_names) == list(PUBLISHED)
    assert standin.stand_in


def test_labels_are_as_frequent_as_published(standin: Corpus) -> None:
    found = standin.pool.labels.sum(axis=0) + standin.test.labels.sum(axis=0)
    published = np.array(list(PUBLISHED.values()))
    # Published counts are of documents with any of 90 labels: those with none of these 20 are not here.
    scaled = published * found.sum() / published.sum()
    assert np.abs(found / scaled - 1).max() < 0.1


def test_labels_come_together_as_those_of_reuters_do(standin: Corpus) -> None:
    per_document = standin.pool.labels.sum(axis=1)
    assert per_document.mean() == pytest.approx(1.16, abs=0.01)
    assert np.sort(per_document)[-1_750:].mean() == pytest.approx(1.65, abs=0.03)
    for child, parent in PARENTS.items():
        carried = standin.pool.labels[standin.pool.labels[:, standin.label_names.index(child)]]
        assert carried[:, standin.label_names.index(parent)].mean() > 0.75


def test_texts_are_as_long_and_as_skewed_as_newswire(standin: Corpus) -> None:
    words = standin.pool.words
    assert words.mean() == pytest.approx(130, rel=0.05)
    assert np.median(words) == pytest.approx(80, rel=0.06)


def test_most_words_are_rare_and_few_make_most_of_the_text(standin: Corpus) -> None:
    """Published: Reuters' texts have some 24,000 words, of which about half occur in one document alone."""
    words, counts = np.unique(" ".join(standin.pool.texts).split(), return_counts=True)
    assert len(words) == pytest.approx(24_000, rel=0.1)
    assert np.sort(counts)[-100:].sum() > 0.35 * counts.sum()
    assert 0.3 < np.mean(counts == 1) < 0.6


def test_it_is_the_same_in_every_process() -> None:
    shape = described(documents=300, test_documents=100, labels=5)
    program = (
        "from sim.corpus.synthetic import generate; from sim.scenario.models import StandinCorpus;"
        "shape = {'source': 'standin', 'documents': 300, 'test_documents': 100, 'labels': 5};"
        "print(generate(StandinCorpus.model_validate(shape)).fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == generate(shape).fingerprint


@given(
    documents=some.integers(10, 400),
    test_documents=some.integers(10, 200),
    labels=some.integers(2, 60),
    unevenness=some.none() | some.floats(0, 10),
    labels_per_document=some.floats(1, 10),
    words_per_document=some.floats(3, 60),
    difficulty=some.floats(0, 1),
    density=some.none() | some.floats(0.01, 3),
)
@example(
    documents=40,
    test_documents=45,
    labels=4,
    unevenness=2.838,
    labels_per_document=1.5,
    words_per_document=13.06,
    difficulty=0.5,
    density=None,
)
@settings(max_examples=60)
def test_any_shape_can_be_had_or_says_why_not(**shape: Any) -> None:
    config = described(**shape)
    if min(config.documents, config.test_documents) < config.labels:
        with pytest.raises(PlannerMistakeError, match="need at least as many documents"):
            generate(config)
        return
    if config.labels_per_document > config.labels:
        with pytest.raises(PlannerMistakeError, match="are more than the"):
            generate(config)
        return
    corpus = generate(config)
    assert len(corpus.pool) == config.documents
    assert len(corpus.test) == config.test_documents
    assert len(corpus.label_names) == config.labels
    for part in (corpus.pool, corpus.test):
        assert part.labels.any(axis=1).all(), "a document without a label"
        assert part.labels.any(axis=0).all(), "a label without a document"
        assert len(set(part.ids)) == len(part)
        assert part.words.min() >= 3


@pytest.mark.parametrize(
    "shape",
    [
        {"labels": 10, "unevenness": 0, "labels_per_document": 1},
        {"labels": 10, "unevenness": 0, "labels_per_document": 2.5},
        {"labels": 50, "unevenness": 1, "labels_per_document": 1.3},
        {"labels": 40, "labels_per_document": 1.16},
        {"labels": 20, "labels_per_document": 4},
    ],
)
def test_labels_a_document_are_as_many_as_described(shape: dict[str, float]) -> None:
    config = described(documents=4_000, test_documents=1_000, **shape)
    corpus = generate(config)
    labels = np.concatenate([corpus.pool.labels, corpus.test.labels])
    assert labels.sum() == round(config.labels_per_document * 5_000)
    assert labels.mean(axis=0) == pytest.approx(shares(config), abs=0.003)


class TestDensity:
    def test_people_read_other_words_than_a_model_learns_from(self) -> None:
        read, written = [], []
        for density in (None, 0.5, 4):
            shape = {"documents": 2_000, "test_documents": 50, "labels": 3, "words_per_document": 20}
            corpus = generate(described(density=density, **shape))
            read.append(corpus.pool.words)
            written.append(np.mean([len(text.split()) for text in corpus.pool.texts]))
        assert read[0].mean() == pytest.approx(20, rel=0.05)
        assert (read[0] == read[1]).all()
        assert (read[0] == read[2]).all()
        # Texts have three words at least.
        assert np.array(written) / 20 == pytest.approx([(130 / 20) ** 0.8, 0.52, 4], rel=0.08)

    def test_words_to_read_are_part_of_the_fingerprint(self) -> None:
        shape = {"documents": 30, "test_documents": 20, "labels": 2, "words_per_document": 4}
        corpus = generate(described(density=1, **shape))
        longer = replace(corpus, pool=replace(corpus.pool, words_to_read=corpus.pool.words + 1))
        assert longer.fingerprint != corpus.fingerprint
        assert longer.texts_fingerprint == corpus.texts_fingerprint

    def test_too_long_texts_are_refused(self) -> None:
        with pytest.raises(ValidationError, match="more than 2,000 words a document"):
            described(words_per_document=1_000, density=3)


class TestUnevenness:
    def test_of_two_labels_is_the_binary_logarithm_of_their_ratio(self) -> None:
        for rare in (0.001, 0.05, 0.5):
            first = np.arange(100_000) < 100_000 * (1 - rare)
            found = estimate_unevenness(np.column_stack([first, ~first]))
            assert found == pytest.approx(np.log2((1 - rare) / rare), abs=0.02)

    @pytest.mark.parametrize("unevenness", [0, 0.5, 1, 2])
    def test_of_a_hundred_documents_is_right_on_average(self, unevenness: float) -> None:
        shape = {"labels": 40, "unevenness": unevenness, "labels_per_document": 1.5, "words_per_document": 3}
        labels = generate(described(documents=2_000, test_documents=100, **shape)).pool.labels
        rng = np.random.default_rng(1)
        found = [estimate_unevenness(labels[rng.choice(len(labels), 100)]) for _ in range(20)]
        # None is below 0, so that of even labels the mean is above it; sorted counts would say .7 of them.
        assert np.mean(found) == pytest.approx(unevenness, abs=0.15 if unevenness == 0 else 0.1)

    def test_of_no_documents_is_none(self) -> None:
        assert estimate_unevenness(np.zeros((1, 3), dtype=np.bool_)) == 0


@pytest.mark.slow
def test_the_more_difficult_the_slower_to_learn() -> None:
    maps = []
    for difficulty in (0, 0.25, 0.5, 0.75, 1):
        corpus = generate(described(documents=1_500, test_documents=700, labels=10, difficulty=difficulty))
        learner = Ridge(corpus, tfidf.compute(corpus, 64), 1.0)
        maps.append(learner.train(np.arange(300)).map)
    assert maps == sorted(maps, reverse=True)
    assert maps[0] > 0.95
    assert maps[-1] < 0.3
