"""What is believed of a document on which several people have put labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from sim.core.annotation_matrix import AnnotationMatrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from sim.annotation.error_model import AnnotatorErrorModel

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]


NEGLIGIBLE = 1e-4
"""Change of a probability that no longer matters: where EM ends, and how near to a half is a tie."""
MOST_STEPS = 1_000
SMALL = 100_000
"""Numbers that are added up faster, zeros and all, than the others are picked out."""
_LEAST = 1e-10  # that any probability is made of, so that all have a logarithm


def disputed(votes: AnnotationMatrix) -> NDArray[np.bool_]:
    """Documents on any of whose labels people disagree, shape ``(documents,)``: for an expert to decide.

    On all others ``majority`` is what everybody said.
    """
    some_did = votes.putters > 0
    some_did_not = votes.putters < votes.lookers[:, None]
    found: NDArray[np.bool_] = np.any(some_did & some_did_not, axis=1)
    return found


def majority(votes: AnnotationMatrix) -> NDArray[np.bool_]:
    """Labels that more than half of those who looked have put, shape ``(documents, labels)``.

    A tie puts no label: of two people, both have to put it.
    """
    kept: NDArray[np.bool_] = 2 * votes.putters > votes.lookers[:, None]
    return kept


def dawid_skene(votes: AnnotationMatrix) -> NDArray[np.bool_]:
    """Labels that are more probable than not by what people's votes tell about their errors.

    Shape ``(documents, labels)``. As with ``majority`` a tie puts no label.
    """
    return label_probabilities(votes) > 0.5 + NEGLIGIBLE


def label_probabilities(votes: AnnotationMatrix) -> NDArray[np.float64]:
    """How probable each label is, shape ``(documents, labels)`` (Dawid and Skene 1979, by their EM).

    Each person finds a label that is there, and puts one that is not, with two probabilities of their own.
    These are the same for all labels, which makes every label of every document one item of the paper's: a
    label by itself has too few documents to learn them from while a project is young. With fewer than three
    people a document the votes hardly tell who errs. EM starts with the share of people who put a label, and
    ends when no probability changes by more than ``NEGLIGIBLE``.

    Source: A. P. Dawid and A. M. Skene (1979), "Maximum likelihood estimation of observer error-rates using
    the EM algorithm", Applied Statistics 28(1), 20-28.
    """
    if not votes.said.size:
        return np.zeros(votes.putters.shape)
    answers = _Answers(votes)
    probable = np.asarray(answers.put.sum(axis=1) / answers.looked.sum(axis=1))
    for _ in range(MOST_STEPS):
        before, probable = probable, _expected(answers, probable)
        if np.abs(probable - before).max() < NEGLIGIBLE:
            break
    by_label: NDArray[np.float64] = probable[answers.of].reshape(votes.putters.shape)
    return by_label


class _Answers:
    """What the same people say, the same of them putting the label, once each.

    To EM all labels of documents that have one answer are the same item, and few people give few answers,
    however many documents there are.
    """

    def __init__(self, votes: AnnotationMatrix) -> None:
        labels = votes.said.shape[1]
        # Sums of 64 random bits for each person who looks and who puts are equal where the people are.
        marks = np.random.default_rng(0).integers(2**64, size=(2, len(votes.people)), dtype=np.uint64)
        looks = np.repeat(votes.looked.astype(np.uint64) @ marks[0], labels)
        _, first, self.of, counts = np.unique(
            looks + votes.put.astype(np.uint64) @ marks[1],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        self.counts = counts.astype(np.float64)
        """How many labels have each answer, shape ``(answers,)``."""
        self.looked = _quickest(votes.looked[first // labels])
        """1 where a person looked, shape ``(answers, people)``."""
        self.put = _quickest(votes.put[first])
        """1 where a person put the label, likewise."""


def _quickest(table: csr_array[np.float64]) -> csr_array[np.float64] | NDArray[np.float64]:
    """A table with its zeros where it is small."""
    return table.toarray() if math.prod(table.shape) <= SMALL else table


def _expected(answers: _Answers, probable: NDArray[np.float64]) -> NDArray[np.float64]:
    """One step of EM: people's rates from the probabilities, then these from the rates by Bayes's rule."""
    finds, misses = _log_rates(answers, probable)
    invents, passes = _log_rates(answers, 1 - probable)
    by_looking = misses - passes
    by_putting = finds - invents - by_looking
    prior = logit(np.clip(np.average(probable, weights=answers.counts), _LEAST, 1 - _LEAST))
    # Log odds: count everyone who looked as not putting the label, then correct for those who put it.
    told = np.asarray(answers.looked @ by_looking + answers.put @ by_putting)
    updated: NDArray[np.float64] = expit(prior + told)
    return updated


def _log_rates(
    answers: _Answers, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of the shares of all labels, weighted, that each person put and did not put."""
    asked = np.asarray(answers.looked.T @ (weights * answers.counts))
    put = np.asarray(answers.put.T @ (weights * answers.counts))
    put, not_put = np.maximum(put, _LEAST), np.maximum(asked - put, _LEAST)
    return np.log(put / (put + not_put)), np.log(not_put / (put + not_put))


