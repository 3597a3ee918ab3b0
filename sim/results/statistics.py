"""Statistics over replications, honest about those that never reached the target."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Interval = tuple[float, float]


class Aggregate(TypedDict):
    """One metric over the replications of a scenario; None where there is no such number."""

    mean: float | None
    std: float | None
    median: float | None
    p80: float | None
    p90: float | None
    ci95: Interval | None
    p80_ci95: tuple[float | None, float | None]
    restricted_mean: float | None
    n: int
    reached: int
    p_reached_ci95: Interval


def aggregate(values: Sequence[float | None], reached: Sequence[bool], *, share: bool) -> Aggregate:
    """Summarise a metric.

    ``mean``, ``std`` and ``ci95`` (Student's t, of the mean) exist where every replication reached the
    target: a plain mean over those that happened to would be too good. A replication that did not counts as
    infinite in the quantiles; ``p80_ci95`` is the interval of the 80 % quantile; ``restricted_mean`` is the
    mean of the values at reaching or at the end, a lower bound where some did not reach it. A ``share`` does
    not grow with time, so all replications count as they are. ``p_reached_ci95`` is Clopper and Pearson's
    interval of the chance to reach the target.
    """
    known = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    arrived = np.array(reached, dtype=np.bool_)
    complete = not np.isnan(known).any() and (share or bool(arrived.all()))
    ordered = np.sort(known if share else np.where(arrived, known, np.inf))
    return {
        "mean": _number(known.mean()) if complete else None,
        "std": _number(known.std(ddof=1)) if complete and len(known) > 1 else None,
        "median": quantile(ordered, 0.5),
        "p80": quantile(ordered, 0.8),
        "p90": quantile(ordered, 0.9),
        "ci95": mean_interval(known) if complete else None,
        "p80_ci95": quantile_interval(ordered, 0.8),
        "restricted_mean": _number(known.mean()),
        "n": len(known),
        "reached": int(arrived.sum()),
        "p_reached_ci95": proportion_interval(int(arrived.sum()), len(known)),
    }


def quantile(ordered: NDArray[np.float64], share: float) -> float | None:
    """The value below which ``share`` of the ascending values lie, interpolated; None if infinite."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    if position == below:
        return _number(ordered[below])
    if math.isinf(ordered[below + 1]):
        return None
    return _number(ordered[below] + (ordered[below + 1] - ordered[below]) * (position - below))


def quantile_interval(ordered: NDArray[np.float64], share: float) -> tuple[float | None, float | None]:
    """95 % interval of a quantile of whatever the ascending values were drawn from, by order statistics.

    No distribution is assumed (Conover 1999, "Practical nonparametric statistics", 3.2). An end is None where
    there are too few values to know it, or where it is infinite.
    """
    count = len(ordered)
    # The number of values below the quantile is binomial.
    low = int(stats.binom.ppf(0.025, count, share))
    high = int(stats.binom.ppf(0.975, count, share)) + 1
    return (
        _number(ordered[low - 1]) if low >= 1 else None,
        _number(ordered[high - 1]) if high <= count else None,
    )


def mean_interval(values: NDArray[np.float64]) -> Interval | None:
    """Student's 95 % interval of the mean; None for fewer than two values or where none differ."""
    if len(values) < 2:  # noqa: PLR2004 - a standard deviation needs two
        return None
    error = stats.sem(values)
    # Values may differ by so little that their squares do not.
    if not error:
        return None
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), error)
    return float(low), float(high)


def proportion_interval(successes: int, trials: int) -> Interval:
    """Clopper and Pearson's exact 95 % interval of a proportion."""
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
