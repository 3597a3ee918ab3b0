"""Summary of a study: its scenarios over their replications, as in ``summary.json``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import ceil, inf
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from sim.core.activities_and_costs import (
    LABEL,
    OFF_SHIFT,
    SETUP,
    TRAIN,
    WAIT,
    WAIT_FOR_DOCUMENTS,
    WAIT_FOR_TRAINER,
    WAIT_FOR_TRAINING,
    awaited_role,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.events import OUTCOMES, Outcome, Reason
from sim.core.quality import QUALITY, QualityTarget, mean_target
from sim.core.zones import date_after, zone_of
from sim.corpus.documents import CorpusFacts
from sim.learning.rating.model_rating import Band, band
from sim.results.comparison import Comparison, Observed, compare
from sim.results.decision import Decision
from sim.results.metrics import BY_NAME, COST, METRICS
from sim.results.precision import Precision
from sim.results.replication_metrics import FOUND, ROUNDING, Stopped
from sim.results.selection import SelectionSummary
from sim.results.sensitivity import FIGURES, Sensitivity, sensitivity
from sim.results.statistics import (
    Aggregate,
    Facts,
    Interval,
    ValueCounts,
    aggregate,
    proportion_interval,
    quantile,
    value_counts,
)
from sim.results.uncertainty import Uncertainty, uncertainty
from sim.results.wall_time import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from sim.loading.sweep import SweepTable
    from sim.results.replication_metrics import LearningCurve, ReplicationMetrics


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """Summary of learning curves: point j is the mean of the j-th models, as far as all have one."""

    labelled_documents: NDArray[np.float64]
    active_hours: NDArray[np.float64]
    wall_hours: NDArray[np.float64]
    quality: Mapping[str, NDArray[np.float64]]
    """Each metric of the models, by name; NaN where it does not apply."""
    quality_std: Mapping[str, NDArray[np.float64]]

    @classmethod
    def from_curves(cls, curves: Sequence[LearningCurve]) -> MeanCurve:
        """Average the learning curves of replications; the standard deviation is that of one replication."""
        # Beyond the end of the shortest curve, the mean of the others would jump.
        points = min(len(curve) for curve in curves)
        quality = {name: np.array([getattr(curve, name)[:points] for curve in curves]) for name in QUALITY}
        return cls(
            labelled_documents=np.mean([curve.labelled_documents[:points] for curve in curves], axis=0),
            active_hours=np.mean([curve.active_hours[:points] for curve in curves], axis=0),
            wall_hours=np.mean([curve.wall_hours[:points] for curve in curves], axis=0),
            quality={name: values.mean(axis=0) for name, values in quality.items()},
            quality_std={
                name: values.std(axis=0, ddof=1) if len(curves) > 1 else np.full(points, np.nan)
                for name, values in quality.items()
            },
        )

    @property
    def map(self) -> NDArray[np.float64]:
        """Mean MAP."""
        return self.quality["map"]

    def crossing(self, target: QualityTarget) -> int | None:
        """Return the index of the first point of the mean curve that is at least at the target."""
        # Without interpolation: between two models there is none that anybody could use.
        above = np.flatnonzero(self.quality[target.metric] >= target.value)
        return int(above[0]) if len(above) else None


@dataclass(frozen=True, eq=False)
class ScenarioOutcome:
    """Outcome of a scenario: all its replications."""

    name: str
    targets: Sequence[QualityTarget]
    """Target of each replication, alike unless they are shares of different corpora's plateaus."""
    deadline_ms: int | None
    corpus: CorpusFacts
    document_ids: Sequence[str]
    label_names: Sequence[str]
    measures: Sequence[ReplicationMetrics]
    """Metrics of each replication."""
    events: Iterable[pa.Table]
    """Events of each replication, read on iteration."""
    currency: str | None = None
    """Currency of costs; None where there are none."""
    start: datetime | None = None
    """Start of its projects, in their own zone; None without dates."""
    drawn: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Value of each unknown key in each replication, durations in hours."""
    failed: Sequence[int] = ()
    """Replications that could not be simulated."""
    left_out: Sequence[int] = ()
    """Failed replications, and those that failed in another scenario of the study."""

    @cached_property
    def mean_curve(self) -> MeanCurve:
        """Mean of the replications' learning curves."""
        return MeanCurve.from_curves([measures.curve for measures in self.measures])

    @property
    def target(self) -> QualityTarget:
        """Mean of the replications' targets, which their mean curve is to reach."""
        return mean_target(self.targets)

    @cached_property
    def summary(self) -> ScenarioSummary:
        """Summary of the scenario's replications."""
        return ScenarioSummary.from_outcome(self)


