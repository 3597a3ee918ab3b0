"""What there is to know of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.measure import Measurement

from sim.scenario.mistakes import printable
from sim.terminal import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sim.corpus.corpus import Corpus

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
