"""What a cluster costs beside processes of one machine: hand-overs on Reuters, by two Dask workers.

Scheduler and command share two processors with the workers here, so that the clock says little of a cluster.
What the scheduler and the command spend on a replication says how many workers each can keep busy.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from time import process_time

from distributed import Client
from distributed.protocol.pickle import dumps

from benchmarks.handover import OVER
from benchmarks.measure import PROCESSORS, heading, reuters_or_exit, scratch, spent
from sim.loading.sweep import read_sweep
from sim.results.replication_store import ReplicationStore
from sim.study.cluster import StudyPlugin, cluster
from sim.study.executors import local
from support.dask_processes import WORKER, dask, scheduler
from support.paths import ROOT
from support.studies import study_of

MS = 1_000
MIB = 2**20


def main() -> None:
    """A thousand set-ups, once to start with and then twice more, by both."""
    heading("Hand-overs on Reuters by two processes of this machine, and by two Dask workers")
    reuters_or_exit()
    with scratch() as folder, ExitStack() as running:
        file = ROOT / "scenarios" / "random_batch.yaml"
        study = study_of(read_sweep(file, OVER, ["replications=3"]).scenarios, folder)
        projects = study.projects
        here = spent(lambda: study.run(ReplicationStore(folder / "here"), local(PROCESSORS)))
        each = here.processors / projects
        print(f"two processes: {here.clock:.1f} s, {each * MS:.1f} ms of a processor a project")

        address, schedules = running.enter_context(scheduler())
        for _ in range(PROCESSORS):
            running.enter_context(dask("worker", address, "--no-nanny", *WORKER))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(PROCESSORS)
        with cluster(address) as workers:
            first = study.with_replications([1] * len(study.prepared))
            begun = spent(lambda: first.run(ReplicationStore(folder / "there"), workers))
            before = _seconds(schedules.pid), process_time()
            there = spent(lambda: study.run(ReplicationStore(folder / "there"), workers))
            after = _seconds(schedules.pid), process_time()
        clock = begun.clock + there.clock
        same = _names(folder / "here") == _names(folder / "there")
        print(f"two workers: {clock:.1f} s; the same bytes: {same}")
        print(f"each worker was sent {len(dumps(StudyPlugin(study.arms))) / MIB:.1f} MiB, once")
    for who, ago, now in zip(("scheduler", "command"), before, after, strict=True):
        took = (now - ago) / (projects - first.projects)
        print(f"{who}: {took * MS:.2f} ms of a processor a project: enough for {each / took:.0f} workers")


def _names(folder: Path) -> list[str]:
    """The parts of a study: their names tell what they hold."""
    return sorted(path.name for path in folder.rglob("*.arrow"))


def _seconds(process: int) -> float:
    """What a running process has spent (Linux)."""
    user, system = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
