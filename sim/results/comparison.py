"""A scenario against a baseline with the same random numbers, replication by replication."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.results.metrics import METRICS
from sim.results.statistics import (
    DECIMALS,
    RESOLUTION,
    Facts,
    Interval,
    censoring_bounds,
    finite_or_none,
    proportion_interval,
    standard_error,
    students_t,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Outcome

    Numbers = NDArray[np.float64]

COMPARED = tuple(metric.name for metric in METRICS if not metric.share)


class WinRate(Facts):
    """Win rate: pairs of replications in which a scenario reached its target with less than the baseline."""

    share: float
    """Share of all pairs; a lower bound where some are undecided."""
    ci95: Interval
    """95 % CI of the probability, however the undecided pairs would have ended."""
    pairs: int
    sooner: int
    ties: int
    later: int
    neither: int
    """Pairs in which neither project ever reaches the target."""
    undecided: int
    """Pairs in which a project was cut off at a limit before the other reached its target, or both were."""


class Comparison(Facts):
    """Comparison of a metric between ``baseline`` and ``scenario``; None where a figure does not exist."""

    baseline: str
    scenario: str
    metric: str
    ratio: float | None
    ci95: Interval | None
    ci95_corrected: Interval | None
    measurable: bool | None
    """Whether ``ci95`` excludes 1, so that there is a difference; None where this is unknown."""
    difference: float | None
    difference_ci95: Interval | None
    sooner: WinRate
    paired: bool


@dataclass(frozen=True, eq=False)
class Observed:
    """Outcomes and metrics of a compared scenario; all scenarios' i-th replications share random numbers."""

    name: str
    outcomes: Sequence[Outcome]
    metrics: Sequence[Mapping[str, float | None]]
    """Metrics of each replication, by name."""

    @cached_property
    def censoring_bounds(self) -> Numbers:
        """Bounds of each metric at the target of each replication, shape ``(2, metrics, replications)``."""
        values = [[metrics[name] for metrics in self.metrics] for name in COMPARED]
        return censoring_bounds(np.array(values, dtype=np.float64), self.outcomes)


def compare(baseline: Observed, scenario: Observed, compared: int = 1) -> list[Comparison]:
    """Compare a scenario with the baseline, metric by metric, over replications with common random numbers.

    ``ratio`` is baseline / scenario (of geometric means), and ``difference`` the mean of baseline - scenario,
    each with a paired Student's 95 % interval; ``ci95`` is that of the mean logarithm of the ratios. With a
    probability of at least 95 %, all ``ci95_corrected`` of a metric in a study hold at once, however its
    scenarios depend on each other (Bonferroni; Dunn 1961, "Multiple comparisons among means"). All of these
    are None where a replication of either scenario did not reach its target, because half of a pair is then
    unknown. ``win_rates`` always exists.

    Args:
        baseline: the baseline scenario; replications that only one of the two has are left out.
        scenario: the scenario to compare with it.
        compared: number of scenarios compared with the baseline in the study.
    """
    # The i-th replications share their random numbers, so that only as many pairs exist as both have.
    pairs = min(len(baseline.outcomes), len(scenario.outcomes))
    baseline_bounds, scenario_bounds = (
        baseline.censoring_bounds[..., :pairs],
        scenario.censoring_bounds[..., :pairs],
    )
    # Axes: scenario, least and most, metric, replication. One unknown value makes its whole metric unknown.
    known = np.isfinite([baseline_bounds, scenario_bounds]).all(axis=(0, 1, 3)).reshape(-1, 1)
    before, after = (np.where(known, least, np.nan) for least, _ in (baseline_bounds, scenario_bounds))
    # A ratio with 0 in it has no logarithm; the difference still exists.
    positive = ((before > 0) & (after > 0)).all(axis=1, keepdims=True)
    differences = before - after
    logarithms = np.log(np.divide(before, after, out=np.full_like(before, np.nan), where=positive))
    # Intervals of few pairs may be too wide for a float; `_finite_interval` leaves them out.
    with np.errstate(over="ignore"):
        # Of geometric means: a scenario that is twice as fast in one pair and half
        # as fast in another is no faster.
        ratios = np.exp(logarithms.mean(axis=1))
        intervals = np.exp(_mean_intervals(logarithms))
        corrected = np.exp(_mean_intervals(logarithms, 0.05 / compared))
    columns = zip(
        COMPARED,
        ratios.tolist(),
        intervals.tolist(),
        corrected.tolist(),
        differences.mean(axis=1).tolist(),
        _mean_intervals(differences).tolist(),
        win_rates(baseline_bounds, scenario_bounds),
        strict=True,
    )
    return [
        Comparison(
            baseline=baseline.name,
            scenario=scenario.name,
            metric=metric,
            ratio=finite_or_none(ratio),
            ci95=_finite_interval(ratio_ends),
            ci95_corrected=_finite_interval(corrected_ends),
            measurable=_differs_from_one(ratio, _finite_interval(ratio_ends)),
            difference=finite_or_none(difference),
            difference_ci95=_finite_interval(difference_ends),
            sooner=win_rate,
            paired=True,
        )
        for metric, ratio, ratio_ends, corrected_ends, difference, difference_ends, win_rate in columns
    ]


