"""Text of messages: quoted, shortened, escaped, with the nearest known word, and agreeing with counts."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_QUOTE = 60


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


def display_width(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    # The caret has to stand below what a terminal draws: wide characters take two
    # columns, combining marks none.
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def counted(count: int, what: str) -> str:
    """Format a count with its noun.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """Return "is" or "are", to agree with a count."""
    return "is" if count == 1 else "are"


def verb(count: int, word: str) -> str:
    """Return a verb in the form that agrees with a count.

    >>> verb(1, "come"), verb(2, "come")
    ('comes', 'come')
    """
    return f"{word}s" if count == 1 else word


def escape_surrogates(name: str) -> str:
    """Escape the bytes of a file name that are not UTF-8, which Python keeps as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
