"""A sweep: one scenario for each set-up that a file's `sweep:` or the command line asks for."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from sim.core.diagnostics import Diagnostic, Place, UnreadableError, escape_control, quote, shortened
from sim.core.durations import MS_PER_HOUR, parse_ms
from sim.core.errors import PlannerMistakeError
from sim.loading.load import read_each, read_file, scenario_in, sweep_in
from sim.loading.merge import apply_overrides, with_values
from sim.loading.portfolio import portfolio_in
from sim.loading.schema import EXTENDS, PORTFOLIO, SWEEP
from sim.loading.validation_errors import takes_whole_numbers
from sim.loading.yaml import Written, found, on_one_line, parse, written_part
from sim.scenario.models import Scenario
from sim.scenario.portfolio import PlannedArm
from sim.scenario.quantities import parse_amount, parse_share
from sim.scenario.sweep import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np

    from sim.scenario.sweep import Design, Sweep

LONGEST_NAME = 100
AS_IN_THE_FILE = "as in the file"
"""The file's own value of a key that stands below a word: the threshold where no suggestions are made."""


class SweptKeys(TypedDict):
    """What a sweep varies, as files keep it; ``values`` and ``numbers`` have a row for each scenario."""

    design: Design
    keys: list[str]
    """What is swept, with dots."""
    values: list[list[str]]
    """In each row, what each key is, as it is written."""
    numbers: list[list[float | None]]
    """The same as numbers, durations in hours; None where it is none."""


@dataclass(frozen=True)
class Swept:
    """What comes of a sweep: its set-ups, the first of which is the baseline, and what they vary."""

    scenarios: list[Scenario]
    keys: SweptKeys


Described = Swept | Scenario | PlannedArm
"""What a file describes."""


def read_sweep(path: Path, over: Sequence[str] = (), overrides: Sequence[str] = ()) -> Swept:
    """Read the sweep of a scenario file with all its set-ups; ``over`` replaces its keys and values.

    The baseline of a grid and of zipped values is their first set-up. For all other designs it is the
    scenario without its sweep; in a sample it is added to the points.

    Args:
        path: a YAML file.
        over: such as ``trainer.duration=2 min,4 h``, ``team.0.count=1..8`` or, for a sample,
            ``labelling.batch={from: 50, to: 1000}``.
        overrides: as for `read_scenario`; they apply to all set-ups.

    Raises:
        PlannerMistakeError: if anything is wrong in any of the set-ups, or nothing is swept.
    """
    (described,) = read_files([path], overrides, over)
    if not isinstance(described, Swept):
        message = "nothing to sweep: add a `sweep:` section or pass --over KEY=VALUES"
        if isinstance(described, PlannedArm):
            message = "is a portfolio, which is not swept; sweep one of its projects' files"
        raise PlannerMistakeError(f"{escape_control(str(path))}: {message}")
    return described


def read_files(
    files: Sequence[Path], overrides: Sequence[str] = (), over: Sequence[str] = ()
) -> list[Described]:
    """Read YAML files, each a scenario, a sweep with all its set-ups or a portfolio with its projects.

    Overrides that begin with ``portfolio.`` apply to portfolios, all others to all scenarios.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text lists all mistakes of all files.
    """
    shared = [option for option in overrides if option.startswith(f"{PORTFOLIO}.")]
    every = [option for option in overrides if option not in shared]

    def read(path: Path, mistakes: list[Diagnostic]) -> Described | None:
        written = read_file(path, (), mistakes)
        if written is None:
            return None
        if PORTFOLIO in written.data:
            return portfolio_in(apply_overrides(written, shared, mistakes), path, every, mistakes)
        return _described(apply_overrides(written, every, mistakes), over, mistakes)

    described: list[Described] = read_each(files, read)
    if shared and not any(isinstance(one, PlannedArm) for one in described):
        raise PlannerMistakeError(
            f"--set {escape_control(shared[0])}: no file here is a portfolio; leave it out"
        )
    return described


def read_keys(keys: Mapping[str, Any]) -> Described:
    """Read a scenario, sweep or portfolio from a dictionary; file names are relative to the current folder.

    Raises:
        PlannerMistakeError: if anything is wrong in it; its text lists all mistakes, as for a file.
    """
    origin = f"the dictionary {quote(keys['name'])}" if keys.get("name") else "the dictionary"
    written = Written.all_at(keys, Place(origin))

    def read(path: Path, mistakes: list[Diagnostic]) -> Described | None:
        if PORTFOLIO in keys:
            return portfolio_in(written, path, (), mistakes)
        return _described(written, (), mistakes)

    described: list[Described] = read_each([Path()], read)
    return described[0]


