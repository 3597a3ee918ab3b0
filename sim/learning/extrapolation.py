"""Documents that it takes to reach a target, extrapolated from the documents that are labelled.

On the scale of log odds a learning curve is nearly straight over the logarithm of documents. Where it stands
and how steep it is come from the project's own labels: what a model estimates of itself by leave-one-out, and
what models of a half and a quarter of the labels do. How much these say, and what to expect where they say
little, was learned from other corpora.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from sim.core.durations import NORMAL_P90
from sim.core.quality import Quality
from sim.learning.quality_on_test_documents import average_precisions, measure
from sim.learning.rating import performance
from sim.learning.rating.performance import TWO_SIDED_95

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.learner import Learner, Model
    from sim.learning.predictions import Predictions

    Numbers = NDArray[np.float64]

DECIDED = ("macro_f1", "micro_f1", "accuracy", "recall")
"""Metrics of what a model decides, which share their parameters."""
METRICS = ("map", *DECIDED)
"""Metrics whose curves are extrapolated."""
SHARES = (0.5, 0.25)
"""Shares of the labelled documents on which further models are trained, for the slope of the curve."""
SUBSETS = 4
"""Random subsets of each of these sizes, whose estimates are averaged."""
LEAST = 0.001
"""Estimates of a metric are kept this far from 0 and 1, where log odds are infinite."""
NOTHING = (float(logit(LEAST)), 0.0)
"""Log odds of a model without examples."""
MOST_TIMES = 400
"""Up to how many times the labelled documents the target is looked for."""
GROWTH = np.linspace(0.01, np.log(MOST_TIMES), 600)
"""Logarithms of documents at the target over documents labelled, in equal steps."""
SHARE_QUANTILES = 25
"""How many equally probable shares stand for the distribution of a strategy's share."""


class CurveParameters(NamedTuple):
    """Parameters of an extrapolation, from other corpora: log odds of a metric, slopes per log documents."""

    few_examples: float
    """Standard deviation of an estimate beyond what it says itself where labels have one example each; it
    falls as one over the geometric mean of their examples."""
    curve_error: float
    """Standard deviation of the curve around its line, in log odds."""
    slope: float
    own_slope: float
    examples: float
    """Logarithm of the expected slope: a constant, and what it changes with the logarithms of the slope so
    far and of the examples per label."""
    slope_error: float
    """Standard deviation of the slope, as a share of it."""
    usual: float
    spread: float
    """Documents at a target: their median, and the scale of their logarithm, whose distribution is logistic,
    so that it gives way where labels say something else."""


BY_LABELLED = {
    "map": CurveParameters(
        few_examples=0.951,
        curve_error=0.0955,
        slope=-0.409,
        own_slope=0.47,
        examples=-0.0912,
        slope_error=0.616,
        usual=900,
        spread=0.5,
    ),
    **dict.fromkeys(
        DECIDED,
        CurveParameters(
            few_examples=0.701,
            curve_error=0.111,
            slope=-0.204,
            own_slope=0.405,
            examples=-0.0318,
            slope_error=0.568,
            usual=570,
            spread=0.8,
        ),
    ),
    "of_plateau": CurveParameters(
        few_examples=1.04,
        curve_error=0.0149,
        slope=-0.909,
        own_slope=0.605,
        examples=-0.118,
        slope_error=0.35,
        usual=800,
        spread=0.8,
    ),
    "plateau": CurveParameters(
        few_examples=1.35,
        curve_error=0.0922,
        slope=-0.221,
        own_slope=0.516,
        examples=-0.183,
        slope_error=0.602,
        usual=900,
        spread=0.5,
    ),
}
ON_TEST = {
    "map": CurveParameters(
        few_examples=0.601,
        curve_error=0.065,
        slope=-0.392,
        own_slope=0.604,
        examples=-0.0926,
        slope_error=0.22,
        usual=810,
        spread=0.45,
    ),
    **dict.fromkeys(
        DECIDED,
        CurveParameters(
            few_examples=0.737,
            curve_error=0.0531,
            slope=-0.543,
            own_slope=0.67,
            examples=-0.167,
            slope_error=0.584,
            usual=470,
            spread=0.45,
        ),
    ),
    "of_plateau": CurveParameters(
        few_examples=1.13,
        curve_error=0.0124,
        slope=-0.833,
        own_slope=0.719,
        examples=-0.128,
        slope_error=0.296,
        usual=860,
        spread=0.8,
    ),
    "plateau": CurveParameters(
        few_examples=0.409,
        curve_error=0.0874,
        slope=-0.215,
        own_slope=0.754,
        examples=-0.143,
        slope_error=0.398,
        usual=810,
        spread=0.45,
    ),
}
"""By metric: of curves that labelled documents estimate, and of those that are measured on test documents;
fitted by `python -m benchmarks.forecasts` to the learning curves of seven corpora. `of_plateau`: of documents
at a share of the MAP with all documents; `plateau`: of that MAP itself, which curves approach by bending."""
STEEPEST, FLATTEST = 1.0, 0.1
"""Odds of a MAP grow no faster than the documents, whatever a curve so short seems to say; nor is it known to
be flat: so much is added."""


