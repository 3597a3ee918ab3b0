"""Ridge regression on sums of kernels: more features than documents, and the documents choose among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.corpus import ngrams
from sim.learning.calibration import Calibration
from sim.learning.learner import average_precisions, targets_of
from sim.learning.linalg import GramAccumulator, IncrementalCholesky, RowCache
from sim.learning.predictions import Predictions
from sim.learning.quality import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.core.quality import Quality
    from sim.corpus.documents import Corpus
    from sim.corpus.ngrams import Rows, Terms
    from sim.corpus.svd import ByTerm
    from sim.learning.learner import FeatureSet

    Numbers = NDArray[np.float64]

ALPHAS = (0.3, 1.0)
BLOCK = 64
FIRST_CHOICE = 128
"""Labelled documents from which on they choose their kernel, anew whenever there are twice as many."""
LAST_CHOICE = 2_048
"""Choosing costs the cube of their number; from here on it would find the same."""
EVERY_TERM_FROM = 1_024
"""Labelled documents from which on every single term may count: directions are a ceiling then."""
KERNELS = (("with words",), ("strongest",))
KERNELS_OF_MANY = (*KERNELS, ("with words", "every"), ("strongest", "every"))


@dataclass(frozen=True)
class PenaltyChoice:
    """Choice of a kernel (the mean of these views' linear kernels, and 1) and its penalty."""

    kernel: Sequence[str]
    alpha: float


@dataclass(frozen=True, eq=False)
class KernelModel:
    """Kernel ridge model; ``weights`` of each view have shape ``(features, labels)``."""

    learner: KernelRidge
    choice: PenaltyChoice
    labelled: NDArray[np.int64]
    taught: NDArray[np.bool_]
    """The labels that it learned, shape ``(labelled, labels)``."""
    weights: Sequence[NDArray[np.float32]]
    constant: NDArray[np.float32]
    leave_one_out: Numbers
    """Scores of the labelled documents by a model that has not seen them, shape ``(labelled, labels)``."""

    @cached_property
    def calibration(self) -> Calibration:
        """Calibration of scores to probabilities, fitted on the labelled documents alone."""
        return Calibration.of(self.leave_one_out, self.taught)

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of any shape to probabilities with the model's calibration."""
        return self.calibration.probabilities(scores)

    def predictions(self) -> Predictions:
        """Predict the labels of the pool with the kernel model; query strategies see the projection alone."""
        return Predictions(
            scores=self._scores([self.learner.views[name].pool for name in self.choice.kernel]),
            calibration=self.probabilities,
            labelled=self.labelled,
            labels=self.taught,
            moments=self.learner.moments[self.choice.kernel[0]],
            leave_one_out=lambda: self.leave_one_out,
            # The mean of two kernels has half of each.
            penalty=self.choice.alpha * len(self.choice.kernel),
        )

    @property
    def average_precisions(self) -> Numbers:
        """Average precision of each label on the test documents; NaN for a label that none carries."""
        return self._on_test[0]

    @property
    def quality(self) -> Quality:
        """Quality on the test documents beside MAP."""
        return self._on_test[1]

    @cached_property
    def _on_test(self) -> tuple[Numbers, Quality]:
        """Average precisions and quality, from the same scores of the test documents."""
        truth = self.learner.test_labels
        scores = self._scores([self.learner.views[name].test for name in self.choice.kernel])
        return average_precisions(truth, scores), measure(truth, scores, self.probabilities(scores))

    @cached_property
    def map(self) -> float:
        """Mean average precision over the labels that some test document carries."""
        return float(np.nanmean(self.average_precisions))

    def _scores(self, parts: Sequence[NDArray[np.float32] | ByTerm]) -> NDArray[np.float32]:
        """Score documents by their features in the views of the kernel, one row each."""
        scores = self.constant
        for part, weights in zip(parts, self.weights, strict=True):
            scores = scores + part @ weights
        return scores


class KernelRidge:
    """Kernel ridge regression on targets of +1 and -1; labelled documents choose kernel and penalty.

    A kernel is the mean of linear kernels on views of a text (the strongest directions of its terms, with its
    words beside them or without; every single term), and 1. It is chosen by leave-one-out MAP on the first
    128, 256, ... 2,048 labelled documents. With n labelled documents and d features, b new documents cost
    2 b n (n + d) operations.

    A model depends on corpus, settings, snapshot and the labels put on that alone, to the last bit: documents
    are added in blocks of 64 in the snapshot's order, so that a snapshot continued and the same one from
    scratch compute the same, and with their true labels, so that errors are a difference to these.
    """

    feature_set: ClassVar[FeatureSet] = ngrams

    def __init__(self, corpus: Corpus, terms: Terms, alpha: float | None = None) -> None:
        self.labels = corpus.pool.labels
        self.test_labels = corpus.test.labels
        self.targets = targets_of(self.labels)
        self.alphas = ALPHAS if alpha is None else (alpha,)
        self.views: dict[str, Rows[Any]] = {
            "with words": terms.with_words,
            "strongest": terms.strongest,
            "every": terms.every,
        }
        self.moments = {name: GramAccumulator(self.views[name].pool) for name in ("with words", "strongest")}
        self._labelled = {
            "with words": RowCache(terms.with_words.pool),
            "strongest": RowCache(terms.strongest.pool),
            "every": RowCache(terms.every_by_document),
        }
        self._last_choice: tuple[tuple[NDArray[np.int64], NDArray[np.bool_]], PenaltyChoice] | None = None
        self._cached_candidates: (
            tuple[NDArray[np.int64], list[tuple[PenaltyChoice, IncrementalCholesky]]] | None
        ) = None
        self._restart(self._default)

    @property
    def _default(self) -> PenaltyChoice:
        """Kernel and penalty before there are enough labelled documents to choose by."""
        return PenaltyChoice(KERNELS[0], self.alphas[0])

    def _restart(self, choice: PenaltyChoice) -> None:
        """Forget the factor, and start with another choice of kernel and penalty."""
        self._choice = choice
        self._added = np.empty(0, dtype=np.int64)
        self._factor = IncrementalCholesky(self.labels.shape[1])

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> KernelModel:
        """Train a kernel model on the documents ``snapshot``, rows of the pool in the order of labelling.

        ``labels``, shape ``(labelled, labels)``, are those that annotators put, None for the true ones.
        """
        labels = self.labels[snapshot] if labels is None else labels.copy()
        targets = targets_of(labels)
        choice = self._choose(snapshot, labels)
        whole = len(snapshot) // BLOCK * BLOCK
        known = len(self._added)
        # The factor only grows: what does not continue the last snapshot starts from nothing.
        if choice != self._choice or known > whole or not np.array_equal(snapshot[:known], self._added):
            self._restart(choice)
            known = 0
        parts = [self._labelled[name].of(snapshot) for name in choice.kernel]
        for start in range(known, whole, BLOCK):
            self._factor.append(*self._block(parts, snapshot, start, start + BLOCK))
        self._added = snapshot[:whole].copy()
        # An incomplete block is taken back: later it is appended whole, with the same bits as from scratch.
        with self._factor.extended(*self._block(parts, snapshot, whole, len(snapshot))):
            solution = self._factor.solution(targets - self.targets[snapshot])
            leave_one_out = self._factor.leave_one_out(targets, solution)
        return KernelModel(
            self,
            choice,
            snapshot.copy(),
            labels,
            [(solution.T @ part / len(parts)).T.astype(np.float32) for part in parts],
            # The constant kernel, 1, has the sum of the solution as its weight.
            solution.sum(axis=0).astype(np.float32),
            leave_one_out,
        )

    def _block(
        self, parts: Sequence[Any], snapshot: NDArray[np.int64], start: int, end: int
    ) -> tuple[Numbers, Numbers, Numbers]:
        """Compute kernel values of documents with those before and each other, and their true targets."""
        values = _kernel([part[start:end] for part in parts], [part[:end] for part in parts])
        own = values[:, start:]
        # A stride of one more than the width walks down the diagonal.
        own.flat[:: len(own) + 1] += self._choice.alpha
        return values[:, :start], own, self.targets[snapshot[start:end]]

    def _choose(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_]) -> PenaltyChoice:
        """Choose kernel and penalty by the first documents of a snapshot, a power of two in number."""
        if len(snapshot) < FIRST_CHOICE:
            return self._default
        first = min(LAST_CHOICE, 1 << (len(snapshot).bit_length() - 1))
        basis = snapshot[:first].copy(), labels[:first]
        if self._last_choice is None or not all(map(np.array_equal, self._last_choice[0], basis)):
            self._last_choice = basis, self._best(*basis)
        return self._last_choice[1]

    def _best(self, documents: NDArray[np.int64], labels: NDArray[np.bool_]) -> PenaltyChoice:
        """Return the kernel and penalty with the best leave-one-out MAP; of equals the first."""
        difference = targets_of(labels) - self.targets[documents]
        candidates: Iterable[tuple[PenaltyChoice, IncrementalCholesky]] = self._candidates(documents)
        if difference.any():
            # Errors may be corrected, and what is known of the documents is then worth keeping.
            if self._cached_candidates is None or not np.array_equal(self._cached_candidates[0], documents):
                self._cached_candidates = documents, list(candidates)
            candidates = self._cached_candidates[1]
        quality = {choice: _leave_one_out_map(factor, labels, difference) for choice, factor in candidates}
        return max(quality, key=quality.__getitem__)

    def _candidates(
        self, documents: NDArray[np.int64]
    ) -> Iterator[tuple[PenaltyChoice, IncrementalCholesky]]:
        """Yield every choice of kernel and penalty with its factor for some documents."""
        targets = self.targets[documents]
        for kernel in KERNELS_OF_MANY if len(documents) >= EVERY_TERM_FROM else KERNELS:
            parts = [self._labelled[name].of(documents) for name in kernel]
            values = _kernel(parts, parts)
            for alpha in self.alphas:
                factor = IncrementalCholesky(targets.shape[1])
                factor.append(values[:, :0], values + alpha * np.eye(len(values)), targets)
                yield PenaltyChoice(kernel, alpha), factor


def _leave_one_out_map(factor: IncrementalCholesky, labels: NDArray[np.bool_], difference: Numbers) -> float:
    """Return the leave-one-out MAP of a choice of kernel and penalty; 0 without positives."""
    leave_one_out = factor.leave_one_out(targets_of(labels), factor.solution(difference))
    precisions = average_precisions(labels, leave_one_out)
    return 0.0 if np.isnan(precisions).all() else float(np.nanmean(precisions))


def _kernel(some: Sequence[Any], others: Sequence[Any]) -> Numbers:
    """Compute the kernel, the mean of the parts' inner products and 1, shape ``(len(some), len(others))``."""
    # Starting from the number of parts adds the constant kernel, 1, to their mean.
    total: float | Numbers = float(len(some))
    for left, right in zip(some, others, strict=True):
        total = total + _inner_products(left, right)
    values: Numbers = np.divide(total, len(some))
    return values


def _inner_products(some: Any, others: Any) -> Numbers:
    """Compute the inner products of two sets of feature rows, dense or sparse."""
    if isinstance(some, np.ndarray):
        products: Numbers = some @ others.T
        return products
    # This way round it is the few that are laid out anew, not the many.
    return np.asarray((others @ some.T).T.toarray())
