"""Spellings of a label that look alike made one; what differs in case alone is told, and kept apart."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

JOINERS = "\u200c\u200d"
"""Invisible characters that shape letters of some scripts, and join emoji."""
NOTHING = frozenset(
    {"nan", "na", "n/a", "n.a.", "#n/a", "<na>", "null", "none", "nil", "-", "--", "–", "—", "[]", "{}"}
)
"""Words that programs and people write where there is no label."""


def cleaned(label: str) -> str:
    r"""A label with accents composed (NFC), white space made one, and without invisible characters.

    >>> cleaned("  cafe\u0301 \ufeff  noir "), cleaned("\u200bzero")
    ('café noir', 'zero')
    """
    if label.isascii():
        return " ".join(label.split())
    label = re.sub(rf"(?<![^\x00-\x7f])[{JOINERS}]|[{JOINERS}](?![^\x00-\x7f])", "", label)
    shown = "".join(char for char in label if unicodedata.category(char) != "Cf" or char in JOINERS)
    return unicodedata.normalize("NFC", " ".join(shown.split()))


def is_nothing(label: str) -> bool:
    """Whether a label is a word for none."""
    return label.casefold() in NOTHING


def whole_numbers(labels: Iterable[str]) -> dict[str, str]:
    """Whole numbers written with a point, and what they are without it, if all such numbers are whole.

    >>> whole_numbers(["1", "2.0"]), whole_numbers(["1.0", "1.5"])
    ({'2.0': '2'}, {})
    """
    numbers = [label for label in labels if re.fullmatch(r"\d+\.\d+", label)]
    if not all(re.fullmatch(r"\d+\.0+", number) for number in numbers):
        return {}
    return {number: number.partition(".")[0] for number in numbers}


def case_twins(labels: Iterable[str]) -> list[list[str]]:
    """Labels that differ in case alone, those that do together."""
    same = defaultdict(list)
    for label in labels:
        same[label.casefold()].append(label)
    return [twins for twins in same.values() if len(twins) > 1]
