"""Random sampling: the standard baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sim.learning.query import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


class Random(Strategy):
    """Query strategy: the next documents in the replication's random order."""

    view: ClassVar[str] = "Shuffle"
    needs_model: ClassVar[bool] = False

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the first ``count`` candidates of the random order."""
        return candidates.documents[:count].copy()
