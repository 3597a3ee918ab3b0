"""Reads sweeps: generates a scenario for each set-up of a file's `sweep:` section or of ``--over``."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from sim.core.durations import MS_PER_HOUR, parse_ms
from sim.core.errors import Diagnostic, Place, PlannerMistakeError, UnreadableError
from sim.core.text import escape_control, quote
from sim.loading.load import parse_scenario, parse_sweep, read_each, read_file
from sim.loading.merge_and_override import OVER, apply_over_options, apply_overrides, set_values
from sim.loading.portfolio import parse_portfolio
from sim.loading.schema import EXTENDS, PORTFOLIO, SWEEP, takes_whole_numbers
from sim.loading.yaml import YamlTree, existing_part, format_inline, lookup
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
"""Baseline of a key that the file lacks because its section is one word, as in ``suggestions: false``."""


class SweepTable(TypedDict):
    """Keys and values of a sweep as read from a file; a row per scenario in the lists."""

    design: Design
    keys: list[str]
    """Swept keys, dotted."""
    values: list[list[str]]
    """Value of each key, formatted as in a scenario file."""
    numbers: list[list[float | None]]
    """The same as numbers, durations in hours; None for other values."""


@dataclass(frozen=True)
class ExpandedSweep:
    """Sweep as read from a file: scenarios of its set-ups, the baseline first, and what they vary."""

    scenarios: list[Scenario]
    keys: SweepTable


StudyInput = ExpandedSweep | Scenario | PlannedArm
"""Content of a YAML file or dictionary."""


def read_sweep(path: Path, over: Sequence[str] = (), overrides: Sequence[str] = ()) -> ExpandedSweep:
    """Read the sweep of a scenario file with all its set-ups; ``over`` replaces its keys and values.

    The baseline of a grid and of zipped values is their first set-up. For all other designs it is the
    scenario without its sweep; in a sample it is added to the points.

    Args:
        path: a YAML file.
        over: such as ``trainer.duration=2 min,4 h``, ``team.0.count=1..8`` or, for a sample,
            ``labelling.batch={from: 50, to: 1000}``.
        overrides: as for `read_scenarios`; they apply to all set-ups.

    Raises:
        PlannerMistakeError: if anything is wrong in any of the set-ups, or nothing is swept.
    """
    (described,) = read_files([path], overrides, over)
    if not isinstance(described, ExpandedSweep):
        message = "nothing to sweep: add a `sweep:` section or pass --over KEY=VALUES"
        if isinstance(described, PlannedArm):
            message = "is a portfolio, which is not swept; sweep one of its projects' files"
        raise PlannerMistakeError(f"{escape_control(str(path))}: {message}")
    return described


def read_files(
    files: Sequence[Path], overrides: Sequence[str] = (), over: Sequence[str] = ()
) -> list[StudyInput]:
    """Read YAML files: sweeps with all their set-ups, portfolios with their projects, or scenarios.

    Overrides that begin with ``portfolio.`` apply to portfolios, all others to all scenarios.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text lists all mistakes of all files.
    """
    portfolio_overrides = [option for option in overrides if option.startswith(f"{PORTFOLIO}.")]
    scenario_overrides = [option for option in overrides if option not in portfolio_overrides]

    def read(path: Path, mistakes: list[Diagnostic]) -> StudyInput | None:
        tree = read_file(path, (), mistakes)
        if tree is None:
            return None
        if PORTFOLIO in tree.data:
            return parse_portfolio(
                apply_overrides(tree, portfolio_overrides, mistakes), path, scenario_overrides, mistakes
            )
        return _parse_scenario_or_sweep(apply_overrides(tree, scenario_overrides, mistakes), over, mistakes)

    described: list[StudyInput] = read_each(files, read)
    if portfolio_overrides and not any(isinstance(one, PlannedArm) for one in described):
        raise PlannerMistakeError(
            f"--set {escape_control(portfolio_overrides[0])}: no file here is a portfolio; leave it out"
        )
    return described


def read_dictionary(keys: Mapping[str, Any]) -> StudyInput:
    """Read a sweep, portfolio or scenario from a dictionary; file names are relative to the current folder.

    Raises:
        PlannerMistakeError: if anything is wrong in it; its text lists all mistakes, as for a file.
    """
    origin = f"the dictionary {quote(keys['name'])}" if keys.get("name") else "the dictionary"
    tree = YamlTree.at_place(keys, Place(origin))

    def read(path: Path, mistakes: list[Diagnostic]) -> StudyInput | None:
        if PORTFOLIO in keys:
            return parse_portfolio(tree, path, (), mistakes)
        return _parse_scenario_or_sweep(tree, (), mistakes)

    described: list[StudyInput] = read_each([Path()], read)
    return described[0]


def _parse_scenario_or_sweep(
    tree: YamlTree, over: Sequence[str], mistakes: list[Diagnostic]
) -> ExpandedSweep | Scenario | None:
    """Validate YAML data as a scenario, or as a sweep with all its set-ups; None if they are not valid."""
    try:
        tree = apply_over_options(tree, over) if over else tree
        sweep = parse_sweep(tree, mistakes)
        return parse_scenario(tree, mistakes) if sweep is None else _expand_sweep(sweep, tree, mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _expand_sweep(sweep: Sweep, tree: YamlTree, mistakes: list[Diagnostic]) -> ExpandedSweep | None:
    """Generate the scenario of each set-up of a sweep; None at the first that is not valid."""
    # Effects one at a time and samples are measured from the file's own values; a grid has no middle.
    baseline = None if sweep.design in ("grid", "zipped") else parse_scenario(tree, mistakes)
    if mistakes:
        return None
    keys = list(sweep.over)
    baseline_values = (
        {} if baseline is None else {key: _baseline_value(key.split("."), tree, baseline) for key in keys}
    )
    rows = [] if baseline is None else [(baseline, baseline_values)]
    for number, set_up in enumerate(_list_set_ups(sweep, tree, baseline), start=1):
        values = {key: value.data for key, value in set_up.items()}
        name = YamlTree.at_place(_set_up_name(values, number, sweep), tree.place(*OVER))
        options = [(tuple(key.split(".")), value) for key, value in {**set_up, "name": name}.items()]
        scenario = parse_scenario(set_values(tree, options, mistakes), mistakes)
        if scenario is None or mistakes:
            return None
        # The file's own value is usually listed among the others, and would be simulated twice.
        if sweep.design != "one_at_a_time" or not _differ_only_in_name(scenario, baseline):
            rows.append((scenario, baseline_values | values))
    return ExpandedSweep(
        [scenario for scenario, _ in rows],
        {
            "design": sweep.design,
            "keys": keys,
            "values": [[format_inline(values[key]) for key in keys] for _, values in rows],
            "numbers": [[_as_number(values[key]) for key in keys] for _, values in rows],
        },
    )


def _differ_only_in_name(scenario: Scenario, baseline: Scenario | None) -> bool:
    """Return whether a set-up differs from the baseline in nothing but its name."""
    return baseline is not None and scenario.model_dump() == baseline.model_dump() | {"name": scenario.name}


def _baseline_value(path: Sequence[str], tree: YamlTree, baseline: Scenario) -> Any:
    """Return the value of a swept key in the scenario file, or else its default."""
    existing, value = existing_part(tree.data, path)
    if len(existing) < len(path):
        existing, value = existing_part(baseline.model_dump(mode="json"), path)
    return value if len(existing) == len(path) else AS_IN_THE_FILE


def _set_up_name(values: Mapping[str, Any], number: int, sweep: Sweep) -> str:
    """Name a set-up after its values, cut to the length of a name, and numbered in a sample."""
    text = escape_control(", ".join(f"{key}={format_inline(value)}" for key, value in values.items()))
    if sweep.design not in SAMPLES and len(text) <= LONGEST_NAME:
        return text
    name = f"{number}: {text}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _as_number(value: Any) -> float | None:
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
"""Maximum number of set-ups in one study."""
_WHOLE_NUMBERS = re.compile(r"(-?[0-9]{1,15})\.\.(-?[0-9]{1,15})")
_NOT_SWEPT = {
    "name": "each set-up is named after its values",
    "seed": "all set-ups of a sweep share one",
    EXTENDS: "only a file extends another",
    SWEEP: "no sweep has another inside",
}


Shares = list[list[float]]
"""A row per set-up with a number from 0 to 1 for each key."""


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


SetUp = dict[str, YamlTree]
"""Dotted keys of a set-up with their values; other keys keep the file's values."""


