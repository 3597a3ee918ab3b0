"""The content of ``summary.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.results.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.results.measures import Measures
    from sim.results.outcome import ScenarioOutcome

SCHEMA_VERSION = 1


def summary(outcomes: Sequence[ScenarioOutcome]) -> dict[str, Any]:
    """A study's figures; a scenario's part depends on no other scenario."""
    baseline, *others = outcomes
    return {
        "schema_version": SCHEMA_VERSION,
        "scenarios": [_scenario(outcome) for outcome in outcomes],
        "comparisons": [
            comparison for other in others for comparison in compare(baseline.measures, other.measures)
        ],
    }


def as_json(content: dict[str, Any]) -> str:
    """JSON as it stands in the file: the same content gives the same bytes, and no NaN gets in."""
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _scenario(outcome: ScenarioOutcome) -> dict[str, Any]:
    corpus = outcome.corpus
    return {
        "name": outcome.name,
        "target": {"map": outcome.target},
        "corpus": {
            "name": corpus.name,
            "stand_in": corpus.stand_in,
            "documents": corpus.documents,
            "test_documents": corpus.test_documents,
            "labels": corpus.labels,
            "fingerprint": corpus.fingerprint,
            "notes": list(corpus.notes),
        },
        "replications": [_replication(measures) for measures in outcome.measures],
        "aggregate": outcome.aggregates,
        "by_deadline": outcome.by_deadline,
        "mean_curve": _mean_curve(outcome),
        "stopped": [measures.stopped for measures in outcome.measures if measures.stopped],
        "rating": outcome.rating,
        "labels": outcome.labels,
        "wall_time": outcome.wall_time,
        "bottleneck": {"activity": outcome.bottleneck.activity, "sentence": outcome.bottleneck.sentence},
    }


def _replication(measures: Measures) -> dict[str, Any]:
    result = measures.result
    return {
        "replication": result.replication,
        "outcome": result.outcome,
        "reached": result.reached is not None,
        **measures.metrics,
        "final_map": measures.final_map,
    }


def _mean_curve(outcome: ScenarioOutcome) -> dict[str, Any]:
    curve = outcome.mean_curve
    point = curve.crossing(outcome.target)
    names = ("labelled_documents", "active_hours", "wall_hours", "map")
    return {
        "reached": point is not None,
        **{name: None if point is None else float(getattr(curve, name)[point]) for name in names},
    }
