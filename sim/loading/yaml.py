"""Parses YAML into plain data with the place of every key and value.

The data are built from the parser's events, so that a file that is too deep or too large is refused early.
Plain words follow the core schema of YAML 1.2: `no`, `22:30` and dates are text; merge keys, `<<: *base`,
follow YAML 1.1.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from sim.core.errors import Diagnostic, Place, UnreadableError
from sim.core.text import quote, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Path = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""

MOST_LEVELS = 32
MOST_NODES = 10_000
_LARGEST = 2**63 - 1
_MERGE = "<<"
_MOST_DIGITS = 30
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PROBLEMS = {
    "'\\t'": "tabs are not allowed for indentation; use spaces",
    "cannot start any token": "no value begins with this character; put the value in quotes",
    "mapping values are not allowed": "a second ': ' in one value; put text in quotes, or begin a line",
    "expected <block end>": "indentation differs from the lines above",
}
_LEAKED_BY_THE_PARSER = (YAMLError, AssertionError, RecursionError, ValueError, OverflowError)


class Marks(NamedTuple):
    """Places of a key and of its value in a file; items of lists have their value's place for both."""

    key: Place
    value: Place


@dataclass(frozen=True)
class YamlTree:
    """YAML data with the places of all keys and values in the file, by path."""

    data: Any
    places: dict[Path, Marks]

    @classmethod
    def at_place(cls, data: Any, place: Place) -> Self:
        """Build YAML data whose parts all have the same place in the file."""
        return cls(data, {path: Marks(place, place) for path in paths(data)})

    def subtree(self, *path: str | int) -> Self:
        """Return the part of the YAML data at a path, with its places."""
        _, data = existing_part(self.data, path)
        return type(self)(data, {inner: self.marks(*path, *inner) for inner in paths(data)})

    def marks(self, *path: str | int) -> Marks:
        """Return the places of the key and value at a path, or of the nearest part above that exists."""
        known, _ = existing_part(self.data, path)
        return self.places[known] if known in self.places else self.marks(*known[:-1])

    def place(self, *path: str | int) -> Place:
        """Return the place of the value at a path, or of the nearest part above that exists."""
        return self.marks(*path).value

    def error_at(self, message: str, *path: str | int) -> UnreadableError:
        """Build the error for a mistake in the value at a path."""
        return UnreadableError(self.place(*path), message, *path)


def paths(data: Any) -> Iterator[Path]:
    """Yield the path of every key and item in a YAML value, its own path first."""
    yield ()
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from ((key, *path) for path in paths(value))


def existing_part(data: Any, path: Iterable[str | int]) -> tuple[Path, Any]:
    """Find the longest prefix of a path that exists in YAML data, with integer indices, and its value."""
    part: Path = ()
    for key in path:
        if isinstance(data, dict) and key in data:
            data, part = data[key], (*part, key)
        elif isinstance(data, list) and str(key).isdecimal() and int(key) < len(data):
            data, part = data[int(key)], (*part, int(key))
        else:
            break
    return part, data


