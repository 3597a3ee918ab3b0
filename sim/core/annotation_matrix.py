"""Annotations of the same documents by several people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Every pair of person and label would be a dense array of documents x labels x people; a person sees few of
# the documents and puts few of the labels, so that the tables are sparse.
@dataclass(frozen=True, eq=False)
class AnnotationMatrix:
    """Annotations of documents by several people: one row of labels per document and person.

    Results have a row for each of ``documents``, in their order. An annotation covers all labels: a label
    that it lacks is one that the person considers wrong.

    Raises:
        ValueError: if the columns differ in length, or a person annotated a document twice.
    """

    document: NDArray[np.int64]
    """Document of each annotation, shape ``(annotations,)``."""
    person: NDArray[np.int64]
    """Annotator of each annotation, shape ``(annotations,)``."""
    labels: NDArray[np.bool_]
    """Labels of each annotation, shape ``(annotations, labels)``."""

    def __post_init__(self) -> None:
        if not len(self.document) == len(self.person) == len(self.labels):
            raise ValueError("every vote has one document, one person and one row of labels")
        if self.annotated.nnz < len(self.document):
            raise ValueError("somebody voted twice on a document; keep what they said last")

    @cached_property
    def documents(self) -> NDArray[np.int64]:
        """Annotated documents, in ascending order."""
        return np.unique(self.document)

    @cached_property
    def people(self) -> NDArray[np.int64]:
        """People with annotations, in ascending order."""
        return np.unique(self.person)

    @cached_property
    def annotated(self) -> csr_array[np.float64]:
        """1 where a person annotated a document, shape ``(documents, people)``."""
        row, column = self._indices
        shape = len(self.documents), len(self.people)
        # Numbers rather than flags: products of the tables then count documents that two people share.
        return csr_array((np.ones(len(row)), (row, column)), shape=shape)

    @cached_property
    def positive(self) -> csr_array[np.float64]:
        """1 where a person put a label on a document, shape ``(documents * labels, people)``."""
        row, column = self._indices
        vote, label = np.nonzero(self.labels)
        shape = len(self.documents) * self.labels.shape[1], len(self.people)
        positions = (row[vote] * self.labels.shape[1] + label, column[vote])
        return csr_array((np.ones(len(vote)), positions), shape=shape)

    @cached_property
    def n_raters(self) -> NDArray[np.int64]:
        """Number of annotations per document, shape ``(documents,)``."""
        return np.asarray(self.annotated.sum(axis=1, dtype=np.int64))

    @cached_property
    def n_positive(self) -> NDArray[np.int64]:
        """Number of annotations with each label per document, shape ``(documents, labels)``."""
        n_positive = np.asarray(self.positive.sum(axis=1, dtype=np.int64))
        return n_positive.reshape(len(self.documents), self.labels.shape[1])

    @cached_property
    def _indices(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row of each annotation's document in ``documents``, and of its person in ``people``."""
        # Both are sorted and hold every value that is looked up, so that a bisection is an exact look-up.
        return np.searchsorted(self.documents, self.document), np.searchsorted(self.people, self.person)
