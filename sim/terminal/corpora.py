"""What there is to know of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.mistakes import printable
from sim.terminal import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sim.corpus.corpus import Corpus


def show_corpora(console: Console, corpora: Sequence[Corpus]) -> None:
    """Print what there is to know of each corpus."""
    described = table("Documents")
    for heading in ("", "to label", "test", "labels", "labels each", "words each", "fingerprint"):
        described.add_column(heading, justify="right" if heading else "left")
    for corpus in corpora:
        described.add_row(
            printable(corpus.name),
            f"{len(corpus.pool):,}",
            f"{len(corpus.test):,}",
            str(len(corpus.label_names)),
            f"{corpus.pool.labels.sum(axis=1).mean():.3f}",
            f"{corpus.pool.words.mean():.0f}",
            corpus.fingerprint,
        )
    console.print(described)
    for corpus in corpora:
        for note in corpus.notes:
            console.print(printable(f"{corpus.name}: {note}"))
