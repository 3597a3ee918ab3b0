"""Number of replications that a study needs for the precision that a planner wants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.results.statistics import RESOLUTION, Facts, finite_or_none, standard_error, students_t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEASURED = ("active_hours", "wall_hours")
"""Metrics whose means must be precise: labelling time and wall time."""
FEWEST = 30
"""Replications before anything is decided: an interval that happens to be narrow early would stop a study
too soon (Law 2015, "Simulation modeling and analysis", 9.4.1), and few projects may all take the same number
of rounds."""
GROWTH = (1.1, 2.0)
"""Minimum and maximum growth factor of a study: it neither creeps nor relies too much on a first guess."""


class MetricPrecision(Facts):
    """Precision of the mean of one metric of one scenario."""

    scenario: str
    metric: str
    half_width: float | None
    """Half the width of its 95 % interval, as a share of the mean; None for fewer than 30 replications."""


class Precision(Facts):
    """Precision of the means of a study, and the precision wanted."""

    wanted: float
    most: int
    replications: int
    """Number of replications of each scenario."""
    metrics: list[MetricPrecision]
    met: bool


def half_width(values: Sequence[float]) -> float:
    """Return half the width of the 95 % CI of a metric's mean (Student's), as a share of the mean.

    Infinite for fewer than 30 values; 0 where none differ.
    """
    if len(values) < FEWEST:
        return math.inf
    known = np.array(values, dtype=np.float64)
    # All alike: the spread is that of rounding.
    if np.ptp(known) <= RESOLUTION:
        return 0.0
    return float(students_t(len(known)) * standard_error(known) / abs(known.mean()))


def precision(scenarios: Mapping[str, Mapping[str, Sequence[float]]], wanted: float, most: int) -> Precision:
    """Measure how precisely a study knows the mean of each metric of each scenario.

    Args:
        scenarios: by name, each metric's values at reaching the target or at the end, so that the mean is the
            restricted one where some did not reach it: replications 0 to n - 1, the same n for all, so that
            nothing depends on which happened to end first.
        wanted: maximum half-width, as a share of the mean.
        most: maximum number of replications of a scenario.
    """
    (replications,) = {len(values) for metrics in scenarios.values() for values in metrics.values()}
    found = [
        MetricPrecision(scenario=scenario, metric=metric, half_width=finite_or_none(half_width(values)))
        for scenario, metrics in scenarios.items()
        for metric, values in metrics.items()
    ]
    return Precision(
        wanted=wanted,
        most=most,
        replications=replications,
        metrics=found,
        met=all(width <= wanted for width in _widths(found)),
    )


def needed(found: Precision) -> int:
    """Return the number of replications at which to check precision next; unchanged once it is reached.

    A width shrinks with the root of the number: an interval that is k times too wide takes k squared times as
    many replications (Chow and Robbins 1965, "On the asymptotic theory of fixed-width sequential
    confidence intervals for the mean").
    """
    present = found.replications
    if found.met:
        return present
    if present < FEWEST:
        return max(present, min(FEWEST, found.most))
    # By the widest, since all scenarios get the same number.
    times = (max(_widths(found.metrics)) / found.wanted) ** 2
    slowest, fastest = GROWTH
    return max(present, min(math.ceil(present * min(max(times, slowest), fastest)), found.most))


def imprecise_metrics(found: Precision) -> list[MetricPrecision]:
    """List the metrics whose means are not yet as precise as wanted."""
    return [
        metric
        for metric, width in zip(found.metrics, _widths(found.metrics), strict=True)
        if width > found.wanted
    ]


def _widths(metrics: Sequence[MetricPrecision]) -> list[float]:
    """Return the relative half-widths of the metrics' confidence intervals; infinite where unknown."""
    return [math.inf if (width := metric.half_width) is None else width for metric in metrics]
