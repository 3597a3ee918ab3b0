"""What makes a study's figures rough, as facts that the terminal and the report put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW = 20
"""With fewer replications P80 has no upper end (which takes 17), or rests on the last few projects."""
ENOUGH = 30
"""Replications to decide by: from here on the intervals hold about as often as they say."""


class Caution(TypedDict):
    """A reason for which figures are rough."""

    kind: Literal["few_replications"]
    replications: int
    """Of the scenario that has the fewest."""
    enough: int


def cautions(replications: Sequence[int]) -> list[Caution]:
    """The reasons, given how many replications each scenario has."""
    fewest = min(replications)
    if fewest >= FEW:
        return []
    return [{"kind": "few_replications", "replications": fewest, "enough": ENOUGH}]
