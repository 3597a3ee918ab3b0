"""The article's reading: the mean of all replications' curves, and where it crosses the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.results.measures import Curve


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """Point j is the mean over replications of the j-th published model, as far as all have one."""

    labelled_documents: NDArray[np.float64]
    active_hours: NDArray[np.float64]
    wall_hours: NDArray[np.float64]
    map: NDArray[np.float64]
    map_std: NDArray[np.float64]

    @classmethod
    def of(cls, curves: Sequence[Curve]) -> MeanCurve:
        """The mean of replications' curves; the standard deviation is that of single replications."""
        points = min(len(curve) for curve in curves)
        maps = np.array([curve.map[:points] for curve in curves])
        return cls(
            labelled_documents=np.mean([curve.labelled_documents[:points] for curve in curves], axis=0),
            active_hours=np.mean([curve.active_hours[:points] for curve in curves], axis=0),
            wall_hours=np.mean([curve.wall_hours[:points] for curve in curves], axis=0),
            map=maps.mean(axis=0),
            map_std=maps.std(axis=0, ddof=1) if len(curves) > 1 else np.full(points, np.nan),
        )

    def crossing(self, target: float) -> int | None:
        """The first point whose mean MAP is at least the target."""
        above = np.flatnonzero(self.map >= target)
        return int(above[0]) if len(above) else None
