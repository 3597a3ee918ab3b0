"""Ridge regression for all labels at once: small, exact, and trained in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sim.corpus import cache, tfidf
from sim.learning.calibration import CalibrationByLabel
from sim.learning.incremental_algebra import GramAccumulator, Leverages, solve_rows
from sim.learning.learner import targets_of
from sim.learning.predictions import HeldOutPredictions
from sim.learning.quality_on_test_documents import MeasuredModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.corpus.tfidf import Features
    from sim.learning.learner import FeatureSet

ARTICLE = 293.0
"""The penalty with which it learns as slowly as the article's model: the one number was calibrated, on test
documents, to the article's random curve (see ``docs/article.md``)."""
# A leverage of 1 would divide by 0: without a penalty to speak of, a document decides its own score.
HIGHEST_LEVERAGE = 1 - 1e-9
MEASURED = 64
"""Maximum number of documents whose leverages are computed for their mean."""
CALIBRATED = 2_048
"""Maximum number of documents that predictions of test documents are calibrated on."""


@dataclass(eq=False)
class RidgeModel(MeasuredModel):
    """Ridge regression model."""

    learner: Ridge
    solution: NDArray[np.float64]
    """The weights of every label, and what a document's features are multiplied by for the change of the
    pool's mean score per unit of its target: shape ``(labels + 1, features)``."""
    labelled: NDArray[np.int64]
    taught: NDArray[np.bool_]
    """The labels that it learned, shape ``(labelled, labels)``."""
    mean_leverage: float
    """Estimated mean of the labelled documents' leverages; 0 without documents."""
    _calibration: CalibrationByLabel | None = field(default=None, init=False)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the features, shape ``(features, labels)``."""
        return self.solution[:-1].T

    def predictions(self) -> HeldOutPredictions:
        """Predict the labels of the pool with the ridge model."""
        scores = self._scores(self.learner.single_pool)
        # By leave-one-out, since scores of documents that the model has learned lie too near their targets.
        own, pull = self._of_labelled[:-1], self._of_labelled[-1]
        left_out = _leave_one_out(own, self.taught, self._complements).T

        def calibrate(some: NDArray[np.floating]) -> NDArray[np.floating]:
            """Convert scores to probabilities with the calibration of the ridge model."""
            # Fitted once, though each project that shares the model has predictions of its own.
            self._calibration = self._calibration or CalibrationByLabel.fit(left_out, self.taught)
            return self._calibration.probabilities(some)

        return HeldOutPredictions(
            scores=scores,
            calibration=calibrate,
            labelled=self.labelled,
            labels=self.taught,
            moments=self.learner.moments,
            leave_one_out=lambda: left_out,
            penalty=self.learner.alpha,
            shift=lambda: self._shift(pull, left_out),
            plain_advice=True,
        )

    def _shift(self, pull: NDArray[np.float64], left_out: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much leave-one-out models score the pool lower; they have it as the target."""
        shift: NDArray[np.float64] = pull * (_targets_by_label(self.taught) - left_out.T)
        return shift.T

    @cached_property
    def _of_labelled(self) -> NDArray[np.float64]:
        """Products of the solution and the labelled documents, shape ``(labels + 1, labelled)``."""
        return self.solution @ self.learner.leverages.rows(self.labelled).T

    @cached_property
    def _complements(self) -> NDArray[np.float64]:
        """1 - h of the labelled documents, shape ``(labelled,)``."""
        return self.learner.leverages.complements(self.labelled)

    def on_test(self) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.floating]]:
        """Predict the test documents: true labels, scores, probabilities; shape ``(documents, labels)``.

        Where nobody asks for predictions, each document's leverage would take far longer than the model. Here
        their mean stands for all (Golub, Heath and Wahba 1979, "Generalized cross-validation as a method for
        choosing a good ridge parameter"), and some documents for the others.
        """
        # In double precision, lest documents that score nearly alike change places in average precision.
        scores = (self.weights.T @ self.learner.features.test.T).T
        some = _spread(np.arange(len(self.labelled)), CALIBRATED)
        own = self._scores(self.learner.single_pool[self.labelled[some]])
        left_out = _leave_one_out(own.T, self.taught[some], 1 - self.mean_leverage).T
        calibration = CalibrationByLabel.fit(left_out, self.taught[some])
        return self.learner.test_labels, scores, calibration.probabilities(scores)

    def _scores(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score documents by their features, one row each, in single precision; ``(documents, labels)``."""
        # A row per label, as all that follows goes label by label.
        return (self.weights.T.astype(np.float32) @ rows.T).T


def _leave_one_out(
    scores: NDArray[np.floating], taught: NDArray[np.bool_], complements: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Compute leave-one-out scores of labelled documents from scores, both of shape ``(labels, labelled)``.

    A residual grows by 1 / (1 - h) once its document is left out, where h is the document's own weight in its
    score, and 1 - h the complement (Allen 1974, "The relationship between variable selection and data
    augmentation"). ``taught`` are the labels that the model learned, shape ``(labelled, labels)``.
    """
    targets = _targets_by_label(taught)
    left_out: NDArray[np.float64] = targets - (targets - scores) / complements
    return left_out


def _targets_by_label(taught: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Convert labels, shape ``(labelled, labels)``, to regression targets, one row a label."""
    return targets_of(np.ascontiguousarray(taught.T))


class Ridge:
    """Ridge regression on targets of +1 and -1, with a penalty on every weight, the constant's too.

    A model depends on the corpus, ``alpha``, the snapshot and the labels put on that alone, to the last bit:
    sums that grow hold the truth, and where annotators err the difference is added.
    """

    feature_set: ClassVar[FeatureSet] = tfidf

    def __init__(self, corpus: Corpus, features: Features, alpha: float = ARTICLE) -> None:
        self.features = features
        self.alpha = alpha
        self.labels = corpus.pool.labels
        self.test_labels = corpus.test.labels
        self.moments = GramAccumulator(features.pool, targets_of(self.labels))
        self.leverages = Leverages(features.pool, alpha)

    @cached_property
    def single_pool(self) -> NDArray[np.float32]:
        """Features of the pool in single precision, which is enough for scores and takes half the time."""
        pool = self.features.pool
        # In a file that processes share, where the features are in one.
        rows = cache.derive(pool, "single-precision", lambda: {"rows": pool.astype(np.float32)})
        return rows["rows"]

    @cached_property
    def _mean(self) -> NDArray[np.float64]:
        """Mean of the pool's features, shape ``(features,)``."""
        mean: NDArray[np.float64] = self.features.pool.mean(axis=0)
        return mean

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> RidgeModel:
        """Train a ridge model on the documents ``snapshot``, rows of the pool in the order of labelling.

        ``labels``, shape ``(labelled, labels)``, are those that annotators put, None for the true ones.
        """
        gram, moments = self.moments.gram_and_moments(snapshot)
        truth = self.labels[snapshot]
        if labels is not None:
            # Few labels are wrong, so that a correction costs little, and the sums
            # that grow are shared by all scenarios.
            wrong = np.flatnonzero((labels != truth).any(axis=1))
            difference = targets_of(labels[wrong]) - targets_of(truth[wrong])
            moments += self.features.pool[snapshot[wrong]].T @ difference
        # A stride of one more than the width walks down the diagonal.
        gram.flat[:: len(gram) + 1] += self.alpha
        # The transpose is the same matrix as LAPACK wants it laid out; otherwise it would be copied first.
        # By Cholesky, since X'X plus a penalty is positive definite: half the
        # operations of LU, and no pivots.
        factor = cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)
        right = np.vstack([moments.T, self._mean]).T
        solution = cho_solve(factor, right, overwrite_b=True, check_finite=False).T
        taught = truth if labels is None else labels.copy()
        return RidgeModel(self, solution, snapshot.copy(), taught, self._mean_leverage(factor[0], snapshot))

    def _mean_leverage(self, factor: NDArray[np.float64], snapshot: NDArray[np.int64]) -> float:
        """Estimate documents' mean leverage h = x' A^-1 x = |L^-1 x|² from some, where A = LL'."""
        if not len(snapshot):
            return 0
        rows = self.features.pool[_spread(snapshot, MEASURED)]
        halves = solve_rows(factor, rows)
        # Rounding may bring a mean that is near 1 above it.
        return float(min(np.sum(halves**2) / len(rows), HIGHEST_LEVERAGE))


def _spread(documents: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Select at most ``most`` of the documents, spread evenly over them."""
    count = len(documents)
    return documents[np.arange(min(count, most)) * max(count, most) // most]
