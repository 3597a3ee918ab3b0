"""What must hold of any scenario that is valid: it ends, nothing is missing, and its files agree."""

from __future__ import annotations

import json
import math
import re
import shutil
import signal
import sys
import time
import traceback
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
from pyarrow import parquet

from sim.cli import main
from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import read_files
from sim.results import study_store
from sim.scenario.models import Scenario
from support.random_scenarios.drawing import Drawing
from support.random_scenarios.keys import keys_in, leave_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    import pandas as pd

MOST_DRAWS = 40
"""After which a number is given up: keys agree too seldom."""
MOST_READINGS = 12
"""Of a draw, of which all keys are left out that the one before has refused."""
EVERY = 10
"""One of so many is simulated twice."""
REFUSED, INTERRUPTED = 2, 130
"""Exit statuses."""
PAGE = "report.html"
WALL_TIME = ("labelling_hours", "training_hours", "coordination_hours", "waiting_hours", "off_shift_hours")
"""What wall time is made of."""
HAIR = 1e-3
"""Hours that figures may differ by, as they are rounded."""


class WrongError(Exception):
    """Something does not hold."""


class RefusedError(Exception):
    """A draw is no valid scenario."""


class TooLongError(BaseException):
    """More processor time than a scenario may take; whoever catches exceptions lets it through."""


@dataclass
class Checked:
    """What became of one number."""

    number: int
    seconds: float = 0.0
    """Of processor."""
    refused: list[str] = field(default_factory=list)
    """Why draws before the last were no valid scenarios."""
    keys: set[str] = field(default_factory=set)
    """Those that its files have."""
    wrong: str = ""
    """What does not hold; empty if all does."""
    details: str = ""


def check(scratch: Path, number: int, *, seconds: float, kept: bool) -> Checked:
    """Draw a scenario, simulate it as the command does, and look at what it leaves behind.

    What the documents alone can tell is refused when it is simulated; then the next draw is taken. One of
    `EVERY` is simulated again, and must come to the same bytes. Files are kept in a folder of its own in
    ``scratch`` if they are to be. A simulation that takes more than ``seconds`` of processor time is wrong.
    """
    folder = scratch / f"{number}"
    checked = _checked(number, folder, seconds)
    if not kept:
        shutil.rmtree(folder)
    return checked