class StrategyGain(NamedTuple):
    """Logarithm of the documents still to label by a query strategy, as a share of random ones.

    It holds where the model is believed (`Predictions.trust`), and is in proportion
    to how far it is.
    """

    gain: float
    """Less the mean."""
    error: float
    """Standard deviation."""


STRATEGY_GAINS = {
    "random": StrategyGain(0, 0),
    "variance_reduction": StrategyGain(0.75, 0.59),
}
"""Fitted by `python -m benchmarks.gains` to seven corpora, on four of which the model was believed."""


class MeasuredCurve(NamedTuple):
    """What labelled documents show of a learning curve."""

    documents: int
    """Documents labelled."""
    level: float
    """Log odds of the metric of a model of all of them."""
    error: float
    """Standard deviation of that by itself."""
    slope: float
    """Slope of these with a quarter of the documents, a half and all."""
    examples: float
    """Mean logarithm of the examples of the labels that have some."""
    on_test: bool = False
    """Whether the level is measured on test documents, not estimated by the labelled ones."""


class CurveGoal(NamedTuple):
    """Value of a metric that a curve is to reach, or a share of what it reaches with every document."""

    value: float
    documents: int
    """All documents there are to label."""
    of_plateau: bool = False


@dataclass(frozen=True)
class CurveEstimate:
    """Estimate of a learning curve by labelled documents alone."""

    documents: int
    """Documents labelled."""
    level: float
    """Estimated log odds of the metric with these."""
    error: float
    """Standard deviation of the level."""
    slope: float
    """Expected slope from here on."""
    parameters: CurveParameters

    @classmethod
    def expected(cls, measured: MeasuredCurve, parameters: CurveParameters) -> CurveEstimate:
        """Estimate a learning curve by what was measured of it, and by what other corpora say."""
        few_examples = parameters.few_examples * np.exp(-measured.examples)
        so_far = min(max(measured.slope, 0), STEEPEST) + FLATTEST
        slope = (
            parameters.slope
            + parameters.own_slope * float(np.log(so_far))
            + parameters.examples * measured.examples
        )
        return cls(
            documents=measured.documents,
            level=measured.level,
            error=float(np.hypot(measured.error, few_examples)),
            slope=float(np.exp(slope)),
            parameters=parameters,
        )

    @property
    def interval(self) -> tuple[float, float, float]:
        """Estimated metric now, and its 95 % interval."""
        low, high = (self.level + sign * TWO_SIDED_95 * self.error for sign in (-1, 1))
        return float(expit(self.level)), float(expit(low)), float(expit(high))

    def value_at(self, documents: int) -> tuple[float, float, float]:
        """Return the expected metric with more documents, and the 10th and 90th percentile."""
        growth = np.log(documents / self.documents)
        centre = self.level + self.slope * growth
        half = NORMAL_P90 * float(np.sqrt(self._variance(growth)))
        return float(expit(centre)), float(expit(centre - half)), float(expit(centre + half))

    def probability_at(self, documents: int, value: float) -> float:
        """Return the probability that the metric is at least a value with a number of documents."""
        growth = np.log(documents / self.documents)
        above = self.level + self.slope * growth - _log_odds(value)
        return float(ndtr(above / np.sqrt(self._variance(growth))))

    def is_reached(self, goal: CurveGoal) -> bool:
        """Return whether a goal is reached already, at the lower end of the 95 % interval."""
        gap, moves = self._gap(goal)
        return gap + (1 - moves) * TWO_SIDED_95 * self.error <= 0

    def documents_to(self, goal: CurveGoal) -> DocumentsToTarget:
        """Return the distribution of the documents at which the curve reaches a goal, given that it will.

        It has not yet, and does with the documents there are.

        With a slope of normal error the gap to the goal is normal as well, given the documents, which makes
        their likelihood; it is weighed with what targets take elsewhere.
        """
        gap, moves = self._gap(goal)
        # A target that is not reached yet is not below the curve, whatever the estimate says.
        gap, whole = max(gap, 0.0), float(np.log(goal.documents / self.documents))
        variance = self._variance(moves * whole - GROWTH, 1 - moves)
        likelihood = -0.5 * (gap - self.slope * GROWTH) ** 2 / variance - 0.5 * np.log(variance)
        usual = (np.log(self.documents) + GROWTH - np.log(self.parameters.usual)) / self.parameters.spread
        density = likelihood - np.logaddexp(0, usual) - np.logaddexp(0, -usual)
        density[max(whole, GROWTH[0]) < GROWTH] = -np.inf
        weights = np.exp(density - density.max())
        return DocumentsToTarget(self.documents, np.cumsum(weights) / weights.sum())

    def _gap(self, goal: CurveGoal) -> tuple[float, float]:
        """Return log odds from the curve to a goal, and by how much of a unit the goal moves with the curve.

        A value does not move. The share of a plateau does: log odds of a p change by (1 - p) / (1 - a p) per
        unit of those of p.
        """
        if not goal.of_plateau:
            return _log_odds(goal.value) - self.level, 0.0
        plateau, *_ = self.value_at(goal.documents)
        target = goal.value * plateau
        return float(logit(target)) - self.level, (1 - plateau) / (1 - target)

    def _variance(self, growth: Numbers, level: float = 1.0) -> Numbers:
        """Return the variance of log odds after a growth of log documents, with a share of the level's."""
        slope = self.parameters.slope_error * self.slope * growth
        variance: Numbers = (level * self.error) ** 2 + self.parameters.curve_error**2 + slope**2
        return variance

    def continued(self, documents: int) -> CurveEstimate:
        """Return what to expect of the estimate with more documents labelled: errors fall as 1 / sqrt."""
        level = self.level + self.slope * float(np.log(documents / self.documents))
        error = self.error * float(np.sqrt(self.documents / documents))
        return replace(self, documents=documents, level=level, error=error)


