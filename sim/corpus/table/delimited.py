"""Reading CSV and TSV: which characters are in the file, and what parts its columns."""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from sim.corpus.table.encodings import decoded
from sim.corpus.table.grid import sheet_of
from sim.corpus.table.sheet import Sheet, counted, mistake
from sim.scenario.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

DELIMITERS = ",;\t|"
ENOUGH = 20_000
"""Characters that tell what parts columns."""


def read_csv(path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
    """Read columns between commas, or between what else plainly parts them; blank lines are skipped.

    Cells in quotes may hold delimiters, line ends and doubled quotes.

    Raises:
        PlannerMistakeError: if quotes do not match, or rows have unequal numbers of cells.
    """
    return _read(path, content, wanted, ",")


def read_tsv(path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
    """Read columns between tabs, or between what else plainly parts them.

    Raises:
        PlannerMistakeError: if quotes do not match, or rows have unequal numbers of cells.
    """
    return _read(path, content, wanted, "\t")


def _read(path: Path, content: bytes, wanted: Collection[str], usual: str) -> Sheet:
    text, notes = decoded(path, content)
    begin = 1
    if declared := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
        delimiter, text, begin = str(declared[1]), text[declared.end() :], 2
    else:
        delimiter = _delimiter(text, usual)
    records, numbers = _parsed(path, text, delimiter, begin)
    if not records:
        raise mistake(path, "is empty")
    sheet = sheet_of(path, records, numbers, "line", wanted).noting(*notes)
    if delimiter != usual:
        sheet = sheet.noting(f"Columns are parted by {quoted(delimiter)} ({counted(len(sheet), 'row')}).")
    return sheet


def _delimiter(text: str, usual: str) -> str:
    """What parts the cells of the first line: of several characters the one that all lines have equally."""
    head = text if len(text) < ENOUGH else text[:ENOUGH].rpartition("\n")[0]
    lines = [_unquoted(line) for line in head.splitlines() if line.strip()]
    present = [one for one in dict.fromkeys(usual + DELIMITERS) if lines and one in lines[0]]
    steady = [one for one in present if len({line.count(one) for line in lines}) == 1]
    return next(iter([*steady, *present, usual]))


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _parsed(path: Path, text: str, delimiter: str, begin: int) -> tuple[list[list[str]], list[int]]:
    records, begins, first = [], [], begin
    with _cells_of_any_length(len(text)):
        reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
        try:
            for record in reader:
                if record:
                    records.append(record)
                    begins.append(begin)
                begin = reader.line_num + first
        except csv.Error as error:
            if delimiter == "\t" and (unquoted := _without_quotes(text, first)):
                return unquoted
            raise mistake(
                path,
                f"line {begin}: its quotes do not match ({error}); a cell in quotes writes a quote as two",
            ) from error
    return records, begins


def _without_quotes(text: str, first: int) -> tuple[list[list[str]], list[int]] | None:
    """Rows of a file in which quotes mean nothing, if all have equally many cells then."""
    lines = [
        (number, line.split("\t")) for number, line in enumerate(text.splitlines(), first) if line.strip()
    ]
    if len({len(cells) for _, cells in lines}) != 1:
        return None
    return [cells for _, cells in lines], [number for number, _ in lines]


@contextmanager
def _cells_of_any_length(longest: int) -> Iterator[None]:
    """The csv module refuses cells of more than 128 KiB, which a document may well have."""
    limit = csv.field_size_limit(max(longest, 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)
