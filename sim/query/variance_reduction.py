"""What would teach the model most about all the documents that it is unsure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.linalg import cholesky, solve_triangular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.predictions import Predictions
    from sim.query.candidates import Candidates
    from sim.records import Pace

RARE = 10
"""A label with so many labelled documents matters half as much as one that has none."""
CANDIDATES = 300
REFERENCES = 1_000


class VarianceReduction:
    """A batch of uncertain documents that together lower the model's variance most where it is uncertain.

    A document's uncertainty is u = sum over labels of p (1 - p) / (n + 10): the variance of each label's yes
    or no, and the more, the fewer labelled documents (n) it has. Once document x has its labels, ridge
    regression's variance at document r is lower by c(r, x)² / (c(x, x) + alpha), where c is the posterior
    covariance: known before any label is put (Cohn, Ghahramani and Jordan 1996, "Active learning with
    statistical models"). The next document is the one with the largest u(x) times the sum over documents r of
    u(r) times that. Then c is what it would be with its labels, and so on: what a batch says twice counts
    once (Yu, Bi and Tresp 2006, "Active learning via transductive experimental design").

    The sum goes over 1,000 unlabelled documents and the choice over the 300 with the largest u c(x, x) of the
    900 most uncertain, so that a pick costs no more than reading the predictions, whatever the pool.
    """

    name: ClassVar[str] = "variance_reduction"
    view: ClassVar[str] = "Low Confidence"
    pace: ClassVar[Pace] = "switching"
    needs_model: ClassVar[bool] = True

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """The greedy batch; ties by document."""
        model, candidates = candidates.predictions, candidates.by_document
        documents = candidates.documents
        uncertainty = _uncertainty(candidates.scores, model.positives)
        worth = self.worth(uncertainty, candidates)
        room = max(CANDIDATES, 2 * count)
        likely = np.lexsort((documents, -worth))[: 3 * room]
        whitened = _Whitened(model)
        directions = whitened(documents[likely])
        variance = np.einsum("ij,ij->j", directions, directions)
        kept = np.sort(np.lexsort((documents[likely], -worth[likely] * variance))[:room])
        references = np.arange(0, len(documents), -(-len(documents) // REFERENCES))
        chosen = _greedy(
            directions[:, kept],
            whitened(documents[references]),
            worth[likely[kept]],
            uncertainty[references],
            model.penalty,
            count,
        )
        return documents[likely[kept[chosen]]]

    def worth(self, uncertainty: NDArray[np.floating], _: Candidates) -> NDArray[np.floating]:
        """What each candidate's share in the variance counts for: its own uncertainty."""
        return uncertainty


def _uncertainty(scores: NDArray[np.floating], positives: NDArray[np.int64]) -> NDArray[np.floating]:
    probability = np.clip((scores + 1) / 2, 0, 1)
    uncertainty: NDArray[np.floating] = (probability * (1 - probability)) @ (1 / (positives + RARE))
    return uncertainty


class _Whitened:
    """Documents in coordinates in which the posterior covariance of two is their inner product."""

    def __init__(self, model: Predictions) -> None:
        self.features = model.features
        seen = self.features[model.labelled]
        precision = seen.T @ seen / np.float32(model.penalty)
        precision.flat[:: len(precision) + 1] += 1
        self.factor = cholesky(precision, lower=True, overwrite_a=True, check_finite=False)

    def __call__(self, documents: NDArray[np.int64]) -> NDArray[np.floating]:
        """Shape ``(directions, documents)``."""
        rows: NDArray[np.floating] = solve_triangular(
            self.factor, self.features[documents].T, lower=True, check_finite=False
        )
        return rows


def _greedy(
    directions: NDArray[np.floating],
    references: NDArray[np.floating],
    worth: NDArray[np.floating],
    weight: NDArray[np.floating],
    penalty: float,
    count: int,
) -> list[int]:
    """Choose columns of ``directions`` one by one.

    The posterior covariances after t choices are the first ones less t matrices of rank 1, which are kept
    as their factors; so a choice costs one product of the first ones with a vector.
    """
    across = references.T @ directions
    variance = np.einsum("ij,ij->j", directions, directions)
    reduction = weight @ across**2
    count = min(count, len(worth))
    to_references = np.zeros((count, len(weight)), dtype=across.dtype)
    to_others = np.zeros((count, len(worth)), dtype=across.dtype)
    free = np.ones(len(worth), dtype=np.bool_)
    chosen: list[int] = []
    for turn in range(count):
        best = int(np.argmax(np.where(free, worth * reduction / (variance + penalty), -np.inf)))
        chosen.append(best)
        free[best] = False
        earlier = to_others[:turn, best]
        scale = np.sqrt(variance[best] + penalty)
        with_references = (across[:, best] - earlier @ to_references[:turn]) / scale
        with_others = (directions[:, best] @ directions - earlier @ to_others[:turn]) / scale
        weighted = weight * with_references
        shared = weighted @ across - (to_references[:turn] @ weighted) @ to_others[:turn]
        reduction = reduction - 2 * with_others * shared + with_others**2 * (weighted @ with_references)
        variance = variance - with_others**2
        to_references[turn], to_others[turn] = with_references, with_others
    return chosen
