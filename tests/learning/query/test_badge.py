"""Seeds among gradient embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from sim.learning.query import Candidates
from sim.learning.query.badge import Badge, _squared_distances
from support.scripted import known


def test_distances_are_those_of_the_outer_products() -> None:
    rng = np.random.default_rng(0)
    errors, features = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    products = np.einsum("ij,ik->ijk", errors, features).reshape(5, 12)
    lengths = (products**2).sum(axis=1)
    apart = ((products - products[2]) ** 2).sum(axis=1)
    assert _squared_distances(errors, features, lengths, 2) == pytest.approx(apart)


def test_a_document_is_not_picked_for_what_another_says() -> None:
    """The gradients' squared lengths are .25, .25 and .16; 1 repeats 0, and 2 is at a right angle to both.

    The longest come first, 0 of these two by its number; then 1 is 0 away and 2 is .41 away.
    """
    model = known(np.array([[0.5], [0.5], [0.4]]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    choice = Candidates(np.array([2, 1, 0]), model)
    assert Badge().pick(choice, 3).tolist() == [0, 2, 1]


def test_certain_documents_are_not_picked_while_others_are_left() -> None:
    """A gradient of length 0 moves nothing; its distance from others is theirs alone."""
    model = known(np.array([[1.0], [0.0], [0.6]]))
    assert Badge().pick(Candidates(np.array([0, 1, 2]), model), 1).tolist() == [2]
