"""Average precision, by hand and against scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from sim.learning.quality_on_test_documents import average_precisions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ranking = tuple[NDArray[np.bool_], NDArray[np.float64]]

shapes = st.tuples(st.integers(1, 40), st.integers(1, 4))


@st.composite
def rankings(draw: st.DrawFn) -> Ranking:
    """True labels and scores, many of them tied."""
    shape = draw(shapes)
    truth = draw(arrays.arrays(np.bool_, shape))
    scores = draw(arrays.arrays(np.float64, shape, elements=st.integers(-3, 3).map(lambda n: n / 3)))
    return truth, scores


def test_three_documents_worked_by_hand() -> None:
    # Ranked right, wrong, right: precision is 1 at the first and 2/3 at the second.
    truth = np.array([[True], [False], [True]])
    scores = np.array([[0.9], [0.5], [0.1]])

    assert average_precisions(truth, scores) == pytest.approx([(1 + 2 / 3) / 2])


def test_tied_documents_share_their_precision() -> None:
    # All three tie, so both right ones are found among three documents.
    truth = np.array([[True], [False], [True]])

    assert average_precisions(truth, np.zeros((3, 1))) == pytest.approx([2 / 3])


def test_label_that_no_document_carries_has_none() -> None:
    truth = np.array([[True, False], [False, False]])
    precisions = average_precisions(truth, np.array([[1.0, 1.0], [0.0, 0.0]]))

    assert precisions[0] == 1
    assert np.isnan(precisions[1])


@given(rankings())
def test_agrees_with_scikit_learn(ranking: Ranking) -> None:
    truth, scores = ranking
    precisions = average_precisions(truth, scores)

    for label in range(truth.shape[1]):
        if truth[:, label].any():
            expected = average_precision_score(truth[:, label], scores[:, label])
            assert abs(precisions[label] - expected) < 1e-12
        else:
            assert np.isnan(precisions[label])


@given(rankings())
def test_layout_in_memory_does_not_matter(ranking: Ranking) -> None:
    truth, scores = ranking

    np.testing.assert_array_equal(
        average_precisions(truth, scores), average_precisions(truth, np.asfortranarray(scores))
    )
