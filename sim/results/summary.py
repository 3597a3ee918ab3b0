"""What a study found: its scenarios over their replications, as summary.json holds it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from sim.core.activities import LABEL, OFF_SHIFT, SETUP, TRAIN, WAIT, WAIT_FOR_TRAINER, awaited_role
from sim.core.durations import MS_PER_HOUR
from sim.core.events import OUTCOMES, Outcome, Reason
from sim.core.zones import zone_of
from sim.learning.rating.model_rating import Band, band
from sim.results.comparison import Comparison, Observed, compare
from sim.results.metrics import BY_NAME, COST, METRICS
from sim.results.precision import Precision
from sim.results.selection import Chosen
from sim.results.sensitivity import FIGURES, Sensitivity, sensitivity
from sim.results.statistics import (
    Aggregate,
    Distribution,
    Facts,
    Interval,
    aggregate,
    distribution,
    proportion_interval,
    quantile,
)
from sim.results.wall_time import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from sim.core.events import CorpusFacts
    from sim.loading.sweep import SweptKeys
    from sim.results.replication import LearningCurve, Measures


class Dates(Facts):
    """When a project begins, and when so many reach their target, in the scenario's own zone (ISO 8601)."""

    start: str
    timezone: str
    """Such as Europe/Berlin: what makes a date of any other hour."""
    median: str | None
    p80: str | None
    p90: str | None

    @classmethod
    def of(cls, start: datetime, wall_hours: Aggregate) -> Self:
        """When so many of the projects have reached their target; ``start`` knows its zone."""

        def date(hours: float | None) -> str | None:
            return None if hours is None else _after(start, hours).isoformat(timespec="minutes")

        return cls(
            start=start.isoformat(timespec="minutes"),
            timezone=str(start.tzinfo),
            median=date(wall_hours.median),
            p80=date(wall_hours.p80),
            p90=date(wall_hours.p90),
        )

    def after(self, hours: float) -> datetime:
        """The moment of an hour of wall time, in the project's own zone."""
        return _after(datetime.fromisoformat(self.start).astimezone(zone_of(self.timezone)), hours)


def _after(start: datetime, hours: float) -> datetime:
    """The moment so many hours later, whatever clocks did meanwhile."""
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)


class Target(Facts):
    """What a project is to reach."""

    map: float


class CorpusSummary(Facts):
    """The documents (`sim.core.events.CorpusFacts`)."""

    name: str
    stand_in: bool
    described: bool
    documents: int
    test_documents: int
    labels: int
    fingerprint: str
    notes: list[str]
    decisions: list[str]


class Ended(Facts):
    """For which reasons projects ended, and how many."""

    reason: Reason
    """The most frequent."""
    reasons: dict[Reason, int]


class ReplicationSummary(Facts, extra="allow"):
    """One project: every metric of `METRICS` until its target, else its end; ``final_...`` at its end."""

    replication: int
    outcome: Outcome
    reason: Reason
    reached: bool
    paused_documents: int
    labelled_documents: int
    annotations: int
    share_focused: float | None
    wall_hours: float
    final_map: float | None
    __pydantic_extra__: dict[str, int | float | None]

    @property
    def metrics(self) -> dict[str, float | None]:
        """By name."""
        return {name: getattr(self, name) for name in BY_NAME}


class Crossing(Facts):
    """Where the mean curve crosses the target, the article's method; None where it does not."""

    reached: bool
    labelled_documents: float | None = None
    active_hours: float | None = None
    wall_hours: float | None = None
    map: float | None = None

    @classmethod
    def at(cls, curve: MeanCurve, point: int | None) -> Self:
        """Point by its number."""
        if point is None:
            return cls(reached=False)
        names = ("labelled_documents", "active_hours", "wall_hours", "map")
        return cls(reached=True, **{name: float(getattr(curve, name)[point]) for name in names})


class StoppedProject(Facts):
    """Where stopping rules ended a project (`sim.results.replication.Stopped`)."""

    replication: int
    by: list[str]
    labelled_documents: int
    active_hours: float
    wall_hours: float
    active_hours_past_target: float | None
    wall_hours_past_target: float | None


class LabelQuality(Facts):
    """A label, and how well the last model finds it; None where no test document carries it."""

    name: str
    average_precision: float | None


class ByDeadline(Facts):
    """How many projects reach their target by a deadline, since they began."""

    hours: float
    made: int
    undecided: int
    """Cut off at a limit before the deadline: they might have made it."""
    n: int
    ci95: Interval
    """Of the chance to make it, whatever became of those undecided."""


