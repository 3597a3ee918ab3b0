"""What each stopping rule leaves on the table, and what it spends too much: the tables of `docs/stopping.md`.

`python -m benchmarks.stopping` takes about half an hour: on Reuters where NLTK_DATA says that is, and on the
stand-in. Projects are simulated to their limit once, and every rule is asked afterwards where it would have
stopped them.
"""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import reuters_is_here, scratch
from benchmarks.watched import TARGET, watched
from sim.core.registry import STOPPING_RULES
from sim.learning.stopping import first_fired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.learning.stopping import Rule
    from sim.results.replication_metrics import ReplicationMetrics

DOCUMENTS = {"strong": 1_500, "article": 4_000}
"""How far projects go with each learner: well past the target."""
STRATEGIES = ("random", "mean_uncertainty", "variance_reduction", "model_rating")
REPLICATIONS = 20
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


def main() -> None:
    """Print a table for each corpus and learner."""
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


def _regret(rule: Rule, projects: Sequence[ReplicationMetrics]) -> str:
    """Projects stopped below the target and how many points so, hours that others spent past it, the rest."""
    short: list[float] = []
    past: list[float] = []
    shares: list[float] = []
    for project in projects:
        curve = project.curve
        stop = first_fired(rule, curve.points, curve.spent)
        if stop is None:
            continue
        if curve.map[stop] < TARGET:
            short.append(100 * (TARGET - curve.map[stop]))
        else:
            reached = int(np.argmax(curve.map >= TARGET))
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


if __name__ == "__main__":
    main()
