"""The command as a planner meets it: results, mistakes, interruptions."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import jsonschema
import pyarrow.parquet as pq
import pytest

from support.commands import CONTINUOUS, scenario_file, simulate_here
from support.commands import simulate as simulate_apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Simulate = Callable[..., CompletedProcess[str]]


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> Simulate:
    """The command in this process."""
    return partial(simulate_here, capsys)


def test_one_scenario_prints_a_time_to_value_and_what_to_try_next(tmp_path: Path) -> None:
    finished = simulate_apart(scenario_file(tmp_path), "--out", tmp_path / "out", "--jobs", 1, "--no-report")
    assert finished.returncode == 0, finished.stderr
    for said in ("wall time", "P80", "Bottleneck: coordination takes", "send for annotation", "Next:"):
        assert said in finished.stdout
    assert "3/3 projects" in finished.stderr


def test_a_pipeline_may_fail_for_a_figure_that_is_too_high(simulate: Simulate, tmp_path: Path) -> None:
    file, out = scenario_file(tmp_path), tmp_path / "out"
    found = simulate(
        file, "--out", out, "--fail-if", "p80(wall_hours) > 0.5", "--fail-if", "mean(rounds) > 999"
    )
    assert found.returncode == 4
    assert "p80(wall_hours) is" in found.stderr
    assert "mean(share_focused)" not in found.stderr
    assert (out / "report.html").exists()
    mistaken = simulate(file, "--fail-if", "wall_hours > 3")
    assert mistaken.returncode == 2
    assert "write a figure of a metric" in mistaken.stderr


def test_a_sweep_is_a_study_of_all_combinations(simulate: Simulate, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = simulate("sweep", scenario_file(tmp_path), "--over", "team.0.count=1..2", "--out", out)
    assert found.returncode == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert [one["name"] for one in summary["scenarios"]] == ["team.0.count=1", "team.0.count=2"]
    assert "--over team.0.count=1..2" in found.stdout


def test_the_output_folder_holds_the_files_of_the_contract(simulate: Simulate, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert simulate(scenario_file(tmp_path), "--out", out).returncode == 0
    held = {path.name for path in out.iterdir()}
    assert held == {
        "summary.json",
        "curve.parquet",
        "curve.csv",
        "results.parquet",
        "events.parquet",
        "manifest.json",
        "report.html",
        "parts",
    }
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["schema_version"] == 1
    (scenario,) = summary["scenarios"]
    assert scenario["corpus"]["stand_in"] is True
    assert len(scenario["replications"]) == 3
    curve = pq.read_table(out / "curve.parquet")
    assert curve.column_names == [
        "scenario",
        "replication",
        "round",
        "labelled_documents",
        "annotations",
        "active_hours",
        "wall_hours",
        "map",
        "macro_f1",
        "micro_f1",
        "accuracy",
        "precision",
        "recall",
        "wss_95",
        "found",
        "cost",
        "rating",
        "all_labels",
        "all_labels_lower",
        "all_labels_upper",
        "underperforming_labels",
        "coverage",
        "balance",
        "labels_judged",
        "weakest_label",
        "likeness",
        "shuffled",
        "kappa",
        "uncertainty",
        "confidence",
    ]
    assert curve["labelled_documents"].to_pylist() == [20, 50, 80, 110, 140] * 3
    events = pq.read_table(out / "events.parquet").to_pylist()
    labelled = [event["document"] for event in events if event["activity"] == "label"]
    assert len(labelled) == 3 * 140
    assert {event["actor"] for event in events} == {"SME 1", "trainer", "coordination"}
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["scenarios"][0]["text"].startswith("name: Small")
    assert manifest["versions"]["numpy"]


def test_several_scenarios_stand_side_by_side_with_only_what_differs(
    simulate: Simulate, tmp_path: Path
) -> None:
    one = scenario_file(tmp_path, "Batch")
    two = scenario_file(tmp_path, "Continuous", more=CONTINUOUS)
    finished = simulate(one, two, "--out", tmp_path / "out", "--no-report")
    assert finished.returncode == 0, finished.stderr
    assert {"trigger", "handover", "continuous"} <= {*finished.stdout.split()}
    assert "labelling.batch" not in finished.stdout
    assert "times faster (95 % CI)" in finished.stdout
    assert not (tmp_path / "out" / "report.html").exists()


def test_json_prints_the_summary_and_nothing_else(simulate: Simulate, tmp_path: Path) -> None:
    finished = simulate(scenario_file(tmp_path), "--out", tmp_path / "out", "--json", "--quiet")
    assert finished.stdout == (tmp_path / "out" / "summary.json").read_text("utf-8")
    assert finished.stderr == ""
    schema = json.loads(simulate("schema", "summary").stdout)
    assert schema["properties"]["schema_version"]["const"] == 1
    jsonschema.validate(json.loads(finished.stdout), schema)


def test_verbose_says_a_line_for_each_published_model(simulate: Simulate, tmp_path: Path) -> None:
    finished = simulate(scenario_file(tmp_path), "--out", tmp_path / "out", "--verbose", "--no-report")
    assert len(re.findall(r"model \d+, \d+ documents", finished.stderr)) == 3 * 5


def test_results_go_below_reports_and_never_over_another_study(
    simulate: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario_file(tmp_path)
    for seed in (1, 2, 1):
        assert "Results" in simulate("small.yaml", "--seed", seed, "--no-report", "-q").stdout
    folders = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert len(folders) == 2
    assert folders[0] == "small"
    assert folders[1].startswith("small-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--replications", "0"], "--replications"),
        (["--jobs", "0"], "--jobs"),
        (["--nonsense"], "--nonsense"),
        (["--corpus", "nonsense"], "nonsense"),
        (["--set", "labelling.batch=0"], "labelling.batch"),
        (["--set", "labelling.initial=1000", "--set", "limit.documents=2000"], "240 documents"),
    ],
)
def test_an_impossible_option_is_told_with_exit_code_2(
    simulate: Simulate, tmp_path: Path, arguments: list[str], said: str
) -> None:
    finished = simulate(scenario_file(tmp_path), "--out", tmp_path / "out", *arguments)
    assert finished.returncode == 2, finished.stderr
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not (tmp_path / "out").exists()


def test_scenarios_of_one_study_share_a_seed_and_differ_in_name(simulate: Simulate, tmp_path: Path) -> None:
    one = scenario_file(tmp_path, "One", more="seed: 1")
    two = scenario_file(tmp_path, "Two", more="seed: 2")
    finished = simulate(one, two, "--out", tmp_path / "out")
    assert finished.returncode == 2
    assert "share one seed" in finished.stderr
    assert simulate(one, two, "--seed", 3, "--out", tmp_path / "out", "-q", "--no-report").returncode == 0
    same = scenario_file(tmp_path, "One", more="seed: 1", stem="again")
    finished = simulate(one, same, "--out", tmp_path / "out")
    assert finished.returncode == 2
    assert "two scenarios are called 'One'" in finished.stderr


class TestOutputFolder:
    def test_a_file_in_its_place_is_refused(self, simulate: Simulate, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("mine", "utf-8")
        finished = simulate(scenario_file(tmp_path), "--out", tmp_path / "out")
        assert finished.returncode == 2
        assert "is a file; give a folder" in finished.stderr
        assert (tmp_path / "out").read_text("utf-8") == "mine"

    def test_something_else_in_it_is_left_alone(self, simulate: Simulate, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.doc").write_text("mine", "utf-8")
        finished = simulate(scenario_file(tmp_path), "--out", tmp_path / "out")
        assert finished.returncode == 2
        assert "folder is not empty and is not a labelsim study" in finished.stderr
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.doc"]

    def test_the_same_study_is_completed_with_the_same_bytes(
        self, simulate: Simulate, tmp_path: Path
    ) -> None:
        path, out = scenario_file(tmp_path), tmp_path / "out"
        assert simulate(path, "--out", out, "-q").returncode == 0
        before = (out / "summary.json").read_bytes()
        (out / "curve.csv").unlink()
        assert simulate(path, "--out", out, "-q").returncode == 0
        assert (out / "summary.json").read_bytes() == before
        assert (out / "curve.csv").exists()

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
    def test_a_place_that_cannot_be_written_to_is_told(self, simulate: Simulate, tmp_path: Path) -> None:
        finished = simulate(scenario_file(tmp_path), "--out", "/proc/nowhere/out")
        assert finished.returncode == 2
        assert "cannot be written to" in finished.stderr
        assert "Traceback" not in finished.stderr


class TestOtherCommands:
    def test_init_writes_a_scenario_that_is_right_and_never_over_another(
        self, simulate: Simulate, tmp_path: Path
    ) -> None:
        path = tmp_path / "mine.yaml"
        assert simulate("init", path).returncode == 0
        assert simulate("validate", path).returncode == 0
        finished = simulate("init", path)
        assert finished.returncode == 2
        assert "exists already" in finished.stderr

    def test_report_is_made_again_from_a_finished_study(self, simulate: Simulate, tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert simulate(scenario_file(tmp_path), "--out", out, "-q").returncode == 0
        before = (out / "report.html").read_bytes()
        (out / "report.html").unlink()
        assert simulate("report", out).returncode == 0
        assert (out / "report.html").read_bytes() == before

    def test_report_of_a_folder_without_a_study_says_so(self, simulate: Simulate, tmp_path: Path) -> None:
        finished = simulate("report", tmp_path)
        assert finished.returncode == 2
        assert "no finished study here" in finished.stderr

    def test_schema_is_json(self, simulate: Simulate) -> None:
        assert json.loads(simulate("schema").stdout)["title"] == "labelsim scenario"
        for name in ("scenario", "summary", "best", "forecast"):
            schema = json.loads(simulate("schema", name).stdout)
            jsonschema.validators.validator_for(schema).check_schema(schema)
            assert schema["title"] == f"labelsim {name}"

    def test_corpora_of_a_scenario_are_counted_with_their_fingerprint(
        self, simulate: Simulate, tmp_path: Path
    ) -> None:
        finished = simulate("corpora", scenario_file(tmp_path))
        assert finished.returncode == 0, finished.stderr
        assert re.search(r"240 .* 80 .* 4 .* [0-9a-f]{32}", finished.stdout)

    def test_commands_win_over_file_names(self, tmp_path: Path) -> None:
        (tmp_path / "schema").write_text("name: not this\n", "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "sim.cli", "schema"], cwd=tmp_path, check=True, capture_output=True
        )
        assert json.loads(done.stdout)["title"] == "labelsim scenario"

    def test_version(self) -> None:
        assert re.fullmatch(r"labelsim \d+\.\d+\.\d+\n", simulate_apart("--version").stdout)


def test_help_names_every_option_and_command_and_imports_nothing_heavy() -> None:
    finished = simulate_apart("--help")
    assert finished.returncode == 0
    for said in ("--replications", "--seed", "--set", "--corpus", "--out", "--jobs", "--json", "--no-report"):
        assert said in finished.stdout
    for command in ("init", "report", "validate", "schema", "corpora"):
        assert command in finished.stdout
    assert "..." not in finished.stdout.partition("Commands:")[2], "a description does not fit its line"
    assert "<" not in finished.stdout.replace("<local|dask>", "").replace("reports/<study>", ""), "a type"
    program = (
        "import sys\nsys.argv = ['simulate', '--help']\nimport sim.cli.main\n"
        "try:\n    sim.cli.main.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'sklearn', 'plotly', 'nltk', 'scipy', 'numpy', 'pydantic', 'pyarrow', 'simpy'}\n"
        "sys.exit(f'imported: {heavy & set(sys.modules)}' if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr


def test_every_process_of_a_study_imports_only_what_it_uses() -> None:
    unused = ("scipy.stats", "scipy.optimize", "pandas", "sklearn", "plotly", "nltk", "distributed")
    program = f"import sys, sim.study.study\nsys.exit(' '.join(set({unused}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert not done.stderr.strip(), f"imported: {done.stderr}"
