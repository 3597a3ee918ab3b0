"""What a document takes: the article's 2 x 2, and what the number of its labels adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.core.streams import Streams
from sim.scenario.models import Labelling
from sim.simulation.clock import Clock
from sim.simulation.event_log import END, EventLog
from sim.simulation.labelling_station import LabellingStation
from sim.simulation.pace import AnnotationTime

NO_WORDS = np.zeros(4, dtype=np.int64)
ASSIGNED = np.array([1, 2, 3, 0])
CONFIRMED = np.array([0, 1, 0, 4])
COUNTS = arrays(np.int64, 4, elements=st.integers(0, 10))
PROBABILITIES = arrays(np.float64, (4, 5), elements=st.floats(0, 1))


def times(**labelling: object) -> AnnotationTime:
    return AnnotationTime(Labelling.model_validate(labelling), NO_WORDS)


def test_every_label_beyond_the_first_takes_a_further_label_s_time_at_either_pace() -> None:
    switching, focused = times(further_label="1.5 s").milliseconds(ASSIGNED, CONFIRMED, 0)
    further = np.array([0, 2, 2, 3]) * 1_500
    assert switching.tolist() == (ASSIGNED * 7_100 + CONFIRMED * 2_950 + further).tolist()
    assert focused.tolist() == (ASSIGNED * 5_560 + CONFIRMED * 2_660 + further).tolist()


def test_nothing_is_added_to_one_annotation_or_none() -> None:
    for assigned, confirmed in ((0, 0), (1, 0), (0, 1)):
        with_it, without = (
            times(further_label=further).milliseconds(assigned, confirmed, 0) for further in ("9 s", "0 s")
        )
        assert np.array_equal(with_it, without)


def test_a_wrong_suggestion_is_no_label() -> None:
    suggestions = {"dismissal": "1 s"}
    switching, _ = times(further_label="9 s", suggestions=suggestions).milliseconds(1, 0, np.full(4, 3))
    assert switching.tolist() == [7_100 + 3 * 1_000] * 4


def test_documents_with_more_labels_take_longer_at_the_desk() -> None:
    labels = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=np.bool_)
    labelling = Labelling.model_validate({"further_label": "2 s"})
    station = LabellingStation(labelling, labels, NO_WORDS[:3], [], Streams(1), EventLog(Clock()))
    switching, _ = station._true_workload(None)[:, :, END]
    assert switching.tolist() == [3 * 7_100 + 2 * 2_000, 7_100, 7_100]
    _, focused = station._second_pass_workload(np.arange(3), assigned=0, confirmed=1)[:, :, END]
    assert focused.tolist() == [2_660] * 3, "looking again is one annotation"


@given(assigned=COUNTS, confirmed=COUNTS, wrong=COUNTS)
def test_by_default_only_the_article_s_medians_count(
    assigned: np.ndarray, confirmed: np.ndarray, wrong: np.ndarray
) -> None:
    switching, focused = times(suggestions=True).milliseconds(assigned, confirmed, wrong)
    assert np.array_equal(switching, assigned * 7_100 + confirmed * 2_950)
    assert np.array_equal(focused, assigned * 5_560 + confirmed * 2_660)


def test_the_expected_labels_beyond_the_first_are_expected_to_take_theirs() -> None:
    probabilities = np.array([[0.9, 0.8, 0.7], [0.5, 0.3, 0.1], [1, 0, 0], [1, 1, 1]])
    expected = times(further_label="10 s").expected_seconds(np.arange(4), probabilities)
    without = times().expected_seconds(np.arange(4), probabilities)
    assert (expected - without).tolist() == pytest.approx([14, 0, 0, 20])


@given(probabilities=PROBABILITIES)
def test_expecting_the_expected_number_is_never_too_much(probabilities: np.ndarray) -> None:
    """Of independent labels, sum p - 1 + prod(1 - p) lie beyond the first; if one is certain, it is exact."""
    probabilities[0, 0] = 1
    at = times(further_label="1 s")
    further = at.expected_seconds(np.arange(4), probabilities) - times().expected_seconds(
        np.arange(4), probabilities
    )
    exact = probabilities.sum(axis=1) - 1 + (1 - probabilities).prod(axis=1)
    assert np.all(further <= exact + 1e-9)
    assert further[0] == pytest.approx(exact[0])


@given(probabilities=PROBABILITIES, dtype=st.sampled_from([np.float32, np.float64]))
def test_by_default_what_is_expected_is_the_same_to_the_last_bit(
    probabilities: np.ndarray, dtype: type
) -> None:
    probabilities = probabilities.astype(dtype)
    suggested = probabilities >= 0.5
    seconds = np.where(suggested, probabilities * np.int64(2_950), probabilities * np.int64(7_100))
    wrong = np.where(suggested, 1 - probabilities, 0).sum(axis=1)
    expected = (np.maximum(seconds.sum(axis=1), 2_950) + wrong * 1_000) / 1_000
    at = times(suggestions={"dismissal": "1 s"})
    assert at.expected_seconds(np.arange(4), probabilities).tobytes() == expected.tobytes()