def _described(written: Written, over: Sequence[str], mistakes: list[Diagnostic]) -> Swept | Scenario | None:
    """Validate YAML data as a scenario, or as a sweep with all its set-ups; None if they are not valid."""
    try:
        written = _swept_over(written, over) if over else written
        sweep = sweep_in(written, mistakes)
        return scenario_in(written, mistakes) if sweep is None else _swept(sweep, written, mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _swept(sweep: Sweep, written: Written, mistakes: list[Diagnostic]) -> Swept | None:
    """Generate the scenario of each set-up of a sweep; None at the first that is not valid."""
    own = None if sweep.design in ("grid", "zipped") else scenario_in(written, mistakes)
    if mistakes:
        return None
    keys = list(sweep.over)
    ours = {} if own is None else {key: _own_value(key.split("."), written, own) for key in keys}
    rows = [] if own is None else [(own, ours)]
    for number, set_up in enumerate(_set_ups(sweep, written, own), start=1):
        values = {key: value.data for key, value in set_up.items()}
        name = Written.all_at(_name(values, number, sweep), written.place(*OVER))
        options = [(tuple(key.split(".")), value) for key, value in {**set_up, "name": name}.items()]
        scenario = scenario_in(with_values(written, options, mistakes), mistakes)
        if scenario is None or mistakes:
            return None
        if sweep.design != "one_at_a_time" or not _same(scenario, own):
            rows.append((scenario, ours | values))
    return Swept(
        [scenario for scenario, _ in rows],
        {
            "design": sweep.design,
            "keys": keys,
            "values": [[on_one_line(values[key]) for key in keys] for _, values in rows],
            "numbers": [[_number(values[key]) for key in keys] for _, values in rows],
        },
    )


def _same(one: Scenario, other: Scenario | None) -> bool:
    """Return whether a set-up differs from the baseline in nothing but its name."""
    return other is not None and one == other.model_copy(update={"name": one.name})


def _own_value(path: Sequence[str], written: Written, own: Scenario) -> Any:
    """Return the value of a swept key in the scenario file, or else its default."""
    there, value = written_part(written.data, path)
    if len(there) < len(path):
        there, value = written_part(own.model_dump(mode="json"), path)
    return value if len(there) == len(path) else AS_IN_THE_FILE


def _name(values: Mapping[str, Any], number: int, sweep: Sweep) -> str:
    """Name a set-up after its values, cut to the length of a name, and numbered in a sample."""
    whole = escape_control(", ".join(f"{key}={on_one_line(value)}" for key, value in values.items()))
    if sweep.design not in SAMPLES and len(whole) <= LONGEST_NAME:
        return whole
    name = f"{number}: {whole}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _number(value: Any) -> float | None:
    """Convert the value of a swept key to a number: shares, amounts, and durations in hours."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    for read in (lambda text: parse_ms(text) / MS_PER_HOUR, parse_share, lambda text: parse_amount(text)[0]):
        with suppress(ValueError):
            return read(value)
    return None


# Set-ups


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


Shares = list[list[float]]
"""A row for each set-up, in it a number from 0 to 1 for each key."""


def latin_hypercube(points: int, keys: int, rng: np.random.Generator) -> Shares:
    """Draw a Latin hypercube sample: each key has one value in each of ``points`` equal parts.

    Returns a row per point with a number from 0 to 1 for each key (McKay et al. 1979).
    """
    from scipy.stats import qmc

    return qmc.LatinHypercube(keys, seed=rng).random(points).tolist()


def saltelli(points: int, keys: int, rng: np.random.Generator) -> Shares:
    """Draw Saltelli's sample for first- and total-order Sobol indices: ``points * (keys + 2)`` rows.

    For each point of a scrambled Sobol sequence: a row A, for each key A with that key's number from B, and
    the row B (Saltelli et al. 2010).

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
    return cast("Shares", sobol.sample(problem, points, calc_second_order=False, seed=rng).tolist())


SAMPLES: dict[str, Callable[[int, int, np.random.Generator], Shares]] = {
    "latin_hypercube": latin_hypercube,
    "sobol": saltelli,
}


SetUp = dict[str, Written]
"""Keys, with dots, and what is set there; elsewhere the file's own values hold."""


def _set_ups(sweep: Sweep, written: Written, own: Scenario | None) -> list[SetUp]:
    """List the set-ups of a sweep's design; in a grid the last key changes fastest.

    Raises:
        UnreadableError: if a key cannot be swept, or its values do not fit the design.
        PlannerMistakeError: if a package that the design needs is not installed.
    """
    for key in sweep.over:
        _check_key(key, written)
    if own is not None and sweep.design in SAMPLES:
        return _sampled(sweep, written, own.seed)
    values = {key: _values(sweep, key, written) for key in sweep.over}
    if sweep.design == "zipped":
        return _zipped(values, written)
    for key, some in values.items():
        _check_each_once([(value,) for value in some], key)
    counts = [*map(len, values.values())]
    if sweep.design == "one_at_a_time":
        _check_count(sum(counts), written)
        return [{key: value} for key, some in values.items() for value in some]
    _check_count(math.prod(counts), written)
    return [dict(zip(values, row, strict=True)) for row in product(*values.values())]


def _sampled(sweep: Sweep, written: Written, seed: int) -> list[SetUp]:
    """Draw the set-ups of a sampling design; mistakes in a value point to its range in the file."""
    from sim.core.random import Streams

    ranges: dict[str, tuple[Range, bool]] = {}
    for key, drawn in sweep.over.items():
        if not isinstance(drawn, Range):
            message = f"{sweep.design} draws values; write between which, such as {{from: 50, to: 1000}}"
            raise written.refused(message, *OVER, key)
        ranges[key] = drawn, takes_whole_numbers(key, written)
    _check_count(sweep.points * (len(ranges) + 2 if sweep.design == "sobol" else 1), written)
    return [
        {
            key: Written.all_at(drawn.at(share, whole=whole), written.place(*OVER, key))
            for (key, (drawn, whole)), share in zip(ranges.items(), row, strict=True)
        }
        for row in SAMPLES[sweep.design](sweep.points, len(ranges), Streams(seed).rng("sweep"))
    ]


def _zipped(values: dict[str, list[Written]], written: Written) -> list[SetUp]:
    first, *others = values
    for key in others:
        if len(values[key]) != len(values[first]):
            message = (
                f"has {len(values[key])} values, {first} has {len(values[first])}; zipped takes the first "
                "of each together, then the second: write as many"
            )
            raise written.refused(message, *OVER, key)
    rows = list(zip(*values.values(), strict=True))
    _check_each_once(rows)
    return [dict(zip(values, row, strict=True)) for row in rows]


def _values(sweep: Sweep, key: str, written: Written) -> list[Written]:
    """List the values of a swept key with ranges such as ``1..3`` expanded, each with its place."""
    if isinstance(sweep.over[key], Range):
        message = (
            f"{sweep.design} takes values in turn; write them, such as [50, 1000], or a design that draws "
            "them, latin_hypercube"
        )
        raise written.refused(message, *OVER, key)
    values = found(written.data, (*OVER, key))
    inside = [(number,) for number in range(len(values))] if isinstance(values, list) else [()]
    return [value for path in inside for value in _written_out(written.at(*OVER, key, *path), key)]


def _written_out(item: Written, key: str) -> list[Written]:
    ends = _WHOLE_NUMBERS.fullmatch(on_one_line(item.data))
    if ends is None:
        return [item]
    low, high = int(ends[1]), int(ends[2])
    if low > high:
        raise UnreadableError(item.place(), f"counts down; write {high}..{low}", *OVER, key)
    if high - low >= MOST:
        raise UnreadableError(item.place(), f"is more than {MOST:,} values; leave some out", *OVER, key)
    return [Written(number, item.places) for number in range(low, high + 1)]


def _check_key(key: str, written: Written) -> None:
    names = key.split(".")
    problem = None if all(names) else "is no key; write one with its dots, such as team.0.count"
    if names[0] in _NOT_SWEPT:
        problem = f"takes no values in turn: {_NOT_SWEPT[names[0]]}"
    if problem is not None:
        raise UnreadableError(written.spot(*OVER, key).key, problem, *OVER, key)


def _check_count(count: int, written: Written) -> None:
    if count > MOST:
        raise written.refused(f"{count:,} set-ups are more than {MOST:,}; leave some out", *OVER)


def _check_each_once(rows: Iterable[tuple[Written, ...]], *key: str) -> None:
    seen: set[str] = set()
    for row in rows:
        text = ", ".join(on_one_line(value.data) for value in row)
        if text in seen:
            raise UnreadableError(row[-1].place(), f"{quote(text)} is written twice; keep one", *OVER, *key)
        seen.add(text)


def _swept_over(written: Written, entries: Sequence[str]) -> Written:
    """Put the keys and values of ``--over`` options in place of those of the file's `sweep:` section.

    Raises:
        UnreadableError: if an option cannot be read.
    """
    sweep = written.data.get(SWEEP)
    sweep = {**(sweep if isinstance(sweep, dict) else {}), OVER[1]: {}}
    places = [Place(shortened(f"--over {entry}")) for entry in entries]
    over: dict[str, Written] = {}
    for entry, place in zip(entries, places, strict=True):
        key, values = _key_and_values(entry, place)
        if key in over:
            raise UnreadableError(place, "is swept twice; give all its values at once", key)
        over[key] = Written.all_at(values, place)
    options = [((*OVER, key), values) for key, values in over.items()]
    written = with_values(written, [((SWEEP,), Written.all_at(sweep, places[0]))], [])
    return with_values(written, options, [])


def _key_and_values(entry: str, place: Place) -> tuple[str, Any]:
    """Parse an ``--over`` option into a key and its values: a list, or one range."""
    key, _, text = entry.partition("=")
    values, mistakes = None, list[Diagnostic]()
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
