"""How many replications a study needs until its means are as precise as a planner wants them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.results.statistics import RESOLUTION, Facts, number, standard_error, students_t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEASURED = ("active_hours", "wall_hours")
"""The metrics that are to be precise: what a project costs, and how long it takes."""
FEWEST = 30
"""Replications before anything is decided: an interval that happens to be narrow early would stop a study
too soon (Law 2015, "Simulation modeling and analysis", 9.4.1), and few projects may all take the same number
of rounds."""
GROWTH = (1.1, 2.0)
"""How a study grows at a time, at least and at most: it neither creeps nor trusts a first guess too far."""


class MetricPrecision(Facts):
    """How well the mean of one metric of one scenario is known."""

    scenario: str
    metric: str
    half_width: float | None
    """Of its 95 % interval, as a share of it; None for fewer than 30 replications."""


class Precision(Facts):
    """How well the means of a study are known, beside how well they are to be."""

    wanted: float
    most: int
    replications: int
    """Of each scenario."""
    metrics: list[MetricPrecision]
    met: bool


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean (Student's), as a share of the mean.

    Infinite for fewer than 30 values; 0 where none differ.
    """
    if len(values) < FEWEST:
        return math.inf
    known = np.array(values, dtype=np.float64)
    if np.ptp(known) <= RESOLUTION:
        return 0.0
    return float(students_t(len(known)) * standard_error(known) / abs(known.mean()))


def precision(scenarios: Mapping[str, Mapping[str, Sequence[float]]], wanted: float, most: int) -> Precision:
    """How well the means of a study are known.

    Args:
        scenarios: by name, each metric's values at reaching the target or at the end, so that the mean is the
            restricted one where some did not reach it: replications 0 to n - 1, the same n for all, so that
            nothing depends on which happened to end first.
        wanted: the half-width that is narrow enough, as a share of the mean.
        most: how many replications a scenario may have.
    """
    (replications,) = {len(values) for metrics in scenarios.values() for values in metrics.values()}
    found = [
        MetricPrecision(scenario=scenario, metric=metric, half_width=number(half_width(values)))
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
    """How many replications to decide at next; as many as there are once all is precise, or at most.

    A width shrinks with the root of the number, so that it takes as many times more as the square of how
    many times it is too wide (Chow and Robbins 1965, "On the asymptotic theory of fixed-width sequential
    confidence intervals for the mean").
    """
    present = found.replications
    if found.met:
        return present
    if present < FEWEST:
        return max(present, min(FEWEST, found.most))
    times = (max(_widths(found.metrics)) / found.wanted) ** 2
    slowest, fastest = GROWTH
    return max(present, min(math.ceil(present * min(max(times, slowest), fastest)), found.most))


def not_met(found: Precision) -> list[MetricPrecision]:
    """The means that are not known as well as they are to be."""
    return [
        metric
        for metric, width in zip(found.metrics, _widths(found.metrics), strict=True)
        if width > found.wanted
    ]


def _widths(metrics: Sequence[MetricPrecision]) -> list[float]:
    return [math.inf if (width := metric.half_width) is None else width for metric in metrics]
