"""How long documents take, and which are labelled when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.core.activities_and_costs import REWORK
from sim.core.streams import Streams
from sim.learning.active_learner import Query
from sim.scenario.models import Labelling
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from sim.simulation.labelling_station import LabellingStation, ServiceRecord
from sim.simulation.workforce import Person

if TYPE_CHECKING:
    from sim.core.events import Events

LABELS = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 1]], dtype=np.bool_)
WORDS = np.array([0, 50, 100, 1_000])
PREDICTIONS = np.array([[0.9, 0.1, 0.5], [0.9, 0.9, 0.0], [0.4, 0.4, 0.4], [0.0, 0.6, 0.7]])


def station(people: int = 1, **settings: object) -> LabellingStation:
    labelling = Labelling.model_validate(settings)
    team = [Person(f"SME {number}") for number in range(1, people + 1)]
    return LabellingStation(labelling, LABELS, WORDS, team, Streams(1), EventLog(Clock()))


def recorded(at: LabellingStation) -> Events:
    return at.log.closed([], 10**9)


def lasts(at: LabellingStation, person: int, opened: Query, now_ms: int) -> int:
    """Milliseconds that a page takes by hand, all of it."""
    service = at.label(person, opened, now_ms, 0, None)
    assert service.documents == len(opened.documents)
    assert service.free_ms == service.labelled_ms
    return service.labelled_ms - now_ms


def page(*documents: int, pace: str = "switching", subject: str = "") -> Query:
    return Query(np.array(documents), "Label", "focused" if pace == "focused" else "switching", subject)


def test_by_hand_every_label_is_assigned_and_no_label_takes_one_annotation() -> None:
    at = station()
    assert lasts(at, 0, page(0, 1, 2), 1_000) == 7_100 * (2 + 1 + 1)
    labelled = recorded(at)
    assert labelled.end_ms.tolist() == [15_200, 22_300, 29_400]
    assert labelled.assigned.tolist() == [2, 1, 1]
    assert labelled.labels.tolist() == [2, 0, 1]
    assert not labelled.confirmed.any()
    assert labelled.pace.matches("switching").all()


def test_suggestions_are_confirmed_where_right_and_dismissed_where_wrong() -> None:
    at = station(suggestions={"threshold": 0.5, "dismissal": "1 s"})
    at.label(0, page(0, 1, 2, 3), 0, 1, PREDICTIONS)
    labelled = recorded(at)
    assert labelled.confirmed.tolist() == [1, 0, 0, 2]
    assert labelled.assigned.tolist() == [1, 1, 1, 0]
    assert labelled.wrong_suggestions.tolist() == [1, 2, 0, 0]
    spent = (labelled.end_ms - labelled.start_ms).tolist()
    assert spent == [7_100 + 2_950 + 1_000, 7_100 + 2_000, 7_100, 2 * 2_950]


def test_reading_is_added_per_100_words_in_whole_milliseconds() -> None:
    at = station(reading="333 ms")
    at.label(0, page(1, 2, 3), 0, 0, None)
    labelled = recorded(at)
    spent = (labelled.end_ms - labelled.start_ms).tolist()
    assert spent == [7_100 + 166, 7_100 + 333, 2 * 7_100 + 3_330]


@pytest.mark.parametrize(("subject", "switching"), [("wheat", 0), ("corn", 1)])
def test_a_new_subject_costs_the_first_document_its_pace(subject: str, switching: int) -> None:
    at = station()
    at.label(0, page(0, pace="focused", subject="wheat"), 0, 0, None)
    assert lasts(at, 0, page(2, 1, pace="focused", subject=subject), 99_999) == (
        2 * 5_560 + switching * (7_100 - 5_560)
    )


def test_each_person_has_a_subject_of_their_own() -> None:
    at = station(people=2)
    at.label(0, page(0, pace="focused", subject="wheat"), 0, 0, None)
    at.label(1, page(1, pace="focused", subject="corn"), 0, 0, None)
    assert lasts(at, 0, page(2, pace="focused", subject="wheat"), 99_999) == 5_560
    assert lasts(at, 1, page(3, pace="focused", subject="wheat"), 99_999) == 2 * 7_100


def test_a_snapshot_holds_what_has_ended_in_the_order_of_ending_and_of_documents() -> None:
    at = station(people=2)
    at.label(1, page(3, 2), 0, 0, None)
    at.label(0, page(1, 0), 7_100, 0, None)
    assert at.next_end_ms() == 14_200
    assert at.snapshot(14_199).tolist() == []
    assert at.snapshot(14_200).tolist() == [1, 3], "both end in this instant"
    assert at.next_end_ms() == 21_300
    assert at.snapshot(30_000).tolist() == [1, 3, 2, 0]
    assert at.next_end_ms() is None


def test_suggestions_are_those_of_the_model_that_is_published_when_a_page_is_opened() -> None:
    at = station(suggestions=True)
    at.label(0, page(0), 0, 0, None)
    at.label(0, page(2), 20_000, 1, PREDICTIONS)
    at.label(0, page(3), 40_000, 2, 1 - PREDICTIONS)
    at.label(0, page(1), 60_000, 2, PREDICTIONS.copy())
    assert recorded(at).confirmed.tolist() == [0, 0, 0, 0]
    assert recorded(at).wrong_suggestions.tolist() == [0, 0, 1, 2]


def test_looking_again_takes_time_but_labels_nothing() -> None:
    at = station()
    service = at.label(0, page(1), 0, 0, None)
    assert at.go_through(0, np.array([1, 1]), service, 0) == ServiceRecord(
        1, 7_100 + 2 * 5_560, 7_100 + 2 * 5_560
    )
    assert at.snapshot(7_100).tolist() == [1]
    assert at.next_end_ms() == 7_100 + 5_560
    assert at.snapshot(99_999).tolist() == [1]
    assert at.next_end_ms() is None
    assert recorded(at).activity.matches(REWORK).tolist() == [False, True, True]
    assert recorded(at).assigned.tolist() == [1, 0, 0]
