"""How many times sooner one scenario is than another, replication by replication."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from sim.results.metrics import METRICS
from sim.results.statistics import Interval, mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.results.measures import Measures

COMPARED = tuple(metric for metric in METRICS if not metric.share)


class Comparison(TypedDict):
    """A metric of ``baseline`` divided by that of ``scenario``."""

    baseline: str
    scenario: str
    metric: str
    ratio: float | None
    ci95: Interval | None
    paired: bool


def compare(baseline: Sequence[Measures], other: Sequence[Measures]) -> list[Comparison]:
    """Compare two scenarios that met the same luck (common random numbers), metric by metric.

    The ratio is one of geometric means, with Student's 95 % interval of the mean logarithm of the paired
    ratios. There is none where a replication of either did not reach its target: half of a pair is unknown.
    """
    pairs = list(zip(baseline, other, strict=False))
    complete = all(one.result.reached and two.result.reached for one, two in pairs)
    comparisons = []
    for metric in COMPARED:
        ratios = [_ratio(one.metrics[metric.name], two.metrics[metric.name]) for one, two in pairs]
        ratio = interval = None
        if complete and all(ratios):
            logarithms = np.log(np.array(ratios, dtype=np.float64))
            ratio = float(np.exp(logarithms.mean()))
            if (of_mean := mean_interval(logarithms)) is not None:
                interval = float(np.exp(of_mean[0])), float(np.exp(of_mean[1]))
        comparisons.append(
            Comparison(
                baseline=baseline[0].result.scenario,
                scenario=other[0].result.scenario,
                metric=metric.name,
                ratio=ratio,
                ci95=interval,
                paired=True,
            )
        )
    return comparisons


def _ratio(one: float | None, two: float | None) -> float | None:
    return one / two if one and two else None
