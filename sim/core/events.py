"""What a simulated project leaves behind: frozen records, times in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np

from sim.core.activities import COORDINATION, LABEL, TRAINER, is_annotator, is_paid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.annotation_matrix import AnnotationMatrix

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
"""Why a project ended, and what that makes of it, in the order in which reasons are listed.

A stopping rule looks at the model; a budget is one of `stop`'s documents, hours or cost.
"""

NO_DOCUMENT = -1
NO_ROUND = -1
"""Of what belongs to none, until it is known which one was going on."""


class Event(NamedTuple):
    """Activity of an actor for a while, other than labelling a document."""

    round: int
    start_ms: int
    end_ms: int
    actor: str
    activity: str
    document: int = NO_DOCUMENT
    subject: str = ""
    """What it is about: of a wait, the work that is waited for."""


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """Documents that an annotator labelled or reviewed one after another: arrays, a value per document."""

    round: int
    actor: str
    view: str
    subject: str
    start_ms: int
    documents: Integers
    ends_ms: Integers
    labels: Integers
    confirmed: Integers
    assigned: Integers
    wrong_suggestions: Integers
    focused: NDArray[np.bool_]
    activity: str = LABEL

    @property
    def end_ms(self) -> int:
        """End of the last document."""
        return int(self.ends_ms[-1])

    def first(self, count: int) -> Self:
        """Return the page cut to its first ``count`` documents."""
        return self._of(slice(count), self.start_ms, self.ends_ms[:count])

    def resumed(self, row: int, start_ms: int, end_ms: int) -> Self:
        """Return a page of one document that was finished in an interval of its own."""
        return self._of(slice(row, row + 1), start_ms, np.array([end_ms]))

    def interrupted(self, row: int, start_ms: int, end_ms: int) -> Self:
        """Return a page of one document that was not finished, without any annotations."""
        spell = self.resumed(row, start_ms, end_ms)
        nothing = np.zeros(1, dtype=np.int64)
        return replace(spell, labels=nothing, confirmed=nothing, assigned=nothing, wrong_suggestions=nothing)

    def _of(self, rows: slice, start_ms: int, ends_ms: Integers) -> Self:
        columns = ("documents", "labels", "confirmed", "assigned", "wrong_suggestions", "focused")
        return replace(
            self, start_ms=start_ms, ends_ms=ends_ms, **{name: getattr(self, name)[rows] for name in columns}
        )


@dataclass(frozen=True)
class Rating:
    """A project's own estimate of its model, in points from 0 to 100."""

    overall: float
    all_labels: float
    all_labels_lower: float
    """The lower end of a 95 % interval."""
    all_labels_upper: float
    underperforming_labels: float
    coverage: float
    balance: float
    labels_judged: int
    """Labels with as many examples as it takes to judge them."""
    weakest_label: str
    likeness: float
    """How like the whole the labelled documents are."""
    shuffled: float
    """Share of them that was picked at random."""

    @property
    def factors(self) -> tuple[float, float, float, float]:
        """Four factors of the overall rating."""
        return self.all_labels, self.underperforming_labels, self.coverage, self.balance


@dataclass(frozen=True)
class ConvergenceStats:
    """Statistics of a model's predictions on unlabelled documents, for stopping rules."""

    kappa: float | None
    """Agreement with the model before it, Cohen's kappa; None where all agreement is by chance."""
    uncertainty: float
    """Mean entropy of a label on a document, in bits."""
    confidence: float
    """Of the document that the model is least sure of: how sure it is of a label, mean over labels."""


@dataclass(frozen=True)
class CurvePoint:
    """Published model: its training documents, its time of publication and its true MAP."""

    round: int
    labelled_documents: int
    published_ms: int
    map: float
    rating: Rating | None = None
    """Where somebody looks at it."""
    signs: ConvergenceStats | None = None
    """Where somebody looks at them."""


