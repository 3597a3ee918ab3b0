"""Learning curves, read back from a stored study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.reporting.html.learning_curves import AXES, scenario_curves
from support.handmade import replication, scenario_outcome, stored

if TYPE_CHECKING:
    from pathlib import Path


def test_a_mean_curve_is_made_of_its_own_scenario_and_goes_as_far_as_every_replication(
    tmp_path: Path,
) -> None:
    batch = scenario_outcome(
        replication(0.4, 0.6, 0.8, name="Batch", number=0), replication(0.6, 0.8, name="Batch", number=1)
    )
    other = scenario_outcome(replication(0.1, hours=5, name="Other"))
    first, second = scenario_curves(stored(tmp_path, batch, other))
    assert [first.name, second.name] == ["Batch", "Other"]
    assert first.mean.map == pytest.approx([0.5, 0.7])
    assert first.mean.quality_std["map"] == pytest.approx([0.02**0.5, 0.02**0.5])
    assert first.mean.wall_hours == pytest.approx([10, 20])
    assert second.mean.map == pytest.approx([0.1])
    assert second.mean.wall_hours == pytest.approx([5])


def test_it_crosses_where_the_summary_says_that_it_does(tmp_path: Path) -> None:
    sure = [replication(0.5, 0.7 + number / 10, 0.9, name="Sure", number=number) for number in range(2)]
    never = replication(0.5, 0.7, name="Never")
    study = stored(tmp_path, scenario_outcome(*sure), scenario_outcome(never))
    crossings = [
        {axis: curve.crossing(axis) for axis in (*AXES, "map")}
        for curve, scenario in zip(scenario_curves(study), study.summary.scenarios, strict=True)
    ]
    assert crossings[0] == {"labelled_documents": 3, "active_hours": 3, "wall_hours": 30, "map": 0.9}
    for crossing, scenario in zip(crossings, study.summary.scenarios, strict=True):
        assert scenario.mean_curve.model_dump().items() >= crossing.items()
    assert set(crossings[1].values()) == {None}
