"""One informative document of each cluster."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy
from sim.learning.query.max_margin_uncertainty import narrowness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


PREFILTER = 10
"""Candidates that are clustered for each document of the batch."""
SEED = 2019
ITERATIONS = 20


class WeightedKMeans(Strategy):
    """Query strategy: the central document of each of as many clusters as the batch holds.

    The candidates of the narrowest margins (``max_margin_uncertainty``), ten for each document of the batch,
    are clustered by their features with weights that grow as the margin narrows, and the one nearest to each
    centre is picked (Zhdanov 2019, "Diverse mini-batch active learning"). Clusters that stay empty, as where
    documents are the same, leave their place to the narrowest margins. Where the model is not to be believed
    (``variance_reduction``), half of the batch is random, or less in proportion.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the central document of each cluster, narrowest margin first, with random ones if need be."""
        best = _centres(candidates, round(count * (1 + candidates.predictions.trust) / 2))
        return candidates.fill_up(best, count)


def _centres(candidates: Candidates, count: int) -> NDArray[np.int64]:
    """Return the central documents of as many clusters, narrowest margin first."""
    informative = narrowness(candidates)
    kept = np.lexsort((candidates.documents, -informative))[: PREFILTER * count]
    if count >= len(kept):
        return candidates.documents[kept]
    central = _central(candidates.features[kept], informative[kept], count)
    # Sorted positions, and so by margin: the narrowest fill the places that are left.
    others = np.setdiff1d(np.arange(len(kept)), central)
    chosen = np.sort(np.concatenate([central, others[: count - len(central)]]))
    picked: NDArray[np.int64] = candidates.documents[kept[chosen]]
    return picked


def _central(
    features: NDArray[np.floating], weights: NDArray[np.float64], clusters: int
) -> NDArray[np.int64]:
    """Return the row nearest to each cluster's centre, of equals the first; fewer where rows are equal."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    k_means = KMeans(clusters, n_init=1, max_iter=ITERATIONS, random_state=SEED)
    # With more threads, the last bits of the centres depend on how the rows are shared out.
    with threadpool_limits(1), warnings.catch_warnings():
        # Clusters left empty by equal rows are expected.
        warnings.simplefilter("ignore", ConvergenceWarning)
        cluster = k_means.fit_predict(features, sample_weight=weights)
    distance = np.linalg.norm(features - k_means.cluster_centers_[cluster], axis=1)
    # By cluster, then distance: the first of each cluster is its nearest; lexsort is stable.
    order = np.lexsort((distance, cluster))
    _, first = np.unique(cluster[order], return_index=True)
    return order[first]