@dataclass(frozen=True, eq=False)
class Categorical:
    """Column of repeated words: the word of row i is ``names[codes[i]]``."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, words: Sequence[str], repeats: Integers | None = None) -> Self:
        """Encode a sequence of words as a categorical column; repeat each ``repeats`` times if given."""
        names = sorted(set(words))
        code = {name: number for number, name in enumerate(names)}
        codes = np.array([code[word] for word in words], dtype=np.int32)
        return cls(codes if repeats is None else np.repeat(codes, repeats), tuple(names))

    def __getitem__(self, rows: NDArray[np.bool_] | Integers) -> Categorical:
        return Categorical(self.codes[rows], self.names)

    def at(self, row: int) -> str:
        """Return the word in a row of the categorical column."""
        return self.names[int(self.codes[row])]

    def are(self, word: str) -> NDArray[np.bool_]:
        """Return which rows of the categorical column contain a word, as a boolean mask."""
        if word not in self.names:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.equal(self.codes, self.names.index(word))


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
        rows = np.flatnonzero(self.activity.are(LABEL) & (self.confirmed + self.assigned > 0))
        in_order: Integers = rows[np.argsort(self.end_ms[rows], kind="stable")]
        return in_order

    def completed(self, overlap: int) -> Integers:
        """Return the rows of ``labelled`` that completed a document, as its annotation number ``overlap``."""
        rows = self.labelled
        if overlap == 1:
            return rows
        by_document = np.argsort(self.document[rows], kind="stable")
        documents = self.document[rows[by_document]]
        # A document's rows stand together in the order of ending: places are counted from its first.
        first = np.searchsorted(documents, documents)
        nth = np.empty(len(rows), dtype=np.int64)
        nth[by_document] = 1 + np.arange(len(rows)) - first
        last: Integers = rows[nth == overlap]
        return last

    def __getitem__(self, rows: NDArray[np.bool_] | Integers) -> Self:
        return replace(self, **{column.name: getattr(self, column.name)[rows] for column in fields(self)})


@dataclass(frozen=True)
class CorpusFacts:
    """Description of a corpus in results."""

    name: str
    stand_in: bool
    documents: int
    test_documents: int
    labels: int
    fingerprint: str
    notes: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    described: bool = False
    """Whether they were generated because the scenario describes them."""


@dataclass(frozen=True)
class Rates:
    """Costs per hour of labelling, training and coordination, and fixed costs."""

    labelling: float = 0
    training: float = 0
    coordination: float = 0
    fixed: float = 0
    people: Mapping[str, float] = field(default_factory=dict)
    """Of an hour that somebody works whose rate is their own."""

    @property
    def charged(self) -> bool:
        """Whether anything costs money."""
        return any((self.labelling, self.training, self.coordination, self.fixed, *self.people.values()))

    def hourly(self, actor: str, activity: str) -> float:
        """Return the cost of an hour in which ``actor`` is at an activity."""
        if not is_paid(activity):
            return 0
        if actor in self.people:
            return self.people[actor]
        by_actor = {TRAINER: self.training, COORDINATION: self.coordination}
        return self.labelling if is_annotator(actor) else by_actor.get(actor, 0)


@dataclass(frozen=True)
class Spent:
    """Hours and money that a project has spent."""

    active_hours: float
    """Of all who label together."""
    cost: float
    """In the scenario's currency."""


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
    """The stopping rules that ended it, if any did."""
    average_precisions: Sequence[float] = ()
    """Of each label with the last model, NaN for one that no test document carries; empty without a model."""
    rates: Rates = Rates()
    overlap: int = 1
    """How many people labelled each document."""
    votes: AnnotationMatrix | None = None
    """What they said, where several did."""
    paused: int = 0
    """Documents that were to be labelled without a break and took longer than any shift."""

    @property
    def outcome(self) -> Outcome:
        """Outcome that follows from the reason for the project's end."""
        return OUTCOMES[self.reason]
