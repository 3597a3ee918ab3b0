"""Code on which results depend beside the scenario: labelsim's, libraries', a planner's own, estimators."""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from copyreg import dispatch_table
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any

from sim.core.errors import PlannerMistakeError

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


ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
"""Where an object is in memory, which differs from process to process."""


def is_estimator(value: Any) -> bool:
    """Return whether a value is an estimator with the conventions of scikit-learn."""
    return not isinstance(value, type) and hasattr(value, "fit") and hasattr(value, "get_params")


def describe(estimator: Any) -> str:
    """Write an estimator down: what it prints, and a hash of all that its models may depend on.

    The hash is of its class and its parameters, and of those of the estimators among them: values, code that
    they name, and the versions of the packages that hold it.

    Raises:
        PlannerMistakeError: if it cannot be sent to other processes.
    """
    # scikit-learn cuts what it prints at 700 characters, and estimators that differ
    # later would look the same.
    options = {"N_CHAR_MAX": float("inf")} if type(estimator).__module__.startswith("sklearn.") else {}
    printed = ADDRESS.sub("", " ".join(estimator.__repr__(**options).split()))
    try:
        # Tried at once, so that a lambda in it is refused before anything is
        # simulated, and not by the first worker.
        pickle.dumps(estimator)
        content = json.dumps(_content(estimator))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise PlannerMistakeError(
            f"{printed} cannot be sent to other processes: {error}; define what it holds at the top level "
            "of a module"
        ) from error
    # A process that is started imports the script under another name.
    printed, content = (text.replace("__mp_main__", "__main__") for text in (printed, content))
    return f"{printed} #{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _content(value: Any) -> Any:
    """Return all that a value holds, as JSON: equal for equal values, in whatever process."""
    content: Any
    match value:
        case None | bool() | int() | float() | str():
            content = value
        case list() | tuple() | Iterator():
            content = [_content(one) for one in value]
        case dict():
            content = [[_content(key), _content(inner)] for key, inner in value.items()]
        case set() | frozenset():
            # Sets come in the order of hashes, which for text differ from process to process.
            content = sorted(json.dumps(_content(one)) for one in value)
        case bytes():
            content = value.hex()
        case type() | FunctionType():
            content = code_of(value)
        case _ if hasattr(value, "get_params"):
            content = [code_of(type(value)), _content(value.get_params(deep=False))]
        case _:
            # What a pickle would hold, which itself differs where equal values are one object or two.
            reduced = dispatch_table.get(type(value))
            content = [code_of(type(value)), _content(reduced(value) if reduced else value.__reduce_ex__(4))]
    return content
