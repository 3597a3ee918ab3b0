"""Records of a simulated project: its event log and its result; times in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np

from sim.core.activities_and_costs import LABEL, Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.annotation_matrix import AnnotationMatrix
    from sim.core.quality import CurvePoint

    Integers = NDArray[np.int64]

Pace = Literal["switching", "focused"]
Outcome = Literal["reached", "stopped", "horizon", "exhausted"]
Reason = Literal[
    "target",
    "rule",
    "budget",
    "limit of documents",
    "limit of hours",
    "limit of cost",
    "pool used up",
    "nobody left to label",
    "overlap cannot be met",
    "bound of events",
]
OUTCOMES: Mapping[Reason, Outcome] = {
    "target": "reached",
    "rule": "stopped",
    "budget": "stopped",
    "limit of documents": "horizon",
    "limit of hours": "horizon",
    "limit of cost": "horizon",
    "pool used up": "exhausted",
    "nobody left to label": "exhausted",
    "overlap cannot be met": "exhausted",
    "bound of events": "horizon",
}
"""Outcome of a project for each reason for its end; results list reasons in this order.

A stopping rule looks at the model; a budget is one of `stop`'s documents, hours or cost.
"""

# Numbers in place of null, so that columns stay plain integers of a fixed width.
NO_DOCUMENT = -1
NO_ROUND = -1
"""Round of an event outside all rounds, until its round is known."""


class Event(NamedTuple):
    """Activity of an actor for a while, other than labelling a document."""

    round: int
    start_ms: int
    end_ms: int
    actor: str
    activity: str
    document: int = NO_DOCUMENT
    subject: str = ""
    """Label, cluster or step that the activity concerns; for a wait, the work that is waited for."""


# A log repeats a few words in millions of rows. Codes and names, as in Arrow's dictionaries, keep four bytes
# a row, compare as integers, and are stored without conversion.
@dataclass(frozen=True, eq=False)
class Categorical:
    """Column of repeated words: the word of row i is ``names[codes[i]]``."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def from_codes(cls, codes: NDArray[np.integer], words: Sequence[str]) -> Self:
        """Build the column of ``words[codes[i]]``; its names are the words that occur, sorted."""
        used = np.flatnonzero(np.bincount(codes, minlength=len(words)))
        # Sorted by word: codes do not show in which order words first came up, which
        # differs where projects share a clock.
        used = used[np.argsort([words[code] for code in used.tolist()])]
        recoded = np.zeros(len(words), dtype=np.int32)
        recoded[used] = np.arange(len(used))
        return cls(recoded[codes], tuple(words[code] for code in used.tolist()))

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Categorical:
        return Categorical(self.codes[rows], self.names)

    def word_at(self, row: int) -> str:
        """Return the word in a row of the categorical column."""
        return self.names[int(self.codes[row])]

    def matches(self, word: str) -> NDArray[np.bool_]:
        """Return which rows of the categorical column contain a word, as a boolean mask."""
        # A word that never occurred has no code; a mask without a row is the answer, not an error.
        if word not in self.names:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.equal(self.codes, self.names.index(word))

    def matches_any(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Return which rows of the categorical column contain any of some words, as a boolean mask."""
        return np.isin(self.codes, [self.names.index(word) for word in words if word in self.names])


@dataclass(frozen=True, eq=False)
class Events:
    """Event log of a replication: columns of equal length, a row per event, sorted by start.

    ``document`` is a row of the pool, or another number where only a document's name is known; -1 where the
    event concerns none.
    """

    round: Integers
    start_ms: Integers
    end_ms: Integers
    actor: Categorical
    activity: Categorical
    document: Integers
    labels: Integers
    confirmed: Integers
    assigned: Integers
    wrong_suggestions: Integers
    view: Categorical
    subject: Categorical
    pace: Categorical

    def __len__(self) -> int:
        return len(self.start_ms)

    @cached_property
    def labelled(self) -> Integers:
        """Rows in which a document was labelled completely, sorted by end."""
        rows = np.flatnonzero(self.activity.matches(LABEL) & (self.confirmed + self.assigned > 0))
        # Models learn from documents in the order in which they were finished. Stable: of those that end in
        # one instant, the first that was begun stays first.
        in_order: Integers = rows[np.argsort(self.end_ms[rows], kind="stable")]
        return in_order

    @cached_property
    def annotated_ms(self) -> Integers:
        """Sorted ends of all documents that somebody labelled, test documents included."""
        ends: Integers = np.sort(self.end_ms[self.confirmed + self.assigned > 0])
        return ends

    def completed(self, overlap: int) -> Integers:
        """Return the rows of ``labelled`` that completed a document, as its annotation number ``overlap``."""
        rows = self.labelled
        if overlap == 1:
            return rows
        by_document = np.argsort(self.document[rows], kind="stable")
        documents = self.document[rows[by_document]]
        # Rows of a document are adjacent and sorted by end: number them from its first.
        # Looked up in itself from the left, a sorted column gives each row the first place of its value.
        first = np.searchsorted(documents, documents)
        nth = np.empty(len(rows), dtype=np.int64)
        nth[by_document] = 1 + np.arange(len(rows)) - first
        last: Integers = rows[nth == overlap]
        return last

    def __getitem__(self, rows: NDArray[np.bool_] | Integers) -> Self:
        return replace(self, **{column.name: getattr(self, column.name)[rows] for column in fields(self)})


@dataclass(frozen=True, eq=False)
class ReplicationResult:
    """One simulated project, from its start to ``ended_ms``."""

    scenario: str
    replication: int
    reason: Reason
    reached: CurvePoint | None
    ended_ms: int
    curve: Sequence[CurvePoint]
    events: Events
    stopped_by: Sequence[str] = ()
    """Stopping rules that ended the project, if any did."""
    average_precisions: Sequence[float] = ()
    """Average precision of the last model by label, NaN without test documents; empty without a model."""
    rates: Rates = field(default_factory=Rates)
    overlap: int = 1
    """Number of annotators per document."""
    annotation_matrix: AnnotationMatrix | None = None
    """Annotations, if several people label each document."""
    relevant: NDArray[np.bool_] | None = None
    """Which documents of the pool carry its only label; None where there are several."""
    paused: int = 0
    """Number of documents that took longer than any shift, and were paused although they should not be."""

    @property
    def outcome(self) -> Outcome:
        """Outcome that follows from the reason for the project's end."""
        return OUTCOMES[self.reason]
