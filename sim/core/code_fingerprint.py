"""Code on which results depend beside the scenario: labelsim's, libraries' versions, and a planner's own."""

from __future__ import annotations

import hashlib
import inspect
import platform
import sys
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Those that compute a result or write it: another version may change a number, an order or a byte.
RECORDED = ("labelsim", "numpy", "scipy", "scikit-learn", "simpy", "nltk", "pandas", "pyarrow", "pydantic")


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute results."""
    return {"python": platform.python_version(), **{name: version(name) for name in RECORDED}}


@cache
def source_fingerprint() -> str:
    """Return a hash of labelsim's source code and of the library versions.

    It covers the code itself, not its version: after a change of any line, cached results are not reused.
    """
    # The version of labelsim alone would not do: while somebody works on the code it stays the same, and
    # results of the old code would be taken for those of the new.
    digest = hashlib.sha256(repr(library_versions()).encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def code_of(named: Any) -> list[str]:
    """Return the name of a class or function, the version of its package and the text of its module."""
    module = sys.modules[named.__module__]
    package = sys.modules[named.__module__.partition(".")[0]]
    source = ""
    # The whole module, since a class may call whatever stands beside it.
    with suppress(OSError, TypeError):  # compiled, or typed in
        source = inspect.getsource(module)
    return [f"{named.__module__}:{named.__qualname__}", str(getattr(package, "__version__", "")), source]
