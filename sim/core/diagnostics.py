"""Mistakes in a planner's files with their places, and their formatting as text."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_QUOTE = 60
MOST_LISTED = 20


@dataclass(frozen=True)
class Place:
    """Line and column of a file (from 1), or a whole file or command-line option."""

    origin: str
    line: int = 0
    column: int = 0
    text: str = ""
    """Text of the line."""

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}:{self.column}" if self.line else self.origin

    @property
    def snippet(self) -> str:
        """Source line, cut to the neighbourhood of the column, with a caret below it."""
        # Indentation says nothing here, and would push a deeply nested value off the terminal.
        left = len(self.text) - len(self.text.lstrip())
        start = left if self.column - left <= LONGEST_QUOTE else self.column - LONGEST_QUOTE // 2
        before, after = self.text[start : self.column - 1], self.text[self.column - 1 : start + LONGEST_QUOTE]
        lead = "…" if start > left else ""
        tail = "…" if len(self.text) > start + LONGEST_QUOTE else ""
        before = lead + escape_control(before)
        return f"    {before}{escape_control(after)}{tail}\n    {' ' * _width(before)}^"


@dataclass(frozen=True)
class Diagnostic:
    """Mistake in a file or option; ``message`` describes it and its remedy."""

    place: Place
    message: str
    key: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        key = f"{shorten('.'.join(map(str, self.key)))}: " if self.key else ""
        snippet = f"\n{self.place.snippet}" if self.place.line else ""
        return f"{self.place}: {key}{self.message}{snippet}"


class UnreadableError(Exception):
    """Mistake that prevents the rest of a file from being checked."""

    def __init__(self, place: Place, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.mistake = Diagnostic(place, message, key)


def sort_mistakes(mistakes: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort mistakes by file and position, options last; keep the first at each key and place.

    What could not be read as YAML has no valid value either: one message is enough.
    """
    first: dict[tuple[Place, tuple[str | int, ...]], Diagnostic] = {}
    for mistake in mistakes:
        # A mistake without a key is one of YAML itself, and makes the value at its place wrong as well.
        if (mistake.place, ()) not in first:
            first.setdefault((mistake.place, mistake.key), mistake)
    return sorted(
        first.values(),
        key=lambda mistake: (
            not mistake.place.line,
            mistake.place.origin,
            mistake.place.line,
            mistake.place.column,
        ),
    )


def render(mistakes: Iterable[Diagnostic]) -> str:
    """Format mistakes as text in the order given, without duplicates; shorten a long list."""
    texts = list(dict.fromkeys(map(str, mistakes)))
    more = [f"... and {len(texts) - MOST_LISTED} more"] if len(texts) > MOST_LISTED else []
    return "\n".join(texts[:MOST_LISTED] + more)


def quote(value: object) -> str:
    """Format a value as a planner would write it in YAML, shortened if it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(str(value), str(value))
    if isinstance(value, dict | list):
        return "a group of keys" if isinstance(value, dict) else "a list"
    return f"'{shorten(value)}'" if isinstance(value, str) else shorten(str(value))


def shorten(text: str) -> str:
    """Shorten a text for a message, with control characters escaped."""
    return (
        escape_control(text)
        if len(text) <= LONGEST_QUOTE
        else escape_control(text[: LONGEST_QUOTE - 1]) + "…"
    )


def escape_control(text: str) -> str:
    """Escape control characters, so that a terminal prints a text as one line; a tab becomes a space."""
    if text.isprintable():
        return text
    text = text.replace("\t", " ")
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that ``word`` resembles most; None if it resembles none."""
    names = {name.lower(): name for name in known}
    # Cut, because difflib's time grows with the square of a word's length, and any text may stand for a key.
    word = word[:LONGEST_QUOTE].lower()
    # difflib goes by the share of letters in common, by which an abbreviation
    # resembles nothing. One or two letters begin too many words.
    prefixed = [name for name in names if name.startswith(word)] if len(word) > 2 else []  # noqa: PLR2004
    near = prefixed or difflib.get_close_matches(word, names, n=1)
    return names[near[0]] if near else None


def join_or(names: Iterable[str]) -> str:
    """Join names as alternatives of a sentence.

    >>> join_or(["none", "nine_steps", "a list"])
    'none, nine_steps or a list'
    """
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def _width(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    # The caret has to stand below what a terminal draws: wide characters take two
    # columns, combining marks none.
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
