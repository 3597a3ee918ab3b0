"""The `article` preset on Reuters: where the article's two baselines reach 80 % MAP, so do ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sim.core.quality import QualityTarget
from sim.loading.load import read_scenarios
from support.studies import outcomes, study_of

if TYPE_CHECKING:
    from sim.results.summary import ScenarioOutcome

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
TARGET = QualityTarget("map", 0.8)

pytestmark = [
    pytest.mark.reuters,
    pytest.mark.slow,
    pytest.mark.usefixtures("reuters_features"),
]


def outcome(name: str, cache: Path, *settings: str) -> ScenarioOutcome:
    """Ten replications of one of our scenarios."""
    scenarios = read_scenarios([SCENARIOS / f"{name}.yaml"], ["replications=10", *settings])
    (found,) = outcomes(study_of(scenarios, cache, allow_stand_in=False))
    return found


@pytest.fixture(name="random_batch", scope="module")
def _random_batch(cache: Path) -> ScenarioOutcome:
    return outcome("random_batch", cache, "limit.documents=4100")


def test_random_sampling_crosses_after_3_100_and_by_3_200_documents(cache: Path) -> None:
    # The article trains after every 50 documents; models before that of 3,000 change no later one.
    every_50 = ("trainer.trigger=handover", "trainer.duration=0 s", "labelling.initial=3000")
    curve = outcome("random", cache, *every_50, "limit.documents=3200").mean_curve
    point = curve.crossing(TARGET)
    assert point is not None
    assert 3_100 < curve.labelled_documents[point] <= 3_200


def test_random_batch_needs_the_model_of_4_100_documents_and_269_hours(random_batch: ScenarioOutcome) -> None:
    curve = random_batch.mean_curve
    point = curve.crossing(TARGET)
    assert point is not None
    assert curve.labelled_documents[point] == 4_100
    assert curve.active_hours[point] == pytest.approx(9.4, abs=0.05)
    assert curve.wall_hours[point] == pytest.approx(269, abs=0.5)


def test_single_random_batch_projects_are_done_a_round_apart(random_batch: ScenarioOutcome) -> None:
    needed = [project.reached.labelled_documents for project in random_batch.measures if project.reached]
    assert len(needed) == 10
    assert set(needed) == {3_100, 4_100}
