"""Projects that look at every model, whichever strategy picks: what `rating` and `stopping` measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.measure import outcomes
from sim.scenario.models import Scenario
from support.studies import study_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sim.results.summary import ScenarioOutcome

TARGET = 0.8


def watched(
    cache: Path,
    corpus: Mapping[str, Any],
    preset: str,
    strategies: Sequence[str],
    *,
    batch: int,
    documents: int,
    replications: int,
) -> dict[str, ScenarioOutcome]:
    """Simulate each strategy without any waiting, a model for each batch, all the way to ``documents``."""
    scenarios = [
        Scenario.model_validate(
            {
                "name": strategy,
                "corpus": corpus,
                "learner": {"preset": preset},
                "labelling": {"strategy": strategy, "batch": batch, "page": 10, "suggestions": True},
                "target": {"map": TARGET},
                "limit": {"documents": documents},
                # A line that no project crosses has every model looked at.
                "stop": {"rating": 100},
                "trainer": {"duration": "0 s"},
                "coordination": {"steps": "none"},
                "replications": replications,
            }
        )
        for strategy in strategies
    ]
    return outcomes(study_of(scenarios, cache, allow_stand_in=False))
