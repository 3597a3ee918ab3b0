"""Sensitivity: how far each key of a sweep decides the hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from sim.core.errors import PlannerMistakeError
from sim.core.streams import Streams
from sim.results.statistics import RESOLUTION, Facts, Interval, mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.loading.sweep import SweepTable

    Hours = NDArray[np.float64]

FIGURES = ("wall_hours", "active_hours")
"""Figures explained: means over replications of hours until the target, or until the end without it."""
RESAMPLES = 1_000
LARGEST_CORRELATION = 1 - 1e-15
"""Fisher's transformation of 1 is infinite."""


class AtValue(Facts):
    """Mean hours of a sweep where a key has one of its values."""

    value: str
    number: float | None
    hours: float


class MainEffect(Facts):
    """Effect of a swept key on the hours."""

    key: str
    values: list[AtValue]
    shortest: str
    """The value with the fewest hours."""
    longest: str
    swing: float
    """Hours between these two."""
    ci95: Interval | None
    """95 % CI of the swing; None for one replication, or where it is the same in all."""


class Tornado(Facts):
    """Swept keys by their swing, the largest first."""

    reference: float
    """Mean hours of the baseline or, in a grid, of all set-ups."""
    interplay: float | None
    """Share of a grid's variance between set-ups that no key explains by itself; None one at a time."""
    keys: list[MainEffect]


class SobolIndex(Facts):
    """Share of the variance between set-ups that a key explains: 0 to 1, apart from sampling error."""

    key: str
    first: float
    """First-order index: share explained by the key alone."""
    first_ci95: Interval
    total: float
    """Total-order index: share explained by the key and its interactions."""
    total_ci95: Interval


class SobolIndices(Facts):
    """Swept keys by their total share, the largest first; none where all set-ups take the same hours."""

    keys: list[SobolIndex]


class RankCorrelation(Facts):
    """Rank correlation of a swept key: hours rise (1) or fall (-1) steadily with it."""

    key: str
    correlation: float
    ci95: Interval | None


class RankCorrelations(Facts):
    """Swept keys by the size of their correlation, the largest first; none where all take the same hours."""

    keys: list[RankCorrelation]


class Sensitivity(Facts):
    """Sensitivity analysis of a sweep, for each of `FIGURES`."""

    method: Literal["tornado", "sobol", "rank_correlation"]
    set_ups: int
    """Number of set-ups analysed."""
    figures: dict[str, Tornado] | dict[str, SobolIndices] | dict[str, RankCorrelations]


def sensitivity(
    sweep: SweepTable, hours: Sequence[Mapping[str, Sequence[float]]], seed: int
) -> Sensitivity | None:
    """Analyse how much each key of a sweep changes the hours; None for zipped values, which are confounded.

    Args:
        sweep: the swept keys with their values per set-up.
        hours: for each set-up, each of `FIGURES` by replication; the i-th replications share random numbers.
        seed: seed of the bootstrap.

    Raises:
        PlannerMistakeError: if the sweep's design is `sobol` and SALib is not installed.
    """
    tables = {figure: _hours_table([one[figure] for one in hours]) for figure in FIGURES}
    match sweep["design"]:
        case "grid" | "one_at_a_time":
            swings = {figure: tornado(sweep, table) for figure, table in tables.items()}
            return Sensitivity(method="tornado", set_ups=len(hours), figures=swings)
        case "sobol":
            # The first row is the baseline, which is no point of the sample.
            shares = {figure: sobol(sweep, table[1:].mean(axis=1), seed) for figure, table in tables.items()}
            return Sensitivity(method="sobol", set_ups=len(hours) - 1, figures=shares)
        case "latin_hypercube":
            ranks = {
                figure: rank_correlations(sweep, table[1:].mean(axis=1)) for figure, table in tables.items()
            }
            return Sensitivity(method="rank_correlation", set_ups=len(hours) - 1, figures=ranks)
        case "zipped":
            return None


def _hours_table(by_set_up: Sequence[Sequence[float]]) -> Hours:
    """Arrange a sweep's hours by set-up and replication, as far as all set-ups have replications."""
    # As far as all have replications: the i-th share their random numbers, so that
    # differences between set-ups are paired.
    return np.array([*zip(*by_set_up, strict=False)], dtype=np.float64).T


# One key's values with the others at the baseline's, or averaged over the others


def tornado(sweep: SweepTable, table: Hours) -> Tornado:
    """Measure the main effect of each swept key, others at the baseline or averaged over the grid.

    Args:
        sweep: a grid, or values one at a time.
        table: hours, shape ``(set-ups, replications)``.
    """
    is_grid = sweep["design"] == "grid"
    effects = [
        _hours_averaged_over_others(sweep, table, place)
        if is_grid
        else _hours_one_at_a_time(sweep, table, place)
        for place in range(len(sweep["keys"]))
    ]
    values, numbers = zip(*sweep["values"], strict=True), zip(*sweep["numbers"], strict=True)
    swings = [
        _main_effect(key, of_key, dict(zip(texts, of_texts, strict=True)))
        for key, of_key, texts, of_texts in zip(sweep["keys"], effects, values, numbers, strict=True)
        # A key with one value has no effect to show.
        if len(of_key) > 1
    ]
    return Tornado(
        reference=float(table.mean() if is_grid else table[0].mean()),
        interplay=_interaction_share(table.mean(axis=1), effects) if is_grid else None,
        # A stable sort: equal swings stay in the order of the file.
        keys=sorted(swings, key=lambda swing: -swing.swing),
    )


def _hours_averaged_over_others(sweep: SweepTable, table: Hours, place: int) -> dict[str, Hours]:
    """Return hours by replication for each value of a swept key, averaged over the other keys."""
    column = [row[place] for row in sweep["values"]]
    return {value: table[[one == value for one in column]].mean(axis=0) for value in dict.fromkeys(column)}


