"""How often intervals hold what they are of: the tables of `docs/statistics.md`.

`python -m benchmarks.coverage` takes about five minutes. Studies are not simulated but drawn from laws whose
truth is known; their statistics are made by what makes those of any study.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from benchmarks.measure import heading
from sim.results.comparison import COMPARED, Observed, compare
from sim.results.statistics import aggregate, standard_error, students_t
from tests.support.coverage import FINE, LAWS, REPLICATIONS, Law, holds, knifes_edge, lognormal, welch_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from sim.core.events import Outcome
    from sim.results.comparison import Comparison
    from sim.results.statistics import Ends

    Numbers = NDArray[np.float64]
    Replications = tuple[list[float], list[Outcome]]
    OfMeans = Callable[[Numbers], tuple[Numbers, Numbers]]

STUDIES = 10_000
COUNTS = (10, 30, 100)
SCENARIOS = 20
"""Compared with one baseline at once."""
RESAMPLES = 999
FIGURES = ("restricted_mean_ci95", "median_ci95", "p80_ci95", "p90_ci95", "p_reached_ci95")
AT_A_LIMIT, USED_UP = LAWS[-2:]
MANY = 20_000
"""Studies over which the chance to be sooner is worked out."""
CUT = 0.2
"""The share of projects that are cut off anywhere on their way."""


@dataclass
class Held:
    """How many intervals held, of those that studies gave."""

    verdicts: list[bool] = field(default_factory=list)
    studies: int = 0

    def add(self, ends: Ends | None, truth: float) -> None:
        """Take in what one study gives; two open ends are no interval."""
        self.studies += 1
        if ends is not None and tuple(ends) != (None, None):
            self.verdicts.append(holds(ends, truth))

    @property
    def share(self) -> float:
        """Of the intervals that there are."""
        return sum(self.verdicts) / len(self.verdicts)

    @property
    def none(self) -> float:
        """The share of studies that give none."""
        return 1 - len(self.verdicts) / self.studies

    def __str__(self) -> str:
        if not self.verdicts:
            return "-"
        return f"{100 * self.share:.1f}" + (f" ({100 * self.none:.1f} none)" if self.none else "")


@dataclass(frozen=True)
class Pair:
    """A baseline and a scenario, and how the luck of a replication in both correlates."""

    name: str
    baseline: Law
    scenario: Law
    alike: float = 0.8


PAIRS = (
    Pair("lognormal, cv .3; a sixth sooner", Law("", lognormal(0.3, 240)), Law("", lognormal(0.3))),
    Pair("the same, luck independent", Law("", lognormal(0.3, 240)), Law("", lognormal(0.3)), alike=0),
    Pair("lognormal, cv .5; a sixth sooner", Law("", lognormal(0.5, 240)), Law("", lognormal(0.5))),
    Pair(
        "215 h in 60 % and in 90 %, same luck", Law("", knifes_edge(0.6)), Law("", knifes_edge(0.9)), alike=1
    ),
    Pair("30 % of each cut off at a limit", AT_A_LIMIT, AT_A_LIMIT),
    Pair("40 % of each out of documents", USED_UP, USED_UP),
)


def lucks(scenarios: int, studies: int, alike: float) -> Iterator[Numbers]:
    """Luck of every scenario, shape ``(studies, replications)``; that of any two correlates by ``alike``."""
    draw = np.random.default_rng(0)
    shared = draw.standard_normal((studies, REPLICATIONS))
    for _ in range(scenarios):
        own = draw.standard_normal(shared.shape)
        yield special.ndtr(math.sqrt(alike) * shared + math.sqrt(1 - alike) * own)


def arrival(law: Law, rng: Numbers) -> Numbers:
    """When projects would reach their target if nothing cut them off; infinite where documents run out."""
    return np.where(rng >= law.used_up, np.inf, law.hours(rng))


def of_a_law(law: Law, studies: int) -> dict[str, Held]:
    """How often each interval of a metric holds its truth, and that of the next project any of some more."""
    rng, more = np.random.default_rng(0).random((2, studies, REPLICATIONS))
    truths = {figure: law.truth(figure) for figure in FIGURES}
    return _held(map(law.replications, rng), truths, arrival(law, more))


def of_some_cut_anywhere(law: Law, studies: int) -> dict[str, Held]:
    """The same, where a fifth of the projects is cut off anywhere on their way."""
    rng, more, where = np.random.default_rng(0).random((3, studies, REPLICATIONS))
    truths = {figure: law.truth(figure) for figure in FIGURES}
    # Of those that are cut off half the way is gone on average.
    truths |= {"restricted_mean_ci95": (1 - CUT / 2) * law.truth("ci95"), "p_reached_ci95": 1 - CUT}
    ended = (law.hours(rng) * np.minimum(where / CUT, 1)).tolist()
    outcomes = np.where(where < CUT, "horizon", "reached").tolist()
    return _held(zip(ended, outcomes, strict=True), truths, law.hours(more))


def _held(studies: Iterable[Replications], truths: Mapping[str, float], more: Numbers) -> dict[str, Held]:
    found = {figure: Held() for figure in (*truths, "prediction80")}
    for (values, outcomes), hours in zip(studies, more.tolist(), strict=True):
        figures = aggregate(values, outcomes, share=False).model_dump()
        for figure, truth in truths.items():
            found[figure].add(figures[figure], truth)
        for one in hours:
            found["prediction80"].add(figures["prediction80"], one)
    return found


def of_a_pair(pair: Pair, studies: int) -> tuple[dict[str, Held], float]:
    """How often each interval of a comparison holds its truth; the ratio's width as a share of Welch's."""
    sides = pair.baseline, pair.scenario
    truths = _truths(pair)
    found = {figure: Held() for figure in truths}
    widths = []
    for both in zip(*map(observed, sides, lucks(2, studies, pair.alike)), strict=True):
        of_study = wall_hours(*both)
        intervals = {**dict(of_study), "sooner": of_study.sooner.ci95}
        for figure, truth in truths.items():
            found[figure].add(intervals[figure], truth)
        if ends := of_study.ci95:
            logs = (np.log([one["wall_hours"] for one in side.metrics]) for side in both)
            widths.append(math.log(ends[1] / ends[0]) / welch_width(*logs))
    return found, fmean(widths) if widths else math.nan


def _truths(pair: Pair) -> dict[str, float]:
    rng = (np.arange(FINE) + 0.5) / FINE
    before, after = pair.baseline.hours(rng), pair.scenario.hours(rng)
    baseline, scenario = lucks(2, MANY, pair.alike)
    return {
        "ci95": math.exp(np.log(before).mean() - np.log(after).mean()),
        "difference_ci95": before.mean() - after.mean(),
        "sooner": np.mean(arrival(pair.scenario, scenario) < arrival(pair.baseline, baseline)),
    }


def of_a_family(law: Law, scenarios: int, studies: int) -> dict[str, float]:
    """How often all intervals of the ratio hold, of scenarios that take as long as their baseline."""
    held = {"ci95": 0, "ci95_corrected": 0}
    every = [observed(law, rng) for rng in lucks(1 + scenarios, studies, 0.8)]
    for baseline, *others in zip(*every, strict=True):
        found = [wall_hours(baseline, other, scenarios) for other in others]
        held["ci95"] += all(holds(one.ci95 or (None, None), 1) for one in found)
        held["ci95_corrected"] += all(holds(one.ci95_corrected or (None, None), 1) for one in found)
    return {figure: count / studies for figure, count in held.items()}


def observed(law: Law, rng: Numbers) -> Iterator[Observed]:
    """A scenario in each study; every metric is its hours."""
    for values, outcomes in map(law.replications, rng):
        yield Observed(law.name, outcomes, [dict.fromkeys(COMPARED, value) for value in values])


def wall_hours(baseline: Observed, scenario: Observed, compared: int = 1) -> Comparison:
    """How the wall hours of two scenarios compare."""
    return compare(baseline, scenario, compared)[COMPARED.index("wall_hours")]


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
