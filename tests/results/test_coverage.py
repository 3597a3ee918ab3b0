"""Intervals hold the truth as often as they say, over 10,000 studies of 30 replications each."""

from __future__ import annotations

import pytest

from tests.results.coverage import LAWS, Law, coverage, lognormal, paired_coverage

STUDIES = 10_000
QUANTILES = ("median_ci95", "p80_ci95", "p90_ci95")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_intervals_cover(law: Law) -> None:
    found = coverage(law, ("restricted_mean_ci95", "p_reached_ci95", *QUANTILES), STUDIES)
    # Those of few possible values, of order statistics and of a chance hold at least as often as they say.
    assert law.discrete or found["restricted_mean_ci95"] <= 0.965
    assert all(share >= 0.935 for share in found.values()), found


@pytest.mark.parametrize("law", LAWS[:5], ids=lambda law: law.name)
def test_where_every_project_arrives_the_restricted_mean_is_the_mean(law: Law) -> None:
    found = coverage(law, ("ci95", "restricted_mean_ci95"), 300)
    assert found["ci95"] == found["restricted_mean_ci95"]


def test_the_paired_interval_covers_at_half_the_width_of_welchs() -> None:
    covers, width = paired_coverage(LAWS[1], Law("twice as quick", lognormal(0.3, 100)), 0.8, 2_000)
    assert 0.935 <= covers <= 0.965
    # With a correlation of .8 the variance of a difference is a fifth.
    assert width == pytest.approx(0.2**0.5, abs=0.03)
