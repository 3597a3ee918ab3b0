"""N-gram features: words, pairs of words and pieces of words, where words alone are not enough.

Short texts live on what a list of words drops: "how", "not", endings. Long ones gain from it once thousands
are labelled.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from sim.core import advance
from sim.core.errors import PlannerMistakeError
from sim.corpus import cache, term_counts, tfidf, tokens
from sim.corpus.dimensionality_reduction import (
    ROWS,
    ByTerm,
    count_components,
    kernel_pca,
    truncated_svd,
    unit_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.corpus.documents import Corpus

Matrix = TypeVar("Matrix")
RECIPE = 7
"""Part of the cache's key: raise it whenever the same texts would give other terms."""
EMBEDDINGS_RECIPE = 1
"""The same of embeddings: raise it whenever they would give other features."""
EMBEDDINGS = ("embeddings_pool", "embeddings_test")
PIECES = 30_000
COMMONEST = 32_000
"""Maximum number of n-grams, those in the most documents, whose strongest directions are found."""
COMMON = 0.1
"""Pieces in more than this share of the documents cost most of the time and are the least informative."""


@dataclass(frozen=True, eq=False)
class Rows(Generic[Matrix]):
    """Features of the pool and the test documents: rows of length 1, or 0 without terms of the pool."""

    pool: Matrix
    test: Matrix


@dataclass(frozen=True, eq=False)
class Terms:
    """N-gram features of a corpus, in three views, and of its embeddings where it has some."""

    all_terms: Rows[ByTerm]
    """TF-IDF of every term."""
    all_terms_by_document: csr_array
    """TF-IDF of the pool once more, by document, to take rows from."""
    directions: Rows[NDArray[np.float32]]
    """Truncated SVD of the commonest, shape ``(documents, components)``."""
    directions_with_words: Rows[NDArray[np.float32]]
    """Truncated SVD of this and of the words' own side by side, of the same shape."""
    embeddings: Rows[NDArray[np.float32]] | None = None
    """Strongest directions of embeddings, shape ``(documents, components)``."""


def compute(corpus: Corpus, components: int) -> Terms:
    """Compute n-gram features: TF-IDF of words, word pairs and pieces of 3 and 4 letters, and their SVDs.

    Raises:
        PlannerMistakeError: if the texts share too few words.
    """
    words = _svd(corpus, *tfidf.sparse_rows(corpus), components)
    return _project(corpus, *sparse_rows(corpus), words, components)


def _project(
    corpus: Corpus, pool: csr_array, test: csr_array, words: Rows[NDArray[np.float32]], components: int
) -> Terms:
    """Compute n-gram features from the TF-IDF of all n-grams, and from the SVD of words: their SVDs."""
    with advance.part(0, 0.9):
        directions = _svd(corpus, *commonest(pool, test), components)
    all_terms = Rows(ByTerm.from_rows(pool), ByTerm.from_rows(test))
    with threadpool_limits(1):
        return Terms(all_terms, pool, directions, _joint_svd(words, directions))


def _svd(corpus: Corpus, pool: csr_array, test: csr_array, components: int) -> Rows[NDArray[np.float32]]:
    """Project TF-IDF on its strongest directions, in rows of length 1."""
    width = count_components(corpus, pool, components)
    # More powers make the directions more exact, but models no better.
    strongest = truncated_svd(pool.astype(np.float32), test.astype(np.float32), width, powers=1)
    return Rows(*map(unit_rows, strongest))


def commonest(pool: csr_array, test: csr_array) -> tuple[csr_array, csr_array]:
    """Choose the terms that are in the most documents of the pool; ties go to the first."""
    documents = np.bincount(pool.indices, minlength=pool.shape[1])
    chosen = np.sort(np.argsort(-documents, kind="stable")[:COMMONEST])
    return pool[:, chosen], test[:, chosen]


def sparse_rows(corpus: Corpus) -> tuple[csr_array, csr_array]:
    """Compute the TF-IDF of all n-grams of the pool and of the test documents.

    Raises:
        PlannerMistakeError: if the texts share no terms.
    """
    from scipy.sparse import csr_array, hstack

    strings, pool = corpus.strings, len(corpus.pool)
    words = term_counts.Parts.from_texts(strings.distinct, tokens.words)
    pairs = term_counts.count_pairs(strings.cut(words))
    # Counted once in each distinct string, then multiplied by how often texts hold
    # it: corpora repeat strings dozens of times.
    pieces = strings.counts @ term_counts.count_pieces(strings.distinct)
    kinds = (
        hstack([term_counts.choose(one, pool, fewest=2) for one in (strings.counts @ words.counts, pairs)]),
        # A lower and an upper limit must not exclude each other in pools of a few documents.
        term_counts.choose(pieces, pool, min(3, pool), max(COMMON * pool, 3), PIECES),
    )
    parts = [term_counts.weigh(csr_array(counts), pool) for counts in kinds if counts.nnz]
    if not parts:
        raise PlannerMistakeError(
            f"{corpus.name}: the texts share no words to learn from; are they in the right column?"
        )
    # Each kind has rows of length 1; scaled, joined rows with terms of both have length 1 too.
    rows = csr_array(hstack(parts, format="csr") * len(parts) ** -0.5).astype(np.float32)
    if max(rows.nnz, *rows.shape) <= np.iinfo(np.int32).max:
        # SciPy stacks with 64-bit indices; these are half as many bytes to keep and to read for each model.
        rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return rows[:pool], rows[pool:]


