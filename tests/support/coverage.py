"""How often intervals hold the truth, over many synthetic studies whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from sim.results.statistics import aggregate, quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Outcome
    from sim.results.statistics import Ends

    Numbers = NDArray[np.float64]

REPLICATIONS = 30
FINE = 100_000
"""Steps in which luck is divided where a truth is worked out."""


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
