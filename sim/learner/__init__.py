"""Learners: what turns labelled documents into a model, and how good that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.predictions import Predictions


class Model(Protocol):
    """What a project asks of a trained model."""

    @property
    def map(self) -> float:
        """Mean average precision on the test documents."""
        ...

    @property
    def average_precisions(self) -> NDArray[np.float64]:
        """Of each label on the test documents, NaN for one that none of them carries; their mean is MAP."""
        ...

    def predictions(self) -> Predictions:
        """What it thinks of every document of the pool."""
        ...


class Learner(Protocol):
    """What a project asks of a learner."""

    def train(self, snapshot: NDArray[np.int64], said: NDArray[np.bool_] | None = None) -> Model:
        """The model that these documents give, rows of the pool in the order of labelling.

        ``said``, shape ``(labelled, labels)``, is what annotators said of them, None where that is the truth.
        All that a project can see of its model comes from what was said; how good it is, from the truth.
        """
        ...
