"""Designs of experiments: what a sweep's ranges and values come to, set-up by set-up."""

from __future__ import annotations

import math
import re
from itertools import product
from typing import TYPE_CHECKING

from sim.core.diagnostics import Mistake, Place, UnreadableError, quoted, shortened
from sim.core.errors import PlannerMistakeError
from sim.loading.schema import EXTENDS, SWEEP
from sim.loading.validation_errors import takes_whole_numbers
from sim.loading.yaml import Entry, Mapping, Node, Scalar, Sequence, child, node_of, on_one_line, parse, plain
from sim.scenario.sweep import Range

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable

    import numpy as np

    from sim.scenario.sweep import Sweep


Shares = list[list[float]]
"""A row for each set-up, in it a number from 0 to 1 for each key."""


def latin_hypercube(points: int, keys: int, seed: int) -> Shares:
    """A row for each point; each key has one value in each of as many equal parts (McKay et al. 1979)."""
    from scipy.stats import qmc

    shares: Shares = qmc.LatinHypercube(keys, seed=_luck(seed)).random(points).tolist()
    return shares


def saltelli(points: int, keys: int, seed: int) -> Shares:
    """``points * (keys + 2)`` rows for first- and total-order Sobol indices (Saltelli et al. 2010).

    For each point of a scrambled Sobol sequence: a row A, for each key A with that key's number from B, and
    the row B.

    Raises:
        PlannerMistakeError: if SALib is not installed.
    """
    try:
        from SALib.sample import sobol
    except ImportError:
        raise PlannerMistakeError(
            "sweep.design: sobol needs SALib; pip install 'labelsim[sensitivity]', or write latin_hypercube"
        ) from None
    problem = {"num_vars": keys, "names": [*map(str, range(keys))], "bounds": [[0, 1]] * keys}
    shares: Shares = sobol.sample(problem, points, calc_second_order=False, seed=_luck(seed)).tolist()
    return shares


def _luck(seed: int) -> np.random.Generator:
    from sim.core.random import Streams

    return Streams(seed).rng("sweep")


SAMPLES: dict[str, Callable[[int, int, int], Shares]] = {
    "latin_hypercube": latin_hypercube,
    "sobol": saltelli,
}


MOST = 10_000
"""Set-ups that one study takes."""
OVER = (SWEEP, "over")
_WHOLE_NUMBERS = re.compile(r"(-?[0-9]{1,15})\.\.(-?[0-9]{1,15})")
_NOT_SWEPT = {
    "name": "each set-up is named after its values",
    "seed": "all set-ups of a sweep share one",
    EXTENDS: "only a file extends another",
    SWEEP: "no sweep has another inside",
}

SetUp = dict[str, Node]
"""Keys, with dots, and what is set there; elsewhere the file's own values hold."""


def together(sweep: Sweep, over: Mapping) -> list[SetUp]:
    """The set-ups of a grid, of which the last key changes fastest, or of zipped values.

    Args:
        sweep: what is swept, and how.
        over: where its keys and what they take are written.

    Raises:
        UnreadableError: if a key cannot be swept, or what it takes does not fit the design.
    """
    values = _listed(sweep, over)
    if sweep.design == "grid":
        _check_count(math.prod(map(len, values.values())), over)
        rows = list(product(*values.values()))
    else:
        rows = _zipped(values, over)
    return [dict(zip(values, row, strict=True)) for row in rows]


def one_at_a_time(sweep: Sweep, over: Mapping) -> list[SetUp]:
    """A set-up for each value of each key.

    Raises:
        UnreadableError: as `together` does.
    """
    values = _listed(sweep, over)
    _check_count(sum(map(len, values.values())), over)
    return [{key: value} for key, some in values.items() for value in some]


def sampled(sweep: Sweep, over: Mapping, root: Mapping, seed: int) -> list[SetUp]:
    """The set-ups of a sample, of which each value stands where its range is written.

    Args:
        sweep: what is swept, and how.
        over: where its keys and what they take are written.
        root: the scenario that is varied.
        seed: where its randomness comes from.

    Raises:
        UnreadableError: if a key cannot be swept, or has no range.
        PlannerMistakeError: if a package that the design needs is not installed.
    """
    _check_keys(over)
    ranges = {key: _range(sweep, over, key) for key in over.entries}
    whole = {key: takes_whole_numbers(key, root) for key in ranges}
    _check_count(sweep.points * (len(ranges) + 2 if sweep.design == "sobol" else 1), over)
    return [
        {
            key: Scalar(drawn.at(share, whole=whole[key]), over.entries[key].value.place)
            for (key, drawn), share in zip(ranges.items(), row, strict=True)
        }
        for row in SAMPLES[sweep.design](sweep.points, len(ranges), seed)
    ]