@dataclass(frozen=True, eq=False)
class DocumentsToTarget:
    """Distribution of the documents labelled when a target is reached."""

    labelled: int
    _reached: Numbers
    """Probability that it is reached by each growth of `GROWTH`."""

    def quantile(self, probability: float) -> int:
        """Return the least number of documents by which it is reached with a probability."""
        growth = np.interp(probability, self._reached, GROWTH)
        return int(np.ceil(self.labelled * np.exp(growth)))

    def picked_by(self, gain: float, error: float) -> DocumentsToTarget:
        """Return the distribution if documents still to label are a lognormal share of these.

        Args:
            gain: less the mean of the share's logarithm.
            error: its standard deviation.
        """
        logs = -gain + error * ndtri((np.arange(SHARE_QUANTILES) + 0.5) / SHARE_QUANTILES)
        # By the growth of random documents that would be this one for each share.
        random = np.log1p(np.expm1(GROWTH) * np.exp(-logs)[:, np.newaxis])
        reached = np.interp(random, GROWTH, self._reached, left=0.0)
        return DocumentsToTarget(self.labelled, reached.mean(axis=0))

    def probability_by(self, documents: float) -> float:
        """Return the probability that it is reached by a number of documents."""
        return float(np.interp(np.log(documents / self.labelled), GROWTH, self._reached, left=0.0))


@dataclass(frozen=True, eq=False)
class ForetoldModel:
    """Model of an extrapolated learning curve, of which nothing is known but its MAP."""

    map: float
    average_precisions: Numbers
    quality: Quality

    def predictions(self) -> Predictions:
        """Raise: nothing was trained that could predict."""
        raise RuntimeError("a foretold model predicts nothing")


