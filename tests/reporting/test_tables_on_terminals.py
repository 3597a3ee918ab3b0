"""Tables on terminals of any width: nothing in them is ever cut."""

from __future__ import annotations

from io import StringIO

from hypothesis import given
from hypothesis import strategies as some
from rich.console import Console

from sim.reporting.terminal import new_table

HEADINGS = ("", "mean curve", "P50", "P80, on")
ROWS = (
    ("wall time", "1,344.0 h", "1,352.5 h", "Wed 1 Apr 2026"),
    ("annotations per document", "", "1.16", "12,345,678"),
    ("a name that was shortened…", "0.0", "0.1", "-"),
)


def shown(width: int) -> str:
    console = Console(file=StringIO(), width=width, markup=False, emoji=False)
    found = new_table("Support tickets")
    for heading in HEADINGS:
        found.add_column(heading)
    for row in ROWS:
        found.add_row(*row)
    console.print(found)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@given(some.integers(14, 140))
def test_every_word_is_there_whole_at_any_width(width: int) -> None:
    words = shown(width).replace(":", "").split()
    for text in (*HEADINGS, *(cell for row in ROWS for cell in row)):
        for word in text.split():
            assert word in words


def test_where_there_is_no_room_for_the_table_each_cell_has_a_line() -> None:
    lines = [line.rstrip() for line in shown(30).splitlines()]
    assert lines[:6] == [
        "Support tickets",
        "",
        "wall time",
        "mean curve: 1,344.0 h",
        "P50: 1,352.5 h",
        "P80, on: Wed 1 Apr 2026",
    ]
    assert "mean curve: " not in lines[7:10]
