"""Observed state of a project: what it knows of its documents and model without the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.corpus import cache
from sim.learning.rating.performance import plain_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.learning.incremental_algebra import GramAccumulator
    from sim.learning.predictions import Predictions
    from sim.learning.rating.performance import Performance

    Numbers = NDArray[np.floating]
    Rows = NDArray[np.int64]


CLUSTERS = 30
"""Number of clusters that the article's product shows in its Discover view (support pages)."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of the pool's documents, which stay the same while a project goes on."""

    of: NDArray[np.int64]
    """Each document's cluster, shape ``(documents,)``."""
    likeness: NDArray[np.floating]
    """Similarity of each document to the centre of its cluster: the larger, the nearer."""
    count: int

    @cached_property
    def whole(self) -> NDArray[np.float64]:
        """Share of the pool in each cluster, shape ``(clusters,)``."""
        return self.shares(np.arange(len(self.of)))

    @cached_property
    def members(self) -> list[Rows]:
        """Documents of each cluster, the most typical first; ties by document."""
        # A stable sort by the last key first.
        order = np.lexsort((-self.likeness, self.of))
        return np.split(order, np.bincount(self.of, minlength=self.count).cumsum()[:-1])

    def shares(self, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the share of these documents in each cluster, shape ``(clusters,)``."""
        counts = np.bincount(self.of[documents], minlength=self.count)
        return counts / max(len(documents), 1)


@lru_cache(maxsize=8)
def clusters(moments: GramAccumulator) -> Clusters:
    """Cluster the pool's documents by k-means on their features, once for all replications."""
    features = moments.features
    found = cache.derive(features, f"clusters-{CLUSTERS}", partial(_k_means, features))
    # Indexed time and again, which is slower by a mapped file.
    of, likeness = (np.array(found[name]) for name in ("of", "likeness"))
    return Clusters(of, likeness, min(CLUSTERS, len(features)))


def _k_means(features: Numbers) -> dict[str, NDArray[Any]]:
    """Return each document's cluster, and its similarity to the cluster's centre."""
    from sklearn.cluster import MiniBatchKMeans

    rows = np.ascontiguousarray(features)
    count = min(CLUSTERS, len(rows))
    # A fixed seed: replications differ in what is labelled, and not in the clusters.
    k_means = MiniBatchKMeans(count, random_state=0, n_init=1, batch_size=1_024).fit(rows)
    distances = np.linalg.norm(rows - k_means.cluster_centers_[k_means.labels_], axis=1)
    return {"of": k_means.labels_.astype(np.int64), "likeness": -distances}


DISAGREES = 0.5
"""Probability of a label from which on a model that has not seen a document would put it there."""
MISTAKES = 1 / 50
"""Share of mistakes among labels that a model disagrees with, before any was looked at again."""
UNPROVEN = 0.5
"""Weight of a label that was never put alone: it may only ever accompany others."""


@dataclass(frozen=True, eq=False)
class ObservedState:
    """State of a project as it can observe it itself, after a model was published."""

    model: Predictions
    shuffled: int
    """Number of documents in the training set that were picked at random."""
    checked: Mapping[str, Rows] = field(default_factory=dict)
    """Documents on which a label was looked at again, by the label's name."""
    corrected: int = 0
    """Number of these checks that changed the label."""
    control: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Control sample: documents of the training set that are an unbiased sample of the pool."""

    @property
    def probabilities(self) -> Numbers:
        """Probabilities of the labels of the whole pool, shape ``(documents, labels)``."""
        return self.model.probabilities

    @cached_property
    def label_weights(self) -> Numbers:
        """Weight of each label in coverage: 1 once it was put alone, half before, 0 without examples."""
        alone = self.model.labels[self.model.labels.sum(axis=1) == 1].any(axis=0)
        return np.where(self.model.positives > 0, np.where(alone, 1.0, UNPROVEN), 0.0)

    @cached_property
    def covered(self) -> Numbers:
        """Probability that each document carries an informative label, shape ``(documents,)``."""
        # As if labels came independently of each other.
        covered: Numbers = 1 - np.prod(1 - self.probabilities * self.label_weights, axis=1)
        return covered

    @cached_property
    def plain_performance(self) -> Performance:
        """Estimate by which the article's world is advised; computed on first use, when advice is sought."""
        return plain_estimate(self.model, self.control)

    @property
    def clusters(self) -> Clusters:
        """Clusters of the pool's documents."""
        return clusters(self.model.moments)

    def suspected_errors(self, label: int, *, put: bool, name: str) -> Rows:
        """Return the labelled documents whose label the model doubts, the most doubtful first.

        Positions among the documents that the model learned from; none that was looked at again already.
        """
        rows = self._doubted[label]
        rows = rows[self.model.labels[rows, label] == put]
        if name in self.checked:
            rows = rows[~np.isin(self.model.labelled[rows], self.checked[name])]
        probabilities = self.model.left_out[rows, label]
        # Ties by document, so that it does not matter in which order they were labelled.
        order = np.lexsort((self.model.labelled[rows], probabilities if put else -probabilities))
        ordered: Rows = rows[order]
        return ordered

    @cached_property
    def _doubted(self) -> list[Rows]:
        """For each label, labelled documents that carry it improbably or probably lack it, by position."""
        labels = self.model.labels
        label, rows = ((self.model.left_out >= DISAGREES) != labels).T.nonzero()
        return np.split(rows, label.searchsorted(np.arange(1, labels.shape[1])))

    @property
    def error_rate(self) -> float:
        """Estimated share of errors among the labels that the model doubts.

        The mean of a beta distribution that begins as one mistake in fifty labels.
        """
        looked_at = sum(map(len, self.checked.values()))
        return (1 + self.corrected) / (1 / MISTAKES + looked_at)
