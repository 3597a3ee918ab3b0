"""Batches that lower the model's variance where it is uncertain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.query.candidates import Candidates
from sim.query.mean_uncertainty import MeanUncertainty
from sim.query.variance_reduction import VarianceReduction
from tests.scripted import known

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
    )
    assert VarianceReduction().pick(Candidates(np.array([1, 2]), model), 2).tolist() == [2, 1]
