"""Where results come from: the content of ``manifest.json``, all that is needed to make them again."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.study import Study

RECORDED = ("labelsim", "numpy", "scipy", "scikit-learn", "simpy", "nltk", "pandas", "pyarrow", "pydantic")


def manifest(study: Study, paths: Sequence[Path], seconds: float) -> dict[str, Any]:
    """Versions, scenario files whole and as resolved, documents, seed, command and duration."""
    return {
        "schema_version": 1,
        "study": study.key,
        "command": ["simulate", *sys.argv[1:]],
        "seed": study.prepared[0].scenario.seed,
        "scenarios": [
            {
                "file": str(path),
                "text": path.read_text("utf-8-sig"),
                "resolved": prepared.scenario.model_dump(mode="json"),
            }
            for path, prepared in zip(paths, study.prepared, strict=True)
        ],
        "corpora": [
            {"name": prepared.facts.name, "fingerprint": prepared.facts.fingerprint}
            for prepared in study.prepared
        ],
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED}},
        "seconds": round(seconds, 3),
    }
