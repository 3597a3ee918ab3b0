"""F1, accuracy, precision, recall and work saved, by hand and against scikit-learn."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics

from sim.core.quality import Quality
from sim.learning.quality_on_test_documents import measure, work_saved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Predicted = tuple[NDArray[np.bool_], NDArray[np.float64]]

probability = st.integers(0, 6).map(lambda sixths: sixths / 6)


@st.composite
def predictions(draw: st.DrawFn, *, labels: int = 4) -> Predicted:
    """True labels and probabilities, many of them tied."""
    shape = draw(st.integers(1, 30)), labels
    return draw(arrays.arrays(np.bool_, shape)), draw(arrays.arrays(float, shape, elements=probability))


def test_two_labels_worked_by_hand() -> None:
    truth = np.array([[1, 1], [1, 0], [0, 0], [0, 0]], dtype=np.bool_)
    # Both are found with one mistake; of the second nothing is found, since .4 is short of a half.
    probabilities = np.array([[0.9, 0.4], [0.5, 0.1], [0.6, 0.2], [0.1, 0.3]])
    found = measure(truth, probabilities, probabilities)
    # F1 of the first is 2 x 2 / (3 + 2); together 2 x 2 / (3 + 3).
    assert astuple(found) == pytest.approx((0.4, 2 / 3, *[None] * 5))


@given(predictions())
def test_f1_agrees_with_scikit_learn_over_the_labels_that_a_document_carries(drawn: Predicted) -> None:
    truth, probabilities = drawn
    found = measure(truth, probabilities, probabilities)
    carried = np.flatnonzero(truth.any(axis=0))
    if not len(carried):
        assert found == Quality()
        return
    for average, value in (("macro", found.macro_f1), ("micro", found.micro_f1)):
        theirs = metrics.f1_score(
            truth, probabilities >= 0.5, labels=carried, average=average, zero_division=0
        )
        assert value == pytest.approx(theirs)


@given(predictions())
def test_accuracy_agrees_with_scikit_learn_where_documents_carry_one_label_each(drawn: Predicted) -> None:
    truth, probabilities = drawn
    label = truth.argmax(axis=1)
    one_each = np.eye(truth.shape[1], dtype=np.bool_)[label]
    expected = metrics.accuracy_score(label, probabilities.argmax(axis=1))
    assert measure(one_each, probabilities, probabilities).accuracy == pytest.approx(expected)
    one_each[0] = False
    assert measure(one_each, probabilities, probabilities).accuracy is None


@given(predictions(labels=1))
def test_one_label_has_precision_and_recall_as_scikit_learn_says(drawn: Predicted) -> None:
    truth, probabilities = drawn
    truth[0] = True
    found = measure(truth, probabilities, probabilities)
    theirs = metrics.precision_recall_fscore_support(
        truth[:, 0], probabilities[:, 0] >= 0.5, average="binary", zero_division=0
    )
    assert (found.precision, found.recall, found.macro_f1) == pytest.approx(theirs[:3])
    assert found.macro_f1 == found.micro_f1
    assert found.accuracy is None


@pytest.mark.parametrize(
    ("relevant", "read"),
    [
        ([0], 1),
        ([0, 99], 100),  # 95 % of two is two
        (range(20), 19),  # 19 of 20 are enough
        ([*range(18), 40, 90], 41),
        (range(100), 95),
    ],
)
def test_work_saved_counts_what_need_not_be_read(relevant: list[int], read: int) -> None:
    truth = np.isin(np.arange(100), relevant)
    assert work_saved(truth, -np.arange(100.0)) == pytest.approx((100 - read) / 100 - 0.05)


def test_documents_with_the_same_score_are_read_together() -> None:
    truth = np.array([True, False, False, False])
    assert work_saved(truth, np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(0.45)
    assert work_saved(truth, np.zeros(4)) == pytest.approx(-0.05)


@given(predictions(labels=1), st.integers(0, 2**32 - 1))
def test_work_saved_is_of_the_shortest_reading_with_95_percent_recall(drawn: Predicted, seed: int) -> None:
    truth, _ = drawn
    truth[0] = True
    scores = np.random.default_rng(seed).permutation(len(truth)).astype(float)
    found = np.cumsum(truth[np.argsort(-scores), 0])
    read = 1 + np.flatnonzero(100 * found >= 95 * found[-1])[0]
    assert work_saved(truth[:, 0], scores) == pytest.approx(1 - read / len(truth) - 0.05)
