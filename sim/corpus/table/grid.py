"""Rows of cells made a sheet: where the headings are, and which rows do not fit below them."""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

from sim.corpus.table.names import is_known
from sim.corpus.table.sheet import Sheet, counted, mistake
from sim.scenario.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

WORDS_OF_PROSE = 5
"""Words from which on a cell is a text and no heading."""


def sheet_of(
    path: Path, records: Sequence[Sequence[str]], numbers: Sequence[int], unit: str, wanted: Collection[str]
) -> Sheet:
    """Make a sheet of rows of which the first holds the headings, or else call columns 1, 2, ...

    ``wanted`` are names that the scenario gives columns: a row that holds one of them holds the headings.

    Raises:
        PlannerMistakeError: if more than one row in a hundred has not as many cells as there are headings.
    """
    title = int(_has_title(records, wanted))
    notes = [f"The title {quoted(records[0][0])} above the headings is left out."] if title else []
    records, numbers = records[title:], numbers[title:]
    heading = [name.strip().strip("\ufeff") for name in records[0]]
    if _is_data(heading, records[1:], wanted):
        width = max(map(len, records))
        header = [str(place) for place in range(1, width + 1)]
        notes.append(
            f"There are no headings: the {width} columns are called 1 to {width} "
            f"({counted(len(records), 'row')})."
        )
    else:
        header, records, numbers = heading, records[1:], numbers[1:]
    fitted = [_fitted(record, len(header)) for record in records]
    ragged = [row for row, record in enumerate(fitted) if len(record) != len(header)]
    padded = [(record + [""] * len(header))[: len(header)] for record in fitted]
    cells: Sequence[Sequence[str]] = list(zip(*padded, strict=True)) or [[] for _ in header]
    sheet = Sheet(path, header, cells, unit, numbers, tuple(notes))
    if not ragged:
        return sheet
    what = f"{len(records[ragged[0]])} cells, where the header has {len(header)}"
    remedy = "put cells that hold commas in quotes"
    if sheet.too_many(ragged):
        raise mistake(path, f"{sheet.where(ragged)}: {what}; {remedy}")
    return sheet.without(dict.fromkeys(ragged, f"{what}; {remedy}"))


def _has_title(records: Sequence[Sequence[str]], wanted: Collection[str]) -> bool:
    """Whether the first row has a single cell, and headings of several columns are below it."""
    if len(records) < 2:  # noqa: PLR2004 - a title, and headings
        return False
    title, heading = ([cell.strip() for cell in record if cell.strip()] for record in records[:2])
    return len(title) == 1 < len(heading) and not _is_data(records[1], records[2:], wanted)


def _is_data(heading: Sequence[str], records: Sequence[Sequence[str]], wanted: Collection[str]) -> bool:
    """Whether the first row is like those below it: it holds prose, or a word that recurs in its column."""
    known = sum(map(is_known, heading))
    if known > 1 or any(name in wanted for name in heading):
        return False
    others = [record for record in records if [cell.strip() for cell in record] != heading]
    recurring = [
        name
        for place, name in enumerate(heading)
        if name
        and not name.replace(".", "").isdigit()
        and any(len(record) > place and record[place].strip() == name for record in others)
    ]
    is_prose = any(len(name.split()) >= WORDS_OF_PROSE for name in heading)
    return bool(recurring) or (is_prose and not known)


def _fitted(record: Sequence[str], width: int) -> list[str]:
    """A row without the empty cells that spreadsheets add at its end."""
    beyond = len(list(dropwhile(lambda cell: not cell.strip(), reversed(record[width:]))))
    return list(record[: width + beyond])
