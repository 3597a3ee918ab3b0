"""What a document takes: the article's 2 x 2, and what the number of its labels adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.core.streams import Streams
from sim.scenario.models import Labelling
from sim.scenario.team import Traits
from sim.simulation.clock import Clock
from sim.simulation.event_log import END, EventLog
from sim.simulation.labelling_station import LabellingStation
from sim.simulation.pace import AnnotationTime

NO_WORDS = np.zeros(4, dtype=np.int64)
ASSIGNED = np.array([1, 2, 3, 0])
CONFIRMED = np.array([0, 1, 0, 4])
PROBABLE = np.array([[0.1, 0.1], [0.9, 0.3]] * 2)
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
    switching, _ = station._true_workload(station.time, None)[:, :, END]
    assert switching.tolist() == [3 * 7_100 + 2 * 2_000, 7_100, 7_100]
    _, focused = station._second_pass_workload(station.time, np.arange(3), assigned=0, confirmed=1)[:, :, END]
    assert focused.tolist() == [2_660] * 3, "looking again is one annotation"


@given(assigned=COUNTS, confirmed=COUNTS, wrong=COUNTS)
def test_by_default_only_the_article_s_medians_count(
    assigned: np.ndarray, confirmed: np.ndarray, wrong: np.ndarray
) -> None:
    switching, focused = times(suggestions=True).milliseconds(assigned, confirmed, wrong)
    nothing = assigned + confirmed == 0
    assert np.array_equal(switching, np.where(nothing, 7_100, assigned * 7_100 + confirmed * 2_950))
    assert np.array_equal(focused, np.where(nothing, 5_560, assigned * 5_560 + confirmed * 2_660))


def own_times(words: int = 0, traits: object = None, /, **labelling: object) -> AnnotationTime:
    """Times of a kind of person, of four documents with as many words each."""
    described = Labelling.model_validate(labelling)
    return AnnotationTime(described, np.full(4, words), Traits.model_validate(traits or {}))


def test_that_no_label_applies_takes_a_time_of_its_own_at_either_pace() -> None:
    at = own_times(200, no_label="4 s", reading="10 s", suggestions={"dismissal": "1 s"})
    for times_ms in at.milliseconds(0, 0, np.array([0, 1, 2, 0])):
        assert times_ms.tolist() == [24_000, 25_000, 26_000, 24_000]
    assert at.milliseconds(1, 0, 0)[0].tolist() == [27_100] * 4, "a document with a label takes what it did"


def test_a_document_is_expected_to_take_at_least_what_no_label_does() -> None:
    expected = own_times(no_label="4 s").expected_seconds(np.arange(4), PROBABLE)
    assert expected.tolist() == pytest.approx([4, 1.2 * 7.1] * 2)


def test_seconds_per_label_replace_the_table_in_its_proportions_and_not_what_is_added() -> None:
    at = own_times(100, {"seconds_per_label": 47}, reading="25 s", further_label="3 s", suggestions=True)
    switching, focused = at.milliseconds(ASSIGNED, CONFIRMED, 0)
    assign, confirm = 47_000, round(47_000 * 2.95 / 7.1)
    focused_assign, focused_confirm = round(47_000 * 5.56 / 7.1), round(47_000 * 2.66 / 7.1)
    added = 25_000 + 3_000 * np.array([0, 2, 2, 3])
    assert switching.tolist() == (ASSIGNED * assign + CONFIRMED * confirm + added).tolist()
    assert focused.tolist() == (ASSIGNED * focused_assign + CONFIRMED * focused_confirm + added).tolist()


@given(assigned=COUNTS, words=st.integers(0, 3_000), seconds=st.floats(0.001, 86_400))
def test_by_hand_every_document_takes_the_seconds_per_document(
    assigned: np.ndarray, words: int, seconds: float
) -> None:
    at = own_times(words, {"seconds_per_document": seconds}, reading="25 s", no_label="3 s")
    switching, _ = at.milliseconds(assigned, 0, 0)
    assert switching.tolist() == [round(1_000 * float(f"{seconds:.3f}"))] * 4


def test_suggestions_and_one_subject_save_the_same_share_of_seconds_per_document() -> None:
    usual: dict[str, object] = {"reading": "10 s", "suggestions": {"dismissal": "2 s"}}
    by_labels, own = own_times(150, **usual), own_times(150, {"seconds_per_document": "1 min"}, **usual)
    by_hand, _ = by_labels.milliseconds(ASSIGNED + CONFIRMED, 0, 0)
    for times_ms, own_ms in zip(
        by_labels.milliseconds(ASSIGNED, CONFIRMED, ASSIGNED),
        own.milliseconds(ASSIGNED, CONFIRMED, ASSIGNED),
        strict=True,
    ):
        assert own_ms.tolist() == np.rint(60_000 * times_ms / by_hand).tolist()


@pytest.mark.parametrize("key", ["seconds_per_document", "seconds_per_label"])
def test_where_the_table_has_no_time_all_annotations_take_the_person_s_own(key: str) -> None:
    none = {"assign": "0 s", "confirm": "0 s"}
    at = own_times(0, {key: 5}, annotation_times={"switching": none, "focused": none})
    assert [times_ms.tolist() for times_ms in at.milliseconds(1, 0, 0)] == [[5_000] * 4] * 2


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


STUDY = {"suggestions": {"effect": "study", "dismissal": "1 s"}, "reading": "10 s", "no_label": "2 s"}


def test_suggestions_change_times_as_in_the_study_where_they_are_shown() -> None:
    assigned, confirmed, wrong = np.array([2, 1, 0, 0]), np.array([0, 1, 2, 0]), np.array([0, 1, 0, 3])
    at = own_times(100, **STUDY)
    by_hand = np.array([24_200, 24_200, 24_200, 12_000])
    assert at.milliseconds(assigned + confirmed, 0, 0)[0].tolist() == by_hand.tolist()
    expected = by_hand * np.array([1.07, 0.925, 0.78, 1]) + wrong * 1_000
    assert at.milliseconds(assigned, confirmed, wrong, beside=True)[0].tolist() == expected.tolist()


@pytest.mark.parametrize(("share", "measured"), [(0.1, 1.045), (0.5, 0.927), (0.9, 0.815)])
def test_the_study_s_times_are_met(share: float, measured: float) -> None:
    suggested = np.arange(1_000) < share * 1_000
    at = AnnotationTime(Labelling.model_validate(STUDY), np.full(1_000, 80))
    beside, _ = at.milliseconds(1 - suggested, suggested.astype(int), 0, beside=True)
    by_hand, _ = at.milliseconds(np.ones(1_000, dtype=int), 0, 0)
    assert beside.sum() / by_hand.sum() == pytest.approx(measured, abs=0.01)


def test_who_knows_their_own_seconds_saves_the_same_share() -> None:
    own = own_times(100, {"seconds_per_document": 100}, **STUDY)
    beside, _ = own.milliseconds(np.array([1, 0] * 2), np.array([0, 1] * 2), 0, beside=True)
    assert beside.tolist() == [107_000, 78_000] * 2
