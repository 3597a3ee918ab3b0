"""Running the command as a planner does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sim.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """\
name: {name}
world: article
corpus: {{source: standin, documents: 240, test_documents: 80, labels: 4, words_per_document: 30, density: 1}}
learner: {{preset: strong, components: 16}}
labelling: {{initial: 20, batch: 30, page: 10{labelling}}}
limit: {{documents: 140}}
replications: 3
{more}
"""
SMALL_PROJECTS = (
    *(
        "--corpus=standin",
        "--jobs=1",
        "--quiet",
        "--set=corpus.documents=300",
        "--set=corpus.test_documents=100",
    ),
    *("--set=limit.documents=300", "--set=learner.components=16"),
)
"""Options that make any scenario one that is simulated in a second; the rest of it stays as it is."""
ONE_SMALL_PROJECT = (*SMALL_PROJECTS, "--replications=1", "--no-report")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONTINUOUS = "trainer: {duration: 2 min, trigger: continuous}\ncoordination: {steps: none}\n"


def scenario_file(
    folder: Path, name: str = "Small", *, labelling: str = "", more: str = "", stem: str = ""
) -> Path:
    """A scenario on a small described corpus, simulated in a fraction of a second."""
    path = folder / f"{stem or name.lower().replace(' ', '_')}.yaml"
    extra = f", {labelling}" if labelling else ""
    path.write_text(SMALL.format(name=name, labelling=extra, more=more), "utf-8")
    return path


def blocks(document: str, language: str) -> list[str]:
    """Return what stands in the fenced blocks of a language in a document in Markdown."""
    return [content for name, content in BLOCK.findall(document) if name == language]


def shown(document: str) -> list[list[str]]:
    """The commands of each console block of a document in Markdown, in their order."""
    return [
        [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        for block in blocks(document, "console")
    ]


def simulates(command: str) -> bool:
    """Whether a command simulates scenarios whose replications are not decided by itself."""
    program, word, *_ = [*shlex.split(command), ""]
    return program == "simulate" and (word == "sweep" or word.endswith(".yaml"))


def simulate(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """`simulate` in a process of its own; what it prints is decoded as UTF-8."""
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "120", **environment},
        timeout=120,
    )


def simulate_here(capsys: pytest.CaptureFixture[str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """`simulate` in this process, which need not import everything anew nor start others; a bug raises."""
    words = ["simulate", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        patch.setenv("COLUMNS", "120")
        patch.setattr(os, "cpu_count", lambda: 1)
        with pytest.raises(SystemExit) as ended:
            main.main()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(words, ended.value.code, said.out, said.err)
