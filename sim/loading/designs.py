"""Designs of experiments: what a sweep's ranges and values come to, set-up by set-up."""

from __future__ import annotations

import math
import re
from itertools import product
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import Mistake, Place, UnreadableError, quoted, shortened
from sim.core.errors import PlannerMistakeError
from sim.loading.schema import EXTENDS, SWEEP
from sim.loading.validation_errors import takes_whole_numbers
from sim.loading.yaml import Spot, Written, found, on_one_line, parse, paths
from sim.scenario.sweep import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np

    from sim.loading.yaml import Path
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

SetUp = dict[str, Written]
"""Keys, with dots, and what is set there; elsewhere the file's own values hold."""


def together(sweep: Sweep, written: Written) -> list[SetUp]:
    """The set-ups of a grid, of which the last key changes fastest, or of zipped values.

    Args:
        sweep: what is swept, and how.
        written: the scenario that is varied, and its sweep.

    Raises:
        UnreadableError: if a key cannot be swept, or what it takes does not fit the design.
    """
    values = _listed(sweep, written)
    if sweep.design == "grid":
        _check_count(math.prod(map(len, values.values())), written)
        rows = list(product(*values.values()))
    else:
        rows = _zipped(values, written)
    return [dict(zip(values, row, strict=True)) for row in rows]


def one_at_a_time(sweep: Sweep, written: Written) -> list[SetUp]:
    """A set-up for each value of each key.

    Raises:
        UnreadableError: as `together` does.
    """
    values = _listed(sweep, written)
    _check_count(sum(map(len, values.values())), written)
    return [{key: value} for key, some in values.items() for value in some]


def sampled(sweep: Sweep, written: Written, seed: int) -> list[SetUp]:
    """The set-ups of a sample, of which each value stands where its range is written.

    Args:
        sweep: what is swept, and how.
        written: the scenario that is varied, and its sweep.
        seed: where its randomness comes from.

    Raises:
        UnreadableError: if a key cannot be swept, or has no range.
        PlannerMistakeError: if a package that the design needs is not installed.
    """
    _check_keys(written)
    ranges = {key: _range(sweep, written, key) for key in sweep.over}
    whole = {key: takes_whole_numbers(key, written) for key in ranges}
    _check_count(sweep.points * (len(ranges) + 2 if sweep.design == "sobol" else 1), written)
    return [
        {
            key: Written.all_at(drawn.at(share, whole=whole[key]), written.place(*OVER, key))
            for (key, drawn), share in zip(ranges.items(), row, strict=True)
        }
        for row in SAMPLES[sweep.design](sweep.points, len(ranges), seed)
    ]


def _zipped(values: dict[str, list[Written]], written: Written) -> list[tuple[Written, ...]]:
    first, *others = values
    for key in others:
        if len(values[key]) != len(values[first]):
            raise UnreadableError(
                written.place(*OVER, key),
                f"has {len(values[key])} values, {first} has {len(values[first])}; zipped takes the first "
                "of each together, then the second: write as many",
                *(*OVER, key),
            )
    rows = list(zip(*values.values(), strict=True))
    _check_each_once(rows)
    return rows


def _range(sweep: Sweep, written: Written, key: str) -> Range:
    drawn = sweep.over[key]
    if not isinstance(drawn, Range):
        message = f"{sweep.design} draws values; write between which, such as {{from: 50, to: 1000}}"
        raise UnreadableError(written.place(*OVER, key), message, *OVER, key)
    return drawn


def _listed(sweep: Sweep, written: Written) -> dict[str, list[Written]]:
    """The values that each key takes, with ``1..3`` written out; each stands where it is written."""
    _check_keys(written)
    values = {key: _values(sweep, key, written) for key in sweep.over}
    if sweep.design != "zipped":
        for key, some in values.items():
            _check_each_once([(value,) for value in some], key)
    return values


def _values(sweep: Sweep, key: str, written: Written) -> list[Written]:
    path = (*OVER, key)
    if isinstance(sweep.over[key], Range):
        message = (
            f"{sweep.design} takes values in turn; write them, such as [50, 1000], or a design that draws "
            "them, latin_hypercube"
        )
        raise UnreadableError(written.place(*path), message, *path)
    values = found(written.data, path)
    places = [(*path, number) for number in range(len(values))] if isinstance(values, list) else [path]
    return [value for place in places for value in _written_out(written.at(*place), path)]


def _written_out(item: Written, path: tuple[str, ...]) -> list[Written]:
    ends = _WHOLE_NUMBERS.fullmatch(on_one_line(item.data))
    if ends is None:
        return [item]
    low, high = int(ends[1]), int(ends[2])
    if low > high:
        raise UnreadableError(item.place(), f"counts down; write {high}..{low}", *path)
    if high - low >= MOST:
        raise UnreadableError(item.place(), f"is more than {MOST:,} values; leave some out", *path)
    return [Written(number, item.places) for number in range(low, high + 1)]


def _check_keys(written: Written) -> None:
    for key in found(written.data, OVER):
        names = key.split(".")
        problem = None if all(names) else "is no key; write one with its dots, such as team.0.count"
        if names[0] in _NOT_SWEPT:
            problem = f"takes no values in turn: {_NOT_SWEPT[names[0]]}"
        if problem is not None:
            raise UnreadableError(written.spot(*OVER, key).key, problem, *OVER, key)


def _check_count(count: int, written: Written) -> None:
    if count > MOST:
        message = f"{count:,} set-ups are more than {MOST:,}; leave some out"
        raise UnreadableError(written.place(*OVER), message, *OVER)


def _check_each_once(rows: Iterable[tuple[Written, ...]], *key: str) -> None:
    seen: set[str] = set()
    for row in rows:
        text = ", ".join(on_one_line(value.data) for value in row)
        if text in seen:
            raise UnreadableError(row[-1].place(), f"{quoted(text)} is written twice; keep one", *OVER, *key)
        seen.add(text)


def swept_over(written: Written, entries: Sequence[str]) -> Written:
    """What is written, with what options such as ``team.0.count=1..8`` sweep, by the file's design if any.

    Raises:
        UnreadableError: if an option cannot be read.
    """
    over: dict[str, Any] = {}
    places: dict[Path, Spot] = {}
    for entry in entries:
        place = Place(shortened(f"--over {entry}"))
        key, values = _key_and_values(entry, place)
        if key in over:
            raise UnreadableError(place, "is swept twice; give all its values at once", key)
        over[key] = values
        for inner in paths(values):
            places[(*OVER, key, *inner)] = Spot(place, place)
    places |= dict.fromkeys((OVER, OVER[:1]), next(iter(places.values())))
    sweep = written.data.get(SWEEP)
    sweep = {**(sweep if isinstance(sweep, dict) else {}), OVER[1]: over}
    return Written({**written.data, SWEEP: sweep}, written.places | places)


def _key_and_values(entry: str, place: Place) -> tuple[str, Any]:
    """A key, and what it takes: values after commas, or one range."""
    key, _, text = entry.partition("=")
    values, mistakes = None, list[Mistake]()
    try:
        written = parse(f"[{text}]", place.origin, mistakes)
        values = None if written is None else written.data
    except UnreadableError as error:
        mistakes.append(error.mistake)
    if not key.strip() or mistakes or not isinstance(values, list) or not values:
        raise UnreadableError(
            place,
            "write a key and its values, such as trainer.duration='2 min,4 h' or team.0.count=1..8",
        )
    is_range = len(values) == 1 and isinstance(values[0], dict) and not {"from", "to"}.isdisjoint(values[0])
    return key.strip(), values[0] if is_range else values