class Dates(Facts):
    """Dates of the projects' start and of quantiles at the target: ISO 8601 in the scenario's zone."""

    start: str
    timezone: str
    """The zone, such as Europe/Berlin, that turns any other hour into a date."""
    median: str | None
    p80: str | None
    p90: str | None

    @classmethod
    def from_wall_time(cls, start: datetime, wall_hours: Aggregate) -> Self:
        """Convert quantiles of wall time to dates; ``start`` has a time zone."""

        def date_at(hours: float | None) -> str | None:
            """Convert hours of wall time to an ISO 8601 date; None for None."""
            return None if hours is None else date_after(start, hours).isoformat(timespec="minutes")

        return cls(
            start=start.isoformat(timespec="minutes"),
            timezone=str(start.tzinfo),
            median=date_at(wall_hours.median),
            p80=date_at(wall_hours.p80),
            p90=date_at(wall_hours.p90),
        )

    def after(self, hours: float) -> datetime:
        """Convert hours of wall time to a date and time in the project's own zone."""
        return date_after(datetime.fromisoformat(self.start).astimezone(zone_of(self.timezone)), hours)


class Ended(Facts):
    """Reasons to end of a scenario's projects."""

    reason: Reason
    """The most frequent reason; if several are, the first in the order of `OUTCOMES`."""
    reasons: dict[Reason, int]
    """Number of projects per reason, in that order."""

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics]) -> Self:
        """Count the reasons to end of a scenario's replications."""
        counts = Counter(one.reason for one in measured)
        reasons = {reason: counts[reason] for reason in OUTCOMES if counts[reason]}
        return cls(reason=max(reasons, key=reasons.__getitem__), reasons=reasons)


class ReplicationSummary(Facts, extra="allow"):
    """Replication in ``summary.json``: metrics at the target, or at the end; ``final_...`` at the end."""

    replication: int
    outcome: Outcome
    reason: Reason
    reached: bool
    target: float
    """Least value of the target's metric in this project."""
    paused_documents: int
    labelled_documents: int
    annotations: int
    share_focused: float | None
    wall_hours: float
    final_map: float | None
    __pydantic_extra__: dict[str, int | float | None]

    @classmethod
    def from_metrics(cls, measures: ReplicationMetrics, target: QualityTarget) -> Self:
        """Build the summary of a replication from its metrics and its target."""
        return cls(
            replication=measures.replication,
            outcome=measures.outcome,
            reason=measures.reason,
            reached=measures.outcome == "reached",
            target=target.value,
            paused_documents=measures.paused,
            **measures.figures,
        )

    @property
    def metrics(self) -> dict[str, float | None]:
        """Metrics of the replication by name."""
        return {name: getattr(self, name) for name in BY_NAME}


class Crossing(Facts):
    """Point where the mean curve crosses the target (the article's method); None where it does not."""

    reached: bool
    labelled_documents: float | None = None
    active_hours: float | None = None
    wall_hours: float | None = None
    map: float | None = None

    @classmethod
    def from_curve(cls, curve: MeanCurve, target: QualityTarget) -> Self:
        """Find where the mean curve crosses its target."""
        point = curve.crossing(target)
        if point is None:
            return cls(reached=False)
        names = ("labelled_documents", "active_hours", "wall_hours", "map")
        return cls(reached=True, **{name: float(getattr(curve, name)[point]) for name in names})


class LabelQuality(Facts):
    """Summary of a label: its average precision with the last model; None where none can be measured."""

    name: str
    average_precision: float | None

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics], names: Sequence[str]) -> list[Self]:
        """Average each label's average precision over the replications that have a model."""
        precisions = [one.average_precisions for one in measured if one.average_precisions]
        # A label is NaN in all replications or in none: they share the test documents.
        means = np.mean(precisions, axis=0) if precisions else []
        return [
            cls(name=name, average_precision=None if np.isnan(mean) else float(mean))
            for name, mean in zip(names, means, strict=bool(precisions))
        ]


