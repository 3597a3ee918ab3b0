"""Cells of a table: parsers of texts, numbers, dates, words for nothing, and lists."""

from __future__ import annotations

import ast
import json
import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.core.text import quote

if TYPE_CHECKING:
    from collections.abc import Iterator


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRAIN = frozenset({"train", "training", "learn", "learning", "pool"})
TEST = frozenset({"test", "testing"})
VALIDATION = frozenset(
    {"dev", "devel", "development", "val", "valid", "validation", "validate", "eval", "evaluation", "holdout"}
)
FILLERS = frozenset({"set", "data", "split", "part", "fold", "is", "in"})
YES = frozenset({"1", "yes", "true", "y", "t", "ja", "oui", "si", "sí", "x", "✓", "✔"})
NO = frozenset({"0", "no", "false", "n", "f", "nein", "non"})


def is_blank(cell: object) -> bool:
    """Return whether a cell is blank: None, NaN, or white space alone."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def text(cell: object) -> str:
    """Parse a table's cell as text; a blank cell is an empty text.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if is_blank(cell):
        return ""
    if not isinstance(cell, str):
        raise ValueError(f"is {quote(cell)}, where a text belongs")  # noqa: TRY004 - a sheet collects these
    if "\0" in cell:
        raise ValueError("holds a NUL byte; take it out")
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate); take it out") from error
    return cell


def as_word(cell: object) -> str:
    """Parse a table's cell as text without surrounding space; numbers are texts too, and `1.0` is `1`.

    Raises:
        ValueError: saying what is wrong with it.
    """
    # First, because a truth value is an integer to Python.
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return text(str(cell) if isinstance(cell, int) else cell).strip()


def name(cell: object) -> str:
    """Parse a table's cell as the name of a document.

    Raises:
        ValueError: saying what is wrong with it.
    """
    word = as_word(cell)
    if not word:
        raise ValueError("is empty; give each document a name")
    return word


def parse_time(cell: object) -> float | datetime:
    """Parse a table's cell as a number or a date; a date without a time zone is in UTC.

    Raises:
        ValueError: saying what is wrong with it.
    """
    with suppress(ValueError, OverflowError):
        if isinstance(cell, date):
            return _in_utc(cell)
        if isinstance(cell, str | int | float) and not isinstance(cell, bool):
            number = float(cell)
            if math.isfinite(number):
                return number
    with suppress(ValueError):
        if isinstance(cell, str):
            return _in_utc(datetime.fromisoformat(cell.strip()))
    raise ValueError(f"is {quote(cell)}; write a number or an ISO date such as 2024-05-31")


def yes_or_no(cell: object) -> bool | None:
    """Parse a table's cell as yes or no; None if it is neither."""
    # Columns of 1 and 0 with gaps are often saved as 1.0 and 0.0.
    answer = str(cell).strip().casefold().removesuffix(".0")
    return True if answer in YES else False if answer in NO else None


def part(cell: object) -> str:
    """Parse a table's cell as a part of a split: ``train``, ``test`` or ``validation``.

    Raises:
        ValueError: saying what is wrong with it.
    """
    # One word of several spellings, before words are counted.
    answer = re.sub(r"h[eo]ld[\s_-]*out", "holdout", text(cell).casefold())
    words = {*re.findall(r"[a-z]+", answer)} - FILLERS
    if len(words) == 1:
        for part_name, known in (("train", TRAIN), ("test", TEST), ("validation", VALIDATION)):
            if words <= known:
                return part_name
    raise ValueError(f"is {quote(cell)}; write train, test or validation")


def _in_utc(day: date) -> datetime:
    """Convert a date or a local time of a cell to a time in UTC."""
    as_time = day if isinstance(day, datetime) else datetime.combine(day, time())
    return as_time if as_time.tzinfo else as_time.replace(tzinfo=UTC)


LONGEST = 100_000
"""Maximum number of characters of a cell that is read as a list."""
DEEPEST = 8
"""Maximum depth of brackets in it."""
HOLDERS = ("choices", "labels", "label", "taxonomy")
"""Keys of an object that hold its labels."""
OPENING, CLOSING = frozenset("[({"), frozenset("])}")
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.+-]+|\S""", re.DOTALL)
_BARE = re.compile(r"\[(?!\s*')[^\[\](){}\"]*\]")
_CALL = re.compile(r"\A(?:array|set|frozenset|tuple|list|Index)\((.*?)(?:,\s*dtype=[^()]*)?\)\Z", re.DOTALL)
_WORDS = {"null": "None", "nan": "None", "NaN": "None", "true": "True", "false": "False"}


def is_bracketed(text: str) -> bool:
    """Return whether a cell's text is in brackets, as lists are."""
    text = text.strip()
    return text[:1] + text[-1:] in {"[]", "{}", "()"} or bool(_CALL.match(text))


def parse_list(text: str, *, bare: bool) -> object:
    """Parse a cell's text as a list or an object; None if it is neither.

    ``bare`` allows for words without quotes in square brackets.

    >>> parse_list('["a", "b"]', bare=False), parse_list("[a, b c]", bare=True)
    (['a', 'b'], ['a', 'b c'])
    >>> parse_list("['a' 'b']", bare=False)
    ['a', 'b']
    """
    text = text.strip()
    # Bounds come before parsing: brackets by the thousand overflow a parser's stack.
    if len(text) > LONGEST or not is_bracketed(text):
        return None
    if max(map(text.count, "[({")) > LONGEST // 10:
        return None
    try:
        # JSON first, which is what tools write; Python's own notation is what pandas leaves in a CSV.
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = _literal(text)
    if value is None and bare and _BARE.fullmatch(text):
        inner = text[1:-1]
        numbers = re.fullmatch(r"[\s\d.+-]*", inner) and "," not in inner
        return inner.split() if numbers else [part.strip() for part in inner.split(",")]
    return value if isinstance(value, list | tuple | set | dict) else None


def iterate_labels(value: object) -> Iterator[str]:
    """Yield the labels in a cell's list or set, or in an object with choices or yes or no per label.

    Raises:
        ValueError: if the value holds something else than labels.
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
    """Yield the labels of a cell's object: its choices, or the keys to which it says yes."""
    holders = [key for key in HOLDERS if key in value]
    if len(holders) == 1 and len(value) == 1:
        inner = value[holders[0]]
        yield from iterate_labels(inner if isinstance(inner, list) else [inner])
        return
    answer = {key: yes_or_no(chosen) for key, chosen in value.items()}
    if not answer or any(chosen is None for chosen in answer.values()):
        raise ValueError(f"is {quote(value)}, where a text belongs")
    yield from (as_word(key) for key, chosen in answer.items() if chosen)


def _literal(text: str) -> object:
    """Parse a cell's Python or NumPy literal from its tokens: nothing is called or computed."""
    if call := _CALL.match(text):
        text = call[1].strip() or "[]"
    pieces = [_WORDS.get(piece, piece) for piece in _TOKEN.findall(text)]
    depth = deepest = 0
    tokens = []
    for piece, following in pairwise([*pieces, ""]):
        depth += (piece in OPENING) - (piece in CLOSING)
        deepest = max(deepest, depth)
        # Numpy writes nothing between two values.
        needs_comma = piece not in {*OPENING, ":", ","} and following not in {*CLOSING, ":", ",", ""}
        tokens.append(f"{piece}," if needs_comma else piece)
    if deepest > DEEPEST:
        return None
    try:
        # It builds literals and calls nothing, so that a cell cannot run code.
        return ast.literal_eval(" ".join(tokens))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
