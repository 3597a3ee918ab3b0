"""How good a model is at each label, by what is labelled and without a test set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from sim.learning.calibration import logistic, penalised_logistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.learning.predictions import Predictions

    Numbers = NDArray[np.float64]

WORST = 0.1
"""Share of the labels that are underperforming, at least one."""
JUDGED = 20
"""Examples that a label needs before the product judges it; it says of how many it does (support pages)."""
CURVE = (3.0, -6.0)
CURVE_PRIOR = (0.1, 0.1)
"""Slope and shift of a label without examples, and how firmly (1 / variance) one with an example is held to
them; others the less, the more examples they have."""
CONTROL_PRIOR = (20.0, 1.0)
"""How firmly slope and shift of the control sample are held to those of all labelled documents."""
UNSEEN = 0.02
"""Standard deviation of what picking does to the mean beyond what the control sample shows, where all is
picked: chosen, see `estimate`."""
FOLDED = 0.01
"""Standard deviation of what cross-validation in place of leave-one-out does to the mean: chosen, see
`estimate`."""
GUESSED = 1 / 3
"""Standard deviation of what an example more is worth, as a share of that."""
GROUPS = 1_024
"""Groups of documents with similar scores, which share a probability."""
NUDGE = 0.1
NUDGES = NUDGE * np.eye(2)
"""Changes of slope and shift by which their effect is measured."""
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

    @cached_property
    def worst(self) -> NDArray[np.int64]:
        """Tenth of the labels with the lowest estimates, at least one; ties by label."""
        return np.argsort(self.by_label, kind="stable")[: ceil(WORST * len(self.by_label))]


def estimate(model: Predictions, control: NDArray[np.int64], *, plain: bool = False) -> Performance:
    """Estimate each label's average precision on documents such as the pool's that the model has not seen.

    The whole pool is ranked, and every document counts with the probability that it carries the label; out
    comes the average precision to be expected. Probabilities follow a logistic curve of a label's scores,
    or of their log odds where they are probabilities, fitted to leave-one-out scores of labelled documents;
    where log odds are calibrated already, these are taken.

    Documents that were picked are no sample of the pool, and what was picked later depends on their labels,
    so that their leave-one-out scores say too little of the model. The ``control`` sample, rows of the pool
    that are labelled, shows by how much: what a logistic regression on the log odds of all labels finds
    there, less what it finds among all labelled documents, is added to every curve.

    Leave-one-out models lack a document. Without one that carries a label they score the whole pool lower
    for it, without another higher, so that their scores are moved by what moves the pool's mean (`shift`).
    And they lack an example of each label that the document carries: how far documents with a label score
    from the pool's mean, and the odds of its average precision, are taken to grow as its examples, counted
    halfway.

    The interval is of the mean over as many other documents as the pool has. Its sources are independent, and
    their squares add up. What examples a label has is random, here and there: average precision is taken for
    a share of them. So is what the control sample shows. What an example more is worth is known to a third.
    And picking does something that not even the control sample shows: two points, which was chosen with sight
    of eight corpora, such that 95 of 100 intervals hold the truth. So was one point for cross-validation in
    the place of leave-one-out, on six corpora with three classifiers.

    Args:
        model: predictions of the pool.
        control: labelled documents that are an unbiased sample of the pool, as rows of it.
        plain: as the article's world is advised: by plain leave-one-out scores, and as if labels without
            examples scored like the one that scores lowest.
    """
    truth, positives = model.labels.T.astype(np.float64), model.positives
    to_values = model.log_odds or np.asarray
    values = np.array(to_values(model.scores).T, order="C")
    left_out = np.array(to_values(model.leave_one_out()).T, dtype=np.float64, order="C")
    if model.shift is not None and not plain:
        left_out += model.shift().T
    values[:, model.labelled] = left_out
    counts, middles = _grouped(values)
    one_more = (positives + 0.5) / np.maximum(positives - 0.5, 0.5)
    to_log_odds: Callable[[Numbers], Numbers] = np.asarray
    if not model.calibrated:
        # What sets documents with a label apart from the pool are its examples.
        usual = values.mean(axis=1, keepdims=True)
        if plain:
            usual = usual.min()
        lifted = usual + (left_out - usual) * one_more[:, np.newaxis]
        left_out = np.where(model.labels.T, lifted, left_out)
        to_log_odds = _curves(values, left_out, truth)
    is_control = np.isin(model.labelled, control)
    correction, covariance = _correction(to_log_odds(left_out), truth, is_control)
    log_odds = to_log_odds(middles)

    def probabilities(slope: float, shift: float) -> NDArray[np.floating]:
        """Return the probabilities of groups by log odds with this slope and shift."""
        return logistic(slope * log_odds + shift)

    expected = probabilities(*correction)
    before = expected_average_precision(expected, counts)
    # By odds, so that it stays a share.
    gain = np.where(positives, one_more, 1)
    by_label = before * gain / (1 - before + before * gain)
    # That the model cannot tell where labels without examples are, is known: they add no width.
    seen = positives > 0
    examples = 1 / np.maximum(positives, 1) + 1 / np.maximum((counts * expected).sum(axis=1), 1)
    sampling = np.sum(seen * by_label * (1 - by_label) * examples) / len(seen) ** 2
    nudged = [expected_average_precision(probabilities(*(correction + one)), counts) for one in NUDGES]
    effect = np.array([np.mean(seen * (one - before)) for one in nudged]) / NUDGE
    guessed = GUESSED * np.mean(by_label - before)
    unseen = UNSEEN * np.mean(seen) * (1 - np.count_nonzero(is_control) / max(len(is_control), 1))
    folded = FOLDED * np.mean(seen) * model.cross_validated
    variance = sampling + effect @ covariance @ effect + guessed**2 + unseen**2 + folded**2
    mean, half = float(by_label.mean()), TWO_SIDED_95 * float(np.sqrt(variance))
    return Performance(by_label, max(0.0, mean - half), min(1.0, mean + half))


def _curves(values: NDArray[np.floating], left_out: Numbers, truth: Numbers) -> Callable[[Numbers], Numbers]:
    """Fit each label's logistic curve to leave-one-out scores; return what converts scores to log odds.

    All arrays have a row per label, ``values`` a column per document of the pool, the others one per labelled
    document.
    """
    centre, spread = (one(axis=1, keepdims=True, dtype=np.float64) for one in (values.mean, values.std))
    # A learner that shrinks its weights keeps rare labels' scores close together; their order says as much.
    spread = 2 * np.where(spread > np.finfo(np.float32).eps, spread, 1)

    def compressed(scores: Numbers) -> Numbers:
        """Compress standardised scores: linear near the mean, logarithmic far from it."""
        values: Numbers = np.arcsinh((scores - centre) / spread)
        return values

    # Of a label with few examples, what leave-one-out models leave out is nearly all there is.
    weights = truth.sum(axis=1)[:, np.newaxis, np.newaxis]
    slope, shift = penalised_logistic(
        compressed(left_out), truth, weights, prior=CURVE, precision=CURVE_PRIOR
    )
    return lambda scores: slope[:, np.newaxis] * compressed(scores) + shift[:, np.newaxis]


def _grouped(values: NDArray[np.floating]) -> tuple[Numbers, Numbers]:
    """Group each label's documents by their scores; return counts and middles, ``(labels, groups)``.

    The highest scores come first.
    """
    labels, highest = len(values), values.max(axis=1, keepdims=True)
    width = (highest - values.min(axis=1, keepdims=True)) / GROUPS
    width = np.where(width > 0, width, 1).astype(values.dtype)
    group = ((highest - values) / width).astype(np.int32)
    np.minimum(group, GROUPS - 1, out=group)
    group += GROUPS * np.arange(labels, dtype=np.int32)[:, np.newaxis]
    counts = np.bincount(group.ravel(), minlength=GROUPS * labels).reshape(labels, GROUPS)
    return counts.astype(np.float64), highest - width * (np.arange(GROUPS) + 0.5)


def _correction(log_odds: Numbers, truth: Numbers, is_control: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return slope and shift that make log odds those of the pool, and their covariance.

    ``log_odds`` and ``truth`` of labelled documents have shape ``(labels, labelled)``.
    """
    usual = _pooled(log_odds, truth, (1.0, 0.0), CURVE_PRIOR)
    log_odds, truth = log_odds[:, is_control], truth[:, is_control]
    found = _pooled(log_odds, truth, usual, CONTROL_PRIOR)
    probabilities = logistic(found[0] * log_odds + found[1])
    doubt = probabilities * (1 - probabilities)
    by_both = np.vdot(doubt, log_odds)
    information = np.array([[np.vdot(doubt, log_odds**2), by_both], [by_both, doubt.sum()]])
    correction = np.array([1 + found[0] - usual[0], found[1] - usual[1]])
    return correction, np.linalg.inv(information + np.diag(CONTROL_PRIOR))


