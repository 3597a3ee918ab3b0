"""Training nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learner import Learner, Model


class Remembering:
    """A learner that keeps the models of the snapshots it has seen, for scenarios that share them.

    A model depends on its corpus, its learner, its snapshot and what was said of that alone, so nobody can
    tell a model that was remembered from one that was trained again.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._models: dict[tuple[bytes, bytes | None], Model] = {}

    def train(self, snapshot: NDArray[np.int64], said: NDArray[np.bool_] | None = None) -> Model:
        """The model of this snapshot, of which annotators said so."""
        key = snapshot.tobytes(), None if said is None else np.packbits(said).tobytes()
        if key not in self._models:
            self._models[key] = self.learner.train(snapshot, said)
        return self._models[key]

    def forget(self) -> None:
        """Make room: what comes next shares nothing with what was."""
        self._models.clear()
