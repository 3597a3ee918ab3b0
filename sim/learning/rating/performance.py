"""How good a model is at each label, by what is labelled and without a test set."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from sim.learning.calibration import logistic, penalised_logistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sim.learning.predictions import Predictions

    Numbers = NDArray[np.float64]

JUDGED = 20
"""Examples that a label needs before the product judges it; it says of how many it does (support pages).
Further ones say no more about how labels learn."""
OTHERS = 3.0
"""What other labels say counts as much as this many examples of a label's own."""
LOGISTIC = (3.0, -6.0)
LOGISTIC_PRIOR = 0.1
"""Slope and shift of a label without examples, and how firmly (1 / variance) the others are held to them."""
LEARNING = (1.0, 0.0)
LEARNING_PRIOR = 4.0
"""Odds of the average precision grow as the examples, from 1 with one; as firm as this many examples."""
GROUPS = 10
"""Groups of documents by how sure the model is of them: as labelled ones are few, so must groups be."""
SHARED = 0.5
"""How wrong all labels may be together, as a share of what they lack to 1: chosen, see `estimate`."""
SPARE = 2**12 - 1
"""Bits of a score that hold rounding errors, of 1e-12 at most. They carry a document's kind: 0, or of
labelled ones 1 + truth + 2 x group."""
STEPS = 25
LONGEST_STEP = 2.0
"""Newton's method may overshoot where all is certain."""
CONVERGED = 1e-3
"""Far less than any estimate shows."""
TWO_SIDED_95 = 1.96


@dataclass(frozen=True, eq=False)
class Performance:
    """Estimated average precision of labels on documents such as the pool's."""

    by_label: Numbers
    """Shape ``(labels,)``, 0 to 1."""
    lower: float
    upper: float
    """95 % interval of their mean, 0 to 1."""

    @property
    def mean(self) -> float:
        """Estimated mean average precision."""
        return float(self.by_label.mean())


def estimate(model: Predictions) -> Performance:
    """Estimate each label's average precision on the pool, as if the model had seen none of it.

    Active learning labels hard documents and rare labels, so average precision among labelled documents is
    not that of the pool; how often a label is right at a score depends far less on which were labelled. So
    the unlabelled documents count too, each with the probability of the label that labelled documents of its
    score suggest, and labelled ones with their truth, at leave-one-out scores. What it still depends on is
    mostly how sure the model is of a document: probabilities are learnt from labelled documents with the
    weights that make them in this like the pool (covariate shift: Shimodaira 2000, "Improving predictive
    inference under covariate shift by weighting the log-likelihood function").

    Leave-one-out models have an example less of each label that the document carries, which is nearly all
    that a rare label has. How average precision grows with examples is learnt across labels; a label's own
    estimate goes one example further along that curve, and is drawn towards it the more, the fewer it has.

    The interval of the mean has two sources. What examples a label has is random: each
    average precision is taken for a share of its examples (Wilson 1927, "Probable inference, the law of
    succession, and statistical inference"), and squares add up over labels. What picking did to the documents
    it does to all labels alike, and does not average out: a share of what they lack to 1, so chosen that nine
    intervals of ten and more hold the truth whichever strategy picks, but for greedy uncertainty on many rare
    labels. Labels without examples add no width: that the model cannot tell where they are, is known.
    """
    own = _expected_on_pool(model)
    positives = model.positives
    by_label = _shrink_to_curve(own, positives)
    return Performance(by_label, *_mean_interval(by_label, positives))


