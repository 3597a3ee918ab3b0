"""Reads scenario files: what they extend, what options override, and every mistake in them at once."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from sim.core.diagnostics import (
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
from sim.core.errors import PlannerMistakeError
from sim.loading.merge import merged, overridden
from sim.loading.schema import EXTENDS, OWN_KEY, PORTFOLIO, SWEEP
from sim.loading.validation_errors import explained
from sim.loading.yaml import Entry, Mapping, Node, Scalar, Sequence, child, parse, plain
from sim.scenario.models import Scenario
from sim.scenario.sweep import Sweep

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable
    from pathlib import Path

Read = TypeVar("Read")
LARGEST_FILE = 2**20
MOST_EXTENDED = 50
_A_KEY = re.compile(
    rf"""(?:^|[{{,])[\s"']*(?:{"|".join([*Scenario.model_fields, EXTENDS, SWEEP, PORTFOLIO])})["']?\s*:""",
    re.MULTILINE,
)
"""One of a scenario's keys, in a file that may not be YAML that can be read."""


def read_scenario(path: Path, overrides: abc.Sequence[str] = ()) -> Scenario:
    """The scenario in a file; of one with a `sweep:`, the scenario that it varies.

    Args:
        path: a YAML file.
        overrides: such as ``labelling.batch=500``, in the order in which they hold.

    Raises:
        PlannerMistakeError: if anything is wrong; its text tells all mistakes.
    """
    return read_scenarios([path], overrides)[0]


def read_scenarios(paths: abc.Sequence[Path], overrides: abc.Sequence[str] = ()) -> list[Scenario]:
    """The scenarios in several files, with the same overrides; of each `sweep:`, the scenario that it varies.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text tells all mistakes of all files.
    """

    def read(path: Path, mistakes: list[Mistake]) -> Scenario | None:
        root = tree(path, overrides, mistakes)
        if root is None:
            return None
        sweep_in(root, mistakes)
        return scenario_in(root, mistakes)

    return read_each(paths, read)


def read_each(paths: Iterable[Path], read: Callable[[Path, list[Mistake]], Read | None]) -> list[Read]:
    """What ``read`` makes of each file; it appends the mistakes that it finds, and gives None if it must.

    Raises:
        PlannerMistakeError: if there are mistakes; its text tells all of all files.
    """
    results: list[Read] = []
    mistakes: list[Mistake] = []
    for path in paths:
        found: list[Mistake] = []
        result = read(path, found)
        mistakes += in_order(found)
        if result is not None:
            results.append(result)
    if mistakes:
        raise PlannerMistakeError(told(mistakes))
    return results


def tree(path: Path, overrides: abc.Sequence[str], mistakes: list[Mistake]) -> Mapping | None:
    """What a file says on top of what it extends, with overrides set; None if it cannot be read."""
    try:
        root = _extended(path, (), [], mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None
    return overridden(root, overrides, mistakes)


def scenario_in(root: Mapping, mistakes: list[Mistake]) -> Scenario | None:
    """The scenario of a tree, whatever it sweeps; None if it is not right."""
    if PORTFOLIO in root.entries:
        message = "makes a portfolio of this file, and no project; name one of its projects' files"
        mistakes.append(Mistake(root.entries[PORTFOLIO].key, message, (PORTFOLIO,)))
        return None
    own = Mapping({key: entry for key, entry in root.entries.items() if key != SWEEP}, root.place)
    try:
        return Scenario.model_validate(plain(own))
    except ValidationError as error:
        mistakes += explained(error.errors(include_url=False, include_input=False), own)
        return None


def sweep_in(root: Mapping, mistakes: list[Mistake]) -> Sweep | None:
    """What a tree sweeps; None if it is nothing, or not right."""
    written = child(root, SWEEP)
    if written is None or plain(written) is None:
        return None
    try:
        return Sweep.model_validate(plain(written))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        mistakes += explained([{**one, "loc": (SWEEP, *one["loc"])} for one in errors], root)
        return None


# Files that extend others


def _extended(path: Path, chain: tuple[Path, ...], read: list[Path], mistakes: list[Mistake]) -> Mapping:
    """A file's keys on top of those of the files that it extends, of which later ones win.

    Args:
        path: the file.
        chain: the files that extend it.
        read: all files that are read so far, which are bounded: lists of lists would grow without end.
        mistakes: where those go after which reading can go on.
    """
    root = _tree(path, mistakes)
    read.append(path)
    if EXTENDS not in root.entries:
        return root
    named, chain = root.entries[EXTENDS].value, (*chain, path)
    wanted: dict[tuple[str, ...], Node] = {(EXTENDS,): named}
    if isinstance(named, Sequence):
        wanted = {(EXTENDS, str(number)): item for number, item in enumerate(named.items)}
    if not wanted:
        raise UnreadableError(named.place, "names no file; name one, or leave the key out", EXTENDS)
    base = Mapping({}, root.place)
    for keys, one in wanted.items():
        if len(read) == MOST_EXTENDED:
            problem = f"more than {MOST_EXTENDED} files, with those that they extend; extend fewer"
            raise UnreadableError(one.place, problem, *keys)
        base = merged(base, _extended(_base_path(one, chain, keys), chain, read, mistakes))
    ours = {key: entry for key, entry in root.entries.items() if key != EXTENDS}
    return merged(base, Mapping(ours, root.place))


def _base_path(named: Node, chain: tuple[Path, ...], keys: tuple[str, ...]) -> Path:
    path = named_file(named, chain[-1].parent, *keys)
    if any(path.samefile(before) for before in chain):
        circle = " -> ".join(shortened(str(file)) for file in (*chain, path))
        raise UnreadableError(named.place, f"goes in a circle, {circle}; leave one of them out", *keys)
    return path


# Files


def named_file(named: Node, folder: Path, *key: str) -> Path:
    """The file that is named at a key of a file in ``folder``.

    Raises:
        UnreadableError: if there is none that may be read.
    """
    value = plain(named)
    if not isinstance(value, str) or not value:
        raise UnreadableError(named.place, f"{quoted(value)} is not a file name", *key)
    path = folder / value
    try:
        _check_file(path)
    except (OSError, ValueError) as error:
        problem = f"{quoted(str(path))}: {_file_problem(path, error)}"
        raise UnreadableError(named.place, problem, *key) from None
    # Mistakes quote what stands in a file: one that is none of ours may hold what is to stay secret.
    text = _text(path, printable(str(path)))
    if text.strip() and not _A_KEY.search(text):
        problem = (
            f"{quoted(str(path))} is not a scenario: it has none of a scenario's keys; name another file"
        )
        raise UnreadableError(named.place, problem, *key)
    return path


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
    return _with_tables_found(_without_own_keys(root), path.parent)


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


def _without_own_keys(root: Mapping) -> Mapping:
    """The tree without the keys that a planner keeps anchors under."""
    known = {key: entry for key, entry in root.entries.items() if not key.startswith(OWN_KEY)}
    return Mapping(known, root.place)


def _with_tables_found(root: Mapping, folder: Path) -> Mapping:
    """The tree with tables' paths as seen from here; they are written as seen from the file."""
    for keys in (("corpus", "path"), (SWEEP, "over", "corpus.path"), (SWEEP, "over", "corpus")):
        root = _changed(root, keys, lambda written: _seen_from_here(written, folder))
    return root


def _changed(section: Mapping, keys: tuple[str, ...], change: Callable[[Node], Node]) -> Mapping:
    """A section in which what stands at the end of a path is changed, if anything stands there."""
    first, *rest = keys
    if first not in section.entries:
        return section
    entry = section.entries[first]
    value = entry.value
    if not rest:
        value = change(value)
    elif isinstance(value, Mapping):
        value = _changed(value, tuple(rest), change)
    return Mapping({**section.entries, first: Entry(entry.key, value)}, section.place)


def _seen_from_here(written: Node, folder: Path) -> Node:
    """A path, several of them, or what has one."""
    match written:
        case Sequence():
            return Sequence([_seen_from_here(item, folder) for item in written.items], written.place)
        case Mapping():
            return _changed(written, ("path",), lambda path: _seen_from_here(path, folder))
        case Scalar(value=str(value)) if value:
            return Scalar(str(folder / value), written.place)
    return written