def _list_set_ups(sweep: Sweep, tree: YamlTree, baseline: Scenario | None) -> list[SetUp]:
    """List the set-ups of a sweep's design; in a grid the last key changes fastest.

    Raises:
        UnreadableError: if a key cannot be swept, or its values do not fit the design.
        PlannerMistakeError: if a package that the design needs is not installed.
    """
    for key in sweep.over:
        _check_key(key, tree)
    if baseline is not None and sweep.design in SAMPLES:
        return _draw_set_ups(sweep, tree, baseline.seed)
    values = {key: _list_values(sweep, key, tree) for key in sweep.over}
    if sweep.design == "zipped":
        return _zip_set_ups(values, tree)
    for key, listed in values.items():
        _check_each_once([(value,) for value in listed], key)
    counts = [*map(len, values.values())]
    if sweep.design == "one_at_a_time":
        _check_count(sum(counts), tree)
        return [{key: value} for key, listed in values.items() for value in listed]
    # Counted before they are made: a grid of a few keys may have more cells than memory.
    _check_count(math.prod(counts), tree)
    return [dict(zip(values, row, strict=True)) for row in product(*values.values())]


def _draw_set_ups(sweep: Sweep, tree: YamlTree, seed: int) -> list[SetUp]:
    """Draw the set-ups of a sampling design; mistakes in a value point to its range in the file."""
    # Here, because reading a file that draws nothing needs no NumPy.
    from sim.core.streams import Streams

    ranges: dict[str, tuple[Range, bool]] = {}
    for key, range_ in sweep.over.items():
        if not isinstance(range_, Range):
            message = f"{sweep.design} draws values; write between which, such as {{from: 50, to: 1000}}"
            raise tree.error_at(message, *OVER, key)
        ranges[key] = range_, takes_whole_numbers(key, tree)
    _check_count(sweep.points * (len(ranges) + 2 if sweep.design == "sobol" else 1), tree)
    return [
        {
            key: YamlTree.at_place(range_.value_at(share, whole=whole), tree.place(*OVER, key))
            for (key, (range_, whole)), share in zip(ranges.items(), row, strict=True)
        }
        for row in SAMPLES[sweep.design](sweep.points, len(ranges), Streams(seed).rng("sweep"))
    ]


