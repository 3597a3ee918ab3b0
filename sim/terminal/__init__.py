"""What a planner reads on the terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderResult


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: brackets and colons in a planner's names are no markup."""
    return Console(stderr=stderr, markup=False, emoji=False)


def table(title: str) -> Table:
    """An empty table with a title, as all of ours look."""
    return _WholeTable(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")


class _WholeTable(Table):
    """A table of which nothing is cut: where there is no room for it, each of its cells has a line."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = [*super().__rich_console__(console, options)]
        shown = _letters(part.text for part in drawn if isinstance(part, Segment))
        cells = (str(cell) for column in self.columns for cell in (column.header, *column.cells))
        if _letters(cells) <= shown:
            yield from drawn
            return
        yield Text(str(self.title or ""), style="bold")
        for row in zip(*(column.cells for column in self.columns), strict=True):
            yield Text()
            for column, cell in zip(self.columns, row, strict=True):
                if str(cell):
                    yield Text(f"{column.header}: {cell}" if column.header else str(cell))


def _letters(texts: Iterable[str]) -> Counter[str]:
    """How often each character stands in some texts, spaces aside."""
    return Counter(letter for text in texts for letter in text if not letter.isspace())
