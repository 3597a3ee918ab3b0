"""An environment for each peer, so that nobody's versions decide on anybody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.paths import ROOT

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / ".venvs"
"""Beside the project's own environment: among benchmarks, packages would be taken for modules of theirs."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, made where it is missing or its versions have changed.

    One that has no list of versions runs in the project's own.
    """
    wanted = HERE / f"requirements-{peer}.txt"
    if not wanted.exists():
        return Path(sys.executable)
    place = FOLDER / peer
    python = place / "bin" / "python"
    installed = place / "installed.txt"
    if not installed.exists() or installed.read_text("utf-8") != wanted.read_text("utf-8"):
        print(f"making the environment of {peer}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=True)
        installed.write_text(wanted.read_text("utf-8"), "utf-8")
    return python
