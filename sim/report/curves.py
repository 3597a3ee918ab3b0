"""Learning curves of a stored study, read back from its table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.results.mean_curve import MeanCurve
from sim.results.measures import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sim.results.store import StoredStudy

COLUMNS = ("round", "labelled_documents", "annotations", "active_hours", "wall_hours", "map", "cost")


@dataclass(frozen=True, eq=False)
class ScenarioCurve:
    """A scenario's mean curve, where it crosses the target, and the projects that it is the mean of."""

    name: str
    target: float
    mean: MeanCurve
    projects: Sequence[Curve]
    number: int = 0
    """Its place among those that are drawn, which gives it its looks in every picture."""

    def crossing(self, axis: str) -> float | None:
        """Documents or hours at the first mean model that is at the target; None if there is none."""
        point = self.mean.crossing(self.target)
        return None if point is None else float(getattr(self.mean, axis)[point])


def scenario_curves(study: StoredStudy) -> list[ScenarioCurve]:
    """The mean curve of every scenario, in the study's order."""
    projects = _projects(study.curve)
    nothing = _curve({name: np.empty(0) for name in COLUMNS})
    found = []
    for scenario in study.summary["scenarios"]:
        name = scenario["name"]
        theirs = [projects.get((name, one["replication"]), nothing) for one in scenario["replications"]]
        found.append(ScenarioCurve(name, scenario["target"]["map"], MeanCurve.of(theirs), theirs))
    return found


def _projects(table: pa.Table) -> dict[tuple[str, int], Curve]:
    """The curve of each scenario and replication, whose rows stand together."""
    if not len(table):
        return {}
    scenarios = table.column("scenario").combine_chunks().dictionary_encode()
    names, codes = scenarios.dictionary.to_pylist(), scenarios.indices.to_numpy()
    replications = table.column("replication").to_numpy()
    columns = {name: table.column(name).to_numpy() for name in COLUMNS}
    changes = np.flatnonzero((np.diff(codes) != 0) | (np.diff(replications) != 0)) + 1
    bounds = [0, *changes.tolist(), len(table)]
    return {
        (names[codes[start]], int(replications[start])): _curve(
            {name: values[start:end] for name, values in columns.items()}
        )
        for start, end in pairwise(bounds)
    }


def _curve(columns: dict[str, Any]) -> Curve:
    return Curve(**columns)
