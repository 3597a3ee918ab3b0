"""Scores made probabilities: one curve for all labels, one for each, or of labels that compete."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy.special import logit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Real = TypeVar("Real", bound=np.floating)

PRIOR = (1.0, 1e-6)
"""How firmly a few documents are held to the slope that scores between -1 and 1 suggest. The shift is as good
as free; its 1e-6 keeps the system solvable where nothing is labelled."""
# Where scores are 2 p - 1, as regressions of -1 and +1 are, log odds rise by 2 with
# each unit of them near p = 1/2.
SLOPE = 2.0
BY_LABEL_PRIOR = (4.0, 0.05)
"""How firmly a label's slope is held to that of all labels, and its shift to its frequency."""
SOFTMAX_PRIOR = (1.0, 1.0)
"""How firmly labels that compete are held to that slope, and to no shift."""
INEXACT = 0.01
"""Newton's steps are solved for to this share: the next one mends what is left."""
NARROWEST = 1e-6
"""Added to the standard deviation of a label's scores, which may all be equal."""
STEPS = 50
LONGEST_STEP = 2.0
"""Newton's method overshoots where all probabilities are near 0 or 1; halved whenever it turns back, doubled
whenever it does not."""
LEAST = float(np.finfo(np.float32).eps) / 2
"""Least probability that differs from 0 in single precision."""
ENOUGH = 1e-4
"""The step after one as small as this would be its square, far below what any probability shows."""
SKETCHED = 128
"""Documents in a sketch of many."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of scores to probabilities, 1 / (1 + exp(-(slope score + shift))), for all labels."""

    slope: float
    shift: float

    @classmethod
    def fit(cls, scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> Calibration:
        """Fit a calibration to leave-one-out scores of labelled documents, all labels together.

        Platt (1999), "Probabilistic outputs for support vector machines", with his smoothed targets;
        ``scores`` and ``truth`` have shape ``(documents, labels)``.
        """
        # All labels as one: a few labelled documents say too little of each, and
        # ridge scores of all are on one scale.
        targets = _smooth_targets(truth.reshape(1, -1))
        regressions = LogisticRegressions(scores.reshape(1, -1), targets)
        (slope,), (shift,) = regressions.fit(prior=(SLOPE, 0.0), precision=PRIOR)
        return cls(float(slope), float(shift))

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of any shape to probabilities of labels."""
        return logistic(self.slope * scores + self.shift)


@dataclass(frozen=True, eq=False)
class CalibrationByLabel:
    """Calibration of scores to probabilities, 1 / (1 + exp(-(slope score + shift))), label by label.

    A penalty as large as the article's learner has leaves rare labels scores that never come near 0, however
    well they rank: one slope and shift for all labels would make nothing of them. All arrays have shape
    ``(labels,)``.
    """

    slope: Numbers
    shift: Numbers

    @classmethod
    def fit(cls, scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> CalibrationByLabel:
        """Fit a calibration per label to leave-one-out scores, of shape ``(documents, labels)``.

        Platt (1999), "Probabilistic outputs for support vector machines", with his smoothed targets, on each
        label's scores in units of their standard deviation. Without documents every probability is a half.
        """
        count, labels = truth.shape
        if not count:
            return cls(np.zeros(labels), np.zeros(labels))
        mean, deviation = scores.mean(axis=0), scores.std(axis=0) + NARROWEST
        # Single precision is enough for curves, and takes half the time.
        standard = ((scores - mean) / deviation).T.astype(np.float32)
        targets = _smooth_targets(truth.T)
        # Half a document more on either side keeps the log odds of labels on none or all finite.
        usual = logit((truth.sum(axis=0) + 0.5) / (count + 1))
        # First one slope for all labels, then one for each, drawn towards it: rare labels have few examples.
        regressions = LogisticRegressions(standard, targets)
        shared, _ = regressions.fit(prior=(1.0, usual), precision=BY_LABEL_PRIOR, one_slope=True)
        slope, shift = regressions.fit(prior=(shared, usual), precision=BY_LABEL_PRIOR)
        # Undo the standardisation.
        return cls(slope / deviation, shift - slope * mean / deviation)

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of shape ``(documents, labels)`` to probabilities of labels, in their precision."""
        slope, shift = (one.astype(scores.dtype) for one in (self.slope, self.shift))
        return logistic(slope * scores + shift)


@dataclass(frozen=True, eq=False)
class CalibrationBySoftmax:
    """Calibration of scores to probabilities that sum to 1 over labels, softmax(slope score + shift).

    It is for documents that carry one label each: a label is the less probable, the better others fit.
    """

    slope: float
    shift: Numbers
    """Shape ``(labels,)``."""

    @classmethod
    def fit(cls, scores: Numbers, truth: NDArray[np.bool_]) -> CalibrationBySoftmax:
        """Fit a calibration to leave-one-out scores of labelled documents, of shape ``(documents, labels)``.

        One slope for all labels and a shift of each, both with Gaussian priors: temperature scaling with a
        bias (Alexandari, Kundaje and Shrikumar 2020, "Maximum likelihood with bias-corrected calibration is
        hard-to-beat at label shift adaptation"). Several labels of a document share it equally; documents
        without any tell nothing. Newton's steps are found by conjugate gradients, so that n documents with l
        labels take operations of order n l.
        """
        carried = truth.sum(axis=1)
        scores = np.ascontiguousarray(scores[carried > 0])
        targets = truth[carried > 0] / carried[carried > 0, np.newaxis]
        mean = np.zeros(1 + truth.shape[1])
        mean[0] = SLOPE
        precision = np.full(len(mean), SOFTMAX_PRIOR[1])
        precision[0] = SOFTMAX_PRIOR[0]
        curve = mean.copy()
        for _ in range(STEPS):
            probability = softmax(curve[0] * scores + curve[1:])
            missed = targets - probability
            uphill = np.append(np.vdot(missed, scores), missed.sum(axis=0)) - precision * (curve - mean)
            step = _newton_step(scores, probability, uphill, precision)
            curve += step * min(1.0, LONGEST_STEP / max(np.abs(step).max(), LONGEST_STEP))
            if np.abs(step).max() < ENOUGH:
                break
        return cls(float(curve[0]), curve[1:])

    def probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of shape ``(documents, labels)`` to probabilities of labels."""
        # In the scores' precision: a pool's are many.
        values: NDArray[np.floating] = self.slope * scores + self.shift.astype(scores.dtype)
        return softmax(values)


def _newton_step(scores: Numbers, probability: Numbers, uphill: Numbers, precision: Numbers) -> Numbers:
    """Solve for Newton's step of slope and shifts, shape ``(1 + labels,)``, up to a hundredth.

    ``scores`` and ``probability`` have the shape ``(documents, labels)``.
    """
    from scipy.sparse.linalg import LinearOperator, cg

    weighted = probability * scores
    expected, total = weighted.sum(axis=1), probability.sum(axis=0)
    of_slope = float(np.vdot(weighted, scores) - expected @ expected)
    across = weighted.sum(axis=0) - expected @ probability
    variance = total - np.einsum("ij,ij->j", probability, probability)

    def curvature(change: Numbers) -> Numbers:
        """Multiply a change of slope and shifts by the matrix of second derivatives."""
        slope, shift = change[0], change[1:]
        bent = np.empty_like(change)
        bent[0] = of_slope * slope + across @ shift
        bent[1:] = across * slope + total * shift - (probability @ shift) @ probability
        return bent + precision * change

    size = (len(uphill), len(uphill))
    scale = np.append(of_slope, variance) + precision
    step: Numbers = cg(
        LinearOperator(size, matvec=curvature, dtype=np.float64),
        uphill,
        rtol=INEXACT,
        M=LinearOperator(size, matvec=lambda change: change / scale, dtype=np.float64),
    )[0]
    return step


def softmax(values: NDArray[Real]) -> NDArray[Real]:
    """Return exp(value) over the sum of its row's, shape ``(documents, labels)``."""
    # The highest of a row is made 0, lest any be too large.
    powers: NDArray[Real] = values - values.max(axis=1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def _smooth_targets(truth: NDArray[np.bool_]) -> Numbers:
    """Return Platt's smoothed targets: short of 0 and 1 by the weight of one more example of either kind."""
    positives = truth.sum(axis=1, keepdims=True)
    negatives = truth.shape[1] - positives
    targets: Numbers = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    return targets


def half_log_odds(scores: NDArray[np.floating], least: float) -> NDArray[np.floating]:
    """Convert regressions 2 p - 1 to half the log odds of p, taken between ``least`` and 1 - ``least``."""
    halves: NDArray[np.floating] = np.arctanh(np.clip(scores, 2 * least - 1, 1 - 2 * least))
    return halves


def log_odds(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Convert regressions 2 p - 1 to the log odds of p."""
    return 2 * half_log_odds(scores, LEAST)


def logistic(values: NDArray[np.floating], out: NDArray[np.floating] | None = None) -> NDArray[np.floating]:
    """Return 1 / (1 + exp(-value)), by NumPy several times as fast as SciPy's ``expit``."""
    probabilities: NDArray[np.floating] = np.negative(values, out=out)
    with np.errstate(over="ignore"):  # then it is 0
        np.exp(probabilities, out=probabilities)
    probabilities += 1
    np.reciprocal(probabilities, out=probabilities)
    return probabilities


class LogisticRegressions:
    """Penalised logistic regressions of ``targets`` on ``scores``, one a row, all fitted at once.

    Probabilities have the precision of the scores; sums over documents are kept in double precision.
    Newton's method begins on a sketch, in which the documents of a row that score alike are one: it is nearly
    there when it comes to all documents.
    """

    def __init__(
        self,
        scores: NDArray[np.floating],
        targets: NDArray[np.floating],
        weights: NDArray[np.floating] | float = 1.0,
    ) -> None:
        """Store the documents.

        Args:
            scores: shape ``(labels, documents)``.
            targets: probabilities, in the same shape.
            weights: of all documents, or of labels in the shape ``(labels, 1)``.
        """
        # Rows that lie in one piece are summed several times faster.
        self._scores = np.ascontiguousarray(scores)
        self._weights = weights
        self._powers = _weighted_powers(self._scores, weights)
        self._wanted = _sums(self._powers, np.ascontiguousarray(targets, dtype=scores.dtype))
        """Sums of the targets times these powers, shape ``(3, labels)``, which the curves' are to equal."""

    @cached_property
    def _sketch(self) -> tuple[Numbers, NDArray[np.floating]]:
        """Scores and powers of two documents, of the same mean and deviation, for those that score alike."""
        (counts, *sums), _, _ = grouped(self._scores, SKETCHED // 2, self._scores, self._scores**2)
        mean, square = (one / np.maximum(counts, 1) for one in sums)
        away = np.sqrt(np.maximum(square - mean**2, 0))
        scores, weights = np.hstack([mean - away, mean + away]), np.hstack([counts, counts]) / 2
        return scores, _weighted_powers(scores, self._weights * weights)

    def fit(
        self,
        *,
        prior: tuple[Numbers | float, Numbers | float],
        precision: tuple[float, float],
        first: tuple[Numbers | float, Numbers | float] | None = None,
        one_slope: bool = False,
    ) -> tuple[Numbers, Numbers]:
        """Fit slopes and shifts, both of shape ``(labels,)``.

        Args:
            prior: mean of the Gaussian priors of slopes and shifts, each for all labels or for every one.
            precision: of these priors, 1 / variance.
            first: slopes and shifts to begin with that are near; left out: a sketch's, or the means.
            one_slope: the same for all labels.
        """
        if first is None:
            first = prior
            if self._scores.shape[1] > 2 * SKETCHED:
                first = self._climb(*self._sketch, prior, precision, first, one_slope=one_slope)
        return self._climb(self._scores, self._powers, prior, precision, first, one_slope=one_slope)

    def _climb(
        self,
        scores: NDArray[np.floating],
        powers: NDArray[np.floating],
        prior: tuple[Numbers | float, Numbers | float],
        precision: tuple[float, float],
        first: tuple[Numbers | float, Numbers | float],
        *,
        one_slope: bool,
    ) -> tuple[Numbers, Numbers]:
        """Fit slopes and shifts by Newton's method from the first ones, to all documents or to a sketch.

        A sketch's sums of targets are those of all documents, so that they are as exact.
        """
        # Shifts above slopes, in the order of the sums that say how far off they are.
        curves, means = (
            np.array([np.broadcast_to(one, len(scores)) for one in pair[::-1]], dtype=np.float64)
            for pair in (first, prior)
        )
        firmly = np.array([precision[::-1]]).T
        wanted, found = self._wanted[:2], curves.copy()
        labels = np.arange(len(scores))
        """Those whose curves still move, or have stopped lately; all but ``found`` is of these."""
        longest, last = np.full(len(scores), LONGEST_STEP), np.zeros_like(curves)
        for _ in range(STEPS):
            shift, slope = curves[..., np.newaxis].astype(scores.dtype, copy=False)
            values = slope * scores
            values += shift
            logistic(values, out=values)
            # Sums over documents, of what is to be summed times scores to the power of 0, 1 and 2.
            sums = _sums(powers, values)
            uphill = wanted - sums[:2] - firmly * (curves - means)
            bend = sums - _sums(powers, np.square(values, out=values))
            bend[::2] += firmly
            by_shift, by_both, by_slope = bend
            # What is left to the slope once the shift has done what it can.
            share = by_both / by_shift
            left, free = uphill[1] - share * uphill[0], by_slope - share * by_both
            step = np.empty_like(curves)
            step[1] = left.sum() / free.sum() if one_slope else left / free
            _clip(step[1], longest)
            step[0] = uphill[0] / by_shift - share * step[1]
            _clip(step[0], longest)
            curves += step
            # What turns back has gone too far, and might alternate for ever; what does not has far to go.
            longest *= 2.0 ** np.sign((step * last).sum(axis=0))
            last = step
            moving = np.abs(step).max(axis=0) >= ENOUGH
            count = np.count_nonzero(moving)
            if not count:
                break
            # The others need not pay for curves that have converged, once these are worth the copies.
            if not one_slope and 2 * count <= len(labels):
                found[:, labels] = curves
                labels, longest = labels[moving], longest[moving]
                scores, powers = scores[moving], powers[moving]
                curves, means, wanted, last = (one[:, moving] for one in (curves, means, wanted, last))
        found[:, labels] = curves
        return found[1], found[0]


def _clip(steps: Numbers, longest: Numbers) -> None:
    """Shorten steps to the longest allowed, in place and several times as fast as `numpy.clip`."""
    np.minimum(steps, longest, out=steps)
    np.maximum(steps, -longest, out=steps)


def grouped(
    values: NDArray[np.floating], count: int, *sums_of: NDArray[np.floating]
) -> tuple[list[Numbers], NDArray[np.floating], NDArray[np.floating]]:
    """Divide each row between its highest and its lowest value into as many groups of equal width.

    Args:
        values: shape ``(rows, documents)``.
        count: number of groups.
        sums_of: what is summed over each group's documents, in the shape of the values.

    Returns:
        Counts of the groups and these sums, shape ``(rows, groups)``, the highest values first; the rows'
        highest values; and their groups' widths, both of shape ``(rows, 1)``.
    """
    rows, highest = len(values), values.max(axis=1, keepdims=True)
    width = (highest - values.min(axis=1, keepdims=True)) / count
    width = np.where(width > 0, width, 1).astype(values.dtype)
    within = highest - values
    within /= width
    group = within.astype(np.intp)
    np.minimum(group, count - 1, out=group)
    group += count * np.arange(rows)[:, np.newaxis]
    every = group.ravel()
    sums = [np.bincount(every, minlength=count * rows)]
    sums += [np.bincount(every, one.ravel(), count * rows) for one in sums_of]
    return [one.reshape(rows, count).astype(np.float64) for one in sums], highest, width


def _weighted_powers(
    scores: NDArray[np.floating], weights: NDArray[np.floating] | float
) -> NDArray[np.floating]:
    """Return weights times scores to the power of 0, 1 and 2, shape ``(labels, 3, documents)``."""
    powers = np.empty((len(scores), 3, scores.shape[1]), dtype=scores.dtype)
    powers[:, 0] = weights
    for power in (1, 2):
        np.multiply(powers[:, power - 1], scores, out=powers[:, power])
    return powers


def _sums(powers: NDArray[np.floating], values: NDArray[np.floating]) -> Numbers:
    """Sum powers, shape ``(labels, 3, documents)``, times values, ``(labels, documents)``, over documents."""
    sums: Numbers = np.vecdot(powers, values[:, np.newaxis]).T.astype(np.float64, copy=False)
    return sums
