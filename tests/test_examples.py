"""The package in examples/ as somebody would use it: installed, from a scenario file and from Python."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sim import compare
from sim.core.events import CurvePoint, Spent
from tests.conftest import EXAMPLES
from tests.support.commands import simulate_here
from tests.support.handmade import GOOD

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {
    "corpus": {"source": "standin", "documents": 150, "test_documents": 50, "labels": 3},
    "learner": {"components": 8},
    "labelling": {"initial": 20, "batch": 20},
    "limit": {"documents": 100},
    "replications": 2,
}
pytestmark = pytest.mark.usefixtures("installed_example")


def curves(results: Any) -> dict[str, list[float]]:
    """Each scenario's values of MAP."""
    by_scenario: dict[str, list[float]] = results.curve.groupby("scenario")["map"].apply(list).to_dict()
    return by_scenario


def test_one_study_compares_own_and_built_in_strategies_by_name_and_by_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--set={key}={value}" for key, value in (("limit.documents", 100), ("learner.components", 8))]
    out = ["--replications=1", "--jobs=2", "--no-report", f"--out={tmp_path / 'out'}", "--json"]
    done = simulate_here(capsys, "sweep", EXAMPLES / "compare.yaml", *options, *out)
    assert done.returncode == 0, done.stderr
    random, by_name, built_in, by_path = json.loads(done.stdout)["scenarios"]
    assert by_name["replications"] == by_path["replications"]
    assert by_name["replications"] != random["replications"] != built_in["replications"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_python_compares_a_class_a_name_and_built_in_ones(jobs: int) -> None:
    from labelsim_example.strategies import MostRelevant

    scenarios = [
        {**SMALL, "name": str(number), "labelling": {**SMALL["labelling"], "strategy": strategy}}  # type: ignore[dict-item]
        for number, strategy in enumerate(["random", "most_relevant", MostRelevant])
    ]
    found = curves(compare(scenarios, jobs=jobs))
    assert found["1"] == found["2"] != found["0"]


def test_mistakes_offer_what_is_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: Mine\nlabelling: {strategy: most_relevent}\n")
    done = simulate_here(capsys, "validate", file)
    assert done.returncode == 2
    assert "did you mean most_relevant?" in done.stderr


@pytest.mark.parametrize(
    ("ratings", "stops"),
    [([50, 60, 70], False), ([70, 60], False), ([70, 60, 65], True), ([70, 60, 71], False), ([], False)],
)
def test_a_plateau_is_a_rating_that_does_not_rise(ratings: list[float], *, stops: bool) -> None:
    from labelsim_example.rules import Plateau

    curve = [
        CurvePoint(number, 20 * number, number, map=0.0, rating=replace(GOOD, overall=overall))
        for number, overall in enumerate(ratings, start=1)
    ]
    assert Plateau(models=2).fires(curve, Spent(active_hours=0, cost=0)) is stops
