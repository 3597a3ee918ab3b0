"""Groups of documents that are about the same, found without labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.growing_moments import GrowingMoments

CLUSTERS = 30
"""As many as the article's product shows in its Discover view (support pages)."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Of the whole pool: they stay the same while a project goes on."""

    of: NDArray[np.int64]
    """Each document's cluster, shape ``(documents,)``."""
    likeness: NDArray[np.floating]
    """How near each document is to the middle of its cluster: the larger, the nearer."""
    count: int

    @cached_property
    def whole(self) -> NDArray[np.float64]:
        """Share of the whole pool that each cluster holds, shape ``(clusters,)``."""
        return self.shares(np.arange(len(self.of)))

    def shares(self, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of these documents that each cluster holds, shape ``(clusters,)``."""
        counts = np.bincount(self.of[documents], minlength=self.count)
        return counts / max(len(documents), 1)


@lru_cache(maxsize=8)
def clusters(moments: GrowingMoments) -> Clusters:
    """K-means of the documents' features; computed once for all replications that share them."""
    from sklearn.cluster import MiniBatchKMeans

    features = np.ascontiguousarray(moments.features)
    count = min(CLUSTERS, len(features))
    found = MiniBatchKMeans(count, random_state=0, n_init=1, batch_size=1_024).fit(features)
    own = found.cluster_centers_[found.labels_]
    return Clusters(found.labels_.astype(np.int64), -np.linalg.norm(features - own, axis=1), count)
