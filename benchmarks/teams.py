"""Teams of 10 to 1,000 people on 10,000 to 1,000,000 documents, with a learner that takes no time.

Each project has a process and one processor of its own, and goes all the way that it goes in a study: it is
simulated, kept as a part with what it says, and written into the study's files. Five batches are handed over,
so that a page holds 20 documents, or 2 where 1,000 people share a batch of 2,000. The floor is a SimPy
timeout for each page and for each event that is no document's, writing the columns of the journal once, and
compressing them for each of the two files. Linux; `python -m benchmarks.teams` takes two minutes.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, fields
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import simpy

from benchmarks.measure import Spent, at_least, beside, heading, peak_bytes, python, scratch, seconds, spent
from sim.activities import LABEL
from sim.corpus.corpus import Corpus
from sim.project import simulate_project
from sim.records import CorpusFacts, Events, Words
from sim.results import store
from sim.results.part import Part, encoded
from sim.results.parts import Parts
from sim.results.summary import Summary
from sim.study import Study
from sim.worker import PreparedScenario
from tests.scripted import documents, reaches, scenario

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from sim.records import ReplicationResult
    from sim.scenario.models import Scenario

PEOPLE = (10, 100, 1_000)
DOCUMENTS = (10_000, 100_000, 1_000_000)
PAGE, BATCHES = 20, 5
GOAL, GOAL_BYTES = 10, 2**31
MIB = 2**20
TWO_LABELS = 0.16
"""Share of the documents that carry two labels and so take twice as long, as in Reuters."""
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
LUNCH = {"mon-fri": "9:00-12:00, 13:00-17:00"}
TRAITS = {
    "spread": 2,
    "practice": {"first": 2},
    "fatigue": {"per_hour": 0.05, "hardness": 0.5, "rest_after": "5 h"},
    "shift_end": "pause",
}
TEAMS: dict[str, dict[str, Any] | None] = {
    "day and night": None,
    "calendars": {},
    "calendars and traits": TRAITS,
}
"""What people in three time zones with lunch breaks have of their own; None where nobody has a calendar."""
BARE = "import sim.worker; from benchmarks.measure import peak_bytes; print(peak_bytes())"
STAGES = ("simulated", "kept", "written")


@dataclass(frozen=True)
class Measured:
    """What one project took: seconds by the clock and of a processor, and bytes."""

    clock: Sequence[float]
    """Of each stage."""
    processors: Sequence[float]
    """Of each stage."""
    floor: float
    """In processor seconds."""
    peak: int
    columns: int
    """What the columns of the journal take."""
    events: int


def main() -> None:
    """Print a table of all, how they grow, and the largest teams beside their goal."""
    heading("Teams on many documents, one processor, a learner that takes no time")
    found = {
        (team, people, count): Measured(**json.loads(python("-m", "benchmarks.teams", team, people, count)))
        for team in TEAMS
        for people in PEOPLE
        for count in DOCUMENTS
    }
    _print_table(found)
    _print_growth(found)
    libraries = int(python("-c", BARE))
    for team in TEAMS:
        _print_largest(team, found[team, PEOPLE[-1], DOCUMENTS[-1]], libraries)


def _print_table(found: dict[tuple[str, int, int], Measured]) -> None:
    print("\nSeconds by the clock\n")
    print(f"| team | people | documents | events | {' | '.join(STAGES)} | together | processor | MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (team, people, count), one in found.items():
        stages = " | ".join(f"{clock:.2f}" for clock in one.clock)
        print(
            f"| {team} | {people:,} | {count:,} | {one.events:,} | {stages} | {sum(one.clock):.2f} "
            f"| {sum(one.processors):.2f} | {one.peak / MIB:,.0f} |"
        )


def _print_growth(found: dict[tuple[str, int, int], Measured]) -> None:
    """Print the slopes of lines through the logarithms of processor seconds."""
    print("\nProcessor seconds grow with documents to the power of, and with people\n")
    whats = [f"{people:,} people" for people in PEOPLE] + [f"{count:,} documents" for count in DOCUMENTS]
    print(f"| team | {' | '.join(whats)} |\n|{'---|' * (1 + len(whats))}")
    for team in TEAMS:
        took = np.array(
            [[sum(found[team, people, count].processors) for count in DOCUMENTS] for people in PEOPLE]
        )
        slopes = [*_slopes(DOCUMENTS, took.T), *_slopes(PEOPLE, took)]
        print(f"| {team} | {' | '.join(f'{slope:.2f}' for slope in slopes)} |")


def _slopes(sizes: Sequence[int], took: NDArray[np.float64]) -> list[float]:
    """One for each column of ``took``, a row for each size."""
    slopes: list[float] = np.polyfit(np.log(sizes), np.log(took), 1)[0].tolist()
    return slopes


def _print_largest(team: str, one: Measured, libraries: int) -> None:
    what = f"{PEOPLE[-1]:,} people, {DOCUMENTS[-1]:,} documents, {team}"
    floor_is = "timeouts, and columns written and compressed twice"
    seconds(what, Spent(sum(one.clock), sum(one.processors)), GOAL, one.floor, floor_is)
    beside(
        f"memory of {what}",
        f"{one.peak / MIB:,.0f} MiB",
        f"under {GOAL_BYTES / MIB:,.0f} MiB",
        f"{(libraries + one.columns) / MIB:,.0f} MiB: the libraries, and {one.columns / MIB:,.0f} of columns",
        one.peak / (libraries + one.columns),
        met=one.peak < GOAL_BYTES,
    )


def _measure(team: str, people: int, count: int) -> Measured:
    """Take one project all the way, on one processor."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    plan = _plan(TEAMS[team], people, count)
    twice = round(TWO_LABELS * count)
    pool = documents([2] * twice + [1] * (count - twice))
    facts = CorpusFacts(
        "scripted", stand_in=False, documents=count, test_documents=2, labels=2, fingerprint="f"
    )
    corpus = Corpus("scripted", ["one"], pool, documents([1, 2]))
    prepared = PreparedScenario(plan, corpus, facts, Path("none"))
    with scratch() as folder:
        parts = Parts(folder)
        results: list[ReplicationResult] = []
        contents: list[bytes] = []
        stages = (
            spent(lambda: results.append(simulate_project(plan, pool, reaches(count), 0))),
            spent(lambda: contents.append(encoded(results[0]))),
            spent(lambda: _write(prepared, parts, folder, contents[0])),
        )
    peak = peak_bytes()
    (events,) = (result.events for result in results)
    pages = ceil(count / min(PAGE, ceil(plan.labelling.batch / people)))
    return Measured(
        clock=[stage.clock for stage in stages],
        processors=[stage.processors for stage in stages],
        floor=_floor(events, pages, Part(contents[0]).events),
        peak=peak,
        columns=sum(_array(events, column.name).nbytes for column in fields(Events)),
        events=len(events),
    )