class ByDeadline(Facts):
    """Summary of a deadline: how many projects reach their target by then, in hours since they began."""

    hours: float
    made: int
    undecided: int
    """Cut off at a limit before the deadline: they might have made it."""
    n: int
    ci95: Interval
    """95 % CI of the probability (Clopper and Pearson), however undecided projects would have ended."""

    @property
    def share(self) -> float:
        """Share of the projects that are known to make it."""
        return self.made / self.n

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics], deadline_ms: int) -> Self:
        """Count the replications that reached the target by the deadline."""
        count = len(measured)
        made = sum(one.reached is not None and one.reached.published_ms <= deadline_ms for one in measured)
        # Whoever was stopped or ran out of documents never makes it; only a limit leaves that open.
        undecided = sum(one.outcome == "horizon" and one.ended_ms < deadline_ms for one in measured)
        low, high = proportion_interval(made, count)[0], proportion_interval(made + undecided, count)[1]
        return cls(hours=deadline_ms / MS_PER_HOUR, made=made, undecided=undecided, n=count, ci95=(low, high))


class RatingSummary(Facts):
    """Summary of the Model Rating on reaching the target, or of the last model; means over replications."""

    factors: dict[str, float]
    """The rating and its factors, 0 to 100."""
    bands: dict[str, Band]
    """Bands of the rating and its factors."""
    weakest_label: str
    """The most frequent among the replications."""
    points_off: float
    """Difference between All labels and the true MAP, in points."""

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics]) -> Self | None:
        """Average the Model Ratings of replications; None where there are none."""
        models = [one.reached or one.curve.points[-1] for one in measured if len(one.curve)]
        rated = [(model.rating, model.map) for model in models if model.rating is not None]
        if not rated:
            return None
        factors = {
            name: fmean(getattr(rating, name) for rating, _ in rated)
            for name in ("overall", "all_labels", "underperforming_labels", "coverage", "balance")
        }
        return cls(
            factors=factors,
            bands={name: band(value) for name, value in factors.items()},
            weakest_label=Counter(rating.weakest_label for rating, _ in rated).most_common(1)[0][0],
            points_off=fmean(abs(rating.all_labels - 100 * map_) for rating, map_ in rated),
        )


class AgreementSummary(Facts):
    """Summary of the agreement of annotators: means over the replications that have one."""

    people: int
    """People per document."""
    unanimous: float | None
    alpha: float | None
    kappa: float | None
    alpha_by_label: dict[str, float | None]

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics], names: Sequence[str]) -> Self | None:
        """Average the agreement between annotators over replications; None without overlap."""
        agreements = [one.agreement for one in measured if one.agreement is not None]
        if not agreements:
            return None
        by_label = zip(*(one["alpha_by_label"] for one in agreements), strict=True)
        return cls(
            people=agreements[0]["people"],
            unanimous=_mean(one["unanimous"] for one in agreements),
            alpha=_mean(one["alpha"] for one in agreements),
            kappa=_mean(one["kappa"] for one in agreements),
            alpha_by_label=dict(zip(names, map(_mean, by_label), strict=True)),
        )


class Spending(Facts):
    """Summary of costs until the target, or until their end where they did not reach it."""

    mean: float
    median: float | None
    p80: float | None
    n: int
    parts: dict[str, float]
    """Mean costs by what they are for: people, machine, licences, fixed."""

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics]) -> Self:
        """Summarise the costs of all replications, whatever their outcome."""
        # Of all projects, also those that missed their target: a budget is spent either way.
        costs = sorted(one.metrics[COST] or 0 for one in measured)
        names = dict.fromkeys(name for one in measured for name in one.cost_parts)
        parts = {name: fmean(one.cost_parts.get(name, 0.0) for one in measured) for name in names}
        return cls(
            mean=fmean(costs),
            median=quantile(costs, 0.5),
            p80=quantile(costs, 0.8),
            n=len(costs),
            parts=parts,
        )


class Bottleneck(Facts):
    """Summary of the bottleneck: the group of activities with the most wall time (`group_of`)."""

    activity: str
    hours: float
    of_hours: float
    complete: bool = True
    """Whether all projects reached the target; otherwise some of the hours end without it."""

    @classmethod
    def from_wall_time(cls, wall_time: dict[str, float], *, complete: bool) -> Self:
        """Find the group of activities with the most wall time."""
        groups: dict[str, float] = {}
        for activity, hours in wall_time.items():
            groups[group_of(activity)] = groups.get(group_of(activity), 0) + hours
        longest = max(groups, key=groups.__getitem__)
        return cls(activity=longest, hours=groups[longest], of_hours=sum(groups.values()), complete=complete)


