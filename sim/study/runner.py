"""From a study that is prepared to one that is finished, and what is kept on the way."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.core.errors import LabelsimError
from sim.results import store
from sim.results.replication_store import LostPartError, Parts
from sim.study.plan import to_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.study.executors import Backend
    from sim.study.study import Failed, Study


class StudyObserver:
    """Who is told how far a study is; this one tells nobody else."""

    def on_start(self, there: int, wanted: int) -> None:
        """So many projects already simulated of those that are wanted."""

    def on_replication(self, scenario: str, replication: int, part: bytes) -> None:
        """One more project is simulated."""

    def on_corrupt_file(self, part: Path) -> None:
        """A part is not what it was, and is computed again."""


@dataclass(frozen=True, eq=False)
class StudyRun:
    """What became of a study."""

    study: Study
    failed: Sequence[Failed]
    finished: bool
    """Whether its files are written: they are unless a scenario has no replication that failed nowhere."""


ATTEMPTS = 5
"""How often what is lost from a study's folder meanwhile is simulated again, before that is an error."""


def run_study(study: Study, folder: Path, backend: Backend, observer: StudyObserver) -> StudyRun:
    """Simulate what ``folder`` does not hold yet of a study, and write what it comes to.

    A part that is gone or damaged when results are written is simulated again.

    Raises:
        WorkersLostError: if what simulates is lost.
        LabelsimError: if parts are lost again and again.
        OSError: if the folder cannot be written to. What is simulated by then is kept.
    """
    began = time.perf_counter()
    store.begin(folder, to_manifest(study))
    for _ in range(ATTEMPTS):
        try:
            return _run(study, folder, backend, observer, began)
        except LostPartError:
            continue
    lacking = "; ".join(
        f"{name} lacks {', '.join(map(str, numbers))}"
        for name, numbers in study.lacking(Parts(folder, observer.on_corrupt_file)).items()
    )
    raise LabelsimError(
        f"{folder}: parts of this study were removed or changed each of {ATTEMPTS} times they were simulated"
        f"{lacking and f' (replications: {lacking})'}. Find out what changes files there; "
        f"continue with: {going_on(folder)}"
    )


def _run(study: Study, folder: Path, backend: Backend, observer: StudyObserver, began: float) -> StudyRun:
    parts = Parts(folder, observer.on_corrupt_file)

    def simulate(study: Study) -> list[Failed]:
        observer.on_start(study.there(parts), study.projects)
        return study.run(parts, backend, observer.on_replication)

    found = study.plan.policy(study, parts, simulate)
    study, failed = found.study, found.failed
    store.keep_failures(folder, [_told(one, folder) for one in failed])
    failures = {one.replication for one in failed}
    if any(failures.issuperset(range(one.scenario.replications)) for one in study.prepared):
        return StudyRun(study, failed, finished=False)
    came_of_it = to_manifest(study) | {"seconds": round(time.perf_counter() - began, 3)}
    store.finish(folder, study.outcomes(parts, failed), came_of_it, found.precision, found.selection)
    if not failed:
        parts.drop_others(prepared.key for prepared in study.prepared)
    return StudyRun(study, failed, finished=True)


def going_on(folder: Path, *options: str) -> str:
    """The command that goes on with the study in a folder."""
    return shlex.join(["simulate", "resume", str(folder), *options])


def _told(failed: Failed, folder: Path) -> str:
    """What somebody needs to look into a failure: as all that is missing, it alone is simulated again."""
    return (
        f"{failed.scenario.name}, replication {failed.replication}, seed {failed.scenario.seed}\n"
        f"To repeat it: {going_on(folder, '--jobs', '1')}\n{failed.traceback}"
    )