def win_rates(baseline: Numbers, scenario: Numbers) -> list[WinRate]:
    """Count for each metric the pairs of replications in which the scenario beats the baseline.

    The interval is Clopper and Pearson's: its lower end counts the pairs in which the scenario is known to
    take less, its upper end the undecided pairs as well.

    Args:
        baseline: the least and the most that its replications take, shape ``(2, metrics, replications)``.
        scenario: the same for the scenario.
    """
    (least, most), (baseline_least, baseline_most) = _strict_bounds(scenario), _strict_bounds(baseline)
    decided_pairs = np.stack(
        [
            # Decided only where it holds whatever the censored projects would have taken.
            most < baseline_least,
            (least == baseline_most) & (most == baseline_least) & np.isfinite(most),
            least > baseline_most,
            np.isposinf(least) & np.isposinf(baseline_least),
        ]
    )
    kinds = np.concatenate([decided_pairs, ~decided_pairs.any(axis=0, keepdims=True)])
    return [_win_rate(*counts) for counts in kinds.sum(axis=-1).T.tolist()]


def _win_rate(sooner: int, ties: int, later: int, neither: int, undecided: int) -> WinRate:
    """Build the win rate of a scenario from counts of pairs, with Clopper and Pearson's 95 % CI."""
    pairs = sooner + ties + later + neither + undecided
    low, high = proportion_interval(sooner, pairs)[0], proportion_interval(sooner + undecided, pairs)[1]
    return WinRate(
        share=sooner / pairs,
        ci95=(low, high),
        pairs=pairs,
        sooner=sooner,
        ties=ties,
        later=later,
        neither=neither,
        undecided=undecided,
    )


def _strict_bounds(ends: Numbers) -> Numbers:
    """Round censoring bounds; a replication cut off at a limit exceeds its lower bound."""
    # Rounded, so that two projects that take the same do not win or lose by the last bits of their sums.
    least, most = np.round(ends, DECIMALS)
    return np.stack([np.where(least < most, np.nextafter(least, np.inf), least), most])


def _mean_intervals(values: Numbers, error: float = 0.05) -> Numbers:
    """Return Student's CI of each row's mean, shape ``(rows, 2)``; NaN where there is none."""
    half = students_t(values.shape[1], error) * standard_error(values)
    ends: Numbers = values.mean(axis=1)[:, np.newaxis] + half[:, np.newaxis] * [-1, 1]
    return ends


def _differs_from_one(ratio: float, interval: Interval | None) -> bool | None:
    """Return whether the ratio of two scenarios differs from 1, given its confidence interval.

    There is no interval for one pair, or for pairs that are all alike; then only a ratio of 1 is conclusive.
    """
    if interval is None:
        return False if abs(ratio - 1) < RESOLUTION else None
    low, high = interval
    return not low <= 1 <= high


def _finite_interval(ends: list[float]) -> Interval | None:
    """Return the ends of a confidence interval; None unless both are finite."""
    low, high = ends
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
