"""What a project knows: its model's beliefs and its own labels, and no truth that nobody has put."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.rating.clusters import clusters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.predictions import Predictions
    from sim.rating.clusters import Clusters

    Numbers = NDArray[np.floating]
    Rows = NDArray[np.int64]

DISAGREES = 0.5
"""Chance of a label from which on a model that has not seen a document would put it there."""
MISTAKES = 1 / 50
"""Share of mistakes among labels that a model disagrees with, before any was looked at again."""
UNPROVEN = 0.5
"""What a label counts for that was never put alone: it may only ever accompany others."""


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Of a model that was just published."""

    model: Predictions
    shuffled: int
    """How many of the documents that it learned from were picked at random."""
    checked: Mapping[str, Rows] = field(default_factory=dict)
    """Documents on which a label was looked at again, by the label's name."""
    mended: int = 0
    """How many of these looks changed the label."""

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

    def doubted(self, label: int, *, put: bool, name: str) -> Rows:
        """Labelled documents with or without a label that the model disagrees with, the most doubtful first.

        Positions among the documents that the model learned from; none that was looked at again already.
        """
        chances = self.model.left_out[:, label]
        doubtful = (self.model.labels[:, label] == put) & ((chances < DISAGREES) == put)
        if name in self.checked:
            doubtful &= ~np.isin(self.model.labelled, self.checked[name])
        rows = np.flatnonzero(doubtful)
        order = chances[rows] if put else -chances[rows]
        return rows[np.lexsort((self.model.labelled[rows], order))]

    @property
    def mistaken(self) -> float:
        """Share of the labels that the model disagrees with that are mistakes, by those looked at again.

        The mean of a beta distribution that begins as one mistake in fifty labels.
        """
        looked_at = sum(map(len, self.checked.values()))
        return (1 + self.mended) / (1 / MISTAKES + looked_at)
