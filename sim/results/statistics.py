"""Statistics over replications, honest about those that never reached the target."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Outcome

Interval = tuple[float, float]
Ends = tuple[float | None, float | None]
"""Interval; an end is None where it is infinite or unknown, both are None where there is no interval."""
DECIMALS = 9
"""Metrics are counts, shares, and hours of whole milliseconds: later decimals are rounding errors."""
RESOLUTION: float = 10**-DECIMALS
REMAINING: Mapping[Outcome, Interval] = {
    "reached": (0, 0),
    "horizon": (0, math.inf),
    "stopped": (math.inf, math.inf),
    "exhausted": (math.inf, math.inf),
}
"""Minimum and maximum that a replication takes from its end to its target."""


class Facts(BaseModel):
    """Base of statistics and other models of a study's files: frozen, without unknown keys or NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Aggregate(Facts):
    """Statistics of one metric over the replications of a scenario; None where a figure does not exist."""

    mean: float | None
    std: float | None
    median: float | None
    p80: float | None
    p90: float | None
    ci95: Interval | None
    median_ci95: Ends
    p80_ci95: Ends
    p90_ci95: Ends
    prediction80: Ends | None
    restricted_mean: float | None
    restricted_mean_ci95: Interval | None
    n: int
    reached: int
    p_reached_ci95: Interval


class ValueCounts(Facts):
    """Number of replications per value on reaching the target, ascending, and number of the others."""

    reached: dict[str, int]
    not_reached: int


def aggregate(values: Sequence[float | None], outcomes: Sequence[Outcome], *, share: bool) -> Aggregate:
    """Summarise a metric over replications: mean, quantiles, their intervals, share at the target.

    ``mean``, ``std`` and ``ci95`` (Student's t, of the mean) exist where every replication reached the
    target: a plain mean over those that reached it would be too good. ``restricted_mean`` is the mean of the
    values at reaching or at the end, a lower bound where some did not reach it, and has an interval of its
    own. In quantiles and ``prediction80``, in which the next project falls with a probability of 80 %,
    replications that were cut off count with their `censoring_bounds`; a quantile that might differ if they
    had gone on is None. A ``share`` does not grow with time, so all replications count as they are.
    ``p_reached_ci95`` is Clopper and Pearson's interval of the probability of reaching the target.
    """
    known = np.array(values, dtype=np.float64)
    count, reached = len(known), sum(outcome == "reached" for outcome in outcomes)
    complete = not np.isnan(known).any() and (share or reached == count)
    # Each sorted by itself: the k-th value lies between the k-th of the least and of the most.
    least, most = np.sort(censoring_bounds(known, ["reached"] * count if share else outcomes)).tolist()
    interval = mean_interval(known)
    return Aggregate(
        mean=finite_or_none(known.mean()) if complete else None,
        std=finite_or_none(known.std(ddof=1)) if complete and count > 1 else None,
        median=_known_quantile(least, most, 0.5),
        p80=_known_quantile(least, most, 0.8),
        p90=_known_quantile(least, most, 0.9),
        ci95=interval if complete else None,
        median_ci95=quantile_interval(least, most, 0.5),
        p80_ci95=quantile_interval(least, most, 0.8),
        p90_ci95=quantile_interval(least, most, 0.9),
        prediction80=prediction_interval(least, most),
        restricted_mean=finite_or_none(known.mean()),
        restricted_mean_ci95=interval,
        n=count,
        reached=reached,
        p_reached_ci95=proportion_interval(reached, count),
    )


