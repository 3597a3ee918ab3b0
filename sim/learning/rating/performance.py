"""How good a model is at each label, by what is labelled and without a test set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from sim.learning.calibration import LogisticRegressions, grouped, logistic

if TYPE_CHECKING:
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
STEEPER = 0.2
"""How much steeper than among labelled documents curves are in the pool, where all is picked: chosen, see
`estimate`."""
CONTROL_PRIOR = (200.0, 100.0)
"""How firmly (1 / variance) slope and shift of the control sample are held to those of all labelled
documents, the slope so much steeper: chosen, too."""
PLAIN_PRIOR = (20.0, 1.0)
"""The same for the article's advice, which is held to no steeper a slope, lest its curves change."""
UNEXPLAINED = 0.01
"""Standard deviation of the mean beyond all other sources: chosen, too."""
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

    @property
    def mean(self) -> float:
        """Estimated mean average precision."""
        return float(self.by_label.mean())

    @cached_property
    def worst(self) -> NDArray[np.int64]:
        """Tenth of the labels with the lowest estimates, at least one; ties by label."""
        return np.argsort(self.by_label, kind="stable")[: ceil(WORST * len(self.by_label))]


@dataclass(frozen=True, eq=False)
class BoundedPerformance(Performance):
    """Estimated average precision of labels, with an interval of its mean."""

    lower: float
    upper: float
    """95 % interval of their mean, 0 to 1."""


@dataclass(frozen=True, eq=False)
class _RankedPool:
    """The pool ranked by each label's scores, highest first, in groups of documents that score alike."""

    counts: Numbers
    """Documents of each group, shape ``(labels, groups)``."""
    log_odds: Numbers
    """Log odds of a group's documents to carry the label, in the same shape."""
    correction: Numbers
    """Slope and shift that make log odds those of the pool."""
    covariance: Numbers
    """Of the two."""

    def expected(self, correction: Numbers) -> NDArray[np.floating]:
        """Return the probabilities of groups by log odds with this slope and shift."""
        slope, shift = correction
        return logistic(slope * self.log_odds + shift)

    def average_precision(self, correction: Numbers) -> Numbers:
        """Return the labels' expected average precision with this slope and shift, shape ``(labels,)``."""
        return expected_average_precision(self.expected(correction), self.counts)


def estimate(model: Predictions, control: NDArray[np.int64]) -> BoundedPerformance:
    """Estimate each label's average precision on documents such as the pool's that the model has not seen.

    The whole pool is ranked, and every document counts with the probability that it carries the label; out
    comes the average precision to be expected. Probabilities follow a logistic curve of a label's scores,
    or of their log odds where they are probabilities, fitted to leave-one-out scores of labelled documents;
    where log odds are calibrated already, these are taken.

    Documents that were picked are no sample of the pool, and what was picked later depends on their labels,
    so that their leave-one-out scores say too little of the model: curves are steeper in the pool. How
    much is known from other corpora, in proportion to the share of the documents that were picked and to
    that of the pool that is not labelled. The ``control`` sample, rows of the pool that are labelled,
    corrects that: what a logistic regression on the log odds of all labels finds there, less what it finds
    among all labelled documents, is added to every curve.

    Leave-one-out models lack a document. Without one that carries a label they score the whole pool lower
    for it, without another higher, so that their scores are moved by what moves the pool's mean (`shift`).
    And they lack an example of each label that the document carries: how far documents with a label score
    from the pool's mean, and the odds of its average precision, are taken to grow as its examples, counted
    halfway.

    The interval is of the mean over as many other documents as the pool has. Its sources are independent, and
    their squares add up. What examples a label has is random, here and there: average precision is taken for
    a share of them. So is what the control sample shows. What an example more is worth is known to a third.
    A point stands for all else. It and what is known beforehand of picking were chosen with sight of eight
    corpora, such that estimates are near the truth and 95 of 100 intervals hold it. So was one point for
    cross-validation in the place of leave-one-out, on six corpora with three classifiers.
    """
    pool = _ranked(model, control, None if model.shift is None else model.shift())
    before = pool.average_precision(pool.correction)
    by_label = _one_example_on(model, before)
    # That the model cannot tell where labels without examples are, is known: they add no width.
    seen = model.positives > 0
    expected = (pool.counts * pool.expected(pool.correction)).sum(axis=1)
    examples = 1 / np.maximum(model.positives, 1) + 1 / np.maximum(expected, 1)
    sampling = np.sum(seen * by_label * (1 - by_label) * examples) / len(seen) ** 2
    nudged = [pool.average_precision(pool.correction + one) for one in NUDGES]
    effect = np.array([np.mean(seen * (one - before)) for one in nudged]) / NUDGE
    guessed = GUESSED * np.mean(by_label - before)
    unexplained = UNEXPLAINED * np.mean(seen)
    folded = FOLDED * np.mean(seen) * model.cross_validated
    variance = sampling + effect @ pool.covariance @ effect + guessed**2 + unexplained**2 + folded**2
    mean, half = float(by_label.mean()), TWO_SIDED_95 * float(np.sqrt(variance))
    return BoundedPerformance(by_label, max(0.0, mean - half), min(1.0, mean + half))


def plain_estimate(model: Predictions, control: NDArray[np.int64]) -> Performance:
    """Estimate performance as the article's world is advised: by plain leave-one-out scores.

    Labels without examples are taken to score like the one that scores lowest, and nothing is known of
    picking but what the control sample shows.
    """
    pool = _ranked(model, control, None, plain=True)
    return Performance(_one_example_on(model, pool.average_precision(pool.correction)))


