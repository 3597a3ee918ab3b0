"""Studies that are really simulated, in this process or in several."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results.replication_store import ReplicationStore
from sim.scenario.models import Scenario
from sim.scenario.portfolio import PlannedArm
from sim.study.executors import local
from sim.study.plan import StudyPlan
from sim.study.replication_policies import FixedReplications
from sim.study.study import Study, StudyObserver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.results.summary import ScenarioOutcome

SMALL_CORPUS = {
    "source": "standin",
    "documents": 60,
    "test_documents": 30,
    "labels": 3,
    "words_per_document": 20,
    "density": 1,
}


def small_scenario(name: str = "Small", **keys: Any) -> Scenario:
    """A scenario simulated in milliseconds."""
    return Scenario.model_validate(
        {
            "name": name,
            "corpus": SMALL_CORPUS,
            "learner": {"preset": "strong", "components": 8},
            "labelling": {"initial": 10, "batch": 10},
            "limit": {"documents": 40},
            "replications": 2,
        }
        | keys
    )


def study_of(scenarios: Sequence[Scenario], cache: Path, *, allow_stand_in: bool = True) -> Study:
    """Scenarios that share nothing, ready to be simulated."""
    arms = [PlannedArm([one], [("x.yaml", "")]) for one in scenarios]
    plan = StudyPlan(arms, ["simulate"], FixedReplications())
    return Study.prepare(plan, cache, allow_stand_in=allow_stand_in)


class EachReplication(StudyObserver):
    """Calls a function with the scenario, the number and the bytes of every simulated replication."""

    def __init__(self, call: Callable[[str, int, bytes], None]) -> None:
        self._call = call

    def on_replication(self, scenario: str, replication: int, part: bytes) -> None:
        self._call(scenario, replication, part)


def outcomes(study: Study, jobs: int = 1) -> list[ScenarioOutcome]:
    """What a study comes to; its events are gone with its folder."""
    with tempfile.TemporaryDirectory() as folder:
        parts = ReplicationStore(Path(folder))
        failed = study.run(parts, local(jobs))
        assert not failed, failed[0].traceback
        return list(study.outcomes(parts))
