"""Documents with their true labels: what a project labels, and what its models are measured on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.corpus import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Documents:
    """Texts, their names and their true labels, one row a document.

    ``labels`` is boolean, shape ``(documents, labels)``. ``times``, shape ``(documents,)``, orders documents
    in time where the corpus knows it: any numbers, dates as seconds since 1970 (UTC).
    """

    ids: Sequence[str]
    texts: Sequence[str]
    labels: NDArray[np.bool_]
    times: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Which rows documents are, by their names.

        Raises:
            KeyError: if there is no such document.
        """
        row = {name: number for number, name in enumerate(self.ids)} if names else {}
        return np.array([row[name] for name in names], dtype=np.int64)

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """Words in each document, shape ``(documents,)``; where there are no spaces, by its characters."""
        return np.array([tokens.count(text) for text in self.texts], dtype=np.int64)

    def without_texts(self) -> Documents:
        """The same documents for those who only label them: their words are counted, their texts gone."""
        bare = replace(self, texts=[""] * len(self))
        # A cached property looks up its value here, and a frozen dataclass does not guard it.
        bare.__dict__["words"] = self.words
        return bare


@dataclass(frozen=True, eq=False)
class Corpus:
    """A pool to label from and test documents to measure on, over the same labels."""

    name: str
    label_names: Sequence[str]
    pool: Documents
    test: Documents
    stand_in: bool = False
    """Generated documents, not real ones."""
    described: bool = False
    """Generated because the scenario describes them, not for want of the corpus that it names."""
    notes: Sequence[str] = ()
    """What a planner has to know about it, a sentence each."""
    decisions: Sequence[str] = ()
    """What was decided in reading it, a sentence with counts each."""

    @cached_property
    def without_texts(self) -> Corpus:
        """What is left once features are computed and words counted; it keeps the fingerprint."""
        bare = replace(self, pool=self.pool.without_texts(), test=self.test.without_texts())
        bare.__dict__["fingerprint"] = self.fingerprint
        return bare

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over names, texts, labels and times: the same for the same documents, wherever they lie."""
        digest = hashlib.sha256()
        _add(digest, self.label_names)
        for documents in (self.pool, self.test):
            _add(digest, documents.ids)
            _add(digest, documents.texts)
            digest.update(np.packbits(documents.labels).tobytes())
            if documents.times is not None:
                # Little-endian on every machine, so that fingerprints agree.
                digest.update(documents.times.astype("<f8").tobytes())
        return digest.hexdigest()[:32]

    @cached_property
    def texts_fingerprint(self) -> str:
        """SHA-256 over the texts alone: what features depend on."""
        digest = hashlib.sha256()
        for documents in (self.pool, self.test):
            _add(digest, documents.texts)
        return digest.hexdigest()[:32]


def _add(digest: hashlib._Hash, texts: Sequence[str]) -> None:
    """Add texts, each with its length, so that no two lists of texts give the same bytes."""
    digest.update(len(texts).to_bytes(8, "little"))
    for text in texts:
        # Texts may hold lone surrogates, which strict UTF-8 refuses.
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)


def most_frequent(names: Sequence[str], labels: NDArray[np.bool_], count: int) -> list[int]:
    """Columns of the ``count`` most frequent labels, ties by name."""
    frequency = labels.sum(axis=0)
    return sorted(range(len(names)), key=lambda column: (-int(frequency[column]), names[column]))[:count]
