"""A learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.corpus import tfidf
from sim.learning.calibration import Calibration
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.learning.quality_on_test_documents import MeasuredModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.corpus.tfidf import Features
    from sim.learning.learner import FeatureSet

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CentroidModel(MeasuredModel):
    """Which of two means a document is nearer to, for each label.

    ``sums`` and ``counts`` are of the labelled documents with a label and of those without it, shapes
    ``(2, labels, features)`` and ``(2, labels)``.
    """

    learner: NearestCentroid
    labelled: NDArray[np.int64]
    labels: Flags
    """Of the labelled documents, shape ``(labelled, labels)``."""
    sums: Numbers
    counts: Numbers

    def on_test(self) -> tuple[Flags, Numbers, NDArray[np.floating]]:
        """Predict the test documents: true labels, scores, probabilities; shape ``(documents, labels)``."""
        scores = self._scores(self.learner.features.test)
        calibration = Calibration.fit(self._left_out(), self.labels)
        return self.learner.test_labels, scores, calibration.probabilities(scores)

    def predictions(self) -> Predictions:
        """Return scores of the documents in the pool, and probabilities calibrated on labelled ones."""
        left_out = self._left_out()
        return Predictions(
            scores=self._scores(self.learner.features.pool),
            calibration=Calibration.fit(left_out, self.labels).probabilities,
            labelled=self.labelled,
            labels=self.labels,
            moments=self.learner.moments,
            leave_one_out=lambda: left_out,
            penalty=self.learner.shrinkage,
        )

    def _scores(self, documents: Numbers) -> Numbers:
        """Return similarity to the mean of a label's documents minus that to the others, ``(n, labels)``."""
        carrying, others = self.sums / (self.counts + self.learner.shrinkage)[..., np.newaxis]
        scores: Numbers = documents @ (carrying - others).T
        return scores

    def _left_out(self) -> Numbers:
        """Return leave-one-out scores of the labelled documents."""
        documents = self.learner.features.pool[self.labelled]
        own = np.einsum("ij,ij->i", documents, documents)[:, np.newaxis]
        inside = np.stack([self.labels, ~self.labels])
        products = documents @ self.sums.transpose(0, 2, 1) - own * inside
        similarities = products / (self.counts[:, np.newaxis] - inside + self.learner.shrinkage)
        scores: Numbers = similarities[0] - similarities[1]
        return scores


class NearestCentroid:
    """Two means for each label, of the documents that carry it and of the others (Rocchio 1971).

    Quick, and better than nothing from the first documents on. Both means are drawn towards zero as if there
    were ``shrinkage`` further documents without any words, so that few examples mean little.
    """

    feature_set: ClassVar[FeatureSet] = tfidf

    def __init__(self, corpus: Corpus, features: Features, shrinkage: float = 1.0) -> None:
        self.features = features
        self.labels = corpus.pool.labels
        self.test_labels = corpus.test.labels
        self.shrinkage = shrinkage
        self.moments = GramAccumulator(features.pool)

    def train(self, snapshot: NDArray[np.int64], labels: Flags | None = None) -> CentroidModel:
        """Train the model on the documents ``snapshot`` with ``labels``, or else with the true ones."""
        labels = self.labels[snapshot] if labels is None else labels.copy()
        sides = np.stack([labels, ~labels]).astype(np.float64)
        sums = np.stack([side.T @ self.features.pool[snapshot] for side in sides])
        return CentroidModel(self, snapshot.copy(), labels, sums, sides.sum(axis=1))
