"""Documents, their words and their fingerprints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.corpus.documents import Corpus, Documents, most_frequent
from support.corpora import tiny_corpus


def two_documents(**changes: object) -> Corpus:
    documents = Documents(["a", "b"], ["one two", "three"], np.eye(2, dtype=np.bool_), np.array([1.0, 2.0]))
    return Corpus("two", ["x", "y"], replace(documents, **changes), documents)  # type: ignore[arg-type]


def test_words_are_counted_between_spaces() -> None:
    documents = Documents(["a", "b"], ["one  two\nthree", ""], np.zeros((2, 1), dtype=np.bool_))

    assert documents.words.tolist() == [3, 0]


def test_the_same_documents_have_the_same_fingerprint_whatever_they_are_called() -> None:
    corpus = two_documents()

    assert two_documents().fingerprint == corpus.fingerprint
    assert replace(corpus, name="other", notes=["moved"]).fingerprint == corpus.fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"ids": ["a", "c"]},
        {"ids": ["ab", ""]},
        {"texts": ["one", "two three"]},
        {"texts": ["one two\0three", ""]},
        {"labels": np.ones((2, 2), dtype=np.bool_)},
        {"times": np.array([2.0, 1.0])},
        {"times": None},
    ],
)
def test_other_documents_have_another_fingerprint(changes: dict[str, object]) -> None:
    assert two_documents(**changes).fingerprint != two_documents().fingerprint


def test_pool_and_test_documents_are_told_apart() -> None:
    corpus = tiny_corpus()
    swapped = replace(corpus, pool=corpus.test, test=corpus.pool)

    assert swapped.fingerprint != corpus.fingerprint
    assert swapped.texts_fingerprint != corpus.texts_fingerprint


def test_fingerprint_of_texts_depends_on_nothing_else() -> None:
    corpus = two_documents()

    assert two_documents(ids=["c", "d"], times=None).texts_fingerprint == corpus.texts_fingerprint
    assert two_documents(texts=["one", "two three"]).texts_fingerprint != corpus.texts_fingerprint


def test_documents_without_texts_keep_words_and_fingerprint() -> None:
    corpus = tiny_corpus()
    bare = corpus.without_texts

    assert bare.pool.words.tolist() == corpus.pool.words.tolist()
    assert bare.fingerprint == corpus.fingerprint
    assert not any(bare.pool.texts)
    assert not any(bare.test.texts)


def test_most_frequent_labels_come_first_and_ties_by_name() -> None:
    carried = np.array([[1, 0, 1, 1], [1, 1, 1, 0]], dtype=np.bool_)

    assert most_frequent(["d", "c", "a", "b"], carried, 3) == [2, 0, 3]