class RatingSummary(Facts):
    """A scenario's Model Rating and its factors, 0 to 100, and what they are called."""

    factors: dict[str, float]
    bands: dict[str, Band]
    weakest_label: str
    """The most frequent among the replications."""
    points_off: float
    """How far All labels was from the true MAP, in points."""


class AgreementSummary(Facts):
    """How far people agreed who labelled the same documents: means over the replications that say so."""

    people: int
    """Who labelled each document."""
    unanimous: float | None
    alpha: float | None
    kappa: float | None
    alpha_by_label: dict[str, float | None]


class Spending(Facts):
    """What projects cost until their target, or until their end where they did not reach it."""

    mean: float
    median: float | None
    p80: float | None
    n: int


class Bottleneck(Facts):
    """The activity that took most of the wall time."""

    activity: str
    hours: float
    of_hours: float
    complete: bool = True
    """Whether all projects reached the target: else these are the hours until some ended without."""


class ScenarioSummary(Facts):
    """A scenario over its replications."""

    name: str
    target: Target
    currency: str | None
    dates: Dates | None
    corpus: CorpusSummary
    outcome: Ended
    failed: list[int]
    left_out: list[int]
    replications: list[ReplicationSummary]
    aggregate: dict[str, Aggregate]
    """Every metric, by name."""
    rounds: Distribution
    by_deadline: ByDeadline | None
    mean_curve: Crossing
    stopped: list[StoppedProject]
    rating: RatingSummary | None
    agreement: AgreementSummary | None
    labels: list[LabelQuality]
    wall_time: dict[str, float]
    waiting_for_people_hours: dict[str, float]
    spent: Spending | None
    bottleneck: Bottleneck

    @property
    def wall(self) -> Aggregate:
        """Wall time over the replications."""
        return self.aggregate["wall_hours"]

    @property
    def all_reached(self) -> bool:
        """Whether every project reached its target."""
        return self.wall.reached == self.wall.n


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """Point j is the mean over replications of the j-th published model, as far as all have one."""

    labelled_documents: NDArray[np.float64]
    active_hours: NDArray[np.float64]
    wall_hours: NDArray[np.float64]
    map: NDArray[np.float64]
    map_std: NDArray[np.float64]

    @classmethod
    def of(cls, curves: Sequence[LearningCurve]) -> MeanCurve:
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


