"""A name stands for one thing: no class is named like another, no module like one of another subject."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

IN_TWO_LAYERS = {"portfolio", "sensitivity", "study", "sweep"}
"""Subjects that one module holds and another, above it, reads, shows or carries out."""


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def twice(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def test_no_two_classes_share_a_name() -> None:
    nodes = (
        node
        for path in modules("sim", "support", "benchmarks", "examples")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
    assert twice(node.name for node in nodes if isinstance(node, ast.ClassDef)) == set()


def test_modules_share_a_name_only_where_they_share_a_subject() -> None:
    names = (path.parent.name if path.stem == "__init__" else path.stem for path in modules("sim", "support"))
    assert twice(names) == IN_TWO_LAYERS
