"""Everything that a study found, as summary.json holds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from sim.results.comparison import Observed, compare
from sim.results.sensitivity import FIGURES, sensitivity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.loading.sweep import SweptKeys
    from sim.results.outcome import ScenarioOutcome
    from sim.results.replication import Measures
    from sim.results.sensitivity import Sensitivity


FEW = 20
"""With fewer replications P80 has no upper end (which takes 17), or rests on the last few projects."""
ENOUGH = 30
"""Replications to decide by: from here on the intervals hold about as often as they say."""


class Caution(TypedDict):
    """A reason for which figures are rough."""

    kind: Literal["few_replications"]
    replications: int
    """Of the scenario that has the fewest."""
    enough: int


def cautions(replications: Sequence[int]) -> list[Caution]:
    """The reasons, given how many replications each scenario has."""
    fewest = min(replications)
    if fewest >= FEW:
        return []
    return [{"kind": "few_replications", "replications": fewest, "enough": ENOUGH}]


SCHEMA_VERSION = 1


class Summary:
    """A study's figures, scenario by scenario; a scenario's part depends on no other."""

    def __init__(
        self,
        sweep: SweptKeys | None = None,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """``said`` is what whoever added replications found: `precision` or `selection`."""
        self._said = {"precision": None, "selection": None} | dict(said or {})
        self._sweep = sweep
        self._scenarios: list[dict[str, Any]] = []
        self._observed: list[Observed] = []

    def add(self, outcome: ScenarioOutcome) -> None:
        """Take in a scenario, the first being the baseline."""
        self._scenarios.append(_scenario(outcome))
        measured = outcome.measures
        self._observed.append(
            Observed(outcome.name, [one.outcome for one in measured], [one.metrics for one in measured])
        )

    @property
    def content(self) -> dict[str, Any]:
        """What ``summary.json`` holds."""
        baseline, *others = self._observed
        return {
            "schema_version": SCHEMA_VERSION,
            "left_out": sorted({number for one in self._scenarios for number in one["left_out"]}),
            "cautions": cautions([len(observed.outcomes) for observed in self._observed]),
            "scenarios": self._scenarios,
            "sensitivity": self._sensitivity,
            **self._said,
            "comparisons": [
                comparison
                for other in others
                for comparison in compare(baseline, other, compared=len(others))
            ],
        }

    @property
    def _sensitivity(self) -> Sensitivity | None:
        """What matters most in a sweep."""
        if self._sweep is None:
            return None
        hours = [
            {figure: [metrics[figure] or 0.0 for metrics in observed.metrics] for figure in FIGURES}
            for observed in self._observed
        ]
        return sensitivity(self._sweep, hours, seed=0)


def as_json(content: dict[str, Any]) -> str:
    """JSON as it stands in the file: the same content gives the same bytes, and no NaN gets in."""
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _scenario(outcome: ScenarioOutcome) -> dict[str, Any]:
    corpus = outcome.corpus
    return {
        "name": outcome.name,
        "target": {"map": outcome.target},
        "currency": outcome.currency,
        "dates": outcome.dates,
        "notes": list(outcome.notes),
        "corpus": {
            "name": corpus.name,
            "stand_in": corpus.stand_in,
            "described": corpus.described,
            "documents": corpus.documents,
            "test_documents": corpus.test_documents,
            "labels": corpus.labels,
            "fingerprint": corpus.fingerprint,
            "notes": list(corpus.notes),
            "decisions": list(corpus.decisions),
        },
        "outcome": {"reason": outcome.reason, "reasons": outcome.reasons},
        "failed": list(outcome.failed),
        "left_out": list(outcome.left_out),
        "replications": [_replication(measures) for measures in outcome.measures],
        "aggregate": outcome.aggregates,
        "rounds": outcome.rounds,
        "by_deadline": outcome.by_deadline,
        "mean_curve": _mean_curve(outcome),
        "stopped": [measures.stopped for measures in outcome.measures if measures.stopped],
        "rating": outcome.rating,
        "agreement": outcome.agreement,
        "labels": outcome.labels,
        "wall_time": outcome.wall_time,
        "waiting_for_people_hours": outcome.waiting_for_people,
        "spent": outcome.spent,
        "bottleneck": {"activity": outcome.bottleneck.activity, "sentence": outcome.bottleneck.sentence},
    }


def _replication(measures: Measures) -> dict[str, Any]:
    return {
        "replication": measures.replication,
        "outcome": measures.outcome,
        "reason": measures.reason,
        "reached": measures.outcome == "reached",
        **measures.figures,
        "paused_documents": measures.paused,
    }


def _mean_curve(outcome: ScenarioOutcome) -> dict[str, Any]:
    curve = outcome.mean_curve
    point = curve.crossing(outcome.target)
    names = ("labelled_documents", "active_hours", "wall_hours", "map")
    return {
        "reached": point is not None,
        **{name: None if point is None else float(getattr(curve, name)[point]) for name in names},
    }
