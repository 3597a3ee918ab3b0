"""YAML as a tree that remembers where everything is written.

It is built from the parser's events, so that a file that is too deep or too large is refused before anything
is built from it. Plain words are read by the core schema of YAML 1.2: `no`, `22:30` and dates are text; merge
keys, `<<: *base`, as YAML 1.1 means them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from sim.core.diagnostics import Mistake, Place, UnreadableError, quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@dataclass(frozen=True)
class Scalar:
    """A word, a number or a text."""

    value: bool | int | float | str | None
    place: Place


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: list[Node]
    place: Place


@dataclass(frozen=True)
class Entry:
    """What a key holds, and where the key is written."""

    key: Place
    value: Node


@dataclass(frozen=True)
class Mapping:
    """Keys with what they hold."""

    entries: dict[str, Entry]
    place: Place


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The tree without its places."""
    match node:
        case Mapping():
            return {key: plain(entry.value) for key, entry in node.entries.items()}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.value


def node_of(value: Any, place: Place) -> Node:
    """A tree of plain values, all of it at one place."""
    if isinstance(value, dict):
        return Mapping({key: Entry(place, node_of(inner, place)) for key, inner in value.items()}, place)
    if isinstance(value, list):
        return Sequence([node_of(item, place) for item in value], place)
    return Scalar(value, place)


def child(node: Node | None, key: str | int) -> Node | None:
    """What is written under a key or at an index; None if nothing is."""
    if isinstance(node, Mapping) and key in node.entries:
        return node.entries[str(key)].value
    if isinstance(node, Sequence) and str(key).isdecimal() and int(key) < len(node.items):
        return node.items[int(key)]
    return None


def found(node: Node | None, keys: str) -> Node | None:
    """What is written at keys with dots, items of lists by their number; None if nothing is."""
    for key in keys.split("."):
        node = child(node, key)
    return node


def on_one_line(node: Node) -> str:
    """What a node says, as it may be written on one line."""
    match node:
        case Mapping():
            inside = (f"{key}: {on_one_line(entry.value)}" for key, entry in node.entries.items())
            return f"{{{', '.join(inside)}}}"
        case Sequence():
            return f"[{', '.join(map(on_one_line, node.items))}]"
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool(word)):
            return str(word).lower()
        case Scalar():
            return str(node.value)


def scalars(node: Node) -> Iterator[Scalar]:
    """All words, numbers and texts below a node."""
    match node:
        case Mapping():
            for entry in node.entries.values():
                yield from scalars(entry.value)
        case Sequence():
            for item in node.items:
                yield from scalars(item)
        case Scalar():
            yield node


def parse(text: str, origin: str, mistakes: list[Mistake]) -> Node | None:
    """The one document of a YAML text; None if there is nothing in it.

    Args:
        text: the YAML.
        origin: what mistakes call it.
        mistakes: where those go after which reading can go on.

    Raises:
        UnreadableError: if it cannot be read on.
    """
    return _Builder(text, origin, mistakes).document()


