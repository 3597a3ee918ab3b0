"""What one replication says, without its events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from math import isnan, nan
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.records import OUTCOMES, CurvePoint, Rating, Signs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.records import Outcome, Reason
    from sim.results.agreement import Agreement


@dataclass(frozen=True, eq=False)
class Curve:
    """A replication's published models, one value a model."""

    round: NDArray[np.int64]
    labelled_documents: NDArray[np.int64]
    annotations: NDArray[np.int64]
    active_hours: NDArray[np.float64]
    wall_hours: NDArray[np.float64]
    map: NDArray[np.float64]
    cost: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.map)


class Stopped(TypedDict):
    """Where a project was stopped."""

    replication: int
    by: list[str]
    labelled_documents: int
    active_hours: float
    wall_hours: float
    active_hours_past_target: float | None
    wall_hours_past_target: float | None


@dataclass(frozen=True, eq=False)
class Measures:
    """How a replication ended, its models, its metrics and where its wall time went."""

    replication: int
    reason: Reason
    """Why it ended."""
    ended_ms: int
    models: Sequence[CurvePoint]
    """The published ones."""
    annotations: Sequence[int]
    """Of each model's snapshot."""
    active_hours: Sequence[float]
    """Spent when each model was published."""
    costs: Sequence[float]
    """What the project had cost by then."""
    metrics: Mapping[str, float | None]
    """By name, at reaching the target or at the end; None where there is nothing to divide by."""
    final: Mapping[str, float | None]
    """The same at the project's end, wherever its target was reached."""
    wall_time: Mapping[str, float]
    """Hours of wall time by activity, until the moment of the metrics."""
    stopped: Stopped | None
    """Where stopping rules ended it; None where none did."""
    average_precisions: Sequence[float]
    """Of each label with the last model, NaN for one that no test document carries; empty without a model."""
    agreement: Agreement | None
    """Of people who labelled the same documents; None where one person labels each."""
    reached: CurvePoint | None
    """The first model that is good enough."""
    paused: int
    """Documents that were to be labelled without a break and took longer than any shift."""

    @cached_property
    def curve(self) -> Curve:
        """The published models: annotations of a model's snapshot, hours of its publication."""
        models = self.models
        return Curve(
            round=np.array([model.round for model in models], dtype=np.int64),
            labelled_documents=np.array([model.labelled_documents for model in models], dtype=np.int64),
            annotations=np.array(self.annotations, dtype=np.int64),
            active_hours=np.array(self.active_hours, dtype=np.float64),
            wall_hours=np.array([model.published_ms for model in models], dtype=np.int64) / MS_PER_HOUR,
            map=np.array([model.map for model in models], dtype=np.float64),
            cost=np.array(self.costs, dtype=np.float64),
        )

    @property
    def outcome(self) -> Outcome:
        """What the reason for its end makes of it."""
        return OUTCOMES[self.reason]

    @property
    def final_map(self) -> float | None:
        """MAP of the last published model."""
        return self.models[-1].map if self.models else None

    @property
    def figures(self) -> dict[str, float | None]:
        """All that results say of it in numbers: its metrics, and what they and MAP were at its end."""
        final = {f"final_{name}": value for name, value in self.final.items()}
        return {**self.metrics, "final_map": self.final_map, **final}

    def plain(self) -> dict[str, Any]:
        """What JSON can hold, to the last bit; `read` is its inverse."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "models": [_plain(model) for model in self.models],
            "average_precisions": [None if isnan(value) else value for value in self.average_precisions],
            "reached": None if self.reached is None else self.reached.round,
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Measures:
        """What `plain` gave."""
        models = [_model(model) for model in plain["models"]]
        reached = plain["reached"]
        return cls(
            **{
                **plain,
                "models": models,
                "average_precisions": [
                    nan if value is None else value for value in plain["average_precisions"]
                ],
                "reached": None if reached is None else models[reached],
            }
        )


def _plain(model: CurvePoint) -> dict[str, Any]:
    return {
        **vars(model),
        "rating": None if model.rating is None else vars(model.rating),
        "signs": None if model.signs is None else vars(model.signs),
    }


def _model(plain: Mapping[str, Any]) -> CurvePoint:
    rating, signs = plain["rating"], plain["signs"]
    return CurvePoint(
        **{
            **plain,
            "rating": None if rating is None else Rating(**rating),
            "signs": None if signs is None else Signs(**signs),
        }
    )
