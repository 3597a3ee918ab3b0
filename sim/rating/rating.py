"""The Model Rating: how good a model is, by what is labelled and what is not, without a test set."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.rating.performance import Performance, estimate
from sim.records import Rating

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.predictions import Predictions
    from sim.rating.knowledge import Knowledge

Band = Literal["Poor", "Average", "Good", "Excellent"]

BANDS: tuple[tuple[float, Band], ...] = ((90, "Excellent"), (70, "Good"), (50, "Average"), (0, "Poor"))
"""From which rating on, as the article's product draws the lines."""
ALL_LABELS, UNDERPERFORMING_LABELS, COVERAGE, BALANCE = 0.4, 0.2, 0.2, 0.2
"""Weights of the factors. Ours: the product's are not published."""
WORST = 0.1
"""Share of the labels that are underperforming, at least one."""
LIKENESS = 0.8
"""What likeness counts for in balance; the rest is the share of random documents."""
ENOUGH_SHUFFLED = 0.2
"""Share of random documents from which on more say no more (support pages)."""


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a rating is made of; shares from 0 to 1."""

    performance: Performance
    coverage: float
    balance: float

    @property
    def worst(self) -> NDArray[np.int64]:
        """The tenth of the labels with the lowest estimates, at least one; ties by label."""
        by_label = self.performance.by_label
        return np.argsort(by_label, kind="stable")[: ceil(WORST * len(by_label))]

    @property
    def rating(self) -> Rating:
        """The four factors and their weighted mean, 0 to 100."""
        all_labels = self.performance.mean
        worst = float(self.performance.by_label[self.worst].mean())
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
        )


def missing(model: Predictions) -> str:
    """What a project lacks before there is anything to rate; empty where it lacks nothing."""
    if not len(model.labelled):
        return "no document is labelled yet"
    return "" if model.positives.any() else "no labelled document carries a label yet"


def assess(knowledge: Knowledge) -> Assessment:
    """Look a project through as it stands.

    Raises:
        ValueError: if there is nothing to rate yet.
    """
    if lacking := missing(knowledge.model):
        raise ValueError(lacking)
    shuffled = knowledge.shuffled / max(len(knowledge.model.labelled), 1)
    return Assessment(
        estimate(knowledge.model),
        float(knowledge.covered.mean()),
        balance(likeness(knowledge, knowledge.model.labelled), shuffled),
    )


def band(rating: float) -> Band:
    """What a rating is called."""
    return next(name for least, name in BANDS if rating >= least)


def likeness(knowledge: Knowledge, documents: NDArray[np.int64]) -> float:
    """How like the whole pool some documents are, 0 to 1.

    The Bhattacharyya coefficient of their and the pool's shares of clusters (Bhattacharyya 1943, "On a
    measure of divergence between two statistical populations").
    """
    groups = knowledge.clusters
    return min(1.0, float(np.sqrt(groups.shares(documents) * groups.whole).sum()))


def balance(likeness: float, shuffled: float) -> float:
    """How well documents speak for the whole that are so like it, a share of them picked at random."""
    return LIKENESS * likeness + (1 - LIKENESS) * min(1.0, shuffled / ENOUGH_SHUFFLED)