def _plan(own: dict[str, Any] | None, people: int, count: int) -> Scenario:
    labelling = {"batch": count // BATCHES, "page": PAGE}
    if own is None:
        return scenario(labelling=labelling, limit={}, team=[{"count": people}], replications=1)
    return scenario(
        labelling=labelling,
        limit={},
        replications=1,
        start="2026-01-05 09:00",
        calendars={zone: {"hours": LUNCH, "timezone": zone} for zone in ZONES},
        team=[
            {"count": len(range(place, people, len(ZONES))), "calendar": zone, **own}
            for place, zone in enumerate(ZONES)
        ],
    )


def _write(prepared: PreparedScenario, parts: Parts, folder: Path, content: bytes) -> None:
    study = Study([prepared])
    parts.keep(prepared.key, 0, content)
    manifest = {"scenarios": [{"resolved": prepared.scenario.model_dump(mode="json")}]}
    store.finish(folder, study.outcomes(parts), Summary(), manifest)


def _floor(events: Events, pages: int, narrow: pa.Table) -> float:
    """Processor seconds without which nothing is simulated, kept and written."""
    codec = pa.Codec("zstd")
    buffers = [
        buffer for column in narrow.columns for chunk in column.chunks for buffer in chunk.buffers() if buffer
    ]

    def bare() -> None:
        env = simpy.Environment()
        env.process(_timeouts(env, pages + len(events) - int(events.activity.are(LABEL).sum())))
        env.run()
        for column in fields(Events):
            np.copy(_array(events, column.name))
        for buffer in 2 * buffers:
            codec.compress(buffer)

    return at_least(bare, runs=3)


def _array(events: Events, name: str) -> NDArray[Any]:
    values = getattr(events, name)
    return values.codes if isinstance(values, Words) else values


def _timeouts(env: simpy.Environment, count: int) -> Generator[simpy.Event]:
    for _ in range(count):
        yield env.timeout(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [team, people, count]:
            print(json.dumps(asdict(_measure(team, int(people), int(count)))))
        case _:
            main()
