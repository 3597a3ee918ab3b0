"""Sheet: a table as read from its file, with named columns of uninterpreted cells, and its headings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress, dropwhile
from typing import TYPE_CHECKING

from sim.core.errors import PlannerMistakeError
from sim.core.text import are, counted, did_you_mean, quote, shorten
from sim.corpus.table.headings_and_label_spelling import is_known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

MOST_NAMED = 5
MOST_UNREADABLE = 0.01
"""Maximum share of unreadable rows, which are left out; a file with more of them is refused."""


class NothingLabelledError(PlannerMistakeError):
    """Mistake of a table in which no document has a label."""


@dataclass(frozen=True)
class Sheet:
    """Table as read from a file: named columns of equally many cells."""

    path: Path
    header: Sequence[str]
    cells: Sequence[Sequence[object]]
    """Column by column, as ``header`` names them."""
    unit: str
    """Unit in which rows are counted: lines or rows."""
    numbers: Sequence[int]
    """The line or row at which each begins."""
    notes: tuple[str, ...] = ()
    """Decisions made while reading, a sentence each."""

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Sequence[object]:
        """Return the cells of a sheet's column."""
        return self.cells[self.header.index(name)]

    def check(self, name: str, key: str) -> None:
        """Check that a name is that of exactly one column of the sheet.

        Raises:
            PlannerMistakeError: naming ``key``, the scenario's key that names the column.
        """
        if self.header.count(name) > 1:
            raise self.mistake(f"has {self.header.count(name)} columns {quote(name)}; rename all but one")
        if name not in self.header:
            raise self.mistake(self.without_column(name, key))

    def without_column(self, name: str, key: str) -> str:
        """Describe that the sheet lacks a column, which the scenario's key names, and which ones it has."""
        nearest = did_you_mean(name, self.header)
        guess = f"did you mean {quote(nearest)}? It has" if nearest else "it has"
        return f"has no column {quote(name)} ({key}); {guess}: {shorten(', '.join(self.header))}"

    def keep_rows(self, kept: Sequence[bool], *notes: str) -> Sheet:
        """Return a sheet with only the flagged rows, and notes on the others."""
        return replace(
            self,
            cells=[list(compress(column, kept)) for column in self.cells],
            numbers=list(compress(self.numbers, kept)),
            notes=(*self.notes, *notes),
        )

    def with_notes(self, *notes: str) -> Sheet:
        """Return the sheet with additional notes."""
        return replace(self, notes=(*self.notes, *notes))

    def where(self, rows: Sequence[int]) -> str:
        """Describe the place of a sheet's rows: ``line 3``, or ``lines 3, 9, 12, 15, 18, ... (7 in all)``."""
        first = ", ".join(str(self.numbers[row]) for row in rows[:MOST_NAMED])
        more = f", ... ({len(rows)} in all)" if len(rows) > MOST_NAMED else ""
        return f"{self.unit}{'s' if len(rows) > 1 else ''} {first}{more}"

    def mistake(
        self, message: str, kind: type[PlannerMistakeError] = PlannerMistakeError
    ) -> PlannerMistakeError:
        """Build the error for a mistake in the sheet's file."""
        return kind(str(mistake(self.path, message)))

    def drop_unreadable(self, checks: Mapping[str, Callable[[object], object]]) -> Sheet:
        """Drop the sheet's rows with a cell that fails its column's check.

        Raises:
            PlannerMistakeError: if more than one row in a hundred fails.
        """
        # Collected rather than raised: a few bad rows of many are left out with a
        # note, more of them refuse the file.
        problems: dict[int, str] = {}
        for name, check in checks.items():
            for row, cell in enumerate(self.column(name)):
                try:
                    check(cell)
                except ValueError as error:
                    problems.setdefault(row, f"column {quote(name)} {error}")
        return self.drop_rows(problems)

    def too_many(self, rows: Collection[int]) -> bool:
        """Return whether the sheet has more unreadable rows than may be left out."""
        return len(rows) > MOST_UNREADABLE * len(self)

    def drop_rows(self, problems: Mapping[int, str]) -> Sheet:
        """Drop unreadable rows of the sheet, given by row number with the problem of each.

        Raises:
            PlannerMistakeError: if those are more than one row in a hundred.
        """
        if not problems:
            return self
        first = min(problems)
        if self.too_many(problems):
            raise self.mistake(f"{self.where([first])}: {problems[first]}")
        kept = [row not in problems for row in range(len(self))]
        note = f"{counted(len(problems), 'row')} that cannot be read {are(len(problems))} left out"
        return self.keep_rows(kept, f"{note} ({self.where(sorted(problems))}: {shorten(problems[first])}).")


def mistake(path: Path, message: str) -> PlannerMistakeError:
    """Build the error for a mistake in a table's file."""
    return PlannerMistakeError(f"{path}: {message}")


def named(names: Sequence[str]) -> str:
    """Quote names for a note on a table, at most the first few.

    >>> named(["a", "b"]), named(list("abcdefgh"))
    ("'a', 'b'", "'a', 'b', 'c', 'd', 'e' and 3 more")
    """
    rest = len(names) - MOST_NAMED
    return ", ".join(map(quote, names[:MOST_NAMED])) + (f" and {rest} more" if rest > 0 else "")


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
