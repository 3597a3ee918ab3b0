"""Mean average precision, for all labels at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def average_precisions(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Average precision of each label, as ``sklearn.metrics.average_precision_score`` defines it.

    ``truth`` and ``scores`` have shape ``(documents, labels)``; so does one row a label come back, NaN where
    no document carries the label. The definition, sum over thresholds of (R_n - R_{n-1}) P_n, equals the
    mean over positives of the precision among the documents scored at least as high, ties included, so
    counting against sorted scores is enough: no ranking of the whole is needed.
    """
    precisions = np.full(truth.shape[1], np.nan)
    by_label = np.sort(np.ascontiguousarray(scores.T), axis=1)
    for label, all_scores in enumerate(by_label):
        positives = np.sort(scores[truth[:, label], label])
        if len(positives):
            positives_above = len(positives) - np.searchsorted(positives, positives)
            documents_above = len(all_scores) - np.searchsorted(all_scores, positives)
            precisions[label] = np.mean(positives_above / documents_above)
    return precisions
