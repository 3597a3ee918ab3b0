"""Delimited text files: encodings, delimiters, and headings."""

from __future__ import annotations

import codecs
import csv
import re
from contextlib import contextmanager
from io import StringIO
from itertools import dropwhile
from typing import TYPE_CHECKING

from sim.core.diagnostics import quote
from sim.corpus.table.sheet import Sheet, counted, mistake
from sim.corpus.table.spelling import is_known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path


MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MOST_FOREIGN = 0.2
"""Share of a Western text's letters that have accents; other alphabets, misread, have many more."""
IN_WORDS = "’‘–—…·´`«»“”°§&"  # noqa: RUF001 - meant
"""Signs that Western texts have between two letters; others there, capitals behind small letters, and three
letters with accents in a row tell of another encoding."""


def decode_text(path: Path, content: bytes) -> tuple[str, list[str]]:
    """Decode a text file as UTF-8, UTF-16 with a byte order mark, or plain Windows-1252; note which.

    Raises:
        PlannerMistakeError: naming the line that is in another encoding, or holds a NUL byte.
    """
    notes = []
    if encoding := next((name for mark, name in MARKS.items() if content.startswith(mark)), None):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise mistake(path, f"begins as UTF-16 and is not ({error.reason}); save it as UTF-8") from error
        notes.append(f"Read as UTF-16 ({counted(text.count(chr(10)), 'line')}).")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            western = _windows_1252(content)
            if western is None:
                byte = f"{content[error.start]:#x}"
                raise mistake(path, f"line {line}: is not UTF-8 (byte {byte}); save it as UTF-8") from error
            text = western
            lines = counted(sum(not line.isascii() for line in text.split("\n")), "line")
            notes.append(f"Read as Windows-1252, since it is not UTF-8 ({lines} with accents or signs).")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise mistake(path, f"line {line}: holds a NUL byte; save it as text, as UTF-8")
    return text, notes


def _windows_1252(content: bytes) -> str | None:
    """Decode a text file as Windows-1252 if it then reads as Western European; else return None."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = [char for char in text if char.isalpha()]
    foreign = sum(not char.isascii() for char in letters)
    odd = re.search(
        rf"[^\W\d_][^\w\s\x00-\x7f{IN_WORDS}][^\W\d_]|[a-z][À-ÞŠŽŒŸ]|[^\s\x00-\x7f{IN_WORDS}]{{3}}", text
    )
    return None if odd or foreign > MOST_FOREIGN * len(letters) else text


WORDS_OF_PROSE = 5
"""Minimum number of words of a cell that is a text and not a heading."""


def sheet_from_rows(
    path: Path, records: Sequence[Sequence[str]], numbers: Sequence[int], unit: str, wanted: Collection[str]
) -> Sheet:
    """Build a sheet from rows of which the first holds the headings, or else call columns 1, 2, ...

    ``wanted`` are names that the scenario gives columns: a row that holds one of them holds the headings.

    Raises:
        PlannerMistakeError: if more than one row in a hundred has not as many cells as there are headings.
    """
    title = int(_has_title(records, wanted))
    notes = [f"The title {quote(records[0][0])} above the headings is left out."] if title else []
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
    stripped = [_strip_end(record, len(header)) for record in records]
    ragged = [row for row, record in enumerate(stripped) if len(record) != len(header)]
    padded = [(record + [""] * len(header))[: len(header)] for record in stripped]
    cells: Sequence[Sequence[str]] = list(zip(*padded, strict=True)) or [[] for _ in header]
    sheet = Sheet(path, header, cells, unit, numbers, tuple(notes))
    if not ragged:
        return sheet
    problem = f"{len(records[ragged[0]])} cells, where the header has {len(header)}"
    remedy = "put cells that hold commas in quotes"
    if sheet.too_many(ragged):
        raise mistake(path, f"{sheet.where(ragged)}: {problem}; {remedy}")
    return sheet.drop_rows(dict.fromkeys(ragged, f"{problem}; {remedy}"))


def _has_title(records: Sequence[Sequence[str]], wanted: Collection[str]) -> bool:
    """Return whether a sheet's first row is a title: a single cell above headings of several columns."""
    if len(records) < 2:  # noqa: PLR2004 - a title, and headings
        return False
    title, heading = ([cell.strip() for cell in record if cell.strip()] for record in records[:2])
    return len(title) == 1 < len(heading) and not _is_data(records[1], records[2:], wanted)


def _is_data(heading: Sequence[str], records: Sequence[Sequence[str]], wanted: Collection[str]) -> bool:
    """Return whether a sheet's first row is data: it holds prose, or a word that recurs in its column."""
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


def _strip_end(record: Sequence[str], width: int) -> list[str]:
    """Strip the empty cells that spreadsheets add at the end of a row."""
    extra_cells = len(list(dropwhile(lambda cell: not cell.strip(), reversed(record[width:]))))
    return list(record[: width + extra_cells])


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
