"""Intervals hold the truth as often as they say: studies of 30 replications whose truth is known."""

from __future__ import annotations

import math
from functools import cache

import pytest

from sim.results.statistics import aggregate
from support.coverage import (
    LAWS,
    PAIRS,
    REPLICATIONS,
    Law,
    Pair,
    coverage,
    knifes_edge,
    of_a_family,
    of_a_law,
    of_a_pair,
    of_some_cut_anywhere,
)

pytestmark = pytest.mark.slow

STUDIES = 10_000
FEWER = 1_000
"""Of what takes longer: coverage of 95 % is then measured to .7 %."""
QUANTILES = ("median_ci95", "p80_ci95", "p90_ci95")
OF_LAWS = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
of_pair = cache(of_a_pair)
OF_PAIRS = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


@OF_LAWS
def test_intervals_cover(law: Law) -> None:
    found = coverage(law, ("restricted_mean_ci95", "p_reached_ci95", *QUANTILES), STUDIES)
    # Those of few possible values, of order statistics and of a chance hold at least as often as they say.
    assert law.discrete or found["restricted_mean_ci95"] <= 0.965
    assert all(share >= 0.935 for share in found.values()), found


@pytest.mark.parametrize("law", LAWS[:5], ids=lambda law: law.name)
def test_where_every_project_arrives_the_restricted_mean_is_the_mean(law: Law) -> None:
    found = coverage(law, ("ci95", "restricted_mean_ci95"), 300)
    assert found["ci95"] == found["restricted_mean_ci95"]


@pytest.mark.parametrize(("early", "chance"), [(0.6, 0.935236), (0.9, 0.955589)])
def test_on_the_knifes_edge_the_mean_is_covered_by_more_than_935_in_1000(early: float, chance: float) -> None:
    """Exactly, over all that 30 projects may come to; a study whose projects are all alike holds nothing."""
    mean = Law("", knifes_edge(early)).truth("ci95")
    covered = 0.0
    for soon in range(REPLICATIONS + 1):
        hours = [215.1] * soon + [269.4] * (REPLICATIONS - soon)
        ends = aggregate(hours, ["reached"] * REPLICATIONS, share=False).ci95
        if ends is not None and ends[0] <= mean <= ends[1]:
            covered += math.comb(REPLICATIONS, soon) * early**soon * (1 - early) ** (REPLICATIONS - soon)
    assert covered == pytest.approx(chance, abs=1e-6)


@OF_LAWS
def test_the_next_project_falls_into_its_interval_with_a_chance_of_80_percent(law: Law) -> None:
    found = of_a_law(law, FEWER)["prediction80"].share
    if law in LAWS[:3]:
        # Of distinct hours: 25 of the 31 gaps between 30 projects.
        assert found == pytest.approx(25 / 31, abs=0.01)
    else:
        assert found >= 0.8


def test_whoever_is_cut_off_anywhere_makes_intervals_wider_and_none_of_them_wrong() -> None:
    found = of_some_cut_anywhere(LAWS[1], FEWER)
    assert all(held.share >= 0.935 for figure, held in found.items() if figure != "prediction80")
    assert found["prediction80"].share >= 0.8


@OF_PAIRS
def test_comparisons_cover(pair: Pair) -> None:
    found, _ = of_pair(pair, FEWER)
    assert found["sooner"].share >= 0.935
    always = math.isinf(pair.baseline.limit) and pair.baseline.used_up == 1
    for figure in ("ci95", "difference_ci95"):
        # Half of a pair that did not reach its target is unknown.
        assert 0.935 <= found[figure].share <= 0.965 if always else not found[figure].verdicts


def test_the_paired_interval_is_narrower_than_welchs_where_luck_is_shared_and_no_narrower_where_not() -> None:
    # With a correlation of .8 the variance of a difference is a fifth.
    assert of_pair(PAIRS[0], FEWER)[1] == pytest.approx(0.2**0.5, abs=0.02)
    assert of_pair(PAIRS[1], FEWER)[1] == pytest.approx(1, abs=0.03)


def test_corrected_intervals_hold_all_at_once_and_others_do_not() -> None:
    found = of_a_family(LAWS[1], 5, 1_000)
    assert found["ci95_corrected"] >= 0.935
    assert found["ci95"] < 0.9
