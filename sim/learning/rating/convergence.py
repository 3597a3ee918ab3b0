"""What a model's predictions on unlabelled documents say of it, without any truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from sim.core.events import Signs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.predictions import Predictions

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

COMPARED = 1_000
"""Documents on which a model is compared with the one before it."""
LIKELY = 0.5


class Watch:
    """Looks at one published model after another.

    ``fixed`` are the documents that they are compared on, those of them that nobody has labelled yet.
    """

    def __init__(self, fixed: Rows) -> None:
        self._fixed = fixed
        self._before: Flags | None = None

    def look(self, model: Predictions, known: Rows, unlabelled: Flags) -> Signs:
        """Signs of a model that was just published.

        ``known`` are the labels that the project knows, ``unlabelled`` has shape ``(documents,)``. A label
        that it did not know yet was predicted nowhere.

        Agreement as in Bloodgood and Vijay-Shanker (2009), "A method for stopping active learning based on
        stabilizing predictions and the need for user-adjustable stopping"; the other two are the overall
        uncertainty and the max confidence of Zhu, Wang, Hovy and Ma (2010), "Confidence-based stopping
        criteria for active learning for data annotation". All are over cells of documents x labels.
        """
        predicted = np.zeros((len(self._fixed), model.probabilities.shape[1]), dtype=np.bool_)
        predicted[:, known] = model.probabilities[np.ix_(self._fixed, known)] >= LIKELY
        compared = unlabelled[self._fixed]
        agreement = None if self._before is None else kappa(self._before[compared], predicted[compared])
        self._before = predicted
        chances = model.probabilities[np.ix_(unlabelled, known)].astype(np.float64)
        if not chances.size:
            return Signs(agreement, 0.0, 1.0)
        entropy = (entr(chances) + entr(1 - chances)).mean() / np.log(2)
        sure = np.maximum(chances, 1 - chances).mean(axis=1)
        return Signs(agreement, float(entropy), float(sure.min()))


def kappa(one: Flags, other: Flags) -> float | None:
    """Cohen's kappa of two raters over all cells, micro-averaged; both have the same shape.

    None where chance alone makes them agree on all, as where both say no everywhere.
    Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    if not one.size:
        return None
    yes, others_yes = float(one.mean()), float(other.mean())
    by_chance = yes * others_yes + (1 - yes) * (1 - others_yes)
    if by_chance == 1:
        return None
    return (float(np.equal(one, other).mean()) - by_chance) / (1 - by_chance)
