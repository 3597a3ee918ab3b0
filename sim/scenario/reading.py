"""Reads scenario files: what they extend, what options override, and every mistake in them at once."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sim.errors import PlannerMistakeError
from sim.scenario.explaining import explained
from sim.scenario.merging import merged, overridden
from sim.scenario.mistakes import (
    Mistake,
    Place,
    UnreadableError,
    did_you_mean,
    either,
    in_order,
    printable,
    quoted,
    shortened,
    told,
)
from sim.scenario.models import Scenario
from sim.scenario.schema import EXTENDS
from sim.scenario.yaml_tree import Entry, Mapping, Node, Scalar, parse, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LARGEST_FILE = 2**20
LONGEST_CHAIN = 20


def read_scenario(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario in a file.

    Args:
        path: a YAML file.
        overrides: such as ``labelling.batch=500``, in the order in which they hold.

    Raises:
        PlannerMistakeError: if anything is wrong; its text tells all mistakes.
    """
    return read_scenarios([path], overrides)[0]


def read_scenarios(paths: Sequence[Path], overrides: Sequence[str] = ()) -> list[Scenario]:
    """The scenarios in several files, with the same overrides.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text tells all mistakes of all files.
    """
    scenarios: list[Scenario] = []
    mistakes: list[Mistake] = []
    for path in paths:
        found: list[Mistake] = []
        scenario = _read(path, overrides, found)
        mistakes += in_order(found)
        if scenario is not None:
            scenarios.append(scenario)
    if mistakes:
        raise PlannerMistakeError(told(mistakes))
    return scenarios


def read_variants(path: Path, variants: Iterable[Sequence[str]]) -> list[Scenario]:
    """The scenario in a file, which is read once, with each of several lists of overrides.

    Raises:
        PlannerMistakeError: if anything is wrong with one of them; its text tells all that is.
    """
    mistakes: list[Mistake] = []
    root = _root(path, mistakes)
    scenarios: list[Scenario] = []
    for overrides in variants:
        found = list(mistakes)
        scenario = None if root is None else _resolved(root, overrides, found)
        if found or scenario is None:
            raise PlannerMistakeError(told(in_order(found)))
        scenarios.append(scenario)
    return scenarios


def _read(path: Path, overrides: Sequence[str], mistakes: list[Mistake]) -> Scenario | None:
    root = _root(path, mistakes)
    return None if root is None else _resolved(root, overrides, mistakes)


def _root(path: Path, mistakes: list[Mistake]) -> Mapping | None:
    try:
        return _extended(path, (), mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _resolved(root: Mapping, overrides: Sequence[str], mistakes: list[Mistake]) -> Scenario | None:
    root = overridden(root, overrides, mistakes)
    try:
        return Scenario.model_validate(plain(root))
    except ValidationError as error:
        mistakes += explained(error.errors(include_url=False, include_input=False), root)
        return None


# Files that extend others


def _extended(path: Path, chain: tuple[Path, ...], mistakes: list[Mistake]) -> Mapping:
    """A file's keys on top of those of the file that it extends."""
    root = _tree(path, mistakes)
    named = root.entries.get(EXTENDS)
    if named is None:
        return root
    chain = (*chain, path)
    base = _extended(_base_path(named.value, chain), chain, mistakes)
    ours = {key: entry for key, entry in root.entries.items() if key != EXTENDS}
    return merged(base, Mapping(ours, root.place))


def _base_path(named: Node, chain: tuple[Path, ...]) -> Path:
    value = plain(named)
    if not isinstance(value, str) or not value:
        raise UnreadableError(named.place, f"{quoted(value)} is not a file name", EXTENDS)
    path = chain[-1].parent / value
    try:
        _check_file(path)
    except (OSError, ValueError) as error:
        problem = f"{quoted(str(path))}: {_file_problem(path, error)}"
        raise UnreadableError(named.place, problem, EXTENDS) from None
    if any(path.samefile(before) for before in chain):
        circle = " -> ".join(shortened(str(file)) for file in (*chain, path))
        raise UnreadableError(named.place, f"goes in a circle, {circle}; leave one of them out", EXTENDS)
    if len(chain) == LONGEST_CHAIN:
        problem = f"a chain of more than {LONGEST_CHAIN} files; make it shorter"
        raise UnreadableError(named.place, problem, EXTENDS)
    return path


# Files


def _tree(path: Path, mistakes: list[Mistake]) -> Mapping:
    origin = printable(str(path))
    root = parse(_text(path, origin), origin, mistakes)
    if root is None:
        raise UnreadableError(
            Place(origin), "is empty; a name is the least that it needs, `name: My project`"
        )
    if not isinstance(root, Mapping):
        raise UnreadableError(
            root.place, "is not a scenario; write keys and values, such as `name: My project`"
        )
    return _with_table_found(root, path.parent)


def _text(path: Path, origin: str) -> str:
    try:
        _check_file(path)
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UnreadableError(Place(origin), _file_problem(path, error)) from None
    if len(content) > LARGEST_FILE:
        raise UnreadableError(Place(origin), "is larger than 1 MiB, so it is no scenario")
    if b"\0" in content:
        raise UnreadableError(Place(origin), "is not text; a scenario is YAML in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(Place(origin), f"is not UTF-8 (line {line}); save it as UTF-8") from None


def _check_file(path: Path) -> None:
    """Refuse what is no file of a scenario's size before anything of it is read."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "is not a file")
    if status.st_size > LARGEST_FILE:
        raise OSError(0, "is larger than 1 MiB, so it is no scenario")


def _file_problem(path: Path, error: Exception) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            near = did_you_mean(path.name, _scenarios_in(path.parent))
            return "there is no such file" + (
                f"; did you mean {printable(str(path.parent / near))}?" if near else ""
            )
        case IsADirectoryError():
            inside = _scenarios_in(path)[:3]
            return "is a folder; name a file" + (f" in it, such as {either(inside)}" if inside else "")
        case PermissionError():
            return "may not be read; change its permissions"
        case OSError():
            return str(error.strerror)
    return "cannot be the name of a file"


def _scenarios_in(folder: Path) -> list[str]:
    try:
        return sorted(printable(file.name) for file in folder.iterdir() if file.suffix in {".yaml", ".yml"})
    except (OSError, ValueError):
        return []


def _with_table_found(root: Mapping, folder: Path) -> Mapping:
    """The tree with a table's path as seen from here; it is written as seen from the file."""
    corpus = root.entries.get("corpus")
    if corpus is None or not isinstance(corpus.value, Mapping):
        return root
    path = corpus.value.entries.get("path")
    if path is None or not isinstance(path.value, Scalar) or not isinstance(path.value.value, str):
        return root
    if not path.value.value:
        return root
    found = Scalar(str(folder / path.value.value), path.value.place)
    section = Mapping({**corpus.value.entries, "path": Entry(path.key, found)}, corpus.value.place)
    return Mapping({**root.entries, "corpus": Entry(corpus.key, section)}, root.place)
