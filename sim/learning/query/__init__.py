"""Query strategies: which documents to label next, one strategy a file.

A strategy is a tiny class with a ``name``, the ``view`` that annotators see it in, the ``pace`` that goes
with the view, ``needs_model`` (whether it looks at predictions) and one method, ``pick``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from sim.learning.query.adaptive import Adaptive
from sim.learning.query.badge import Badge
from sim.learning.query.cvirs import Cvirs
from sim.learning.query.label_cardinality_inconsistency import LabelCardinalityInconsistency
from sim.learning.query.max_margin_uncertainty import MaxMarginUncertainty
from sim.learning.query.max_uncertainty import MaxUncertainty
from sim.learning.query.mean_entropy import MeanEntropy
from sim.learning.query.mean_uncertainty import MeanUncertainty
from sim.learning.query.random import Random
from sim.learning.query.rarest_label import RarestLabel
from sim.learning.query.variance_reduction import VarianceReduction
from sim.learning.query.variance_reduction_per_second import VarianceReductionPerSecond
from sim.learning.query.weighted_k_means import WeightedKMeans

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.learning.query.candidates import Candidates


class Strategy(Protocol):
    """What a project asks of a query strategy."""

    name: ClassVar[str]
    view: ClassVar[str]
    pace: ClassVar[Pace]
    needs_model: ClassVar[bool]

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """At most ``count`` of the candidates' documents, best first, none twice."""
        ...


STRATEGIES: dict[str, type[Strategy]] = {
    strategy.name: strategy
    for strategy in (
        Random,
        MeanUncertainty,
        MaxUncertainty,
        MeanEntropy,
        MaxMarginUncertainty,
        LabelCardinalityInconsistency,
        Adaptive,
        Cvirs,
        RarestLabel,
        Badge,
        WeightedKMeans,
        VarianceReduction,
        VarianceReductionPerSecond,
    )
}