def _joint_svd(
    words: Rows[NDArray[np.float32]], directions: Rows[NDArray[np.float32]]
) -> Rows[NDArray[np.float32]]:
    """Project the SVDs of words and of n-grams, equally weighted, on as many directions as n-grams have."""
    pool, test = np.hstack([words.pool, directions.pool]), np.hstack([words.test, directions.test])
    width = directions.pool.shape[1]
    # The last eigenvectors are those of the largest eigenvalues.
    # By the small matrix of inner products: an SVD of the tall one gives the same
    # directions for far more time.
    axes = np.linalg.eigh((pool.T @ pool).astype(np.float64))[1][:, -width:].astype(np.float32)
    return Rows(unit_rows(pool @ axes), unit_rows(test @ axes))


def get_or_compute(corpus: Corpus, components: int, folder: Path) -> Path:
    """Compute the n-gram features of a corpus where the cache in ``folder`` lacks them; return their path.

    Where documents have embeddings, theirs are among them.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """

    def computed() -> dict[str, NDArray[Any]]:
        """Compute the n-gram features of the corpus as named arrays."""
        _ = corpus.strings  # Cut once, before two threads need them.
        # Counting n-grams is work for one processor.
        with ThreadPoolExecutor(1) as aside:
            rows = aside.submit(sparse_rows, corpus)
            with advance.part(0, 0.4):
                words = _svd(corpus, *tfidf.sparse_rows(corpus), components)
            with advance.part(0.4, 1):
                return arrays(_project(corpus, *rows.result(), words, components))

    depends_on = corpus.texts_fingerprint, components, RECIPE, tfidf.RECIPE
    path = cache.get_or_compute(cache.entry_path(folder, "terms", *depends_on), computed)
    pool, test = corpus.pool.embeddings, corpus.test.embeddings
    if pool is None or test is None:
        return path

    def with_embeddings() -> dict[str, NDArray[Any]]:
        """Compute the features of embeddings beside those of terms."""
        found = kernel_pca(pool, test, components)
        return cache.read(path) | dict(zip(EMBEDDINGS, found, strict=True))

    of_embeddings = _fingerprint(pool, test), components, EMBEDDINGS_RECIPE
    return cache.get_or_compute(cache.entry_path(folder, "terms", path.name, *of_embeddings), with_embeddings)


def _fingerprint(pool: NDArray[np.float32], test: NDArray[np.float32]) -> str:
    """Return the SHA-256 of the embeddings of the pool and of the test documents."""
    digest = hashlib.sha256(repr((pool.shape, test.shape)).encode())
    for rows in (pool, test):
        digest.update(rows.astype("<f4").tobytes())
    return digest.hexdigest()[:32]


def count_featureless(path: Path) -> int:
    """Count the documents of a cache entry that have no n-gram features, nor embeddings."""
    terms = read(path)
    found = terms.embeddings or terms.directions_with_words
    return tfidf.count_zero_rows(found.pool, found.test)


def arrays(terms: Terms) -> dict[str, NDArray[Any]]:
    """Convert n-gram features to named arrays for the cache; inverse of `read`."""
    arrays = {
        "directions_pool": terms.directions.pool,
        "directions_test": terms.directions.test,
        "directions_with_words_pool": terms.directions_with_words.pool,
        "directions_with_words_test": terms.directions_with_words.test,
        **cache.from_sparse("by_document", terms.all_terms_by_document),
    }
    for side, by_term in (("pool", terms.all_terms.pool), ("test", terms.all_terms.test)):
        for number, block in enumerate(by_term.blocks):
            arrays |= cache.from_sparse(f"{side}_{number}", block)
    return arrays


def read(path: Path) -> Terms:
    """Read n-gram features from a cache entry, memory-mapped."""
    from scipy.sparse import csc_array, csr_array

    found = cache.read(path)

    def by_term(side: str) -> ByTerm:
        """Rebuild a stored matrix that is laid out term by term."""
        blocks = -(-len(found[f"directions_{side}"]) // ROWS)
        return ByTerm([csc_array(*cache.sparse_parts(found, f"{side}_{number}")) for number in range(blocks)])

    directions, directions_with_words = (
        Rows(found[f"{view}_pool"], found[f"{view}_test"]) for view in ("directions", "directions_with_words")
    )
    all_terms = Rows(by_term("pool"), by_term("test"))
    embedded = Rows(*(found[name] for name in EMBEDDINGS)) if EMBEDDINGS[0] in found else None
    by_document = csr_array(*cache.sparse_parts(found, "by_document"))
    return Terms(all_terms, by_document, directions, directions_with_words, embedded)