class Found(Facts):
    """When a share of the relevant documents was found: quantiles of active hours, None if never in time."""

    share: float
    documents: int
    median: float | None
    p80: float | None


class ScreeningSummary(Facts):
    """Active hours until people had found shares of the relevant documents, over a scenario's projects."""

    relevant: int
    """Number of relevant documents, the same in all projects."""
    found: list[Found]
    saved: float | None
    """Median of the hours saved at 95 % recall over reading in random order; None where half found fewer."""

    @classmethod
    def from_replications(cls, measured: Sequence[ReplicationMetrics]) -> Self | None:
        """Summarise the replications of a scenario; None where there are several labels."""
        screened = [one.screening for one in measured if one.screening is not None]
        if not screened:
            return None
        # Those that found too few saved least of all.
        later = _quantile_or_none([None if one.saved is None else -one.saved for one in screened], 0.5)
        return cls(
            relevant=screened[0].relevant,
            found=[
                Found(
                    share=share,
                    documents=ceil(share * screened[0].relevant - ROUNDING),
                    median=_quantile_or_none([one.hours[place] for one in screened], 0.5),
                    p80=_quantile_or_none([one.hours[place] for one in screened], 0.8),
                )
                for place, share in enumerate(FOUND)
            ],
            saved=None if later is None else -later,
        )


def _quantile_or_none(values: Sequence[float | None], probability: float) -> float | None:
    """Return a quantile of values of which None is the largest; None if it is one of these."""
    return quantile(sorted(inf if value is None else value for value in values), probability)


class ScenarioSummary(Facts):
    """Summary of a scenario over its replications."""

    name: str
    target: dict[str, float]
    """Least value of the target's metric, by its name: mean over the replications."""
    of_plateau: float | None
    """Share of the learner's MAP with all documents labelled that this is; None for a target of its own."""
    currency: str | None
    dates: Dates | None
    corpus: CorpusFacts
    outcome: Ended
    failed: list[int]
    left_out: list[int]
    replications: list[ReplicationSummary]
    aggregate: dict[str, Aggregate]
    """Every metric, by name."""
    rounds: ValueCounts
    """Number of published models needed: single projects differ by whole rounds."""
    by_deadline: ByDeadline | None
    mean_curve: Crossing
    stopped: list[Stopped]
    rating: RatingSummary | None
    agreement: AgreementSummary | None
    labels: list[LabelQuality]
    wall_time: dict[str, float]
    """Mean hours by activity until the target, or until the end where it was not reached."""
    waiting_for_people_hours: dict[str, float]
    """Hours of the same in which projects only waited for people, by role."""
    screening: ScreeningSummary | None
    """When relevant documents were found; None where there are several labels."""
    spent: Spending | None
    bottleneck: Bottleneck
    uncertainty: Uncertainty | None
    """What the unknown keys make of the hours; None where nothing is unknown."""

    @classmethod
    def from_outcome(cls, outcome: ScenarioOutcome) -> Self:
        """Summarise the replications of a scenario."""
        measured = outcome.measures
        ends = [one.outcome for one in measured]
        figures = {
            metric.name: aggregate([one.metrics[metric.name] for one in measured], ends, share=metric.share)
            for metric in METRICS
        }
        wall_time = {
            activity: sum(one.wall_time.get(activity, 0) for one in measured) / len(measured)
            for activity in in_order(activity for one in measured for activity in one.wall_time)
        }
        complete = all(one.reached for one in measured)
        return cls(
            name=outcome.name,
            target={outcome.target.metric: outcome.target.value},
            of_plateau=outcome.target.of_plateau,
            currency=outcome.currency,
            dates=Dates.from_wall_time(outcome.start, figures["wall_hours"]) if outcome.start else None,
            corpus=outcome.corpus,
            outcome=Ended.from_replications(measured),
            failed=list(outcome.failed),
            left_out=list(outcome.left_out),
            replications=list(map(ReplicationSummary.from_metrics, measured, outcome.targets)),
            aggregate=figures,
            rounds=value_counts([one.metrics["rounds"] for one in measured], ends),
            by_deadline=None
            if outcome.deadline_ms is None
            else ByDeadline.from_replications(measured, outcome.deadline_ms),
            mean_curve=Crossing.from_curve(outcome.mean_curve, outcome.target),
            stopped=[one.stopped for one in measured if one.stopped],
            rating=RatingSummary.from_replications(measured),
            agreement=AgreementSummary.from_replications(measured, outcome.label_names),
            labels=LabelQuality.from_replications(measured, outcome.label_names),
            screening=ScreeningSummary.from_replications(measured),
            wall_time=wall_time,
            waiting_for_people_hours={
                role: hours for activity, hours in wall_time.items() if (role := awaited_role(activity))
            },
            spent=Spending.from_replications(measured) if outcome.currency else None,
            bottleneck=Bottleneck.from_wall_time(wall_time, complete=complete),
            uncertainty=uncertainty(
                outcome.drawn,
                {figure: [one.metrics[figure] or 0.0 for one in measured] for figure in FIGURES},
            ),
        )

    @property
    def quality_target(self) -> QualityTarget:
        """The target's metric and its least value, the mean over the replications."""
        ((metric, value),) = self.target.items()
        return QualityTarget(metric, value, self.of_plateau)

    @property
    def targets(self) -> list[QualityTarget]:
        """Target of each replication."""
        return [self.quality_target._replace(value=one.target) for one in self.replications]

    @property
    def final_quality(self) -> list[float | None]:
        """The target's metric of each replication's last model; None without a model."""
        return [getattr(one, f"final_{self.quality_target.metric}") for one in self.replications]

    @property
    def wall(self) -> Aggregate:
        """Wall time over the replications."""
        return self.aggregate["wall_hours"]

    @property
    def all_reached(self) -> bool:
        """Whether every project reached its target."""
        return self.wall.reached == self.wall.n


