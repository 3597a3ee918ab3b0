"""labelsim from Python gives what the command gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim import LabelsimError, Results, Scenario, compare, simulate
from sim.scenario.reading import read_scenario
from sim.worker import Worker
from tests.commands import scenario_file, simulate_here
from tests.own import EveryOther, ThreeModels

if TYPE_CHECKING:
    from pathlib import Path

    from sim.api import Described


def test_a_file_a_scenario_and_its_keys_give_what_the_command_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = scenario_file(tmp_path)
    simulate_here(capsys, file, "--out", tmp_path / "command", "--no-report")
    expected = (tmp_path / "command" / "summary.json").read_bytes()
    scenario = read_scenario(file)
    ways: list[Described] = [file, str(file), scenario, scenario.model_dump(mode="json")]
    for number, described in enumerate(ways):
        results = simulate(described, out=tmp_path / str(number))
        assert (tmp_path / str(number) / "summary.json").read_bytes() == expected
    assert results.projects["replication"].tolist() == [0, 1, 2]
    assert results.comparisons.empty
    assert set(results.events("Small", 1)["replication"]) == {1}
    assert results.report().exists()


def test_scenarios_are_compared_and_their_folder_goes_with_the_results(tmp_path: Path) -> None:
    one = read_scenario(scenario_file(tmp_path))
    two = one.model_copy(update={"name": "Other", "replications": 2})
    results = compare([one, two], replications=2)
    assert set(results.comparisons["scenario"]) == {"Other"}
    folder = results.folder
    assert Results(folder).summary == results.summary
    del results
    assert not folder.exists()


def test_where_a_project_fails_it_is_told_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Worker, __: tuple[int, int]) -> object:
        raise ZeroDivisionError("a defect")

    file, temporary = scenario_file(tmp_path), tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(Worker, "simulate", fails)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(LabelsimError, match=r"(?s)3 projects failed; the first:\n.*ZeroDivisionError"):
        simulate(file)
    assert not list(temporary.iterdir())


def test_own_strategies_and_rules_have_their_say_and_are_told_apart(tmp_path: Path) -> None:
    file, out = scenario_file(tmp_path), tmp_path / "out"
    usual = simulate(file, replications=1)
    own = simulate(file, replications=1, strategy=EveryOther(), rules=[ThreeModels()], out=out)
    assert own.projects["outcome"].tolist() == ["stopped"]
    assert own.summary["scenarios"][0]["stopped"][0]["by"] == ["three_models"]
    labelled = [
        one.events("Small")[lambda rows: rows["activity"] == "label"]["document"].tolist()
        for one in (usual, own)
    ]
    # The initial documents are the same, what comes after them is not.
    assert labelled[0][:20] == labelled[1][:20]
    assert labelled[0][20:50] != labelled[1][20:50]
    with pytest.raises(LabelsimError, match="holds something else"):
        simulate(file, replications=1, out=out)


def test_what_is_no_scenario_is_told() -> None:
    with pytest.raises(LabelsimError, match="not a scenario"):
        simulate({"name": "Ours", "labeling": {}})
    assert Scenario(name="Ours").replications == 10
