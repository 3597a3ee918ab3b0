"""A narrow margin and a surprising number of labels, in several mixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.learning.query import Strategy
from sim.learning.query.label_cardinality_inconsistency import inconsistency
from sim.learning.query.max_margin_uncertainty import separation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Candidates


MIXTURES = (1.0, 0.75, 0.5, 0.25, 0.0)
NARROWEST = 1e-6
"""A margin of 0 counts as this, so that a mixture is a number."""


class Adaptive(Strategy):
    """Query strategy: the best documents of several mixtures of margin and label cardinality, in turn.

    A mixture is (1 / margin)^beta times inconsistency^(1 - beta), with the margin and the inconsistency of
    ``max_margin_uncertainty`` and ``label_cardinality_inconsistency`` (Li and Guo 2013, "Active learning with
    multi-label SVM classification"). The paper takes the best document of each beta and chooses the one of
    them that promises the least error after training on it. A batch has room for all of them: here they
    are picked in turn, beta = 1, .75, .5, .25, 0, so that none has to be trained on first.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the best remaining document of each mixture in turn, ties by document."""
        narrowness = 1 / np.maximum(separation(candidates), NARROWEST)
        surprise = inconsistency(candidates)
        rankings = [candidates.best(narrowness**beta * surprise ** (1 - beta), count) for beta in MIXTURES]
        # Keep each document's first turn; np.unique sorts by document, so the turns are sorted again.
        _, first = np.unique(in_turn := np.stack(rankings, axis=1).ravel(), return_index=True)
        return in_turn[np.sort(first)[:count]]
