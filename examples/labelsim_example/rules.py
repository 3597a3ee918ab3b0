"""A stopping rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.activities_and_costs import Spent
    from sim.core.quality import CurvePoint


@dataclass(frozen=True)
class Plateau:
    """Stop once the Model Rating has not been better than before for ``models`` models in a row."""

    needs_rating: ClassVar[bool] = True
    models: int = 3

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Compare the best of the last ratings (0 to 100) with the best before them."""
        ratings = [point.rating.overall for point in curve if point.rating is not None]
        before, last = ratings[: -self.models], ratings[-self.models :]
        return bool(before) and max(last) <= max(before)
