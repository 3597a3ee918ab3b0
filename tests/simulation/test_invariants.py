"""Every project is checked at its end; these contradictions must not pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.core.activities_and_costs import LABEL, TRAIN, WAIT
from sim.core.events import Categorical
from sim.core.quality import CurvePoint
from sim.simulation.event_log import InvariantError, verify
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.core.events import Events, ReplicationResult

PEOPLE = ["SME 1", "SME 2"]


def project() -> ReplicationResult:
    plan = scenario(labelling={"initial": 20, "batch": 20, "page": 5}, team=[{"count": 2}])
    return simulate_project(plan, documents([1, 2] * 40), reaches(80))


def row(events: Events, activity: str, number: int = 0) -> int:
    return int(np.flatnonzero(events.activity.matches(activity))[number])


def changed(events: Events, column: str, position: int, by: int) -> Events:
    values = getattr(events, column).copy()
    values[position] += by
    return replace(events, **{column: values})


def test_what_the_simulation_leaves_behind_passes() -> None:
    result = project()
    verify(result.events, PEOPLE, result.ended_ms, result.curve)


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (lambda events: changed(events, "end_ms", 3, -(10**9)), "ends before it starts"),
        (lambda events: changed(events, "start_ms", len(events) - 1, -(10**8)), "time goes back"),
        (lambda events: changed(events, "end_ms", len(events) - 1, 1), "outlives the project"),
        (
            lambda events: changed(
                events,
                "document",
                row(events, LABEL),
                int(events.document[row(events, LABEL, 1)] - events.document[row(events, LABEL)]),
            ),
            "labelled too often",
        ),
        (lambda events: changed(events, "end_ms", row(events, LABEL, 8), 1), "in two places or in none"),
        (lambda events: events[np.arange(len(events)) != row(events, WAIT, -1)], "does not add up"),
        (
            lambda events: changed(events, "end_ms", row(events, TRAIN), 2 * 10**8),
            "two trainings overlap",
        ),
    ],
)
def test_events_that_contradict_each_other_do_not(tamper: Callable[[Events], Events], message: str) -> None:
    result = project()
    with pytest.raises(InvariantError, match=message):
        verify(tamper(result.events), PEOPLE, result.ended_ms, result.curve)


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ([CurvePoint(0, 20, 9 * 10**8, 0.1), CurvePoint(1, 40, 8 * 10**8, 0.1)], "out of order"),
        ([CurvePoint(0, 40, 8 * 10**8, 0.1), CurvePoint(1, 20, 9 * 10**8, 0.1)], "shrinks"),
        ([CurvePoint(0, 80, 1_000, 0.1)], "not labelled yet"),
    ],
)
def test_models_that_could_not_have_been_published_do_not(curve: list[CurvePoint], message: str) -> None:
    result = project()
    with pytest.raises(InvariantError, match=message):
        verify(result.events, PEOPLE, result.ended_ms, curve)


def test_a_person_without_events_is_missed() -> None:
    result = project()
    with pytest.raises(InvariantError, match="SME 3's time does not add up"):
        verify(result.events, [*PEOPLE, "SME 3"], result.ended_ms, result.curve)


def test_words_are_found_only_where_they_are() -> None:
    words = Categorical.from_codes(np.array([2, 0, 2]), ["a", "c", "b"])
    assert words.names == ("a", "b")
    assert words.matches("b").tolist() == [True, False, True]
    assert not words.matches("c").any()
