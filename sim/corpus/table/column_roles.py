"""Use of each column of a sheet: by the scenario, or else by its heading and its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.core.errors import PlannerMistakeError
from sim.core.text import counted, join_or, quote
from sim.corpus.table.cells import is_blank, is_bracketed, yes_or_no
from sim.corpus.table.headings_and_label_spelling import (
    ANSWER,
    ANSWERS,
    LABELS,
    SPLITS,
    TEXTS,
    clean_label,
    is_id,
    names_annotators,
    normalise_heading,
)
from sim.corpus.table.sheet import NothingLabelledError, named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sim.corpus.table.sheet import Sheet
    from sim.scenario.models import TableColumns

TEXT, LABEL = "corpus.columns.text", "corpus.columns.labels"
WORDS = 3
"""Minimum mean number of words of texts."""
CHARACTERS = 12
"""Minimum number of characters of texts in scripts without spaces between words."""
MEASURE = re.compile(r"[+-]?\d+[.,]\d*[1-9]|\d{4}-\d\d-\d\d.*|\d\d?[./]\d\d?[./]\d{2,4}.*")
"""Numbers with a fraction, and dates, which are not labels."""
RECURRING = 0.5
"""Different values as a share of cells: the maximum for a column of labels, the minimum for one of texts."""


@dataclass(frozen=True)
class ColumnRoles:
    """Columns of a table by their use."""

    text: Sequence[str]
    labels: Sequence[str]
    """One column of labels; or several of yes and no, each of which is a label."""
    is_one_hot: bool = False
    id: str | None = None
    split: str | None = None
    time: str | None = None
    embedding: str | None = None
    suggested: str | None = None
    annotator: str | None = None
    answer: str | None = None
    """Prodigy's column with the answer to each suggested label."""
    notes: Sequence[str] = ()


def recognise(
    sheet: Sheet, config: TableColumns, wanted: Collection[str], *, labelled: bool = True
) -> ColumnRoles:
    """Recognise a table's columns: texts and labels that the scenario does not name, and who labelled.

    ``wanted`` are the labels that it names, which may be columns of yes and no. Where nothing is
    ``labelled``, no column holds labels.

    Raises:
        NothingLabelledError: if no column may hold labels.
        PlannerMistakeError: if a column named by the scenario is missing, or several may be meant.
    """
    for key in ("id", "split", "time", "embedding", "suggested"):
        if (name := getattr(config, key)) is not None:
            sheet.check(name, f"corpus.columns.{key}")
    texts = [config.text] if isinstance(config.text, str) else config.text
    for name in texts or ():
        sheet.check(name, TEXT)
    if labelled and config.labels is not None:
        sheet.check(config.labels, LABEL)
    others = config.id, config.split, config.time, config.embedding, config.suggested
    used = {*others, config.labels, *(texts or ())}
    notes: list[str] = []
    if texts is None:
        # Texts first: a column that plainly holds them cannot be mistaken for labels afterwards.
        texts = [_find_column(sheet, TEXT, "text", TEXTS, _is_prose, used, notes)]
        used.update(texts)
    annotator = _only([name for name in sheet.header if names_annotators(name) and name not in used])
    answer = _only([name for name in sheet.header if name not in used and _holds_answers(sheet, name)])
    used.update({annotator, answer} - {None})
    if not labelled:
        labels, is_one_hot = [], False
    elif config.labels is not None:
        labels, is_one_hot = [config.labels], False
    else:
        labels, is_one_hot = _find_labels(sheet, used, wanted, notes)
    return ColumnRoles(texts, labels, is_one_hot, *others, annotator, answer, notes)


def _find_labels(
    sheet: Sheet, used: set[str | None], wanted: Collection[str], notes: list[str]
) -> tuple[list[str], bool]:
    """Find the column of labels, or the columns of yes and no, one per label."""
    if "labels" in sheet.header:
        return [_find_column(sheet, LABEL, "labels", LABELS, _are_labels, used, notes)], False
    free = [
        name
        for name in sheet.header
        if name.strip() and name not in used and not is_id(name) and normalise_heading(name) not in SPLITS
    ]
    marked = [name for name in free if sheet.header.count(name) == 1 and _is_yes_no(sheet.column(name))]
    # The scenario names labels that are columns: that settles what they are.
    if wanted and {*wanted} <= {clean_label(name) for name in marked}:
        return [name for name in marked if clean_label(name) in wanted], True
    by_name = [name for name in free if normalise_heading(name) in LABELS and name not in marked]
    if (
        marked
        and not by_name
        and not [name for name in free if name not in marked and _are_labels(sheet.column(name))]
    ):
        what = counted(len(marked), "column")
        are_labels = "is a label" if len(marked) == 1 else "are a label each"
        notes.append(f"{what} of yes or no {are_labels}: {named(marked)}.")
        return marked, True
    excluded = used | {*marked} if by_name else used
    return [_find_column(sheet, LABEL, "labels", LABELS, _are_labels, excluded, notes)], False


