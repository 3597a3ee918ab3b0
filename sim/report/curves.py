"""Learning curves of a stored study, read back from its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.results.mean_curve import MeanCurve
from sim.results.measures import Curve

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from sim.results.store import StoredStudy

COLUMNS = ("round", "labelled_documents", "annotations", "active_hours", "wall_hours", "map")


@dataclass(frozen=True, eq=False)
class ScenarioCurve:
    """A scenario's mean curve, and where it crosses the target."""

    name: str
    target: float
    mean: MeanCurve

    def crossing(self, axis: str) -> float | None:
        """Documents or hours at the first mean model that is at the target; None if there is none."""
        point = self.mean.crossing(self.target)
        return None if point is None else float(getattr(self.mean, axis)[point])


def scenario_curves(study: StoredStudy) -> list[ScenarioCurve]:
    """The mean curve of every scenario, in the study's order."""
    columns = {name: study.curve.column(name).to_numpy() for name in (*COLUMNS, "scenario", "replication")}
    return [
        ScenarioCurve(
            scenario["name"],
            scenario["target"]["map"],
            MeanCurve.of(
                [
                    _curve(columns, scenario["name"], replication["replication"])
                    for replication in scenario["replications"]
                ]
            ),
        )
        for scenario in study.summary["scenarios"]
    ]


def _curve(columns: Mapping[str, np.ndarray], scenario: str, replication: int) -> Curve:
    rows = (columns["scenario"] == scenario) & (columns["replication"] == replication)
    return Curve(**{name: columns[name][rows] for name in COLUMNS})
