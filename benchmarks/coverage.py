"""How often intervals hold what they are of: the tables of `docs/statistics.md`.

`python -m benchmarks.coverage` takes about five minutes. Studies are not simulated but drawn from laws whose
truth is known; their statistics are made by what makes those of any study.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from benchmarks.measure import heading
from sim.results.statistics import standard_error, students_t
from support.coverage import (
    LAWS,
    PAIRS,
    REPLICATIONS,
    Law,
    lognormal,
    of_a_family,
    of_a_law,
    of_a_pair,
    of_some_cut_anywhere,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    OfMeans = Callable[[Numbers], tuple[Numbers, Numbers]]

STUDIES = 10_000
COUNTS = (10, 30, 100)
SCENARIOS = 20
"""Compared with one baseline at once."""
RESAMPLES = 999


def students(values: Numbers) -> tuple[Numbers, Numbers]:
    """Student's intervals of means over the last axis."""
    mean, half = values.mean(axis=-1), students_t(values.shape[-1]) * standard_error(values)
    return mean - half, mean + half


def johnsons(values: Numbers) -> tuple[Numbers, Numbers]:
    """Student's, moved by the skewness (Johnson 1978, "Modified t tests and confidence intervals ...")."""
    moved = stats.skew(values, axis=-1, bias=False) * values.std(axis=-1, ddof=1) / (6 * values.shape[-1])
    low, high = students(values)
    return low + moved, high + moved


def halls(values: Numbers) -> tuple[Numbers, Numbers]:
    """By a cubic transformation (Hall 1992, "On the removal of skewness by transformation")."""
    count = values.shape[-1]
    mean, deviation = values.mean(axis=-1), values.std(axis=-1, ddof=1)
    skewness = stats.skew(values, axis=-1, bias=False)
    bound = students_t(count) / math.sqrt(count)

    def moved(by: float) -> Numbers:
        untransformed = np.cbrt(1 + skewness * (by - skewness / (6 * count))) - 1
        return np.asarray(mean - deviation * 3 / skewness * untransformed)

    return moved(bound), moved(-bound)


def bootstrapped(values: Numbers) -> tuple[Numbers, Numbers]:
    """Bias-corrected and accelerated (Efron 1987)."""
    found = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, axis=-1, batch=10, rng=0)
    low, high = found.confidence_interval
    return np.asarray(low), np.asarray(high)


MEANS: dict[str, OfMeans] = {
    "Student": students,
    "Johnson": johnsons,
    "Hall": halls,
    "BCa": bootstrapped,
}


def of_means(law: Law, count: int, studies: int) -> dict[str, float]:
    """How often several intervals of a mean hold it, of all studies: one that gives none does not."""
    values = law.hours(np.random.default_rng(0).random((studies, count)))
    truth = law.truth("ci95")
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        ends = {name: interval(values) for name, interval in MEANS.items()}
    return {name: float(np.mean((low <= truth) & (truth <= high))) for name, (low, high) in ends.items()}


def main() -> None:
    """Print the tables."""
    heading(f"Coverage in percent: {STUDIES:,} studies of {REPLICATIONS} replications")
    print("\n| hours of a project | mean, restricted | P50 | P80 | P90 | chance to reach | next project |")
    print("|---|---|---|---|---|---|---|")
    for name, held in (
        *((law.name, of_a_law(law, STUDIES)) for law in LAWS),
        ("20 % cut off anywhere on their way", of_some_cut_anywhere(LAWS[1], STUDIES)),
    ):
        print(f"| {name} | {' | '.join(map(str, held.values()))} |", flush=True)

    print("\n| pair | ratio | difference | sooner | width, by Welch's |")
    print("|---|---|---|---|---|")
    for pair in PAIRS:
        found, width = of_a_pair(pair, STUDIES)
        cells = [*map(str, found.values()), "-" if math.isnan(width) else f"{width:.2f}"]
        print(f"| {pair.name} | {' | '.join(cells)} |", flush=True)

    print(f"\n| {SCENARIOS} scenarios, all like the baseline | all `ci95` | all `ci95_corrected` |")
    print("|---|---|---|")
    for law in LAWS[1:4]:
        print(f"| {law.name} | {' | '.join(percent(of_a_family(law, SCENARIOS, STUDIES)))} |", flush=True)

    print(f"\n| mean of | replications | {' | '.join(MEANS)} |")
    print("|---|---|" + "---|" * len(MEANS))
    for law in (LAWS[2], LAWS[4], Law("lognormal, cv 1", lognormal(1))):
        for count in COUNTS:
            print(
                f"| {law.name} | {count} | {' | '.join(percent(of_means(law, count, STUDIES)))} |", flush=True
            )


def percent(shares: Mapping[str, float]) -> list[str]:
    """Shares as they stand in a table."""
    return [f"{100 * share:.1f}" for share in shares.values()]


if __name__ == "__main__":
    main()
