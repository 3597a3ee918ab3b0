"""How difficult described documents may be: their expected curve, and targets within reach."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario.difficulty import BEYOND, HARDEST, expected_map, within_reach
from sim.scenario.models import StandinCorpus
from sim.scenario.quantities import as_number
from sim.scenario.unknown import Belief


def described(**shape: Any) -> StandinCorpus:
    return StandinCorpus.model_validate({"source": "standin", "documents": 4_000, **shape})


@pytest.mark.parametrize(
    "shape", [{}, {"labels": 2, "unevenness": 10}, {"labels": 500, "labels_per_document": 10}]
)
def test_a_model_is_expected_to_be_better_of_more_and_of_easier_documents(shape: dict[str, float]) -> None:
    corpus = described(**shape)
    by_documents = [expected_map(corpus, 0.5, documents) for documents in (1, 50, 400, 4_000, 200_000)]
    by_difficulty = [expected_map(corpus, difficulty, 400) for difficulty in (0.99, 0.9, 0.5, 0.1)]
    for maps in (by_documents, by_difficulty):
        assert maps == sorted(maps)
        assert 0 < maps[0] < maps[-1] < 1


def test_a_model_of_a_label_learns_nothing_but_its_share_from_no_examples() -> None:
    corpus = described(labels=2, unevenness=0, labels_per_document=1)
    assert expected_map(corpus, 0.5, 1e-9) == pytest.approx(0.9 * 0.5, abs=1e-4)
    assert expected_map(corpus, 0, 1e9) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("relevant", "difficulty", "measured"),
    [(0.05, 0.4, 0.964), (0.05, 0.7, 0.855), (0.05, 0.9, 0.31), (0.2, 0.7, 0.927), (0.2, 0.9, 0.66)],
)
def test_of_documents_that_are_screened_the_relevant_ones_are_learned(
    relevant: float, difficulty: float, measured: float
) -> None:
    # Measured on generated documents, 800 random ones of 2,000 labelled.
    corpus = described(documents=2_000, relevant=relevant, words_per_document=100)
    assert expected_map(corpus, difficulty, 800) == pytest.approx(measured, abs=0.08)


@pytest.mark.parametrize("target", [0.5, 0.8, 0.9])
def test_within_reach_a_target_takes_from_a_hundred_to_all_documents(target: float) -> None:
    corpus = described(labels=12, unevenness=1, words_per_document=40)
    belief = Belief(**(within_reach(corpus, target) or {}))

    def expected(probability: float, documents: float) -> float:
        return expected_map(corpus, as_number(belief.quantile(probability)), documents)

    assert expected(1, 4_000) == pytest.approx(target, abs=0.005)
    # In steps of equal ratios: any order of magnitude is as likely as another.
    for probability in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert expected(probability, 100 * 40**probability) == pytest.approx(target, abs=0.03)


def test_the_higher_a_target_the_easier_documents_are_believed_to_be() -> None:
    beliefs = [within_reach(described(), target) or {} for target in (0.9, 0.6, 0.3)]
    assert beliefs == sorted(beliefs, key=lambda belief: belief["triangular"])


def test_of_few_documents_a_tenth_is_few() -> None:
    corpus = described(documents=200, test_documents=200)
    least, _, most = (within_reach(corpus, 0.6) or {})["triangular"]
    easiest = (least + BEYOND * most) / (1 + BEYOND)
    assert expected_map(corpus, easiest, 20) == pytest.approx(0.6, abs=0.005)


def test_what_no_documents_reach_or_any_do_says_nothing() -> None:
    assert within_reach(described(labels=150, unevenness=0, documents=200, test_documents=200), 1.0) is None
    assert within_reach(described(labels=2, unevenness=0), 0.01) is None
    assert expected_map(described(labels=2, unevenness=0), HARDEST, 100) > 0.01
