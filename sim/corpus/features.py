"""What the learner sees of a text: TF-IDF, projected on its strongest directions.

The projection is made of the pool's texts and no label, as a project may that has collected its documents.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import PlannerMistakeError
from sim.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.corpus import Corpus

RECIPE = 2
"""Part of the cache's key: raise it whenever the same texts would give other features."""
WORDS = r"(?u)\b[^\W\d_]{2,}\b"
NOTHING = 1e-9
"""A projected row shorter than this is rounding, not words."""
_CHECKSUM = hashlib.sha256().digest_size


@dataclass(frozen=True, eq=False)
class Features:
    """Rows of length 1 and a constant: ``pool`` and ``test`` have shape ``(documents, components + 1)``."""

    pool: NDArray[np.float64]
    test: NDArray[np.float64]


def compute(corpus: Corpus, components: int) -> Features:
    """TF-IDF of words of two letters and more, then a truncated SVD (at most ``components``), unit rows.

    A document that has none of the words of the pool keeps the constant alone.

    Raises:
        PlannerMistakeError: if the texts share too few words.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english", token_pattern=WORDS)
    # One thread, so that the last bits do not depend on how many cores there are. Where all texts are the
    # same there is no variance, and the share that each component explains, which nobody asks for, is 0 / 0.
    with threadpool_limits(1), np.errstate(invalid="ignore"):
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
            _unit_rows(projection.fit_transform(pool)),
            _unit_rows(projection.transform(vectorizer.transform(corpus.test.texts))),
        )


def _unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return np.hstack([rows, np.ones((len(rows), 1))])


def load_or_compute(corpus: Corpus, components: int, folder: Path) -> Features:
    """The features of a corpus from ``folder``, memory-mapped; computed and kept there where they are not.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    return read(ensure(corpus, components, folder), len(corpus.pool))


def ensure(corpus: Corpus, components: int, folder: Path) -> Path:
    """The file in ``folder`` that holds the features of a corpus; made where it is not there.

    A damaged file is found by its checksum and made again. Two processes may do this at once: each writes
    a file of its own and the last to finish puts its identical one in place.

    Raises:
        PlannerMistakeError: if the texts share too few words, or the folder cannot be used.
    """
    path = cache_path(corpus, components, folder)
    try:
        if not _intact(path):
            _write(path, compute(corpus, components))
    except OSError as error:
        raise PlannerMistakeError(
            f"{folder}: cannot keep computed features here ({error.strerror or error}); make room, set "
            "LABELSIM_CACHE to a folder that can be written, or give --no-cache"
        ) from error
    return path


def read(path: Path, pool_documents: int) -> Features:
    """The features in a file that ``ensure`` has made, memory-mapped; the pool's rows come first."""
    rows = np.load(path, mmap_mode="r", allow_pickle=False)
    return Features(rows[:pool_documents], rows[pool_documents:])


def cache_path(corpus: Corpus, components: int, folder: Path) -> Path:
    """Where the features of this corpus under these settings are kept."""
    versions = f"{version('scikit-learn')} {version('scipy')} {version('numpy')}"
    settings = f"{corpus.texts_fingerprint} {components} {RECIPE} {versions}"
    return folder / f"features-{hashlib.sha256(settings.encode()).hexdigest()[:32]}.npy"


def _write(path: Path, features: Features) -> None:
    buffer = BytesIO()
    np.save(buffer, np.vstack([features.pool, features.test]), allow_pickle=False)
    content = buffer.getbuffer()
    write_atomically(path, content, hashlib.sha256(content).digest())


def _intact(path: Path) -> bool:
    try:
        content = memoryview(path.read_bytes())
    except FileNotFoundError:
        return False
    return hashlib.sha256(content[:-_CHECKSUM]).digest() == content[-_CHECKSUM:]
