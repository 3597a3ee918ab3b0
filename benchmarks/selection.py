"""How many replications two answers take, and how often they are right: the tables of `docs/choosing.md`.

`python -m benchmarks.selection` takes two minutes. Nothing is simulated: hours are drawn from laws whose
truth is known, for as many studies as it takes to see how often the procedures hold what they promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from sim.results.precision import needed, precision
from sim.results.selection import Selection
from sim.results.statistics import mean_interval
from support.coverage import FINE, knifes_edge, lognormal, uniforms_of_set_ups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.results.selection import Choice

    Numbers = NDArray[np.float64]

STUDIES = 2_000
MOST = 4_000
"""Replications, for which no study here wants more."""
INDIFFERENCE = 0.05
"""Of the first set-up's mean after the first stage, as the command takes it."""
ALIKE = (0.9, 0.8, 0.0)
"""How set-ups that meet the same luck correlate; 0 where each meets its own."""
FIRST_STAGES = (10, 20, 30)
EARLY, LATE = 215.1, 269.4
"""Hours of a project that takes one round more or less."""


def main() -> None:
    """Print all tables."""
    _precise()
    _best_of_fifty()
    _right()


def _precise() -> None:
    """Replications until the mean is known to a share, and how often the interval then holds the truth."""
    laws: dict[str, Callable[[Numbers], Numbers]] = {
        "varies by .1 (normal)": _normal(200, 20),
        "varies by .3 (normal)": _normal(200, 60),
        "varies by .5 (lognormal)": lognormal(0.5),
        "a round late in 40 %": knifes_edge(0.6),
        "a round late in 10 %": knifes_edge(0.9),
        "a round late in 3 %": knifes_edge(0.97),
    }
    print(f"\n## Replications for a precision, from 30 ({STUDIES:,} studies each)\n")
    print("| hours | 10% | 5% | 2% |\n|---|---|---|---|")
    for name, law in laws.items():
        print(f"| {name} | {' | '.join(_sequentially(law, wanted) for wanted in (0.1, 0.05, 0.02))} |")


def _normal(mean: float, deviation: float) -> Callable[[Numbers], Numbers]:
    return lambda rng: mean + deviation * special.ndtri(rng)


def _sequentially(law: Callable[[Numbers], Numbers], wanted: float) -> str:
    draw = np.random.default_rng(0)
    truth = float(law((np.arange(FINE) + 0.5) / FINE).mean())
    counts, held, near = [], 0, 0
    for _ in range(STUDIES):
        values = law(draw.random(MOST))
        count, more = 0, 30
        while more > count:
            count = more
            more = needed(precision({"": {"": values[:count].tolist()}}, wanted, MOST))
        interval = mean_interval(values[:count])
        counts.append(count)
        held += interval is not None and interval[0] <= truth <= interval[1]
        near += abs(values[:count].mean() - truth) <= wanted * truth
    return f"{np.mean(counts):,.0f}, holds {held / STUDIES:.1%}, mean so near {near / STUDIES:.1%}"


@dataclass(frozen=True)
class Setups:
    """What set-ups take, given the luck of each, and which is the best."""

    name: str
    hours: Callable[[Numbers], Numbers]
    number: int
    best: int

    def chosen(self, draw: np.random.Generator, alike: float, first_stage: int) -> Choice:
        """What a study chooses that goes on until it has decided."""
        values = self.hours(uniforms_of_set_ups(draw, first_stage, self.number, alike))
        selection = Selection(self.number, INDIFFERENCE * values[:, 0].mean(), 0.95, first_stage)
        selection.add(values)
        while not selection.decided:
            selection.add(
                self.hours(uniforms_of_set_ups(draw, 30, self.number, alike))[:, selection.still_in]
            )
        return selection.choice()


def _spread(number: int, slowest: float, deviation: float) -> Setups:
    """From 200 h on evenly to the slowest; the first is the best."""
    means = np.linspace(200, slowest, number)
    name = f"200 to {slowest:g} h, deviation {deviation:g} h"
    return Setups(name, lambda rng: means + deviation * special.ndtri(rng), number, 0)


def _best_of_fifty() -> None:
    """Runs in all, beside those of the first stage alone."""
    studies = 40
    print(f"\n## Runs for the best of 50 ({studies} studies each)\n")
    print("| means (normal) | first stage | alike .9 | alike .8 | each its own luck |\n|---|---|---|---|---|")
    for slowest, deviation in ((300, 60), (400, 60), (400, 30), (600, 30)):
        for first_stage in FIRST_STAGES:
            setups, cells = _spread(50, slowest, deviation), []
            for alike in ALIKE:
                draw = np.random.default_rng(0)
                choices = [setups.chosen(draw, alike, first_stage) for _ in range(studies)]
                runs = np.mean([sum(one.replications for one in choice.set_ups) for choice in choices])
                named = np.mean([len(choice.close) for choice in choices])
                cells.append(f"{runs:,.0f} ({named:.1f} others close)")
            print(f"| {setups.name} | {first_stage} | {' | '.join(cells)} |", flush=True)


def _one_indifference_worse(number: int) -> list[Setups]:
    """All but the last as much worse as is promised to be told: the hardest for the procedure."""
    best = number - 1
    shown = np.arange(number) == best
    means = np.where(shown, 200, 200 / (1 - INDIFFERENCE))
    skewed = lognormal(0.3, 1)
    unit = float(skewed((np.arange(FINE) + 0.5) / FINE).mean())
    found = [
        Setups("normal, varies by .3", lambda rng: means * (1 + 0.3 * special.ndtri(rng)), number, best),
        Setups("lognormal, varies by .3", lambda rng: means * skewed(rng) / unit, number, best),
    ]
    for early in (0.98, 0.9, 0.6):
        mean = early * EARLY + (1 - early) * LATE
        others = early - (mean / (1 - INDIFFERENCE) - mean) / (LATE - EARLY)
        shares = np.where(shown, early, others)
        found.append(
            Setups(
                f"a round late in {1 - early:.0%}, others {1 - others:.0%}", _two_rounds(shares), number, best
            )
        )
    return found


def _two_rounds(early: Numbers) -> Callable[[Numbers], Numbers]:
    return lambda rng: np.where(rng < early, EARLY, LATE)


def _right() -> None:
    """How often the best of 20 is chosen, all others being one indifference worse."""
    studies = 300
    print(f"\n## Right answers, 95 % being stated: best of 20 ({studies} studies each)\n")
    print("| hours | first stage | alike .8 | each its own luck |\n|---|---|---|---|")
    for setups in _one_indifference_worse(20):
        for first_stage in FIRST_STAGES:
            cells = [_rightly(setups, alike, first_stage, studies) for alike in (0.8, 0.0)]
            print(f"| {setups.name} | {first_stage} | {' | '.join(cells)} |", flush=True)


def _rightly(setups: Setups, alike: float, first_stage: int, studies: int) -> str:
    draw = np.random.default_rng(0)
    choices: Sequence[Choice] = [setups.chosen(draw, alike, first_stage) for _ in range(studies)]
    right = np.mean([choice.best == setups.best for choice in choices])
    named = np.mean([setups.best in (choice.best, *choice.close) for choice in choices])
    runs = np.mean([sum(one.replications for one in choice.set_ups) for choice in choices])
    return f"{right:.0%} (chosen or named {named:.1%}; {runs:,.0f} runs)"


if __name__ == "__main__":
    main()
