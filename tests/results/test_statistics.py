"""Statistics against closed forms and published tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.results.statistics import aggregate, mean_interval, proportion_interval, quantile, quantile_interval

FINITE = st.floats(0, 1e6)


def test_the_95_percent_interval_of_a_mean_is_students() -> None:
    # 1..5: mean 3, standard error sqrt(2.5 / 5), t(.975, 4) = 2.776445
    low, high = mean_interval(np.arange(1.0, 6.0)) or (math.nan, math.nan)
    assert low == pytest.approx(3 - 2.776445 * math.sqrt(0.5), abs=1e-5)
    assert high == pytest.approx(3 + 2.776445 * math.sqrt(0.5), abs=1e-5)


@pytest.mark.parametrize("values", [[7.0], [3.0, 3.0, 3.0]])
def test_there_is_no_interval_from_one_value_and_none_of_width_zero(values: list[float]) -> None:
    assert mean_interval(np.array(values)) is None


def test_the_interval_of_a_chance_is_clopper_and_pearsons() -> None:
    # none of n: the upper end is 1 - (.025)^(1/n); all of n: the lower end is (.025)^(1/n)
    assert proportion_interval(0, 10) == pytest.approx((0, 1 - 0.025**0.1))
    assert proportion_interval(10, 10) == pytest.approx((0.025**0.1, 1))


def test_a_replication_that_never_reached_the_target_sorts_as_infinite() -> None:
    figures = aggregate([10, 20, 30, 5], [True, True, True, False], share=False)
    assert figures["mean"] is None
    assert figures["ci95"] is None
    assert figures["median"] == 25
    assert figures["p80"] is None
    assert figures["restricted_mean"] == pytest.approx(16.25)
    assert (figures["n"], figures["reached"]) == (4, 3)


def test_the_interval_of_a_quantile_is_made_of_order_statistics() -> None:
    # Of ten values five or more are below the 80 % quantile in 99.4 % of samples, all ten in 10.7 %.
    assert quantile_interval(np.arange(1.0, 11), 0.8) == (5, None)
    # Of thirty, fewer than 19 in .9 % (of which 20 would be 2.6 %), and more than 28 in 1.1 % (27: 4.4 %).
    assert quantile_interval(np.arange(1.0, 31), 0.8) == (19, 29)
    assert quantile_interval(np.append(np.arange(1.0, 29), [np.inf, np.inf]), 0.8) == (19, None)


@pytest.mark.parametrize("count", [1, 2, 5, 14, 17, 30, 100])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
def test_it_holds_the_quantile_in_95_of_100_samples_and_more(count: int, share: float) -> None:
    """However the values are distributed: only how many are below the quantile matters."""
    low, high = quantile_interval(np.arange(1.0, count + 1), share)
    below = range(int(low or 0), int(high or count + 1))
    chances = (math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in below)
    assert sum(chances) >= 0.95 - 1e-9


def test_a_share_is_averaged_over_all_replications() -> None:
    assert aggregate([0.2, 0.4], [True, False], share=True)["mean"] == pytest.approx(0.3)


def test_a_value_that_does_not_exist_leaves_no_number() -> None:
    figures = aggregate([None, 0.4], [True, True], share=True)
    assert figures["mean"] is None
    assert figures["restricted_mean"] is None


@given(st.lists(FINITE, min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_of_finite_values_are_numpys(values: list[float], share: float) -> None:
    ordered = np.sort(np.array(values))
    assert quantile(ordered, share) == pytest.approx(np.quantile(ordered, share), rel=1e-9, abs=1e-6)


@given(st.lists(st.tuples(FINITE, st.booleans()), min_size=1, max_size=20))
def test_no_figure_is_nan_or_infinite(replications: list[tuple[float, bool]]) -> None:
    values, reached = zip(*replications, strict=True)
    figures = aggregate(values, reached, share=False)
    for figure in (figures["mean"], figures["std"], figures["median"], figures["p80"], figures["p90"]):
        assert figure is None or math.isfinite(figure)