def _find_column(
    sheet: Sheet,
    key: str,
    default_name: str,
    names: Collection[str],
    is_candidate: Callable[[Sequence[object]], bool],
    used: set[str | None],
    notes: list[str],
) -> str:
    """Find the column for a use for which the scenario names none.

    It is the one with the default name, or else the only one with a usual name, or else the only one whose
    cells look right.
    """
    if default_name in sheet.header:
        sheet.check(default_name, key)
        return default_name
    free = [
        name for name in sheet.header if name.strip() and name not in used and sheet.header.count(name) == 1
    ]
    candidates = [
        name for name in free if normalise_heading(name) in names and _may_be(key, sheet.column(name))
    ]
    if not candidates:
        candidates = [
            name
            for name in free
            if not is_id(name)
            and not names_annotators(name)
            and normalise_heading(name) not in SPLITS
            and is_candidate(sheet.column(name))
        ]
    if not candidates:
        kind = NothingLabelledError if key == LABEL else PlannerMistakeError
        raise sheet.mistake(sheet.without_column(default_name, key), kind)
    # Nothing is guessed between two: learning from the wrong column costs more than a question.
    if len(candidates) > 1:
        joined = f", or [{', '.join(candidates)}] to join them" if key == TEXT else ""
        if any(_is_yes_no(sheet.column(name)) for name in candidates):
            joined = ", or name columns of yes and no in corpus.labels"
        raise sheet.mistake(
            f"has no column {quote(default_name)}, and several that may hold it; write {key}: "
            f"{join_or(map(quote, candidates))}{joined}"
        )
    notes.append(f"Column {quote(candidates[0])} is read as {default_name} ({counted(len(sheet), 'row')}).")
    return candidates[0]


def _only(names: Sequence[str]) -> str | None:
    """Return the only name of a list of columns; None if there are none or several."""
    return names[0] if len(names) == 1 else None


def _filled(cells: Sequence[object]) -> list[object]:
    """Return the cells of a column that are not blank."""
    return [cell for cell in cells if not is_blank(cell)]


def _may_be(key: str, cells: Sequence[object]) -> bool:
    """Return whether a column's cells allow the use that its name suggests."""
    return bool(_filled(cells)) and not (key == TEXT and _is_yes_no(cells))


def _is_yes_no(cells: Sequence[object]) -> bool:
    """Return whether a column holds yes and no alone."""
    filled = _filled(cells)
    return bool(filled) and all(
        not isinstance(cell, list | dict) and yes_or_no(cell) is not None for cell in filled
    )


def _is_prose(cells: Sequence[object]) -> bool:
    """Return whether a column holds texts: long, and hardly any two the same."""
    texts = [cell for cell in _filled(cells) if isinstance(cell, str) and not is_bracketed(cell)]
    if len(texts) < len(cells) / 2 or len({*texts}) < RECURRING * len(texts):
        return False
    words = sum(len(text.split()) for text in texts) / len(texts)
    unspaced = [text for text in texts if not text.isascii() and len(text) >= CHARACTERS]
    return words >= WORDS or len(unspaced) >= len(texts) / 2


def _are_labels(cells: Sequence[object]) -> bool:
    """Return whether a column looks like labels: lists, or few different words, but no dates or measures."""
    filled = _filled(cells)
    if any(isinstance(cell, list | dict) for cell in filled):
        return True
    # One value in every row says nothing of any of them.
    if len({*map(str, filled)}) == 1 and len(filled) == len(cells):
        return False
    # By parts of cells, because combinations of a few labels are many different cells.
    words = [word for cell in filled for word in re.split(r"[;|,/\t\n]", str(cell)) if word.strip()]
    measures = sum(bool(MEASURE.fullmatch(str(cell).strip())) for cell in filled)
    return bool(words) and len({*words}) <= RECURRING * len(words) and measures <= RECURRING * len(filled)


def _holds_answers(sheet: Sheet, name: str) -> bool:
    """Return whether a column is Prodigy's, with an answer to each suggested label."""
    return (
        normalise_heading(name) == ANSWER and {str(cell) for cell in _filled(sheet.column(name))} <= ANSWERS
    )


def may_name(column: str) -> bool:
    """Return whether a column may name documents, by its heading, or because its heading is a number."""
    return bool(column.strip()) and (is_id(column) or column.isdecimal())
