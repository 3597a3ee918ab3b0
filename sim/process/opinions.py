"""What annotators say of documents, and what is taken of it: the labels that a model learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.process.adjudication import CONSENSUS, disputed
from sim.votes import Votes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.process.judgement import Judgement

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

FIRST_LOOK, SECOND_LOOK = range(2)
"""Looks at a document that meet luck of their own."""


class Opinions:
    """Who said what of which document.

    ``truth`` is boolean, shape ``(documents, labels)``; ``judgements`` has one for each annotator. Where
    ``overlap`` people label a document, ``adjudication`` decides, or an expert whom `decide` hears.
    """

    def __init__(
        self, truth: Flags, judgements: Sequence[Judgement], overlap: int, adjudication: str
    ) -> None:
        self.overlap = overlap
        self._truth = truth
        self._judgements = judgements
        self._consensus = CONSENSUS[adjudication]
        self._cast = np.zeros(len(truth), dtype=np.int64)
        self._who = np.zeros((overlap, len(truth)), dtype=np.int64)
        self._said = np.zeros((overlap, *truth.shape), dtype=np.bool_)
        self._last = np.empty(0, dtype=np.int64), truth[:0]
        self._decided: list[tuple[Rows, Flags]] = []
        self._looks: list[tuple[int, Rows, int, NDArray[np.bool_]]] = []

    def judge(
        self, person: int, documents: Rows, suggested: Flags | None = None, look: int = FIRST_LOOK
    ) -> Flags:
        """What somebody would say of documents, shape ``(documents, labels)``."""
        return self._judgements[person].of(documents, self._truth[documents], suggested, look)

    def vote(self, person: int, documents: Rows, said: Flags) -> Rows:
        """Hear what somebody says of documents; returns those of which people, all asked by now, disagree."""
        slots = self._cast[documents]
        self._who[slots, documents], self._said[slots, documents] = person, said
        self._cast[documents] += 1
        complete = documents[self._cast[documents] == self.overlap]
        if self.overlap == 1 or not len(complete):
            return documents[:0]
        votes = self._votes_on(complete)
        return votes.documents[disputed(votes)]

    def decide(self, documents: Rows, said: Flags) -> None:
        """Take an expert's word for documents."""
        self._decided.append((documents, said))

    def look_again(self, documents: Rows, done_ms: int, label: int, said: NDArray[np.bool_]) -> int:
        """Take somebody's word for one label once they have looked again; how many documents that changes."""
        before = self.taken(documents, done_ms)[:, label]
        self._looks.append((done_ms, documents, label, said))
        return int((said != before).sum())

    def taken(self, snapshot: Rows, now_ms: int) -> Flags:
        """What is taken to be the labels of documents that all who were asked have labelled by now."""
        if self.overlap == 1:
            taken: Flags = self._said[0, snapshot]
        else:
            taken = self._agreed_on(snapshot).copy()
        place = np.full(len(self._truth), -1)
        place[snapshot] = np.arange(len(snapshot))
        for documents, said in self._decided:
            there = place[documents] >= 0
            taken[place[documents[there]]] = said[there]
        for done_ms, documents, label, found in self._looks:
            if done_ms <= now_ms:
                there = place[documents] >= 0
                taken[place[documents[there]], label] = found[there]
        return taken

    def _agreed_on(self, snapshot: Rows) -> Flags:
        """The consensus of all votes on a snapshot, found once: a training that failed has the same again."""
        if not np.array_equal(snapshot, self._last[0]):
            votes = self._votes_on(snapshot)
            self._last = snapshot, self._consensus(votes)[votes.documents.searchsorted(snapshot)]
        return self._last[1]

    @property
    def votes(self) -> Votes:
        """All that was said of documents that everybody asked has labelled."""
        return self._votes_on(np.flatnonzero(self._cast == self.overlap))

    def _votes_on(self, documents: Rows) -> Votes:
        who, said = self._who[:, documents], self._said[:, documents]
        return Votes(np.tile(documents, self.overlap), who.ravel(), said.reshape(-1, self._truth.shape[1]))
