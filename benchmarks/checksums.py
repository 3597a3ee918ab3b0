"""Checksums of what the command writes, for a small form of every scenario and of every command in the docs.

    python -m benchmarks.checksums > before.txt      # in one checkout
    python -m benchmarks.checksums | diff before.txt -   # in another

The same scenario, seed and corpus give the same bytes, so a change of the code that is to change no result
prints the same lines. Checksums hold for one machine: another processor may round differently.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shlex
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from benchmarks.measure import scratch
from sim.cli.main import main as simulate
from support.commands import SMALL_PROJECTS, shown, simulates
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCRIPT = re.compile(r"<script>.*?</script>|sha256-[A-Za-z0-9+/=]+", re.DOTALL)
"""Scripts of a page, and the hashes by which its Content-Security-Policy names them."""
WRITTEN = ("summary.json", "curve.csv", "curve.parquet", "events.parquet", "results.parquet", "report.html")


def main() -> None:
    """Print a line for every file that every command writes, and for what it prints."""
    with scratch() as folder:
        os.environ |= {"LABELSIM_CACHE": str(folder / "cache"), "COLUMNS": "100"}
        (folder / "scenarios").symlink_to(ROOT / "scenarios")
        os.chdir(folder)
        for number, arguments in enumerate(dict.fromkeys(map(tuple, _commands()))):
            out = Path(f"out{number}")
            printed = _run([*arguments, *SMALL_PROJECTS, "--replications=2", "--out", str(out)])
            name = shlex.join(arguments)
            print(f"{_checksum(printed.encode())}  {name}: printed", flush=True)
            for file in WRITTEN:
                if (out / file).exists():
                    print(f"{_checksum(_content(out / file))}  {name}: {file}", flush=True)


def _commands() -> Iterator[Sequence[str]]:
    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        yield [f"scenarios/{path.name}"]
    for document in sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]):
        commands = chain.from_iterable(shown(document.read_text("utf-8")))
        yield from (shlex.split(command)[1:] for command in commands if simulates(command))


def _run(arguments: Sequence[str]) -> str:
    """What a command prints, and how it ends."""
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8")
    sys.argv = ["simulate", *arguments]
    status: object = 0
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.TextIOWrapper(io.BytesIO())):
        try:
            simulate()
        except SystemExit as ended:
            status = ended.code
    printed.seek(0)
    return f"{printed.read()}\n{status}"


def _content(path: Path) -> bytes:
    """What a file says, whatever its metadata and its scripts are."""
    if path.suffix == ".parquet":
        return repr(pq.read_table(path).to_pydict()).encode()
    if path.suffix == ".html":
        return SCRIPT.sub("", path.read_text("utf-8")).encode()
    return path.read_bytes()


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    main()
