"""Studies that are killed at random moments come to the same bytes: `tests/test_resume.py`, many times over.

So do those whose disk was full, with parts or with results, where this may mount a small one (root, Linux).
`python -m benchmarks.interrupted 200` takes about twenty minutes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.measure import python, scratch

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = """\
name: Small
corpus: {source: standin, documents: 240, test_documents: 80, labels: 4, words_per_document: 30}
learner: {preset: strong, components: 16}
labelling: {initial: 20, batch: 30, page: 10, suggestions: true}
limit: {documents: 140}
replications: 200
"""
SIZES = (40, 200, 400, 800, 1_200, 1_600)
"""KiB of disks that are too small for the study."""
FULL = 2
LONGEST = 4.0
"""Seconds from the start of Python until all is written."""


def main() -> None:
    """Kill it so many times, go on, and compare."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    luck = random.Random(2021)  # noqa: S311 - no secret
    with scratch() as folder:
        file = folder / "small.yaml"
        file.write_text(SCENARIO, "utf-8")
        whole = _summary(folder / "whole", file)
        same, left = 0, []
        for attempt in range(times):
            out = folder / f"killed-{attempt}"
            _kill(out, file, luck.uniform(0.5, LONGEST))
            left.append(sum(1 for _ in out.glob("parts/*/*.arrow")))
            same += _summary(out, file) == whole
        print(f"{same} of {times} studies came to the same bytes; they had {min(left)} to {max(left)} parts")
        filled = _with_full_disks(folder, file, whole)
        print(
            f"{sum(filled)} of {len(filled)} whose disk was full came to the same bytes"
            if filled
            else "no small disk could be mounted"
        )
        if same < times or not all(filled):
            sys.exit(1)


def _with_full_disks(folder: Path, file: Path, whole: bytes) -> list[bool]:
    """Whether studies come to the same bytes once there is room, for disks of several sizes."""
    disk = folder / "disk"
    disk.mkdir()
    found = []
    for size in SIZES:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(disk)]
        try:
            subprocess.run(mount, check=True, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return []
        try:
            out = disk / "out"
            full = subprocess.run(
                [sys.executable, *_command(out, file)], stderr=subprocess.DEVNULL, check=False
            )
            held = full.returncode == FULL and not (out / "summary.json").exists()
            subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
            found.append(held and _summary(out, file) == whole)
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    return found


def _command(out: Path, file: Path) -> list[str]:
    return ["-m", "sim.cli", str(file), "--out", str(out), "--jobs", "2", "--quiet", "--no-report"]


def _summary(out: Path, file: Path) -> bytes:
    python(*_command(out, file))
    return (out / "summary.json").read_bytes()


def _kill(out: Path, file: Path, seconds: float) -> None:
    running = subprocess.Popen(
        [sys.executable, *_command(out, file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


if __name__ == "__main__":
    main()
