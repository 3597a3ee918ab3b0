"""All terms of a text: its words, pairs of words and pieces of words, where the words alone tell too little.

Short texts live on what a list of words drops: "how", "not", endings. Long ones gain from it once thousands
are labelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.corpus import kept
from sim.corpus.features import unit_rows
from sim.errors import PlannerMistakeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.corpus.corpus import Corpus

RECIPE = 1
"""Part of the cache's key: raise it whenever the same texts would give other terms."""
ANY_WORD = r"(?u)\b\w+\b"
PIECES = 30_000
COMMON = 0.1
"""Pieces on more than this share of the documents cost most of the time and tell the least."""


@dataclass(frozen=True, eq=False)
class Terms:
    """TF-IDF of every term, and its projection.

    ``pool`` and ``test`` hold one row a document, of length 1. ``projected_pool`` and ``projected_test``,
    shape ``(documents, components)``, hold the same on its strongest directions, of length 1 again.
    """

    pool: csr_array
    test: csr_array
    projected_pool: NDArray[np.float32]
    projected_test: NDArray[np.float32]


def compute(corpus: Corpus, components: int) -> Terms:
    """Words and pairs of words, and pieces of three and four letters; a truncated SVD of all of them.

    Raises:
        PlannerMistakeError: if the texts share too few words.
    """
    from scipy.sparse import csr_array, hstack
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits

    words = TfidfVectorizer(
        sublinear_tf=True, min_df=2, ngram_range=(1, 2), token_pattern=ANY_WORD, dtype=np.float32
    )
    pieces = TfidfVectorizer(
        sublinear_tf=True,
        min_df=min(3, len(corpus.pool)),
        max_df=max(COMMON, 3 / len(corpus.pool)),
        analyzer="char_wb",
        ngram_range=(3, 4),
        max_features=PIECES,
        dtype=np.float32,
    )
    parts = []
    for vectorizer in (words, pieces):
        try:
            parts.append(
                (vectorizer.fit_transform(corpus.pool.texts), vectorizer.transform(corpus.test.texts))
            )
        except ValueError:  # no term of this kind is in several documents
            continue
    if not parts:
        raise PlannerMistakeError(
            f"{corpus.name}: the texts share no words to learn from; are they in the right column?"
        )
    pool, test = (
        csr_array(hstack(part)) * np.float32(len(parts) ** -0.5) for part in zip(*parts, strict=True)
    )
    width = min(components, min(pool.shape) - 1)
    if width < 1:
        raise PlannerMistakeError(f"{corpus.name}: the texts share too few words to learn from")
    projection = TruncatedSVD(width, n_iter=2, random_state=0)
    with threadpool_limits(1), np.errstate(invalid="ignore"):
        return Terms(
            pool, test, unit_rows(projection.fit_transform(pool)), unit_rows(projection.transform(test))
        )


def ensure(corpus: Corpus, components: int, folder: Path) -> Path:
    """The file in ``folder`` that holds the terms of a corpus; made where it is not there.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def arrays() -> list[NDArray[Any]]:
        terms = compute(corpus, components)
        sparse = [
            array
            for rows in (terms.pool, terms.test)
            for array in (rows.data, rows.indices, rows.indptr, np.array(rows.shape))
        ]
        return [terms.projected_pool, terms.projected_test, *sparse]

    path = kept.place(folder, "terms", corpus.texts_fingerprint, components, RECIPE)
    return kept.ensure(path, arrays)


def read(path: Path) -> Terms:
    """The terms in a file that ``ensure`` has made, memory-mapped."""
    from scipy.sparse import csr_array

    projected_pool, projected_test, *sparse = kept.read(path)
    pool, test = (
        csr_array((data, indices, pointers), shape=tuple(shape))
        for data, indices, pointers, shape in (sparse[:4], sparse[4:])
    )
    return Terms(pool, test, projected_pool.view(np.float32), projected_test.view(np.float32))
