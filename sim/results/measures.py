"""From a replication's records to its metrics and its learning curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.records import LABEL, REWORK, TRAIN, WAIT
from sim.results.wall_time import wall_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.records import Events, ReplicationResult


@dataclass(frozen=True, eq=False)
class Curve:
    """A replication's published models, one value a model."""

    round: NDArray[np.int64]
    labelled_documents: NDArray[np.int64]
    annotations: NDArray[np.int64]
    active_hours: NDArray[np.float64]
    wall_hours: NDArray[np.float64]
    map: NDArray[np.float64]

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
    """What one replication says: its curve, its metrics and where its wall time went."""

    result: ReplicationResult

    @property
    def moment_ms(self) -> int:
        """When the target was reached, or the end where it wasn't."""
        reached = self.result.reached
        return reached.published_ms if reached else self.result.ended_ms

    @cached_property
    def curve(self) -> Curve:
        """The published models: annotations of a model's snapshot, hours of its publication."""
        points = self.result.curve
        published = np.array([point.published_ms for point in points], dtype=np.int64)
        documents = np.array([point.labelled_documents for point in points], dtype=np.int64)
        done = np.concatenate([[0], np.cumsum(self._finished.confirmed + self._finished.assigned)])
        return Curve(
            round=np.array([point.round for point in points], dtype=np.int64),
            labelled_documents=documents,
            annotations=done[documents],
            active_hours=active_ms(self.result.events, published) / MS_PER_HOUR,
            wall_hours=published / MS_PER_HOUR,
            map=np.array([point.map for point in points], dtype=np.float64),
        )

    @cached_property
    def wall_time(self) -> Mapping[str, float]:
        """Hours of wall time by activity, until the moment."""
        spent = wall_time(self.result.events, self.moment_ms)
        return {activity: ms / MS_PER_HOUR for activity, ms in spent.items()}

    @cached_property
    def metrics(self) -> Mapping[str, float | None]:
        """Every metric by name; None where there is nothing to divide by."""
        events, moment = self.result.events, self.moment_ms
        labelled = int(np.searchsorted(self._finished.end_ms, moment, side="right"))
        reached = self.result.reached
        documents = reached.labelled_documents if reached else labelled
        mine = self._finished[np.arange(documents)]
        by_document = mine.confirmed + mine.assigned
        annotations = int(by_document.sum())
        focused = int(by_document[mine.pace.are("focused")].sum())
        trainings = events[events.activity.are(TRAIN)]
        wall = self.wall_time
        return {
            "labelled_documents": documents,
            "labelled_at_publish": labelled,
            "annotations": annotations,
            "labels_per_document": _ratio(annotations, documents),
            "share_confirmed": _ratio(int(mine.confirmed.sum()), annotations),
            "share_focused": _ratio(focused, annotations),
            "wrong_suggestions_per_document": _ratio(int(mine.wrong_suggestions.sum()), documents),
            "active_hours": float(active_ms(events, np.array([moment]))[0]) / MS_PER_HOUR,
            "wall_hours": moment / MS_PER_HOUR,
            "labelling_hours": wall[LABEL],
            "training_hours": wall[TRAIN],
            "coordination_hours": sum(
                hours for step, hours in wall.items() if step not in (LABEL, TRAIN, WAIT)
            ),
            "waiting_hours": wall[WAIT],
            "trainings": int(np.sum(trainings.end_ms <= moment)),
            "rounds": sum(point.published_ms <= moment for point in self.result.curve),
        }

    @property
    def final_map(self) -> float | None:
        """MAP of the last published model."""
        return self.result.curve[-1].map if self.result.curve else None

    @cached_property
    def stopped(self) -> Stopped | None:
        """Where stopping rules ended it; None where none did.

        Truth that the project did not know: how good its last model was, and the hours that were spent since
        the target was reached.
        """
        if not self.result.stopped_by:
            return None
        end = np.array([self.result.ended_ms])
        active = float(active_ms(self.result.events, end)[0]) / MS_PER_HOUR
        reached = self.result.reached
        return {
            "replication": self.result.replication,
            "by": list(self.result.stopped_by),
            "labelled_documents": len(self._finished),
            "active_hours": active,
            "wall_hours": self.result.ended_ms / MS_PER_HOUR,
            "active_hours_past_target": (
                active - float(self.metrics["active_hours"] or 0) if reached else None
            ),
            "wall_hours_past_target": (
                (self.result.ended_ms - reached.published_ms) / MS_PER_HOUR if reached else None
            ),
        }

    @cached_property
    def _finished(self) -> Events:
        """Documents whose labelling was finished, in the order in which snapshots hold them."""
        events = self.result.events
        rows = np.flatnonzero(events.activity.are(LABEL) & (events.confirmed + events.assigned > 0))
        return events[rows[np.lexsort((events.document[rows], events.end_ms[rows]))]]


def active_ms(events: Events, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds that people spent labelling, rework included, until each of ``moments``.

    What is under way at a moment counts up to it: the sum over events of (moment - start) where started,
    less (moment - end) where ended.
    """
    rows = events.activity.are(LABEL) | events.activity.are(REWORK)
    started = _elapsed(events.start_ms[rows], moments)
    ended = _elapsed(events.end_ms[rows], moments)
    return started - ended


def _elapsed(times: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each moment the sum over earlier ``times`` of the time passed since."""
    times = np.sort(times)
    sums = np.concatenate([[0], np.cumsum(times)])
    earlier = np.searchsorted(times, moments)
    elapsed: NDArray[np.int64] = earlier * moments - sums[earlier]
    return elapsed


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
