"""What the benchmarks share: measuring work, and setting it beside its floor and its goal.

Times by the clock depend on who else uses the machine, so that processor time stands beside them, and how far
the product is above its floor is a ratio of processor times. Linux and macOS; memory is read on Linux alone.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.corpus import reuters
from sim.scenario.models import ReutersCorpus
from support import studies
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.results.summary import ScenarioOutcome
    from sim.study.study import Study

    Numbers = NDArray[np.float64]

FIVE = tuple(
    ROOT / "scenarios" / f"{name}.yaml"
    for name in (
        "random_batch",
        "random",
        "random_with_suggestions",
        "active_learning_without_suggestions",
        "active_learning",
    )
)
"""The article's strategies, the baseline first."""
PROCESSORS = 2
"""Goals are meant for so many."""


@dataclass(frozen=True)
class Usage:
    """Seconds by the clock, and of processors, those of processes that the work started included."""

    clock: float
    processors: float


def outcomes(study: Study) -> dict[str, ScenarioOutcome]:
    """What a study comes to, by scenario; its events are gone with its folder."""
    return {outcome.name: outcome for outcome in studies.outcomes(study, os.cpu_count() or 1)}


def spent(work: Callable[[], object]) -> Usage:
    """What a piece of work takes, once."""
    clock, processors = time.perf_counter(), _processor_seconds()
    work()
    return Usage(time.perf_counter() - clock, _processor_seconds() - processors)


def usually(work: Callable[[], object], runs: int = 5) -> Usage:
    """The medians of several runs."""
    every = [spent(work) for _ in range(runs)]
    return Usage(median(one.clock for one in every), median(one.processors for one in every))


def at_least(work: Callable[[], object], runs: int = 20) -> float:
    """The fewest processor seconds of several runs: what a floor is made of."""
    return min(spent(work).processors for _ in range(runs))


def speed(kind: type[np.floating] = np.float64) -> float:
    """Operations a second of a product of matrices."""
    size = 1_024
    matrix = np.ones((size, size), kind)
    return 2 * size**3 / at_least(lambda: matrix @ matrix)


def bandwidth() -> float:
    """Bytes a second, read from memory."""
    much = np.ones(2**28 // 8)
    return much.nbytes / at_least(much.sum)


def _processor_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def python(*arguments: object) -> str:
    """Run an interpreter of its own in the project's folder; what it printed."""
    words = [sys.executable, *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the while; commands keep computed features there and not with the user's."""
    with tempfile.TemporaryDirectory(prefix="labelsim-benchmark-") as folder:
        os.environ["LABELSIM_CACHE"] = f"{folder}/cache"
        yield Path(folder)


def kept(path: Path, keys: Iterable[str], measure: Callable[[str], Any]) -> dict[str, Any]:
    """What a file keeps of each key as lines of JSON; what it lacks is measured, and added as it comes."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = dict(map(json.loads, lines))
    wanted = [*keys]
    with path.open("a", encoding="utf-8") as file:
        for key in wanted:
            if key not in found:
                found[key] = measure(key)
                print(json.dumps([key, found[key]]), file=file, flush=True)
    return {key: found[key] for key in wanted}


def first_passage(sizes: Sequence[float] | Numbers, maps: Sequence[float] | Numbers, target: float) -> float:
    """Documents at which a curve reaches a MAP, by a line over their logarithm; infinite if never."""
    reached = next((number for number, value in enumerate(maps) if value >= target), None)
    if not reached:
        return float("inf") if reached is None else float(sizes[0])
    between = slice(reached - 1, reached + 1)
    return float(np.exp(np.interp(target, maps[between], np.log(sizes[between]))))


def reuters_or_exit() -> Corpus:
    """Reuters; where it is not, nothing can be measured on it."""
    place = reuters.find(ROOT / "nowhere")
    if place is None:
        sys.exit("Reuters is not here: set NLTK_DATA to a folder that holds corpora/reuters.zip")
    return reuters.load(ReutersCorpus(), place)


def peak_bytes(process: int | str = "self") -> int:
    """The most memory that a running process has held so far (Linux)."""
    return _held("VmHWM", process)


def own_bytes() -> int:
    """What this process holds now that is no page of a mapped file, which others may take back (Linux)."""
    return _held("RssAnon", "self")


def _held(what: str, process: int | str) -> int:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def heading(what: str) -> None:
    """Say what is measured, and how busy the machine is with other things."""
    others = os.getloadavg()[0]
    print(f"{what}\n({os.cpu_count()} processors; load average before it began: {others:.1f})", flush=True)


def beside(
    what: str, found: str, goal: str, floor: str, above: float, *, met: bool, also: Sequence[str] = ()
) -> None:
    """Print a measurement beside its goal and its floor, and how many times above that it is."""
    print(f"\n{what}")
    print(f"  measured   {found}")
    print(f"  goal       {goal}: {'met' if met else 'MISSED'}")
    print(f"  floor      {floor}")
    print(f"  above it   {above:.1f} times")
    for line in also:
        print(f"  {line}")
    sys.stdout.flush()


def seconds(what: str, found: Usage, goal: float, floor: float, floor_is: str, digits: int = 2) -> None:
    """`beside` for what takes time: the floor is in processor seconds."""
    beside(
        what,
        f"{found.clock:.{digits}f} s by the clock, {found.processors:.{digits}f} s of processors",
        f"under {goal:g} s by the clock",
        f"{floor:.{digits}f} s of processors: {floor_is}",
        found.processors / floor,
        met=found.clock < goal,
    )
