"""What the learner sees of a text: TF-IDF, projected on its strongest directions.

The projection is made of the pool's texts and no label, as a project may that has collected its documents.
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
    """Rows of length 1 and a constant: ``pool`` and ``test`` have shape ``(documents, components + 1)``."""

    pool: NDArray[np.float64]
    test: NDArray[np.float64]


def compute(corpus: Corpus, components: int) -> Features:
    """TF-IDF of words of two letters and more, then a truncated SVD (at most ``components``), unit rows.

    Where texts hold hardly any of these, what else they hold counts as well: numbers, identifiers, symbols.
    A document that has none of the words of the pool keeps the constant alone.

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
    """Rows scaled to length 1; one that is nothing but rounding becomes zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[Number] = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return scaled


def with_constant(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows with a 1 at their end."""
    return np.hstack([rows, np.ones((len(rows), 1))])


def without_constant(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows as ``with_constant`` has not seen them, in single precision."""
    return rows[:, :-1].astype(np.float32)


def load_or_compute(corpus: Corpus, components: int, folder: Path) -> Features:
    """The features of a corpus from ``folder``, memory-mapped; computed and kept there where they are not.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    return read(ensure(corpus, components, folder))


def ensure(corpus: Corpus, components: int, folder: Path) -> Path:
    """The folder in ``folder`` that holds the features of a corpus; made where it is not there.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def both() -> dict[str, NDArray[np.float64]]:
        features = compute(corpus, components)
        return {"pool": features.pool, "test": features.test}

    return cache.ensure(cache_path(corpus, components, folder), both)


def read(path: Path) -> Features:
    """The features in a folder that ``ensure`` has made, memory-mapped."""
    return Features(**cache.read(path))


def blank(path: Path) -> int:
    """How many documents have the constant alone, by a folder that ``ensure`` has made."""
    found = read(path)
    return empty(found.pool[:, :-1]) + empty(found.test[:, :-1])


def empty(rows: NDArray[np.floating]) -> int:
    """How many rows are zero throughout."""
    return int((~rows.any(axis=1)).sum())


def cache_path(corpus: Corpus, components: int, folder: Path) -> Path:
    """Where the features of this corpus under these settings are kept."""
    return cache.place(folder, "features", corpus.texts_fingerprint, components, RECIPE)
