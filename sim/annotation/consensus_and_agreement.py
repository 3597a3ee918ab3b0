"""Documents that several people have labelled: consensus by majority or Dawid and Skene, and agreement.

Agreement is measured as Krippendorff's alpha and Cohen's kappa.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

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
"""Number of cells up to which dense sums are faster than sparse ones."""
_LEAST = 1e-10  # that any probability is made of, so that all have a logarithm


def disagreements(matrix: AnnotationMatrix) -> NDArray[np.bool_]:
    """Find the documents that need adjudication: annotators disagree on a label; shape ``(documents,)``.

    On all other documents, annotators agree on the labels of ``majority``.
    """
    some_did = matrix.n_positive > 0
    some_did_not = matrix.n_positive < matrix.n_raters[:, None]
    disputed: NDArray[np.bool_] = np.any(some_did & some_did_not, axis=1)
    return disputed


def majority(matrix: AnnotationMatrix) -> NDArray[np.bool_]:
    """Return the labels that more than half of a document's annotators put, shape ``(documents, labels)``.

    A tie puts no label: of two people, both have to put it.
    """
    labels: NDArray[np.bool_] = 2 * matrix.n_positive > matrix.n_raters[:, None]
    return labels


def dawid_skene(matrix: AnnotationMatrix) -> NDArray[np.bool_]:
    """Return the labels that are more probable than not, given annotators' estimated error rates.

    The result has the shape ``(documents, labels)``. As with ``majority``, a tie puts no label.
    """
    # EM ends near a tie on either side of it by rounding, so that a half and a little more counts as one.
    return label_probabilities(matrix) > 0.5 + NEGLIGIBLE


def label_probabilities(matrix: AnnotationMatrix) -> NDArray[np.float64]:
    """Estimate the probability of each label by Dawid and Skene's EM, shape ``(documents, labels)``.

    Each annotator puts a true label, and a false one, with two probabilities of their own. These are the same
    for all labels, which makes every label of every document one item of the paper's: a label by itself has
    too few documents to learn them from while a project is young. With fewer than three annotators per
    document, the votes hardly show who errs. EM starts with the share of people who put a label, and ends
    when no probability changes by more than ``NEGLIGIBLE``.

    Source: A. P. Dawid and A. M. Skene (1979), "Maximum likelihood estimation of observer error-rates using
    the EM algorithm", Applied Statistics 28(1), 20-28.
    """
    if not matrix.labels.size:
        return np.zeros(matrix.n_positive.shape)
    answers = _AnswerPatterns(matrix)
    # From shares rather than at random: EM ends in the optimum near its start, and
    # everybody should get the same.
    probabilities = np.asarray(answers.positive.sum(axis=1) / answers.annotated.sum(axis=1))
    for _ in range(MOST_STEPS):
        previous, probabilities = probabilities, _em_step(answers, probabilities)
        # By the probabilities and not the likelihood: these are what is used, and
        # they may still move while it hardly does.
        if np.abs(probabilities - previous).max() < NEGLIGIBLE:
            break
    by_label: NDArray[np.float64] = probabilities[answers.pattern_of].reshape(matrix.n_positive.shape)
    return by_label


class _AnswerPatterns:
    """Distinct patterns of annotators' answers to a label, with their frequencies.

    EM treats labels with the same pattern as one item, and few annotators give few patterns, however many
    documents there are.
    """

    def __init__(self, matrix: AnnotationMatrix) -> None:
        labels = matrix.labels.shape[1]
        # Sums of 64 random bits for each person who looks and who puts are equal where the people are.
        marks = np.random.default_rng(0).integers(2**64, size=(2, len(matrix.people)), dtype=np.uint64)
        looks = np.repeat(matrix.annotated.astype(np.uint64) @ marks[0], labels)
        _, first, self.pattern_of, counts = np.unique(
            looks + matrix.positive.astype(np.uint64) @ marks[1],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        self.counts = counts.astype(np.float64)
        """Number of labels with each pattern, shape ``(patterns,)``."""
        self.annotated = _dense_if_small(matrix.annotated[first // labels])
        """1 where an annotator saw the document, shape ``(patterns, annotators)``."""
        self.positive = _dense_if_small(matrix.positive[first])
        """1 where an annotator put the label, shape ``(patterns, annotators)``."""


def _dense_if_small(table: csr_array[np.float64]) -> csr_array[np.float64] | NDArray[np.float64]:
    """Convert a sparse table of answers to a dense one where it is small, which is faster."""
    return table.toarray() if math.prod(table.shape) <= SMALL else table


def _em_step(answers: _AnswerPatterns, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Perform one EM step: annotators' rates from label probabilities, then these by Bayes's rule."""
    # Of a true label: the share who put it and the share who did not; then the same of a false one.
    finds, misses = _log_rates(answers, probabilities)
    invents, passes = _log_rates(answers, 1 - probabilities)
    by_looking = misses - passes
    by_putting = finds - invents - by_looking
    prior = logit(np.clip(np.average(probabilities, weights=answers.counts), _LEAST, 1 - _LEAST))
    # Log odds: count everyone who looked as not putting the label, then correct for those who put it.
    evidence = np.asarray(answers.annotated @ by_looking + answers.positive @ by_putting)
    updated: NDArray[np.float64] = expit(prior + evidence)
    return updated


