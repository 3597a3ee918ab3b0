"""What a project knows: its model's beliefs and its own labels, and no truth that nobody has put."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.rating.clusters import clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.predictions import Predictions
    from sim.rating.clusters import Clusters

    Numbers = NDArray[np.floating]

UNPROVEN = 0.5
"""What a label counts for that was never put alone: it may only ever accompany others."""


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Of a model that was just published."""

    model: Predictions
    shuffled: int
    """How many of the documents that it learned from were picked at random."""

    @property
    def chances(self) -> Numbers:
        """Probabilities of the whole pool, shape ``(documents, labels)``."""
        return self.model.probabilities

    @cached_property
    def informative(self) -> Numbers:
        """What each label counts for in coverage: 1 once put alone, half before, 0 without examples."""
        alone = self.model.labels[self.model.labels.sum(axis=1) == 1].any(axis=0)
        return np.where(self.model.positives > 0, np.where(alone, 1.0, UNPROVEN), 0.0)

    @cached_property
    def covered(self) -> Numbers:
        """Chance that each document carries an informative label, shape ``(documents,)``."""
        covered: Numbers = 1 - np.prod(1 - self.chances * self.informative, axis=1)
        return covered

    @property
    def clusters(self) -> Clusters:
        """Of the pool's documents."""
        return clusters(self.model.moments)
