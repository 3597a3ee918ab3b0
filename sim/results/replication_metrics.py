"""Metrics of one simulated project, from its events and models."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from math import ceil, isnan, nan
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sim.annotation.consensus_and_agreement import agreement
from sim.core.activities_and_costs import (
    LABEL,
    LABELLING,
    OFF_SHIFT,
    TRAIN,
    TRAINER,
    WAIT,
    Spent,
    is_annotator,
    is_wait,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.events import OUTCOMES
from sim.core.quality import QUALITY, ConvergenceStats, CurvePoint, Rating
from sim.results.statistics import Facts
from sim.results.wall_time import wall_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.annotation.consensus_and_agreement import Agreement
    from sim.core.activities_and_costs import Rates
    from sim.core.events import Events, Outcome, Reason, ReplicationResult
    from sim.core.quality import QualityTarget


def elapsed_ms(events: Events, rows: NDArray[np.bool_], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the durations of the events at ``rows`` until each of ``moments``, in milliseconds.

    An event under way at a moment counts up to it: the sum over events of (moment - start) where started,
    less (moment - end) where ended.
    """
    # Sums of what has passed since each start and each end: all moments at once,
    # without a look at every event for each.
    started = _time_since(events.start_ms[rows], moments)
    ended = _time_since(events.end_ms[rows], moments)
    return started - ended


