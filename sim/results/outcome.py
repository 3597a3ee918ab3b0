"""What a study found out about one scenario."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sim.records import LABEL, SETUP, TRAIN, WAIT
from sim.results.mean_curve import MeanCurve
from sim.results.measures import Measures
from sim.results.metrics import METRICS
from sim.results.statistics import Aggregate, aggregate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.records import CorpusFacts, ReplicationResult


@dataclass(frozen=True, eq=False)
class ScenarioOutcome:
    """All replications of a scenario and what they come to."""

    name: str
    target: float
    corpus: CorpusFacts
    document_ids: Sequence[str]
    results: Sequence[ReplicationResult]

    @cached_property
    def measures(self) -> list[Measures]:
        """What each replication says."""
        return [Measures(result) for result in self.results]

    @cached_property
    def aggregates(self) -> Mapping[str, Aggregate]:
        """Every metric over the replications, by name."""
        reached = [result.reached is not None for result in self.results]
        return {
            metric.name: aggregate(
                [measures.metrics[metric.name] for measures in self.measures], reached, share=metric.share
            )
            for metric in METRICS
        }

    @cached_property
    def mean_curve(self) -> MeanCurve:
        """The mean of the replications' curves."""
        return MeanCurve.of([measures.curve for measures in self.measures])

    @property
    def outcomes(self) -> Counter[str]:
        """How many replications ended how."""
        return Counter(result.outcome for result in self.results)

    @cached_property
    def wall_time(self) -> Mapping[str, float]:
        """Mean hours of wall time by activity until the target, or until the end where it was not reached."""
        by_replication = [measures.wall_time for measures in self.measures]
        activities = dict.fromkeys(activity for spent in by_replication for activity in spent)
        return {
            activity: sum(spent.get(activity, 0) for spent in by_replication) / len(by_replication)
            for activity in activities
        }

    @cached_property
    def bottleneck(self) -> Bottleneck:
        """What took most of the wall time."""
        groups: dict[str, float] = {}
        for activity, hours in self.wall_time.items():
            group = BOTTLENECKS.get(activity, "coordination")
            groups[group] = groups.get(group, 0) + hours
        longest = max(groups, key=lambda group: groups[group])
        return Bottleneck(longest, groups[longest], sum(groups.values()))


BOTTLENECKS = {
    LABEL: "labelling",
    TRAIN: "training",
    WAIT: "waiting",
    **dict.fromkeys(SETUP, "setup"),
}
"""What an activity belongs to; to the coordination if it is none of these."""


@dataclass(frozen=True)
class Bottleneck:
    """The activity that took most of the wall time."""

    activity: str
    hours: float
    of_hours: float

    @property
    def sentence(self) -> str:
        """The bottleneck in words, with what removing it would give at most."""
        share = self.hours / self.of_hours if self.of_hours else 0
        return (
            f"{self.activity} takes {share:.0%} of the wall time, {self.hours:,.1f} of "
            f"{self.of_hours:,.1f} h; without it {self.of_hours - self.hours:,.1f} h would be left at best"
        )
