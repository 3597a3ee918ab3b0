"""Documents with their true labels: the pool to label, and the test documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from sim.corpus import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sim.corpus.term_counts import Parts


@dataclass(frozen=True, eq=False)
class Documents:
    """Documents with their names and true labels, one row per document.

    ``labels`` is boolean, shape ``(documents, labels)``. ``times``, shape ``(documents,)``, orders documents
    in time where the corpus knows it: any numbers, dates as seconds since 1970 (UTC). ``embeddings``, shape
    ``(documents, numbers)``, are those that documents come with, finite. ``words_to_read``, shape
    ``(documents,)``, is given where texts do not show how long people read. ``suggested`` has the shape of
    ``labels``: what a tool or a language model suggests, where documents come with that.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    labels: NDArray[np.bool_]
    times: NDArray[np.float64] | None = None
    embeddings: NDArray[np.float32] | None = None
    words_to_read: NDArray[np.int64] | None = None
    suggested: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Find the rows of documents by their names.

        Raises:
            KeyError: if there is no such document.
        """
        # Most scenarios name no document, and a pool may have a million.
        row = {name: number for number, name in enumerate(self.ids)} if names else {}
        return np.array([row[name] for name in names], dtype=np.int64)

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """Number of words per document, shape ``(documents,)``; without spaces, from its characters."""
        if self.words_to_read is not None:
            return self.words_to_read
        return np.array([tokens.count(text) for text in self.texts], dtype=np.int64)

    def take(self, rows: NDArray[np.int64]) -> Documents:
        """Return some of the documents, in the order of ``rows``."""
        return Documents(
            [self.ids[row] for row in rows],
            [self.texts[row] for row in rows],
            self.labels[rows],
            None if self.times is None else self.times[rows],
            None if self.embeddings is None else self.embeddings[rows],
            None if self.words_to_read is None else self.words_to_read[rows],
            None if self.suggested is None else self.suggested[rows],
        )

    def with_labels(self, labels: NDArray[np.bool_], suggested: NDArray[np.bool_] | None = None) -> Documents:
        """Return a copy with other labels, and suggestions if given, of one shape; words are counted once."""
        relabelled = replace(
            self, labels=labels, suggested=self.suggested if suggested is None else suggested
        )
        relabelled.__dict__["words"] = self.words
        return relabelled

    def without_texts(self) -> Documents:
        """Return a copy of the documents without texts and embeddings, for simulation; words are counted."""
        bare = replace(self, texts=[""] * len(self), embeddings=None)
        # A cached property looks up its value here, and a frozen dataclass does not guard it.
        bare.__dict__["words"] = self.words
        return bare


@dataclass(frozen=True, eq=False)
class Corpus:
    """Corpus: a pool of documents to label and test documents to measure on, with the same labels."""

    name: str
    label_names: Sequence[str]
    pool: Documents
    test: Documents
    stand_in: bool = False
    """Generated documents, not real ones."""
    described: bool = False
    """Generated because the scenario describes them, not for want of the corpus that it names."""
    notes: Sequence[str] = ()
    """Notes for the planner, a sentence each."""
    decisions: Sequence[str] = ()
    """Decisions made in reading it, a sentence with counts each."""
    single_label: bool | None = None
    """Whether documents carry one label each; None where a learner is to see by what people put."""
    not_yet: int = 0
    """Documents that are left out because nobody has labelled them yet."""

    @cached_property
    def strings(self) -> Parts:
        """Strings between the spaces of all normalized texts, the pool's first."""
        from sim.corpus.term_counts import Parts

        texts = chain(self.pool.texts, self.test.texts)
        return Parts.from_texts(texts, lambda text: tokens.normalized(text).split())

    @cached_property
    def without_texts(self) -> Corpus:
        """Copy of the corpus without texts, for simulation; it keeps the fingerprint."""
        bare = replace(self, pool=self.pool.without_texts(), test=self.test.without_texts())
        bare.__dict__["fingerprint"] = self.fingerprint
        return bare

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that documents hold and of their names: equal for equal documents of any source."""
        digest = hashlib.sha256()
        _update_digest(digest, self.label_names)
        for documents in (self.pool, self.test):
            _update_digest(digest, documents.ids)
            _update_digest(digest, documents.texts)
            digest.update(np.packbits(documents.labels).tobytes())
            if documents.words_to_read is not None:
                digest.update(documents.words_to_read.astype("<i8").tobytes())
            if documents.times is not None:
                # Little-endian on every machine, so that fingerprints agree.
                digest.update(documents.times.astype("<f8").tobytes())
            if documents.embeddings is not None:
                digest.update(documents.embeddings.astype("<f4").tobytes())
            if documents.suggested is not None:
                digest.update(np.packbits(documents.suggested).tobytes())
        return digest.hexdigest()[:32]

    @cached_property
    def texts_fingerprint(self) -> str:
        """SHA-256 of the texts alone, on which features depend."""
        digest = hashlib.sha256()
        for documents in (self.pool, self.test):
            _update_digest(digest, documents.texts)
        return digest.hexdigest()[:32]


def _update_digest(digest: hashlib._Hash, texts: Sequence[str]) -> None:
    """Hash a corpus's texts, each with its length, so that different lists of texts differ in bytes."""
    digest.update(len(texts).to_bytes(8, "little"))
    for text in texts:
        # Texts may hold lone surrogates, which strict UTF-8 refuses.
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)


def label_matrix(documents: Sequence[Iterable[str] | None]) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the names of all labels, and which of them each document carries: ``(documents, labels)``."""
    # Sorted, because the order of a set of texts differs from process to process.
    names = sorted({label for labels in documents for label in labels or ()})
    column = {name: place for place, name in enumerate(names)}
    carried = np.zeros((len(documents), len(names)), dtype=np.bool_)
    for document, labels in enumerate(documents):
        carried[document, [column[label] for label in labels or ()]] = True
    return names, carried


def most_frequent(names: Sequence[str], labels: NDArray[np.bool_], count: int) -> list[int]:
    """Return the columns of the ``count`` most frequent labels of a corpus, ties by name."""
    # Ties go by name, so that which labels are learnt does not depend on the order of documents.
    frequency = labels.sum(axis=0)
    return sorted(range(len(names)), key=lambda column: (-int(frequency[column]), names[column]))[:count]


def one_label_each(labels: NDArray[np.bool_]) -> bool:
    """Return whether each document, a row, carries exactly one of several labels."""
    several = labels.shape[1] > 1
    return several and np.count_nonzero(labels) == len(labels) and bool(labels.any(axis=1).all())


@dataclass(frozen=True)
class CorpusFacts:
    """Facts of a corpus, kept beside the events of its projects."""

    name: str
    stand_in: bool
    documents: int
    test_documents: int
    labels: int
    fingerprint: str
    notes: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    described: bool = False
    """Whether the documents were generated from the scenario's description."""
