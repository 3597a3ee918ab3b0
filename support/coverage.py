"""How often intervals hold the truth, over many synthetic studies whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from sim.results.comparison import COMPARED, Observed, compare
from sim.results.statistics import aggregate, quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Outcome
    from sim.results.comparison import Comparison
    from sim.results.statistics import Ends

    Numbers = NDArray[np.float64]
    Replications = tuple[list[float], list[Outcome]]

REPLICATIONS = 30
FINE = 100_000
"""Steps in which luck is divided where a truth is worked out."""
FIGURES = ("restricted_mean_ci95", "median_ci95", "p80_ci95", "p90_ci95", "p_reached_ci95")
MANY = 20_000
"""Studies over which the chance to be sooner is worked out."""
CUT = 0.2
"""The share of projects that are cut off anywhere on their way."""


@dataclass(frozen=True)
class Law:
    """What a project takes, given its luck from 0 to 1, and how it ends."""

    name: str
    hours: Callable[[Numbers], Numbers]
    limit: float = math.inf
    """Where a project that is not there yet is cut off."""
    discrete: bool = False
    """Of few possible values."""
    used_up: float = 1
    """The luck from which on documents run out, and the target is never reached."""

    def replications(self, rng: Numbers) -> tuple[list[float], list[Outcome]]:
        """Values at reaching or at the end, and outcomes."""
        hours = self.hours(rng)
        ended = np.minimum(hours, self.limit)
        outcomes: list[Outcome] = [
            "exhausted" if out else ("reached" if there else "horizon")
            for out, there in zip(rng >= self.used_up, hours <= self.limit, strict=True)
        ]
        return ended.tolist(), outcomes

    def truth(self, figure: str) -> float:
        """What a figure is of the law itself."""
        rng = (np.arange(FINE) + 0.5) / FINE
        values, outcomes = self.replications(rng)
        if figure == "p_reached_ci95":
            return outcomes.count("reached") / FINE
        if figure in ("ci95", "restricted_mean_ci95"):
            return float(np.mean(values))
        share = {"median_ci95": 0.5, "p80_ci95": 0.8, "p90_ci95": 0.9}[figure]
        arrives = np.where(rng >= self.used_up, np.inf, self.hours(rng))
        found = quantile(np.sort(arrives), share)
        return math.inf if found is None else found


def normal(rng: Numbers) -> Numbers:
    return 240 + 60 * special.ndtri(rng)


def lognormal(variation: float, median: float = 200) -> Callable[[Numbers], Numbers]:
    spread = math.sqrt(math.log(1 + variation**2))
    return lambda rng: median * np.exp(spread * special.ndtri(rng))


def knifes_edge(early: float) -> Callable[[Numbers], Numbers]:
    """The article's batch learner: a round more or less."""
    return lambda rng: np.where(rng < early, 215.1, 269.4)


LAWS = (
    Law("normal, cv .25", normal),
    Law("lognormal, cv .3", lognormal(0.3)),
    Law("lognormal, cv .5", lognormal(0.5)),
    Law("215 h in 60 %, else 269 h", knifes_edge(0.6), discrete=True),
    Law("215 h in 90 %, else 269 h", knifes_edge(0.9), discrete=True),
    Law("30 % cut off at a limit", lognormal(0.3), limit=200 * math.exp(math.sqrt(math.log(1.09)) * 0.5244)),
    Law("40 % out of documents", lognormal(0.3), used_up=0.6),
)


def coverage(law: Law, figures: Sequence[str], studies: int, seed: int = 0) -> dict[str, float]:
    """How often each interval of wall hours holds its truth, of the studies that give one."""
    rng = np.random.default_rng(seed).random((studies, REPLICATIONS))
    truths = {figure: law.truth(figure) for figure in figures}
    verdicts: dict[str, list[bool]] = {figure: [] for figure in figures}
    for one in rng:
        found = aggregate(*law.replications(one), share=False).model_dump()
        for figure in figures:
            if found[figure] not in (None, (None, None)):
                verdicts[figure].append(holds(found[figure], truths[figure]))
    return {figure: float(np.mean(held)) for figure, held in verdicts.items() if held}


def holds(interval: Ends, truth: float) -> bool:
    """An end that is None is open: nothing is claimed on that side. Hours are whole milliseconds."""
    low, high = interval
    return (low is None or low <= truth + 1e-6) and (high is None or truth - 1e-6 <= high)


def welch_width(one: Numbers, two: Numbers) -> float:
    """Of Welch's 95 % interval of the difference of two means."""
    errors = [sample.var(ddof=1) / len(sample) for sample in (one, two)]
    freedom = sum(errors) ** 2 / sum(error**2 / (len(one) - 1) for error in errors)
    return float(2 * special.stdtrit(freedom, 0.975) * math.sqrt(sum(errors)))


def uniforms_of_set_ups(draw: np.random.Generator, replications: int, setups: int, alike: float) -> Numbers:
    """Return random numbers, shape ``(replications, setups)``; those of a row correlate by ``alike``."""
    shared, own = draw.normal(size=(replications, 1)), draw.normal(size=(replications, setups))
    rng: Numbers = special.ndtr(math.sqrt(alike) * shared + math.sqrt(1 - alike) * own)
    return rng


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


AT_A_LIMIT, USED_UP = LAWS[-2:]
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


def uniforms_of_scenarios(scenarios: int, studies: int, alike: float) -> Iterator[Numbers]:
    """Yield the random numbers of every scenario, shape ``(studies, replications)``.

    Those of any two scenarios correlate by ``alike``.
    """
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
    for both in zip(*map(observed, sides, uniforms_of_scenarios(2, studies, pair.alike)), strict=True):
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
    baseline, scenario = uniforms_of_scenarios(2, MANY, pair.alike)
    return {
        "ci95": math.exp(np.log(before).mean() - np.log(after).mean()),
        "difference_ci95": before.mean() - after.mean(),
        "sooner": np.mean(arrival(pair.scenario, scenario) < arrival(pair.baseline, baseline)),
    }


def of_a_family(law: Law, scenarios: int, studies: int) -> dict[str, float]:
    """How often all intervals of the ratio hold, of scenarios that take as long as their baseline."""
    held = {"ci95": 0, "ci95_corrected": 0}
    every = [observed(law, rng) for rng in uniforms_of_scenarios(1 + scenarios, studies, 0.8)]
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
