"""Scores made probabilities: one curve for all labels, or one for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


STEPS = 50
PRIOR = 1.0
"""How firmly a few documents are held to the slope that scores between -1 and 1 suggest."""
SLOPE = 2.0


@dataclass(frozen=True)
class Calibration:
    """The probability of a label whose score is s: 1 / (1 + exp(-(slope s + shift)))."""

    slope: float
    shift: float

    @classmethod
    def of(cls, scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> Calibration:
        """Fit it to leave-one-out scores of labelled documents, all labels together.

        Platt (1999), "Probabilistic outputs for support vector machines", with his smoothed targets, by
        Newton's method; ``scores`` and ``truth`` have shape ``(documents, labels)``.
        """
        flat, true = scores.ravel().astype(np.float64), truth.ravel()
        positives = int(true.sum())
        negatives = len(true) - positives
        target = np.where(true, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        parameters = np.array([SLOPE, 0.0])
        design = np.stack([flat, np.ones_like(flat)])
        # The shift is as good as free; its 1e-6 keeps the system solvable where nothing is labelled.
        penalty = np.diag([PRIOR, 1e-6])
        for _ in range(STEPS):
            probability = expit(parameters @ design)
            gradient = design @ (target - probability) - penalty @ (parameters - [SLOPE, 0.0])
            weight = probability * (1 - probability)
            step = np.linalg.solve((design * weight) @ design.T + penalty, gradient)
            parameters = parameters + step
            if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - far below what any probability shows
                break
        slope, shift = parameters
        return cls(float(slope), float(shift))

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Of scores of any shape."""
        probabilities: NDArray[np.floating] = expit(self.slope * scores + self.shift)
        return probabilities


STEPS_BY_LABEL = 25
LONGEST_STEP = 2.0
ENOUGH = 1e-6
SLOPE_PRIOR = 4.0
"""How firmly a label's slope is held to that of all labels."""
SHIFT_PRIOR = 0.05
"""How firmly a label's shift is held to its frequency."""


@dataclass(frozen=True, eq=False)
class CalibrationByLabel:
    """The probability of a label whose score is s: 1 / (1 + exp(-(slope s + shift))), each with its own.

    A penalty as large as the article's learner has leaves rare labels scores that never come near 0, however
    well they rank: one slope and shift for all labels would make nothing of them. All arrays have shape
    ``(labels,)``.
    """

    slope: Numbers
    shift: Numbers

    @classmethod
    def of(cls, scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> CalibrationByLabel:
        """Fit it to leave-one-out scores of labelled documents, both of shape ``(documents, labels)``.

        Platt (1999), "Probabilistic outputs for support vector machines", with his smoothed targets, on each
        label's scores in units of their standard deviation; by Newton's method. Without documents every
        probability is a half.
        """
        if not len(truth):
            return cls(np.zeros(truth.shape[1]), np.zeros(truth.shape[1]))
        # The added amount avoids division by 0 where all scores of a label are equal.
        mean, deviation = scores.mean(axis=0), scores.std(axis=0) + ENOUGH
        standard = (scores - mean) / deviation
        positives = truth.sum(axis=0)
        negatives = len(truth) - positives
        targets = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        # Half a document more on either side keeps the log odds of labels on none or all finite.
        usual = logit((positives + 0.5) / (len(truth) + 1))
        # First one slope for all labels, then one for each, drawn towards it: rare labels have few examples.
        shared, shift = _fit(standard, targets, np.ones_like(usual), usual, usual, together=True)
        slope, shift = _fit(standard, targets, shared, shift, usual, together=False)
        # Undo the standardisation.
        return cls(slope / deviation, shift - slope * mean / deviation)

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Of scores of shape ``(documents, labels)``."""
        probabilities: NDArray[np.floating] = expit(self.slope * scores + self.shift)
        return probabilities


def _fit(
    scores: Numbers, targets: Numbers, slopes: Numbers, shifts: Numbers, usual: Numbers, *, together: bool
) -> tuple[Numbers, Numbers]:
    """Slopes and shifts, slopes the same for all labels or each drawn towards where it began."""
    slope, shift = slopes, shifts
    for _ in range(STEPS_BY_LABEL):
        probability = expit(slope * scores + shift)
        weight, missed = probability * (1 - probability), targets - probability
        of_slope = (missed * scores).sum(axis=0) - SLOPE_PRIOR * (slope - slopes)
        of_shift = missed.sum(axis=0) - SHIFT_PRIOR * (shift - usual)
        by_slope = (weight * scores * scores).sum(axis=0) + SLOPE_PRIOR
        by_shift, by_both = weight.sum(axis=0) + SHIFT_PRIOR, (weight * scores).sum(axis=0)
        # What is left to the slope once the shift has done what it can.
        left, bend = of_slope - by_both * of_shift / by_shift, by_slope - by_both**2 / by_shift
        step = left.sum() / bend.sum() * np.ones_like(left) if together else left / bend
        # Newton's method overshoots where all probabilities are near 0 or 1.
        step = np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        slope = slope + step
        moved = np.clip((of_shift - by_both * step) / by_shift, -LONGEST_STEP, LONGEST_STEP)
        shift = shift + moved
        if max(np.abs(step).max(), np.abs(moved).max()) < ENOUGH:
            break
    return slope, shift
