"""Progress of a study on a terminal: bars from the beginning, time left, and what took the time."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from sim.cli.progress import Progress, Stage
from sim.core import advance
from support.commands import scenario_file

if sys.platform != "win32":
    from support.terminals import simulate_on_terminal

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("sim.cli.progress.time.monotonic", lambda: self.now)


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_time_left_runs_down_between_two_shares(clock: Clock) -> None:
    stage = Stage("features", clock.now)
    assert stage.times == "0 s"
    clock.now += 10
    stage.advance(0.25)
    assert stage.times == "10 s · 30 s left"
    clock.now += 1
    assert stage.times == "11 s · 29 s left"
    stage.advance(0.25)
    clock.now += 60
    assert stage.times == "1 min 11 s · 1 s left"
    stage.advance(0.5)
    assert stage.times == "1 min 11 s · 1 min 11 s left"


def test_several_corpora_share_a_bar(clock: Clock) -> None:
    bar = Progress(quiet=True, verbose=False)
    shown = []
    for corpus in range(4):
        with bar.stage("features"), advance.nth(corpus, 4):
            clock.now += 10
            advance.to(0.5)
            assert bar._stage is not None
            shown.append((bar._stage.share, bar._stage.times))
    assert shown[:2] == [(0.125, "10 s · 1 min 10 s left"), (0.375, "20 s · 33 s left")]
    assert [share for share, _ in shown[2:]] == [0.625, 0.875]
    with bar.stage("features"):
        assert bar._stage is not None
        assert bar._stage.share == 0, "what comes after all of them is another one"


def test_projects_at_work_count_by_their_models() -> None:
    bar = Progress(quiet=True, verbose=False)
    models = [[0, 0], [0, 0]]
    bar.on_start(4, 12)
    bar.on_processes(models, 10)
    assert bar._simulated_share() == 0

    models[0][1] = 5  # half of a project, by the first guess
    assert bar._simulated_share() == pytest.approx(0.5 / 8)
    assert bar._count() == "5 models, 4/12 projects"

    models[0][:] = [5, 0]  # it had only 5
    models[1][1] = 20  # and this one has more than usual
    bar.on_replication("One", 1, b"")
    assert bar._simulated_share() == pytest.approx(1.99 / 8)
    assert bar._count() == "25 models, 5/12 projects"


def test_what_took_the_time_is_told_in_a_line() -> None:
    bar = Progress(quiet=True, verbose=False)
    bar.seconds.update({"reading": 0.01, "features": 4.26, "simulation": 84.4, "report": 1.0})

    assert bar.times == "Took 1 min 30 s: features 4.3 s, simulation 1 min 24 s, report 1.0 s"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_terminal_shows_each_stage(tmp_path: Path, jobs: str) -> None:
    options = ("--replications=30", f"--jobs={jobs}", "--no-cache", "--no-report", f"--out={tmp_path}/out")
    status, shown = simulate_on_terminal("", scenario_file(tmp_path), *options)
    lines = re.split(r"[\r\n]+", shown)

    assert status == 0
    assert any(re.match(r"computing features .* \d+ s", line) for line in lines)
    assert any(re.match(r"simulating .* (\d+ models?, )?\d+/30 projects · \d+ s", line) for line in lines)
    last = [line for line in lines if line.strip()][-1]
    assert re.fullmatch(r"Took \d+ s: .*simulation \d.*", last)
    seconds = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["seconds"]
    assert list(seconds) == ["reading", "features", "simulation"]
