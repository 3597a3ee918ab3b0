"""Names and words as people spell them: what is the same though it is written otherwise."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


TEXTS = frozenset(
    "abstract body comment comment_text content description document headline message paragraph passage post "  # noqa: SIM905
    "query question review review_text sentence subject text texts title tweet utterance".split()
)
LABELS = frozenset(
    "accept annotation annotations categories category cats choice choices class class_label classes emotion "  # noqa: SIM905
    "emotions intent intents label label_name label_names label_text labels sentiment tag tags target topic "
    "topics y".split()
)
ANNOTATORS = frozenset(
    "_annotator_id _session_id annotated_by annotator annotator_id annotatorid coder coder_id completed_by "  # noqa: SIM905
    "labeled_by labeler labeler_id labelled_by labeller labeller_id rater rater_id worker worker_id "
    "workerid".split()
)
IDS = frozenset(
    {
        "id",
        "ids",
        "docid",
        "document",
        "item",
        "task",
        "uuid",
        "guid",
        "_input_hash",
        "index",
        "unnamed: 0",
        "",
    }
)
SPLITS = frozenset(
    {"split", "is_test", "is_train", "istest", "istrain", "test", "train", "holdout", "partition"}
)
ANSWER = "answer"
"""Where Prodigy says whether what was shown was accepted."""
ANSWERS = frozenset({"accept", "reject", "ignore"})


def plain(name: str) -> str:
    """A heading as it is compared: without case, with one kind of gap.

    >>> plain(" Comment Text")
    'comment_text'
    """
    return re.sub(r"[\s_-]+", "_", name.strip().casefold()) if name.strip(" _-") else name.strip()


def is_annotator(name: str) -> bool:
    """Whether a column says who labelled."""
    return plain(name) in ANNOTATORS


def is_id(name: str) -> bool:
    """Whether a column names documents, or rows."""
    return not is_annotator(name) and (plain(name) in IDS or plain(name).endswith("_id"))


def may_name(column: str) -> bool:
    """Whether a column may name documents, by what it is called, or since it has a number alone."""
    return bool(column.strip()) and (is_id(column) or column.isdecimal())


def is_known(name: str) -> bool:
    """Whether a cell is what people write above a column."""
    known = TEXTS | LABELS | SPLITS | {ANSWER, "time", "date", "created_at"}
    return is_annotator(name) or (bool(name.strip()) and is_id(name)) or plain(name) in known


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