def _time_since(times: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum for each moment the time since each earlier one of ``times``."""
    times = np.sort(times, kind="stable")  # nearly sorted already: that is where this kind is fast
    sums = np.concatenate([[0], np.cumsum(times)])
    earlier = np.searchsorted(times, moments)
    elapsed: NDArray[np.int64] = earlier * moments - sums[earlier]
    return elapsed


def costs(events: Events, rates: Rates, moments_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum a replication's costs until each moment: fixed costs, the hours of all events, and licences.

    An event under way at a moment counts up to it. The setup has a fixed cost.
    """
    total = np.full(len(moments_ms), rates.fixed, dtype=np.float64)
    if not rates.charged:
        return total
    hourly = _hourly_rates(events, rates)
    # Ascending, as `EventLog.spent` adds, so that both agree to the last bit.
    for rate in np.unique(hourly[hourly > 0]).tolist():
        total += rate * elapsed_ms(events, hourly == rate, moments_ms) / MS_PER_HOUR
    return total + _licences(events, rates, moments_ms)


def cost_parts(events: Events, rates: Rates, moment_ms: int) -> dict[str, float]:
    """Return a replication's costs until a moment by what they are for, which add up to `costs`."""
    hourly, until = _hourly_rates(events, rates), np.array([moment_ms])
    trained = events.actor.matches(TRAINER)
    parts = {"people": 0.0, "machine": 0.0}
    for part, rows in (("people", ~trained), ("machine", trained)):
        for rate in np.unique(hourly[rows & (hourly > 0)]).tolist():
            (spent_ms,) = elapsed_ms(events, rows & (hourly == rate), until).tolist()
            parts[part] += rate * spent_ms / MS_PER_HOUR
    (licences,) = _licences(events, rates, until)
    return {**parts, "licences": licences, "fixed": rates.fixed}


def _licences(events: Events, rates: Rates, moments_ms: NDArray[np.int64]) -> list[float]:
    """Return a replication's costs of licences, prelabels and models by the document, until each moment."""
    labelled = np.searchsorted(events.annotated_ms, moments_ms, side="right")
    # Rows are in the order of their ends: the first of a document is when it was first labelled.
    first = events.labelled[np.unique(events.document[events.labelled], return_index=True)[1]]
    prelabelled = np.searchsorted(np.sort(events.end_ms[first]), moments_ms, side="right")
    begun = [events.start_ms[events.actor.matches(name) & (events.document >= 0)] for name in rates.models]
    by_models = [np.searchsorted(starts_ms, moments_ms) for starts_ms in begun]
    counts = np.column_stack([moments_ms, labelled, prelabelled, *by_models]).tolist()
    return [rates.licences(*one) for one in counts]


def _hourly_rates(events: Events, rates: Rates) -> NDArray[np.float64]:
    """Return what an hour of each event costs."""
    activities = len(events.activity.names)
    # One number for each pair of actor and activity, so that each pair's rate is looked up once.
    kinds, kind = np.unique(
        events.actor.codes.astype(np.int64) * activities + events.activity.codes, return_inverse=True
    )
    hourly = np.array(
        [
            rates.hourly(events.actor.names[code // activities], events.activity.names[code % activities])
            for code in kinds.tolist()
        ],
        dtype=np.float64,
    )
    return hourly[kind]


COUNTED = ("round", "labelled_documents", "annotations")
MEASURED = ("active_hours", "wall_hours", *QUALITY, "cost")


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Learning curve of a project: columns of equal length, with one value per published model."""

    round: NDArray[np.int64]
    labelled_documents: NDArray[np.int64]
    annotations: NDArray[np.int64]
    """Labels in the model's snapshot."""
    active_hours: NDArray[np.float64]
    """Hours of labelling until the model's publication; wall time and costs count until then as well."""
    wall_hours: NDArray[np.float64]
    map: NDArray[np.float64]
    macro_f1: NDArray[np.float64]
    """As all below but costs: NaN where it does not apply to the documents (`Quality`)."""
    micro_f1: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    wss_95: NDArray[np.float64]
    found: NDArray[np.float64]
    cost: NDArray[np.float64]
    ratings: Sequence[Rating | None]
    """The project's rating of each model, None where there is none."""
    signs: Sequence[ConvergenceStats | None]

    def __len__(self) -> int:
        return len(self.map)

    def reaches(self, target: QualityTarget) -> NDArray[np.bool_]:
        """Return which models reach a target, shape ``(models,)``."""
        reached: NDArray[np.bool_] = getattr(self, target.metric) >= target.value
        return reached

    @cached_property
    def points(self) -> list[CurvePoint]:
        """Points of the learning curve, one per published model."""
        # Hours are what tables hold; as they came from whole milliseconds, rounding gives these back.
        published_ms = np.rint(self.wall_hours * MS_PER_HOUR).astype(np.int64)
        columns = self.round, self.labelled_documents, published_ms, self.map
        rows = zip(*(column.tolist() for column in columns), self.ratings, self.signs, strict=True)
        others = QUALITY[1:]
        quality = zip(*(_none_for_nan(getattr(self, name)) for name in others), strict=True)
        return [
            CurvePoint(*row, **dict(zip(others, values, strict=True)))
            for row, values in zip(rows, quality, strict=True)
        ]

    @cached_property
    def spent(self) -> list[Spent]:
        """Active hours and costs by each model's publication."""
        return [*map(Spent, self.active_hours.tolist(), self.cost.tolist())]

    def to_dict(self) -> dict[str, list[Any]]:
        """Convert the learning curve to a dictionary for JSON, without loss; inverse of `from_dict`."""
        return {
            **{name: _none_for_nan(getattr(self, name)) for name in (*COUNTED, *MEASURED)},
            "ratings": [rating and vars(rating) for rating in self.ratings],
            "signs": [signs and vars(signs) for signs in self.signs],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Sequence[Any]]) -> LearningCurve:
        """Build a learning curve from the dictionary of `to_dict`."""
        columns: dict[str, Any] = {
            **{name: np.array(content[name], dtype=np.int64) for name in COUNTED},
            **{name: np.array(content[name], dtype=np.float64) for name in MEASURED},
        }
        return cls(
            **columns,
            ratings=[rating and Rating(**rating) for rating in content["ratings"]],
            signs=[signs and ConvergenceStats(**signs) for signs in content["signs"]],
        )


def _none_for_nan(values: NDArray[Any]) -> list[Any]:
    """List the values of a learning curve's column, None in place of NaN."""
    return [None if isnan(value) else value for value in values.tolist()]


class Stopped(Facts):
    """Point at which stopping rules ended a project."""

    replication: int
    by: list[str]
    labelled_documents: int
    active_hours: float
    wall_hours: float
    active_hours_past_target: float | None
    wall_hours_past_target: float | None


FOUND = (0.5, 0.8, 0.95, 1.0)
"""Shares of the relevant documents of which it is told when they were found."""
SAVED_AT = 0.95
"""Share of them at which the hours saved are told, as in work saved over sampling."""


class Screening(Facts):
    """Active hours until people had found shares of the relevant documents, `FOUND`."""

    relevant: int
    hours: list[float | None]
    """For each share; None where the project ended before."""
    all_hours: float | None
    """Active hours that all documents of the pool would take, at the pace so far."""

    @classmethod
    def from_result(cls, result: ReplicationResult, finished: NDArray[np.int64]) -> Self | None:
        """Measure when the k-th relevant document was found, for the first k that is each share."""
        relevant, events = result.relevant, result.events
        if relevant is None or not relevant.any():
            return None
        found = finished[relevant[events.document[finished]] & (events.labels[finished] > 0)]
        wanted = [ceil(share * int(relevant.sum()) - ROUNDING) for share in FOUND]
        moments = np.array([*(events.end_ms[found[: max(wanted)]]), result.ended_ms], dtype=np.int64)
        *by_found, in_all = (active_ms(events, moments) / MS_PER_HOUR).tolist()
        return cls(
            relevant=int(relevant.sum()),
            hours=[by_found[count - 1] if count <= len(by_found) else None for count in wanted],
            all_hours=in_all / len(finished) * len(relevant) if len(finished) else None,
        )

    @property
    def saved(self) -> float | None:
        """Hours saved by 95 % recall, over reading documents in random order until then; None if unknown."""
        hours = self.hours[FOUND.index(SAVED_AT)]
        return None if hours is None or self.all_hours is None else SAVED_AT * self.all_hours - hours


@dataclass(frozen=True, eq=False)
class ReplicationMetrics:
    """Metrics of a replication, with its reason to end, its models and its wall time by activity."""

    replication: int
    reason: Reason
    """Reason to end."""
    ended_ms: int
    curve: LearningCurve
    metrics: Mapping[str, float | None]
    """Metrics by name, on reaching the target or at the end; None where a divisor is 0."""
    final: Mapping[str, float | None]
    """The same at the project's end, whether or not it reached its target before."""
    wall_time: Mapping[str, float]
    """Hours of wall time by activity, until the moment of the metrics."""
    stopped: Stopped | None
    """Point at which stopping rules ended it; None where none did."""
    average_precisions: Sequence[float]
    """Average precision of each label, NaN without test documents; empty without a model."""
    agreement: Agreement | None
    """Agreement of people who labelled the same documents; None where one person labels each."""
    reached: CurvePoint | None
    """First point of the learning curve at the target; None if there is none."""
    paused: int
    """Documents that took longer than any shift, but should be labelled without a break."""
    screening: Screening | None = None
    """Active hours until relevant documents were found; None where there are several labels."""
    cost_parts: Mapping[str, float] = field(default_factory=dict)
    """Costs until the moment of the metrics by what they are for; empty where there are none."""

    @property
    def outcome(self) -> Outcome:
        """Outcome of the replication, which follows from its reason to end."""
        return OUTCOMES[self.reason]

    @property
    def final_quality(self) -> dict[str, float | None]:
        """Metrics of the last published model, by name; None without a model, or where one does not apply."""
        last = self.curve.points[-1] if len(self.curve) else None
        return {name: getattr(last, name, None) for name in QUALITY}

    @property
    def figures(self) -> dict[str, float | None]:
        """Columns of the results table: the metrics, and those of the last model and of the end."""
        final = {**self.final_quality, **self.final}
        return {**self.metrics, **{f"final_{name}": value for name, value in final.items()}}

    def to_dict(self) -> dict[str, Any]:
        """Convert a replication's metrics to a dictionary for JSON, without loss; inverse of `from_dict`."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "curve": self.curve.to_dict(),
            "stopped": self.stopped and self.stopped.model_dump(),
            "screening": self.screening and self.screening.model_dump(),
            "average_precisions": [None if isnan(value) else value for value in self.average_precisions],
            # As its number in the curve, which is there already.
            "reached": None if self.reached is None else self.reached.round,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ReplicationMetrics:
        """Build the metrics of a replication from the dictionary of `to_dict`."""
        curve, reached = LearningCurve.from_dict(content["curve"]), content["reached"]
        return cls(
            **{
                **content,
                "curve": curve,
                "stopped": content["stopped"] and Stopped(**content["stopped"]),
                "screening": content["screening"] and Screening(**content["screening"]),
                "average_precisions": [
                    nan if value is None else value for value in content["average_precisions"]
                ],
                "reached": None if reached is None else curve.points[reached],
            }
        )


ROUNDING = 1e-9
"""What a product of a share and a number of documents may be too large by."""
UNCOORDINATED = (LABEL, TRAIN, WAIT, OFF_SHIFT)
"""Activities of wall time that are not steps of a coordination."""


def compute_metrics(result: ReplicationResult) -> ReplicationMetrics:
    """Compute the metrics of a replication when it reaches the target, or at its end if it never does."""
    reached, events = result.reached, result.events
    finished = events.completed(result.overlap)
    ended = result.ended_ms
    # When the model is published and not when its last document was labelled: until then nobody can use it.
    moment = ended if reached is None else reached.published_ms
    annotations = _sum_by_document(events, events.confirmed + events.assigned)
    # done[n] counts the annotations of the first n documents, which is what a model of n learned from.
    annotations_so_far = np.concatenate([[0], np.cumsum(annotations[events.document[finished]])])
    models = result.curve
    learned_from = np.array([model.labelled_documents for model in models], dtype=np.int64)
    published = np.array([model.published_ms for model in models], dtype=np.int64)
    moments = np.array([*published, moment, ended])
    *by_model, at_moment, at_end = (active_ms(events, moments) / MS_PER_HOUR).tolist()
    *cost_by_model, cost, cost_at_end = costs(events, result.rates, moments).tolist()
    labelled = int(np.searchsorted(events.end_ms[finished], moment, side="right"))
    documents = labelled if reached is None else reached.labelled_documents
    wall = _hours_by_activity(events, moment)
    metrics = _metrics_at(result, finished, documents, moment, Spent(at_moment, cost), wall)
    # Not computed twice where a project ends without its target: both are at its end.
    final = metrics
    if reached is not None:
        wall_at_end = wall if moment == ended else _hours_by_activity(events, ended)
        final = _metrics_at(result, finished, len(finished), ended, Spent(at_end, cost_at_end), wall_at_end)
    return ReplicationMetrics(
        replication=result.replication,
        reason=result.reason,
        ended_ms=result.ended_ms,
        curve=LearningCurve(
            round=np.array([model.round for model in models], dtype=np.int64),
            labelled_documents=learned_from,
            annotations=annotations_so_far[learned_from],
            active_hours=np.array(by_model, dtype=np.float64),
            wall_hours=published / MS_PER_HOUR,
            **{
                name: np.array([getattr(model, name) for model in models], dtype=np.float64)
                for name in QUALITY
            },
            cost=np.array(cost_by_model, dtype=np.float64),
            ratings=[model.rating for model in models],
            signs=[model.signs for model in models],
        ),
        metrics=metrics,
        final=final,
        wall_time=wall,
        stopped=_stop_record(result, len(finished), at_moment, at_end) if result.stopped_by else None,
        average_precisions=result.average_precisions,
        agreement=None if result.annotation_matrix is None else agreement(result.annotation_matrix),
        reached=reached,
        paused=result.paused,
        screening=Screening.from_result(result, finished),
        cost_parts=cost_parts(events, result.rates, moment) if result.rates.charged else {},
    )


def _metrics_at(
    result: ReplicationResult,
    finished: NDArray[np.int64],
    documents: int,
    moment: int,
    spent: Spent,
    wall: Mapping[str, float],
) -> dict[str, float | None]:
    """Compute a replication's metrics by name at a moment, over the first ``documents`` labelled ones."""
    events = result.events
    labelled = int(np.searchsorted(events.end_ms[finished], moment, side="right"))
    counted_rows = finished[:documents]
    if result.overlap > 1:
        # `finished` has only the row that completed each document; here everybody's rows count.
        counted_rows = events.labelled[
            np.isin(events.document[events.labelled], events.document[counted_rows])
        ]
    confirmed = events.confirmed[counted_rows]
    by_document = confirmed + events.assigned[counted_rows]
    annotations = int(by_document.sum())
    focused = int(by_document[events.pace[counted_rows].matches("focused")].sum())
    trainings = events.end_ms[events.activity.matches(TRAIN)]
    return {
        "labelled_documents": documents,
        "labelled_at_publish": labelled,
        "annotations": annotations,
        "labels_per_document": _ratio(annotations, documents),
        "share_confirmed": _ratio(int(confirmed.sum()), annotations),
        "share_focused": _ratio(focused, annotations),
        "wrong_suggestions_per_document": _ratio(
            int(events.wrong_suggestions[counted_rows].sum()), documents
        ),
        "active_hours": spent.active_hours,
        "wall_hours": moment / MS_PER_HOUR,
        "labelling_hours": wall[LABEL],
        "training_hours": wall[TRAIN],
        "coordination_hours": sum(
            hours for name, hours in wall.items() if name not in UNCOORDINATED and not is_wait(name)
        ),
        "waiting_hours": wall[WAIT] + sum(hours for name, hours in wall.items() if is_wait(name)),
        "off_shift_hours": wall.get(OFF_SHIFT, 0.0),
        "trainings": int(np.sum(trainings <= moment)),
        "cost": spent.cost,
        "rounds": sum(model.published_ms <= moment for model in result.curve),
    }


def _hours_by_activity(events: Events, moment: int) -> dict[str, float]:
    """Return a replication's hours of wall time by activity until a moment."""
    return {activity: ms / MS_PER_HOUR for activity, ms in wall_time(events, moment).items()}


def _stop_record(result: ReplicationResult, documents: int, at_moment: float, at_end: float) -> Stopped:
    """Record where stopping rules ended a replication, and the hours spent since it reached the target.

    The project itself does not know when it reached its target.
    """
    reached = result.reached
    past_ms = 0 if reached is None else result.ended_ms - reached.published_ms
    return Stopped(
        replication=result.replication,
        by=list(result.stopped_by),
        labelled_documents=documents,
        active_hours=at_end,
        wall_hours=result.ended_ms / MS_PER_HOUR,
        active_hours_past_target=None if reached is None else at_end - at_moment,
        wall_hours_past_target=None if reached is None else past_ms / MS_PER_HOUR,
    )


def _sum_by_document(events: Events, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum an event column per document; the result is indexed by document."""
    rows = events.labelled
    # bincount adds weights as floats, which is exact for counts.
    total = np.bincount(events.document[rows], weights=counts[rows])
    return np.rint(total).astype(np.int64)


def active_ms(events: Events, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the milliseconds of people's labelling, test documents and rework, until each of ``moments``."""
    rows = events.activity.matches_any(LABELLING)
    people = np.array([is_annotator(name) for name in events.actor.names], dtype=np.bool_)
    return elapsed_ms(events, rows & people[events.actor.codes], moments)


def _ratio(part: int, whole: int) -> float | None:
    """Divide two counts of a metric; None where the divisor is 0."""
    return part / whole if whole else None
