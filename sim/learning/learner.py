"""Learners and models: training on a snapshot of documents, predictions, and MAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.core.quality import Quality
    from sim.corpus.documents import Corpus
    from sim.learning.predictions import Predictions


class Model(Protocol):
    """Protocol of a trained model."""

    @property
    def map(self) -> float:
        """Mean average precision on the test documents."""
        ...

    @property
    def average_precisions(self) -> NDArray[np.float64]:
        """Average precision of each label on the test documents, NaN where none carries it."""
        ...

    @property
    def quality(self) -> Quality:
        """Quality on the test documents beside MAP: `sim.learning.quality_on_test_documents.measure`."""
        ...

    def predictions(self) -> Predictions:
        """Predict the labels of every document of the pool."""
        ...


class FeatureSet(Protocol):
    """Protocol of a learner's features and their cache, such as the module `sim.corpus.tfidf`."""

    def get_or_compute(self, corpus: Corpus, components: int, folder: Path, /) -> Path:
        """Compute the features of a corpus where the cache in ``folder`` lacks them; return their path."""
        ...

    def read(self, path: Path, /) -> Any:
        """Read a corpus's features from a cache entry of ``get_or_compute``."""
        ...

    def count_featureless(self, path: Path, /) -> int:
        """Count the documents without features in a cache entry of ``get_or_compute``."""
        ...


class Learner(Protocol):
    """Protocol of a learner.

    Scenarios name learners by ``LEARNERS``. Their classes have a ``feature_set`` beside ``train``, and are
    made of a corpus, its features, and the settings of the scenario, by name.
    """

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> Model:
        """Train a model on labelled documents, given as rows of the pool in the order of labelling.

        ``labels``, shape ``(labelled, labels)``, are those that annotators put, None where they are the true
        ones. All that a project can see of its model comes from them; how good it is, from the truth.
        """
        ...


def train_on_all(learner: Learner, documents: int) -> Model:
    """Train a learner on all ``documents`` of a pool, with their true labels.

    Their order is random but always the same: a file may be sorted, and a learner may choose its settings by
    the first documents. A learner that keeps much from one training to the next may have ``train_at_once``.
    """
    order = np.random.default_rng(0).permutation(documents)
    train: Callable[[NDArray[np.int64]], Model] = getattr(learner, "train_at_once", learner.train)
    return train(order)


class CachedLearner:
    """Learner that caches its models by snapshot and labels, for scenarios that share them.

    A model depends on nothing but its corpus, learner, snapshot and labels, so a cached model equals one that
    is trained again.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._models: dict[tuple[bytes, bytes | None], Model] = {}

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> Model:
        """Return the cached model of this snapshot with these labels, trained on first use."""
        # Labels as bits: keys stay in memory for as long as their models do.
        key = snapshot.tobytes(), None if labels is None else np.packbits(labels).tobytes()
        if key not in self._models:
            self._models[key] = self.learner.train(snapshot, labels)
        return self._models[key]

    def forget(self) -> None:
        """Clear the cached models."""
        self._models.clear()


def targets_of(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Convert labels to regression targets: 1 where a document carries a label, -1 where it does not."""
    # -1 and not 0, so that a document about which nothing is known scores in the middle.
    return np.where(labels, 1.0, -1.0)
