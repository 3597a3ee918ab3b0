"""Features for any classifier: the texts themselves, TF-IDF of their words, and its strongest directions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.corpus import cache, tfidf
from sim.corpus.tfidf import Features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.corpus.documents import Corpus

RECIPE = 1
"""Part of the cache's key: raise it whenever the same texts would give other arrays."""
SIDES = ("pool", "test")


@dataclass(frozen=True, eq=False)
class Texts:
    """Features for any classifier: texts, their words and directions, made of arrays of the cache."""

    arrays: Mapping[str, NDArray[Any]]

    @cached_property
    def texts(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Texts of the pool and of the test documents, shape ``(documents,)``."""
        return self._texts("pool"), self._texts("test")

    @cached_property
    def words(self) -> tuple[csr_array, csr_array]:
        """Sublinear TF-IDF of words of the pool and of the test documents, rows of length 1."""
        return self._words("pool"), self._words("test")

    @cached_property
    def directions(self) -> Features:
        """Strongest directions of the words, as `sim.corpus.tfidf` has them, with a constant."""
        return Features(self.arrays["directions_pool"], self.arrays["directions_test"])

    def _texts(self, side: str) -> NDArray[np.object_]:
        """Decode the texts of one side."""
        ends = self.arrays[f"text_ends_{side}"]
        characters = self.arrays[f"texts_{side}"].tobytes()
        # An array of objects, because pipelines index their documents by arrays of rows.
        texts = np.empty(len(ends), dtype=np.object_)
        for row, (start, end) in enumerate(zip(np.append(0, ends), ends, strict=False)):
            texts[row] = characters[start:end].decode("utf-8", "surrogatepass")
        return texts

    def _words(self, side: str) -> csr_array:
        """Rebuild the sparse matrix of one side."""
        from scipy.sparse import csr_array

        return csr_array(*cache.sparse_parts(self.arrays, f"words_{side}"))


def compute(corpus: Corpus, directions: Features) -> Texts:
    """Compute the features for any classifier, given the word features of `sim.corpus.tfidf`.

    Raises:
        PlannerMistakeError: if the texts share no words.
    """
    arrays: dict[str, NDArray[Any]] = {"directions_pool": directions.pool, "directions_test": directions.test}
    rows = tfidf.sparse_rows(corpus)
    for side, documents, words in zip(SIDES, (corpus.pool, corpus.test), rows, strict=True):
        arrays |= _encoded(side, documents.texts)
        # Several classifiers take no wider indices.
        words.indices, words.indptr = words.indices.astype(np.int32), words.indptr.astype(np.int32)
        arrays |= cache.from_sparse(f"words_{side}", words)
    return Texts(arrays)


def _encoded(side: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Encode texts as one array of bytes, and where each of them ends."""
    # Texts may hold lone surrogates, which strict UTF-8 refuses.
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return {f"texts_{side}": np.frombuffer(b"".join(encoded), np.uint8), f"text_ends_{side}": ends}


def get_or_compute(corpus: Corpus, components: int, folder: Path) -> Path:
    """Compute the features for any classifier where the cache in ``folder`` lacks them; return their path.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    path = cache.entry_path(folder, "texts", corpus.texts_fingerprint, components, RECIPE, tfidf.RECIPE)
    return cache.get_or_compute(path, partial(_arrays, corpus, components, folder))


def _arrays(corpus: Corpus, components: int, folder: Path) -> Mapping[str, NDArray[Any]]:
    """Compute the arrays of a cache entry."""
    return compute(corpus, tfidf.load_or_compute(corpus, components, folder)).arrays


def read(path: Path) -> Texts:
    """Read the features for any classifier from a cache entry, memory-mapped."""
    return Texts(cache.read(path))


def count_featureless(path: Path) -> int:
    """Count the documents without a word of the pool in a cache entry of features for any classifier."""
    directions = read(path).directions
    return tfidf.count_zero_rows(directions.pool[:, :-1], directions.test[:, :-1])