@dataclass(frozen=True)
class ForetoldLearner:
    """Learner whose models are at the target from a number of documents on, as drawn from a forecast.

    A simulated project that is labelled in part goes on with it: how good its models will be is what the
    forecast says, and nothing is trained.
    """

    labelled: int
    """Documents labelled before the pool."""
    needed: int
    """Documents at the target, those among them."""

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> ForetoldModel:  # noqa: ARG002 - a learner's arguments
        """Return the model of documents of the pool beside those labelled before."""
        reached = self.labelled + len(snapshot) >= self.needed
        return ForetoldModel(float(reached), np.empty(0), Quality())


def measure_curves(
    learner: Learner,
    labelled: NDArray[np.int64],
    rng: np.random.Generator,
    tested: NDArray[np.bool_] | None = None,
) -> dict[str, MeasuredCurve]:
    """Measure a project's learning curves by its labelled documents, without a look at any other label.

    Args:
        learner: trains models on documents of the pool.
        labelled: rows of the pool, an unbiased sample of it.
        rng: draws the order of documents, and subsets of them.
        tested: labels of test documents, shape ``(documents, labels)``, where models are measured on these;
            left out: models estimate by the labelled ones how good they are.

    Returns:
        A curve for each metric of `METRICS` that applies.
    """
    order = rng.permutation(labelled)
    model = learner.train(order)
    whole = _levels(model, order, tested)
    parts = [
        [
            _levels(learner.train(rng.choice(order, size, replace=False)), order, tested)
            for _ in range(SUBSETS)
        ]
        for size in (round(share * len(order)) for share in SHARES)
    ]
    positives = model.predictions().positives
    examples = float(np.log(positives[positives > 0]).mean())
    curves = {}
    for metric, (level, error) in whole.items():
        # A few documents may carry none of the labels, and teach nothing.
        levels = [level, *(fmean(one.get(metric, NOTHING)[0] for one in some) for some in parts)]
        slope = float(np.polyfit(np.log([1, *SHARES]), levels, 1)[0])
        curves[metric] = MeasuredCurve(len(order), level, error, slope, examples, tested is not None)
    return curves


def _levels(
    model: Model, labelled: NDArray[np.int64], tested: NDArray[np.bool_] | None
) -> dict[str, tuple[float, float]]:
    """Return log odds of each metric of a model, and their standard deviation.

    The metrics are those on test documents, or by leave-one-out: on labelled ones, which are ``labelled`` or
    some of these.
    """
    predictions = model.predictions()
    truth = predictions.labels if tested is None else tested
    carry = truth.sum(axis=0)
    carry = carry[carry > 0]
    if tested is None:
        found = performance.estimate(predictions, control=labelled)
        mean, low, high = found.mean, found.lower, found.upper
        quality = measure(truth, predictions.leave_one_out(), predictions.left_out)
    else:
        precisions = model.average_precisions[truth.any(axis=0)]
        mean, quality = float(precisions.mean()), model.quality
        # Average precision is taken for a share of the documents that carry the label.
        half = TWO_SIDED_95 * float(np.sqrt(np.sum(precisions * (1 - precisions) / carry))) / len(carry)
        low, high = mean - half, mean + half
    level, lower, upper = (_log_odds(value) for value in (mean, low, high))
    error = (upper - lower) / (2 * TWO_SIDED_95)
    if not len(carry):
        return {"map": (level, error)}
    if tested is None:
        # Leave-one-out models lack a label's only example, and what it is worth is a guess: the fewer
        # examples labels have, the less the estimate counts, and the more plain leave-one-out scores do.
        plain = _log_odds(float(np.nanmean(average_precisions(truth, predictions.leave_one_out()))))
        level += float(np.exp(-np.log(carry).mean())) * (plain - level)
    levels = {"map": (level, error)}
    # So are the others, of so many.
    counted = {
        "macro_f1": len(carry) ** 2 / np.sum(1 / carry),
        "micro_f1": carry.sum(),
        "accuracy": len(truth),
        "recall": carry.sum(),
    }
    for metric, count in counted.items():
        if (value := getattr(quality, metric)) is not None:
            share = float(np.clip(value, LEAST, 1 - LEAST))
            levels[metric] = _log_odds(value), float(1 / np.sqrt(count * share * (1 - share)))
    return levels


def _log_odds(share: float) -> float:
    return float(logit(np.clip(share, LEAST, 1 - LEAST)))
