"""Documents that come in over time: who labels them, and when."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import LABEL, WAIT_FOR_DOCUMENTS
from sim.core.streams import Streams
from support.scenarios import refused
from support.scripted import (
    NO_HAND_OVERS,
    Focused,
    Scripted,
    documents,
    label_ends,
    metrics,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.learning.query import Candidates

POOL = 120
HOUR_MS = 3_600_000
LAST = f"{__name__}:Last"


class Last(Focused):
    """Picks what has come in last."""

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        return candidates.documents[-count:]


CONTINUOUS = {"duration": "0 s", "trigger": "continuous"}


def project(**keys: Any) -> ReplicationResult:
    usual = {
        "labelling": {"initial": 20, "batch": 20, "page": 10},
        "trainer": {"duration": "0 s"},
        "coordination": NO_HAND_OVERS,
    }
    learner = Scripted(lambda labelled: 0.001 * labelled, None)
    return simulate_project(scenario(**{**usual, **keys}), documents([1] * POOL), learner)


@pytest.mark.parametrize("trainer", [{"duration": "0 s"}, CONTINUOUS], ids=["handover", "continuous"])
def test_those_that_are_there_at_the_start_change_nothing(trainer: dict[str, Any]) -> None:
    there = {"per_day": 1, "at_start": POOL}
    assert metrics(project(trainer=trainer, corpus={"arrivals": there})) == metrics(project(trainer=trainer))


def test_a_batch_is_handed_out_once_all_of_it_is_there() -> None:
    """48 a day are one in half an hour: after 20 at the start a batch of 20 is there every ten hours."""
    result = project(corpus={"arrivals": {"per_day": 48, "at_start": 20}})
    assert [point.labelled_documents for point in result.curve] == [20, 40, 60, 80, 100, 120]
    begins = [round_number * 10 * HOUR_MS for round_number in range(6)]
    assert [point.published_ms for point in result.curve] == [ms + 20 * 7_100 for ms in begins]
    waits = result.events[result.events.activity.matches(WAIT_FOR_DOCUMENTS)]
    assert (waits.end_ms - waits.start_ms).tolist() == [10 * HOUR_MS - 20 * 7_100] * 5
    assert metrics(result)["waiting_hours"] == pytest.approx(50 - 5 * 20 * 7.1 / 3_600)
    assert result.reason == "pool used up"


def test_people_who_go_on_take_a_page_as_soon_as_it_is_there() -> None:
    result = project(corpus={"arrivals": {"per_day": 48, "at_start": 20}}, trainer=CONTINUOUS)
    labelled = result.events[result.events.activity.matches(LABEL)]
    ends = np.sort(labelled.end_ms)
    # The first twenty at once; then a page of ten whenever five hours have passed.
    pages = [(5 * page * HOUR_MS, ten) for page in range(1, 11) for ten in range(1, 11)]
    assert ends[20:].tolist() == [begun + ten * 7_100 for begun, ten in pages]
    assert result.reason == "pool used up"


@pytest.mark.parametrize("trainer", [{"duration": "0 s"}, CONTINUOUS], ids=["handover", "continuous"])
@pytest.mark.parametrize("strategy", ["random", LAST])
@pytest.mark.parametrize("per_day", [1_000, 3_333.3])
def test_nothing_is_labelled_before_it_arrives(
    trainer: dict[str, Any], strategy: str, per_day: float
) -> None:
    labelling = {"initial": 20, "batch": 20, "page": 10, "strategy": strategy}
    result = project(
        corpus={"arrivals": {"per_day": per_day}}, trainer=trainer, team=[{"count": 3}], labelling=labelling
    )
    arrival = np.empty(POOL)
    order = Streams(result.replication and scenario().seed).document_order(POOL)
    arrival[order] = [ceil((place + 1) * 24 * HOUR_MS / per_day) for place in range(POOL)]
    assert all(end_ms - 7_100 >= arrival[row] for row, end_ms in label_ends(result).items())
    assert len(label_ends(result)) == POOL


def test_a_project_may_end_while_it_waits_for_them() -> None:
    limit = {"hours": 12}
    for trainer in ({"duration": "0 s"}, CONTINUOUS):
        result = project(corpus={"arrivals": {"per_day": 48, "at_start": 20}}, trainer=trainer, limit=limit)
        assert (result.reason, result.ended_ms) == ("limit of hours", 12 * HOUR_MS)


def test_documents_with_names_are_there_from_the_start() -> None:
    assert refused(corpus={"arrivals": {"per_day": 5}}, labelling={"start": ["a"]}) == (
        "these documents may not have arrived; leave one of corpus.arrivals and labelling.start out"
    )
