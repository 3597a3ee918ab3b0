"""A strategy and a stopping rule as somebody might bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from sim.core.activities_and_costs import Spent
    from sim.core.events import Pace
    from sim.core.quality import CurvePoint
    from sim.learning.query import Candidates


class EveryOther:
    """Every other of the candidates, as far as that goes."""

    view: ClassVar[str] = "Shuffle"
    pace: ClassVar[Pace] = "switching"
    needs_model: ClassVar[bool] = False

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Documents in the order of luck."""
        documents = candidates.documents
        return documents[::2][:count] if len(documents) >= 2 * count else documents[:count]


class ThreeModels:
    """Three models are enough."""

    needs_rating: ClassVar[bool] = False

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Whatever they are like."""
        return len(curve) >= 3
