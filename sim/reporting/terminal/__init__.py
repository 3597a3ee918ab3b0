"""What is printed: tables that are never cut, corpora, and what failed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sim.core.diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import ConsoleOptions, RenderResult

    from sim.corpus.documents import Corpus
    from sim.study.runner import CarriedOut


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


HEADINGS = ("to label", "test", "labels", "labels each", "words each", "fingerprint")
WIDEST = 10_000


def show_corpora(console: Console, corpora: Sequence[Corpus]) -> None:
    """Print what there is to know of each corpus, then what was decided in reading it, a line each.

    Nothing is cut, and a file is as wide as the table.
    """
    described = table("Documents")
    for heading in ("", *HEADINGS):
        described.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for corpus in corpora:
        described.add_row(printable(corpus.name), *_figures(corpus))
    if not console.is_terminal:
        whole = Measurement.get(console, console.options.update(max_width=WIDEST), described)
        console.width = max(console.width, whole.maximum)
    console.print(described, soft_wrap=True)
    for corpus in corpora:
        for sentence in (*corpus.decisions, *corpus.notes):
            console.print(printable(f"{corpus.name}: {sentence}"), soft_wrap=True)


def _figures(corpus: Corpus) -> list[str]:
    return [
        f"{len(corpus.pool):,}",
        f"{len(corpus.test):,}",
        str(len(corpus.label_names)),
        f"{corpus.pool.labels.sum(axis=1).mean():.3f}",
        f"{corpus.pool.words.mean():.0f}",
        corpus.fingerprint,
    ]


FAILURES_TOLD = 5
"""Failures that are told one by one."""


def show_failures(console: Console, done: CarriedOut, kept: Path) -> None:
    """Say which projects failed, how, and what became of the study."""
    for failed in done.failed[:FAILURES_TOLD]:
        last = failed.traceback.strip().rsplit("\n", 1)[-1]
        console.print(
            printable(f"{failed.scenario.name}, replication {failed.replication}: {last}"), highlight=False
        )
    if len(done.failed) > FAILURES_TOLD:
        console.print(f"and {len(done.failed) - FAILURES_TOLD:,} more", highlight=False)
    console.print(
        f"{len(done.failed):,} of {done.study.projects:,} projects failed, which is a defect of labelsim; "
        f"{printable(str(kept))} holds the tracebacks and the command that repeats them. "
        + ("" if done.finished else "No replication is whole, so there are no results."),
        highlight=False,
        soft_wrap=True,
    )
