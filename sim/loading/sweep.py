"""A sweep: one scenario for each set-up that a file's `sweep:` or the command line asks for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from sim.core.diagnostics import Mistake, Place, UnreadableError, printable, quoted
from sim.core.durations import MS_PER_HOUR, parse_ms
from sim.core.errors import PlannerMistakeError
from sim.loading.designs import OVER, SAMPLES, one_at_a_time, sampled, swept_over, together
from sim.loading.load import read_each, read_file, scenario_in, sweep_in
from sim.loading.merge import overridden, with_values
from sim.loading.portfolio import portfolio_in
from sim.loading.schema import PORTFOLIO
from sim.loading.yaml import Written, on_one_line, written_part
from sim.scenario.models import Scenario
from sim.scenario.portfolio import PlannedArm
from sim.scenario.quantities import parse_amount, parse_share

if TYPE_CHECKING:
    from collections import abc

    from sim.loading.designs import SetUp
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


def read_sweep(path: Path, over: abc.Sequence[str] = (), overrides: abc.Sequence[str] = ()) -> Swept:
    """What comes of a file and its `sweep:`, of which ``over`` replaces the keys and what they take.

    A grid's and zipped values' baseline is their first set-up; every other's is what the file says without a
    sweep, and in a sample it comes on top of the points.

    Args:
        path: a YAML file.
        over: such as ``trainer.duration=2 min,4 h``, ``team.0.count=1..8`` or, for a sample,
            ``labelling.batch={from: 50, to: 1000}``.
        overrides: those of `read_scenario`, which hold for all set-ups.

    Raises:
        PlannerMistakeError: if anything is wrong in any of the set-ups, or nothing is swept.
    """

    def read(path: Path, mistakes: list[Mistake]) -> Swept | None:
        described = _described(read_file(path, (), mistakes), path, over, overrides, mistakes)
        if isinstance(described, Swept):
            return described
        if not mistakes:
            message = "nothing to sweep: add a `sweep:` section or pass --over KEY=VALUES"
            if isinstance(described, PlannedArm):
                message = "is a portfolio, which is not swept; sweep one of its projects' files"
            mistakes.append(Mistake(Place(printable(str(path))), message))
        return None

    return read_each([path], read)[0]


def read_study(
    paths: abc.Sequence[Path], overrides: abc.Sequence[str] = ()
) -> Swept | list[Scenario | PlannedArm]:
    """What a study is made of: the scenarios and portfolios of several files, or the sweep of the only one.

    Raises:
        PlannerMistakeError: if anything is wrong in any of the files, or one of several has a `sweep:`.
    """
    return one_study(read_files(paths, overrides), [str(path) for path in paths])


def one_study(
    described: abc.Sequence[Described], names: abc.Sequence[str]
) -> Swept | list[Scenario | PlannedArm]:
    """What is described, as one study: scenarios and portfolios, or a single sweep.

    Raises:
        PlannerMistakeError: naming the sweep, if there are others beside it.
    """
    if isinstance(described[0], Swept) and len(described) == 1:
        return described[0]
    for name, one in zip(names, described, strict=True):
        if isinstance(one, Swept):
            raise PlannerMistakeError(
                f"{printable(name)}: sweep: makes a study of its own; simulate this file alone, or give "
                "--set sweep=null"
            )
    return [one for one in described if not isinstance(one, Swept)]


def read_files(paths: abc.Sequence[Path], overrides: abc.Sequence[str] = ()) -> list[Described]:
    """What each file describes: a scenario, a sweep with all its set-ups, or a portfolio with its projects.

    Overrides that begin with ``portfolio.`` are those of portfolios, all others those of all scenarios.

    Raises:
        PlannerMistakeError: if anything is wrong in any of them; its text tells all mistakes of all files.
    """
    shared = [option for option in overrides if option.startswith(f"{PORTFOLIO}.")]
    every = [option for option in overrides if option not in shared]

    def read(path: Path, mistakes: list[Mistake]) -> Described | None:
        return _described(read_file(path, (), mistakes), path, (), every, mistakes, shared)

    described: list[Described] = read_each(paths, read)
    if shared and not any(isinstance(one, PlannedArm) for one in described):
        raise PlannerMistakeError(f"--set {printable(shared[0])}: no file here is a portfolio; leave it out")
    return described


def read_keys(keys: abc.Mapping[str, Any]) -> Described:
    """What a dictionary describes that holds what a file would; the files it names are seen from here.

    Raises:
        PlannerMistakeError: if anything is wrong in it; its text tells all mistakes, as of a file.
    """
    origin = f"the dictionary {quoted(keys['name'])}" if keys.get("name") else "the dictionary"
    written = Written.all_at(keys, Place(origin))

    def read(path: Path, mistakes: list[Mistake]) -> Described | None:
        return _described(written, path, (), (), mistakes)

    described: list[Described] = read_each([Path()], read)
    return described[0]


def _described(
    written: Written | None,
    path: Path,
    over: abc.Sequence[str],
    overrides: abc.Sequence[str],
    mistakes: list[Mistake],
    shared: abc.Sequence[str] = (),
) -> Described | None:
    """What is described in the file ``path``, or as if it stood beside it; None if nothing is."""
    if written is None:
        return None
    if PORTFOLIO in written.data:
        return portfolio_in(overridden(written, shared, mistakes), path, overrides, mistakes)
    written = overridden(written, overrides, mistakes)
    try:
        written = swept_over(written, over) if over else written
        sweep = sweep_in(written, mistakes)
        return scenario_in(written, mistakes) if sweep is None else _swept(sweep, written, mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _swept(sweep: Sweep, written: Written, mistakes: list[Mistake]) -> Swept | None:
    """All set-ups, each a scenario; None with the mistakes of the first that is not right."""
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
            rows.append((scenario, {**ours, **values}))
    return Swept(
        [scenario for scenario, _ in rows],
        {
            "design": sweep.design,
            "keys": keys,
            "values": [[on_one_line(values[key]) for key in keys] for _, values in rows],
            "numbers": [[_number(values[key]) for key in keys] for _, values in rows],
        },
    )


def _set_ups(sweep: Sweep, written: Written, own: Scenario | None) -> list[SetUp]:
    if own is None:
        return together(sweep, written)
    if sweep.design == "one_at_a_time":
        return one_at_a_time(sweep, written)
    return sampled(sweep, written, own.seed)


def _same(one: Scenario, other: Scenario | None) -> bool:
    """Whether two scenarios differ in nothing but their names."""
    return other is not None and one == other.model_copy(update={"name": one.name})


def _own_value(path: abc.Sequence[str], written: Written, own: Scenario) -> Any:
    """The file's own value of a key, as it is written, or else the default."""
    there, value = written_part(written.data, path)
    if len(there) < len(path):
        there, value = written_part(own.model_dump(mode="json"), path)
    return value if len(there) == len(path) else AS_IN_THE_FILE


def _name(values: abc.Mapping[str, Any], number: int, sweep: Sweep) -> str:
    """What tells a set-up apart: its values, as far as there is room, and in a sample its number."""
    whole = printable(", ".join(f"{key}={on_one_line(value)}" for key, value in values.items()))
    if sweep.design not in SAMPLES and len(whole) <= LONGEST_NAME:
        return whole
    name = f"{number}: {whole}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _number(value: Any) -> float | None:
    """A number, also of a share or an amount, or the hours of a duration."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    for read in (_hours, parse_share, lambda text: parse_amount(text)[0]):
        with suppress(ValueError):
            return read(value)
    return None


def _hours(text: str) -> float:
    return parse_ms(text) / MS_PER_HOUR
