"""Random sampling: the standard baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.learning.query import Candidates


class Random:
    """Query strategy: the next documents in the replication's random order."""

    name: ClassVar[str] = "random"
    view: ClassVar[str] = "Shuffle"
    pace: ClassVar[Pace] = "switching"
    needs_model: ClassVar[bool] = False

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the first ``count`` candidates of the random order."""
        return candidates.documents[:count].copy()
