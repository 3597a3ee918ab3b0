"""The same scenario, seed and corpus give the same bytes, however they are computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.core.code_fingerprint import source_fingerprint
from support.commands import CONTINUOUS, scenario_file, simulate, simulate_here


def summary(folder: Path, *arguments: object, out: str, **environment: str) -> bytes:
    done = simulate(*arguments, "--out", folder / out, "--no-report", "-q", **environment)
    assert done.returncode == 0, done.stderr
    return (folder / out / "summary.json").read_bytes()


def summary_here(capsys: pytest.CaptureFixture[str], out: Path, *arguments: object) -> bytes:
    done = simulate_here(capsys, *arguments, "--out", out, "--no-report", "-q")
    assert done.returncode == 0, done.stderr
    return (out / "summary.json").read_bytes()


def parts(content: bytes) -> dict[str, Any]:
    return {scenario["name"]: scenario for scenario in json.loads(content)["scenarios"]}


@pytest.fixture(name="scenarios")
def _scenarios(tmp_path: Path) -> list[Path]:
    uncertain = "strategy: mean_uncertainty, suggestions: true"
    return [
        scenario_file(tmp_path, "Batch"),
        scenario_file(tmp_path, "Uncertain", labelling=uncertain, more=CONTINUOUS),
        scenario_file(tmp_path, "Three people", more=f"team: [{{count: 3}}]\n{CONTINUOUS}"),
    ]


@pytest.mark.slow
def test_workers_locale_time_zone_and_hash_seed_change_nothing(tmp_path: Path, scenarios: list[Path]) -> None:
    once = summary(tmp_path, *scenarios, "--jobs", 1, out="once", PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C")
    elsewhere = {"PYTHONHASHSEED": "17", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}
    assert summary(tmp_path, *scenarios, "--jobs", 2, out="again", **elsewhere) == once


def test_a_study_of_three_equals_three_studies_of_one_in_any_order(
    tmp_path: Path, scenarios: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    together = parts(summary_here(capsys, tmp_path / "together", *scenarios))
    backwards = parts(summary_here(capsys, tmp_path / "backwards", *reversed(scenarios)))
    assert backwards == together
    for number, path in enumerate(scenarios):
        alone = parts(summary_here(capsys, tmp_path / f"alone {number}", path))
        ((name, part),) = alone.items()
        assert together[name] == part


def test_a_replication_does_not_depend_on_how_many_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario_file(tmp_path)
    three = parts(summary_here(capsys, tmp_path / "three", path))["Small"]["replications"]
    five = parts(summary_here(capsys, tmp_path / "five", path, "--replications", 5))["Small"]["replications"]
    assert five[:3] == three


def test_replications_are_kept_under_the_text_of_all_our_code(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def read_bytes(path: Path) -> bytes:
        read.append(path)
        return b""

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    source_fingerprint.__wrapped__()
    assert set(read) == set(Path(sim.__file__).parent.rglob("*.py"))
