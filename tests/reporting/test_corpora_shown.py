"""What `simulate corpora` prints: every figure whole, and a line for each decision, however narrow it is."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from sim.reporting.terminal import show_corpora
from support.corpora import tiny_corpus

LONG = "1,234 rows of annotators with long names are 617 documents, by column 'the identity of each ticket'."
CORPUS = replace(tiny_corpus(1_200), decisions=[LONG], notes=["2 texts come with different labels."])


def shown(width: int, *, terminal: bool) -> list[str]:
    out = StringIO()
    show_corpora(Console(file=out, width=width, force_terminal=terminal, color_system=None), [CORPUS])
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [1, 20, 30, 60, 80, 300])
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_is_cut_at_any_width(width: int, terminal: bool) -> None:  # noqa: FBT001 - a parameter
    lines = shown(width, terminal=terminal)

    for figure in ("1,200", "600", "3", CORPUS.fingerprint):
        assert any(figure in line for line in lines)
    assert lines[-2:] == [f"tiny: {LONG}", "tiny: 2 texts come with different labels."]


def test_a_file_holds_the_table_whatever_the_terminal() -> None:
    assert any("1,200" in line and CORPUS.fingerprint in line for line in shown(30, terminal=False))
    assert not any("1,200" in line and CORPUS.fingerprint in line for line in shown(30, terminal=True))
