"""A table as its file holds it: named columns of cells, before anything is understood of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from sim.core.diagnostics import did_you_mean, quote, shortened
from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

MOST_NAMED = 5
MOST_UNREADABLE = 0.01
"""Share of rows that may be left out since something in them cannot be read; of more the file is refused."""


@dataclass(frozen=True)
class Sheet:
    """Named columns of equally many cells."""

    path: Path
    header: Sequence[str]
    cells: Sequence[Sequence[object]]
    """Column by column, as ``header`` names them."""
    unit: str
    """What rows are counted in: lines or rows."""
    numbers: Sequence[int]
    """The line or row at which each begins."""
    notes: tuple[str, ...] = ()
    """What was decided while reading, a sentence each."""

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Sequence[object]:
        """The cells below a heading."""
        return self.cells[self.header.index(name)]

    def check(self, name: str, key: str) -> None:
        """Refuse a name that is no column, or two.

        Raises:
            PlannerMistakeError: naming ``key``, the scenario's key that names the column.
        """
        if self.header.count(name) > 1:
            raise self.mistake(f"has {self.header.count(name)} columns {quote(name)}; rename all but one")
        if name not in self.header:
            near = did_you_mean(name, self.header)
            guess = f"did you mean {quote(near)}? It has" if near else "it has"
            listed = shortened(", ".join(self.header))
            raise self.mistake(f"has no column {quote(name)} ({key}); {guess}: {listed}")

    def only(self, kept: Sequence[bool], *notes: str) -> Sheet:
        """The rows that are kept, and why the others are not."""
        return replace(
            self,
            cells=[list(compress(column, kept)) for column in self.cells],
            numbers=list(compress(self.numbers, kept)),
            notes=(*self.notes, *notes),
        )

    def noting(self, *notes: str) -> Sheet:
        """The same with more said about it."""
        return replace(self, notes=(*self.notes, *notes))

    def where(self, rows: Sequence[int]) -> str:
        """Where rows stand: ``line 3``, or ``lines 3, 9, 12, 15, 18, ... (7 in all)``."""
        first = ", ".join(str(self.numbers[row]) for row in rows[:MOST_NAMED])
        more = f", ... ({len(rows)} in all)" if len(rows) > MOST_NAMED else ""
        return f"{self.unit}{'s' if len(rows) > 1 else ''} {first}{more}"

    def mistake(self, message: str) -> PlannerMistakeError:
        """What is wrong with the file."""
        return mistake(self.path, message)

    def without_unreadable(self, checks: Mapping[str, Callable[[object], object]]) -> Sheet:
        """The rows in which columns pass their checks, which raise ValueError with what is wrong with a cell.

        Raises:
            PlannerMistakeError: if more than one row in a hundred fails.
        """
        wrong: dict[int, str] = {}
        for name, check in checks.items():
            for row, cell in enumerate(self.column(name)):
                try:
                    check(cell)
                except ValueError as error:
                    wrong.setdefault(row, f"column {quote(name)} {error}")
        return self.without(wrong)

    def too_many(self, rows: Collection[int]) -> bool:
        """Whether more rows cannot be read than may be left out."""
        return len(rows) > MOST_UNREADABLE * len(self)

    def without(self, wrong: Mapping[int, str]) -> Sheet:
        """The rows without some that cannot be read, by row what is wrong with each.

        Raises:
            PlannerMistakeError: if those are more than one row in a hundred.
        """
        if not wrong:
            return self
        first = min(wrong)
        if self.too_many(wrong):
            raise self.mistake(f"{self.where([first])}: {wrong[first]}")
        kept = [row not in wrong for row in range(len(self))]
        said = f"{counted(len(wrong), 'row')} that cannot be read {are(len(wrong))} left out"
        return self.only(kept, f"{said} ({self.where(sorted(wrong))}: {shortened(wrong[first])}).")


def mistake(path: Path, message: str) -> PlannerMistakeError:
    """What is wrong with a file."""
    return PlannerMistakeError(f"{path}: {message}")


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing: no value, no number, or white space alone."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def counted(count: int, what: str) -> str:
    """A count and what it is of.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """The verb that goes with a count."""
    return "is" if count == 1 else "are"


def verb(count: int, word: str) -> str:
    """A verb in the form that goes with a count.

    >>> verb(1, "come"), verb(2, "come")
    ('comes', 'come')
    """
    return f"{word}s" if count == 1 else word


def named(names: Sequence[str]) -> str:
    """Names in quotes, of many the first few.

    >>> named(["a", "b"]), named(list("abcdefgh"))
    ("'a', 'b'", "'a', 'b', 'c', 'd', 'e' and 3 more")
    """
    rest = len(names) - MOST_NAMED
    return ", ".join(map(quote, names[:MOST_NAMED])) + (f" and {rest} more" if rest > 0 else "")