def _checked(number: int, folder: Path, seconds: float) -> Checked:
    checked = Checked(number)
    for attempt in range(MOST_DRAWS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        before = time.process_time()
        try:
            path = _valid(Drawing(number, attempt, folder).files(), folder, checked)
            with at_most(seconds):
                _simulate(path, folder / "out")
            _look(path, folder / "out")
            if number % EVERY == 0:
                _simulate(path, folder / "again")
                _compare(folder / "out", folder / "again")
        except RefusedError as refused:
            checked.refused.append(str(refused))
            continue
        except TooLongError:
            checked.wrong, checked.details = "takes too long", traceback.format_exc(limit=-8)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            checked.wrong, checked.details = _kind(error), traceback.format_exc()
        checked.seconds = time.process_time() - before
        return checked
    checked.wrong = f"{MOST_DRAWS} draws are not valid, the last: {checked.refused[-1]}"
    return checked


def _valid(files: dict[str, Any], folder: Path, checked: Checked) -> Path:
    """The file to simulate, once keys are left out that do not agree with others.

    Raises:
        RefusedError: if that does not help.
    """
    path = folder / next(iter(files))
    told = ""
    for _ in range(MOST_READINGS):
        for name, keys in files.items():
            (folder / name).write_text(json.dumps(keys, ensure_ascii=False, indent=1), "utf-8")
        try:
            read_files([path])
        except PlannerMistakeError as error:
            told = str(error)
        else:
            checked.keys = set().union(*map(keys_in, files.values()))
            return path
        named = re.findall(r"(\w+\.yaml):\d+:\d+: (\S.*?): ", told)
        if not sum(leave_out(files[name], key.split(".")) for name, key in named):
            break
    raise RefusedError(_reason(told))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TooLongError` once this process has taken so many seconds of processor meanwhile."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _simulate(path: Path, out: Path) -> None:
    """Run the command in this process.

    Raises:
        RefusedError: if the documents do not fit the scenario.
        WrongError: if it does not end well.
    """
    said, words = StringIO(), sys.argv
    sys.argv = ["simulate", str(path), "--out", str(out), "--jobs", "1", "--quiet"]
    try:
        with redirect_stdout(said), redirect_stderr(said):
            main.main()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            raise KeyboardInterrupt from None
        if ended.code == REFUSED:
            raise RefusedError(_reason(said.getvalue())) from None
        if ended.code:
            raise WrongError(_failure(out) or said.getvalue()) from None
    finally:
        sys.argv = words


def _look(path: Path, out: Path) -> None:
    """Look at all that is left behind.

    Raises:
        WrongError: if anything does not hold.
    """
    for name in (study_store.MANIFEST, study_store.CURVE, study_store.CURVE_CSV, study_store.RESULTS, PAGE):
        _require((out / name).exists(), f"{name} is missing")
    _strict_json(out / study_store.MANIFEST)
    scenarios = _scenarios(path)
    found = _strict_json(out / study_store.SUMMARY)["scenarios"]
    _require(len(found) == len(scenarios), "a scenario is missing")
    events = parquet.read_table(out / study_store.EVENTS).to_pandas()
    for scenario, summary in zip(scenarios, found, strict=True):
        replications = summary["replications"]
        _require(len(replications) == scenario.replications, "a replication is missing")
        for one in replications:
            hours = sum(one.get(part, 0) for part in WALL_TIME)
            _require(math.isclose(hours, one["wall_hours"], abs_tol=HAIR), "wall time does not add up")
            theirs = (events.scenario == summary["name"]) & (events.replication == one["replication"])
            _look_at_time(scenario, events[theirs])


def _look_at_time(scenario: Scenario, events: pd.DataFrame) -> None:
    """It ends within its limit, and everybody is busy, waiting or off until then."""
    ended = events.end_hours.max() if len(events) else 0
    limit = scenario.limit.hours
    _require(limit is not None and ended <= limit + HAIR, "it goes on beyond its limit of hours")
    roles = [people.role for people in scenario.team]
    people = events[events.actor.str.rsplit(n=1).str[0].isin(roles)]
    lasted = (people.end_hours - people.start_hours).groupby(people.actor).sum()
    _require(bool(np.allclose(lasted, ended, atol=HAIR)), "somebody's time does not add up")


def _scenarios(path: Path) -> list[Scenario]:
    (described,) = read_files([path])
    return [described] if isinstance(described, Scenario) else [*described.scenarios]


def _strict_json(path: Path) -> Any:
    def refuse(constant: str) -> None:
        raise WrongError(f"{path.name} holds {constant}")

    return json.loads(path.read_bytes(), parse_constant=refuse)


def _compare(one: Path, other: Path) -> None:
    for name in (study_store.SUMMARY, study_store.CURVE_CSV):
        same = (one / name).read_bytes() == (other / name).read_bytes()
        _require(same, f"{name} differs when simulated again")


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition is what it is given
    if not holds:
        raise WrongError(otherwise)


def _reason(told: str) -> str:
    """What a message says, without the file, the name or the key that it says it of."""
    return re.split(r"(?<=\S): ", told.split("\n", maxsplit=1)[0], maxsplit=2)[-1][:100]


def _failure(out: Path) -> str:
    """What the first replication that failed raised, and where; empty if none did."""
    path = out / study_store.FAILURES
    told = path.read_text("utf-8") if path.exists() else ""
    raised = re.search(r"^[\w.]+(?:Error|Exception)\b.*", told, re.MULTILINE)
    if raised is None:
        return ""
    *_, place = re.findall(r'/sim/(\S+)", line (\d+)', told[: raised.start()]) or [("?", "?")]
    return f"{raised[0][:100]} ({':'.join(place)})"


def _kind(error: Exception) -> str:
    """What an exception says, and where it was raised."""
    if isinstance(error, WrongError):
        return str(error)
    places = [
        f"{frame.filename.rsplit('/sim/')[-1]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/sim/" in frame.filename
    ]
    return f"{type(error).__name__}: {str(error)[:80]} ({places[-1] if places else '?'})"
