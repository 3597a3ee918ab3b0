"""What stands between two labels in one cell, found out from the cells where the scenario does not say.

A character separates if what stands beside it comes back: alone in another cell, or with another neighbour. A
name that holds a comma, such as "crude, oil", has parts that are found in that name alone.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sim.corpus.table.spelling import cleaned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Verdict = Literal["separates", "part of a name", "unclear"]

IN_LISTS = frozenset("|;\t\n¦；｜")  # noqa: RUF001 - meant
"""Characters that stand in lists and hardly ever in names."""
IN_NAMES = frozenset(" -_.:&'’()[]{}\"?!>%\\→–—<=@$°")  # noqa: RUF001 - meant
"""Characters that stand in names and hardly ever in lists."""
SOME, MANY, MOST = 0.5, 0.7, 0.9
"""Shares of the parts of all cells that come back: some, so many that it is unclear, all but rare labels."""
FEWEST = 3
"""Different combinations that it takes to believe in a separator that is usual in names."""


@dataclass(frozen=True)
class Separation:
    """How a character parts the cells that hold it."""

    character: str
    verdict: Verdict
    rows: int
    """Cells that hold it between two parts."""
    labels: int
    """Different labels, if it separates."""


def examine(cells: Mapping[str, int], alone: Collection[str] = ()) -> list[Separation]:
    """Judge each character that may separate labels, given how often each cell occurs.

    ``alone`` are labels that are known to be such.
    """
    characters = dict.fromkeys(char for cell in cells for char in cell if _may_separate(char))
    found = (_examined(character, cells, alone) for character in characters)
    return [separation for separation in found if separation is not None]


def split(cell: str, separator: str) -> list[str]:
    """The labels of a cell, as they are compared."""
    return [part for part in map(cleaned, cell.split(separator)) if part]


def _may_separate(character: str) -> bool:
    return character in " \t\n" or unicodedata.category(character)[0] in "PS"


def _examined(character: str, cells: Mapping[str, int], alone: Collection[str]) -> Separation | None:
    parts = {cell: split(cell, character) for cell in cells}
    joined = {cell: of for cell, of in parts.items() if len(of) > 1}
    if not joined:
        return None
    single = {of[0] for of in parts.values() if len(of) == 1} | {*alone}
    combinations: dict[str, set[frozenset[str]]] = {}
    for of in joined.values():
        for part in of:
            combinations.setdefault(part, set()).add(frozenset(of))
    total = sum(cells[cell] * len(of) for cell, of in joined.items())

    def share(known: Collection[str]) -> float:
        return sum(cells[cell] * sum(part in known for part in of) for cell, of in joined.items()) / total

    recurring = single | {part for part, within in combinations.items() if len(within) > 1}
    later = {part for of in joined.values() for part in of[1:]}
    first = single | {of[0] for of in joined.values()}
    before: dict[str, set[str]] = {}
    for of in joined.values():
        for ahead, part in itertools.pairwise(of):
            before.setdefault(part, set()).add(ahead)
    facts = _Facts(
        recurring=share(recurring),
        alone=share(single),
        moves=bool(later & first),
        is_tree=all(len(ahead) == 1 for ahead in before.values()),
        combinations=len({frozenset(of) for of in joined.values()}),
        composed=sum(_is_composed(tuple(of), {*map(tuple, parts.values())}) for of in joined.values()),
    )
    rows = sum(cells[cell] for cell in joined)
    return Separation(character, _verdict(character, facts), rows, len(single | combinations.keys()))


@dataclass(frozen=True)
class _Facts:
    recurring: float
    """Share of the parts that come back."""
    alone: float
    """Share of the parts that are a whole cell elsewhere."""
    moves: bool
    """Whether some part stands behind another here, and first elsewhere."""
    is_tree: bool
    """Whether each part always stands behind the same one, as a kind behind what it is a kind of."""
    combinations: int
    composed: int
    """Cells that are other cells, one behind the other."""


def _is_composed(parts: tuple[str, ...], cells: Collection[tuple[str, ...]]) -> bool:
    """Whether parts are those of two or more cells."""
    ends = {0}
    for end in range(1, len(parts) + 1):
        if any(parts[begin:end] in cells and (begin, end) != (0, len(parts)) for begin in ends):
            ends.add(end)
    return len(parts) in ends


def _verdict(character: str, facts: _Facts) -> Verdict:
    if character in IN_NAMES:
        if facts.alone == 1 and facts.combinations >= FEWEST:
            return "separates"
        return "unclear" if facts.alone >= MANY or facts.composed > 1 else "part of a name"
    if character in IN_LISTS:
        return "separates" if facts.recurring >= SOME else "unclear"
    if facts.recurring >= MOST and facts.moves:
        return "separates"
    if not facts.moves and (facts.is_tree or facts.recurring < MANY):
        return "part of a name"
    return "unclear"
