"""Labels are alike whose documents are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.annotation.error_model import confusable_labels
from sim.corpus.documents import Documents
from sim.learning.incremental_algebra import GramAccumulator

if TYPE_CHECKING:
    from numpy.typing import NDArray


def documents(labels: NDArray[np.bool_]) -> Documents:
    names = [str(row) for row in range(len(labels))]
    return Documents(names, names, labels)


ANGLES = np.deg2rad([0, 40, 100, 220])
POINTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_smaller_the_angle_the_more_alike(kind: type[np.float64 | np.float32]) -> None:
    """Four labels in four directions; the opposite documents, without a label, make their mean zero."""
    features: NDArray[Any] = np.concatenate([POINTS, -POINTS]).astype(kind)
    labels = np.concatenate([np.eye(4, dtype=np.bool_), np.zeros((4, 4), dtype=np.bool_)])
    found = confusable_labels(documents(labels), GramAccumulator(features))
    assert found.tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 0, 1]]


def test_what_all_documents_share_makes_no_labels_alike() -> None:
    labels = np.concatenate([np.eye(4, dtype=np.bool_), np.zeros((4, 4), dtype=np.bool_)])
    features = np.concatenate([POINTS, -POINTS])
    shifted = np.hstack([features + np.array([5, -3]), np.ones((8, 1))])
    plain, moved = (
        confusable_labels(documents(labels), GramAccumulator(rows)) for rows in (features, shifted)
    )
    assert np.array_equal(plain, moved)


def test_equals_come_in_order_and_labels_without_documents_last() -> None:
    labels = np.zeros((3, 5), dtype=np.bool_)
    labels[[0, 1, 2], [4, 1, 3]] = True
    found = confusable_labels(documents(labels), GramAccumulator(np.eye(3)))
    assert found.tolist() == [[1, 3, 4, 2], [3, 4, 0, 2], [1, 3, 4, 0], [1, 4, 0, 2], [1, 3, 0, 2]]


def test_a_label_that_all_carry_is_like_no_other() -> None:
    labels = np.array([[True, True, False], [True, False, True], [True, False, False]])
    found = confusable_labels(documents(labels), GramAccumulator(np.eye(3)))
    assert found[0].tolist() == [1, 2]
    assert found[1].tolist() == [0, 2]


def test_they_are_computed_once() -> None:
    its, moments = documents(np.eye(3, dtype=np.bool_)), GramAccumulator(np.eye(3))
    assert confusable_labels(its, moments) is confusable_labels(its, moments)
    with pytest.raises(ValueError, match="read-only"):
        confusable_labels(its, moments)[0, 0] = 1
