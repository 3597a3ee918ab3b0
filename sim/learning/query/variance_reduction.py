"""Query strategy that most reduces the model's variance on uncertain documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor

from sim.corpus.dimensionality_reduction import ROWS
from sim.learning.incremental_algebra import solve_rows
from sim.learning.query import Strategy
from sim.learning.query.max_margin_uncertainty import narrowness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.predictions import Predictions
    from sim.learning.query import Candidates

RARE = 10
"""Labelled documents with which a label matters half as much as one that has none."""
CANDIDATES = 200
"""Minimum number of documents to choose from; or four per document of the batch, if more."""
CANDIDATES_EACH = 4
LIKELY = 3
REFERENCES = 1_000
ASIDE = 64
ROUNDING = 100
"""Maximum difference of equal gains, in units of the spacing of floating-point numbers."""


class VarianceReduction(Strategy):
    """Query strategy: batches of documents that most reduce the model's variance where it is uncertain.

    A document's uncertainty is u = sum over labels of p (1 - p) / (n + 10): the variance of each label's yes
    or no, and the more, the fewer labelled documents (n) it has. Once document x has its labels, ridge
    regression's variance at document r is lower by c(r, x)² / (c(x, x) + alpha), where c is the posterior
    covariance: known before any label is put (Cohn, Ghahramani and Jordan 1996, "Active learning with
    statistical models"). The next document is the one with the largest u(x) / (1 + margin) times the sum over
    documents r of u(r) times that: a document that says nothing of any label is as uncertain as one that says
    as much of one label as of another, but only the latter teaches to tell them apart. Then c is what it
    would be with its labels, and so on: what a batch says twice counts once (Yu, Bi and Tresp 2006, "Active
    learning via transductive experimental design").

    All of this believes the model. As long as that explains less than a fifth of the labels' variance, where
    it has not seen them (leave-one-out), it is believed as the square of what it explains: uncertainties are
    drawn towards their mean and the batch is filled up with random documents.

    The sum goes over 1,000 unlabelled documents and the choice over 200 (or four times the batch): those with
    the largest u c(x, x) / (1 + margin) of three times as many with the largest u. So a pick costs little
    more than reading the predictions, whatever the pool.
    """

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        """Pick the greedy batch, ties by document, with random documents while the model is poor."""
        believed = candidates.predictions.trust
        best = self._best(candidates.by_document, round(believed * count), believed)
        return candidates.fill_up(best, count)

    def _best(self, candidates: Candidates, count: int, believed: float) -> NDArray[np.int64]:
        """Pick the documents of the greedy batch."""
        model, documents = candidates.predictions, candidates.documents
        uncertainty = _uncertainty(model.scores, model.positives)[documents]
        uncertainty = believed * uncertainty + (1 - believed) * uncertainty.mean()
        worth = self.worth(uncertainty, candidates)
        room = max(CANDIDATES, CANDIDATES_EACH * count)
        shortlist = _largest(worth, LIKELY * room)
        listed = replace(candidates, documents=documents[shortlist])
        worth = worth[shortlist] * narrowness(listed).astype(worth.dtype)
        posterior = _Posterior(model)
        whitened = posterior.whitened(listed.documents)
        variance = np.einsum("ij,ij->i", whitened, whitened)
        # In the order of documents, so that the greedy choice gives ties to the first.
        finalists = _largest(worth * variance, room)
        whitened = whitened[finalists]
        # The step is rounded up: at most 1,000 references, evenly spread.
        references = np.arange(0, len(documents), -(-len(documents) // REFERENCES))
        across = posterior.covariance(documents[references], whitened)
        across *= np.sqrt(uncertainty[references, np.newaxis])
        # NumPy computes one half of a matrix times its own transpose.
        chosen = _greedy(whitened @ whitened.T, across.T @ across, worth[finalists], model.penalty, count)
        return listed.documents[finalists[chosen]]

    def worth(self, uncertainty: NDArray[np.floating], _: Candidates) -> NDArray[np.floating]:
        """Return each candidate's weight in the sum of variances: its own uncertainty."""
        return uncertainty


def _uncertainty(scores: NDArray[np.floating], positives: NDArray[np.int64]) -> NDArray[np.floating]:
    """Compute the uncertainty of each document of the pool, in which rare labels count for more."""
    # In the scores' precision, so that no product over the pool is made in double.
    weight = (1 / (4 * (positives + RARE))).astype(scores.dtype)
    uncertainty = np.empty(len(scores), scores.dtype)
    # A block at a time, because a block fits in the processor's cache.
    for start in range(0, len(scores), ROWS):
        # Of a score s = 2 p - 1 it is 1 - s² = 4 p (1 - p).
        variance = np.square(scores[start : start + ROWS])
        np.subtract(1, variance, out=variance)
        np.maximum(variance, 0, out=variance)
        np.matmul(variance, weight, out=uncertainty[start : start + ROWS])
    return uncertainty


def _largest(values: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Return the positions of the ``count`` largest values in ascending order; of equals the first."""
    if count >= len(values):
        return np.arange(len(values))
    least = np.partition(values, -count)[-count]
    chosen = values > least
    equal = np.flatnonzero(values == least)
    chosen[equal[: count - np.count_nonzero(chosen)]] = True
    return np.flatnonzero(chosen)


class _Posterior:
    """Posterior covariance of the model's errors."""

    def __init__(self, model: Predictions) -> None:
        self.features = model.features
        # Weights have prior variance 1 and labels noise variance `penalty`: this is I + X'X / penalty.
        precision = model.gram()
        precision /= model.penalty
        precision.flat[:: len(precision) + 1] += 1
        self.factor = cho_factor(precision.T, lower=True, overwrite_a=True, check_finite=False)[0]

    def whitened(self, documents: NDArray[np.int64]) -> NDArray[np.floating]:
        """Return coordinates whose inner products are covariances, shape ``(documents, directions)``."""
        return solve_rows(self.factor, self.features[documents])

    def covariance(
        self, documents: NDArray[np.int64], whitened: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Compute covariances of documents with whitened ones, shape ``(documents, whitened)``."""
        weights = solve_rows(self.factor, whitened, transposed=True)
        across: NDArray[np.floating] = self.features[documents] @ weights.T
        return across


def _greedy(
    covariance: NDArray[np.floating],
    shared: NDArray[np.floating],
    worth: NDArray[np.floating],
    penalty: float,
    count: int,
) -> list[int]:
    """Choose candidates greedily; all arrays are of candidates by candidates, or of candidates.

    ``shared`` of x and y is the weighted sum over references r of c(r, x) c(r, y). Choosing x takes v v' from
    the covariance, where v = c(., x) / sqrt(c(x, x) + penalty), and m v' + v m' from ``shared``. 64 pairs at
    a time are kept aside and taken from the matrices together.
    """
    variance, reduction = covariance.diagonal().copy(), shared.diagonal().copy()
    free = np.ones(len(worth), dtype=np.bool_)
    rounding = ROUNDING * np.finfo(covariance.dtype).eps
    chosen: list[int] = []
    most = min(count, len(worth))
    while len(chosen) < most:
        turns = min(ASIDE, most - len(chosen))
        aside = np.zeros((2, turns, len(worth)), dtype=covariance.dtype)
        for turn in range(turns):
            gain = np.where(free, worth * reduction / (variance + penalty), -np.inf)
            # What differs by rounding alone, as BLAS pleases, is a tie: the first document has it.
            best = int(np.argmax(gain >= gain.max() - np.abs(gain.max()) * rounding))
            chosen.append(best)
            free[best] = False
            scale = np.sqrt(variance[best] + penalty)
            vs, ms = aside[:, :turn]
            v = (covariance[best] - vs[:, best] @ vs) / scale
            m = (shared[best] - vs[:, best] @ ms - ms[:, best] @ vs) / scale
            # What v v' would give back, half of it with each m.
            m -= m[best] / scale / 2 * v
            aside[0, turn], aside[1, turn] = v, m
            reduction -= 2 * v * m
            variance -= v * v
        if len(chosen) < most:
            vs, ms = aside
            covariance = covariance - vs.T @ vs
            both = ms.T @ vs
            shared = shared - both - both.T
    return chosen
