"""Training nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.learner import Learner, Model


class Remembering:
    """A learner that keeps the models of the snapshots it has seen, for scenarios that share them.

    A model depends on its corpus, its learner and its snapshot alone, so nobody can tell a model that was
    remembered from one that was trained again.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._models: dict[bytes, Model] = {}

    def train(self, snapshot: NDArray[np.int64]) -> Model:
        """The model of this snapshot."""
        key = snapshot.tobytes()
        if key not in self._models:
            self._models[key] = self.learner.train(snapshot)
        return self._models[key]

    def forget(self) -> None:
        """Make room: what comes next shares nothing with what was."""
        self._models.clear()
