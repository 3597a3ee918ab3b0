"""Plan data-labelling projects by simulating them.

>>> from sim import Scenario
>>> Scenario(name="Ours").labelling.batch
1000
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.corpus.corpus import Corpus
    from sim.errors import LabelsimError
    from sim.results.outcome import ScenarioOutcome
    from sim.scenario.models import Scenario
    from sim.scenario.reading import read_scenarios
    from sim.study import Study

__all__ = ["Corpus", "LabelsimError", "Scenario", "ScenarioOutcome", "Study", "read_scenarios"]

_HOMES = {
    "Corpus": "sim.corpus.corpus",
    "LabelsimError": "sim.errors",
    "Scenario": "sim.scenario.models",
    "ScenarioOutcome": "sim.results.outcome",
    "Study": "sim.study",
    "read_scenarios": "sim.scenario.reading",
}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used: `simulate --help` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
