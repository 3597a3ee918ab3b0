"""People and machinery alone, with a learner that takes no time, beside the bare events and columns.

The floor is one SimPy timeout for each page, and writing the columns of the journal once.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import simpy

from benchmarks.measure import at_least, beside, heading, usually
from sim.core.events import Categorical, Events
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim.corpus.documents import Documents
    from sim.scenario.models import Scenario

DOCUMENTS = 10_000
PAGE = 50
PROJECTS = 20
GOAL = 1_000_000


def main() -> None:
    """The article's random batch with pages of 50 on 10,000 documents, twenty times over."""
    heading("Annotations a second, with the journal of every event")
    pool = documents([2] * 1_610 + [1] * (DOCUMENTS - 1_610))
    for people in (1, 10):
        plan = scenario(labelling={"page": PAGE}, team=[{"count": people}], limit={})
        events = simulate_project(plan, pool, reaches(DOCUMENTS)).events
        annotations = int((events.confirmed + events.assigned).sum())
        found = usually(partial(_simulate, plan, pool)).processors / PROJECTS
        floor = at_least(partial(_bare, events)) / PROJECTS
        beside(
            f"{people} annotator{'s' * (people > 1)}, batches of 1,000, pages of {PAGE}",
            f"{annotations / found:,.0f} annotations a second of a processor",
            f"at least {GOAL:,} a second",
            f"{annotations / floor:,.0f} a second: a SimPy timeout a page, and {len(events):,} rows written",
            found / floor,
            met=annotations / found >= GOAL,
        )


def _simulate(plan: Scenario, pool: Documents) -> None:
    for replication in range(1, PROJECTS + 1):
        simulate_project(plan, pool, reaches(DOCUMENTS), replication)


def _bare(events: Events) -> None:
    for _ in range(PROJECTS):
        env = simpy.Environment()
        env.process(_pages(env))
        env.run()
        for column in fields(Events):
            values = getattr(events, column.name)
            np.copy(values.codes if isinstance(values, Categorical) else values)


def _pages(env: simpy.Environment) -> Generator[simpy.Event]:
    for _ in range(DOCUMENTS // PAGE):
        yield env.timeout(PAGE)


if __name__ == "__main__":
    main()