def _one_more(model: Predictions) -> Numbers:
    """Return how many times as many examples each label has with one more, counted halfway."""
    more: Numbers = (model.positives + 0.5) / np.maximum(model.positives - 0.5, 0.5)
    return more


def _one_example_on(model: Predictions, before: Numbers) -> Numbers:
    """Return labels' average precision with an example more of those that have any."""
    # By odds, so that it stays a share.
    gain = np.where(model.positives, _one_more(model), 1)
    after: Numbers = before * gain / (1 - before + before * gain)
    return after


def _ranked(
    model: Predictions,
    control: NDArray[np.int64],
    shift: NDArray[np.floating] | None,
    *,
    plain: bool = False,
) -> _RankedPool:
    """Rank the pool by each label's scores, and find its log odds by the labelled documents."""
    to_values = model.log_odds or np.asarray
    values = np.array(to_values(model.scores).T, order="C")
    truth = np.array(model.labels.T, dtype=values.dtype, order="C")
    left_out = np.array(to_values(model.leave_one_out()).T, dtype=np.float64, order="C")
    if shift is not None:
        left_out += shift.T
    values[:, model.labelled] = left_out
    (counts,), highest, width = grouped(values, GROUPS)
    log_odds = np.asarray(highest - width * (np.arange(GROUPS) + 0.5), dtype=np.float64)
    if not model.calibrated:
        # What sets documents with a label apart from the pool are its examples.
        means = values.mean(axis=1)
        usual = np.full_like(means, means.min()) if plain else means
        carried = label, _ = model.labels.T.nonzero()
        left_out[carried] = usual[label] + (left_out[carried] - usual[label]) * _one_more(model)[label]
        _to_log_odds(left_out, log_odds, values, truth)
    is_control = np.isin(model.labelled, control)
    known = (0.0, PLAIN_PRIOR)
    if not plain:
        picked = 1 - np.count_nonzero(is_control) / max(len(is_control), 1)
        known = (STEEPER * float(picked) * (1 - len(model.labelled) / len(model.scores)), CONTROL_PRIOR)
    # In the precision of the pool's scores, whose groups say no more.
    rounded = left_out.astype(values.dtype, copy=False)
    return _RankedPool(counts, log_odds, *_correction(rounded, truth, is_control, *known))


def _to_log_odds(
    left_out: Numbers, middles: Numbers, values: NDArray[np.floating], truth: NDArray[np.floating]
) -> None:
    """Fit each label's logistic curve to leave-one-out scores; overwrite these, and those of groups, by it.

    All arrays have a row per label, ``values`` a column per document of the pool, ``middles`` one per group,
    the others one per labelled document.
    """
    centre = values.mean(axis=1, keepdims=True, dtype=np.float64)
    away = values - centre
    spread = np.sqrt(np.einsum("ij,ij->i", away, away) / values.shape[1])[:, np.newaxis]
    # A learner that shrinks its weights keeps rare labels' scores close together; their order says as much.
    spread = 2 * np.where(spread > np.finfo(np.float32).eps, spread, 1)
    for of in (left_out, middles):
        np.subtract(of, centre, out=of)
        np.divide(of, spread, out=of)
        # Linear near the mean, logarithmic far from it.
        np.arcsinh(of, out=of)
    # Of a label with few examples, what leave-one-out models leave out is nearly all there is.
    weights = truth.sum(axis=1, keepdims=True)
    regressions = LogisticRegressions(left_out.astype(truth.dtype, copy=False), truth, weights)
    curve = regressions.fit(prior=CURVE, precision=CURVE_PRIOR)
    slope, shift = (one[:, np.newaxis] for one in curve)
    for of in (left_out, middles):
        np.multiply(of, slope, out=of)
        np.add(of, shift, out=of)


def _correction(
    log_odds: NDArray[np.floating],
    truth: NDArray[np.floating],
    is_control: NDArray[np.bool_],
    steeper: float,
    firmly: tuple[float, float],
) -> tuple[Numbers, Numbers]:
    """Return slope and shift that make log odds those of the pool, and their covariance.

    ``log_odds`` and ``truth`` of labelled documents have shape ``(labels, labelled)``; ``steeper`` is by how
    much the slope is expected to be above that of labelled documents, ``firmly`` the precision of that.
    """
    usual = _pooled(log_odds, truth, (1.0, 0.0), CURVE_PRIOR)
    log_odds, truth = log_odds[:, is_control], truth[:, is_control]
    found = _pooled(log_odds, truth, (usual[0] + steeper, usual[1]), firmly)
    probabilities = logistic(found[0] * log_odds + found[1])
    doubt = probabilities * (1 - probabilities)
    by_both = np.vdot(doubt, log_odds)
    information = np.array([[np.vdot(doubt, log_odds**2), by_both], [by_both, doubt.sum()]])
    correction = np.array([1 + found[0] - usual[0], found[1] - usual[1]])
    return correction, np.linalg.inv(information + np.diag(firmly))


def _pooled(
    log_odds: NDArray[np.floating],
    truth: NDArray[np.floating],
    prior: tuple[float, float],
    precision: tuple[float, float],
) -> tuple[float, float]:
    """Fit slope and shift of a logistic regression on the log odds of all labels."""
    regressions = LogisticRegressions(log_odds.reshape(1, -1), truth.reshape(1, -1))
    (slope,), (shift,) = regressions.fit(prior=prior, precision=precision, first=prior)
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
