"""What is taken as a document's labels where several people have labelled it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.votes import Votes

NEGLIGIBLE = 1e-4
"""Change of a probability that no longer matters: where EM ends, and how near to a half is a tie."""
MOST_STEPS = 1_000
_LEAST = 1e-10  # that any probability is made of, so that all have a logarithm


def disputed(votes: Votes) -> NDArray[np.bool_]:
    """Documents on any of whose labels people disagree, shape ``(documents,)``: for an expert to decide.

    On all others ``majority`` is what everybody said.
    """
    some_did = votes.putters > 0
    some_did_not = votes.putters < votes.lookers[:, None]
    found: NDArray[np.bool_] = np.any(some_did & some_did_not, axis=1)
    return found


def majority(votes: Votes) -> NDArray[np.bool_]:
    """Labels that more than half of those who looked have put, shape ``(documents, labels)``.

    A tie puts no label: of two people, both have to put it.
    """
    kept: NDArray[np.bool_] = 2 * votes.putters > votes.lookers[:, None]
    return kept


def dawid_skene(votes: Votes) -> NDArray[np.bool_]:
    """Labels that are more probable than not by what people's votes tell about their errors.

    Shape ``(documents, labels)``. As with ``majority`` a tie puts no label.
    """
    return label_probabilities(votes) > 0.5 + NEGLIGIBLE


def label_probabilities(votes: Votes) -> NDArray[np.float64]:
    """How probable each label is, shape ``(documents, labels)`` (Dawid and Skene 1979, by their EM).

    Each person finds a label that is there, and puts one that is not, with two probabilities of their own.
    These are the same for all labels, which makes every label of every document one item of the paper's: a
    label by itself has too few documents to learn them from while a project is young. With fewer than three
    people a document the votes hardly tell who errs. EM starts with the share of people who put a label, and
    ends when no probability changes by more than ``NEGLIGIBLE``.

    Source: A. P. Dawid and A. M. Skene (1979), "Maximum likelihood estimation of observer error-rates using
    the EM algorithm", Applied Statistics 28(1), 20-28.
    """
    probable = votes.putters / votes.lookers[:, None]
    if not probable.size:
        return probable
    for _ in range(MOST_STEPS):
        before, probable = probable, _expected(votes, probable)
        if np.abs(probable - before).max() < NEGLIGIBLE:
            break
    return probable


def _expected(votes: Votes, probable: NDArray[np.float64]) -> NDArray[np.float64]:
    """One step of EM: people's rates from the probabilities, then these from the rates by Bayes's rule."""
    finds, misses = _log_rates(votes, probable)
    invents, passes = _log_rates(votes, 1 - probable)
    by_looking = misses - passes
    by_putting = finds - invents - by_looking
    prior = logit(np.clip(probable.mean(), _LEAST, 1 - _LEAST))
    looking, putting = np.asarray(votes.looked @ by_looking), np.asarray(votes.put @ by_putting)
    updated: NDArray[np.float64] = expit(prior + looking[:, None] + putting.reshape(probable.shape))
    return updated


def _log_rates(votes: Votes, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithms of the shares of all labels, weighted, that each person put and did not put."""
    asked = np.asarray(votes.looked.T @ weights.sum(axis=1))
    put = np.asarray(votes.put.T @ weights.ravel())
    put, not_put = np.maximum(put, _LEAST), np.maximum(asked - put, _LEAST)
    return np.log(put / (put + not_put)), np.log(not_put / (put + not_put))


CONSENSUS: dict[str, Callable[[Votes], NDArray[np.bool_]]] = {
    "majority": majority,
    "dawid_skene": dawid_skene,
}
