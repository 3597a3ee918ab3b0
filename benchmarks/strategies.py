"""How few documents and hours each query strategy needs: the tables of `docs/strategies.md`.

`python -m benchmarks.strategies` takes about ten minutes on two processors, and as long again with intents.
It runs on Reuters where NLTK_DATA says that is, else on the stand-in; and on the 150 intents of
clinc150_imbalanced.csv (Larson et al. 2019) where LABELSIM_CLINC says that is. What it runs on first is drawn
into `docs/strategies.svg`, or for the stand-in into `docs/strategies-standin.svg`.

`python -m benchmarks.strategies STRATEGY...` prints the rows of some strategies alone, and draws nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.drawing import Panel, draw
from benchmarks.measure import outcomes, scratch
from sim.core.quality import QualityTarget
from sim.core.registry import QUERY_STRATEGIES
from sim.results.statistics import mean_interval
from sim.scenario.models import Scenario
from support.corpora import reuters_is_here
from support.paths import ROOT
from support.studies import study_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.results.summary import MeanCurve, ScenarioOutcome

REPLICATIONS = 10
TARGETS = (0.8, 0.9, 0.91)
NO_WAITING = {"trainer": {"duration": "0 s"}, "coordination": {"steps": "none"}}
"""A model after every batch: what is left is what the documents teach."""
BEST = "variance_reduction"
DRAWN = (
    "random",
    "mean_uncertainty",
    "max_margin_uncertainty",
    "badge",
    "weighted_k_means",
    "variance_reduction",
    "variance_reduction_per_second",
)
SIZES = (100, 200, 500, 1_000, 2_000, 4_000)


def main() -> None:
    """Print a table for each corpus."""
    with scratch() as cache:
        source = "reuters" if reuters_is_here() else "standin"
        print(f"{source}: where the mean curve crosses, documents and hours of labelling with suggestions")
        drawn = {}
        for strategy in sys.argv[1:] or QUERY_STRATEGIES:
            for start in ("random", "diverse") if strategy.startswith(BEST) else ("random",):
                outcome = _outcome(cache, strategy, start, {"source": source})
                _print_crossings(outcome)
                if strategy in DRAWN and start == "random":
                    drawn[strategy] = outcome.mean_curve
        if sys.argv[1:]:
            return
        picture = ROOT / "docs" / f"strategies{'' if source == 'reuters' else '-standin'}.svg"
        picture.write_text(_drawn([drawn[strategy] for strategy in DRAWN]), "utf-8")
        if (clinc := os.environ.get("LABELSIM_CLINC")) is not None:
            corpus = {"source": "table", "path": clinc, "columns": {"split": "split"}}
            print(f"\n150 intents: MAP after {', '.join(map(str, SIZES))} documents")
            baseline, *others = _on_intents(cache, corpus)
            for outcome in (baseline, *others):
                _print_against(baseline, outcome)


def _drawn(curves: Sequence[MeanCurve]) -> str:
    panels = [
        Panel(
            "documents labelled",
            [(curve.labelled_documents.tolist(), curve.map.tolist()) for curve in curves],
            range(0, 801, 100),
        ),
        Panel(
            "hours of labelling, with suggestions",
            [(curve.active_hours.tolist(), curve.map.tolist()) for curve in curves],
            [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2],
        ),
    ]
    return draw(DRAWN, panels, [0.5, 0.6, 0.7, 0.8, 0.9, 1])


def _outcome(cache: Path, strategy: str, start: str, corpus: dict[str, Any]) -> ScenarioOutcome:
    labelling = {"initial": 20, "batch": 10, "page": 10, "start": start, "suggestions": True}
    return _simulated(cache, strategy, start, corpus, labelling, documents=800)


def _on_intents(cache: Path, corpus: dict[str, Any]) -> list[ScenarioOutcome]:
    labelling = {"initial": 100, "batch": 100, "page": 10, "suggestions": True}
    return [
        _simulated(cache, strategy, "random", corpus, labelling, documents=SIZES[-1])
        for strategy in ("random", BEST, f"{BEST}_per_second", "weighted_k_means", "max_margin_uncertainty")
    ]


def _simulated(
    cache: Path,
    strategy: str,
    start: str,
    corpus: dict[str, Any],
    labelling: dict[str, Any],
    documents: int,
) -> ScenarioOutcome:
    scenario = Scenario.model_validate(
        {
            "name": f"{strategy}, {start} start",
            "corpus": corpus,
            "learner": {"preset": "strong"},
            "labelling": {"strategy": strategy, **labelling},
            "target": {"map": TARGETS[0]},
            "limit": {"documents": documents},
            "replications": REPLICATIONS,
            **NO_WAITING,
        }
    )
    return outcomes(study_of([scenario], cache, allow_stand_in=False))[scenario.name]


def _print_crossings(outcome: ScenarioOutcome) -> None:
    cells = []
    curve = outcome.mean_curve
    for target in TARGETS:
        point = curve.crossing(QualityTarget("map", target))
        if point is None:
            cells.append("-")
            continue
        singly = _first_passages(outcome, target)
        interval = None if singly is None else mean_interval(singly)
        said = "" if interval is None else f" [{interval[0]:.0f}, {interval[1]:.0f}]"
        cells.append(f"{curve.labelled_documents[point]:.0f}{said} {curve.active_hours[point]:.2f} h")
    print(f"{outcome.name:48}" + "".join(f"{cell:>28}" for cell in cells), flush=True)


def _first_passages(outcome: ScenarioOutcome, target: float) -> np.ndarray | None:
    """Documents at which each replication reaches a target; None where one does not."""
    found = []
    for measures in outcome.measures:
        reached = np.flatnonzero(measures.curve.map >= target)
        if not len(reached):
            return None
        found.append(float(measures.curve.labelled_documents[reached[0]]))
    return np.array(found)


def _print_against(baseline: ScenarioOutcome, outcome: ScenarioOutcome) -> None:
    """MAP after so many documents, and the lower end of its paired difference to the baseline's."""
    cells = []
    for size in SIZES:
        theirs, ours = _maps(baseline, size), _maps(outcome, size)
        interval = mean_interval(ours - theirs)
        lower = "" if interval is None else f" ({interval[0]:+.3f})"
        cells.append(f"{ours.mean():.3f}{lower}")
    print(f"{outcome.name:48}" + "".join(f"{cell:>17}" for cell in cells), flush=True)


def _maps(outcome: ScenarioOutcome, size: int) -> np.ndarray:
    curves: Sequence[Any] = [measures.curve for measures in outcome.measures]
    return np.array([curve.map[np.searchsorted(curve.labelled_documents, size)] for curve in curves])


if __name__ == "__main__":
    main()
