"""Uncertainty: what the unknown keys of a scenario make of its hours, and which of them to find out first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import special

from sim.core.streams import Streams
from sim.results.statistics import RESOLUTION, Facts, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

PER_COEFFICIENT = 5
"""Replications needed for each coefficient of the regression: with fewer, shares are mostly noise."""
RESAMPLES = 1_000
NEAR = 0.25
"""Distance in rank, as a share of the replications, within which a value is near the median."""


class HourQuantiles(Facts):
    """Three quantiles of hours over replications."""

    p10: float
    p50: float
    p90: float

    @property
    def width(self) -> float:
        """Hours from P10 to P90."""
        return self.p90 - self.p10

    @classmethod
    def of(cls, hours: Numbers, weights: Numbers | None = None) -> Self:
        """Compute the quantiles of hours, weighted if there are weights."""
        shares = [0.1, 0.5, 0.9]
        p10, p50, p90 = np.quantile(hours, shares, method="inverted_cdf", weights=weights).tolist()
        return cls(p10=p10, p50=p50, p90=p90)


class KeyUncertainty(Facts):
    """Unknown key and its part in the uncertainty of the hours."""

    key: str
    share: float
    """Share of the variance between replications that the key explains by itself."""
    share_ci95: Interval
    """95 % CI of the share (percentile bootstrap over replications)."""
    if_known: HourQuantiles
    """The hours if the key were known to be at the median of what is believed of it."""


class FigureUncertainty(Facts):
    """Uncertainty of one kind of hours: until the target, or until the end without it."""

    hours: HourQuantiles
    keys: list[KeyUncertainty] | None
    """Unknown keys by their shares, the largest first: none if all hours are equal; None with too few
    replications to tell."""
    rest: float | None
    """Share of the variance that no key explains by itself: interactions and randomness."""


class Uncertainty(Facts):
    """Uncertainty of a scenario's hours with all that is unknown."""

    needed: int
    """Number of replications from which shares are told."""
    figures: dict[str, FigureUncertainty]


def uncertainty(
    drawn: Mapping[str, Sequence[float]], hours: Mapping[str, Sequence[float]]
) -> Uncertainty | None:
    """Analyse how much of the spread of the hours each unknown key explains; None without such keys.

    Args:
        drawn: the value of each unknown key in each replication.
        hours: for each figure its value in the same replications.
    """
    if not drawn:
        return None
    values = {key: np.array(column, dtype=np.float64) for key, column in drawn.items()}
    bases = [_basis(column) for column in values.values()]
    needed = PER_COEFFICIENT * (1 + sum(basis.shape[1] for basis in bases))
    return Uncertainty(
        needed=needed,
        figures={
            figure: _analyse(np.array(column, dtype=np.float64), values, bases)
            if len(column) >= needed
            else FigureUncertainty(hours=HourQuantiles.of(np.array(column)), keys=None, rest=None)
            for figure, column in hours.items()
        },
    )


def _basis(values: Numbers) -> Numbers:
    """Return the functions of a key that its effect is made of, shape ``(replications, 0 to 3)``.

    The key itself, for what is proportional to it; the normal score of its rank, for the logarithm of one
    that is lognormal; and the square of its rank, for what bends or turns. Each has mean 0 and variance 1.
    """
    ranks = _ranks(values)
    functions = np.column_stack([values, special.ndtri(ranks + 0.5), np.square(ranks)])
    functions = functions[:, : len(np.unique(values)) - 1]
    standardised: Numbers = (functions - functions.mean(axis=0)) / functions.std(axis=0)
    return standardised


def _analyse(hours: Numbers, values: Mapping[str, Numbers], bases: Sequence[Numbers]) -> FigureUncertainty:
    """Analyse one kind of hours, given the values of each unknown key and functions of them."""
    if np.ptp(hours) < RESOLUTION:
        return FigureUncertainty(hours=HourQuantiles.of(hours), keys=[], rest=None)
    design, count = np.hstack(bases), len(hours)
    key_of = np.repeat(np.arange(len(bases)), [basis.shape[1] for basis in bases])
    (shares,) = _shares(design, hours, key_of, np.ones((1, count)), len(bases))
    rng = Streams(0).rng("uncertainty")
    samples = [rng.multinomial(count, np.full(count, 1 / count), RESAMPLES // 10) for _ in range(10)]
    resampled = np.vstack([_shares(design, hours, key_of, one, len(bases)) for one in samples])
    intervals = zip(*np.quantile(resampled, [0.025, 0.975], axis=0).tolist(), strict=True)
    columns = zip(values.items(), shares.tolist(), intervals, strict=True)
    keys = [
        KeyUncertainty(key=key, share=share, share_ci95=ci95, if_known=_hours_if_known(column, hours))
        for (key, column), share, ci95 in columns
    ]
    return FigureUncertainty(
        hours=HourQuantiles.of(hours),
        keys=sorted(keys, key=lambda one: -one.share),
        rest=max(0.0, float(1 - shares.sum())),
    )


def _shares(
    design: Numbers, hours: Numbers, key_of: NDArray[np.int64], weights: NDArray[Any], keys: int
) -> Numbers:
    """Return the share of the variance of the hours that each key explains, shape ``(samples, keys)``.

    Draws of different keys are independent, so that the covariance of a key's fitted effect with the hours is
    the variance that it explains. What as many columns of noise would explain is taken off, as in the
    adjusted coefficient of determination.

    Args:
        design: functions of the keys, shape ``(replications, columns)``.
        hours: shape ``(replications,)``.
        key_of: number of the key of each column.
        weights: how often each replication is in a sample, shape ``(samples, replications)``.
        keys: their number.
    """
    count, columns = design.shape
    joint = np.column_stack([design, hours])
    products = (joint[:, :, None] * joint[:, None, :]).reshape(count, -1)
    means = weights @ joint / count
    covariances = (weights @ products / count).reshape(-1, columns + 1, columns + 1)
    covariances -= means[:, :, None] * means[:, None, :]
    with_hours, variance = covariances[:, :columns, columns], covariances[:, columns, columns, None]
    inverses = np.linalg.pinv(covariances[:, :columns, :columns], hermitian=True)
    explained = np.einsum("sij,sj,si->si", inverses, with_hours, with_hours)
    # A sample may hold equal hours alone, of which nothing explains anything.
    explained /= np.maximum(variance, RESOLUTION**2)
    of_noise = (1 - explained.sum(axis=1, keepdims=True)) / (count - columns - 1)
    shares = (explained - of_noise) @ np.eye(keys)[key_of]
    clipped: Numbers = shares.clip(0, 1)
    return clipped


def _hours_if_known(values: Numbers, hours: Numbers) -> HourQuantiles:
    """Estimate the quantiles of the hours if a key had its median value.

    By the replications whose values are near it: the nearer in rank, the more weight, none beyond a quarter
    of all on either side. What a straight line through these explains is taken off.
    """
    ranks = _ranks(values)
    weights = np.maximum(0, 1 - np.abs(ranks) / NEAR)
    spread = np.average(np.square(ranks), weights=weights)
    middle = np.average(hours, weights=weights)
    # Weights are symmetric, so that the ranks' own mean is 0 but for ties.
    slope = np.average(ranks * (hours - middle), weights=weights) / spread if spread else 0
    return HourQuantiles.of(hours - slope * ranks, weights)


def _ranks(values: Numbers) -> Numbers:
    """Return the ranks of values as shares of their number, from -1/2 to 1/2; equal ones share theirs."""
    from scipy import stats  # importing it takes longer than many a project

    ranks: Numbers = (stats.rankdata(values) - 0.5) / len(values) - 0.5
    return ranks