@dataclass(frozen=True, eq=False)
class ScenarioOutcome:
    """All replications of a scenario and what they come to."""

    name: str
    target: float
    deadline_ms: int | None
    corpus: CorpusFacts
    document_ids: Sequence[str]
    label_names: Sequence[str]
    measures: Sequence[Measures]
    """What each replication says."""
    events: Iterable[pa.Table]
    """What happened in each, read when it is asked for."""
    currency: str | None = None
    """What it costs is in this; None where nothing costs."""
    start: datetime | None = None
    """When its projects begin, in their own zone; None where there are no dates."""
    failed: Sequence[int] = ()
    """Replications that could not be simulated."""
    left_out: Sequence[int] = ()
    """These, and replications that failed in another scenario of the study."""

    @cached_property
    def aggregates(self) -> Mapping[str, Aggregate]:
        """Every metric over the replications, by name."""
        outcomes = [measures.outcome for measures in self.measures]
        return {
            metric.name: aggregate(
                [measures.metrics[metric.name] for measures in self.measures], outcomes, share=metric.share
            )
            for metric in METRICS
        }

    @property
    def dates(self) -> Dates | None:
        """When targets are reached, as dates."""
        return None if self.start is None else Dates.of(self.start, self.aggregates["wall_hours"])

    @property
    def rounds(self) -> Distribution:
        """How many published models it took: single projects differ by whole rounds."""
        outcomes = [measures.outcome for measures in self.measures]
        return distribution([measures.metrics["rounds"] for measures in self.measures], outcomes)

    @cached_property
    def by_deadline(self) -> ByDeadline | None:
        """Who met the deadline, with Clopper and Pearson's interval of the chance."""
        if self.deadline_ms is None:
            return None
        made = sum(
            measures.reached is not None and measures.reached.published_ms <= self.deadline_ms
            for measures in self.measures
        )
        undecided = sum(
            measures.outcome == "horizon" and measures.ended_ms < self.deadline_ms
            for measures in self.measures
        )
        count = len(self.measures)
        low, high = proportion_interval(made, count)[0], proportion_interval(made + undecided, count)[1]
        return ByDeadline(
            hours=self.deadline_ms / MS_PER_HOUR, made=made, undecided=undecided, n=count, ci95=(low, high)
        )

    @cached_property
    def mean_curve(self) -> MeanCurve:
        """The mean of the replications' curves."""
        return MeanCurve.of([measures.curve for measures in self.measures])

    @property
    def labels(self) -> list[LabelQuality]:
        """Every label's average precision with the last model, mean over the replications that have one."""
        precisions = [one.average_precisions for one in self.measures if one.average_precisions]
        if not precisions:
            return []
        means = np.mean(precisions, axis=0)
        return [
            LabelQuality(name=name, average_precision=None if np.isnan(mean) else float(mean))
            for name, mean in zip(self.label_names, means, strict=True)
        ]

    @cached_property
    def rating(self) -> RatingSummary | None:
        """What projects saw of the model that reached the target, or of their last, and how true it was.

        Means over the replications; None where nobody looked.
        """
        models = [one.reached or one.curve.points[-1] for one in self.measures if len(one.curve)]
        rated = [(model.rating, model.map) for model in models if model.rating is not None]
        if not rated:
            return None
        ratings = [rating for rating, _ in rated]
        factors = {
            name: fmean(getattr(rating, name) for rating in ratings)
            for name in ("overall", "all_labels", "underperforming_labels", "coverage", "balance")
        }
        errors = [abs(rating.all_labels - 100 * map_) for rating, map_ in rated]
        weakest = Counter(rating.weakest_label for rating in ratings)
        return RatingSummary(
            factors=factors,
            bands={name: band(value) for name, value in factors.items()},
            weakest_label=weakest.most_common(1)[0][0],
            points_off=fmean(errors),
        )

    @property
    def agreement(self) -> AgreementSummary | None:
        """Of annotators who labelled the same documents; None where one person labels each."""
        found = [one.agreement for one in self.measures if one.agreement is not None]
        if not found:
            return None
        by_label = zip(*(each["alpha_by_label"] for each in found), strict=True)
        return AgreementSummary(
            people=found[0]["people"],
            unanimous=_mean(each["unanimous"] for each in found),
            alpha=_mean(each["alpha"] for each in found),
            kappa=_mean(each["kappa"] for each in found),
            alpha_by_label=dict(zip(self.label_names, map(_mean, by_label), strict=True)),
        )

    @property
    def outcomes(self) -> Counter[str]:
        """How many replications ended how."""
        return Counter(measures.outcome for measures in self.measures)

    @property
    def reasons(self) -> Mapping[Reason, int]:
        """How many replications ended for which reason, in the order of `OUTCOMES`."""
        counts = Counter(measures.reason for measures in self.measures)
        return {reason: counts[reason] for reason in OUTCOMES if counts[reason]}

    @property
    def reason(self) -> Reason:
        """The most frequent one; of equally frequent ones the first."""
        reasons = self.reasons
        return max(reasons, key=reasons.__getitem__)

    @cached_property
    def wall_time(self) -> Mapping[str, float]:
        """Mean hours of wall time by activity until the target, or until the end where it was not reached."""
        by_replication = [measures.wall_time for measures in self.measures]
        return {
            activity: sum(spent.get(activity, 0) for spent in by_replication) / len(by_replication)
            for activity in in_order(activity for spent in by_replication for activity in spent)
        }

    @property
    def waiting_for_people(self) -> Mapping[str, float]:
        """Mean hours of the same wall time in which projects but waited for people, by their role."""
        return {
            role: hours
            for activity, hours in self.wall_time.items()
            if (role := awaited_role(activity)) is not None
        }

    @property
    def spent(self) -> Spending | None:
        """What projects cost, whatever became of them; None where nothing costs."""
        if self.currency is None:
            return None
        costs = sorted(measures.metrics[COST] or 0 for measures in self.measures)
        return Spending(
            mean=fmean(costs), median=quantile(costs, 0.5), p80=quantile(costs, 0.8), n=len(costs)
        )

    @cached_property
    def bottleneck(self) -> Bottleneck:
        """What took most of the wall time."""
        groups: dict[str, float] = {}
        for activity, hours in self.wall_time.items():
            group = group_of(activity)
            groups[group] = groups.get(group, 0) + hours
        longest = max(groups, key=lambda group: groups[group])
        complete = all(measures.reached for measures in self.measures)
        return Bottleneck(
            activity=longest, hours=groups[longest], of_hours=sum(groups.values()), complete=complete
        )

    @cached_property
    def summary(self) -> ScenarioSummary:
        """All of this as ``summary.json`` holds it."""
        crossing = self.mean_curve.crossing(self.target)
        return ScenarioSummary(
            name=self.name,
            target=Target(map=self.target),
            currency=self.currency,
            dates=self.dates,
            corpus=CorpusSummary(**vars(self.corpus)),
            outcome=Ended(reason=self.reason, reasons=dict(self.reasons)),
            failed=list(self.failed),
            left_out=list(self.left_out),
            replications=[
                ReplicationSummary(
                    replication=one.replication,
                    outcome=one.outcome,
                    reason=one.reason,
                    reached=one.outcome == "reached",
                    paused_documents=one.paused,
                    **one.figures,
                )
                for one in self.measures
            ],
            aggregate=dict(self.aggregates),
            rounds=self.rounds,
            by_deadline=self.by_deadline,
            mean_curve=Crossing.at(self.mean_curve, crossing),
            stopped=[StoppedProject(**one.stopped) for one in self.measures if one.stopped],
            rating=self.rating,
            agreement=self.agreement,
            labels=self.labels,
            wall_time=dict(self.wall_time),
            waiting_for_people_hours=dict(self.waiting_for_people),
            spent=self.spent,
            bottleneck=self.bottleneck,
        )