def _mean(values: Iterable[float | None]) -> float | None:
    """Average the values that exist over replications; None if there are none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


_GROUPS = {
    LABEL: "labelling",
    TRAIN: "training",
    WAIT_FOR_DOCUMENTS: "waiting for documents",
    WAIT_FOR_TRAINER: "waiting for the trainer",
    WAIT_FOR_TRAINING: "waiting for the next training",
    WAIT: "waiting",
    OFF_SHIFT: "being off shift",
    **dict.fromkeys(SETUP, "setup"),
}


def group_of(activity: str) -> str:
    """Return the bottleneck group of an activity of wall time; the coordination if there is no other.

    >>> group_of("label"), group_of("merge"), group_of("waiting for people: engineer")
    ('labelling', 'coordination', 'waiting for people')
    """
    if awaited_role(activity) is not None:
        return "waiting for people"
    return _GROUPS.get(activity, "coordination")


FEW = 20
"""With fewer replications P80 has no upper end (which takes 17), or rests on the last few projects."""
ENOUGH = 30
"""Replications for decisions: from here on, intervals hold about as often as stated."""
SCHEMA_VERSION = 1


class Caution(Facts):
    """Reason why the figures of a summary are rough."""

    kind: Literal["few_replications"]
    replications: int
    """Replications of the scenario that has the fewest."""
    enough: int


class StudySummary(Facts):
    """Summary of a study: the content of ``summary.json``."""

    schema_version: Literal[1]
    left_out: list[int]
    cautions: list[Caution]
    decision: Decision | None
    """None where several projects share a clock, which are no alternatives."""
    scenarios: list[ScenarioSummary]
    """The first is the baseline."""
    sensitivity: Sensitivity | None
    precision: Precision | None
    selection: SelectionSummary | None
    comparisons: list[Comparison]

    @classmethod
    def from_scenarios(
        cls,
        scenarios: Sequence[ScenarioSummary],
        sweep: SweepTable | None = None,
        precision: Precision | None = None,
        selection: SelectionSummary | None = None,
        configurations: Sequence[Mapping[str, Any]] = (),
    ) -> Self:
        """Build a study's summary: its scenarios, and each compared with the baseline.

        Args:
            scenarios: the first being the baseline.
            sweep: the sweep whose set-ups they are.
            precision: how well means are known, where replications were added for that.
            selection: which is best, where replications were added for that.
            configurations: the scenarios as their planner configured them; none where that is not known.
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
            decision=None
            if any("portfolio" in one for one in configurations)
            else Decision.from_scenarios(scenarios, observed, configurations, selection, rough=fewest < FEW),
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
