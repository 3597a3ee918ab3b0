"""Which keys there are, as docs/keys.md lists them, and which a file has."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMED = ("calendars", "team.N.errors.labels", "labelling.suggestions.labels", "sweep.over", "unknown")
"""Sections whose keys are names."""


@cache
def every_key() -> frozenset[str]:
    """Every key with dots, N for the items of a list and NAME for what a planner names."""
    page = (ROOT / "docs" / "keys.md").read_text("utf-8")
    return frozenset(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE))


def keys_in(value: Any, path: str = "") -> Iterator[str]:
    """The keys that a file has, likewise."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            deeper = "NAME" if path in NAMED else name
            yield from keys_in(inner, f"{path}.{deeper}" if path else deeper)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner, f"{path}.N")


def leave_out(keys: Any, path: Sequence[str]) -> bool:
    """Take out what stands at a path in a file, or else the section that it is missing in."""
    return _take_out(keys, path) or _take_out(keys, path[:-1])


def _take_out(keys: Any, path: Sequence[str]) -> bool:
    *sections, last = path or [""]
    for name in sections:
        if isinstance(keys, list) and name.isdigit() and int(name) < len(keys):
            keys = keys[int(name)]
        elif isinstance(keys, dict) and name in keys:
            keys = keys[name]
        else:
            return False
    return isinstance(keys, dict) and keys.pop(last, None) is not None
