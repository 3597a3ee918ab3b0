"""The results of a scenario over its replications."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from sim.core.activities import LABEL, OFF_SHIFT, SETUP, TRAIN, WAIT, WAIT_FOR_TRAINER, awaited_role
from sim.core.durations import MS_PER_HOUR
from sim.core.events import OUTCOMES
from sim.learning.rating.model_rating import Band, band
from sim.results.dates import dates
from sim.results.metrics import COST, METRICS, rounded_percent
from sim.results.statistics import Aggregate, aggregate, distribution, proportion_interval, quantile
from sim.results.wall_time import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa
    from numpy.typing import NDArray

    from sim.core.events import CorpusFacts, Reason
    from sim.results.dates import Dates
    from sim.results.replication import Curve, Measures
    from sim.results.statistics import Distribution, Interval


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


class LabelQuality(TypedDict):
    """A label, and how well the last model finds it; None where no test document carries it."""

    name: str
    average_precision: float | None


class ByDeadline(TypedDict):
    """How many projects reach their target by a deadline, since they began."""

    hours: float
    made: int
    undecided: int
    """Cut off at a limit before the deadline: they might have made it."""
    n: int
    ci95: Interval
    """Of the chance to make it, whatever became of those undecided."""


class RatingInWords(TypedDict):
    """A scenario's Model Rating and its factors, 0 to 100, and what they are called."""

    factors: dict[str, float]
    bands: dict[str, Band]
    weakest_label: str
    """The most frequent among the replications."""
    points_off: float
    """How far All labels was from the true MAP, in points."""


class AgreementInWords(TypedDict):
    """How far people agreed who labelled the same documents: means over the replications that say so."""

    people: int
    """Who labelled each document."""
    unanimous: float | None
    alpha: float | None
    kappa: float | None
    alpha_by_label: dict[str, float | None]


class SpentByAll(TypedDict):
    """What projects cost until their target, or until their end where they did not reach it."""

    mean: float
    median: float | None
    p80: float | None
    n: int


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
    notes: Sequence[str] = ()
    """What a planner should know of how the scenario was read."""
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
        return None if self.start is None else dates(self.start, self.aggregates["wall_hours"])

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
        return {
            "hours": self.deadline_ms / MS_PER_HOUR,
            "made": made,
            "undecided": undecided,
            "n": count,
            "ci95": (low, high),
        }

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
            {"name": name, "average_precision": None if np.isnan(mean) else float(mean)}
            for name, mean in zip(self.label_names, means, strict=True)
        ]

    @cached_property
    def rating(self) -> RatingInWords | None:
        """What projects saw of the model that reached the target, or of their last, and how true it was.

        Means over the replications; None where nobody looked.
        """
        models = [measures.reached or measures.models[-1] for measures in self.measures if measures.models]
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
        return {
            "factors": factors,
            "bands": {name: band(value) for name, value in factors.items()},
            "weakest_label": weakest.most_common(1)[0][0],
            "points_off": fmean(errors),
        }

    @property
    def agreement(self) -> AgreementInWords | None:
        """Of annotators who labelled the same documents; None where one person labels each."""
        found = [one.agreement for one in self.measures if one.agreement is not None]
        if not found:
            return None
        by_label = zip(*(each["alpha_by_label"] for each in found), strict=True)
        return {
            "people": found[0]["people"],
            "unanimous": _mean(each["unanimous"] for each in found),
            "alpha": _mean(each["alpha"] for each in found),
            "kappa": _mean(each["kappa"] for each in found),
            "alpha_by_label": dict(zip(self.label_names, map(_mean, by_label), strict=True)),
        }

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
    def spent(self) -> SpentByAll | None:
        """What projects cost, whatever became of them; None where nothing costs."""
        if self.currency is None:
            return None
        costs = sorted(measures.metrics[COST] or 0 for measures in self.measures)
        return {
            "mean": fmean(costs),
            "median": quantile(costs, 0.5),
            "p80": quantile(costs, 0.8),
            "n": len(costs),
        }

    @cached_property
    def bottleneck(self) -> Bottleneck:
        """What took most of the wall time."""
        groups: dict[str, float] = {}
        for activity, hours in self.wall_time.items():
            group = group_of(activity)
            groups[group] = groups.get(group, 0) + hours
        longest = max(groups, key=lambda group: groups[group])
        complete = all(measures.reached for measures in self.measures)
        return Bottleneck(longest, groups[longest], sum(groups.values()), complete=complete)


def _mean(values: Iterable[float | None]) -> float | None:
    """Of those that exist; None if none does."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


ALL = 0.995
"""From this share on nothing is left to speak of."""
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


@dataclass(frozen=True)
class Bottleneck:
    """The activity that took most of the wall time."""

    activity: str
    hours: float
    of_hours: float
    complete: bool = True
    """Whether all projects reached the target: else these are the hours until some ended without."""

    @property
    def sentence(self) -> str:
        """The bottleneck in words, with what removing it would give at most."""
        if not self.of_hours:
            return "nothing took any time: the projects ended as they began"
        share = self.hours / self.of_hours
        if share > ALL:
            said = f"{self.activity} takes all of the wall time, {self.of_hours:,.1f} h on average"
        else:
            said = (
                f"{self.activity} takes {rounded_percent(share)} of the wall time, {self.hours:,.1f} of "
                f"{self.of_hours:,.1f} h on average"
            )
        if not self.complete:
            return f"{said}, until the target or an end without it"
        if share > ALL:
            return said
        return f"{said}; without it the project would still take {self.of_hours - self.hours:,.1f} h"
