"""Selection of the best of many set-ups with a stated probability and few replications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.results.statistics import DECIMALS, Facts, Interval, mean_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FIRST_STAGE = 30
"""Kim and Nelson assume normal values, for which ten are a fair first stage. Projects end a round earlier or
later, so the first ten may not show how two set-ups differ. In `python -m benchmarks.selection` a first stage
of 10 or 20 finds the best less often than stated, one of 30 as often."""


class SetUpStatistics(Facts):
    """Statistics of a set-up over its replications until it was eliminated."""

    replications: int
    mean: float
    mean_ci95: Interval | None
    behind: float
    """Difference of its mean from that of the best, over the same replications."""
    behind_ci95: Interval | None


class NamedSetUp(SetUpStatistics):
    """Statistics of a named set-up: its metric until the target, or until the end without it."""

    scenario: str


class SelectionSummary(Facts):
    """Best set-up of a sweep and the statistics of all, as ``summary.json`` holds them."""

    best: str
    decided: bool
    close: list[str]
    probability: float
    metric: str
    """The metric that is to be small."""
    indifference: float
    """Smallest difference that matters, in the unit of the metric."""
    set_ups: list[NamedSetUp]
    """The best, then the others by how far they are behind."""


@dataclass(frozen=True)
class Choice:
    """Best set-up found so far, the one with the smallest mean; set-ups are numbered from 0."""

    best: int
    decided: bool
    """Whether all others were eliminated; False where replications ran out before."""
    close: list[int]
    """Others not shown to be worse by more than the indifference, or not eliminated at the end."""
    set_ups: list[SetUpStatistics]
    """The figures of each set-up."""


class Selection:
    """Selection of the best set-up by procedure KN.

    Source: S.-H. Kim and B. L. Nelson (2001), "A fully sequential procedure for indifference-zone selection".

    From a first stage the variance of each difference of two set-ups is estimated. From then on one is
    eliminated as soon as its mean lies above that of another by more than a margin, which shrinks to nothing
    as replications come in. With at least the stated probability the one left is the best, if no other comes
    nearer to it than the indifference and values are normal. The i-th replications of all set-ups may share
    their random numbers: the error is split among pairs by Bonferroni's inequality, and the more alike the
    set-ups respond to these numbers, the fewer replications are needed. The first of equal set-ups stays.

    Args:
        setups: how many there are, two and more.
        indifference: which difference of two means does not matter, in their unit; positive.
        probability: of a right answer, from one half.
        first_stage: replications of all set-ups before any is eliminated, two and more.
    """

    def __init__(
        self, setups: int, indifference: float, probability: float = 0.95, first_stage: int = FIRST_STAGE
    ) -> None:
        self._in: NDArray[np.intp] = np.arange(setups)
        self._indifference = indifference
        self._first_stage = first_stage
        self._h2 = kn_h2(setups, probability, first_stage)
        self._values: list[Numbers] = []
        self._sums = np.zeros(setups)
        self._variances: Numbers = np.empty((0, 0))

    @property
    def still_in(self) -> list[int]:
        """Set-ups that are not yet eliminated, ascending."""
        return [int(setup) for setup in self._in]

    @property
    def decided(self) -> bool:
        """Whether only one set-up is left."""
        return len(self._in) == 1

    def add(self, values: Numbers) -> None:
        """Add replications one by one and eliminate set-ups; replications after the decision are ignored.

        Args:
            values: of the set-ups that are still in, in their order: shape ``(replications, still in)``.
        """
        columns = self._in
        for row in values:
            if self.decided:
                return
            # One replication at a time, although they come in blocks: the decision
            # must not depend on how many were at hand.
            all_values = np.full(len(self._sums), np.nan)
            # Set-ups eliminated earlier in this call still have values here.
            all_values[self._in] = row[np.isin(columns, self._in)]
            self._values.append(all_values)
            self._sums += all_values
            self._screen()

    def choice(self) -> Choice:
        """Return the best set-up so far and the statistics of all; needs at least one replication."""
        # No set-up comes back once eliminated: its values are the first ones of its column.
        values = np.array(self._values)
        known = np.isfinite(values)
        counts = known.sum(axis=0)
        means = np.where(known, values, 0).sum(axis=0) / counts
        best = int(self._in[np.argmin(np.round(means[self._in], DECIMALS))])
        statistics = [
            _set_up_statistics(values[:count, setup], values[:count, best])
            for setup, count in enumerate(counts.tolist())
        ]
        return Choice(
            best=best,
            decided=self.decided,
            close=[
                setup
                for setup, one in enumerate(statistics)
                if setup != best and (setup in self._in or _lower_limit(one) <= self._indifference)
            ],
            set_ups=statistics,
        )

    def _screen(self) -> None:
        """Eliminate the set-ups whose mean exceeds another's by more than the margin."""
        count = len(self._values)
        if count < self._first_stage:
            return
        if count == self._first_stage:
            # From the first stage alone, as the proof of the procedure wants it;
            # later values are not taken into account.
            self._variances = difference_variances(np.array(self._values))
        # Rounded, so that equal means are ties whatever the last bits of their sums.
        means = np.round(self._sums[self._in] / count, DECIMALS)
        margin = margins(self._variances[np.ix_(self._in, self._in)], self._indifference, self._h2, count)
        above = means[:, np.newaxis] - means
        order = np.arange(len(means))
        # Without this, two set-ups that never differ would both stay in for ever.
        second = (above == 0) & (margin == 0) & (order[:, np.newaxis] > order)
        eliminated = ((above > margin) | second).any(axis=1)
        self._in = self._in[~eliminated]


def kn_h2(setups: int, probability: float, first_stage: int) -> float:
    """Return Kim and Nelson's h squared for c = 1, their choice where nothing is known of the means.

    >>> round(kn_h2(2, 0.95, 10), 3)
    6.013
    """
    error = 2 * (1 - probability) / (setups - 1)
    return float((error ** (-2 / (first_stage - 1)) - 1) * (first_stage - 1))


def difference_variances(values: Numbers) -> Numbers:
    """Return the variance of the difference of each pair of set-ups, shape ``(set-ups, set-ups)``."""
    return np.stack([(values - column[:, np.newaxis]).var(axis=0, ddof=1) for column in values.T])


def margins(variances: Numbers, indifference: float, h2: float, replications: int) -> Numbers:
    """Return by how much a set-up's mean may exceed another's before elimination: Kim and Nelson's W.

    Args:
        variances: of differences, from the first stage.
        indifference: in the unit of the means.
        h2: the result of `kn_h2`.
        replications: number of replications behind each mean.
    """
    return np.maximum(0, h2 * variances / (2 * indifference * replications) - indifference / 2)


def _set_up_statistics(values: Numbers, best: Numbers) -> SetUpStatistics:
    """Compute a set-up's statistics and its distance from the best over the same replications."""
    return SetUpStatistics(
        replications=len(values),
        mean=float(values.mean()),
        mean_ci95=mean_interval(values),
        behind=float((values - best).mean()),
        behind_ci95=mean_interval(values - best),
    )


def _lower_limit(statistics: SetUpStatistics) -> float:
    """Return the lower confidence limit of how far a set-up is behind; its estimate without an interval."""
    interval = statistics.behind_ci95
    return statistics.behind if interval is None else interval[0]