class _Builder:
    def __init__(self, text: str, origin: str, mistakes: list[Mistake]) -> None:
        self._text = text
        self._lines = _LINE_BREAK.split(text)
        self._origin = origin
        self._mistakes = mistakes
        self._events = YAML(typ="safe", pure=True).parse(text)
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def document(self) -> Node | None:
        """The root of the only document."""
        while isinstance(event := self._next(), StreamStartEvent | DocumentStartEvent):
            pass
        if isinstance(event, StreamEndEvent):
            return None
        root = self._node(event, 1)
        self._next()  # the document's end
        if not isinstance(event := self._next(), StreamEndEvent):
            raise self._refused(event, "a second document begins; keep one scenario in a file")
        return root

    def _node(self, event: Any, depth: int) -> Node:
        place = self._place(event.start_mark)
        if isinstance(event, AliasEvent):
            return self._aliased(event, depth)
        self._admit(event, depth)
        if event.ctag is not None:
            tag = str(event.ctag).replace("tag:yaml.org,2002:", "!!")
            self._tell(place, f"tags are not read here; leave {quoted(tag)} out")
        node: Node
        if isinstance(event, MappingStartEvent):
            node = Mapping(self._entries(depth), place)
        elif isinstance(event, SequenceStartEvent):
            node = Sequence(self._items(depth), place)
        else:
            node = Scalar(self._scalar(event), place)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        merged: Entry | None = None
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or not event.value:
                raise self._refused(event, "a key must be a name; write `key: value`")
            key, place = event.value, self._place(event.start_mark)
            self._admit(event, depth)
            value = self._node(self._next(), depth + 1)
            if isinstance(value, Scalar) and value.value is None:
                value = Scalar(None, place)  # what is left out has no place of its own
            merges = key == _MERGE and event.style is None
            before = merged if merges else entries.get(key)
            if before is not None:
                first = f"{before.key.line}:{before.key.column}"
                self._tell(place, f"{quoted(key)} is written twice, first at {first}; keep one")
            elif merges:
                merged = Entry(place, value)
            else:
                entries[key] = Entry(place, value)
        return entries if merged is None else {**self._merged(merged), **entries}

    def _merged(self, written: Entry) -> dict[str, Entry]:
        """What a merge key adds where it is not written; of several groups the first one's keys hold."""
        groups = written.value.items if isinstance(written.value, Sequence) else [written.value]
        entries: dict[str, Entry] = {}
        for group in reversed(groups):
            if isinstance(group, Mapping):
                entries |= group.entries
            else:
                self._tell(written.key, f"{_MERGE} takes a group of keys, or a list of them, such as [*base]")
        return entries

    def _scalar(self, event: Any) -> bool | float | str | None:
        text: str = event.value
        if event.style is not None:  # quoted, or a block of text
            return self._encodable(text, event)
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return self._integer(text, event)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _NOT_FINITE.fullmatch(text):
            return float(text.replace(".", ""))
        return self._encodable(text, event)

    def _integer(self, text: str, event: Any) -> int:
        base = 0 if text.startswith(("0o", "0x")) else 10
        if len(text) <= _MOST_DIGITS and abs(number := int(text, base)) <= _LARGEST:
            return number
        self._tell(
            self._place(event.start_mark),
            f"{shortened(text)} is too large a number; write one that can be meant",
        )
        return 0

    def _encodable(self, text: str, event: Any) -> str:
        if any("\ud800" <= char <= "\udfff" for char in text):
            self._tell(self._place(event.start_mark), "half a character (a surrogate) cannot stand alone")
        return text

    def _aliased(self, event: Any, depth: int) -> Node:
        if event.anchor not in self._anchors:
            raise self._refused(
                event, f"{quoted('*' + event.anchor)} stands for nothing above; write the value"
            )
        node = self._anchors[event.anchor]
        self._admit_all(node, event, depth)
        return node

    def _admit_all(self, node: Node, event: Any, depth: int) -> None:
        """Count what an alias stands for as if it were written again, so that a bomb does not go off."""
        self._admit(event, depth)
        match node:
            case Mapping():
                for entry in node.entries.values():
                    self._admit_all(entry.value, event, depth + 1)
            case Sequence():
                for item in node.items:
                    self._admit_all(item, event, depth + 1)

    def _admit(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if depth > MOST_LEVELS:
            raise self._refused(event, f"nested deeper than {MOST_LEVELS} levels; no scenario needs that")
        if self._nodes > MOST_NODES:
            raise self._refused(event, f"more than {MOST_NODES:,} keys and values; no scenario needs that")

    def _next(self) -> Any:
        try:
            return next(self._events)
        except ReaderError as error:
            place = self._place_at(error.position)
            raise UnreadableError(place, "a control character stands here; remove it") from None
        except MarkedYAMLError as error:
            raise self._malformed(error) from None
        except _LEAKED_BY_THE_PARSER:
            raise UnreadableError(Place(self._origin), "is not YAML that can be read") from None

    def _malformed(self, error: MarkedYAMLError) -> UnreadableError:
        problem = str(error.problem)
        if ("end of stream" in problem or "stream end" in problem) and error.context_mark is not None:
            opened = self._place(error.context_mark)
            return UnreadableError(opened, "what is opened here is never closed; add the quote or bracket")
        known = (message for part, message in _PROBLEMS.items() if part in problem)
        return UnreadableError(
            self._place(error.problem_mark), next(known, f"is not YAML: {shortened(problem)}")
        )

    def _refused(self, event: Any, message: str) -> UnreadableError:
        return UnreadableError(self._place(event.start_mark), message)

    def _tell(self, place: Place, message: str) -> None:
        self._mistakes.append(Mistake(place, message))

    def _place(self, mark: Any) -> Place:
        if mark is None:
            return Place(self._origin)
        text = self._lines[mark.line] if mark.line < len(self._lines) else ""
        return Place(self._origin, mark.line + 1, mark.column + 1, text)

    def _place_at(self, position: int) -> Place:
        *before, line = _LINE_BREAK.split(self._text[:position])
        return Place(self._origin, len(before) + 1, len(line) + 1, self._lines[len(before)])
