"""Estimators as objects in a scenario: what they are told apart by, and how they are written down."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
from collections.abc import Iterator
from copyreg import dispatch_table
from types import FunctionType
from typing import Any

from sim.core.code_fingerprint import code_of
from sim.core.errors import PlannerMistakeError

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