def _zip_set_ups(values: dict[str, list[YamlTree]], tree: YamlTree) -> list[SetUp]:
    first, *others = values
    for key in others:
        if len(values[key]) != len(values[first]):
            message = (
                f"has {len(values[key])} values, {first} has {len(values[first])}; zipped takes the first "
                "of each together, then the second: write as many"
            )
            raise tree.error_at(message, *OVER, key)
    rows = list(zip(*values.values(), strict=True))
    _check_each_once(rows)
    return [dict(zip(values, row, strict=True)) for row in rows]


def _list_values(sweep: Sweep, key: str, tree: YamlTree) -> list[YamlTree]:
    """List the values of a swept key with ranges such as ``1..3`` expanded, each with its place."""
    if isinstance(sweep.over[key], Range):
        message = (
            f"{sweep.design} takes values in turn; write them, such as [50, 1000], or a design that draws "
            "them, latin_hypercube"
        )
        raise tree.error_at(message, *OVER, key)
    values = lookup(tree.data, (*OVER, key))
    inside = [(number,) for number in range(len(values))] if isinstance(values, list) else [()]
    return [value for path in inside for value in _expand_range(tree.subtree(*OVER, key, *path), key)]


def _expand_range(item: YamlTree, key: str) -> list[YamlTree]:
    ends = _WHOLE_NUMBERS.fullmatch(format_inline(item.data))
    if ends is None:
        return [item]
    low, high = int(ends[1]), int(ends[2])
    if low > high:
        raise UnreadableError(item.place(), f"counts down; write {high}..{low}", *OVER, key)
    if high - low >= MOST:
        raise UnreadableError(item.place(), f"is more than {MOST:,} values; leave some out", *OVER, key)
    return [YamlTree(number, item.places) for number in range(low, high + 1)]


def _check_key(key: str, tree: YamlTree) -> None:
    names = key.split(".")
    problem = None if all(names) else "is no key; write one with its dots, such as team.0.count"
    if names[0] in _NOT_SWEPT:
        problem = f"takes no values in turn: {_NOT_SWEPT[names[0]]}"
    if problem is not None:
        raise UnreadableError(tree.marks(*OVER, key).key, problem, *OVER, key)


def _check_count(count: int, tree: YamlTree) -> None:
    if count > MOST:
        raise tree.error_at(f"{count:,} set-ups are more than {MOST:,}; leave some out", *OVER)


def _check_each_once(rows: Iterable[tuple[YamlTree, ...]], *key: str) -> None:
    seen: set[str] = set()
    for row in rows:
        # Compared as they are written, which is also what set-ups are named after:
        # equal names would be one scenario.
        text = ", ".join(format_inline(value.data) for value in row)
        if text in seen:
            raise UnreadableError(row[-1].place(), f"{quote(text)} is written twice; keep one", *OVER, *key)
        seen.add(text)
