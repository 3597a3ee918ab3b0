"""The mean of replications' learning curves, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.core.quality import QualityTarget
from support.handmade import replication, scenario_outcome

if TYPE_CHECKING:
    from sim.results.summary import MeanCurve


def mean_curve(*maps: tuple[float, ...]) -> MeanCurve:
    """The mean curve of replications whose models are as good as this."""
    return scenario_outcome(*(replication(*one, number=number) for number, one in enumerate(maps))).mean_curve


def test_hours_and_documents_are_averaged_model_by_model() -> None:
    mean = scenario_outcome(replication(0.1, 0.2, hours=10), replication(0.3, 0.4, hours=20)).mean_curve
    assert mean.wall_hours.tolist() == [15, 30]
    assert mean.active_hours.tolist() == [1, 2]
    assert mean.labelled_documents.tolist() == [1, 2]
    assert mean.map == pytest.approx([0.2, 0.3])


def test_it_spreads_as_single_replications_do_not_as_their_mean() -> None:
    # .4, .5, .6: squares of deviations .01 + 0 + .01, by two degrees of freedom
    assert mean_curve((0.4,), (0.5,), (0.6,)).quality_std["map"] == pytest.approx([0.1])


def test_one_replication_has_no_spread() -> None:
    assert np.isnan(mean_curve((0.4, 0.5)).quality_std["map"]).tolist() == [True, True]


def test_a_mean_exactly_at_the_target_has_crossed_it() -> None:
    assert mean_curve((0.5, 0.75, 0.9)).crossing(QualityTarget("map", 0.75)) == 1


def test_the_first_crossing_counts_though_the_mean_falls_below_again() -> None:
    assert mean_curve((0.5, 0.9, 0.6, 0.95)).crossing(QualityTarget("map", 0.8)) == 1


def test_it_may_cross_before_every_replication_has_and_after_the_first() -> None:
    mean = mean_curve((0.9, 0.9, 0.9), (0.5, 0.75, 0.9))
    assert mean.crossing(QualityTarget("map", 0.8)) == 1


def test_it_ends_where_a_replication_has_no_more_models() -> None:
    assert mean_curve((0.5, 0.6, 0.9), (0.5, 0.6)).crossing(QualityTarget("map", 0.8)) is None


def test_where_one_has_no_model_at_all_there_is_no_curve() -> None:
    mean = mean_curve((0.9,), ())
    assert len(mean.map) == len(mean.quality_std["map"]) == 0
    assert mean.crossing(QualityTarget("map", 0.1)) is None
