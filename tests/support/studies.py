"""Studies that are really simulated, in this process or in several."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.replication_store import Parts
from sim.study.local import local

if TYPE_CHECKING:
    from sim.results.outcome import ScenarioOutcome
    from sim.study.study import Study


def outcomes(study: Study, jobs: int = 1) -> list[ScenarioOutcome]:
    """What a study comes to; its events are gone with its folder."""
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder))
        failed = study.run(parts, local(jobs))
        assert not failed, failed[0].traceback
        return list(study.outcomes(parts))
