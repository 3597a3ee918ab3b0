"""Quality of a model on the test documents: average precision, F1, accuracy, recall, work saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.core.quality import Quality
from sim.corpus.documents import one_label_each
from sim.learning.predictions import LIKELY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

RECALL_PERCENT = 95
OF_ONE_LABEL = ("precision", "recall", "wss_95", "found")
"""Metrics of one label against none."""


def average_precisions(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute each label's average precision, as ``sklearn.metrics.average_precision_score`` defines it.

    ``truth`` and ``scores`` have shape ``(documents, labels)``; so does one row a label come back, NaN where
    no document carries the label. The definition, sum over thresholds of (R_n - R_{n-1}) P_n, equals the
    mean over positives of the precision among the documents scored at least as high, ties included, so
    counting against sorted scores is enough: no ranking of the whole is needed.
    """
    precisions = np.full(truth.shape[1], np.nan)
    # Contiguous rows sort faster than strided columns.
    by_label = np.ascontiguousarray(scores.T)
    carried = np.flatnonzero(truth.T)
    scored, ends = by_label.ravel()[carried], carried.searchsorted(len(truth) * np.arange(truth.shape[1] + 1))
    for label, all_scores in enumerate(np.sort(by_label, axis=1)):
        positives = np.sort(scored[ends[label] : ends[label + 1]])
        if len(positives):
            # Searched from the left, so that documents with equal scores count as scored at least as high.
            positives_above = len(positives) - positives.searchsorted(positives)
            documents_above = len(all_scores) - all_scores.searchsorted(positives)
            precisions[label] = (positives_above / documents_above).sum() / len(positives)
    return precisions


def measure(truth: Flags, scores: NDArray[np.floating], probabilities: NDArray[np.floating]) -> Quality:
    """Measure predictions of test documents, all of shape ``(documents, labels)``.

    A label is predicted where its probability is at least a half. As in MAP, only labels count that some test
    document carries. F1, precision and recall are those of ``sklearn.metrics``, 0 where nothing is predicted.
    """
    predicted = probabilities >= LIKELY
    # A product counts several times as fast as a sum down columns, and as exactly.
    every = np.ones(len(truth))
    positives, predictions, hits = (
        every @ flags.astype(np.float64) for flags in (truth, predicted, truth & predicted)
    )
    carried = positives > 0
    if not carried.any():
        return Quality()
    positives, predictions, hits = positives[carried], predictions[carried], hits[carried]
    f1 = {
        "macro_f1": float(np.mean(2 * hits / (predictions + positives))),
        "micro_f1": float(2 * hits.sum() / (predictions.sum() + positives.sum())),
    }
    if truth.shape[1] == 1:
        return Quality(
            **f1,
            precision=float(hits[0] / max(predictions[0], 1)),
            recall=float(hits[0] / positives[0]),
            wss_95=work_saved(truth[:, 0], scores[:, 0]),
        )
    return Quality(**f1, accuracy=_accuracy(truth, probabilities))


def _accuracy(truth: Flags, probabilities: NDArray[np.floating]) -> float | None:
    """Return the share of documents whose most probable label is theirs; None unless each carries one."""
    if not one_label_each(truth):
        return None
    return float(np.mean(truth[np.arange(len(truth)), np.argmax(probabilities, axis=1)]))


def work_saved(truth: Flags, scores: NDArray[np.floating]) -> float:
    """Return the work saved over sampling at 95 % recall, WSS@95, by reading the best scores first.

    It is the share of documents that need not be read, less the 5 % that would find as many in random order:
    (TN + FN) / N - 0.05 (Cohen et al. 2006, "Reducing workload in systematic review preparation using
    automated document classification"). Documents with the same score are read together.

    Args:
        truth: shape ``(documents,)``, True in at least one document.
        scores: in the same shape.
    """
    relevant = np.sort(scores[truth])
    # In whole numbers, rounded up: exact, whatever 0.95 is in binary.
    found = -(-RECALL_PERCENT * len(relevant) // 100)
    read = np.count_nonzero(scores >= relevant[-found])
    return float(1 - read / len(scores) - (100 - RECALL_PERCENT) / 100)


class MeasuredModel(ABC):
    """Base of a model whose test documents are scored once, for its MAP and all else of its quality."""

    @abstractmethod
    def on_test(self) -> tuple[NDArray[np.bool_], NDArray[np.floating], NDArray[np.floating]]:
        """Predict the test documents: true labels, scores, probabilities; shape ``(documents, labels)``."""

    @cached_property
    def _measured(self) -> tuple[NDArray[np.float64], Quality]:
        """Average precisions and quality, from the same predictions of the test documents."""
        # Once for both, from the same scores.
        truth, scores, probabilities = self.on_test()
        return average_precisions(truth, scores), measure(truth, scores, probabilities)

    @property
    def average_precisions(self) -> NDArray[np.float64]:
        """Average precision of each label on the test documents; NaN for a label that none carries."""
        return self._measured[0]

    @property
    def quality(self) -> Quality:
        """Quality on the test documents beside MAP."""
        return self._measured[1]

    @cached_property
    def map(self) -> float:
        """Mean average precision over the labels that some test document carries."""
        return float(np.nanmean(self.average_precisions))
