"""Where results come from: the content of ``manifest.json``, all that is needed to make them again."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sim.study import Study

RECORDED = ("labelsim", "numpy", "scipy", "scikit-learn", "simpy", "nltk", "pandas", "pyarrow", "pydantic")


def scenario_files(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Names and contents of scenario files, to be read before the simulation: they may change meanwhile."""
    return [(_encodable(str(path)), path.read_text("utf-8-sig")) for path in paths]


def manifest(study: Study, files: Sequence[tuple[str, str]], seconds: float) -> dict[str, Any]:
    """Versions, scenario ``files`` whole and as resolved, documents, seed, command and duration."""
    return {
        "schema_version": 1,
        "study": study.key,
        "command": ["simulate", *map(_encodable, sys.argv[1:])],
        "seed": study.prepared[0].scenario.seed,
        "scenarios": [
            {
                "file": name,
                "text": text,
                "resolved": prepared.scenario.model_dump(mode="json"),
            }
            for (name, text), prepared in zip(files, study.prepared, strict=True)
        ],
        "corpora": [
            {"name": prepared.facts.name, "fingerprint": prepared.facts.fingerprint}
            for prepared in study.prepared
        ],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED}},
        "seconds": round(seconds, 3),
    }


def _encodable(name: str) -> str:
    """A name that can be written as UTF-8: of one that is not UTF-8 Python keeps half characters."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
