"""Lists that stand in cells: real ones, and those that JSON, Python and numpy write as text."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.corpus.table.cells import word as as_word
from sim.corpus.table.cells import yes_or_no
from sim.corpus.table.sheet import is_blank
from sim.scenario.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 100_000
"""Letters of a cell that is read as a list."""
DEEPEST = 8
"""Brackets within brackets in it."""
HOLDERS = ("choices", "labels", "label", "taxonomy")
"""Keys of an object under which its labels stand."""
OPENING, CLOSING = frozenset("[({"), frozenset("])}")
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.+-]+|\S""", re.DOTALL)
_BARE = re.compile(r"\[(?!\s*')[^\[\](){}\"]*\]")
_CALL = re.compile(r"\A(?:array|set|frozenset|tuple|list|Index)\((.*?)(?:,\s*dtype=[^()]*)?\)\Z", re.DOTALL)
_WORDS = {"null": "None", "nan": "None", "NaN": "None", "true": "True", "false": "False"}


def is_bracketed(text: str) -> bool:
    """Whether a text stands in brackets, as lists do."""
    text = text.strip()
    return text[:1] + text[-1:] in {"[]", "{}", "()"} or bool(_CALL.match(text))


def parsed(text: str, *, bare: bool) -> object:
    """The list or object that a text writes; None if it writes none.

    ``bare`` allows for words without quotes in square brackets.

    >>> parsed('["a", "b"]', bare=False), parsed("['a' 'b']", bare=False), parsed("[a, b c]", bare=True)
    (['a', 'b'], ['a', 'b'], ['a', 'b c'])
    """
    text = text.strip()
    if len(text) > LONGEST or not is_bracketed(text):
        return None
    if max(map(text.count, "[({")) > LONGEST // 10:
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = _literal(text)
    if value is None and bare and _BARE.fullmatch(text):
        inner = text[1:-1]
        numbers = re.fullmatch(r"[\s\d.+-]*", inner) and "," not in inner
        return inner.split() if numbers else [part.strip() for part in inner.split(",")]
    return value if isinstance(value, list | tuple | set | dict) else None


def labels_in(value: object) -> Iterator[str]:
    """The labels in a list, a set, or an object that holds choices or says yes or no to each label.

    Raises:
        ValueError: saying what stands there instead.
    """
    if isinstance(value, dict):
        yield from _labels_of_object(value)
        return
    for item in value if isinstance(value, list | tuple | set | frozenset) else [value]:
        if isinstance(item, dict):
            yield from _labels_of_object(item)
        elif not is_blank(item):
            yield as_word(item)


def _labels_of_object(value: dict[Any, Any]) -> Iterator[str]:
    holder = [key for key in HOLDERS if key in value]
    if len(holder) == 1 and len(value) == 1:
        inner = value[holder[0]]
        yield from labels_in(inner if isinstance(inner, list) else [inner])
        return
    said = {key: yes_or_no(chosen) for key, chosen in value.items()}
    if not said or any(chosen is None for chosen in said.values()):
        raise ValueError(f"is {quoted(value)}, where a text belongs")
    yield from (as_word(key) for key, chosen in said.items() if chosen)


def _literal(text: str) -> object:
    """A value of Python's or numpy's, from its tokens: nothing is called or computed."""
    if call := _CALL.match(text):
        text = call[1].strip() or "[]"
    pieces = [_WORDS.get(piece, piece) for piece in _TOKEN.findall(text)]
    depth = deepest = 0
    written = []
    for piece, following in pairwise([*pieces, ""]):
        depth += (piece in OPENING) - (piece in CLOSING)
        deepest = max(deepest, depth)
        # Numpy writes nothing between two values.
        unparted = piece not in {*OPENING, ":", ","} and following not in {*CLOSING, ":", ",", ""}
        written.append(f"{piece}," if unparted else piece)
    if deepest > DEEPEST:
        return None
    try:
        return ast.literal_eval(" ".join(written))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