def _hours_one_at_a_time(sweep: SweepTable, table: Hours, place: int) -> dict[str, Hours]:
    """Return hours by replication for each value of a swept key, other keys as in the baseline."""
    baseline = sweep["values"][0]
    return {
        row[place]: table[number]
        for number, row in enumerate(sweep["values"])
        if row[:place] == baseline[:place] and row[place + 1 :] == baseline[place + 1 :]
    }


def _main_effect(key: str, effects: Mapping[str, Hours], numbers: Mapping[str, float | None]) -> MainEffect:
    """Compute the main effect of a swept key from the hours by replication at each of its values."""
    means = {value: float(hours.mean()) for value, hours in effects.items()}
    shortest, longest = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return MainEffect(
        key=key,
        values=[AtValue(value=value, number=numbers[value], hours=mean) for value, mean in means.items()],
        shortest=shortest,
        longest=longest,
        swing=means[longest] - means[shortest],
        ci95=_bonferroni_interval(effects[longest] - effects[shortest], len(means)),
    )


def _bonferroni_interval(differences: Hours, values: int) -> Interval | None:
    """Return Student's interval of the mean difference in hours between two of a swept key's ``values``.

    It is wide enough to hold with 95 % for the two values that lie furthest apart (Bonferroni).
    """
    pairs = values * (values - 1) / 2
    return mean_interval(differences, 0.05 / pairs)


def _interaction_share(means: Hours, effects: Sequence[Mapping[str, Hours]]) -> float | None:
    """Return the share of the variance between a grid's cells that no key explains by itself, as in ANOVA.

    In a complete grid the variances of the keys' averages and this rest add up to the whole.
    """
    total = means.var()
    if np.ptp(means) < RESOLUTION:
        return None
    # A grid is balanced, so that the variances of the keys' averages add up without being fitted.
    main_effects = sum(np.var([hours.mean() for hours in of_key.values()]) for of_key in effects)
    # Rounding may take it below 0.
    return max(0.0, float(1 - main_effects / total))


# Samples


def sobol(sweep: SweepTable, means: Hours, seed: int) -> SobolIndices:
    """Estimate first- and total-order Sobol indices of swept keys, with 95 % CIs (Saltelli et al. 2010).

    Args:
        sweep: a sample of the design `sobol`.
        means: hours of its set-ups in their order, without the baseline, shape ``(points * (keys + 2),)``.
        seed: of the bootstrap.

    Raises:
        PlannerMistakeError: if SALib is not installed.
    """
    try:
        from SALib.analyze import sobol as salib
    except ImportError:
        raise PlannerMistakeError(
            "Sobol indices need SALib; pip install 'labelsim[sensitivity]', and go on with the study"
        ) from None
    if np.ptp(means) < RESOLUTION:
        return SobolIndices(keys=[])
    keys = sweep["keys"]
    analysis = salib.analyze(
        {"num_vars": len(keys), "names": keys, "bounds": [[0, 1]] * len(keys)},
        means,
        calc_second_order=False,
        num_resamples=RESAMPLES,
        seed=Streams(seed).rng("sensitivity"),
    )
    indices = [
        SobolIndex(
            key=key,
            first=float(first),
            first_ci95=(float(first - first_half), float(first + first_half)),
            total=float(total),
            total_ci95=(float(total - total_half), float(total + total_half)),
        )
        for key, first, first_half, total, total_half in zip(
            keys, *(analysis[name] for name in ("S1", "S1_conf", "ST", "ST_conf")), strict=True
        )
    ]
    return SobolIndices(keys=sorted(indices, key=lambda index: -index.total))


def rank_correlations(sweep: SweepTable, means: Hours) -> RankCorrelations:
    """Compute Spearman's rank correlation of each swept key with the hours, and its 95 % CI.

    Ranks need no straight line, but one direction: hours that first fall and then rise with a key have none.
    The interval is Fisher's with the variance of Bonett and Wright (2000).

    Args:
        sweep: a sample in which every value of a key is a number.
        means: hours of its set-ups in their order, without the baseline, shape ``(points,)``.
    """
    if np.ptp(means) < RESOLUTION:
        return RankCorrelations(keys=[])
    from scipy import stats

    correlations = []
    for key, column in zip(sweep["keys"], zip(*sweep["numbers"][1:], strict=True), strict=True):
        numbers = np.array(column, dtype=np.float64)
        # A key that never varied has no rank.
        if np.ptp(numbers) > 0:
            correlation = float(stats.spearmanr(numbers, means).statistic)
            interval = _fisher_interval(correlation, len(means))
            correlations.append(RankCorrelation(key=key, correlation=correlation, ci95=interval))
    return RankCorrelations(keys=sorted(correlations, key=lambda one: -abs(one.correlation)))


def _fisher_interval(correlation: float, count: int) -> Interval | None:
    """Return Fisher's 95 % CI of a rank correlation over ``count`` set-ups; None for too few."""
    if count < 4:  # noqa: PLR2004 - the variance has count - 3 in it
        return None
    # Wider than Pearson's 1 / (n - 3), which is too narrow for ranks with a strong correlation (Bonett and
    # Wright 2000, "Sample size requirements for estimating Pearson, Kendall and Spearman correlations").
    error = np.sqrt((1 + correlation**2 / 2) / (count - 3))
    middle = np.arctanh(np.clip(correlation, -LARGEST_CORRELATION, LARGEST_CORRELATION))
    margin = special.ndtri(0.975) * error
    return float(np.tanh(middle - margin)), float(np.tanh(middle + margin))
