"""Query strategies: which documents to label next.

Every module here is one strategy, which the registry finds by its file: a class of the same name (`badge`:
`Badge`) with one method, ``pick``, and what differs from most strategies (`Strategy`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from sim.learning.predictions import LIKELY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.learning.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Candidates:
    """Unlabelled documents, as rows of the pool in the replication's random order, shape ``(n,)``.

    ``model`` has the predictions of the published model; None for a strategy that needs no model. ``timing``
    returns the expected seconds for documents with such probabilities; None if all take the same.
    """

    documents: NDArray[np.int64]
    model: Predictions | None = None
    timing: Callable[[NDArray[np.int64], NDArray[np.floating]], NDArray[np.floating]] | None = None

    @property
    def predictions(self) -> Predictions:
        """Predictions of the model for the whole pool.

        Raises:
            ValueError: if there is no model.
        """
        if self.model is None:
            raise ValueError("this strategy needs a model's predictions")
        return self.model

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """Probabilities of the candidates, shape ``(n, labels)``."""
        return self.predictions.probabilities[self.documents]

    @cached_property
    def scores(self) -> NDArray[np.floating]:
        """Scores of the candidates, shape ``(n, labels)``."""
        return self.predictions.scores[self.documents]

    @cached_property
    def features(self) -> NDArray[np.floating]:
        """Features of the candidates, shape ``(n, directions)``."""
        return self.predictions.features[self.documents]

    @cached_property
    def predicted(self) -> NDArray[np.bool_]:
        """Predicted labels of the candidates: those with a probability of at least one half."""
        return self.probabilities >= LIKELY

    @cached_property
    def by_document(self) -> Candidates:
        """Candidates in the order of documents, so that ties go to the first document."""
        return replace(self, documents=np.sort(self.documents))

    @cached_property
    def seconds(self) -> NDArray[np.floating]:
        """Expected labelling time of each candidate, in seconds, shape ``(n,)``."""
        if self.timing is None:
            return np.ones(len(self.documents))
        return self.timing(self.documents, self.probabilities)

    def best(self, values: NDArray[np.floating], count: int) -> NDArray[np.int64]:
        """Return the ``count`` candidates with the highest values, ties by document."""
        # lexsort sorts by its last key first.
        return self.documents[np.lexsort((self.documents, -values))[:count]]

    def fill_up(self, chosen: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Return chosen candidates and, up to ``count``, the first others in random order."""
        if len(chosen) == count:
            return chosen
        others = self.documents[~np.isin(self.documents, chosen)]
        return np.concatenate([chosen, others[: count - len(chosen)]])


class Strategy(Protocol):
    """Protocol of a query strategy; a subclass has what most strategies have unless it says otherwise."""

    view: ClassVar[str] = "Low Confidence"
    """The training view that annotators see it in."""
    pace: ClassVar[Pace] = "switching"
    """The pace that goes with the view."""
    needs_model: ClassVar[bool] = True
    """Whether it looks at predictions."""

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick at most ``count`` of the candidates' documents, best first, without duplicates."""
        ...
