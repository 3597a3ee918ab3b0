"""The command that is proposed after a study runs as printed, for the same project."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from support.commands import scenario_file, simulate_here

if TYPE_CHECKING:
    from pathlib import Path

NEVER = "target: {map: 1}\n"
TEAM_THAT_LEAVES = "team: [{count: 1, leaves: 10 min}]\n"


@pytest.mark.parametrize(
    ("more", "reason", "changed"),
    [
        (NEVER, "limit of documents", "limit.documents=240"),
        (NEVER + TEAM_THAT_LEAVES, "nobody left to label", "team.0.count=2"),
        (NEVER + "stop: {active_hours: 0.1}\n", "budget", "stop.active_hours=0.2"),
        (NEVER + "stop: {kappa: 0.01}\n", "rule", "stop.kappa=null"),
        ("target: {map: 0.01}\n", "target", "coordination.scale=0.5"),
    ],
)
def test_it_runs_and_changes_what_ended_the_project(
    more: str,
    reason: str,
    changed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario_file(tmp_path, "Our tickets", more=more)
    options = ["--jobs", "1", "--no-report", "--quiet", "--out", "first"]
    first = simulate_here(capsys, "our_tickets.yaml", *options)
    assert first.returncode == 0, first.stderr
    summary = json.loads((tmp_path / "first" / "summary.json").read_text("utf-8"))
    assert summary["scenarios"][0]["outcome"]["reason"] == reason
    program, *words = shlex.split(first.stdout.splitlines()[-1].removeprefix("Next:    "))
    assert (program, words[0], words[-1]) == ("simulate", "our_tickets.yaml", changed)
    following = simulate_here(capsys, *words, "--jobs", "1", "--no-report", "--quiet", "--json")
    assert following.returncode == 0, following.stderr
    assert json.loads(following.stdout)["scenarios"][0]["name"] == "Our tickets"
