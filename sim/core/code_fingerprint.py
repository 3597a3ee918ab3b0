"""Fingerprint of labelsim's code and library versions, on which results depend beside the scenario."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

RECORDED = ("labelsim", "numpy", "scipy", "scikit-learn", "simpy", "nltk", "pandas", "pyarrow", "pydantic")


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute results."""
    return {"python": platform.python_version(), **{name: version(name) for name in RECORDED}}


@cache
def source_fingerprint() -> str:
    """Return a hash of labelsim's source code and of the library versions.

    It covers the code itself, not its version: after a change of any line, cached results are not reused.
    """
    digest = hashlib.sha256(repr(library_versions()).encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