def _pooled(
    log_odds: Numbers, truth: Numbers, prior: tuple[float, float], precision: tuple[float, float]
) -> tuple[float, float]:
    """Fit slope and shift of a logistic regression on the log odds of all labels."""
    (slope,), (shift,) = penalised_logistic(
        log_odds.reshape(1, -1), truth.reshape(1, -1), prior=prior, precision=precision
    )
    return float(slope), float(shift)


def expected_average_precision(probabilities: NDArray[np.floating], counts: Numbers) -> Numbers:
    """Compute labels' expected average precision from groups of documents, the highest scores first.

    A positive's precision is the share of positives among the documents scored at least as high. The mean
    over positives is taken as expected sum through expected number: with probabilities of 0 and 1 alone, and
    groups of one document, it is average precision itself; 0 where nothing can be positive.

    Args:
        probabilities: of each document of a group to carry the label, shape ``(labels, groups)``.
        counts: documents in each group, in the same shape.
    """
    positives = probabilities * counts
    at_least_as_high = positives.cumsum(axis=1)
    total = at_least_as_high[:, -1]
    # Of the other documents, given that this one is positive.
    precision = (1 + at_least_as_high - probabilities) / np.maximum(counts.cumsum(axis=1), 1)
    expected: Numbers = np.einsum("ij,ij->i", positives, precision) / np.where(total > 0, total, 1)
    return expected
