"""Memory of studies with more and more replications: people and machinery, with a learner that takes no time.

The floor is what the process holds before the first replication: replications are kept on the disk. What a
scenario comes to is found out from all its replications at once, without their events.
`python -m benchmarks.many 100000` takes about a quarter of an hour.
"""

from __future__ import annotations

import sys
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import heading, own_bytes, scratch, spent
from sim.corpus.documents import Corpus, CorpusFacts
from sim.results import study_store
from sim.results.replication_store import ReplicationStore, to_arrow
from sim.study.executors import Processes
from sim.study.plan import StudyPlan
from sim.study.replication_policies import FixedReplications
from sim.study.study import Study
from sim.study.worker import PreparedArm, PreparedCorpus, PreparedScenario
from support.scripted import documents, reaches, scenario, simulate_project
from support.studies import EachReplication

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.study.worker import Task, TaskResult

MIB = 2**20
DOCUMENTS = 400
LOOKS = 10


def main() -> None:
    """One scenario, and a hundred that share as many replications."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    heading(f"Memory of {count:,} replications with a learner that takes no time")
    for scenarios in (1, 100):
        with scratch() as folder:
            _look(_study(scenarios, count // scenarios), folder)


def _study(scenarios: int, replications: int) -> Study:
    pool = documents([1] * DOCUMENTS)
    corpus = Corpus("scripted", ["one"], pool, documents([1] * 10))
    facts = CorpusFacts(
        "scripted", stand_in=False, documents=DOCUMENTS, test_documents=10, labels=1, fingerprint="f"
    )
    labelling = {"initial": 100, "batch": 100}
    return Study(
        StudyPlan([], [], FixedReplications()),
        [
            PreparedArm(
                [
                    PreparedScenario(
                        scenario(
                            name=f"{number}",
                            labelling=labelling,
                            replications=replications,
                            limit={},
                            seed=number,
                        ),
                        {0: PreparedCorpus(corpus, facts, Path("none"))},
                    )
                ]
            )
            for number in range(scenarios)
        ],
    )


def _look(study: Study, folder: Path) -> None:
    """Simulate, keep and write a study, and print what the process holds meanwhile."""
    parts = ReplicationStore(folder)
    done, held = 0, [own_bytes()]

    def look(*_: object) -> None:
        nonlocal done
        done += 1
        if done % (study.projects // LOOKS) == 0:
            held.append(own_bytes())

    simulating = spent(lambda: study.run(parts, _scripted, EachReplication(look)))
    said = ", ".join(f"{(size - held[0]) / MIB:+,.0f}" for size in held[1:])
    print(f"\n{len(study.prepared)} scenarios x {study.replications:,}: {simulating.clock:.0f} s to simulate")
    print(f"  held at the start {held[0] / MIB:,.0f} MiB, then by tenths {said} MiB")
    manifest = {
        "sweep": None,
        "scenarios": [{"resolved": one.scenario.model_dump(mode="json")} for one in study.prepared],
    }
    writing = spent(lambda: study_store.write_results(folder, study.outcomes(parts), manifest))
    print(
        f"  once all is written {(own_bytes() - held[0]) / MIB:+,.0f} MiB, {writing.clock:.0f} s", flush=True
    )


@contextmanager
def _scripted(arms: Sequence[PreparedArm], _: int) -> Iterator[Processes]:
    executor = _Scripted(arms)
    yield Processes(lambda: [executor], "", ahead=1)


class _Scripted(Executor):
    """Simulates at once, whatever would be called."""

    def __init__(self, arms: Sequence[PreparedArm]) -> None:
        self._projects = [arm.projects[0] for arm in arms]
        self._learner = reaches(DOCUMENTS)

    def submit(self, _: Any, __: str, tasks: Sequence[Task]) -> Future[Any]:  # type: ignore[override]
        future: Future[list[TaskResult]] = Future()
        future.set_result([[self._part(self._projects[arm], number)] for arm, number in tasks])
        return future

    def _part(self, one: PreparedScenario, replication: int) -> bytes:
        result = simulate_project(one.scenario, one.corpus.pool, self._learner, replication)
        return to_arrow(result, one.key)


if __name__ == "__main__":
    main()
