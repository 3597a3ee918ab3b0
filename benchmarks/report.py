"""Rebuilding the report of a finished study, beside the libraries that draw it.

Studies are written down, not simulated: a model every ten hours, which comes closer to the target with each.
The floor is importing the libraries, reading the study's tables once and writing as many bytes as the report.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.measure import at_least, heading, python, scratch, seconds, usually
from support.handmade import replication, scenario_outcome
from support.pages import study

MODELS = 10
FLOOR = """
import sys
from pathlib import Path
import jinja2, numpy, plotly.io, pydantic, scipy.special, typer
from pyarrow import parquet
folder = Path(sys.argv[1])
for table in ("curve", "results", "events"):
    parquet.ParquetFile(folder / f"{table}.parquet").read()
(folder / "copy.html").write_bytes((folder / "report.html").read_bytes())
"""


def main() -> None:
    """The article's five scenarios x 10, and a hundred x 100."""
    heading("Reports of finished studies")
    for scenarios, replications, goal in ((5, 10, 2), (100, 100, 3)):
        maps = np.random.default_rng(1).uniform(0.5, 0.7, (scenarios, replications, MODELS))
        maps.sort()
        with scratch() as folder:
            outcomes = [
                scenario_outcome(
                    *(
                        replication(*projects[number - 1], name=f"Scenario {place}", number=number)
                        for number in range(1, replications + 1)
                    )
                )
                for place, projects in enumerate(maps, start=1)
            ]
            study(folder, *outcomes)
            found = usually(partial(python, "-m", "sim.cli", "report", folder))
            floor = at_least(partial(python, "-c", FLOOR, folder), runs=5)
        seconds(
            f"{scenarios} scenarios x {replications}, {MODELS} models each",
            found,
            goal,
            floor,
            "importing libraries, reading tables, and writing as many bytes",
        )


if __name__ == "__main__":
    main()
