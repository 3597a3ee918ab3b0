"""Plan data-labelling projects by simulating them.

>>> from sim import Scenario
>>> Scenario(name="Ours").labelling.batch
1000
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.api import Results, compare, simulate
    from sim.core.errors import LabelsimError
    from sim.scenario.models import Scenario

__all__ = ["LabelsimError", "Results", "Scenario", "compare", "simulate"]

_HOMES = {
    "LabelsimError": "sim.core.errors",
    "Results": "sim.api",
    "Scenario": "sim.scenario.models",
    "compare": "sim.api",
    "simulate": "sim.api",
}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used: `simulate --help` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
