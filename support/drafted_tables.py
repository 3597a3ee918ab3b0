"""Drafts of tables: what is to be written, and what reading it should give."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Labels = frozenset[str] | None
Row = dict[str, Any]

# fmt: off
NAMES = (
    "billing", "login", "shipping", "refund", "café", "naïve", "straße", "Überweisung", "配送", "返金",
    "密码", "доставка", "оплата", "возврат", "ชำระเงิน", "बिल", "החזר", "تسليم", "배송", "billing-eu",
    "login_sso", "R2D2", "v2", "a11y", "late parcel", "crédit agricole", "lost password", "返品 希望",
    "C3 PO",
)
SYLLABLES = ("ka", "lo", "mi", "ter", "sun", "dra", "pel", "vo", "nir", "ash", "bem", "cul", "fi", "gor")
# fmt: on
ELSEWHERE = ("配送が遅れています", "возврат средств", "mot de passe oublié", "Rechnung prüfen", "ข้อความ")
TYPED = ("json", "jsonl", "parquet")


@dataclass
class Draft:
    """A table on its way to a file, and what reading it should give."""

    rng: random.Random
    texts: list[str]
    labels: list[Labels]
    """One per document; None where the document has no label cell."""
    config: Row = field(default_factory=dict)
    """Keys of ``corpus`` that the scenario gives."""
    columns: Row = field(default_factory=dict)
    """Keys of ``corpus.columns``."""
    text_name: str = "text"
    label_name: str = "labels"
    encode: Callable[[Labels], Any] | None = None
    """A cell of labels; None where labels are columns, or rows, of their own."""
    separator: str = ";"
    one_hot: tuple[Any, Any] | None = None
    rows_of: Callable[[int, Row], list[Row]] | None = None
    """The rows of a document, where there is more than one."""
    extra: dict[str, list[Any]] = field(default_factory=dict)
    spell: Callable[[str], str] = str
    finish: list[Callable[[list[list[Any]]], None]] = field(default_factory=list)
    """What is done to the rows of a file, its headings first."""
    kind: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    prefix: str = ""
    header: bool = True
    packed: bool = False
    dropped: set[int] = field(default_factory=set)
    """Documents that are to be left out."""
    nothing: tuple[str, ...] = ("",)
    """What is written where there is no label."""
    is_test: list[bool] | None = None
    """What a column says of the split."""
    renamed: bool = False
    """Whether it is for the reader to name the label."""
    copied: bool = False
    """Whether some documents have the same text."""
    refused: bool = False
    """Whether it cannot be decided and must be asked."""
    may_be_refused: bool = False
    """Whether asking is as good as reading it right."""


def base(rng: random.Random) -> Draft:
    """A sound table: texts that are all different, each with one to three labels."""
    names = rng.sample(NAMES, rng.randint(2, 6))
    weights = [rng.uniform(0.3, 1) for _ in names]
    texts = []
    for number in range(rng.randint(24, 60)):
        words = [rng.choice(SYLLABLES) + rng.choice(SYLLABLES) for _ in range(rng.randint(5, 12))]
        if rng.random() < 0.2:
            words.append(rng.choice(ELSEWHERE))
        if rng.random() < 0.2:
            words.append(rng.choice(['said "no"', "one, two", "a; b", "x | y", "first\nsecond"]))
        texts.append(f"{' '.join(words)} {number}")
    labels: list[Labels] = []
    for number in range(len(texts)):
        several = rng.choices([1, 2, 3], [0.6, 0.3, 0.1])[0]
        chosen = set(rng.choices(names, weights, k=min(several, len(names))))
        labels.append(frozenset(chosen | {names[number % len(names)]} if number < 2 * len(names) else chosen))
    return Draft(rng, texts, labels)


@dataclass(frozen=True)
class Expected:
    """What reading a table should give."""

    documents: int
    counts: dict[str, int]
    test: int | None


def expected(draft: Draft) -> Expected:
    """Count what is right."""
    wanted = draft.config.get("labels")
    left_out = draft.config.get("empty_labels") in {"not_yet", "drop"}
    kept = [
        number
        for number, labels in enumerate(draft.labels)
        if number not in draft.dropped and not (labels is None and left_out)
    ]
    counts = Counter(
        unicodedata.normalize("NFC", label)
        for number in kept
        for label in draft.labels[number] or ()
        if wanted is None or label in wanted
    )
    test = None if draft.is_test is None else sum(draft.is_test[number] for number in kept)
    return Expected(len(kept), dict(counts), test)


class ImpossibleError(Exception):
    """Two mutations that cannot be of one table."""


def needs_text(draft: Draft) -> None:
    """Refuse a draft whose cells are not all texts."""
    if draft.kind in TYPED:
        raise ImpossibleError


def names_in(draft: Draft) -> list[str]:
    """All labels of a draft."""
    return sorted(frozenset().union(*filter(None, draft.labels)))


def ordered(draft: Draft, labels: Labels) -> list[str]:
    """Labels as the draft spells them, in any order."""
    found = [draft.spell(name) for name in sorted(labels or ())]
    draft.rng.shuffle(found)
    return found


def cell_of(draft: Draft, labels: Labels) -> Any:
    """What a cell holds for the labels of a document."""
    if draft.encode is not None:
        return draft.encode(labels)
    return draft.separator.join(ordered(draft, labels)) if labels else draft.rng.choice(draft.nothing)
