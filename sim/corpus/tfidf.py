"""Word features: TF-IDF, projected on its strongest directions by a truncated SVD.

The projection is fitted on the pool's texts without labels, which a project has once its documents are
collected.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING

import numpy as np

from sim.core import advance
from sim.core.errors import PlannerMistakeError
from sim.corpus import cache, tokens
from sim.corpus.dimensionality_reduction import count_components, truncated_svd, unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.corpus.documents import Corpus

RECIPE = 4
"""Part of the cache's key: raise it whenever the same texts would give other features."""


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
    with advance.part(0, 0.2):
        pool, test = sparse_rows(corpus)
    width = count_components(corpus, pool, components)
    with advance.part(0.2, 1):
        # As many powers as scikit-learn's TruncatedSVD makes by default.
        strongest = truncated_svd(pool, test, width, powers=5)
    return Features(*(with_constant(unit_rows(rows)) for rows in strongest))


def sparse_rows(corpus: Corpus) -> tuple[csr_array, csr_array]:
    """Compute the TF-IDF of words of the pool and of the test documents.

    Raises:
        PlannerMistakeError: if the texts share no words.
    """
    # Imported here, because features that are kept are read without it.
    from sim.corpus import term_counts

    split = tokens.words_and_codes if tokens.hold_mostly_codes(corpus.pool.texts) else tokens.words_of_letters
    stop_words = _stop_words()
    strings, pool = corpus.strings, len(corpus.pool)
    advance.to(0.5)
    words = term_counts.Parts.from_texts(
        strings.distinct, lambda string: [word for word in split(string) if word not in stop_words]
    )
    counts = term_counts.choose(strings.counts @ words.counts, pool, fewest=2)
    if not counts.nnz:
        raise PlannerMistakeError(
            f"{corpus.name}: the texts share no words to learn from; are they in the right column?"
        )
    rows = term_counts.weigh(counts, pool)
    return rows[:pool], rows[pool:]


def _stop_words() -> frozenset[str]:
    """Read the English stop words of scikit-learn, which is imported as a last resort: it takes a second."""
    with suppress(AttributeError, OSError, KeyError):
        package = Path(find_spec("sklearn").origin).parent  # type: ignore[union-attr, arg-type]
        # Run by its path: importing the package of that file would import all of scikit-learn.
        words: frozenset[str] = run_path(str(package / "feature_extraction" / "_stop_words.py"))[
            "ENGLISH_STOP_WORDS"
        ]
        return words
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def with_constant(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Append a constant column of ones to TF-IDF features."""
    # A feature like any other, whose weight is penalised too: models have no intercept beside it.
    return np.hstack([rows, np.ones((len(rows), 1))])


def load_or_compute(corpus: Corpus, components: int, folder: Path) -> Features:
    """Read the TF-IDF features of a corpus from the cache in ``folder``, computed where they are missing.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    return read(get_or_compute(corpus, components, folder))


def get_or_compute(corpus: Corpus, components: int, folder: Path) -> Path:
    """Compute the TF-IDF features of a corpus where the cache in ``folder`` lacks them; return their path.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def arrays() -> dict[str, NDArray[np.float64]]:
        """Compute the features of the pool and the test documents by name."""
        features = compute(corpus, components)
        return {"pool": features.pool, "test": features.test}

    return cache.get_or_compute(cache_path(corpus, components, folder), arrays)


def read(path: Path) -> Features:
    """Read a corpus's TF-IDF features from a cache entry, memory-mapped."""
    return Features(**cache.read(path))


def count_featureless(path: Path) -> int:
    """Count the documents of a cache entry that have no TF-IDF features but the constant."""
    found = read(path)
    return count_zero_rows(found.pool[:, :-1], found.test[:, :-1])


def count_zero_rows(*parts: NDArray[np.floating]) -> int:
    """Count the rows of features, TF-IDF or other, that are zero throughout."""
    return sum(int((~rows.any(axis=1)).sum()) for rows in parts)


def cache_path(corpus: Corpus, components: int, folder: Path) -> Path:
    """Return the path of a corpus's TF-IDF features in the cache."""
    return cache.entry_path(folder, "features", corpus.texts_fingerprint, components, RECIPE)
