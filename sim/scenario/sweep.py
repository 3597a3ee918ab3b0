"""A grid: one scenario for each combination of some keys' values."""

from __future__ import annotations

import json
import math
import re
from itertools import product
from typing import TYPE_CHECKING

from sim.errors import PlannerMistakeError
from sim.scenario.mistakes import shortened
from sim.scenario.reading import read_variants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.scenario.models import Scenario

MOST = 10_000
"""Combinations that one study takes."""
LONGEST_NAME = 100
RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
OUTSIDE_BRACKETS = re.compile(r",(?![^\[{(]*[\]})])")


def sweep(path: Path, over: Sequence[str], overrides: Sequence[str] = ()) -> list[Scenario]:
    """The scenario in a file with every combination of values, the last key's changing fastest.

    ``over`` holds entries such as ``trainer.duration=2 min,4 h`` or ``team.0.count=1..8``; ``overrides`` are
    those of `read_scenario`, and hold for all. Each scenario is named after its values.

    Raises:
        PlannerMistakeError: if an entry cannot be read, or anything is wrong in any of the scenarios.
    """
    axes = [_axis(entry) for entry in over]
    count = math.prod(len(values) for _, values in axes)
    if count > MOST:
        raise PlannerMistakeError(f"--over: {count:,} combinations are more than {MOST:,}; leave some out")
    keyed = ([f"{key}={value}" for value in values] for key, values in axes)
    return read_variants(
        path,
        (
            [*overrides, *chosen, f"name={json.dumps(_name(chosen, number))}"]
            for number, chosen in enumerate(product(*keyed), start=1)
        ),
    )


def _axis(entry: str) -> tuple[str, list[str]]:
    """A key and its values: after commas that no bracket encloses, and whole numbers from ``1..8``."""
    key, _, written = entry.partition("=")
    values: list[str] = []
    for part in OUTSIDE_BRACKETS.split(written):
        bounds = RANGE.fullmatch(part.strip())
        if bounds:
            values += map(str, range(int(bounds[1]), int(bounds[2]) + 1))
        else:
            values.append(part.strip())
    if not key.strip() or not all(values) or not values:
        raise PlannerMistakeError(
            f"--over {shortened(entry)}: write a key and its values, such as trainer.duration='2 min,4 h' "
            "or team.0.count=1..8"
        )
    return key.strip(), values


def _name(chosen: Sequence[str], number: int) -> str:
    """What tells a combination apart: its values, as far as a name has room for them."""
    whole = ", ".join(chosen)
    return whole if len(whole) <= LONGEST_NAME else f"{number}: {whole[: LONGEST_NAME - 10]}…"
