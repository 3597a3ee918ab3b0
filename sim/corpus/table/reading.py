"""What the rows of a sheet say: their texts and their labels, without those that say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.core.diagnostics import quoted
from sim.corpus.table import cells, labels, splitting
from sim.corpus.table.sheet import are, counted, is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.corpus.table.columns import Uses
    from sim.corpus.table.labels import LabelSet
    from sim.corpus.table.sheet import Sheet

PARAGRAPH = "\n\n"
"""What stands between the texts of several columns."""


def with_texts(sheet: Sheet, uses: Uses) -> Sheet:
    """The rows that hold a text, and whose other cells can be read.

    Raises:
        PlannerMistakeError: if no row holds a text, or more than one in a hundred cannot be read.
    """
    checks: dict[str, Callable[[object], object]] = {}
    if uses.split is not None:
        checks[uses.split] = splitting.part_of(sheet, uses.split)
    if uses.time is not None:
        checks[uses.time] = cells.moment
    if uses.id is not None:
        checks[uses.id] = cells.name
    for name in uses.text:
        checks[name] = _reader(sheet, uses, name)
    filled = [
        any(not is_blank(cell) for cell in row) for row in zip(*map(sheet.column, uses.text), strict=True)
    ]
    empty = len(filled) - sum(filled)
    if empty == len(filled):
        raise sheet.mistake(
            f"column {quoted(uses.text[0])} is empty in every row; give each document its text"
        )
    if empty:
        rows = sheet.where([row for row, one in enumerate(filled) if not one])
        sheet = sheet.only(filled, f"{counted(empty, 'row')} without a text {are(empty)} left out ({rows}).")
    return sheet.without_unreadable(checks)


def texts_of(sheet: Sheet, uses: Uses) -> list[str]:
    """The texts of all rows, those of several columns joined by a blank line."""
    columns = [[_reader(sheet, uses, name)(cell) for cell in sheet.column(name)] for name in uses.text]
    if len(columns) == 1:
        return columns[0]
    return [PARAGRAPH.join(text for text in row if text.strip()) for row in zip(*columns, strict=True)]


def labelled(
    sheet: Sheet, uses: Uses, separator: str | None, wanted: Sequence[str]
) -> tuple[Sheet, Uses, list[LabelSet]]:
    """The rows that say anything of labels, and what.

    Raises:
        PlannerMistakeError: if what a cell holds is no label, or what separates labels is not clear.
    """
    if uses.is_one_hot:
        rows, notes = labels.one_hot(sheet, uses.labels)
        return sheet.noting(*notes), uses, rows
    column = uses.labels[0]
    if uses.answer is not None:
        sheet, uses = _answered(sheet, uses, uses.answer)
    sheet, rows, notes = labels.listed(sheet, column, separator, wanted)
    if uses.answer is not None:
        rejected = [cell == "reject" for cell in sheet.column(uses.answer)]
        rows = [frozenset() if no else row for no, row in zip(rejected, rows, strict=True)]
        if any(rejected):
            notes.append(f"{counted(sum(rejected), 'row')} rejected: without the label that was asked about.")
    if (said := labels.yes_no(rows, column, wanted)) is not None:
        rows, more = said
        notes.extend(more)
    return sheet.noting(*notes), uses, rows


def _answered(sheet: Sheet, uses: Uses, column: str) -> tuple[Sheet, Uses]:
    """The rows of Prodigy's that were answered: rejected choices are not, a rejected label is a no."""
    is_choice = uses.labels[0] == "accept" or any(
        isinstance(cell, list) for cell in sheet.column(uses.labels[0])
    )
    unanswered = {"ignore", "reject"} if is_choice else {"ignore"}
    out = [cell in unanswered for cell in sheet.column(column)]
    if any(out):
        what = f"{counted(sum(out), 'row')} that Prodigy's column {quoted(column)} says {are(sum(out))}"
        sheet = sheet.only([not one for one in out], f"{what} {' or '.join(sorted(unanswered))}: left out.")
    return sheet, replace(uses, answer=None) if is_choice else uses


def _reader(sheet: Sheet, uses: Uses, name: str) -> Callable[[object], str]:
    """What reads a cell as a text; numbers are texts where others are, or where columns are joined."""
    if len(uses.text) == 1 and not any(isinstance(cell, str) for cell in sheet.column(name)):
        return cells.text
    return _text_or_number


def _text_or_number(cell: object) -> str:
    return cells.as_word(cell) if isinstance(cell, int | float) and not is_blank(cell) else cells.text(cell)
