"""Which documents are test documents: as a column says, else drawn, with copies of a text on one side."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from sim.core.diagnostics import quoted
from sim.core.errors import PlannerMistakeError
from sim.corpus.table import cells
from sim.corpus.table.sheet import are, counted, is_blank
from sim.corpus.table.spelling import SPLITS, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.corpus.table.sheet import Sheet

SPLIT_SEED = 0
"""Part of what decides which documents are test documents, where no column says."""


def part_of(sheet: Sheet, column: str) -> Callable[[object], str]:
    """What tells the part that a cell names; where it says yes or no, the column's name tells to what.

    Raises:
        PlannerMistakeError: if it says yes or no, and its name does not tell to what.
    """
    filled = [cell for cell in sheet.column(column) if not is_blank(cell)]
    if not filled or any(isinstance(cell, list | dict) or cells.yes_or_no(cell) is None for cell in filled):
        return cells.part
    words = {*re.findall(r"[a-z]+", plain(column))}
    asks_test, asks_train = (
        words & (cells.TEST | cells.VALIDATION | {"istest"}),
        words & (cells.TRAIN | {"istrain"}),
    )
    if bool(asks_test) == bool(asks_train):
        raise sheet.mistake(
            f"column {quoted(column)} (corpus.columns.split) holds yes or no, and its name does not say to "
            "what; call it is_test or is_train, or write train and test into it"
        )
    parts = ("train", "test") if asks_test else ("test", "train")

    def part(cell: object) -> str:
        said = cells.yes_or_no(cell)
        if said is None:
            raise ValueError(f"is {quoted(cell)}; write 0 or 1")
        return parts[said]

    return part


def as_said(
    sheet: Sheet, column: str, documents: Sequence[Sequence[int]]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Which documents, given by their rows, a column says are for test or validation: our test documents.

    Raises:
        PlannerMistakeError: if rows of a document are in different parts.
    """
    part = part_of(sheet, column)
    parts = [part(cell) for cell in sheet.column(column)]
    for rows in documents:
        if len({parts[row] for row in rows}) > 1:
            raise sheet.mistake(
                f"{sheet.where(rows)}: are one document, in several parts of {quoted(column)}"
            )
    said = [parts[rows[0]] for rows in documents]
    counts = Counter(said)
    notes = []
    if counts["validation"]:
        with_test = f", with the {counts['test']:,} of the test part" if counts["test"] else ""
        notes.append(
            f"{counted(counts['validation'], 'document')} of the validation part "
            f"{are(counts['validation'])} test documents{with_test}."
        )
    return np.array([one != "train" for one in said], dtype=np.bool_), notes


def drawn(
    ids: Sequence[str], texts: Sequence[str], labels: NDArray[np.bool_], share: float
) -> NDArray[np.bool_]:
    """Which documents are test documents, where no column says: those whose names' hashes are smallest.

    Documents with the same text go where the first of them goes, as far as there is room. If one side has
    no document that carries a label, shape of ``labels`` being ``(documents, labels)``, the first of the
    other side that do change places with its last.
    """
    count = min(max(1, round(share * len(ids))), len(ids) - 1)
    hashes = [hashlib.sha256(f"{SPLIT_SEED} {name}".encode()).digest() for name in ids]
    copies: dict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(ids)), key=hashes.__getitem__):
        copies[texts[row]].append(row)
    is_test = np.zeros(len(ids), dtype=np.bool_)
    for rows in copies.values():
        if len(rows) <= count:
            is_test[rows] = True
            count -= len(rows)
    if not is_test.any():
        is_test[min(copies.values(), key=len)] = True
    for lacking in (is_test, ~is_test):
        if not labels[lacking].any():
            _exchange(is_test, [*copies.values()], labels, lacking)
    return is_test


def _exchange(
    is_test: NDArray[np.bool_],
    groups: Sequence[Sequence[int]],
    labels: NDArray[np.bool_],
    lacking: NDArray[np.bool_],
) -> None:
    """Give the side that lacks them the first documents that carry a label, if the other side keeps some."""
    given = [rows for rows in groups if not lacking[rows[0]] and labels[rows].any()]
    returned = [rows for rows in groups if lacking[rows[0]]]
    if len(given) > 1:
        is_test[given[0]] = ~is_test[given[0]]
        is_test[returned[-1]] = ~is_test[returned[-1]]


def unused(sheet: Sheet, used: str | None) -> list[str]:
    """What to say of a column that gives a split which the scenario does not ask for."""
    if used is not None:
        return []
    for name in sheet.header:
        if plain(name) not in SPLITS:
            continue
        try:
            said = Counter(map(str, sheet.column(name)))
            part = part_of(sheet, name)
            parts: Counter[str] = Counter()
            for cell, count in said.items():
                parts[part(cell)] += count
        except (ValueError, PlannerMistakeError):
            continue
        if len(parts) > 1:
            told = ", ".join(f"{one} ({count:,})" for one, count in sorted(parts.items()))
            return [
                f"Column {quoted(name)} says {told} and is not used; corpus.columns.split: {name} uses it."
            ]
    return []
