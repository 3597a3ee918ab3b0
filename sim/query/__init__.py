"""Query strategies: which documents to label next, one strategy a file.

A strategy is a tiny class with a ``name``, the ``view`` that annotators see it in, the ``pace`` that goes
with the view, ``needs_model`` (whether it looks at predictions) and one method, ``pick``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from sim.query.mean_uncertainty import MeanUncertainty
from sim.query.random import Random

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.query.candidates import Candidates
    from sim.records import Pace


class Strategy(Protocol):
    """What a project asks of a query strategy."""

    name: ClassVar[str]
    view: ClassVar[str]
    pace: ClassVar[Pace]
    needs_model: ClassVar[bool]

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """At most ``count`` of the candidates' documents, best first, none twice."""
        ...


STRATEGIES: dict[str, type[Strategy]] = {strategy.name: strategy for strategy in (Random, MeanUncertainty)}
