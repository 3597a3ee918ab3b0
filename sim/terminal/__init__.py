"""What a planner reads on the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: brackets and colons in a planner's names are no markup."""
    return Console(stderr=stderr, markup=False, emoji=False)


def table(title: str) -> Table:
    """An empty table with a title, as all of ours look."""
    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
