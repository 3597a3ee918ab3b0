"""How many times sooner, worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.results.comparison import COMPARED, Observed, compare
from sim.results.statistics import proportion_interval
from support.handmade import measures_of_hours, replication, scenario_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Outcome
    from sim.results.comparison import Comparison
    from sim.results.replication_metrics import ReplicationMetrics

HOURS = st.lists(st.tuples(*[st.integers(4, 1000)] * 2), min_size=1, max_size=6)


def compared(baseline: Sequence[ReplicationMetrics], other: Sequence[ReplicationMetrics]) -> list[Comparison]:
    """The comparison of two scenarios, the second called Sooner."""
    one, two = (
        Observed(name, [one.outcome for one in measured], [one.metrics for one in measured])
        for name, measured in (("Hand-made", baseline), ("Sooner", other))
    )
    return compare(one, two)


def of_metric(
    name: str, baseline: Sequence[ReplicationMetrics], other: Sequence[ReplicationMetrics]
) -> Comparison:
    (found,) = (one for one in compared(baseline, other) if one.metric == name)
    return found


def test_the_ratio_is_baseline_by_scenario_of_geometric_means() -> None:
    # 10 / 5 = 2 and 40 / 10 = 4: their geometric mean is the root of 8, where 50 / 15 would be 3.33.
    found = of_metric("wall_hours", measures_of_hours(10, 40), measures_of_hours(5, 10, name="Sooner"))
    assert (found.baseline, found.scenario, found.paired) == ("Hand-made", "Sooner", True)
    assert found.ratio == pytest.approx(math.sqrt(8))


def test_its_interval_is_students_of_the_logarithms() -> None:
    # ln 2 and ln 4: mean 1.5 ln 2, standard error ln 2 / 2, t(.975, 1) = 12.706205
    found = of_metric("wall_hours", measures_of_hours(10, 40), measures_of_hours(5, 10))
    half_width = 12.706205 * math.log(2) / 2
    expected = [math.sqrt(8) * math.exp(sign * half_width) for sign in (-1, 1)]
    assert found.ci95 == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("baseline", "other", "measurable"),
    [
        pytest.param((10, 20, 40), (5, 11, 19), True, id="1.64 to 2.37"),
        pytest.param((10, 40), (5, 10), False, id="0.03 to 231"),
        pytest.param((10, 10), (10, 10), False, id="the same"),
        pytest.param((10, 20), (5, 10), None, id="half in each pair: no interval"),
        pytest.param((10,), (5,), None, id="one pair: no interval"),
        pytest.param((10, None), (5, 10), None, id="no ratio"),
    ],
)
def test_a_difference_is_measurable_where_the_interval_leaves_out_1(
    baseline: Sequence[float | None],
    other: Sequence[float],
    measurable: bool | None,  # noqa: FBT001
) -> None:
    results = [
        replication(0.5 if hours is None else 0.9, hours=hours or 10, number=number)
        for number, hours in enumerate(baseline)
    ]
    found = of_metric("wall_hours", scenario_outcome(*results).measures, measures_of_hours(*other))
    assert found.measurable is measurable


def test_replications_are_paired_so_that_luck_that_both_share_is_no_uncertainty() -> None:
    baseline = measures_of_hours(10, 20, 40)
    halved = of_metric("wall_hours", baseline, measures_of_hours(5, 10, 20))
    shuffled = of_metric("wall_hours", baseline, measures_of_hours(20, 5, 10))
    assert halved.ratio == shuffled.ratio == pytest.approx(2)
    assert halved.ci95 is None
    assert shuffled.ci95 is not None


@pytest.mark.parametrize("reversed_", [False, True], ids=["the scenario", "the baseline"])
def test_there_is_no_ratio_where_a_replication_of_either_did_not_reach(reversed_: bool) -> None:  # noqa: FBT001
    reached = measures_of_hours(10, 20)
    not_all = scenario_outcome(replication(0.9, number=0), replication(0.5, number=1)).measures
    pair = (not_all, reached) if reversed_ else (reached, not_all)
    assert [(one.ratio, one.ci95) for one in compared(*pair)] == [(None, None)] * len(COMPARED)


def test_a_replication_that_the_other_scenario_does_not_have_is_left_out() -> None:
    baseline = scenario_outcome(
        replication(0.9, hours=10, number=0),
        replication(0.9, hours=40, number=1),
        replication(0.5, hours=70, number=2),
    ).measures
    found = of_metric("wall_hours", baseline, measures_of_hours(5, 10))
    assert found.ratio == pytest.approx(math.sqrt(8))


def test_there_is_no_ratio_to_nothing() -> None:
    found = of_metric("waiting_hours", measures_of_hours(10, 20), measures_of_hours(5, 10))
    assert (found.ratio, found.ci95) == (None, None)


def test_shares_are_not_compared() -> None:
    found = {one.metric for one in compared(measures_of_hours(10), measures_of_hours(5))}
    assert "wall_hours" in found
    assert found.isdisjoint({"share_confirmed", "share_focused", "labels_per_document"})


@settings(max_examples=20)
@given(HOURS)
def test_the_other_way_round_the_ratio_is_the_inverse(hours: list[tuple[int, int]]) -> None:
    one, two = (measures_of_hours(*column) for column in zip(*hours, strict=True))
    there, back = of_metric("wall_hours", one, two), of_metric("wall_hours", two, one)
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert of_metric("wall_hours", one, one).ratio == 1


def test_the_difference_is_the_mean_of_baseline_less_scenario_with_students_interval() -> None:
    # 10 - 5 and 40 - 10: mean 17.5, standard error 12.5, t(.975, 1) = 12.706205
    found = of_metric("wall_hours", measures_of_hours(10, 40), measures_of_hours(5, 10))
    assert found.difference == pytest.approx(17.5)
    assert found.difference_ci95 == pytest.approx((17.5 - 12.706205 * 12.5, 17.5 + 12.706205 * 12.5))


def test_the_more_scenarios_are_compared_the_wider_is_the_corrected_interval() -> None:
    one, two = (
        Observed(name, ["reached"] * 3, [dict.fromkeys(COMPARED, value) for value in hours])
        for name, hours in (("One", (10.0, 20.0, 40.0)), ("Two", (5.0, 9.0, 21.0)))
    )
    alone, among_ten = (compare(one, two, compared=count)[0] for count in (1, 10))
    assert alone.ci95_corrected == alone.ci95 == among_ten.ci95
    # Of three values: t(.9975, 2) = 14.089 instead of t(.975, 2) = 4.303
    widths = [math.log(ends[1] / ends[0]) for ends in (among_ten.ci95_corrected, alone.ci95) if ends]
    assert widths[0] / widths[1] == pytest.approx(14.08905 / 4.302653, rel=1e-5)


def test_how_often_a_scenario_is_sooner_is_said_of_pairs_and_what_is_undecided_is_told() -> None:
    baseline = Observed(
        "Baseline",
        ["reached", "reached", "exhausted", "horizon", "exhausted", "reached"],
        [dict.fromkeys(COMPARED, hours) for hours in (10.0, 10.0, 50.0, 30.0, 50.0, 10.0)],
    )
    scenario = Observed(
        "Scenario",
        ["reached", "reached", "reached", "reached", "exhausted", "horizon"],
        [dict.fromkeys(COMPARED, hours) for hours in (5.0, 10.0, 20.0, 40.0, 50.0, 8.0)],
    )
    found = compare(baseline, scenario)[0]
    # One quicker, one tied, one that alone arrives, one that arrives after the other was cut off, neither,
    # and one that was cut off before the other arrived.
    kinds = {key: getattr(found.sooner, key) for key in ("sooner", "ties", "later", "neither", "undecided")}
    assert kinds == {"sooner": 2, "ties": 1, "later": 0, "neither": 1, "undecided": 2}
    assert found.sooner.share == pytest.approx(2 / 6)
    low, high = found.sooner.ci95
    assert (low, high) == (proportion_interval(2, 6)[0], proportion_interval(4, 6)[1])
    assert found.ratio is found.difference is None


def test_one_that_is_there_when_the_other_is_cut_off_is_sooner() -> None:
    cut_off = Observed("Scenario", ["horizon"], [dict.fromkeys(COMPARED, 260.0)])
    assert compare(cut_off, reached_after([260]))[0].sooner.sooner == 1
    assert compare(reached_after([260]), cut_off)[0].sooner.later == 1


def test_hours_that_only_rounding_tells_apart_are_a_tie() -> None:
    assert compare(reached_after([0.3]), reached_after([0.1 + 0.2]))[0].sooner.ties == 1


@given(st.lists(st.tuples(*[st.floats(1, 1000)] * 2), min_size=3, max_size=30))
def test_intervals_are_those_of_scipys_paired_t_test(hours: list[tuple[float, float]]) -> None:
    before, after = (np.array(column) for column in zip(*hours, strict=True))
    assume(np.ptp(before - after) > 1e-3)
    assume(np.ptp(np.log(before / after)) > 1e-3)
    found = compare(reached_after(before), reached_after(after))[0]
    of_difference = stats.ttest_rel(before, after).confidence_interval()
    of_logarithms = stats.ttest_rel(np.log(before), np.log(after)).confidence_interval()
    assert found.difference_ci95 == pytest.approx(tuple(of_difference), rel=1e-6, abs=1e-6)
    assert found.ci95 == pytest.approx((np.exp(of_logarithms.low), np.exp(of_logarithms.high)), rel=1e-6)


def reached_after(hours: Sequence[float] | NDArray[np.float64]) -> Observed:
    return Observed(
        "Scenario", ["reached"] * len(hours), [dict.fromkeys(COMPARED, float(one)) for one in hours]
    )


ENDED = st.tuples(
    st.integers(1, 5), st.sampled_from(["reached", "horizon", "exhausted"]), st.none() | st.integers(1, 5)
)


@given(st.lists(st.tuples(ENDED, ENDED), min_size=1, max_size=10))
def test_whatever_becomes_of_those_cut_off_only_undecided_pairs_change(
    pairs: list[tuple[tuple[int, Outcome, int | None], tuple[int, Outcome, int | None]]],
) -> None:
    baseline, scenario = zip(*pairs, strict=True)
    said = compare(observed(baseline), observed(scenario))[0].sooner
    went_on = compare(observed(map(go_on, baseline)), observed(map(go_on, scenario)))[0].sooner
    assert said.pairs == went_on.pairs == len(pairs)
    assert went_on.undecided == 0
    for kind in ("sooner", "ties", "later", "neither"):
        assert getattr(said, kind) <= getattr(went_on, kind) <= getattr(said, kind) + said.undecided


def observed(ended: Iterable[tuple[float, Outcome, int | None]]) -> Observed:
    hours, outcomes, _ = zip(*ended, strict=True)
    return Observed("Scenario", outcomes, [dict.fromkeys(COMPARED, float(one)) for one in hours])


def go_on(ended: tuple[int, Outcome, int | None]) -> tuple[int, Outcome, int | None]:
    """One cut off reaches its target some hours later, or never."""
    hours, outcome, more = ended
    if outcome != "horizon":
        return ended
    return (hours, "exhausted", None) if more is None else (hours + more, "reached", None)
