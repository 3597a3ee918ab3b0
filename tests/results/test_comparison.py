"""How many times sooner, worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.results.comparison import COMPARED, compare
from tests.handmade import measures_of_hours, replication, scenario_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.results.comparison import Comparison
    from sim.results.measures import Measures

HOURS = st.lists(st.tuples(*[st.integers(4, 1000)] * 2), min_size=1, max_size=6)


def of_metric(name: str, baseline: Sequence[Measures], other: Sequence[Measures]) -> Comparison:
    (found,) = (one for one in compare(baseline, other) if one["metric"] == name)
    return found


def test_the_ratio_is_baseline_by_scenario_of_geometric_means() -> None:
    # 10 / 5 = 2 and 40 / 10 = 4: their geometric mean is the root of 8, where 50 / 15 would be 3.33.
    found = of_metric("wall_hours", measures_of_hours(10, 40), measures_of_hours(5, 10, name="Sooner"))
    assert (found["baseline"], found["scenario"], found["paired"]) == ("Hand-made", "Sooner", True)
    assert found["ratio"] == pytest.approx(math.sqrt(8))


def test_its_interval_is_students_of_the_logarithms() -> None:
    # ln 2 and ln 4: mean 1.5 ln 2, standard error ln 2 / 2, t(.975, 1) = 12.706205
    found = of_metric("wall_hours", measures_of_hours(10, 40), measures_of_hours(5, 10))
    half_width = 12.706205 * math.log(2) / 2
    expected = [math.sqrt(8) * math.exp(sign * half_width) for sign in (-1, 1)]
    assert found["ci95"] == pytest.approx(expected, rel=1e-5)


def test_replications_are_paired_so_that_luck_that_both_share_is_no_uncertainty() -> None:
    baseline = measures_of_hours(10, 20, 40)
    halved = of_metric("wall_hours", baseline, measures_of_hours(5, 10, 20))
    shuffled = of_metric("wall_hours", baseline, measures_of_hours(20, 5, 10))
    assert halved["ratio"] == shuffled["ratio"] == pytest.approx(2)
    assert halved["ci95"] is None
    assert shuffled["ci95"] is not None


@pytest.mark.parametrize("reversed_", [False, True], ids=["the scenario", "the baseline"])
def test_there_is_no_ratio_where_a_replication_of_either_did_not_reach(reversed_: bool) -> None:  # noqa: FBT001
    reached = measures_of_hours(10, 20)
    not_all = scenario_outcome(replication(0.9, number=0), replication(0.5, number=1)).measures
    pair = (not_all, reached) if reversed_ else (reached, not_all)
    assert [(one["ratio"], one["ci95"]) for one in compare(*pair)] == [(None, None)] * len(COMPARED)


def test_a_replication_that_the_other_scenario_does_not_have_is_left_out() -> None:
    baseline = scenario_outcome(
        replication(0.9, hours=10, number=0),
        replication(0.9, hours=40, number=1),
        replication(0.5, hours=70, number=2),
    ).measures
    found = of_metric("wall_hours", baseline, measures_of_hours(5, 10))
    assert found["ratio"] == pytest.approx(math.sqrt(8))


def test_there_is_no_ratio_to_nothing() -> None:
    found = of_metric("waiting_hours", measures_of_hours(10, 20), measures_of_hours(5, 10))
    assert (found["ratio"], found["ci95"]) == (None, None)


def test_shares_are_not_compared() -> None:
    compared = {one["metric"] for one in compare(measures_of_hours(10), measures_of_hours(5))}
    assert "wall_hours" in compared
    assert compared.isdisjoint({"share_confirmed", "share_focused", "labels_per_document"})


@settings(max_examples=20)
@given(HOURS)
def test_the_other_way_round_the_ratio_is_the_inverse(hours: list[tuple[int, int]]) -> None:
    one, two = (measures_of_hours(*column) for column in zip(*hours, strict=True))
    there, back = of_metric("wall_hours", one, two), of_metric("wall_hours", two, one)
    assert there["ratio"] is not None
    assert back["ratio"] == pytest.approx(1 / there["ratio"])
    assert of_metric("wall_hours", one, one)["ratio"] == 1
