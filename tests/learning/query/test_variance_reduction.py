"""Batches that lower the model's variance where it is uncertain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.mean_uncertainty import MeanUncertainty
from sim.learning.query.variance_reduction import VarianceReduction
from support.scripted import known

LIKE_AND_UNLIKE = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def test_what_a_batch_says_twice_counts_once() -> None:
    """Documents 0 and 1 say the same, 2 is at a right angle; no label is put, so covariances are products.

    With a penalty of 1, a document's own variance of 1 and u as p (1 - p) = .25, .25 and .24 (all over 10,
    which changes no order), gains are u times the sum of u c² / 2: .25 (.25 + .25) / 2 = .0625 twice, and
    .24 * .24 / 2 = .0288. Document 0 is first. It halves the variance of document 1 and their covariance,
    whose gain is now .25 (.25 / 4 + .25 / 4) / 1.5 = .0208: document 2 is next.
    """
    model = known(np.array([[0.5], [0.5], [0.6]]), LIKE_AND_UNLIKE)
    choice = Candidates(np.array([2, 1, 0]), model)
    assert VarianceReduction().pick(choice, 3).tolist() == [0, 2, 1]
    assert MeanUncertainty().pick(choice, 3).tolist() == [0, 1, 2]


def test_a_document_like_those_labelled_teaches_little() -> None:
    """Document 0 is labelled and like 1, whose variance of 1 / (1 + 1) gains .25 (.25 / 4) / 1.5 = .0104.

    Document 2, at a right angle to them, gains .24 * .24 / 2 = .0288.
    """
    model = replace(
        known(np.array([[0.5], [0.5], [0.6]]), LIKE_AND_UNLIKE),
        labelled=np.array([0]),
        labels=np.array([[True]]),
        leave_one_out=lambda: np.array([[1.0]]),
    )
    assert VarianceReduction().pick(Candidates(np.array([1, 2]), model), 2).tolist() == [2, 1]


def test_between_two_labels_is_worth_more_than_far_from_both() -> None:
    """At right angles gains are u / (1 + margin) times u / 2 (all over 10).

    Probabilities of .4 and .4 have u = .24 + .24 and no margin, scores being equal: .48 * .48 / 2 = .115.
    Of .5 and .4, u is .25 + .24 and the margin 0 + .2: .49 / 1.2 * .49 / 2 = .100.
    """
    choice = Candidates(np.array([1, 0]), known(np.array([[0.4, 0.4], [0.5, 0.4]])))
    assert VarianceReduction().pick(choice, 2).tolist() == [0, 1]


@pytest.mark.parametrize(("score", "believed"), [(0.0, 0), (0.1, 1), (0.2, 4), (1.0, 4)])
def test_what_does_not_explain_unseen_labels_is_believed_as_little(score: float, believed: int) -> None:
    """Two documents are labelled, one with the label and one without.

    With one left out the other's label is the guess, which is 2 off. A model that is off by 2 times the root
    of 1 - ``score`` explains ``score`` of the variance: half of what is enough makes a quarter of the
    batch.
    """
    off = 2 * np.sqrt(1 - score)
    model = replace(
        known(np.full((20, 1), 0.5)),
        labelled=np.array([18, 19]),
        labels=np.array([[True], [False]]),
        leave_one_out=lambda: np.array([[1 - off], [off - 1]]),
    )
    assert model.explained == pytest.approx(score)
    order = np.arange(17, -1, -1)
    picked = VarianceReduction().pick(Candidates(order, model), 4).tolist()
    assert picked == [*range(believed), *range(17, 13 + believed, -1)]
