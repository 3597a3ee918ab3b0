"""Replication policies: how many replications to simulate, given those that exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.core.errors import PlannerMistakeError
from sim.results.metrics import BY_NAME, COST
from sim.results.precision import FEWEST, MEASURED, needed, precision
from sim.results.selection import FIRST_STAGE, NamedSetUp, Selection, SelectionSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.results.precision import Precision
    from sim.results.replication_store import ReplicationStore
    from sim.results.selection import Choice
    from sim.scenario.models import Scenario
    from sim.study.study import Failed, Study

    Simulate = Callable[[Study], list[Failed]]
    """Simulates the missing replications of a study, and returns the failed ones."""

BLOCK = 10
"""Replications that a selection adds at a time, so that processes have something to do."""


@dataclass(frozen=True)
class PolicyResult:
    """Study with the replications added, the failures, and the findings of the policy."""

    study: Study
    failed: list[Failed]
    precision: Precision | None = None
    selection: SelectionSummary | None = None


class ReplicationPolicy(Protocol):
    """Rule for the number of replications of a study."""

    def __call__(self, study: Study, parts: ReplicationStore, simulate: Simulate, /) -> PolicyResult:
        """Simulate replications until the policy is satisfied; a failure ends it."""
        ...

    def most_replications(self, scenario: Scenario) -> int:
        """Return the number of replications of a scenario that there may be."""
        ...


@dataclass(frozen=True)
class FixedReplications:
    """Policy: the number of replications that the scenarios give."""

    def __call__(self, study: Study, _: ReplicationStore, simulate: Simulate) -> PolicyResult:
        """Simulate the number of replications that the scenarios give."""
        return PolicyResult(study, simulate(study))

    def most_replications(self, scenario: Scenario) -> int:
        """Return the number that the scenario gives."""
        return scenario.replications


@dataclass(frozen=True)
class SequentialPrecision:
    """Policy: replications until the 95 % CI of every mean is narrow enough, or there are ``most``.

    ``wanted`` is half the width of the interval, as a share of the mean.
    """

    wanted: float
    most: int

    def __call__(self, study: Study, parts: ReplicationStore, simulate: Simulate) -> PolicyResult:
        """Add replications to all scenarios alike until their means are precise."""
        count = min(FEWEST, self.most)
        while True:
            study = study.with_replications([count] * len(study.arms))
            failed = simulate(study)
            if failed:
                return PolicyResult(study, failed)
            values = {
                outcome.name: {
                    name: [one.metrics[name] or 0.0 for one in outcome.measures] for name in MEASURED
                }
                for outcome in study.outcomes(parts)
            }
            reached_precision = precision(values, self.wanted, self.most)
            next_count = needed(reached_precision)
            if next_count == count:
                return PolicyResult(study, [], precision=reached_precision)
            count = next_count

    def most_replications(self, _: Scenario) -> int:
        """Return the same number for all scenarios."""
        return self.most


@dataclass(frozen=True)
class BestSelection:
    """Policy: replications until one set-up is left, or those left have ``most``.

    ``indifference``, the smallest difference that matters, is a share of the baseline's mean; ``metric`` is
    the one whose mean is smallest for the best.
    """

    indifference: float
    probability: float
    most: int
    metric: str = "wall_hours"

    def __call__(self, study: Study, parts: ReplicationStore, simulate: Simulate) -> PolicyResult:
        """Simulate all set-ups, then add replications to those not yet eliminated, a block at a time."""
        if len(study.prepared) == 1:
            raise PlannerMistakeError("there is only one set-up; give --over several values")
        if self.metric == COST and not any(one.scenario.charged for one in study.prepared):
            raise PlannerMistakeError("nothing costs anything; set costs.labelling, team.0.cost or others")
        counts = [FIRST_STAGE] * len(study.arms)
        study = study.with_replications(counts)
        failed = simulate(study)
        if failed:
            return PolicyResult(study, failed)
        first = self._values(study, parts, range(len(counts)), 0)
        # Fixed once by the first stage: a zone that moved with the means would not
        # be what the procedure promises.
        zone = self.indifference * float(first[:, 0].mean())
        if not zone:
            title = BY_NAME[self.metric].title
            raise PlannerMistakeError(f"the baseline's {title} is 0, so that no set-up can be better")
        selection = Selection(len(counts), zone, self.probability)
        selection.add(first)
        completed = FIRST_STAGE
        while not selection.decided and completed < self.most:
            # In blocks: a single replication of the last few set-ups would leave most processes idle.
            remaining, next_count = selection.still_in, min(completed + BLOCK, self.most)
            # Set-ups that are eliminated keep the replications that they have.
            counts = [next_count if number in remaining else count for number, count in enumerate(counts)]
            study = study.with_replications(counts)
            failed = simulate(study)
            if failed:
                return PolicyResult(study, failed)
            selection.add(self._values(study, parts, remaining, completed))
            completed = next_count
        return PolicyResult(study, [], selection=self._summary(study, selection.choice(), zone))

    def most_replications(self, _: Scenario) -> int:
        """Return the same number for all scenarios."""
        return max(self.most, FIRST_STAGE)

    def _summary(self, study: Study, choice: Choice, zone: float) -> SelectionSummary:
        """Convert a selection of numbered set-ups to the summary with their names."""
        names = [prepared.scenario.name for prepared in study.prepared]

        def by_rank(number: int) -> tuple[bool, float]:
            return number != choice.best, choice.set_ups[number].behind

        return SelectionSummary(
            best=names[choice.best],
            decided=choice.decided,
            close=[names[number] for number in choice.close],
            probability=self.probability,
            metric=self.metric,
            indifference=zone,
            set_ups=[
                NamedSetUp(scenario=names[number], **dict(choice.set_ups[number]))
                for number in sorted(range(len(names)), key=by_rank)
            ],
        )

    def _values(
        self, study: Study, parts: ReplicationStore, set_ups: Sequence[int], since: int
    ) -> NDArray[np.float64]:
        """Read the metric at target or end: a row per replication from ``since``, a column per set-up."""
        columns = [
            [
                part.measures.metrics[self.metric]
                for part in parts.read(one.key, one.scenario.replication_numbers[since:])
            ]
            for one in (study.prepared[number] for number in set_ups)
        ]
        return np.array(columns, dtype=np.float64).T


POLICIES: dict[str, type[FixedReplications | SequentialPrecision | BestSelection]] = {
    one.__name__: one for one in (FixedReplications, SequentialPrecision, BestSelection)
}
"""Policies by their names in manifests."""
