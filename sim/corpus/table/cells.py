"""What a cell may hold: a text, a name, a moment, or a part of the split."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time

from sim.corpus.table.sheet import is_blank
from sim.scenario.mistakes import quoted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRAIN = frozenset({"train", "training", "learn", "learning", "pool"})
TEST = frozenset({"test", "testing"})
VALIDATION = frozenset(
    {"dev", "devel", "development", "val", "valid", "validation", "validate", "eval", "evaluation", "holdout"}
)
FILLERS = frozenset({"set", "data", "split", "part", "fold", "is", "in"})
YES = frozenset({"1", "yes", "true", "y", "t", "ja", "oui", "si", "sí", "x", "✓", "✔"})
NO = frozenset({"0", "no", "false", "n", "f", "nein", "non"})


def text(cell: object) -> str:
    """A text; nothing is an empty one.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if is_blank(cell):
        return ""
    if not isinstance(cell, str):
        raise ValueError(f"is {quoted(cell)}, where a text belongs")  # noqa: TRY004 - a sheet collects these
    if "\0" in cell:
        raise ValueError("holds a NUL byte; take it out")
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate); take it out") from error
    return cell


def word(cell: object) -> str:
    """A text without the space around it; a number is as good, and `1.0` is `1`.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return text(str(cell) if isinstance(cell, int) else cell).strip()


def name(cell: object) -> str:
    """The name of a document.

    Raises:
        ValueError: saying what is wrong with it.
    """
    found = word(cell)
    if not found:
        raise ValueError("is empty; give each document a name")
    return found


def moment(cell: object) -> float | datetime:
    """A number, or a date; one that names no time zone is meant in UTC.

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
    raise ValueError(f"is {quoted(cell)}; write a number or an ISO date such as 2024-05-31")


def yes_or_no(cell: object) -> bool | None:
    """What a cell says where yes or no is asked; None if it is neither."""
    said = str(cell).strip().casefold().removesuffix(".0")
    return True if said in YES else False if said in NO else None


def part(cell: object) -> str:
    """Which part of a split a cell names: ``train``, ``test`` or ``validation``.

    Raises:
        ValueError: saying what is wrong with it.
    """
    said = re.sub(r"h[eo]ld[\s_-]*out", "holdout", text(cell).casefold())
    words = {*re.findall(r"[a-z]+", said)} - FILLERS
    if len(words) == 1:
        for part_name, known in (("train", TRAIN), ("test", TEST), ("validation", VALIDATION)):
            if words <= known:
                return part_name
    raise ValueError(f"is {quoted(cell)}; write train, test or validation")


def _in_utc(day: date) -> datetime:
    at = day if isinstance(day, datetime) else datetime.combine(day, time())
    return at if at.tzinfo else at.replace(tzinfo=UTC)