def _log_rates(
    answers: _AnswerPatterns, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the log shares of all labels, weighted, that each annotator put and did not put."""
    seen = np.asarray(answers.annotated.T @ (weights * answers.counts))
    put = np.asarray(answers.positive.T @ (weights * answers.counts))
    # Somebody who never erred so far would otherwise have a rate of 0, against which no vote counts.
    put, not_put = np.maximum(put, _LEAST), np.maximum(seen - put, _LEAST)
    return np.log(put / (put + not_put)), np.log(not_put / (put + not_put))


CONSENSUS: dict[str, Callable[[AnnotationMatrix], NDArray[np.bool_]]] = {
    "majority": majority,
    "dawid_skene": dawid_skene,
}


FIRST_LOOK, SECOND_LOOK = range(2)
"""First and second pass over a document, each with random numbers of its own."""


class AnnotationStore:
    """Store of the labels that each annotator has put on each document.

    ``truth`` is boolean, shape ``(documents, labels)``; ``error_models`` has one for each annotator. Where
    ``overlap`` annotators label a document, the rule ``adjudication`` decides, or an expert.
    """

    def __init__(
        self, truth: Flags, error_models: Sequence[AnnotatorErrorModel], overlap: int, adjudication: str
    ) -> None:
        self.overlap = overlap
        self._truth = truth
        self._error_models = error_models
        self._consensus = CONSENSUS[adjudication]
        self._annotation_counts = np.zeros(len(truth), dtype=np.int64)
        # Slots rather than lists: a document is labelled at most `overlap` times,
        # and columns are taken out whole.
        self._annotators = np.zeros((overlap, len(truth)), dtype=np.int64)
        self._labels = np.zeros((overlap, *truth.shape), dtype=np.bool_)
        self._cached_consensus = np.empty(0, dtype=np.int64), truth[:0]
        self._adjudicated: list[tuple[Rows, Flags]] = []
        self._second_passes: list[tuple[int, Rows, int, NDArray[np.bool_]]] = []

    def annotate(
        self, person: int, documents: Rows, suggested: Flags | None = None, look: int = FIRST_LOOK
    ) -> Flags:
        """Draw the labels that an annotator puts on documents, shape ``(documents, labels)``."""
        return self._error_models[person].annotate(documents, self._truth[documents], suggested, look)

    def add(self, person: int, documents: Rows, labels: Flags) -> Rows:
        """Add an annotator's labels; return the documents now complete on which annotators disagree."""
        slots = self._annotation_counts[documents]
        self._annotators[slots, documents], self._labels[slots, documents] = person, labels
        self._annotation_counts[documents] += 1
        complete = documents[self._annotation_counts[documents] == self.overlap]
        if self.overlap == 1 or not len(complete):
            return documents[:0]
        matrix = self._matrix_of(complete)
        return matrix.documents[disagreements(matrix)]

    def adjudicate(self, documents: Rows, labels: Flags) -> None:
        """Replace the consensus on documents by an expert's labels."""
        self._adjudicated.append((documents, labels))

    def revise_label(self, documents: Rows, done_ms: int, label: int, labels: NDArray[np.bool_]) -> int:
        """Replace one label of documents after a second pass; return the number of documents changed."""
        previous = self.training_labels(documents, done_ms)[:, label]
        self._second_passes.append((done_ms, documents, label, labels))
        return int((labels != previous).sum())

    def training_labels(self, snapshot: Rows, now_ms: int) -> Flags:
        """Return the labels of a snapshot as known by now: consensus, adjudications and second passes."""
        if self.overlap == 1:
            known: Flags = self._labels[0, snapshot]
        else:
            # Copied: adjudications and second passes must not change the cached consensus.
            known = self._consensus_on(snapshot).copy()
        # The inverse of the snapshot: the place of each document in it, -1 for documents outside.
        place = np.full(len(self._truth), -1)
        place[snapshot] = np.arange(len(snapshot))
        for documents, labels in self._adjudicated:
            in_snapshot = place[documents] >= 0
            known[place[documents[in_snapshot]]] = labels[in_snapshot]
        for done_ms, documents, label, labels in self._second_passes:
            # A page is recorded when it is opened, ahead of its end: what somebody
            # will have corrected is not known yet.
            if done_ms <= now_ms:
                in_snapshot = place[documents] >= 0
                known[place[documents[in_snapshot]], label] = labels[in_snapshot]
        return known

    def _consensus_on(self, snapshot: Rows) -> Flags:
        """Return the consensus on a snapshot, cached because a failed training needs the same again."""
        if not np.array_equal(snapshot, self._cached_consensus[0]):
            matrix = self._matrix_of(snapshot)
            # A matrix lists documents in ascending order, a snapshot in that of labelling.
            self._cached_consensus = (
                snapshot,
                self._consensus(matrix)[matrix.documents.searchsorted(snapshot)],
            )
        return self._cached_consensus[1]

    @property
    def complete_annotations(self) -> AnnotationMatrix:
        """Annotation matrix of the documents that ``overlap`` annotators have labelled."""
        return self._matrix_of(np.flatnonzero(self._annotation_counts == self.overlap))

    def _matrix_of(self, documents: Rows) -> AnnotationMatrix:
        """Build the annotation matrix of documents that ``overlap`` annotators have labelled."""
        annotators, labels = self._annotators[:, documents], self._labels[:, documents]
        return AnnotationMatrix(
            np.tile(documents, self.overlap), annotators.ravel(), labels.reshape(-1, self._truth.shape[1])
        )


# Agreement


class Agreement(TypedDict):
    """Agreement between annotators; None where all agreement is by chance, or without overlap."""

    people: int
    """Maximum number of annotators per document."""
    documents: int
    """Number of documents that several annotators labelled."""
    unanimous: float | None
    """Share of these on which all annotators put exactly the same labels."""
    alpha: float | None
    """Krippendorff's alpha of whole documents."""
    alpha_by_label: list[float | None]
    kappa: float | None
    """Cohen's kappa, mean over pairs of annotators (Light 1971)."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of annotators who labelled some of the same documents, one value per pair."""

    people: NDArray[np.int64]
    """Numbers of both annotators, shape ``(pairs, 2)``, the lower one first."""
    documents: NDArray[np.int64]
    """Number of documents that both have labelled, shape ``(pairs,)``."""
    kappa: NDArray[np.float64]
    """Cohen's kappa, shape ``(pairs,)``; NaN where all agreement is by chance."""


def agreement(matrix: AnnotationMatrix) -> Agreement:
    """Measure how far annotators agree on the documents that several of them labelled."""
    # Documents that one person saw say nothing about agreement, and would count as unanimous.
    unanimous = ~disagreements(matrix)[matrix.n_raters > 1]
    kappas = kappa_by_pair(matrix).kappa
    return {
        "people": int(matrix.n_raters.max(initial=0)),
        "documents": len(unanimous),
        "unanimous": float(unanimous.mean()) if unanimous.size else None,
        "alpha": _finite_or_none(alpha(matrix)),
        "alpha_by_label": [_finite_or_none(of_label) for of_label in alpha_by_label(matrix)],
        # Pairs that agree by chance alone have no kappa, and are left out of the mean (Light 1971).
        "kappa": None if np.isnan(kappas).all() else float(np.nanmean(kappas)),
    }


def alpha(matrix: AnnotationMatrix) -> float:
    """Compute Krippendorff's alpha of whole documents: 1 is perfect agreement, 0 agreement by chance.

    Two people are as far apart on a document as the number of labels that only one of them put; so observed
    and expected disagreement are those of ``alpha_by_label``, each summed over labels, and frequent labels
    count for more. Not a number where every label is put always or never.

    Source: K. Krippendorff and R. Craggs (2016), "The reliability of multi-valued coding of data",
    Communication Methods and Measures 10(4), 181-198, on alpha of sets; the distance is Hamming's.
    """
    observed, expected = _disagreement_rates(matrix)
    return float(1 - _quotients(observed.sum(), expected.sum()))


def alpha_by_label(matrix: AnnotationMatrix) -> NDArray[np.float64]:
    """Compute Krippendorff's alpha of each label, put or not, shape ``(labels,)``.

    Any number of people may have looked at a document, from two on: of m, p put the label. Over all these
    documents alpha = 1 - (n - 1) sum(p (m - p) / (m - 1)) / (sum(p) sum(m - p)) with n = sum(m). Not a number
    where a label is put always or never: all agreement is by chance.

    Source: K. Krippendorff (2011), "Computing Krippendorff's alpha-reliability", on nominal data, any number
    of observers, missing data; A. F. Hayes and K. Krippendorff (2007), "Answering the call for a standard
    reliability measure for coding data", Communication Methods and Measures 1(1), 77-89.
    """
    return 1 - _quotients(*_disagreement_rates(matrix))


def kappa_by_pair(matrix: AnnotationMatrix) -> Pairs:
    """Compute Cohen's kappa of each pair of annotators, over their shared documents, pooled over labels.

    (agreed - by chance) / (1 - by chance), both means over labels of the shares of documents on which the two
    agree, and would by chance. With one label it is Cohen's own.

    Source: J. Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20(1), 37-46; H. de Vries, M. N. Elliott, D. E. Kanouse and S. S. Teleki (2008), "Using pooled
    kappa to summarize interrater agreement across many items", Field Methods 20(3), 272-282.
    """
    labels = matrix.labels.shape[1]
    # All pairs at once by products of sparse tables, in place of a loop over half a
    # million pairs of a thousand people.
    shared = (matrix.annotated.T @ matrix.annotated).toarray()
    agreed, by_chance = np.zeros_like(shared), np.zeros_like(shared)
    for label in range(labels):
        # Rows are sorted by document, then label: every `labels`-th row belongs to this label.
        put = matrix.positive[label::labels]
        both = (put.T @ put).toarray()
        one = (put.T @ matrix.annotated).toarray()
        other = one.T
        # Documents that both gave the label to, and those that neither did: shared - one - other + both.
        agreed += shared - one - other + 2 * both
        by_chance += one * other + (shared - one) * (shared - other)
    # The upper triangle without its diagonal: each pair of people once.
    pairs = np.nonzero(np.triu(shared, 1))
    documents, agreed, by_chance = shared[pairs], agreed[pairs], by_chance[pairs]
    # Expanded by labels * documents², so that both sides are whole numbers and 0 is exact.
    kappa = _quotients(documents * agreed - by_chance, labels * documents**2 - by_chance)
    return Pairs(matrix.people[np.transpose(pairs)], documents.astype(np.int64), kappa)


def _disagreement_rates(matrix: AnnotationMatrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how often annotators of a document differ in each label, observed and expected by chance."""
    several = matrix.n_raters > 1
    n_raters, n_positive = matrix.n_raters[several, None], matrix.n_positive[several]
    others = n_raters - n_positive
    observed = np.sum(n_positive * others / (n_raters - 1), axis=0)
    # At least 1, so that no annotations at all give 0 / 1 and not a division by zero.
    expected = n_positive.sum(axis=0) * others.sum(axis=0) / max(n_raters.sum() - 1, 1)
    return observed, expected


def _quotients(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide disagreements, element by element; NaN where the divisor is 0."""
    nothing = np.full(np.shape(numerators), np.nan)
    quotients: NDArray[np.float64] = np.divide(numerators, denominators, out=nothing, where=denominators != 0)
    return quotients


def _finite_or_none(value: float) -> float | None:
    """Convert a coefficient of agreement for JSON; None for NaN."""
    return None if np.isnan(value) else float(value)
