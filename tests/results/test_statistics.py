"""Statistics against closed forms and published tables."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from sim.results.statistics import (
    ValueCounts,
    aggregate,
    mean_interval,
    median,
    proportion_interval,
    quantile,
    quantile_interval,
    value_counts,
)

if TYPE_CHECKING:
    from random import Random

    from sim.core.events import Outcome

OUTCOMES: tuple[Outcome, ...] = ("reached", "stopped", "horizon", "exhausted")
FINITE = st.floats(0, 1e6)
Quantile = Literal["median", "p80", "p90"]
QuantileInterval = Literal["median_ci95", "p80_ci95", "p90_ci95"]
FIGURES: tuple[tuple[Quantile, QuantileInterval], ...] = (
    ("median", "median_ci95"),
    ("p80", "p80_ci95"),
    ("p90", "p90_ci95"),
)


def test_the_95_percent_interval_of_a_mean_is_students() -> None:
    # 1..5: mean 3, standard error sqrt(2.5 / 5), t(.975, 4) = 2.776445
    low, high = mean_interval(np.arange(1.0, 6.0)) or (math.nan, math.nan)
    assert low == pytest.approx(3 - 2.776445 * math.sqrt(0.5), abs=1e-5)
    assert high == pytest.approx(3 + 2.776445 * math.sqrt(0.5), abs=1e-5)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_it_is_that_of_scipys_t_test(values: list[float]) -> None:
    assume(max(values) - min(values) > 1)
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert mean_interval(np.array(values)) == pytest.approx(tuple(expected), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("values", [[7.0], [3.0, 3.0, 3.0], [0.3, 0.1 + 0.2]])
def test_there_is_no_interval_from_one_value_and_none_of_width_zero(values: list[float]) -> None:
    assert mean_interval(np.array(values)) is None


def test_the_interval_of_a_chance_is_clopper_and_pearsons() -> None:
    # none of n: the upper end is 1 - (.025)^(1/n); all of n: the lower end is (.025)^(1/n)
    assert proportion_interval(0, 10) == pytest.approx((0, 1 - 0.025**0.1))
    assert proportion_interval(10, 10) == pytest.approx((0.025**0.1, 1))


@given(st.integers(1, 200), st.data())
def test_it_is_that_of_scipys_binomial_test(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
    assert proportion_interval(successes, trials) == pytest.approx(tuple(expected), abs=1e-9)


@pytest.mark.parametrize("outcome", ["exhausted", "stopped"])
def test_a_replication_that_never_reached_the_target_sorts_as_infinite(outcome: Outcome) -> None:
    figures = aggregate([10, 20, 30, 5], ["reached", "reached", "reached", outcome], share=False)
    assert figures.mean is None
    assert figures.ci95 is None
    assert figures.median == 20
    assert figures.p80 is None
    assert figures.restricted_mean == pytest.approx(16.25)
    assert (figures.n, figures.reached) == (4, 3)


def test_the_interval_of_a_quantile_is_made_of_order_statistics() -> None:
    # Of ten values five or more are below the 80 % quantile in 99.4 % of samples, all ten in 10.7 %.
    ten, thirty = list(range(1, 11)), list(range(1, 31))
    assert quantile_interval(ten, ten, 0.8) == (5, None)
    # Of thirty, fewer than 19 in .9 % (of which 20 would be 2.6 %), and more than 28 in 1.1 % (27: 4.4 %).
    assert quantile_interval(thirty, thirty, 0.8) == (19, 29)
    never = [*range(1, 29), math.inf, math.inf]
    assert quantile_interval(never, never, 0.8) == (19, None)


def test_a_quantile_that_those_cut_off_might_have_moved_is_unknown() -> None:
    # Two of five were cut off, at 25 and at 5: the latter might have been the quickest or the slowest.
    outcomes: list[Outcome] = ["reached", "reached", "reached", "horizon", "horizon"]
    figures = aggregate([10, 20, 30, 25, 5], outcomes, share=False)
    assert figures.median is None
    # At a common limit later than the median, it does not matter when they would have arrived.
    assert aggregate([10, 20, 30, 40, 40], outcomes, share=False).median == 30
    assert aggregate([10, 20, 30, 40, 40], outcomes, share=False).p90 is None


def test_the_next_project_falls_between_order_statistics() -> None:
    # Nine values leave ten gaps, of which the outermost two hold 10 % each.
    nine: list[Outcome] = ["reached"] * 9
    assert aggregate(range(1, 10), nine, share=False).prediction80 == (1, 9)
    assert aggregate(range(1, 9), nine[:8], share=False).prediction80 is None
    assert aggregate([*range(1, 9), 5], [*nine[:8], "exhausted"], share=False).prediction80 == (1, None)


@pytest.mark.parametrize("figure", ["ci95", "restricted_mean_ci95"])
def test_the_knifes_edge_gives_no_interval_of_width_zero(figure: Literal["ci95"]) -> None:
    assert aggregate([215.1] * 10, ["reached"] * 10, share=False).model_dump()[figure] is None
    assert aggregate([215.1] * 30, ["reached"] * 30, share=False).p80_ci95 == (None, None)


@pytest.mark.parametrize("count", [1, 2, 5, 14, 17, 30, 100])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
def test_it_holds_the_quantile_in_95_of_100_samples_and_more(count: int, share: float) -> None:
    """However the values are distributed: only how many are below the quantile matters."""
    values = list(range(1, count + 1))
    low, high = quantile_interval(values, values, share)
    below = range(int(low or 0), int(high or count + 1))
    chances = (math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in below)
    assert sum(chances) >= 0.95 - 1e-9


def test_a_share_is_averaged_over_all_replications() -> None:
    assert aggregate([0.2, 0.4], ["reached", "horizon"], share=True).mean == pytest.approx(0.3)


def test_a_value_that_does_not_exist_leaves_no_number() -> None:
    figures = aggregate([None, 0.4], ["reached", "reached"], share=True)
    assert figures.mean is None
    assert figures.restricted_mean is None
    # It might have been the least, the most or anything between.
    assert aggregate([None, 0.2, 0.4, 0.6, 0.8], ["reached"] * 5, share=True).median is None


class TestQuantile:
    """A value that some project had, such that so many projects had no more."""

    def test_two_rounds_have_nothing_between_them(self) -> None:
        # Interpolation gave 242.25 h as the median and 258.54 h as P80: hours at which no project ends.
        figures = aggregate([215.1, 269.4, 215.1, 269.4], ["reached"] * 4, share=False)
        assert (figures.median, figures.p80, figures.p90) == (215.1, 269.4, 269.4)
        # Of three, the third is the first below which four fifths are.
        assert aggregate([215.1, 269.4, 215.1], ["reached"] * 3, share=False).p80 == 269.4

    def test_the_last_that_arrived_is_known_though_the_next_never_does(self) -> None:
        outcomes: list[Outcome] = ["reached", "reached", "reached", "reached", "exhausted"]
        figures = aggregate([1, 2, 3, 4, 5], outcomes, share=False)
        assert (figures.p80, figures.p90) == (4, None)

    @pytest.mark.parametrize(
        ("count", "share", "rank"), [(10, 0.8, 8), (11, 0.8, 9), (10, 0.9, 9), (2, 0.5, 1), (1, 0.0, 1)]
    )
    def test_its_rank(self, count: int, share: float, rank: int) -> None:
        assert quantile(range(1, count + 1), share) == rank

    @given(st.lists(FINITE, min_size=1, max_size=60), st.floats(0, 1))
    def test_it_is_the_least_value_that_the_share_does_not_exceed(
        self, values: list[float], share: float
    ) -> None:
        ordered = sorted(values)
        found = quantile(ordered, share)
        assert found in values
        assert found is not None
        rank = math.ceil(share * len(values))
        assert sum(value <= found for value in values) >= rank
        assert sum(value < found for value in values) < max(rank, 1)

    @given(st.lists(FINITE, min_size=1, max_size=60), st.floats(0, 1), st.floats(0, 1))
    def test_a_larger_share_takes_no_less(self, values: list[float], one: float, two: float) -> None:
        ordered = sorted(values)
        less, more = quantile(ordered, min(one, two)), quantile(ordered, max(one, two))
        assert less is not None
        assert more is not None
        assert less <= more

    @given(st.lists(FINITE, min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.8, 0.9]))
    def test_it_is_numpys_inverted_cdf(self, values: list[float], share: float) -> None:
        ordered = np.sort(np.array(values))
        assert quantile(ordered, share) == np.quantile(ordered, share, method="inverted_cdf")

    @given(st.lists(FINITE, min_size=1, max_size=60), st.randoms())
    def test_the_order_of_values_does_not_matter_to_a_median(
        self, values: list[float], random: Random
    ) -> None:
        shuffled = random.sample(values, len(values))
        assert median(shuffled) == quantile(sorted(values), 0.5)


@given(st.lists(st.tuples(FINITE, st.sampled_from(OUTCOMES)), min_size=1, max_size=20))
def test_no_figure_is_nan_or_infinite(replications: list[tuple[float, Outcome]]) -> None:
    values, outcomes = zip(*replications, strict=True)
    json.dumps(aggregate(values, outcomes, share=False).model_dump(), allow_nan=False)


@given(
    st.lists(st.tuples(FINITE, st.sampled_from(OUTCOMES), st.none() | FINITE), min_size=1, max_size=40),
    st.sampled_from(FIGURES),
)
def test_whatever_becomes_of_those_cut_off_leaves_true_what_was_said(
    replications: list[tuple[float, Outcome, float | None]], figures: tuple[Quantile, QuantileInterval]
) -> None:
    """Those cut off go on: they reach the target after some more hours, or never."""
    values, outcomes, more = zip(*replications, strict=True)
    quantile_, interval = figures
    said = aggregate(values, outcomes, share=False).model_dump()
    goes_on = [outcome == "horizon" for outcome in outcomes]
    went_on = aggregate(
        [value + (further or 0) * on for value, further, on in zip(values, more, goes_on, strict=True)],
        [
            ("exhausted" if further is None else "reached") if on else outcome
            for outcome, further, on in zip(outcomes, more, goes_on, strict=True)
        ],
        share=False,
    ).model_dump()
    assert said[quantile_] in (None, went_on[quantile_])
    for early, late in (
        (said[interval], went_on[interval]),
        (said["prediction80"] or (None, None), went_on["prediction80"] or (None, None)),
    ):
        if late != (None, None):
            assert (early[0] or 0) <= (math.inf if late[0] is None else late[0])
            assert early[1] is None or (late[1] is not None and late[1] <= early[1])


def test_the_distribution_of_rounds_counts_those_that_reached_and_tells_how_many_did_not() -> None:
    outcomes: list[Outcome] = ["reached", "reached", "reached", "reached", "horizon", "exhausted"]
    found = value_counts([4, 5, 4, 10, 6, 5], outcomes)
    assert found == ValueCounts(reached={"4": 2, "5": 1, "10": 1}, not_reached=2)
    assert list(found.reached) == ["4", "5", "10"]