def _expected_on_pool(model: Predictions) -> Numbers:
    """Compute each label's expected average precision on the pool; arrays have a row per label."""
    labelled, truth = model.labelled, model.labels.T
    if not len(labelled):
        return np.zeros(len(truth))
    scores = np.array(model.unbounded(model.scores).T, dtype=np.float64, order="C")
    left_out = np.ascontiguousarray(model.unbounded(model.leave_one_out()).T, dtype=np.float64)
    centre, spread = scores.mean(axis=1, keepdims=True), scores.std(axis=1, keepdims=True)
    # A learner that shrinks its weights keeps rare labels' scores close together; their order says as much.
    spread = np.where(spread > np.finfo(np.float32).eps, spread, 1.0)
    scores[:, labelled] = left_out
    # Scores of equal documents may differ by rounding errors, which would make one better than the other.
    bits = scores.view(np.int64)
    bits &= ~SPARE
    groups, weights = _groups(scores.max(axis=0), labelled)
    slope, shift = penalised_logistic(
        _compressed((left_out - centre) / spread),
        truth.astype(np.float64),
        weights[groups],
        prior=LOGISTIC,
        precision=(LOGISTIC_PRIOR, LOGISTIC_PRIOR),
    )
    ascending, kinds = _sorted(scores, labelled, truth + 2 * groups + 1)
    seen = np.flatnonzero(kinds > 0)
    knots = _isotonic(ascending.ravel()[seen].reshape(truth.shape), kinds.ravel()[seen] - 1, weights)
    expected = np.zeros(len(scores))
    for label, (places, values) in enumerate(knots):
        # Most documents score so low that they cannot be positive.
        start = 0 if values[0] else np.searchsorted(ascending[label], places[1], "right")
        its, kind = ascending[label, start:], kinds[label, start:]
        compressed = _compressed((its - centre[label]) / spread[label])
        # The logistic curve believes in positives far down the ranking that are not there, the isotonic one
        # leaps where it has seen few: their geometric mean does neither.
        believed = np.sqrt(
            np.interp(its, places, values) * logistic(slope[label] * compressed + shift[label])
        )
        probabilities = np.where(kind > 0, (kind - 1) & 1, believed)
        expected[label] = expected_average_precision(probabilities, its)
    return expected


def _groups(sureness: Numbers, labelled: NDArray[np.int64]) -> tuple[NDArray[np.int64], Numbers]:
    """Group labelled documents by ``sureness``, a value per document; return groups and weights.

    Weights spread the labelled documents over ``sureness`` as all documents of the pool are.
    """
    # On a sorted array, deciles are found without a partition for each.
    tens = np.quantile(np.sort(sureness), np.arange(1, GROUPS) / GROUPS)
    groups = np.searchsorted(tens, sureness)
    wanted = np.bincount(groups, minlength=GROUPS) * len(labelled) / len(groups)
    found = np.bincount(groups[labelled], minlength=GROUPS)
    # One more of each, lest a group's only document decide.
    return groups[labelled], (wanted + 1) / (found + 1)


def _compressed(standardised: Numbers) -> Numbers:
    """Compress standardised scores: linear near the mean, logarithmic far from it."""
    return np.arcsinh(standardised / 2)


def _sorted(
    scores: Numbers, labelled: NDArray[np.int64], kinds: NDArray[np.int64]
) -> tuple[Numbers, NDArray[np.int64]]:
    """Sort each label's scores in place; return them and the documents' kinds, 0 where unlabelled.

    ``kinds``, above 0, have shape ``(labels, labelled)``. They travel in the scores' spare bits, which are 0:
    numbers are sorted three times as fast as their places, and need no look-up.
    """
    bits = scores.view(np.int64)
    bits[:, labelled] |= kinds
    scores.sort(axis=1)
    kinds = bits & SPARE
    bits &= ~SPARE
    return scores, kinds


