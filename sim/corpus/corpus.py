"""Documents with their true labels: what a project labels, and what its models are measured on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Documents:
    """Texts, their names and their true labels, one row a document.

    ``labels`` is boolean, shape ``(documents, labels)``. ``times`` orders documents in time where the
    corpus knows it.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    labels: NDArray[np.bool_]
    times: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """Words in each document, shape ``(documents,)``."""
        return np.array([len(text.split()) for text in self.texts], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Corpus:
    """A pool to label from and test documents to measure on, over the same labels."""

    name: str
    label_names: Sequence[str]
    pool: Documents
    test: Documents
    stand_in: bool = False
    """Generated documents that stand in for a real corpus."""
    notes: Sequence[str] = field(default=())
    """What a planner has to know about it, a sentence each."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over names, texts and labels: the same for the same documents, wherever they lie."""
        digest = hashlib.sha256()
        for part in ("\0".join(self.label_names), *_parts(self.pool), *_parts(self.test)):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little"))
            digest.update(encoded)
        for documents in (self.pool, self.test):
            digest.update(np.packbits(documents.labels).tobytes())
        return digest.hexdigest()[:32]

    @property
    def texts_fingerprint(self) -> str:
        """SHA-256 over the texts alone: what features depend on."""
        digest = hashlib.sha256()
        for documents in (self.pool, self.test):
            digest.update(len(documents).to_bytes(8, "little"))
            for text in documents.texts:
                encoded = text.encode("utf-8", "surrogatepass")
                digest.update(len(encoded).to_bytes(8, "little"))
                digest.update(encoded)
        return digest.hexdigest()[:32]


def _parts(documents: Documents) -> tuple[str, str]:
    return "\0".join(documents.ids), "\0".join(documents.texts)


def most_frequent(names: Sequence[str], labels: NDArray[np.bool_], count: int) -> list[int]:
    """Columns of the ``count`` most frequent labels, ties by name."""
    frequency = labels.sum(axis=0)
    return sorted(range(len(names)), key=lambda column: (-int(frequency[column]), names[column]))[:count]
