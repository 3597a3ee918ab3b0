"""A study that is interrupted is not lost: the command goes on, and comes to the same bytes."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from support.commands import scenario_file, simulate, simulate_here
from support.limits import no_file_larger_than
from support.processes import members, nobody_left

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.study.worker import Task

SUMMARY = "summary.json"
PATIENCE = 180
"""Seconds that a command may take where the machine is busy with others."""


def two_scenarios(folder: Path) -> tuple[Path, Path]:
    return (
        scenario_file(folder, "Small", more="team: [{count: 2}]"),
        scenario_file(folder, "Smaller", labelling="suggestions: true"),
    )


def killed(out: Path, seconds: float, *arguments: object) -> int:
    """Kill a command and all its processes after so long; how it ended."""
    running = subprocess.Popen(
        [sys.executable, "-m", "sim.cli", *map(str, arguments), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    begun = time.monotonic()
    while not (out / "parts").exists() and time.monotonic() < begun + 60 and running.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    return running.wait()


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_comes_to_the_same_bytes(tmp_path: Path) -> None:
    files = two_scenarios(tmp_path)
    options = ("--replications", "12", "--jobs", "2", "--no-report", "--quiet")
    assert simulate(*files, *options, "--out", tmp_path / "whole").returncode == 0
    whole = (tmp_path / "whole" / SUMMARY).read_bytes()
    rng = random.Random(7)  # noqa: S311 - no secret
    for attempt in range(2):
        out = tmp_path / f"killed {attempt}"
        killed(out, rng.uniform(0, 0.6), *files, *options)
        left = sum(1 for _ in (out / "parts").rglob("*.arrow"))
        resumed = simulate("resume", out, "--jobs", "1", "--no-report")
        assert resumed.returncode == 0, resumed.stderr
        assert f"{left} of 24 projects already simulated" in resumed.stderr or left == 0
        assert (out / SUMMARY).read_bytes() == whole
        assert not (out / "unfinished.json").exists()


def _answer_all() -> None:
    """Answer signals as a command does that a terminal starts, whatever this process ignores."""
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, signal.SIG_DFL)


@pytest.fixture(name="running")
def _running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A long study in a process group of its own, that has finished a project; gone with the test."""
    out = tmp_path / "out"
    running = subprocess.Popen(
        [
            *(sys.executable, "-m", "sim.cli", str(scenario_file(tmp_path)), "--replications", "100000"),
            *("--out", str(out), "--jobs", "2"),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_answer_all,  # noqa: PLW1509 - this process starts no threads
    )
    deadline = time.monotonic() + PATIENCE
    while not list(out.glob("parts/*/*.arrow")) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield running
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


@pytest.mark.parametrize(
    ("sent", "whole_group"),
    [
        pytest.param(signal.SIGINT, True, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, False, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, True, marks=pytest.mark.slow),
    ],
    ids=["Ctrl-C", "kill", "the terminal is closed"],
)
def test_a_command_asked_to_end_keeps_what_is_simulated_and_says_how_to_continue(
    tmp_path: Path, running: subprocess.Popen[str], sent: signal.Signals, *, whole_group: bool
) -> None:
    out = tmp_path / "out"
    (os.killpg if whole_group else os.kill)(running.pid, sent)
    _, stderr = running.communicate(timeout=PATIENCE)
    assert running.returncode == 128 + sent, stderr
    assert re.search(
        r"Interrupted\. [0-9,]+ of 100,000 projects are simulated and kept\. Continue with: "
        rf"simulate resume {out}\n$",
        stderr,
    ), stderr
    assert "Traceback" not in stderr
    assert {path.name for path in out.iterdir()} == {"parts", "unfinished.json"}
    assert nobody_left(running.pid)


@pytest.mark.slow
def test_no_process_outlives_a_command_that_is_killed_nor_holds_its_output(
    running: subprocess.Popen[str],
) -> None:
    assert len(members(running.pid)) > 2
    running.kill()
    # Reads both outputs to their ends: whoever holds one would keep it waiting.
    running.communicate(timeout=PATIENCE)
    assert nobody_left(running.pid)


@pytest.mark.slow
def test_a_killed_process_that_simulates_is_told_with_what_there_is(running: subprocess.Popen[str]) -> None:
    worker = max(set(members(running.pid)) - {running.pid})
    os.kill(worker, signal.SIGKILL)
    _, stderr = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert "a worker process was killed" in stderr
    assert re.search(r"[0-9,]+ of 100,000 projects are simulated and kept", stderr)
    assert nobody_left(running.pid)


def test_a_finished_study_is_not_simulated_again_and_a_damaged_one_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, out = two_scenarios(tmp_path), tmp_path / "out"
    simulate_here(capsys, *files, "--out", out, "--no-report")
    before = (out / SUMMARY).read_bytes()
    again = simulate_here(capsys, *files, "--out", out, "--no-report")
    assert "6 of 6 projects already simulated" in again.stderr
    part = min(out.glob("parts/*/*.arrow"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    (out / SUMMARY).unlink()
    mended = simulate_here(capsys, "resume", out, "--no-report")
    assert mended.returncode == 0
    assert f"{part.name} is damaged: moved aside and simulated again" in mended.stderr.replace("\n", "")
    assert "5 of 6 projects already simulated" in mended.stderr
    assert (out / SUMMARY).read_bytes() == before


def test_more_replications_into_the_same_folder_add_to_those_that_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = scenario_file(tmp_path)
    simulate_here(capsys, file, "--out", tmp_path / "grown", "--no-report")
    grown = simulate_here(capsys, file, "--out", tmp_path / "grown", "--no-report", "--replications", 5)
    assert "3 of 5 projects already simulated" in grown.stderr
    simulate_here(capsys, file, "--out", tmp_path / "at once", "--no-report", "--replications", 5)
    grown_, at_once = ((tmp_path / name / SUMMARY).read_bytes() for name in ("grown", "at once"))
    assert grown_ == at_once


@pytest.mark.slow
def test_two_processes_on_one_folder_do_not_hurt_each_other(tmp_path: Path) -> None:
    files, out = two_scenarios(tmp_path), tmp_path / "out"
    command = [sys.executable, "-m", "sim.cli", *map(str, files), "--replications", "8", "--no-report"]
    both = [
        subprocess.Popen([*command, "--out", str(out), "--jobs", jobs], stdout=subprocess.DEVNULL)
        for jobs in ("1", "2")
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    assert simulate(*files, "--replications", 8, "--no-report", "--out", tmp_path / "alone").returncode == 0
    assert (out / SUMMARY).read_bytes() == (tmp_path / "alone" / SUMMARY).read_bytes()


def test_a_full_disk_is_told_and_the_study_goes_on_once_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = scenario_file(tmp_path), tmp_path / "out"
    simulate_here(capsys, file, "--out", tmp_path / "whole", "--jobs", 1, "--no-report")
    largest = max(path.stat().st_size for path in tmp_path.glob("whole/parts/*/*.arrow"))
    with no_file_larger_than(largest - 1):
        full = simulate_here(capsys, file, "--out", out, "--jobs", 1, "--no-report")
    assert full.returncode == 2
    assert (
        "cannot be written to: File too large. 2 of 3 projects are simulated and kept. "
        f"Continue with: simulate resume {out}" in full.stderr
    )
    assert not (out / SUMMARY).exists()
    assert simulate_here(capsys, "resume", out, "--no-report").returncode == 0
    assert (out / SUMMARY).read_bytes() == (tmp_path / "whole" / SUMMARY).read_bytes()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no study found in this folder"),
        ({"manifest.json": "{}"}, "manifest.json was written by something else, or by another version"),
        (
            {"manifest.json": '{"schema_version": 1, "study": "x", "scenarios": [{}], "command": []}'},
            "manifest.json was written by another version of labelsim, or changed since",
        ),
    ],
    ids=["nothing", "something else", "another version"],
)
def test_what_cannot_be_gone_on_with_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    found = simulate_here(capsys, "resume", tmp_path)
    assert found.returncode == 2
    assert told in found.stderr


def test_a_study_whose_documents_have_changed_is_not_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "tickets.csv"
    rows = [f"some words here and {'left' if row % 2 else 'right'} {row},{row % 2}" for row in range(60)]
    table.write_text("\n".join(["text,labels", *rows]), "utf-8")
    file = tmp_path / "tickets.yaml"
    file.write_text(
        "name: Tickets\ncorpus: {source: table, path: tickets.csv}\nlearner: {components: 4}\n"
        "labelling: {initial: 10, batch: 10}\nlimit: {documents: 30}\nreplications: 2\n",
        "utf-8",
    )
    out = tmp_path / "out"
    assert simulate_here(capsys, file, "--out", out, "--no-report").returncode == 0
    table.write_text("\n".join(["text,labels", *rows[:-1], "other words,1"]), "utf-8")
    found = simulate_here(capsys, "resume", out)
    assert found.returncode == 2
    assert "the documents are not those that this study was begun with, tickets.csv" in found.stderr


def test_a_project_that_raises_is_told_and_left_out_of_all_scenarios(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.study.worker import Worker

    whole = Worker.simulate

    def fails_once(self: Worker, task: Task) -> object:
        if task == (1, 2):
            raise ZeroDivisionError("a defect")
        return whole(self, task)

    files, out = two_scenarios(tmp_path), tmp_path / "out"
    monkeypatch.setattr(Worker, "simulate", fails_once)
    found = simulate_here(capsys, *files, "--out", out, "--jobs", 1, "--no-report")
    assert found.returncode == 1
    assert "Smaller, replication 2: ZeroDivisionError: a defect" in found.stderr
    assert "1 of 6 projects failed, which is a bug in labelsim" in found.stderr
    assert "Left out of all scenarios" in found.stdout
    kept = (out / "failures.txt").read_text("utf-8")
    for said in ("Smaller, replication 2, seed 2021", f"simulate resume {out} --jobs 1", "fails_once"):
        assert said in kept
    summary = json.loads((out / SUMMARY).read_text("utf-8"))
    assert summary["left_out"] == [2]
    assert {one["name"]: one["failed"] for one in summary["scenarios"]} == {"Small": [], "Smaller": [2]}
    assert "(2 of 3 simulated projects; 1 failed)" in found.stdout
    assert "(2 of 3 simulated projects; 1 failed in another scenario)" in found.stdout
    assert [[row["replication"] for row in one["replications"]] for one in summary["scenarios"]] == [
        [1, 3]
    ] * 2
    monkeypatch.undo()
    mended = simulate_here(capsys, "resume", out, "--no-report")
    assert mended.returncode == 0
    assert "5 of 6 projects already simulated" in mended.stderr
    assert not (out / "failures.txt").exists()
    assert json.loads((out / SUMMARY).read_text("utf-8"))["left_out"] == []


def test_where_every_project_fails_there_are_no_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.study.worker import Worker

    def fails(_: Worker, __: tuple[int, int]) -> object:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Worker, "simulate", fails)
    found = simulate_here(capsys, scenario_file(tmp_path), "--out", tmp_path / "out", "--jobs", 1)
    assert found.returncode == 1
    assert "3 of 3 projects failed" in found.stderr
    assert "No replication is complete, so there are no results." in found.stderr
    assert not (tmp_path / "out" / SUMMARY).exists()
