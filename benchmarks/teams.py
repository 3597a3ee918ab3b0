"""Teams of 10 to 1,000 people on 10,000 to 1,000,000 documents, with a learner that takes no time.

Each project has a process and one processor of its own, and goes all the way that it goes in a study: it is
simulated, kept as a part with what it says, and written into the study's files. What a process needs once
(libraries imported on demand, calendars laid out) stands apart: a project of 100 documents comes first. The
floor is a SimPy timeout for each page and for each event that is no document's and no wait between two
others, writing the columns of the journal once, and compressing them for each of the two files.

Five batches are handed over, so that a page holds 20 documents, or 2 where 1,000 people share a batch of
2,000. Of batches of 1,000, as the article's, a page holds one where 1,000 people share them, and of 1,000,000
documents there are a thousand to choose.

Linux; `python -m benchmarks.teams` takes about seven minutes.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, fields
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import simpy

from benchmarks.measure import Usage, at_least, beside, heading, peak_bytes, python, scratch, seconds, spent
from sim.core.activities_and_costs import LABEL, OFF_SHIFT, WAIT
from sim.core.events import Categorical, Events
from sim.corpus.documents import Corpus, CorpusFacts
from sim.results import study_store
from sim.results.replication_store import ReplicationStore, StoredReplication, to_arrow
from sim.study.plan import StudyPlan
from sim.study.replication_policies import FixedReplications
from sim.study.study import Study
from sim.study.worker import PreparedArm, PreparedCorpus, PreparedScenario
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.scenario.models import Scenario

PEOPLE = (10, 100, 1_000)
DOCUMENTS = (10_000, 100_000, 1_000_000)
PAGE, BATCHES = 20, 5
GOAL_BYTES = 2**31
MIB = 2**20
ONCE = 100
"""Documents of the project that comes first."""
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
BARE = "import sim.study.worker; from benchmarks.measure import peak_bytes; print(peak_bytes())"
STAGES = ("once", "simulated", "kept", "written")


@dataclass(frozen=True)
class MeasuredTeam:
    """What people have of their own, and how much they hand over."""

    own: dict[str, Any] | None
    """Beside calendars with lunch breaks in three time zones; None where they work day and night."""
    batch: int | None = None
    """None for a fifth of the documents."""
    goal: float = 10
    """Seconds by the clock that the largest team may take on the most documents."""


TEAMS = {
    "day and night": MeasuredTeam(None),
    "calendars": MeasuredTeam({}),
    "calendars and traits": MeasuredTeam(TRAITS),
    "calendars, batches of 1,000": MeasuredTeam({}, batch=1_000, goal=25),
}


@dataclass(frozen=True)
class Logged:
    """What the floor is of. Of the events no more, since a study lets go of them once it has kept them."""

    events: int
    timeouts: int
    """Events that are no document's and no wait between two others."""
    columns: Sequence[np.dtype[Any]]

    @classmethod
    def of(cls, events: Events) -> Self:
        """What the floor of these events is of."""
        no_timeouts = sum(
            int(events.activity.matches(activity).sum()) for activity in (LABEL, WAIT, OFF_SHIFT)
        )
        columns = [_array(events, column.name).dtype for column in fields(Events)]
        return cls(len(events), len(events) - no_timeouts, columns)

    @property
    def bytes(self) -> int:
        """What all columns take."""
        return self.events * sum(column.itemsize for column in self.columns)


@dataclass(frozen=True)
class Measured:
    """What one project took: seconds by the clock and of a processor, and bytes."""

    clock: Sequence[float]
    """Of each stage."""
    processors: Sequence[float]
    """Of each stage."""
    floor: float
    """Processor seconds of the stages after the first."""
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
    print("\nSeconds by the clock, and of the processor together\n")
    print(f"| team | people | documents | events | {' | '.join(STAGES)} | together | processor | MiB |")
    print(f"|{'---|' * (7 + len(STAGES))}")
    for (team, people, count), one in found.items():
        stages = " | ".join(f"{clock:.2f}" for clock in one.clock)
        print(
            f"| {team} | {people:,} | {count:,} | {one.events:,} | {stages} | {sum(one.clock):.2f} "
            f"| {sum(one.processors):.2f} | {one.peak / MIB:,.0f} |"
        )


def _print_growth(found: dict[tuple[str, int, int], Measured]) -> None:
    """Print the slopes of lines through the logarithms of processor seconds, of all stages but the first."""
    print("\nTo which power of documents, and of people, processor seconds grow: 1 is linear\n")
    fixed = [f"{people:,} people" for people in PEOPLE] + [f"{count:,} documents" for count in DOCUMENTS]
    print(f"| team | {' | '.join(fixed)} |\n|{'---|' * (1 + len(fixed))}")
    for team in TEAMS:
        took = np.array(
            [[sum(found[team, people, count].processors[1:]) for count in DOCUMENTS] for people in PEOPLE]
        )
        slopes = [*_slopes(DOCUMENTS, took.T), *_slopes(PEOPLE, took)]
        print(f"| {team} | {' | '.join(f'{slope:.2f}' for slope in slopes)} |")


