"""The most memory that a worker holds, beside the features and libraries that it cannot do without."""

from __future__ import annotations

import multiprocessing

from benchmarks.measure import FIVE, PROCESSORS, beside, heading, peak_bytes, python, reuters_or_exit, scratch
from sim.loading.load import read_scenarios
from sim.results.replication_store import ReplicationStore
from sim.study.executors import local
from support.studies import EachReplication, study_of

GIB = 2**30
MIB = 2**20
BARE = "import sim.study.worker; from benchmarks.measure import peak_bytes; print(peak_bytes())"


def main() -> None:
    """The article's five scenarios x 10 on two workers."""
    heading("Memory of the article's five scenarios x 10")
    reuters_or_exit()
    peaks: dict[int | None, int] = {}

    def look(*_: object) -> None:
        for process in multiprocessing.active_children():
            peaks[process.pid] = peak_bytes(str(process.pid))

    with scratch() as folder:
        study = study_of(read_scenarios(FIVE), folder, allow_stand_in=False)
        study.run(ReplicationStore(folder), local(PROCESSORS), EachReplication(look))
        rows = study.prepared[0].corpora[0].features.stat().st_size
    libraries = int(python("-c", BARE))
    found = max(peaks.values())
    beside(
        "the largest worker",
        f"{found / MIB:,.0f} MiB",
        "under 1 GiB",
        f"{(libraries + rows) / MIB:,.0f} MiB: the libraries, and the features of all documents",
        found / (libraries + rows),
        met=found < GIB,
        also=[f"the process that started them: {peak_bytes() / MIB:,.0f} MiB"],
    )


if __name__ == "__main__":
    # Workers are spawned: each imports this module anew and must not start over.
    main()