def _zipped(values: dict[str, list[Node]], over: Mapping) -> list[tuple[Node, ...]]:
    first, *others = values
    for key in others:
        if len(values[key]) != len(values[first]):
            raise UnreadableError(
                over.entries[key].value.place,
                f"has {len(values[key])} values, {first} has {len(values[first])}; zipped takes the first "
                "of each together, then the second: write as many",
                *(*OVER, key),
            )
    rows = list(zip(*values.values(), strict=True))
    _check_each_once([(", ".join(map(on_one_line, row)), row[-1].place) for row in rows])
    return rows


def _range(sweep: Sweep, over: Mapping, key: str) -> Range:
    drawn = sweep.over[key]
    if not isinstance(drawn, Range):
        message = f"{sweep.design} draws values; write between which, such as {{from: 50, to: 1000}}"
        raise UnreadableError(over.entries[key].value.place, message, *OVER, key)
    return drawn


def _listed(sweep: Sweep, over: Mapping) -> dict[str, list[Node]]:
    """The values that each key takes, with ``1..3`` written out; each stands where it is written."""
    _check_keys(over)
    values = {key: _values(sweep, key, entry.value) for key, entry in over.entries.items()}
    if sweep.design != "zipped":
        for key, some in values.items():
            _check_each_once([(on_one_line(value), value.place) for value in some], key)
    return values


def _values(sweep: Sweep, key: str, written: Node) -> list[Node]:
    if isinstance(sweep.over[key], Range):
        message = (
            f"{sweep.design} takes values in turn; write them, such as [50, 1000], or a design that draws "
            "them, latin_hypercube"
        )
        raise UnreadableError(written.place, message, *OVER, key)
    items = written.items if isinstance(written, Sequence) else [written]
    return [value for item in items for value in _written_out(item, key)]


def _written_out(item: Node, key: str) -> list[Node]:
    ends = _WHOLE_NUMBERS.fullmatch(on_one_line(item))
    if ends is None:
        return [item]
    low, high = int(ends[1]), int(ends[2])
    if low > high:
        raise UnreadableError(item.place, f"counts down; write {high}..{low}", *OVER, key)
    if high - low >= MOST:
        raise UnreadableError(item.place, f"is more than {MOST:,} values; leave some out", *OVER, key)
    return [Scalar(number, item.place) for number in range(low, high + 1)]


def _check_keys(over: Mapping) -> None:
    for key, entry in over.entries.items():
        names = key.split(".")
        if not all(names):
            message = "is no key; write one with its dots, such as team.0.count"
            raise UnreadableError(entry.key, message, *OVER, key)
        if names[0] in _NOT_SWEPT:
            message = f"takes no values in turn: {_NOT_SWEPT[names[0]]}"
            raise UnreadableError(entry.key, message, *OVER, key)


def _check_count(count: int, over: Mapping) -> None:
    if count > MOST:
        raise UnreadableError(over.place, f"{count:,} set-ups are more than {MOST:,}; leave some out", *OVER)


def _check_each_once(values: Iterable[tuple[str, Place]], *key: str) -> None:
    seen: set[str] = set()
    for text, place in values:
        if text in seen:
            raise UnreadableError(place, f"{quoted(text)} is written twice; keep one", *OVER, *key)
        seen.add(text)


def swept_over(root: Mapping, entries: abc.Sequence[str]) -> Mapping:
    """The tree with what options such as ``team.0.count=1..8`` sweep, by the file's design if it has one.

    Raises:
        UnreadableError: if an option cannot be read.
    """
    over: dict[str, Entry] = {}
    for entry in entries:
        place = Place(shortened(f"--over {entry}"))
        key, values = _key_and_values(entry, place)
        if key in over:
            raise UnreadableError(place, "is swept twice; give all its values at once", key)
        over[key] = Entry(place, values)
    first = next(iter(over.values())).key
    written = child(root, SWEEP)
    others = written.entries if isinstance(written, Mapping) else {}
    sweep = Mapping({**others, OVER[1]: Entry(first, Mapping(over, first))}, first)
    return Mapping({**root.entries, SWEEP: Entry(first, sweep)}, root.place)


def _key_and_values(entry: str, place: Place) -> tuple[str, Node]:
    """A key, and what it takes: values after commas, or one range."""
    key, _, written = entry.partition("=")
    values, mistakes = None, list[Mistake]()
    try:
        values = parse(f"[{written}]", place.origin, mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
    if not key.strip() or mistakes or not isinstance(values, Sequence) or not values.items:
        raise UnreadableError(
            place,
            "write a key and its values, such as trainer.duration='2 min,4 h' or team.0.count=1..8",
        )
    only = values.items[0] if len(values.items) == 1 else values
    is_range = isinstance(only, Mapping) and not only.entries.keys().isdisjoint(("from", "to"))
    return key.strip(), node_of(plain(only if is_range else values), place)