def lookup(data: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a path of YAML data; None if there is none."""
    part, value = existing_part(data, path)
    return value if len(part) == len(path) else None


def format_inline(value: Any) -> str:
    """Format a value as YAML on one line."""
    match value:
        case dict():
            return f"{{{', '.join(f'{key}: {format_inline(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(format_inline, value))}]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
    return str(value)


def parse(text: str, origin: str, mistakes: list[Diagnostic]) -> YamlTree | None:
    """Parse YAML text with one document; None if it is empty.

    Args:
        text: the YAML.
        origin: name of the file or option, for messages.
        mistakes: list to which mistakes are appended that do not end the parsing.

    Raises:
        UnreadableError: at a mistake that ends the parsing.
    """
    return _Builder(text, origin, mistakes).document()


class _Builder:
    def __init__(self, text: str, origin: str, mistakes: list[Diagnostic]) -> None:
        self._text = text
        self._lines = _LINE_BREAK.split(text)
        self._origin = origin
        self._mistakes = mistakes
        self._events = YAML(typ="safe", pure=True).parse(text)
        self._anchors: dict[str, tuple[Path, Any]] = {}
        self._nodes = 0
        self._places: dict[Path, Marks] = {}

    def document(self) -> YamlTree | None:
        """Build the data of the only YAML document; None if the file is empty."""
        while isinstance(event := self._next(), events.StreamStartEvent | events.DocumentStartEvent):
            pass
        if isinstance(event, events.StreamEndEvent):
            return None
        data = self._build_value(event, (), 1)
        self._next()  # the document's end
        if not isinstance(event := self._next(), events.StreamEndEvent):
            raise self._error_at(event, "a second document begins; keep one scenario in a file")
        return YamlTree(data, self._places)

    def _build_value(self, event: Any, path: Path, depth: int, key: Place | None = None) -> Any:
        place = self._place(event.start_mark)
        if isinstance(event, events.AliasEvent):
            return self._copy_alias(event, path, depth, key or place)
        self._check_size(event, depth)
        if event.ctag is not None:
            tag = str(event.ctag).replace("tag:yaml.org,2002:", "!!")
            self._report(place, f"tags are not read here; leave {quote(tag)} out")
        value: Any
        if isinstance(event, events.MappingStartEvent):
            value = self._build_mapping(path, depth)
        elif isinstance(event, events.SequenceStartEvent):
            value = self._build_list(path, depth)
        else:
            value = self._build_scalar(event)
        # An omitted value has no place of its own.
        self._places[path] = Marks(key or place, key or place if value is None else place)
        # Only now that the value is complete: an anchor cannot refer to itself.
        if event.anchor is not None:
            self._anchors[event.anchor] = path, value
        return value

    def _build_list(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), events.SequenceEndEvent):
            items.append(self._build_value(event, (*path, len(items)), depth + 1))
        return items

    def _build_mapping(self, path: Path, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: Any = None
        while not isinstance(event := self._next(), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent) or not event.value:
                raise self._error_at(event, "a key must be a name; write `key: value`")
            key, place = event.value, self._place(event.start_mark)
            self._check_size(event, depth)
            # A duplicate is parsed for its mistakes and dropped; its path begins with "", which is no key.
            first = self._places.get((*path, key))
            value = self._build_value(
                self._next(), (*path, key) if first is None else ("", self._nodes), depth + 1, place
            )
            if first is not None:
                position = f"{first.key.line}:{first.key.column}"
                self._report(place, f"{quote(key)} is written twice, first at {position}; keep one")
            elif key == _MERGE and event.style is None:
                merged = value if isinstance(value, list) else [value]
            else:
                data[key] = value
        return data if merged is None else {**self._apply_merge_keys(merged, path, data), **data}

    def _apply_merge_keys(self, groups: list[Any], path: Path, own: dict[str, Any]) -> dict[str, Any]:
        """Return the keys that a YAML merge key adds to ``own``; of several groups, earlier ones win."""
        data: dict[str, Any] = {}
        # Backwards, so that keys of the first group replace those of later ones.
        for number, group in reversed([*enumerate(groups)]):
            if not isinstance(group, dict):
                place = self._places[(*path, _MERGE)].key
                self._report(place, f"{_MERGE} takes a group of keys, or a list of them, such as [*base]")
                continue
            data |= group
            group_path = (
                (*path, _MERGE, number) if (*path, _MERGE, number) in self._places else (*path, _MERGE)
            )
            for key in group.keys() - own.keys():
                self._copy_places((*group_path, key), (*path, key), group[key])
        return data

    def _copy_places(self, source: Path, path: Path, value: Any) -> None:
        """Copy the places of a YAML value to a second path with the same value."""
        for inner in paths(value):
            self._places[(*path, *inner)] = self._places[(*source, *inner)]

    def _build_scalar(self, event: Any) -> bool | float | str | None:
        text: str = event.value
        if event.style is not None:  # quoted, or a block of text
            return self._join_surrogates(text, event)
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return self._parse_integer(text, event)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _NOT_FINITE.fullmatch(text):
            # Python's inf and nan have no point.
            return float(text.replace(".", ""))
        return self._join_surrogates(text, event)

    def _parse_integer(self, text: str, event: Any) -> int:
        # Base 0 knows the prefixes, but refuses the leading zeros that YAML 1.2 allows in decimals.
        base = 0 if text.startswith(("0o", "0x")) else 10
        # The length comes first: Python refuses to read thousands of digits.
        if len(text) <= _MOST_DIGITS and abs(number := int(text, base)) <= _LARGEST:
            return number
        self._report(
            self._place(event.start_mark),
            f"{shorten(text)} is too large a number; write one that can be meant",
        )
        return 0

    def _join_surrogates(self, text: str, event: Any) -> str:
        if any("\ud800" <= char <= "\udfff" for char in text):
            # JSON, which is YAML too, writes a character beyond 16 bits as two halves.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if any("\ud800" <= char <= "\udfff" for char in text):
            self._report(self._place(event.start_mark), "half a character (a surrogate) cannot stand alone")
        return text

    def _copy_alias(self, event: Any, path: Path, depth: int, key: Place) -> Any:
        """Return a copy of the value that a YAML alias refers to; it counts towards the limit of nodes."""
        if event.anchor not in self._anchors:
            raise self._error_at(
                event, f"{quote('*' + event.anchor)} stands for nothing above; write the value"
            )
        source, value = self._anchors[event.anchor]
        for inner in paths(value):
            self._check_size(event, depth + len(inner))
        self._copy_places(source, path, value)
        self._places[path] = Marks(key, self._places[source].value)
        # A copy, since an override of one place must not change the other.
        return deepcopy(value)

    def _check_size(self, event: Any, depth: int) -> None:
        # Aliases of aliases multiply: without a limit, a file of a few lines unfolds to gigabytes.
        self._nodes += 1
        if depth > MOST_LEVELS:
            raise self._error_at(event, f"nested deeper than {MOST_LEVELS} levels; no scenario needs that")
        if self._nodes > MOST_NODES:
            raise self._error_at(event, f"more than {MOST_NODES:,} keys and values; no scenario needs that")

    def _next(self) -> Any:
        try:
            return next(self._events)
        except ReaderError as error:
            place = self._place_at(error.position)
            raise UnreadableError(place, "a control character stands here; remove it") from None
        except MarkedYAMLError as error:
            raise self._malformed(error) from None
        # Beside its own errors, ruamel.yaml lets assertions and errors of Python
        # through where text is damaged enough.
        except _LEAKED_BY_THE_PARSER:
            raise UnreadableError(Place(self._origin), "is not YAML that can be read") from None

    def _malformed(self, error: MarkedYAMLError) -> UnreadableError:
        problem = str(error.problem)
        # What is never closed shows at the end of the file; the mistake is where it was opened.
        if ("end of stream" in problem or "stream end" in problem) and error.context_mark is not None:
            opened = self._place(error.context_mark)
            return UnreadableError(opened, "what is opened here is never closed; add the quote or bracket")
        known = (message for part, message in _PROBLEMS.items() if part in problem)
        return UnreadableError(
            self._place(error.problem_mark), next(known, f"is not YAML: {shorten(problem)}")
        )

    def _error_at(self, event: Any, message: str) -> UnreadableError:
        return UnreadableError(self._place(event.start_mark), message)

    def _report(self, place: Place, message: str) -> None:
        self._mistakes.append(Diagnostic(place, message))

    def _place(self, mark: Any) -> Place:
        if mark is None:
            return Place(self._origin)
        text = self._lines[mark.line] if mark.line < len(self._lines) else ""
        return Place(self._origin, mark.line + 1, mark.column + 1, text)

    def _place_at(self, position: int) -> Place:
        *before, line = _LINE_BREAK.split(self._text[:position])
        return Place(self._origin, len(before) + 1, len(line) + 1, self._lines[len(before)])


def as_yaml(value: object) -> str:
    """Write a value as YAML on one line, text in quotes where it would be read as something else.

    >>> print(as_yaml({"path": "a: b, #1", "cost": "38 EUR", "page": 20}))
    {path: "a: b, #1", cost: 38 EUR, page: 20}
    """
    match value:
        case dict():
            return f"{{{', '.join(f'{as_yaml(key)}: {as_yaml(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(as_yaml, value))}]"
        case str():
            # JSON's escapes are YAML's; characters that YAML forbids, or that break lines, are escaped.
            return value if _is_plain(value) else json.dumps(value, ensure_ascii=not value.isprintable())
        case float():
            return f"{value:g}"
    return json.dumps(value)


def _is_plain(text: str) -> bool:
    """Return whether YAML reads a text as itself without quotes, inside brackets too."""
    mistakes: list[Diagnostic] = []
    try:
        trees = [parse(written, "", mistakes) for written in (f"[{text}]", f"x: {text}")]
    except UnreadableError:
        return False
    return not mistakes and [tree and tree.data for tree in trees] == [[text], {"x": text}]
