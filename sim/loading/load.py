"""Reads scenario files: merges the files that they extend, applies overrides, lists all mistakes."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any, TypeVar

from sim.core.errors import Diagnostic, Place, PlannerMistakeError, UnreadableError, render, sort_mistakes
from sim.core.text import did_you_mean, escape_control, escape_surrogates, join_or, quote, shorten
from sim.loading.merge_and_override import ARTICLE, apply_overrides, deep_merge, with_world_defaults
from sim.loading.schema import EXTENDS, OWN_KEY, PORTFOLIO, SWEEP
from sim.loading.validation_errors import validate_as
from sim.loading.yaml import YamlTree, lookup, parse, paths
from sim.scenario.models import Scenario
from sim.scenario.sweep import Sweep

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sim.scenario.portfolio import Source

Result = TypeVar("Result")
LARGEST_FILE = 2**20
TOO_LARGE = "is larger than 1 MiB, so it is no scenario"
MOST_EXTENDED = 50
_SCENARIO_KEY = re.compile(
    rf"""(?:^|[{{,])[\s"']*(?:{"|".join([*Scenario.model_fields, EXTENDS, SWEEP, PORTFOLIO])})["']?\s*:""",
    re.MULTILINE,
)
"""Matches a scenario's key in text that may not be valid YAML."""


def read_scenarios(paths: abc.Sequence[Path], overrides: abc.Sequence[str] = ()) -> list[Scenario]:
    """Read the scenarios in several YAML files with the same overrides, without their sweeps.

    Args:
        paths: YAML files.
        overrides: such as ``labelling.batch=500``, in the order in which to apply them.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text lists all mistakes of all files.
    """

    def read(path: Path, mistakes: list[Diagnostic]) -> Scenario | None:
        tree = read_file(path, overrides, mistakes)
        if tree is None:
            return None
        parse_sweep(tree, mistakes)
        return parse_scenario(tree, mistakes)

    return read_each(paths, read)


def read_each(paths: Iterable[Path], read: Callable[[Path, list[Diagnostic]], Result | None]) -> list[Result]:
    """Call ``read`` on each scenario file and collect its results and the mistakes of all files.

    ``read`` appends the mistakes that it finds, and returns None for a file that it cannot read.

    Raises:
        PlannerMistakeError: if there are mistakes; its text lists all mistakes of all files.
    """
    results: list[Result] = []
    mistakes: list[Diagnostic] = []
    for path in paths:
        # Sorted file by file: planners mend one file after the other.
        file_mistakes: list[Diagnostic] = []
        result = read(path, file_mistakes)
        mistakes += sort_mistakes(file_mistakes)
        if result is not None:
            results.append(result)
    if mistakes:
        raise PlannerMistakeError(render(mistakes))
    return results


def read_file(path: Path, overrides: abc.Sequence[str], mistakes: list[Diagnostic]) -> YamlTree | None:
    """Read a YAML file merged with the files that it extends, and apply overrides; None if unreadable."""
    try:
        tree = _read_with_bases(path, (), [], mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None
    return apply_overrides(tree, overrides, mistakes)


def parse_scenario(tree: YamlTree, mistakes: list[Diagnostic]) -> Scenario | None:
    """Validate YAML data as a scenario, without their `sweep:`; None if they are not valid."""
    if PORTFOLIO in tree.data:
        message = "makes a portfolio of this file, and no project; name one of its projects' files"
        mistakes.append(Diagnostic(tree.marks(PORTFOLIO).key, message, (PORTFOLIO,)))
        return None
    # The section is about several scenarios and no key of any.
    own = {key: value for key, value in tree.data.items() if key != SWEEP}
    whole = with_world_defaults(own)
    scenario = validate_as(Scenario, whole, YamlTree(whole, tree.places), mistakes)
    given = (".".join(map(str, path)) for path in paths(own) if path)
    return None if scenario is None else scenario.with_given(given)


def parse_sweep(tree: YamlTree, mistakes: list[Diagnostic]) -> Sweep | None:
    """Validate the `sweep:` section of a scenario file; None if there is none or it is not valid."""
    sweep = tree.data.get(SWEEP)
    return None if sweep is None else validate_as(Sweep, sweep, tree, mistakes, SWEEP)


# Files that extend others


def _read_with_bases(
    path: Path, chain: tuple[Path, ...], files_read: list[Path], mistakes: list[Diagnostic]
) -> YamlTree:
    """Read a scenario file merged with the files that it extends; later ones win.

    Args:
        path: the file.
        chain: the files that extend it.
        files_read: all files read so far; their number is limited, since lists of files that extend lists of
            files would grow without end.
        mistakes: list to which mistakes are appended that do not end the reading.
    """
    ours = _parse_file(path, mistakes)
    files_read.append(path)
    if EXTENDS not in ours.data:
        return ours
    bases, chain = ours.data[EXTENDS], (*chain, path)
    base_keys = (
        [(EXTENDS, number) for number in range(len(bases))] if isinstance(bases, list) else [(EXTENDS,)]
    )
    if not base_keys:
        raise ours.error_at("names no file; name one, or leave the key out", EXTENDS)
    base = YamlTree({}, {})
    for keys in base_keys:
        if lookup(ours.data, keys) == ARTICLE:
            base = deep_merge(base, YamlTree.at_place({"world": ARTICLE}, ours.place(*keys)))
            continue
        if len(files_read) == MOST_EXTENDED:
            problem = f"more than {MOST_EXTENDED} files, with those that they extend; extend fewer"
            raise ours.error_at(problem, *keys)
        base = deep_merge(base, _read_with_bases(_base_path(ours, chain, keys), chain, files_read, mistakes))
    own = {key: value for key, value in ours.data.items() if key != EXTENDS}
    return deep_merge(base, YamlTree(own, ours.places))


def _base_path(tree: YamlTree, chain: tuple[Path, ...], keys: tuple[str | int, ...]) -> Path:
    path = find_named_file(tree, chain[-1].parent, *keys)
    # By the file, not by its name: links and other spellings of a path close circles, too.
    if any(path.samefile(before) for before in chain):
        circle = " -> ".join(shorten(str(file)) for file in (*chain, path))
        raise tree.error_at(f"goes in a circle, {circle}; leave one of them out", *keys)
    return path


# Files


def find_named_file(tree: YamlTree, folder: Path, *key: str | int) -> Path:
    """Find the scenario file that a key names, relative to ``folder``.

    Raises:
        UnreadableError: if the file does not exist, cannot be read or is not a scenario.
    """
    value = lookup(tree.data, key)
    if not isinstance(value, str) or not value:
        raise tree.error_at(f"{quote(value)} is not a file name", *key)
    path = folder / value
    try:
        text = _read_text(path)
    except UnreadableError as error:
        raise tree.error_at(f"{quote(str(path))}: {error}", *key) from None
    # Messages quote the file: one that is no scenario may contain secrets.
    if text.strip() and not _SCENARIO_KEY.search(text):
        problem = "is not a scenario: it has none of a scenario's keys; name another file"
        raise tree.error_at(f"{quote(str(path))} {problem}", *key)
    return path


def read_source(path: Path) -> Source:
    """Read the path and content of a scenario file before the simulation: it may change meanwhile."""
    return escape_surrogates(str(path)), path.read_text("utf-8-sig")


def _parse_file(path: Path, mistakes: list[Diagnostic]) -> YamlTree:
    """Parse one scenario file, without the keys that planners add for YAML anchors."""
    origin = escape_control(str(path))
    tree = parse(_read_text(path), origin, mistakes)
    if tree is None:
        raise UnreadableError(Place(origin), "is empty; it needs at least a name, `name: My project`")
    if not isinstance(tree.data, dict):
        raise tree.error_at("is not a scenario; write keys and values, such as `name: My project`")
    known = {key: value for key, value in tree.data.items() if not key.startswith(OWN_KEY)}
    corpus, over = known.get("corpus"), lookup(known, (SWEEP, "over"))
    # Here, while it is known which file says it: a file that extends it may be in another folder.
    for section, key in ((corpus, "path"), (over, "corpus.path"), (over, "corpus")):
        if isinstance(section, dict) and key in section:
            section[key] = _resolve_paths(section[key], path.parent)
    return YamlTree(known, tree.places)


def _read_text(path: Path) -> str:
    """Read the text of a scenario file; refuse files that are too large, binary or not UTF-8."""
    origin = Place(escape_control(str(path)))
    try:
        _check_file(path)
        with path.open("rb") as file:
            # One byte past the limit: a file may be longer than it was when its size
            # was looked up, or say no size at all.
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UnreadableError(origin, _file_problem(path, error)) from None
    if len(content) > LARGEST_FILE:
        raise UnreadableError(origin, TOO_LARGE)
    # Before decoding, since most binary files are valid UTF-8 as far as an error message would quote them.
    if b"\0" in content:
        raise UnreadableError(origin, "is not text; a scenario is YAML in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(origin, f"is not UTF-8 (line {line}); save it as UTF-8") from None


def _check_file(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(path)
    # Reading a pipe or a device could wait for ever.
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "is not a file")
    if status.st_size > LARGEST_FILE:
        raise OSError(0, TOO_LARGE)


def _file_problem(path: Path, error: Exception) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            near = did_you_mean(path.name, _scenarios_in(path.parent))
            return "there is no such file" + (
                f"; did you mean {escape_control(str(path.parent / near))}?" if near else ""
            )
        case IsADirectoryError():
            inside = _scenarios_in(path)[:3]
            return "is a folder; name a file" + (f" in it, such as {join_or(inside)}" if inside else "")
        case PermissionError():
            return "may not be read; change its permissions"
        case OSError():
            return str(error.strerror)
    return "cannot be the name of a file"


def _scenarios_in(folder: Path) -> list[str]:
    try:
        return sorted(
            escape_control(file.name) for file in folder.iterdir() if file.suffix in {".yaml", ".yml"}
        )
    except (OSError, ValueError):
        return []


def _resolve_paths(value: Any, folder: Path) -> Any:
    """Resolve the paths of a `corpus` section relative to the folder of its scenario file."""
    match value:
        case list():
            return [_resolve_paths(item, folder) for item in value]
        case {"path": path}:
            return {**value, "path": _resolve_paths(path, folder)}
        case str() if value:
            return str(folder / value)
    return value
