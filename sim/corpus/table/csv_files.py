"""CSV and TSV files: delimiters and quotes."""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from sim.core.text import counted, quote
from sim.corpus.table.file_formats import decode_text
from sim.corpus.table.sheet import Sheet, mistake, sheet_from_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


DELIMITERS = ",;\t|"
ENOUGH = 20_000
"""Characters of a file from which its delimiter is guessed."""


class Csv:
    """Reader of CSV files: columns separated by commas or another delimiter (.csv)."""

    default_delimiter = ","

    def read(self, path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
        """Read rows of a CSV file; blank lines are skipped.

        Cells in quotes may hold delimiters, line ends and doubled quotes.

        Raises:
            PlannerMistakeError: if quotes do not match, or rows have unequal numbers of cells.
        """
        text, notes = decode_text(path, content)
        line = 1
        # A first line by which Excel is told the separator.
        if declared := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):
            delimiter, text, line = str(declared[1]), text[declared.end() :], 2
        else:
            delimiter = _guess_delimiter(text, self.default_delimiter)
        records, numbers = _parse_csv(path, text, delimiter, line)
        if not records:
            raise mistake(path, "is empty")
        sheet = sheet_from_rows(path, records, numbers, "line", wanted).with_notes(*notes)
        if delimiter != self.default_delimiter:
            sheet = sheet.with_notes(
                f"Columns are parted by {quote(delimiter)} ({counted(len(sheet), 'row')})."
            )
        return sheet


class Tsv(Csv):
    """Reader of TSV files: columns separated by tabs or another delimiter (.tsv)."""

    default_delimiter = "\t"


def _guess_delimiter(text: str, default_delimiter: str) -> str:
    """Guess the delimiter from the first line; of several, take one equally frequent in all lines."""
    # Without the last line, which may be cut in two.
    head = text if len(text) < ENOUGH else text[:ENOUGH].rpartition("\n")[0]
    lines = [_remove_quoted(line) for line in head.splitlines() if line.strip()]
    # The delimiter of the file's ending comes first, and wins among equals.
    candidates = [one for one in dict.fromkeys(default_delimiter + DELIMITERS) if lines and one in lines[0]]
    consistent = [one for one in candidates if len({line.count(one) for line in lines}) == 1]
    return next(iter([*consistent, *candidates, default_delimiter]))


def _remove_quoted(line: str) -> str:
    """Remove the quoted parts of a line of CSV."""
    return re.sub(r'"[^"]*"', "", line)


def _parse_csv(path: Path, text: str, delimiter: str, line: int) -> tuple[list[list[str]], list[int]]:
    """Parse the rows of a CSV file, and return the line at which each begins."""
    records, begins, first = [], [], line
    with _unlimited_cells(len(text)):
        reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
        try:
            for record in reader:
                if record:
                    records.append(record)
                    begins.append(line)
                # A record may span several lines; the next one begins after the last line read.
                line = reader.line_num + first
        except csv.Error as error:
            # Many programs write TSV without quoting, where a quote is a quote.
            if delimiter == "\t" and (rows := _parse_unquoted_tsv(text, first)):
                return rows
            raise mistake(
                path,
                f"line {line}: its quotes do not match ({error}); a cell in quotes writes a quote as two",
            ) from error
    return records, begins


def _parse_unquoted_tsv(text: str, first: int) -> tuple[list[list[str]], list[int]] | None:
    """Parse a TSV file whose quotes mean nothing; None unless all rows then have equally many cells."""
    lines = [
        (number, line.split("\t")) for number, line in enumerate(text.splitlines(), first) if line.strip()
    ]
    if len({len(cells) for _, cells in lines}) != 1:
        return None
    return [cells for _, cells in lines], [number for number, _ in lines]


@contextmanager
def _unlimited_cells(longest: int) -> Iterator[None]:
    """Lift the csv module's limit of 128 KiB per cell, which a document may well exceed."""
    limit = csv.field_size_limit(max(longest, 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)