def _slopes(sizes: Sequence[int], took: NDArray[np.float64]) -> list[float]:
    """One for each column of ``took``, which has a row for each size."""
    slopes: list[float] = np.polyfit(np.log(sizes), np.log(took), 1)[0].tolist()
    return slopes


def _print_largest(team: str, one: Measured, libraries: int) -> None:
    what = f"{PEOPLE[-1]:,} people, {DOCUMENTS[-1]:,} documents, {team}"
    floor_is = "timeouts, and columns written and compressed twice"
    seconds(what, Usage(sum(one.clock), sum(one.processors)), TEAMS[team].goal, one.floor, floor_is)
    beside(
        f"memory of {what}",
        f"{one.peak / MIB:,.0f} MiB",
        f"under {GOAL_BYTES / MIB:,.0f} MiB",
        f"{(libraries + one.columns) / MIB:,.0f} MiB: the libraries, and {one.columns / MIB:,.0f} of columns",
        one.peak / (libraries + one.columns),
        met=one.peak < GOAL_BYTES,
    )


def _measure(team: MeasuredTeam, people: int, count: int) -> Measured:
    """Take a small project and then one of this size all the way, on one processor."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    once = spent(lambda: _all_the_way(team, people, ONCE))
    stages, logged, narrow = _all_the_way(team, people, count)
    peak = peak_bytes()
    pages = ceil(count / min(PAGE, ceil(_batch(team, count) / people)))
    return Measured(
        clock=[stage.clock for stage in (once, *stages)],
        processors=[stage.processors for stage in (once, *stages)],
        floor=_floor(logged, pages, narrow),
        peak=peak,
        columns=logged.bytes,
        events=logged.events,
    )


def _all_the_way(team: MeasuredTeam, people: int, count: int) -> tuple[list[Usage], Logged, pa.Table]:
    """What each stage took; the events that were simulated, and as they were kept."""
    plan = _plan(team, people, count)
    twice = round(TWO_LABELS * count)
    pool = documents([2] * twice + [1] * (count - twice))
    facts = CorpusFacts(
        "scripted", stand_in=False, documents=count, test_documents=2, labels=2, fingerprint="f"
    )
    corpus = Corpus("scripted", ["one"], pool, documents([1, 2]))
    prepared = PreparedScenario(plan, {0: PreparedCorpus(corpus, facts, Path("none"))})
    results: list[ReplicationResult] = []
    contents: list[bytes] = []
    with scratch() as folder:
        simulated = spent(lambda: results.append(simulate_project(plan, pool, reaches(count))))
        logged = Logged.of(results[0].events)
        kept = spent(lambda: contents.append(to_arrow(results.pop(), prepared.key)))
        written = spent(lambda: _write(prepared, folder, contents[0]))
    return [simulated, kept, written], logged, StoredReplication(contents[0]).events


def _plan(team: MeasuredTeam, people: int, count: int) -> Scenario:
    labelling = {"batch": _batch(team, count), "page": PAGE}
    plain = {"labelling": labelling, "limit": {}, "replications": 1}
    if team.own is None:
        return scenario(**plain, team=[{"count": people}])
    return scenario(
        **plain,
        start="2026-01-05 09:00",
        calendars={zone: {"hours": LUNCH, "timezone": zone} for zone in ZONES},
        team=[
            {"count": len(range(place, people, len(ZONES))), "calendar": zone, **team.own}
            for place, zone in enumerate(ZONES)
        ],
    )


def _batch(team: MeasuredTeam, count: int) -> int:
    return team.batch or count // BATCHES


def _write(prepared: PreparedScenario, folder: Path, content: bytes) -> None:
    study, parts = (
        Study(StudyPlan([], [], FixedReplications()), [PreparedArm([prepared])]),
        ReplicationStore(folder),
    )
    parts.add(prepared.key, 1, content)
    manifest = {"sweep": None, "scenarios": [{"resolved": prepared.scenario.model_dump(mode="json")}]}
    study_store.write_results(folder, study.outcomes(parts), manifest)


def _floor(logged: Logged, pages: int, narrow: pa.Table) -> float:
    """Processor seconds without which nothing is simulated, kept and written."""
    columns = [np.ones(logged.events, column) for column in logged.columns]
    chunks = [chunk for column in narrow.columns for chunk in column.chunks]
    buffers = [buffer for chunk in chunks for buffer in chunk.buffers() if buffer]
    codec = pa.Codec("zstd")

    def bare() -> None:
        env = simpy.Environment()
        env.process(_timeouts(env, pages + logged.timeouts))
        env.run()
        for column in columns:
            np.copy(column)
        for buffer in 2 * buffers:
            codec.compress(buffer)

    return at_least(bare, runs=3)


def _array(events: Events, name: str) -> NDArray[Any]:
    values = getattr(events, name)
    return values.codes if isinstance(values, Categorical) else values


def _timeouts(env: simpy.Environment, count: int) -> Generator[simpy.Event]:
    for _ in range(count):
        yield env.timeout(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [team, people, count]:
            print(json.dumps(asdict(_measure(TEAMS[team], int(people), int(count)))))
        case _:
            main()
