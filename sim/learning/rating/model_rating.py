"""The Model Rating: four factors of how good a model is by the project's own documents, and its bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.core.quality import Rating
from sim.learning.rating.performance import JUDGED, BoundedPerformance, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.learning.predictions import Predictions
    from sim.learning.rating.observed_state import ObservedState


Band = Literal["Poor", "Average", "Good", "Excellent"]

BANDS: tuple[tuple[float, Band], ...] = ((90, "Excellent"), (70, "Good"), (50, "Average"), (0, "Poor"))
"""Lower bounds of the bands, as in the article's product."""


def band(rating: float) -> Band:
    """Return the band of a Model Rating or of one of its factors.

    >>> band(69.9), band(70)
    ('Average', 'Good')
    """
    return next(name for least, name in BANDS if rating >= least)


ALL_LABELS, UNDERPERFORMING_LABELS, COVERAGE, BALANCE = 0.4, 0.2, 0.2, 0.2
"""Weights of the factors: our choice, because the product's are not published."""
LIKENESS = 0.8
"""Weight of similarity in balance; the rest is that of the share of random documents."""
ENOUGH_SHUFFLED = 0.2
"""Share of random documents beyond which more do not improve balance (support pages)."""


@dataclass(frozen=True, eq=False)
class Assessment:
    """Components of a Model Rating; shares from 0 to 1."""

    performance: BoundedPerformance
    examples: NDArray[np.int64]
    """Labelled documents of each label, shape ``(labels,)``."""
    coverage: float
    likeness: float
    shuffled: float
    """Share of the labelled documents that were picked at random."""

    @property
    def balance(self) -> float:
        """Balance factor: how representative the labelled documents are of the pool."""
        return balance(self.likeness, self.shuffled)

    def rating(self, label_names: Sequence[str]) -> Rating:
        """Compute the Model Rating: four factors and their weighted mean, 0 to 100, and their components."""
        all_labels = self.performance.mean
        worst = float(self.performance.by_label[self.performance.worst].mean())
        overall = (
            ALL_LABELS * all_labels
            + UNDERPERFORMING_LABELS * worst
            + COVERAGE * self.coverage
            + BALANCE * self.balance
        )
        return Rating(
            overall=100 * overall,
            all_labels=100 * all_labels,
            all_labels_lower=100 * self.performance.lower,
            all_labels_upper=100 * self.performance.upper,
            underperforming_labels=100 * worst,
            coverage=100 * self.coverage,
            balance=100 * self.balance,
            labels_judged=int(np.sum(self.examples >= JUDGED)),
            weakest_label=label_names[self.performance.worst[0]],
            likeness=100 * self.likeness,
            shuffled=100 * self.shuffled,
        )


def missing(model: Predictions) -> str:
    """Return what a project lacks before a Model Rating is possible; empty if nothing."""
    if not len(model.labelled):
        return "no document is labelled yet"
    return "" if model.positives.any() else "no labelled document carries a label yet"


def assess(state: ObservedState) -> Assessment:
    """Assess a project's state for the Model Rating.

    Raises:
        ValueError: if there is nothing to rate yet.
    """
    if lacking := missing(state.model):
        raise ValueError(lacking)
    model = state.model
    return Assessment(
        estimate(model, state.control),
        model.positives,
        coverage=float(state.covered.mean()),
        likeness=likeness(state, model.labelled),
        shuffled=state.shuffled / len(model.labelled),
    )


def likeness(state: ObservedState, documents: NDArray[np.int64]) -> float:
    """Return how similar documents are to the whole pool, 0 to 1.

    The Bhattacharyya coefficient of their and the pool's shares of clusters (Bhattacharyya 1943, "On a
    measure of divergence between two statistical populations").
    """
    groups = state.clusters
    # Rounding may take the sum past 1.
    return min(1.0, float(np.sqrt(groups.shares(documents) * groups.whole).sum()))


def balance(likeness: float, shuffled: float) -> float:
    """Return the balance factor of documents so similar to the pool, a share of them picked at random."""
    return LIKENESS * likeness + (1 - LIKENESS) * min(1.0, shuffled / ENOUGH_SHUFFLED)
