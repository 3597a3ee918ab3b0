"""Texts and their features as any classifier gets them: out of the cache as they went in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.corpus import classifier_features, tfidf
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = tiny_corpus(documents=40)


def test_texts_and_features_come_back_from_the_cache(tmp_path: Path) -> None:
    odd = ["", "día — 日本語", "a lone \ud800 surrogate", *CORPUS.pool.texts[3:]]
    corpus = replace(CORPUS, pool=replace(CORPUS.pool, texts=odd))
    path = classifier_features.get_or_compute(corpus, 8, tmp_path)
    found = classifier_features.read(path)
    pool, test = found.texts
    assert pool.tolist() == odd
    assert test.tolist() == corpus.test.texts
    for ours, theirs in zip(found.words, tfidf.sparse_rows(corpus), strict=True):
        np.testing.assert_array_equal(ours.toarray(), theirs.toarray())
        assert ours.indices.dtype == ours.indptr.dtype == np.int32
    directions = tfidf.compute(corpus, 8)
    np.testing.assert_array_equal(found.directions.pool, directions.pool)
    np.testing.assert_array_equal(found.directions.test, directions.test)
    assert classifier_features.count_featureless(path) == 3
