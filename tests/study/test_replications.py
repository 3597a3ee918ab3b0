"""Replications that are added until means are precise, or the best is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from support.commands import scenario_file, simulate_here

if TYPE_CHECKING:
    from pathlib import Path

EARLY = "target: {map: 0.5}\ncoordination: {scale: 0.1}"


def summary(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return content


@pytest.mark.slow
def test_replications_are_added_until_means_are_precise_or_there_are_most(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = scenario_file(tmp_path, more=EARLY), tmp_path / "out"
    options = ("--out", out, "--no-report", "--max-replications", 70, "--precision")
    found = simulate_here(capsys, file, *options, "2%")
    assert found.returncode == 0, found.stderr
    precision = summary(out)["precision"]
    assert (precision["replications"], precision["met"]) == (70, False)
    assert "Not known to within ±2 % after 70 replications, the maximum: " in found.stdout
    # Into the same folder, a coarser wish needs nothing new.
    coarse = simulate_here(capsys, file, *options, "50%")
    assert "30 of 30 projects already simulated" in coarse.stderr
    assert "Every mean is known to within ±50 % (95 % CI) after 30 replications." in coarse.stdout
    assert [len(one["replications"]) for one in summary(out)["scenarios"]] == [30]


@pytest.mark.slow
def test_the_best_is_found_and_what_was_eliminated_is_not_simulated_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = scenario_file(tmp_path, more=EARLY), tmp_path / "out"
    found = simulate_here(
        capsys,
        "best",
        file,
        "--over",
        "trainer.duration=4 h,2 min,3 min",
        "--out",
        out,
        "--max-replications",
        60,
    )
    assert found.returncode == 0, found.stderr
    jsonschema.validate(summary(out), json.loads(simulate_here(capsys, "schema", "best").stdout))
    chosen = summary(out)["selection"]
    assert chosen["best"] == "trainer.duration=2 min"
    # A minute a round is less than 5 % of the baseline's hours; four hours are more.
    assert chosen["close"] == ["trainer.duration=3 min"]
    assert "The best is trainer.duration=2 min: its mean wall time is the lowest" in found.stdout
    assert "Next:" not in found.stdout
    before = (out / "summary.json").read_bytes()
    again = simulate_here(capsys, "resume", out, "--no-report")
    assert "90 of 90 projects already simulated" in again.stderr
    assert (out / "summary.json").read_bytes() == before


@pytest.mark.slow
def test_the_cheapest_is_not_the_fastest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A training of two minutes costs 200 more than one of four hours, whatever else happens."""
    file, out = scenario_file(tmp_path, more=EARLY + "\nsweep: {design: zipped}"), tmp_path / "out"
    over = ("--over", "trainer.duration=4 h,2 min", "--over", "costs.fixed=100,300")
    for metric, wanted in (("cost", "4 h"), ("wall_hours", "2 min")):
        found = simulate_here(capsys, "best", file, *over, "--by", metric, "--out", out, "--no-report")
        assert found.returncode == 0, found.stderr
        chosen = summary(out)["selection"]
        assert chosen["metric"] == metric
        assert wanted in chosen["best"]
    assert "its mean wall time is the lowest" in found.stdout


def test_the_cheapest_needs_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--over=team.0.count=1,2", "--by=cost", f"--out={tmp_path}/out")
    found = simulate_here(capsys, "best", scenario_file(tmp_path), *options)
    assert found.returncode == 2
    assert "nothing costs anything; set costs.labelling" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--precision", "5"), "--precision 5: write a share from 0.1 % to 50 %, such as 5%"),
        (("--precision", "5%", "--replications", "10"), "--precision decides on the replications"),
    ],
)
def test_what_contradicts_itself_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    found = simulate_here(capsys, scenario_file(tmp_path), *arguments)
    assert found.returncode == 2
    assert told in found.stderr


def test_the_best_of_one_needs_no_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = simulate_here(
        capsys, "best", scenario_file(tmp_path), "--over", "team.0.count=1", "--out", tmp_path / "out"
    )
    assert found.returncode == 2
    assert "there is only one set-up; give --over" in found.stderr
