"""Spelling of headings and labels: usual names, and normalisation for comparison."""

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
IDS = frozenset("id ids docid document item task uuid guid _input_hash index".split()) | {"unnamed: 0", ""}  # noqa: SIM905
SPLITS = frozenset(
    {"split", "is_test", "is_train", "istest", "istrain", "test", "train", "holdout", "partition"}
)
ANSWER = "answer"
"""Prodigy's column that says whether a suggested label was accepted."""
ANSWERS = frozenset({"accept", "reject", "ignore"})


def normalise_heading(name: str) -> str:
    """Normalise a column's heading for comparison: lower case, one kind of gap.

    >>> normalise_heading(" Comment Text")
    'comment_text'
    """
    return re.sub(r"[\s_-]+", "_", name.strip().casefold()) if name.strip(" _-") else name.strip()


def names_annotators(name: str) -> bool:
    """Return whether a column's heading says that it names annotators."""
    return normalise_heading(name) in ANNOTATORS


def is_id(name: str) -> bool:
    """Return whether a column's heading says that it names documents or rows."""
    return not names_annotators(name) and (
        normalise_heading(name) in IDS or normalise_heading(name).endswith("_id")
    )


def is_known(name: str) -> bool:
    """Return whether a cell is a usual heading of a column."""
    known = TEXTS | LABELS | SPLITS | {ANSWER, "time", "date", "created_at"}
    return names_annotators(name) or (bool(name.strip()) and is_id(name)) or normalise_heading(name) in known


JOINERS = "\u200c\u200d"
"""Invisible characters that shape letters of some scripts, and join emoji."""
NOTHING = frozenset(
    {"nan", "na", "n/a", "n.a.", "#n/a", "<na>", "null", "none", "nil", "-", "--", "–", "—", "[]", "{}"}
)
"""Words that programs and people write where there is no label."""


def clean_label(label: str) -> str:
    r"""Normalise a label: accents composed (NFC), white space collapsed, no invisible characters.

    >>> clean_label("  cafe\u0301 \ufeff  noir "), clean_label("\u200bzero")
    ('café noir', 'zero')
    """
    if label.isascii():
        return " ".join(label.split())
    label = re.sub(rf"(?<![^\x00-\x7f])[{JOINERS}]|[{JOINERS}](?![^\x00-\x7f])", "", label)
    visible = "".join(char for char in label if unicodedata.category(char) != "Cf" or char in JOINERS)
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def is_nothing(label: str) -> bool:
    """Return whether a label is a word for none, such as "n/a"."""
    return label.casefold() in NOTHING


def whole_numbers(labels: Iterable[str]) -> dict[str, str]:
    """Map whole numbers written with a decimal point to those without, if all such labels are whole.

    >>> whole_numbers(["1", "2.0"]), whole_numbers(["1.0", "1.5"])
    ({'2.0': '2'}, {})
    """
    numbers = [label for label in labels if re.fullmatch(r"\d+\.\d+", label)]
    if not all(re.fullmatch(r"\d+\.0+", number) for number in numbers):
        return {}
    return {number: number.partition(".")[0] for number in numbers}


def case_twins(labels: Iterable[str]) -> list[list[str]]:
    """Group labels that differ in case alone."""
    # Folded rather than lowered, which would leave STRASSE and straße two words.
    same = defaultdict(list)
    for label in labels:
        same[label.casefold()].append(label)
    return [twins for twins in same.values() if len(twins) > 1]
