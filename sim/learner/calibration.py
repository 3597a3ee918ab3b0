"""From scores to probabilities, by what the labelled documents themselves say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
