"""Predictions of a trained model for the pool: all that suggestions and query strategies use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.learning.incremental_algebra import GramAccumulator

ENOUGH_EXPLAINED = 0.2
LIKELY = 0.5
"""Probability from which a model is taken to put a label on a document."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one published model: a row per document of the pool, a column per label."""

    scores: NDArray[np.floating]
    """Regressions of -1 (no) and +1 (yes), shape ``(documents, labels)``."""
    calibration: Callable[[NDArray[np.floating]], NDArray[np.floating]]
    """Converts scores to probabilities of each label."""
    labelled: NDArray[np.int64]
    """Documents on which the model was trained."""
    labels: NDArray[np.bool_]
    """Labels that annotators put on those, shape ``(labelled, labels)``: all that a strategy may use."""
    moments: GramAccumulator
    """Gram accumulator of the leading directions of documents' features."""
    leave_one_out: Callable[[], NDArray[np.floating]]
    """Returns leave-one-out scores of the labelled documents, shape ``(labelled, labels)``."""
    penalty: float
    """The learner's ridge penalty: the noise of one label, in units of what one feature explains."""
    log_odds: Callable[[NDArray[np.floating]], NDArray[np.floating]] | None = None
    """Converts scores to log odds of each label, where they are probabilities themselves; else None."""
    calibrated: bool = False
    """Whether these log odds are as they should be, and not merely in the right order."""
    cross_validated: bool = False
    """Whether leave-one-out scores come from cross-validation, whose models lack more than one document."""
    shift: Callable[[], NDArray[np.floating]] | None = None
    """Returns by how much the pool's mean scores, or mean log odds, are lower by the leave-one-out models, in
    the shape of their scores; None where nobody knows."""
    plain_advice: bool = False
    """Whether the Model Rating's advice goes by plain leave-one-out scores, as in the article's world."""

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """Probability of each label, shape ``(documents, labels)``; computed on first use."""
        # Not before somebody asks: a project without suggestions under random sampling never does.
        return self.calibration(self.scores)

    @cached_property
    def left_out(self) -> NDArray[np.floating]:
        """Leave-one-out probabilities of the labelled documents, shape ``(labelled, labels)``."""
        return self.calibration(self.leave_one_out())

    @property
    def features(self) -> NDArray[np.floating]:
        """Leading directions of each document's features, shape ``(documents, directions)``."""
        return self.moments.features

    def gram(self) -> NDArray[np.floating]:
        """Return X'X of the labelled documents' features, zero below its diagonal, to be overwritten."""
        return self.moments.gram_and_moments(self.labelled)[0]

    @cached_property
    def explained(self) -> float:
        """Share of the labels' variance that the model explains by leave-one-out, 0 to 1.

        1 where nothing is labelled: then there is nothing to doubt.
        """
        count = len(self.labelled)
        if not count:
            return 1.0
        truth = 2.0 * self.labels - 1
        # The baseline is left out in the same way: each document is predicted by the mean of all others.
        others = (truth.sum(axis=0) - truth) / max(count - 1, 1)
        by_chance = np.sum((truth - others) ** 2)
        missed = np.sum((truth - self.leave_one_out()) ** 2)
        return max(0.0, 1 - float(missed / by_chance)) if by_chance else 0.0

    @property
    def trust(self) -> float:
        """How far the model is believed, 0 to 1: by what it explains of labels that it has not seen."""
        return min(1.0, self.explained / ENOUGH_EXPLAINED) ** 2

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Number of labelled documents that carry each label, shape ``(labels,)``."""
        positives: NDArray[np.int64] = self.labels.sum(axis=0)
        return positives

    def for_labels(self, labels: NDArray[np.int64]) -> Predictions:
        """Return the model's predictions of some labels alone."""
        if len(labels) == self.scores.shape[1]:
            return self

        shift = self.shift

        def calibration(scores: NDArray[np.floating]) -> NDArray[np.floating]:
            """Convert scores of the chosen labels to probabilities."""
            # A calibration by label needs a column for every label; the values of the others do not matter.
            every = np.zeros((len(scores), self.scores.shape[1]), dtype=scores.dtype)
            every[:, labels] = scores
            return self.calibration(every)[:, labels]

        return replace(
            self,
            scores=self.scores[:, labels],
            calibration=calibration,
            labels=self.labels[:, labels],
            leave_one_out=lambda: self.leave_one_out()[:, labels],
            shift=shift and (lambda: shift()[:, labels]),
        )


@dataclass(frozen=True, eq=False)
class HeldOutPredictions(Predictions):
    """Predictions that hold no labelled document's own label."""

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """Of each label, shape ``(documents, labels)``: of labelled documents by models without them."""
        probabilities = self.calibration(self.scores)
        # A model has seen the labels of these documents, and would be too sure of them.
        probabilities[self.labelled] = self.left_out
        return probabilities
