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
    bounds,
    number,
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
    """Number of pairs of replications in which a scenario reached its target with less than the baseline."""

    share: float
    """Of all pairs; a lower bound where some are undecided."""
    ci95: Interval
    """Of the probability, however the undecided pairs would have ended."""
    pairs: int
    sooner: int
    ties: int
    later: int
    neither: int
    """Pairs of which neither ever reaches the target."""
    undecided: int
    """Pairs of which one was cut off at a limit before the other reached its target, or both were."""


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
    """Outcomes and metrics of a scenario; the i-th replications of all scenarios share random numbers."""

    name: str
    outcomes: Sequence[Outcome]
    metrics: Sequence[Mapping[str, float | None]]
    """Metrics of each replication, by name."""

    @cached_property
    def bounds(self) -> Numbers:
        """Lower and upper bounds of what each takes to its target, shape ``(2, metrics, replications)``."""
        values = [[metrics[name] for metrics in self.metrics] for name in COMPARED]
        return bounds(np.array(values, dtype=np.float64), self.outcomes)


def compare(baseline: Observed, scenario: Observed, compared: int = 1) -> list[Comparison]:
    """Compare two scenarios with common random numbers, metric by metric.

    ``ratio`` is baseline / scenario (of geometric means), and ``difference`` the mean of baseline - scenario,
    each with a paired Student's 95 % interval; ``ci95`` is that of the mean logarithm of the ratios. With a
    probability of at least 95 %, all ``ci95_corrected`` of a metric in a study hold at once, however its
    scenarios depend on each other (Bonferroni; Dunn 1961, "Multiple comparisons among means"). All of these
    are None where a replication of either scenario did not reach its target, because half of a pair is then
    unknown. ``sooner`` always exists.

    Args:
        baseline: what the others are compared with; replications that only one of the two has are left out.
        scenario: one of the others.
        compared: number of the others.
    """
    pairs = min(len(baseline.outcomes), len(scenario.outcomes))
    theirs, mine = baseline.bounds[..., :pairs], scenario.bounds[..., :pairs]
    # Axes: scenario, least and most, metric, replication. One unknown value makes its whole metric unknown.
    known = np.isfinite([theirs, mine]).all(axis=(0, 1, 3)).reshape(-1, 1)
    before, after = (np.where(known, least, np.nan) for least, _ in (theirs, mine))
    positive = ((before > 0) & (after > 0)).all(axis=1, keepdims=True)
    differences = before - after
    logarithms = np.log(np.divide(before, after, out=np.full_like(before, np.nan), where=positive))
    # Intervals of few pairs may be too wide for a float; `_finite` leaves them out.
    with np.errstate(over="ignore"):
        ratios = np.exp(logarithms.mean(axis=1))
        within = np.exp(_intervals(logarithms))
        corrected = np.exp(_intervals(logarithms, 0.05 / compared))
    columns = zip(
        COMPARED,
        ratios.tolist(),
        within.tolist(),
        corrected.tolist(),
        differences.mean(axis=1).tolist(),
        _intervals(differences).tolist(),
        sooner(theirs, mine),
        strict=True,
    )
    return [
        Comparison(
            baseline=baseline.name,
            scenario=scenario.name,
            metric=metric,
            ratio=number(ratio),
            ci95=_finite(ratio_ends),
            ci95_corrected=_finite(corrected_ends),
            measurable=_measurable(ratio, _finite(ratio_ends)),
            difference=number(difference),
            difference_ci95=_finite(difference_ends),
            sooner=how_often,
            paired=True,
        )
        for metric, ratio, ratio_ends, corrected_ends, difference, difference_ends, how_often in columns
    ]


def sooner(baseline: Numbers, scenario: Numbers) -> list[WinRate]:
    """Return how often a scenario takes less than a baseline, for each metric, where a pair shows that.

    The interval is Clopper and Pearson's: its lower end counts the pairs in which the scenario is known to
    take less, its upper end the undecided pairs as well.

    Args:
        baseline: the least and the most that its replications take, shape ``(2, metrics, replications)``.
        scenario: the same for the scenario.
    """
    (least, most), (its_least, its_most) = _strict(scenario), _strict(baseline)
    decided = np.stack(
        [
            most < its_least,
            (least == its_most) & (most == its_least) & np.isfinite(most),
            least > its_most,
            np.isposinf(least) & np.isposinf(its_least),
        ]
    )
    kinds = np.concatenate([decided, ~decided.any(axis=0, keepdims=True)])
    return [_sooner(*counts) for counts in kinds.sum(axis=-1).T.tolist()]


def _sooner(sooner: int, ties: int, later: int, neither: int, undecided: int) -> WinRate:
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


def _strict(ends: Numbers) -> Numbers:
    """Return bounds without rounding errors; a replication cut off at a limit exceeds its lower bound."""
    least, most = np.round(ends, DECIMALS)
    return np.stack([np.where(least < most, np.nextafter(least, np.inf), least), most])


def _intervals(values: Numbers, error: float = 0.05) -> Numbers:
    """Return Student's interval of each row's mean, shape ``(rows, 2)``; NaN where there is none."""
    half = students_t(values.shape[1], error) * standard_error(values)
    ends: Numbers = values.mean(axis=1)[:, np.newaxis] + half[:, np.newaxis] * [-1, 1]
    return ends


def _measurable(ratio: float, interval: Interval | None) -> bool | None:
    """Return whether a ratio differs from 1, given its interval.

    There is no interval for one pair, or for pairs that are all alike; then only a ratio of 1 is conclusive.
    """
    if interval is None:
        return False if abs(ratio - 1) < RESOLUTION else None
    low, high = interval
    return not low <= 1 <= high


def _finite(ends: list[float]) -> Interval | None:
    low, high = ends
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