def _isotonic(seen: Numbers, kinds: NDArray[np.int64], weights: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield each label's isotonic regression: scores, and the probabilities there, which never fall.

    Between these, probabilities are on straight lines. ``seen`` are the labelled documents' scores, shape
    ``(labels, labelled)``, ascending; ``kinds`` say group and truth of each. Equal scores share their mean.
    Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability
    estimates".
    """
    from scipy.optimize import isotonic_regression

    labels, labelled = seen.shape
    weight = weights[kinds >> 1]
    new = np.ones(seen.shape, dtype=np.bool_)
    new[:, 1:] = seen[:, 1:] > seen[:, :-1]
    starts = np.flatnonzero(new)
    weight, positive = (np.add.reduceat(one, starts) for one in (weight, weight * (kinds & 1)))
    label, places = starts // labelled, seen.ravel()[starts]
    # All labels in one regression: two more for each keep their steps apart.
    blocks = isotonic_regression(positive / weight + 2 * label, weights=weight).blocks
    firsts, lasts = blocks[:-1], blocks[1:] - 1
    values = np.add.reduceat(positive, firsts) / np.add.reduceat(weight, firsts)
    ends = np.searchsorted(label[firsts], np.arange(labels + 1))
    corners = np.stack([places[firsts], places[lasts]], axis=1)
    for start, end in pairwise(ends):
        yield corners[start:end].ravel(), np.repeat(values[start:end], 2)


def expected_average_precision(probabilities: Numbers, scores: Numbers) -> float:
    """Compute a label's expected average precision from probabilities by ascending score.

    Both have the shape ``(documents,)``.

    A positive's precision is the share of positives among the documents scored at least as high. The mean
    over positives is taken as expected sum through expected number: the sum over documents i of
    q_i (1 + sum of the others' q_j) / (number at least as high), through the sum of q_i. With probabilities
    of 0 and 1 alone it is average precision itself; 0 if nothing can be positive.
    """
    if not probabilities.any():
        return 0.0
    positives = np.cumsum(probabilities)
    total = float(positives[-1])
    place, before = np.arange(len(scores)), positives - probabilities
    equal = np.flatnonzero(scores[1:] == scores[:-1]) + 1
    if len(equal):
        # The running maximum carries the place of the first of equal scores to the others.
        place[equal] = 0
        place = np.maximum.accumulate(place)
        before = before[place]
    others = total - before - probabilities
    return float(probabilities @ ((1 + others) / (len(scores) - place))) / total


def _shrink_to_curve(own: Numbers, positives: NDArray[np.int64]) -> Numbers:
    """Estimate each label with all its examples, from leave-one-out estimates and all labels' curve.

    The odds of a label's average precision are exp(level) m ** power, where m is its number of examples:
    logistic regression of ``own`` on log m, by Newton's method.
    """
    # A label's only example is left out of the model that scores it: nothing is learnt from that.
    learnt = positives > 1
    before = np.log(positives[learnt] - 1)
    design = np.stack([before, np.ones_like(before)])
    weights = np.minimum(positives[learnt], JUDGED)
    curve = np.array(LEARNING)
    for _ in range(STEPS):
        curve_before = expit(curve @ design)
        gradient = design @ (weights * (own[learnt] - curve_before)) - LEARNING_PRIOR * (curve - LEARNING)
        spread = (design * (weights * curve_before * (1 - curve_before))) @ design.T
        step = np.linalg.solve(spread + LEARNING_PRIOR * np.eye(2), gradient)
        curve = curve + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        # That rare labels are the easy ones does not mean that examples do harm.
        curve[0] = max(curve[0], 0.0)
        if np.abs(step).max() < CONVERGED:
            break
    power, level = curve
    seen = positives > 0
    before = np.maximum(positives - 1, 0)
    # By the curve, one example more multiplies the odds by (m / (m - 1)) ** power.
    gain = np.where(learnt, (positives / np.maximum(before, 1)) ** power, 1.0)
    # The odds times the gain, turned back into a probability.
    further = own * gain / (1 - own + own * gain)
    typical = expit(level + power * np.log(np.maximum(positives, 1)))
    return np.where(seen, (before * further + OTHERS * typical) / (before + OTHERS), own)


def _mean_interval(by_label: Numbers, positives: NDArray[np.int64]) -> tuple[float, float]:
    """Return the 95 % CI of the mean: each label's sampling error, and the error that they share."""
    mean = float(by_label.mean())
    lower, upper = _wilson(by_label, positives)
    shared = SHARED * float(np.where(positives, 1 - by_label, 0.0).mean())
    below, above = (
        float(np.hypot(shared, np.linalg.norm(own) / len(own)))
        for own in (by_label - lower, upper - by_label)
    )
    return max(0.0, mean - below), min(1.0, mean + above)


def _wilson(share: Numbers, count: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    """Return Wilson's 95 % CI of a share of ``count`` examples; without width where there are none."""
    number = np.maximum(count, 1)
    squared = TWO_SIDED_95**2 / number
    centre = (share + squared / 2) / (1 + squared)
    half = np.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return np.where(count, centre - half, share), np.where(count, centre + half, share)