CONSENSUS: dict[str, Callable[[AnnotationMatrix], NDArray[np.bool_]]] = {
    "majority": majority,
    "dawid_skene": dawid_skene,
}


FIRST_LOOK, SECOND_LOOK = range(2)
"""First and second pass over a document, each with random numbers of its own."""


class AnnotationStore:
    """The labels that each person has put on each document.

    ``truth`` is boolean, shape ``(documents, labels)``; ``judgements`` has one for each annotator. Where
    ``overlap`` people label a document, ``adjudication`` decides, or an expert whom `decide` hears.
    """

    def __init__(
        self, truth: Flags, judgements: Sequence[AnnotatorErrorModel], overlap: int, adjudication: str
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
        """Return the labels that an annotator would put on documents, shape ``(documents, labels)``."""
        return self._judgements[person].of(documents, self._truth[documents], suggested, look)

    def vote(self, person: int, documents: Rows, said: Flags) -> Rows:
        """Add an annotator's labels; return the documents now complete on which annotators disagree."""
        slots = self._cast[documents]
        self._who[slots, documents], self._said[slots, documents] = person, said
        self._cast[documents] += 1
        complete = documents[self._cast[documents] == self.overlap]
        if self.overlap == 1 or not len(complete):
            return documents[:0]
        votes = self._votes_on(complete)
        return votes.documents[disputed(votes)]

    def decide(self, documents: Rows, said: Flags) -> None:
        """Replace the consensus on documents by an expert's labels."""
        self._decided.append((documents, said))

    def look_again(self, documents: Rows, done_ms: int, label: int, said: NDArray[np.bool_]) -> int:
        """Replace one label of documents after a second pass; return how many documents that changes."""
        before = self.taken(documents, done_ms)[:, label]
        self._looks.append((done_ms, documents, label, said))
        return int((said != before).sum())

    def taken(self, snapshot: Rows, now_ms: int) -> Flags:
        """Return the labels believed by now, of documents that ``overlap`` annotators have labelled."""
        if self.overlap == 1:
            taken: Flags = self._said[0, snapshot]
        else:
            # Copied: decisions and second looks must not change the consensus that is kept.
            taken = self._agreed_on(snapshot).copy()
        # The inverse of the snapshot: where each document stands in it, -1 if it does not.
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
            # Votes list documents in ascending order, a snapshot in that of labelling.
            self._last = snapshot, self._consensus(votes)[votes.documents.searchsorted(snapshot)]
        return self._last[1]

    @property
    def votes(self) -> AnnotationMatrix:
        """All labels put on documents that ``overlap`` annotators have labelled."""
        return self._votes_on(np.flatnonzero(self._cast == self.overlap))

    def _votes_on(self, documents: Rows) -> AnnotationMatrix:
        who, said = self._who[:, documents], self._said[:, documents]
        return AnnotationMatrix(
            np.tile(documents, self.overlap), who.ravel(), said.reshape(-1, self._truth.shape[1])
        )
