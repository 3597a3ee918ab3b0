"""labelsim from Python gives what the command gives."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from sim import LabelsimError, Results, compare, simulate
from sim.study.worker import Worker
from support.commands import scenario_file, simulate_here
from support.own import EveryOther, ThreeModels
from support.scenarios import read_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from sim.api import ScenarioInput


def test_a_file_a_scenario_and_its_keys_give_what_the_command_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = scenario_file(tmp_path)
    simulate_here(capsys, file, "--out", tmp_path / "command", "--no-report")
    expected = (tmp_path / "command" / "summary.json").read_bytes()
    scenario = read_scenario(file)
    ways: list[ScenarioInput] = [file, str(file), scenario, scenario.model_dump(mode="json")]
    for number, described in enumerate(ways):
        results = simulate(described, out=tmp_path / str(number))
        assert (tmp_path / str(number) / "summary.json").read_bytes() == expected
    assert results.projects["replication"].tolist() == [1, 2, 3]
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
    read = read_scenario(file).model_dump(mode="json")
    with_own = {
        **read,
        "labelling": {**read["labelling"], "strategy": EveryOther},
        "stop": {ThreeModels: {}},
    }
    own = simulate(with_own, replications=1, out=out)
    assert own.projects["outcome"].tolist() == ["stopped"]
    assert own.summary.scenarios[0].stopped[0].by == ["support.own:ThreeModels"]
    labelled = [
        one.events("Small")[lambda rows: rows["activity"] == "label"]["document"].tolist()
        for one in (usual, own)
    ]
    # The initial documents are the same, what comes after them is not.
    assert labelled[0][:20] == labelled[1][:20]
    assert labelled[0][20:50] != labelled[1][20:50]
    with pytest.raises(LabelsimError, match="folder is not empty and is not a labelsim study"):
        simulate(file, replications=1, out=out)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_own_and_built_in_strategies_are_compared_in_one_study(jobs: int) -> None:
    named = [EveryOther, "random", "support.own.EveryOther"]
    scenarios = [
        {**SMALL, "name": str(number), "labelling": {**SMALL["labelling"], "strategy": strategy}}
        for number, strategy in enumerate(named)
    ]
    curves = compare(scenarios, jobs=jobs).curve.groupby("scenario")["map"].apply(list)
    assert curves["0"] == curves["2"] != curves["1"]


def test_a_class_that_cannot_be_imported_or_is_no_strategy_is_refused() -> None:
    class Inside(EveryOther):
        """Nobody else can import it."""

    def strategy(named: object) -> dict[str, object]:
        return {**SMALL, "name": "Ours", "labelling": {"initial": 20, "strategy": named}}

    with pytest.raises(LabelsimError, match="define this class at the top level of a module"):
        simulate(strategy(Inside))
    with pytest.raises(
        LabelsimError, match=r"support\.own:Nobody cannot be imported: .*no attribute 'Nobody'"
    ):
        simulate(strategy("support.own:Nobody"))
    with pytest.raises(
        LabelsimError, match=r"support\.own:ThreeModels does not fit labelsim\.query_strategies"
    ):
        simulate(strategy(ThreeModels))


SMALL: dict[str, Any] = {
    "world": "article",
    "corpus": {"source": "standin", "documents": 60, "test_documents": 20, "labels": 3},
    "learner": {"components": 8},
    "labelling": {"initial": 20, "batch": 20},
    "replications": 1,
}


@pytest.mark.parametrize("argument", ["replications", "jobs"])
def test_none_at_all_is_refused(argument: str) -> None:
    with pytest.raises(LabelsimError, match=f"{argument} is 0; give a whole number of 1 or more"):
        simulate({"name": "Ours"}, **{argument: 0})  # type: ignore[arg-type]


def test_a_sweep_is_simulated_whole_from_a_file_and_from_a_dictionary(tmp_path: Path) -> None:
    swept = {**SMALL, "name": "Swept", "sweep": {"over": {"trainer.duration": ["2 min", "4 h"]}}}
    file = tmp_path / "swept.yaml"
    file.write_text(json.dumps(swept))
    for described in (swept, file):
        results = simulate(described)
        assert results.projects["trainer.duration"].tolist() == ["2 min", "4 h"]
    with pytest.raises(LabelsimError, match="sweep: makes a study of its own"):
        compare([file, {**SMALL, "name": "Other"}])


def test_a_portfolio_is_simulated_on_one_clock(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(json.dumps({**SMALL, "name": name}))
    file = tmp_path / "both.yaml"
    file.write_text(json.dumps({"name": "Both", "portfolio": {"projects": ["one.yaml", "two.yaml"]}}))
    results = simulate(file, replications=2)
    assert results.projects.groupby("scenario").size().to_dict() == {"one": 2, "two": 2}
    # The trainer is shared, so that one of two projects that begin at once waits for it.
    alone = simulate(tmp_path / "two.yaml", replications=2)
    shared = results.projects.query("scenario == 'two'")
    assert (shared["wall_hours"].to_numpy() > alone.projects["wall_hours"].to_numpy()).all()


def test_a_dictionary_gets_the_messages_of_a_file() -> None:
    with pytest.raises(LabelsimError) as told:
        simulate({**SMALL, "name": "Ours", "labeling": {}, "target": {"map": 80}})
    assert str(told.value) == (
        "the dictionary 'Ours': target.map: 80 is too large; write a number above 0 and at most 1 "
        "or one such as '80 %'\n"
        "the dictionary 'Ours': labeling: unknown key; did you mean labelling?"
    )
    with pytest.raises(LabelsimError, match="is not what a file would hold"):
        simulate({**SMALL, "name": "Ours", "seed": object()})
    with pytest.raises(LabelsimError, match="nothing to simulate"):
        compare([])


def test_a_dictionary_may_hold_dates_paths_and_numbers_of_numpy(tmp_path: Path) -> None:
    words = ["grain", "ship", "wheat", "port", "corn", "crew"]
    texts = [f"{words[row % 6]} {words[row % 5]} {words[row % 4]}" for row in range(40)]
    rows = [{"text": text, "labels": "ab"[row % 2]} for row, text in enumerate(texts)]
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    table = {"source": "table", "path": tmp_path / "table.csv"}
    ours = {**SMALL, "name": "Ours", "corpus": table, "seed": np.int64(3)}
    results = simulate({**ours, "start": datetime(2026, 1, 5, 9)})  # noqa: DTZ001 - local time, as in a file
    dates = results.summary.scenarios[0].dates
    assert dates is not None
    assert dates.start.startswith("2026-01-05T09:00")
