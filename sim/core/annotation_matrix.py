"""What several people said of the same documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AnnotationMatrix:
    """Annotations of documents by several people: one row of labels per document and person.

    Results have a row for each of ``documents``, in their order. An annotation covers all labels: a label
    that it lacks is one that the person considers wrong.

    Raises:
        ValueError: if the columns differ in length, or a person annotated a document twice.
    """

    document: NDArray[np.int64]
    """What each vote is about, shape ``(votes,)``."""
    person: NDArray[np.int64]
    """Whose each vote is, shape ``(votes,)``."""
    said: NDArray[np.bool_]
    """The labels that were put, shape ``(votes, labels)``."""

    def __post_init__(self) -> None:
        if not len(self.document) == len(self.person) == len(self.said):
            raise ValueError("every vote has one document, one person and one row of labels")
        if self.looked.nnz < len(self.document):
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
    def looked(self) -> csr_array[np.float64]:
        """1 where a person annotated a document, shape ``(documents, people)``."""
        row, column = self._places
        shape = len(self.documents), len(self.people)
        return csr_array((np.ones(len(row)), (row, column)), shape=shape)

    @cached_property
    def put(self) -> csr_array[np.float64]:
        """1 where a person put a label on a document, shape ``(documents * labels, people)``."""
        row, column = self._places
        vote, label = np.nonzero(self.said)
        shape = len(self.documents) * self.said.shape[1], len(self.people)
        places = (row[vote] * self.said.shape[1] + label, column[vote])
        return csr_array((np.ones(len(vote)), places), shape=shape)

    @cached_property
    def lookers(self) -> NDArray[np.int64]:
        """Number of annotations per document, shape ``(documents,)``."""
        return np.asarray(self.looked.sum(axis=1, dtype=np.int64))

    @cached_property
    def putters(self) -> NDArray[np.int64]:
        """Number of annotations with each label per document, shape ``(documents, labels)``."""
        putters = np.asarray(self.put.sum(axis=1, dtype=np.int64))
        return putters.reshape(len(self.documents), self.said.shape[1])

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row of each annotation's document in ``documents``, and of its person in ``people``."""
        return np.searchsorted(self.documents, self.document), np.searchsorted(self.people, self.person)
