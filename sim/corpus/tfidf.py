"""Word features: TF-IDF, projected on its strongest directions by a truncated SVD.

The projection is fitted on the pool's texts without labels, which a project has once its documents are
collected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sim.core.errors import PlannerMistakeError
from sim.corpus import cache, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus

Number = TypeVar("Number", np.float32, np.float64)
RECIPE = 3
"""Part of the cache's key: raise it whenever the same texts would give other features."""
NOTHING = 1e-9
"""A projected row shorter than this is rounding, not words."""


@dataclass(frozen=True, eq=False)
class Features:
    """TF-IDF features of a corpus: unit rows and a constant, shape ``(documents, components + 1)``."""

    pool: NDArray[np.float64]
    test: NDArray[np.float64]


def compute(corpus: Corpus, components: int) -> Features:
    """Compute a corpus's features: TF-IDF of words, then a truncated SVD (at most ``components``), unit rows.

    Words have two letters or more. In texts with hardly any words, numbers, identifiers and symbols count as
    well. A document that has none of the words of the pool keeps the constant alone.

    Raises:
        PlannerMistakeError: if the texts share too few words.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits

    codes = tokens.hold_mostly_codes(corpus.pool.texts)
    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        min_df=2,
        stop_words="english",
        preprocessor=tokens.normalized,
        tokenizer=tokens.words_and_codes if codes else tokens.words_of_letters,
        token_pattern=None,
    )
    # One thread, so that the last bits do not depend on how many cores there are. Where all texts are the
    # same, scikit-learn divides by their variance, none, to explain shares of it that nobody asks for.
    with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
        try:
            pool = vectorizer.fit_transform(corpus.pool.texts)
        except ValueError as error:
            raise PlannerMistakeError(
                f"{corpus.name}: the texts share no words to learn from; are they in the right column?"
            ) from error
        width = min(components, min(pool.shape) - 1)
        if width < 1:
            raise PlannerMistakeError(f"{corpus.name}: the texts share too few words to learn from")
        projection = TruncatedSVD(width, n_iter=5, random_state=0)
        return Features(
            with_constant(unit_rows(projection.fit_transform(pool))),
            with_constant(unit_rows(projection.transform(vectorizer.transform(corpus.test.texts)))),
        )


def unit_rows(rows: NDArray[Number]) -> NDArray[Number]:
    """Scale rows of features to length 1; rows that hold nothing but rounding errors become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[Number] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return scaled


def with_constant(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Append a constant column of ones to features."""
    return np.hstack([rows, np.ones((len(rows), 1))])


def without_constant(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Drop the constant column of features, and convert them to single precision."""
    return rows[:, :-1].astype(np.float32)


def load_or_compute(corpus: Corpus, components: int, folder: Path) -> Features:
    """Read the features of a corpus from the cache in ``folder``, computed where they are missing.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    return read(get_or_compute(corpus, components, folder))


def get_or_compute(corpus: Corpus, components: int, folder: Path) -> Path:
    """Compute the features of a corpus where the cache in ``folder`` lacks them; return their path.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def arrays() -> dict[str, NDArray[np.float64]]:
        """Compute the features of the pool and the test documents by name."""
        features = compute(corpus, components)
        return {"pool": features.pool, "test": features.test}

    return cache.get_or_compute(cache_path(corpus, components, folder), arrays)


def read(path: Path) -> Features:
    """Read a corpus's features from a cache entry, memory-mapped."""
    return Features(**cache.read(path))


def blank(path: Path) -> int:
    """Count the documents of a cache entry that have no features but the constant."""
    found = read(path)
    return empty(found.pool[:, :-1]) + empty(found.test[:, :-1])


def empty(rows: NDArray[np.floating]) -> int:
    """Count the rows of features that are zero throughout."""
    return int((~rows.any(axis=1)).sum())


def cache_path(corpus: Corpus, components: int, folder: Path) -> Path:
    """Return the path of a corpus's features in the cache."""
    return cache.entry_path(folder, "features", corpus.texts_fingerprint, components, RECIPE)
