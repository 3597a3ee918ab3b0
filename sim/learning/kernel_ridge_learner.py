"""Ridge regression on sums of kernels: more features than documents, and the documents choose among them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache as cached
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sim.corpus import cache, encoder, ngrams
from sim.corpus.dimensionality_reduction import ROWS, ByTerm
from sim.learning.calibration import LEAST, Calibration, CalibrationBySoftmax, log_odds
from sim.learning.incremental_algebra import (
    GramAccumulator,
    HatMatrix,
    IncrementalCholesky,
    InnerProducts,
    InverseKernel,
    RowCache,
    conjugate_gradients,
    inner_products,
    leading,
)
from sim.learning.learner import targets_of
from sim.learning.predictions import Predictions
from sim.learning.quality_on_test_documents import MeasuredModel, average_precisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.corpus.ngrams import Rows, Terms
    from sim.learning.learner import FeatureSet

    Kernel = tuple[str, ...]
    Numbers = NDArray[np.float64]
    LeaveOneOut = Callable[[Numbers], Numbers]
    """Leave-one-out scores of some documents by their targets, both of shape ``(documents, labels)``."""

ALPHAS = (0.3, 1.0, 3.0)
"""Penalties to choose from. Too few documents to choose have the first or, with a label each, the last."""
ALPHA_WITH_EMBEDDINGS = 1.0
"""Of documents with embeddings, too few to choose it."""
BLOCK, FIRST_BLOCK = 64, 16
"""Documents that are added at once; fewer among the first, so that less is added to models that often follow
each other and then taken back. Among many, more: each block reads all of the factor."""
AT_ONCE = 1_024
"""Documents whose sparse rows are multiplied at once with those before them; the first have small blocks."""
FIRST_CHOICE = 128
"""Labelled documents from which on they choose their kernel, anew whenever there are twice as many."""
COMPETING_FROM = 64
"""Labelled documents from which on they say whether labels compete."""
MOSTLY_ONE, SOMETIMES_MORE = 0.9, 0.02
"""Labels may compete where at least this share of the documents carries one, and at most this share several;
the others were missed."""
LAST_CHOICE = 2_048
"""Choosing costs the cube of their number; from here on it would find the same."""
FEW_FEATURES = 2
"""Labelled documents per feature from which on their leave-one-out scores are computed by feature."""
EVERY_TERM_FROM = 1_024
"""Labelled documents from which on every single term may count: directions are a ceiling then."""
STRONGEST = {"all terms": "directions"}
"""Views of many features, and those of their strongest directions."""
TOLERANCE = 3e-3
"""Share of the targets by which a system may be off that is solved step by step; it moves MAP by .0002."""
KERNELS: Sequence[Kernel] = (("directions with words",), ("directions",))
KERNELS_OF_MANY: Sequence[Kernel] = (
    *KERNELS,
    ("directions with words", "all terms"),
    ("directions", "all terms"),
)
KERNELS_WITH_EMBEDDINGS_OF_FEW: Sequence[Kernel] = (
    ("embeddings", "directions with words", "directions with words"),
    ("embeddings",),
    ("directions with words",),
)
"""What stands there twice weighs twice as much."""
KERNELS_WITH_EMBEDDINGS: Sequence[Kernel] = (*KERNELS_WITH_EMBEDDINGS_OF_FEW, ("embeddings", "directions"))
KERNELS_WITH_EMBEDDINGS_OF_MANY: Sequence[Kernel] = (
    ("embeddings", "directions with words", "all terms"),
    ("embeddings",),
    ("directions with words", "all terms"),
    ("embeddings", "directions", "all terms"),
)


@dataclass(frozen=True)
class PenaltyChoice:
    """Choice of a kernel (the mean of these views' linear kernels, and 1), a penalty, and a calibration."""

    kernel: Kernel
    alpha: float
    competing: bool = False
    """Whether a document's labels compete for it, because it carries one: their probabilities sum to 1."""


@dataclass(frozen=True, eq=False)
class KernelModel(MeasuredModel):
    """Kernel ridge model: its ``solution`` of shape ``(labelled, labels)`` weighs the labelled documents."""

    learner: KernelRidge
    choice: PenaltyChoice
    labelled: NDArray[np.int64]
    taught: NDArray[np.bool_]
    """The labels that it learned, shape ``(labelled, labels)``."""
    solution: Numbers
    leave_one_out: Numbers
    """Scores of the labelled documents by a model that has not seen them, shape ``(labelled, labels)``."""
    exact: bool = True
    """Whether leave-one-out scores are exact, and not those of generalised cross-validation."""

    @cached_property
    def calibration(self) -> Calibration | CalibrationBySoftmax:
        """Calibration of scores to probabilities, fitted on the labelled documents alone."""
        kind = CalibrationBySoftmax if self.choice.competing else Calibration
        return kind.fit(self.leave_one_out, self.taught)

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of shape ``(documents, labels)`` to probabilities with the model's calibration."""
        return self.calibration.probabilities(scores)

    def predictions(self) -> Predictions:
        """Predict the labels of the pool with the kernel model; query strategies see the projection alone.

        Where labels compete, scores are 2 p - 1 of their probabilities p.
        """
        scores = self._scores([self.learner.views[name].pool for name in self.choice.kernel])
        competing = self.choice.competing
        return Predictions(
            scores=self._competed(scores) if competing else scores,
            calibration=_halved if competing else self.probabilities,
            labelled=self.labelled,
            labels=self.taught,
            moments=self.learner.moments[self.choice.kernel[0]],
            leave_one_out=lambda: self._competed(self.leave_one_out) if competing else self.leave_one_out,
            # The mean of two kernels has half of each.
            penalty=self.choice.alpha * len(self.choice.kernel),
            log_odds=log_odds if competing else None,
            calibrated=competing,
            # Of labels that compete nobody asks for it.
            shift=self._shift if self.exact and not competing else None,
        )

    def _shift(self) -> Numbers:
        """Return by how much leave-one-out models score the pool lower; they have it as the target."""
        pull = self.learner.pull(self)[:, np.newaxis]
        shift: Numbers = pull * (targets_of(self.taught) - self.leave_one_out)
        return shift

    def on_test(self) -> tuple[NDArray[np.bool_], NDArray[np.floating], NDArray[np.floating]]:
        """Predict the test documents: true labels, scores, probabilities; shape ``(documents, labels)``.

        Where labels compete, probabilities are what documents are ranked by.
        """
        truth = self.learner.test_labels
        scores = self._scores([self.learner.views[name].test for name in self.choice.kernel])
        probabilities = self.probabilities(scores)
        return truth, probabilities if self.choice.competing else scores, probabilities

    def _scores(self, parts: Sequence[NDArray[np.float32] | ByTerm]) -> NDArray[np.float32]:
        """Score documents by their features in the views of the kernel, one row each."""
        weights = self.learner.weights(self)
        # The constant kernel, 1, has the sum of the solution as its weight.
        constant: NDArray[np.float32] = self.solution.sum(axis=0).astype(np.float32)
        scores = np.empty((parts[0].shape[0], len(constant)), np.float32)
        # As many documents at a time as are laid out together: their scores stay in the processor's cache.
        for number, start in enumerate(range(0, len(scores), ROWS)):
            some = slice(start, start + ROWS)
            block = scores[some]
            block[:] = constant
            for part, its_weights in zip(parts, weights, strict=True):
                rows = part.blocks[number] if isinstance(part, ByTerm) else part[some]
                block += rows @ its_weights
        return scores

    def _competed(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores to regressions of -1 and +1 by labels that compete."""
        competed: NDArray[np.floating] = 2 * self.probabilities(scores) - 1
        return competed


def _halved(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Convert regressions 2 p - 1 back to probabilities p."""
    return (scores + 1) / 2


class KernelRidge:
    """Kernel ridge regression on targets of +1 and -1; labelled documents choose kernel and penalty.

    A kernel is the mean of linear kernels on views of a text (the strongest directions of its terms, with its
    words beside them or without; every single term; those of its embedding), and 1. It is chosen by
    leave-one-out MAP on the first 128, 256, ... 2,048 labelled documents; with embeddings by leave-one-out
    likelihood on the first 64, 96, 128, 192, ... 2,048. With n labelled documents and d features, b new
    documents cost 2 b n (n + d) operations.

    Where these documents carry one label each, from 64 on, a document's labels compete for it, and kernel and
    penalty are chosen by leave-one-out likelihood; where nearly all do, by leave-one-out MAP whether they do.
    A corpus may say it from the start.

    A model depends on corpus, settings, snapshot and the labels put on that alone, to the last bit: documents
    are added in blocks in the snapshot's order, so that a snapshot continued and the same one from
    scratch compute the same, and with their true labels, so that errors are a difference to these.
    """

    feature_set: ClassVar[FeatureSet] = ngrams

    def __init__(self, corpus: Corpus, terms: Terms, alpha: float | None = None) -> None:
        self.labels = corpus.pool.labels
        self.test_labels = corpus.test.labels
        self.targets = targets_of(self.labels)
        # One label alone has none to compete with.
        self.single_label = corpus.single_label if self.labels.shape[1] > 1 else False
        self.alpha = alpha
        self.views: dict[str, Rows[Any]] = {
            "directions with words": terms.directions_with_words,
            "directions": terms.directions,
            "all terms": terms.all_terms,
        }
        self.has_embeddings = terms.embeddings is not None
        if terms.embeddings is not None:
            self.views["embeddings"] = terms.embeddings
        projected = {name: view.pool for name, view in self.views.items() if name != "all terms"}
        self.moments = {name: GramAccumulator(rows) for name, rows in projected.items()}
        by_document = projected | {"all terms": terms.all_terms_by_document}
        self._labelled = {name: RowCache(rows) for name, rows in by_document.items()}
        self._by_document: Mapping[str, Any] = by_document
        self._means: dict[str, Numbers] = {}
        """Means over the pool of the features of the views that were used."""
        self._last_weights: tuple[KernelModel, Sequence[NDArray[np.float32]]] | None = None
        self._restart(np.empty(0, dtype=np.int64))

    def _default(self, *, competing: bool) -> PenaltyChoice:
        """Return kernel and penalty before there are enough labelled documents to choose by."""
        alpha = ALPHA_WITH_EMBEDDINGS if self.has_embeddings else ALPHAS[0]
        if competing:
            alpha = ALPHAS[-1]
        return PenaltyChoice(self._kernels(0)[0], self.alpha or alpha, competing)

    def _restart(self, snapshot: NDArray[np.int64]) -> None:
        """Forget what was computed for other documents."""
        self._snapshot = snapshot
        self._choices: dict[int, tuple[NDArray[np.bool_], PenaltyChoice]] = {}
        """By the number of documents that made the choice, with their labels."""
        self._factors: dict[PenaltyChoice, IncrementalCholesky] = {}
        self._of_terms = InnerProducts(LAST_CHOICE)
        self._cached_candidates: tuple[int, Callable[[Kernel, float], LeaveOneOut]] | None = None

    def _continue(self, snapshot: NDArray[np.int64]) -> None:
        """Keep what was computed for documents of which these are the first, or more; else forget it."""
        shared = min(len(snapshot), len(self._snapshot))
        if not np.array_equal(snapshot[:shared], self._snapshot[:shared]):
            self._restart(snapshot.copy())
        elif len(snapshot) > shared:
            self._snapshot = snapshot.copy()

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> KernelModel:
        """Train a kernel model on the documents ``snapshot``, rows of the pool in the order of labelling.

        ``labels``, shape ``(labelled, labels)``, are those that annotators put, None for the true ones.
        """
        labels = self.labels[snapshot] if labels is None else labels.copy()
        targets = targets_of(labels)
        self._continue(snapshot)
        choice = self._choose(snapshot, labels)
        with self._factored(choice, snapshot) as (factor, _):
            solution = factor.solution(targets - self.targets[snapshot])
            leave_one_out = factor.leave_one_out(targets, solution)
        return KernelModel(self, choice, snapshot.copy(), labels, solution, leave_one_out)

    @contextmanager
    def _factored(
        self, choice: PenaltyChoice, snapshot: NDArray[np.int64]
    ) -> Iterator[tuple[IncrementalCholesky, Sequence[Any]]]:
        """Have the factor of a snapshot's kernel, and the rows that it is of, inside a ``with`` block."""
        factor = self._factors.setdefault(choice, IncrementalCholesky(self.labels.shape[1]))
        parts = [self._labelled[name].rows(snapshot) for name in choice.kernel]
        factor.reserve(len(snapshot))
        whole = len(snapshot) - len(snapshot) % _block_size(len(snapshot))
        if factor.count < whole:
            for block in self._blocks(choice, parts, snapshot, factor.count, whole):
                factor.append(*block)
        # An incomplete block is taken back: later it is appended whole, with the same bits as from scratch.
        # What scenarios with other batches have appended meanwhile is left out, and stays.
        (rest,) = self._blocks(choice, parts, snapshot, whole, len(snapshot))
        with factor.extended(*rest):
            yield factor, parts

    def pull(self, model: KernelModel) -> Numbers:
        """Return the change of the pool's mean score per unit of each document's target, ``(labelled,)``."""
        # Few models are asked for it: those that are rated.
        self._continue(model.labelled)
        with self._factored(model.choice, model.labelled) as (factor, parts):
            return factor.solve(self._mean_kernel(model.choice.kernel, parts))

    def train_at_once(self, documents: NDArray[np.int64]) -> KernelModel:
        """Train nearly the model of `train` on many documents with their true labels, in far less time.

        Where `train` takes 2 n³ / 3 operations and a matrix of n², conjugate gradients multiply by the rows a
        dozen times. Leave-one-out scores are those of generalised cross-validation (Golub, Heath and Wahba
        1979): the mean of the inverse's diagonal stands for each, estimated with random signs (Hutchinson
        1990, "A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines").
        """
        if len(documents) <= LAST_CHOICE:
            return self.train(documents)
        labels, targets = self.labels[documents], self.targets[documents]
        self._continue(documents)
        choice = self._choose(documents, labels)
        # Single precision is enough for a solution that is not exact, and takes half the time.
        parts = [self._labelled[name].rows(documents).astype(np.float32) for name in choice.kernel]
        # All terms are nearly their strongest directions, with which the system is small: one unknown each.
        near = [self.views[STRONGEST.get(name, name)].pool[documents] for name in choice.kernel]
        small = _side_by_side(near)
        inner = small.T @ small
        inner.flat[:: len(inner) + 1] += choice.alpha
        factor = cho_factor(inner, lower=True, overwrite_a=True, check_finite=False)

        # Sparse rows laid out term by term, which is twice as fast in either product.
        sides: list[tuple[Any, Any]] = [
            (part, part.T) if isinstance(part, np.ndarray) else (ByTerm.from_rows(part), part.T.tocsr())
            for part in parts
        ]

        def multiply(columns: NDArray[np.float32]) -> NDArray[np.float32]:
            """Multiply by the kernel of the documents and the penalty."""
            total: NDArray[np.float32] = choice.alpha * columns + columns.sum(axis=0)
            for rows, transposed in sides:
                total += rows @ (transposed @ columns) / len(sides)
            return total

        def precondition(columns: NDArray[np.float32]) -> NDArray[np.float32]:
            """Multiply by the inverse of the small system, by Woodbury's identity."""
            rest = small @ cho_solve(factor, small.T @ columns, check_finite=False)
            return np.asarray((columns - rest) / choice.alpha, np.float32)

        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(len(documents), 1))
        columns = np.hstack([targets, signs]).astype(np.float32)
        found = conjugate_gradients(multiply, precondition, columns, TOLERANCE).astype(np.float64)
        solution, probe = found[:, :-1], found[:, -1:]
        leave_one_out = targets - solution / np.mean(signs * probe)
        return KernelModel(self, choice, documents.copy(), labels, solution, leave_one_out, exact=False)

    def weights(self, model: KernelModel) -> Sequence[NDArray[np.float32]]:
        """Return a model's weights of each view of its kernel, shape ``(features, labels)``.

        They are kept until another model's take their place: of every single term they are many.
        """
        if self._last_weights is None or self._last_weights[0] is not model:
            parts = [self._labelled[name].rows(model.labelled) for name in model.choice.kernel]
            solution = model.solution / len(parts)
            self._last_weights = model, [_weigh(part, solution) for part in parts]
        return self._last_weights[1]

    def _mean_kernel(self, kernel: Sequence[str], parts: Sequence[Any]) -> Numbers:
        """Return the mean over the pool of the kernel with each of the documents whose rows are ``parts``."""
        for name in kernel:
            if name not in self._means:
                mean = self._by_document[name].mean(axis=0, dtype=np.float64)
                self._means[name] = np.asarray(mean).reshape(1, -1)
        values: Numbers = _kernel([self._means[name] for name in kernel], parts)[0]
        return values

    def _blocks(
        self, choice: PenaltyChoice, parts: Sequence[Any], snapshot: NDArray[np.int64], first: int, last: int
    ) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Yield kernel values of documents with those before and each other, and true targets, by block.

        Without documents there is one block, without rows.
        """
        for begin in (first, *range(first - first % AT_ONCE + AT_ONCE, last, AT_ONCE)):
            end = min(begin - begin % AT_ONCE + AT_ONCE, last)
            # Sparse products take each term once for all these documents; block by block they are the same
            # to the last bit, and dense ones need not be.
            at_once = [
                None if isinstance(part, np.ndarray) else self._of_terms.rows(part, begin, end)
                for part in parts
            ]
            size = _block_size(begin)
            for start in range(begin, max(end, begin + 1), size):
                stop = min(start + size, end)
                values = _mean_and_one(
                    [
                        part[start:stop] @ leading(part, stop).T
                        if products is None
                        else products[start - begin : stop - begin, :stop]
                        for part, products in zip(parts, at_once, strict=True)
                    ]
                )
                own = values[:, start:]
                # A stride of one more than the width walks down the diagonal.
                own.flat[:: len(own) + 1] += choice.alpha
                yield values[:, :start], own, self.targets[snapshot[start:stop]]

    def _choose(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_]) -> PenaltyChoice:
        """Choose kernel and penalty by the first documents of a snapshot, a power of two in number."""
        # Too few to choose by: what was best on the corpora that were measured.
        if len(snapshot) < COMPETING_FROM:
            return self._default(competing=bool(self.single_label))
        # A power of two, so that the factor is begun anew a few times in a project and not at every model.
        first = 1 << (len(snapshot).bit_length() - 1)
        # There is more to choose between, in which a few documents more help.
        if self.has_embeddings and len(snapshot) >= first * 3 // 2:
            first = first * 3 // 2
        first = min(LAST_CHOICE, first)
        if first not in self._choices or not np.array_equal(self._choices[first][0], labels[:first]):
            # Kept, because every model until twice as many documents are labelled has the same.
            self._choices[first] = labels[:first].copy(), self._best(self._snapshot[:first], labels[:first])
        return self._choices[first][1]

    def _best(self, documents: NDArray[np.int64], labels: NDArray[np.bool_]) -> PenaltyChoice:
        """Return the best choice by leave-one-out; of equals the first.

        Kernel and penalty are chosen by MAP or, where labels compete or there are embeddings, by likelihood;
        whether labels compete, by MAP. From 1,024 documents on, without embeddings, the kernel is the best at
        the middle penalty.
        """
        whether = self._whether_competing(labels)
        if len(documents) < FIRST_CHOICE and not self.has_embeddings:
            return self._default(competing=all(whether))
        alphas = ALPHAS if self.alpha is None else (self.alpha,)
        targets = targets_of(labels)
        candidate = self._candidates(documents)
        if not np.array_equal(targets, self.targets[documents]):
            # Errors may be corrected, and what is known of the documents is then worth keeping.
            if self._cached_candidates is None or self._cached_candidates[0] != len(documents):
                self._cached_candidates = len(documents), cached(candidate)
            candidate = self._cached_candidates[1]
        middle = alphas[len(alphas) // 2]
        alone = _gaussian_quality if self.has_embeddings else _quality

        @cached
        def quality(choice: PenaltyChoice) -> tuple[float, float]:
            measure = _competing_quality if choice.competing else alone
            return measure(candidate(choice.kernel, choice.alpha)(targets), labels)

        best = []
        for competing in whether:
            kernels = [PenaltyChoice(kernel, middle, competing) for kernel in self._kernels(len(documents))]
            # Every pair would take half as long again or more, where that begins to be felt. Kernels with
            # embeddings and without differ too much in the penalty that suits them.
            if len(documents) >= EVERY_TERM_FROM and not self.has_embeddings:
                kernels = [max(kernels, key=quality)]
            pairs = (replace(kernel, alpha=alpha) for kernel in kernels for alpha in alphas)
            best.append(max(pairs, key=quality))
        choice = max(best, key=lambda one: quality(one)[1])
        # What only the choice has read need not stay in this process's memory.
        for name in self.views.keys() - set(choice.kernel):
            cache.release(self._by_document[name])
        return choice

    def _whether_competing(self, labels: NDArray[np.bool_]) -> Sequence[bool]:
        """Return whether labels put on documents compete: yes, no, or either, to be found out."""
        if self.single_label is not None:
            return (self.single_label,)
        carried = labels.sum(axis=1)
        one = float(np.mean(carried == 1))
        if one == 1:
            # As long as only one label was ever put, there are no others to compete with.
            return (bool(np.sum(labels.any(axis=0)) > 1),)
        return (False, True) if one >= MOSTLY_ONE and np.mean(carried > 1) <= SOMETIMES_MORE else (False,)

    def _kernels(self, count: int) -> Sequence[Kernel]:
        """Return the kernels that a number of labelled documents choose between."""
        if not self.has_embeddings:
            return KERNELS_OF_MANY if count >= EVERY_TERM_FROM else KERNELS
        if count >= EVERY_TERM_FROM:
            return KERNELS_WITH_EMBEDDINGS_OF_MANY
        return KERNELS_WITH_EMBEDDINGS if count >= FIRST_CHOICE else KERNELS_WITH_EMBEDDINGS_OF_FEW

    def _candidates(self, documents: NDArray[np.int64]) -> Callable[[Kernel, float], LeaveOneOut]:
        """Return what makes, of a kernel and a penalty, what scores some documents by the others."""

        # Once for all kernels that have this view in them.
        @cached
        def products(name: str) -> Numbers:
            part = self._labelled[name].rows(documents)
            dense = isinstance(part, np.ndarray)
            return part @ part.T if dense else self._of_terms.rows(part, 0, len(documents))

        def candidate(kernel: Kernel, alpha: float) -> LeaveOneOut:
            parts = [self._labelled[name].rows(documents) for name in kernel]
            if FEW_FEATURES * sum(part.shape[1] for part in parts) <= len(documents):
                return HatMatrix(_side_by_side(parts), alpha).leave_one_out
            values: NDArray[np.floating] = _mean_and_one([products(name) for name in kernel])
            # Single precision is twice as fast, and moves MAP by a hundred-thousandth. Only a penalty that is
            # given can be so small that it takes double.
            if len(documents) >= EVERY_TERM_FROM and alpha >= ALPHAS[0]:
                values = values.astype(np.float32)
            return InverseKernel(values, alpha).leave_one_out

        return candidate


class EncodedKernelRidge(KernelRidge):
    """Kernel ridge regression with embeddings that a sentence encoder makes of the texts."""

    feature_set: ClassVar[FeatureSet] = encoder


def _quality(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the MAP of leave-one-out scores, 0 without positives: what to choose by, and MAP."""
    precisions = average_precisions(labels, scores)
    found = 0.0 if np.isnan(precisions).all() else float(np.nanmean(precisions))
    return found, found


def _gaussian_quality(scores: Numbers, labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the log-likelihood of leave-one-out errors, up to a factor, to choose by, and MAP.

    Each label's errors have a variance of their own, so that rare labels count as much as others; labels that
    no document carries tell nothing.
    """
    carried = labels.any(axis=0)
    errors = np.mean((targets_of(labels[:, carried]) - scores[:, carried]) ** 2, axis=0)
    return -float(np.log(errors + LEAST).sum()), _quality(scores, labels)[1]


def _competing_quality(scores: Numbers, labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the log-likelihood of leave-one-out scores of labels that compete, to choose by, and MAP."""
    probabilities = CalibrationBySoftmax.fit(scores, labels).probabilities(scores)
    return float(np.log(probabilities[labels]).sum()), _quality(probabilities, labels)[1]


def _side_by_side(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return feature rows whose inner products are the kernel of these parts: their mean, and 1."""
    constant = np.full((len(parts[0]), 1), len(parts) ** 0.5, parts[0].dtype)
    rows: NDArray[Any] = np.hstack([*parts, constant])
    rows /= len(parts) ** 0.5
    return rows


def _block_size(count: int) -> int:
    """Return the number of documents of the block that follows the first ``count``, whole blocks."""
    return FIRST_BLOCK if count < AT_ONCE else BLOCK


def _weigh(part: Any, solution: Numbers) -> NDArray[np.float32]:
    """Sum up labelled documents' feature rows, dense or sparse, each times its row of the solution."""
    # Scores are in single precision, and half of the bytes is half of the time.
    return np.asarray(part.T.astype(np.float32) @ solution.astype(np.float32))


def _kernel(some: Sequence[Any], others: Sequence[Any]) -> Numbers:
    """Compute the kernel, the mean of the parts' inner products and 1, shape ``(len(some), len(others))``."""
    return _mean_and_one([inner_products(left, right) for left, right in zip(some, others, strict=True)])


def _mean_and_one(products: Sequence[Numbers]) -> Numbers:
    """Return the kernel that has these parts: their mean, and 1 for the constant kernel."""
    # Starting from the number of parts adds the constant kernel, 1, to their mean.
    values = products[0] + len(products)
    for one in products[1:]:
        values += one
    values /= len(products)
    return values
