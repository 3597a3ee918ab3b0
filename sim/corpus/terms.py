"""All terms of a text: its words, pairs of words and pieces of words, where the words alone tell too little.

Short texts live on what a list of words drops: "how", "not", endings. Long ones gain from it once thousands
are labelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from sim.corpus import features, kept
from sim.corpus.features import unit_rows
from sim.errors import PlannerMistakeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.corpus.corpus import Corpus
    from sim.corpus.features import Features

Matrix = TypeVar("Matrix")
RECIPE = 2
"""Part of the cache's key: raise it whenever the same texts would give other terms."""
ANY_WORD = r"(?u)\b\w+\b"
PIECES = 30_000
COMMON = 0.1
"""Pieces on more than this share of the documents cost most of the time and tell the least."""


@dataclass(frozen=True, eq=False)
class Rows(Generic[Matrix]):
    """One row a document, of length 1 (or 0: nothing that the pool's documents share)."""

    pool: Matrix
    test: Matrix


@dataclass(frozen=True, eq=False)
class Terms:
    """Three views of a text."""

    every: Rows[csr_array]
    """TF-IDF of every term."""
    strongest: Rows[NDArray[np.float32]]
    """The same on its strongest directions, shape ``(documents, components)``."""
    with_words: Rows[NDArray[np.float32]]
    """The strongest directions of these and of the words' features side by side, as many."""


def compute(corpus: Corpus, words: Features, components: int) -> Terms:
    """Words and pairs of words, and pieces of three and four letters; truncated SVDs of them.

    Raises:
        PlannerMistakeError: if the texts share too few words.
    """
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    every = _every(corpus)
    width = min(components, min(every.pool.shape) - 1)
    if width < 1:
        raise PlannerMistakeError(f"{corpus.name}: the texts share too few words to learn from")
    projection = TruncatedSVD(width, n_iter=2, random_state=0)
    with threadpool_limits(1), np.errstate(invalid="ignore"):
        strongest = Rows(
            unit_rows(projection.fit_transform(every.pool)), unit_rows(projection.transform(every.test))
        )
        return Terms(every, strongest, _side_by_side(words, strongest, width))


def _every(corpus: Corpus) -> Rows[csr_array]:
    from scipy.sparse import csr_array, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

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
    return Rows(pool, test)


def _side_by_side(
    words: Features, strongest: Rows[NDArray[np.float32]], width: int
) -> Rows[NDArray[np.float32]]:
    """Both halves counting the same, on the ``width`` strongest directions of the pool's rows."""
    pool, test = (
        np.hstack([features.without_constant(of_words), of_terms])
        for of_words, of_terms in ((words.pool, strongest.pool), (words.test, strongest.test))
    )
    # The last eigenvectors are those of the largest eigenvalues.
    directions = np.linalg.eigh((pool.T @ pool).astype(np.float64))[1][:, -width:].astype(np.float32)
    return Rows(unit_rows(pool @ directions), unit_rows(test @ directions))


def ensure(corpus: Corpus, components: int, folder: Path) -> Path:
    """The file in ``folder`` that holds the terms of a corpus; made where it is not there.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def arrays() -> list[NDArray[Any]]:
        terms = compute(corpus, features.load_or_compute(corpus, components, folder), components)
        dense = [rows for view in (terms.strongest, terms.with_words) for rows in (view.pool, view.test)]
        sparse = [
            array
            for rows in (terms.every.pool, terms.every.test)
            for array in (rows.data, rows.indices, rows.indptr, np.array(rows.shape))
        ]
        return [*dense, *sparse]

    depends_on = corpus.texts_fingerprint, components, RECIPE, features.RECIPE
    return kept.ensure(kept.place(folder, "terms", *depends_on), arrays)


def read(path: Path) -> Terms:
    """The terms in a file that ``ensure`` has made, memory-mapped."""
    from scipy.sparse import csr_array

    arrays = kept.read(path)
    strongest, with_words = (
        Rows(pool.view(np.float32), test.view(np.float32)) for pool, test in (arrays[:2], arrays[2:4])
    )
    pool, test = (
        csr_array((data, indices, pointers), shape=tuple(shape))
        for data, indices, pointers, shape in (arrays[4:8], arrays[8:])
    )
    return Terms(Rows(pool, test), strongest, with_words)
