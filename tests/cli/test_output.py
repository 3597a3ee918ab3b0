"""Output that cannot be written is told in a line, and output that nobody reads any more ends the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import scenario_file

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no device here is always full")


def command(folder: Path, *arguments: str) -> list[str]:
    file = str(scenario_file(folder))
    return [sys.executable, "-m", "sim.cli", *(file if word == "FILE" else word for word in arguments)]


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        ("schema",),
        ("validate", "FILE"),
        ("corpora", "FILE"),
        ("FILE", "--no-report", "--quiet", "--replications", "1", "--jobs", "1", "--out", "out", "--json"),
    ],
    ids=["schema", "validate", "corpora", "json"],
)
def test_output_that_cannot_be_written_is_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with FULL.open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            command(tmp_path, *arguments),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    assert ended.stderr == "the output cannot be written: No space left on device\n"
    assert ended.returncode == 2
    assert (tmp_path / "out").exists() == ("--out" in arguments)


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_where_nobody_reads_on_the_command_ends_in_silence(tmp_path: Path, stream: str) -> None:
    read, write = os.pipe()
    os.close(read)
    arguments = ("schema",) if stream == "stdout" else ("validate", "no such file.yaml")
    ended = subprocess.run(
        command(tmp_path, *arguments),
        check=False,
        encoding="utf-8",
        stdout=write if stream == "stdout" else subprocess.PIPE,
        stderr=write if stream == "stderr" else subprocess.PIPE,
    )
    os.close(write)
    assert ended.returncode == 141
    assert not ended.stdout
    assert not ended.stderr