def _mean(values: Iterable[float | None]) -> float | None:
    """Of those that exist; None if none does."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


_GROUPS = {
    LABEL: "labelling",
    TRAIN: "training",
    WAIT_FOR_TRAINER: "waiting for the trainer",
    WAIT: "waiting",
    OFF_SHIFT: "being off shift",
    **dict.fromkeys(SETUP, "setup"),
}


def group_of(activity: str) -> str:
    """What an activity of wall time belongs to; to the coordination if to nothing else.

    >>> group_of("label"), group_of("merge"), group_of("waiting for people: engineer")
    ('labelling', 'coordination', 'waiting for people')
    """
    if awaited_role(activity) is not None:
        return "waiting for people"
    return _GROUPS.get(activity, "coordination")


FEW = 20
"""With fewer replications P80 has no upper end (which takes 17), or rests on the last few projects."""
ENOUGH = 30
"""Replications to decide by: from here on the intervals hold about as often as they say."""
SCHEMA_VERSION = 1


class Caution(Facts):
    """A reason for which figures are rough."""

    kind: Literal["few_replications"]
    replications: int
    """Of the scenario that has the fewest."""
    enough: int


class StudySummary(Facts):
    """The content of ``summary.json``."""

    schema_version: Literal[1]
    left_out: list[int]
    cautions: list[Caution]
    scenarios: list[ScenarioSummary]
    """The first is the baseline."""
    sensitivity: Sensitivity | None
    precision: Precision | None
    selection: Chosen | None
    comparisons: list[Comparison]

    @classmethod
    def of(
        cls,
        scenarios: Sequence[ScenarioSummary],
        sweep: SweptKeys | None = None,
        precision: Precision | None = None,
        selection: Chosen | None = None,
    ) -> Self:
        """What scenarios come to side by side.

        Args:
            scenarios: the first being the baseline.
            sweep: what they are set-ups of.
            precision: how well means are known, where replications were added for that.
            selection: which is best, where replications were added for that.
        """
        baseline, *others = observed = [
            Observed(
                one.name,
                [replication.outcome for replication in one.replications],
                [replication.metrics for replication in one.replications],
            )
            for one in scenarios
        ]
        fewest = min(len(one.replications) for one in scenarios)
        few = Caution(kind="few_replications", replications=fewest, enough=ENOUGH)
        hours = [
            {figure: [metrics[figure] or 0.0 for metrics in one.metrics] for figure in FIGURES}
            for one in observed
        ]
        return cls(
            schema_version=SCHEMA_VERSION,
            left_out=sorted({number for one in scenarios for number in one.left_out}),
            cautions=[few] if fewest < FEW else [],
            scenarios=list(scenarios),
            sensitivity=sensitivity(sweep, hours, seed=0) if sweep else None,
            precision=precision,
            selection=selection,
            comparisons=[
                comparison
                for other in others
                for comparison in compare(baseline, other, compared=len(others))
            ],
        )


def as_json(content: dict[str, Any]) -> str:
    """JSON as it stands in the file: the same content gives the same bytes, and no NaN gets in."""
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