def censoring_bounds(values: NDArray[np.float64], outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    """Bound the value of a metric at each replication's target: minimum and maximum, ``(2, *values.shape)``.

    Both are its value where it reached the target and infinite where it never will; one cut off at a limit
    takes at least what it took until then. One without a value (NaN) may take anything.

    Args:
        values: of a metric that grows with time, replications along the last axis; at reaching or at the end.
        outcomes: how each replication ended.
    """
    at_least, at_most = np.array([REMAINING[outcome] for outcome in outcomes]).reshape(-1, 2).T
    unknown = np.isnan(values)
    return np.stack(
        [np.where(unknown, -np.inf, values + at_least), np.where(unknown, np.inf, values + at_most)]
    )


def value_counts(values: Sequence[float | None], outcomes: Sequence[Outcome]) -> ValueCounts:
    """Count the replications that reached the target with each value of a metric, such as rounds.

    >>> value_counts([5, 4, 4, 9], ["reached", "reached", "reached", "horizon"])
    ValueCounts(reached={'4': 2, '5': 1}, not_reached=1)
    """
    pairs = zip(values, outcomes, strict=True)
    reached = Counter(value for value, outcome in pairs if value is not None and outcome == "reached")
    return ValueCounts(
        reached={f"{value:g}": reached[value] for value in sorted(reached)},
        not_reached=len(values) - reached.total(),
    )


def quantile(ordered: Sequence[float] | NDArray[np.float64], share: float) -> float | None:
    """Return the smallest of ascending values that a ``share`` of them do not exceed; None if infinite.

    It is one of them: the inverse of their distribution function (Hyndman and Fan 1996, "Sample quantiles in
    statistical packages", definition 1; NumPy's ``inverted_cdf``). Interpolation would give hours at which no
    project ends, such as between two rounds.

    >>> quantile([215.1, 215.1, 269.4, 269.4], 0.5), quantile([215.1, 215.1, 269.4, 269.4], 0.8)
    (215.1, 269.4)
    """
    # Of ten values the eighth is the P80: eight of ten do not exceed it.
    return finite_or_none(ordered[max(math.ceil(share * len(ordered)), 1) - 1])


def median(values: Iterable[float]) -> float | None:
    """Return the P50 of values in any order, which is one of them; None if it is infinite."""
    return quantile(sorted(values), 0.5)


def _known_quantile(least: Sequence[float], most: Sequence[float], share: float) -> float | None:
    """Return a quantile of censored values; None where it depends on the censored part."""
    lowest = quantile(least, share)
    return lowest if lowest == quantile(most, share) else None


def quantile_interval(least: Sequence[float], most: Sequence[float], share: float) -> Ends:
    """Return the 95 % CI of a quantile of censored values, by order statistics.

    No distribution is assumed (Conover 1999, "Practical nonparametric statistics", 3.2). An end is None where
    there are too few values to know it, or where it is infinite; both are None where they are equal.

    Args:
        least: the least that each value may be, ascending; what is known for certain is in both.
        most: the most that each may be, ascending.
        share: of the distribution, that lies below the quantile.
    """
    low, high = _quantile_ranks(len(least), share)
    return _json_interval(
        least[low - 1] if low >= 1 else -math.inf, most[high - 1] if high <= len(most) else math.inf
    )


@cache
def _quantile_ranks(count: int, share: float) -> tuple[int, int]:
    """Return ranks, from 1, of two order statistics with a quantile between them in 95 of 100 samples."""
    # The number of values below the quantile is binomial.
    probabilities = special.bdtr(np.arange(count + 1), count, share)
    low, high = np.searchsorted(probabilities, [0.025, 0.975])
    return int(low), int(high) + 1


def prediction_interval(least: Sequence[float], most: Sequence[float]) -> Ends | None:
    """Return the interval that contains the next replication's value with a probability of at least 80 %.

    By order statistics, each of the ``count + 1`` gaps between values is equally likely to contain it (Wilks
    1941, "Determination of sample sizes for setting tolerance limits"). None for fewer than nine values, or
    where all values in the interval are equal.

    Args:
        least: the least that each value may be, ascending; what is known for certain is in both.
        most: the most that each may be, ascending.
    """
    # A tenth of the gaps on either side leaves at least 80 % within.
    outside = (len(least) + 1) // 10
    ends = _json_interval(least[outside - 1], most[-outside]) if outside else (None, None)
    return None if ends == (None, None) else ends


def mean_interval(values: NDArray[np.float64], error: float = 0.05) -> Interval | None:
    """Return Student's confidence interval of the mean: 95 %, unless ``error`` differs.

    None for fewer than two values, or where all are equal.
    """
    half = float(students_t(len(values), error) * standard_error(values))
    mean = float(values.mean())
    return None if math.isnan(half) else (mean - half, mean + half)


def standard_error(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean over the last axis; NaN for under two values, or all equal."""
    count = values.shape[-1]
    if count < 2:  # noqa: PLR2004 - a standard deviation needs two
        return np.full(values.shape[:-1], np.nan)
    # No interval where all are alike: its width would be zero, and tell of a
    # certainty that three equal rounds do not give.
    differ = np.ptp(values, axis=-1) > RESOLUTION
    return np.where(differ, values.std(axis=-1, ddof=1) / math.sqrt(count), np.nan)


def students_t(count: int, error: float = 0.05) -> float:
    """Return the half-width of Student's interval of a mean of ``count`` values, in standard errors."""
    # From scipy.special: importing scipy.stats took 1.7 s in every process.
    return float(special.stdtrit(count - 1, 1 - error / 2))


def proportion_interval(successes: int, trials: int) -> Interval:
    """Return Clopper and Pearson's exact 95 % CI of a proportion."""
    failures = trials - successes
    # Quantiles of beta distributions: exact for any number of trials, where normal
    # approximations fail near 0 and 1.
    low = special.betaincinv(successes, failures + 1, 0.025) if successes else 0
    high = special.betaincinv(successes + 1, failures, 0.975) if failures else 1
    return float(low), float(high)


def _json_interval(low: float, high: float) -> Ends:
    """Convert an interval for JSON, with None for an infinite end; without both ends if its width is zero."""
    return (None, None) if high - low < RESOLUTION else (finite_or_none(low), finite_or_none(high))


def finite_or_none(value: float) -> float | None:
    """Convert a statistic for JSON; None for an infinite value or NaN."""
    return float(value) if math.isfinite(value) else None
