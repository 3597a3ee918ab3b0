"""What each stopping rule leaves on the table, and what it spends too much: the tables of `docs/stopping.md`.

`python -m benchmarks.stopping` takes about half an hour: on Reuters where NLTK_DATA says that is, and on the
stand-in. Projects are simulated to their limit once, and every rule is asked afterwards where it would have
stopped them. `python -m benchmarks.stopping half-way` asks the rule on performance alone, also on every CSV
table in the folder that LABELSIM_CORPORA names, at targets that are reached half-way.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import scratch
from benchmarks.watched import TARGET, watched
from sim.core.registry import STOPPING_RULES
from sim.learning.stopping import PerformanceThreshold, first_fired
from support.corpora import reuters_is_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.learning.stopping import Rule
    from sim.results.replication_metrics import ReplicationMetrics

DOCUMENTS = {"strong": 1_500, "article": 4_000}
"""How far projects go with each learner: well past the target."""
STRATEGIES = ("random", "mean_uncertainty", "variance_reduction", "model_rating")
RECOMMENDED = ("random", "variance_reduction", "model_rating")
REPLICATIONS = 10
LINES = (
    ("rating", 70),
    ("rating", 60),
    ("performance", TARGET),
    ("kappa", 0.95),
    ("kappa", 0.97),
    ("kappa", 0.99),
    ("uncertainty", 0.1),
    ("uncertainty", 0.07),
    ("confidence", 0.9),
    ("confidence", 0.95),
    ("documents", 500),
    ("active_hours", 3),
)


MUCH = 2_000
"""Documents of a project whose target is reached half-way, unless its corpus has fewer."""
FEW = 3
"""Projects of each strategy there."""


def main() -> None:
    """Print a table for each corpus and learner, or the one of targets that are reached half-way."""
    if "half-way" in sys.argv:
        _half_way()
        return
    corpora = (*(["reuters"] if reuters_is_here() else []), "standin")
    with scratch() as cache:
        for source in corpora:
            for preset, documents in DOCUMENTS.items():
                outcomes = watched(
                    cache,
                    {"source": source},
                    preset,
                    STRATEGIES,
                    batch=50,
                    documents=documents,
                    replications=REPLICATIONS,
                )
                print(f"\n{source}, {preset}: {REPLICATIONS} projects to {documents:,} documents\n")
                print(f"| rule | {' | '.join(f'`{strategy}`' for strategy in STRATEGIES)} |")
                print("|---" * (1 + len(STRATEGIES)) + "|")
                for name, line in LINES:
                    rule = STOPPING_RULES[name](line)
                    cells = [_regret(rule, outcome.measures) for outcome in outcomes.values()]
                    print(f"| `{name}: {line:g}` | {' | '.join(cells)} |", flush=True)


def _regret(rule: Rule, projects: Sequence[ReplicationMetrics], target: float = TARGET) -> str:
    """Projects stopped below the target and how many points so, hours that others spent past it, the rest."""
    short: list[float] = []
    past: list[float] = []
    shares: list[float] = []
    for project in projects:
        curve = project.curve
        stop = first_fired(rule, curve.points, curve.spent)
        if stop is None:
            continue
        if curve.map[stop] < target:
            short.append(100 * (target - curve.map[stop]))
        else:
            reached = int(np.argmax(curve.map >= target))
            past.append(curve.active_hours[stop] - curve.active_hours[reached])
            shares.append(past[-1] / curve.active_hours[reached])
    parts = []
    if short:
        parts.append(f"{len(short)} below by {fmean(short):.1f}")
    if past:
        parts.append(f"{median(past):.2f} h past ({median(shares):.0%})")
    if never := len(projects) - len(short) - len(past):
        parts.append(f"{never} never")
    return ", ".join(parts)


def _half_way() -> None:
    """Ask the rule at two targets: the mean curve after half of the documents, and half-way up."""
    print(
        "| corpus | strategy | target after half of the documents | target half-way up |\n|---|---|---|---|"
    )
    with scratch() as cache:
        for name, corpus in _corpora():
            outcomes = watched(
                cache, corpus, "strong", RECOMMENDED, batch=100, documents=MUCH, replications=FEW
            )
            for strategy, outcome in outcomes.items():
                curve = outcome.mean_curve
                half = float(curve.map[len(curve.map) // 2])
                up = float(curve.map[0] + curve.map[-1]) / 2
                cells = [
                    f"{target:.0%}: {_regret(PerformanceThreshold(target), outcome.measures, target)}"
                    for target in (half, up)
                ]
                print(f"| {name} | `{strategy}` | {' | '.join(cells)} |", flush=True)


def _corpora() -> Iterator[tuple[str, dict[str, Any]]]:
    if reuters_is_here():
        yield "Reuters", {"source": "reuters"}
    for path in sorted(Path(os.environ.get("LABELSIM_CORPORA", "/nowhere")).glob("*.csv")):
        with path.open(encoding="utf-8") as lines:
            columns = {"split": "split"} if "split" in next(csv.reader(lines)) else {}
        yield path.stem, {"source": "table", "path": str(path), "columns": columns, "separator": "|"}


if __name__ == "__main__":
    main()
