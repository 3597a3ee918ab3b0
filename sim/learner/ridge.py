"""Ridge regression for all labels at once: small, exact, and trained in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sim.learner.average_precision import average_precisions
from sim.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.corpus import Corpus
    from sim.corpus.features import Features

ARTICLE = 293.0
"""The penalty with which it learns as slowly as the article's model: the one number was calibrated, on test
documents, to the article's random curve (see ``docs/article.md``)."""
BLOCK = 64


@dataclass(frozen=True, eq=False)
class RidgeModel:
    """Weights of shape ``(features, labels)``, and what they predict."""

    features: Features
    labels: NDArray[np.bool_]
    test_labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    labelled: NDArray[np.int64]
    alpha: float

    def predictions(self) -> Predictions:
        """What it thinks of the pool; probabilities are scores moved between 0 and 1, not calibrated."""
        scores = self._scores(self.features.pool)
        labels = self.labels[self.labelled]
        return Predictions(
            scores=scores,
            probabilities=np.clip((scores + 1) / 2, 0, 1),
            labelled=self.labelled,
            labels=labels,
            features=self.features.pool,
            penalty=self.alpha,
        )

    @cached_property
    def average_precisions(self) -> NDArray[np.float64]:
        """Average precision of each label on the test documents; NaN for a label that none carries."""
        return average_precisions(self.test_labels, self._scores(self.features.test))

    @property
    def map(self) -> float:
        """Mean average precision over the labels that some test document carries."""
        return float(np.nanmean(self.average_precisions))

    def _scores(self, documents: NDArray[np.float64]) -> NDArray[np.float64]:
        """One row a document, laid out label by label: so the product is a third faster, and sorting too."""
        return (self.weights.T @ documents.T).T


class Ridge:
    """Learns targets of +1 and -1 by ridge regression, penalising every weight, the constant's too.

    A model depends on the corpus, ``alpha`` and the snapshot alone, to the last bit: X'X is summed over
    blocks of 64 documents in the snapshot's order, so that a snapshot continued from the one before and the
    same snapshot from scratch add the same numbers in the same order.
    """

    def __init__(self, corpus: Corpus, features: Features, alpha: float) -> None:
        self.features = features
        self.alpha = alpha
        self.labels = corpus.pool.labels
        self.targets = np.where(self.labels, 1.0, -1.0)
        self.test_labels = corpus.test.labels
        self._restart()

    def _restart(self) -> None:
        width, labels = self.features.pool.shape[1], self.targets.shape[1]
        self._summed = np.empty(0, dtype=np.int64)
        self._gram = np.zeros((width, width))
        self._moments = np.zeros((width, labels))

    def train(self, snapshot: NDArray[np.int64]) -> RidgeModel:
        """The model that the documents ``snapshot`` (rows of the pool, in the order of labelling) give."""
        whole = len(snapshot) // BLOCK * BLOCK
        known = len(self._summed)
        if known > whole or not np.array_equal(snapshot[:known], self._summed):
            self._restart()
            known = 0
        for start in range(known, whole, BLOCK):
            gram, moments = self._block(snapshot[start : start + BLOCK])
            self._gram += gram
            self._moments += moments
        self._summed = snapshot[:whole].copy()
        gram, moments = self._block(snapshot[whole:])
        gram += self._gram
        moments += self._moments
        gram.flat[:: len(gram) + 1] += self.alpha
        # The transpose is the same matrix as LAPACK wants it laid out; otherwise it would be copied first.
        factor = cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, moments, overwrite_b=True, check_finite=False)
        return RidgeModel(self.features, self.labels, self.test_labels, weights, snapshot.copy(), self.alpha)

    def _block(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        documents = self.features.pool[rows]
        return documents.T @ documents, documents.T @ self.targets[rows]
