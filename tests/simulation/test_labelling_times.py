"""How long people take in all: totals against closed forms, and what a log of the events tells of people."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from sim.core.activities_and_costs import LABEL, REWORK
from sim.core.durations import NORMAL_P90
from sim.core.streams import Streams
from sim.learning.active_learner import Query
from sim.scenario.models import Labelling
from sim.scenario.team import Team, Traits
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from sim.simulation.labelling_station import LabellingStation
from sim.simulation.pace import PaceModel
from sim.simulation.workforce import Person
from support.scenarios import refused
from support.scripted import (
    NO_HAND_OVERS,
    documents,
    label_ends,
    metrics,
    reaches,
    scenario,
    simulate_project,
)
from support.theory import holds

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult

BASE_MS = 100_000
DOCUMENTS = 40
PROJECTS = 6_000


def sigma_of(spread: float) -> float:
    return math.log(spread) / NORMAL_P90


def exact_total(traits: Traits) -> tuple[float, float]:
    """Mean and standard deviation of a person's total, in multiples of the base time.

    A time is person x lognormal x outlier x weight. Logarithms of lognormal times i and j have the covariance
    s^2 r^|i - j|, so that the mean of their product is exp(s^2 (1 + r^|i - j|)).
    """
    number = np.arange(DOCUMENTS)
    weights = 1 + (traits.practice.first - 1) * 0.5 ** (number / traits.practice.half_life)
    if traits.first_documents:
        weights = weights * np.where(number < traits.first_documents.count, traits.first_documents.factor, 1)
    share, factor = (traits.outliers.share, traits.outliers.factor) if traits.outliers else (0.0, 1.0)
    variance, between = sigma_of(traits.spread) ** 2, (sigma_of(traits.between_people) / 2) ** 2
    outlier, outlier_squared = 1 + share * (factor - 1), 1 + share * (factor**2 - 1)
    apart = np.abs(number[:, np.newaxis] - number)
    products = np.exp(variance * (1 + np.float64(traits.correlation) ** apart)) * outlier**2
    np.fill_diagonal(products, math.exp(2 * variance) * outlier_squared)
    mean = math.exp(between / 2 + variance / 2) * outlier * weights.sum()
    second_moment = math.exp(2 * between) * (weights @ products @ weights)
    return mean, math.sqrt(second_moment - mean**2)


@pytest.mark.parametrize(
    "written",
    [
        *(
            pytest.param(alone, marks=pytest.mark.slow)
            for alone in (
                {"spread": 2.5},
                {"between_people": 3},
                {"spread": 2.5, "correlation": 0.6},
                {"outliers": {"share": 0.05, "factor": 10}},
            )
        ),
        {
            "spread": 2.2,
            "between_people": 2.5,
            "correlation": 0.3,
            "outliers": {"share": 0.03, "factor": 20},
            "first_documents": {"count": 3, "factor": 2.5},
            "practice": {"first": 2, "half_life": 10},
        },
    ],
    ids=["spread", "between people", "correlation", "outliers", "all"],
)
def test_totals_have_the_mean_and_the_deviation_of_the_closed_form(written: dict[str, Any]) -> None:
    traits = Traits.model_validate(written)
    base_ms = np.full(DOCUMENTS, BASE_MS)
    totals = np.array(
        [
            PaceModel(traits, Streams(7, project), "SME 0.1", BASE_MS)
            .lengths_ms(np.arange(DOCUMENTS), base_ms, 0)
            .sum()
            / BASE_MS
            for project in range(1, PROJECTS + 1)
        ]
    )
    mean, deviation = exact_total(traits)
    holds(mean, totals)
    # The variance of a sample's variance follows from its fourth moment.
    holds(deviation**2, (totals - mean) ** 2)


def test_a_person_is_as_fast_in_every_page_and_another_one_in_the_next_project() -> None:
    traits, times = Traits.model_validate({"between_people": 4}), set()
    for project, key in ((1, "SME 0.1"), (2, "SME 0.1"), (1, "SME 0.2")):
        who = PaceModel(traits, Streams(7, project), key, BASE_MS)
        (time_ms,) = np.unique(who.lengths_ms(np.arange(20), np.full(20, BASE_MS), 0)).tolist()
        times.add(time_ms)
    assert len(times) == 3


@pytest.mark.parametrize("size", [1, 7, 20])
def test_successive_times_are_correlated_over_the_ends_of_pages(size: int) -> None:
    count = 6_000
    traits = Traits.model_validate({"spread": 2, "correlation": 0.35})
    who, times = PaceModel(traits, Streams(7), "SME 0.1", BASE_MS), []
    for begin in range(0, count, size):
        times += who.lengths_ms(np.arange(begin, begin + size), np.full(size, BASE_MS), 0).tolist()
        who.worked(size, 0)
    logs = np.log(times)
    found = np.corrcoef(logs[:-1], logs[1:])[0, 1]
    # Bartlett: the lag-one correlation of an autoregression has the variance (1 - r^2) / n.
    assert abs(found - 0.35) < 2.58 * math.sqrt((1 - 0.35**2) / count)


# What the events of a project tell.


def crew(label_counts: list[int], **people: Any) -> ReplicationResult:
    plan = scenario(
        team=[people],
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        labelling={"initial": len(label_counts), "batch": len(label_counts)},
        limit={},
    )
    return simulate_project(plan, documents(label_counts), reaches(len(label_counts)))


def seconds_by_person(result: ReplicationResult) -> list[np.ndarray]:
    labelled = result.events[result.events.activity.matches(LABEL)]
    spent = (labelled.end_ms - labelled.start_ms) / 1_000
    return [spent[labelled.actor.codes == code] for code in np.unique(labelled.actor.codes)]


def test_people_and_correlation_are_found_again_in_the_events() -> None:
    people, correlation = 40, 0.3
    logs = [
        np.log(seconds)
        for seconds in seconds_by_person(
            crew(
                [1] * 8_000,
                count=people,
                seconds_per_document=60,
                between_people=3,
                spread=2,
                correlation=correlation,
            )
        )
    ]
    residuals = [one - one.mean() for one in logs]
    number, variance = sum(map(len, logs)), sigma_of(2) ** 2
    found = sum((one[1:] * one[:-1]).sum() for one in residuals) / sum((one**2).sum() for one in residuals)
    # Of n documents each the estimate is too low by (1 + 3 r) / n, a person's mean being estimated as well.
    expected = correlation - (1 + 3 * correlation) * people / number
    assert abs(found - expected) < 2.58 * math.sqrt((1 - correlation**2) / number)
    means = np.array([one.mean() for one in logs])
    of_a_mean = np.mean([variance / len(one) for one in logs]) * (1 + correlation) / (1 - correlation)
    ratio = means.var(ddof=1) / ((sigma_of(3) / 2) ** 2 + of_a_mean) * (people - 1)
    low, high = stats.chi2(people - 1).interval(0.99)
    assert low < ratio < high
    assert abs(means.mean() - math.log(60)) < 2.58 * math.sqrt(means.var(ddof=1) / people)


def test_the_share_of_outliers_is_found_again_in_the_events() -> None:
    (seconds,) = seconds_by_person(
        crew([1] * 3_000, seconds_per_document="50 s", outliers={"share": "4 %", "factor": 20})
    )
    assert set(seconds.tolist()) == {50.0, 1_000.0}
    low, high = stats.binom(3_000, 0.04).ppf([0.005, 0.995])
    assert low <= (seconds == 1_000).sum() <= high


def test_a_minute_a_document_is_an_hour_for_sixty_whatever_their_labels() -> None:
    found = metrics(crew([0, 1, 2, 3] * 15, seconds_per_document=60))
    assert found["active_hours"] == 1
    by_label = metrics(crew([0, 1, 2, 3] * 15, seconds_per_label=60))
    assert by_label["active_hours"] == (1 + 1 + 2 + 3) / 4


def test_people_of_different_entries_have_times_of_their_own() -> None:
    plan = scenario(
        team=[{"seconds_per_document": 30}, {"seconds_per_label": 60}, {}],
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        labelling={"initial": 90, "batch": 90, "page": 1},
        limit={},
    )
    spent = seconds_by_person(simulate_project(plan, documents([2] * 90), reaches(90)))
    assert [np.unique(seconds).tolist() for seconds in spent] == [[30.0], [120.0], [14.2]]


# Revisions.


def test_a_share_of_the_documents_is_revised_after_its_page_and_counts() -> None:
    share, factor, labelled = 0.4, 0.5, 2_000
    result = crew([1] * labelled, seconds_per_document=60, revisions={"share": share, "factor": factor})
    again = result.events[result.events.activity.matches(REWORK)]
    assert np.unique(again.end_ms - again.start_ms).tolist() == [30_000]
    assert not again.assigned.any()
    assert len(np.unique(again.document)) == len(again)
    low, high = stats.binom(labelled, share).ppf([0.005, 0.995])
    assert low <= len(again) <= high
    hours = (labelled + factor * len(again)) / 60
    assert metrics(result)["active_hours"] == pytest.approx(hours)
    assert metrics(result)["labelled_documents"] == labelled
    labelled_ms = label_ends(result)
    starts_ms = again.start_ms.tolist()
    assert all(ms >= labelled_ms[one] for one, ms in zip(again.document.tolist(), starts_ms, strict=True))
    assert all(later >= earlier for earlier, later in pairwise(starts_ms))


@pytest.mark.slow
def test_totals_with_revisions_have_the_mean_and_the_deviation_of_the_closed_form() -> None:
    """A document and its revision share a lognormal factor: L (1 + B f), where B is 1 for the share."""
    share, factor, labelled = 0.4, 0.5, 60
    written = {"seconds_per_document": 60, "spread": 2, "revisions": {"share": share, "factor": factor}}
    who, pool = Person("SME 1", profile=Team.model_validate(written), key="SME 0.1"), np.arange(labelled)
    totals = []
    for project in range(1, 3_001):
        log, labels = EventLog(Clock()), np.ones((labelled, 1), dtype=np.bool_)
        at = LabellingStation(Labelling(), labels, 0 * pool, [who], Streams(7, project), log)
        service = at.label(0, Query(pool, "", "switching"), 0, 0, None)
        totals.append(at.revise(0, pool, service, 0).labelled_ms / 60_000)
    variance = sigma_of(2) ** 2
    mean = math.exp(variance / 2) * (1 + share * factor)
    second_moment = math.exp(2 * variance) * (1 + share * (2 * factor + factor**2))
    holds(labelled * mean, totals)
    holds(labelled * (second_moment - mean**2), (np.array(totals) - labelled * mean) ** 2)


def test_nobody_revises_a_revision() -> None:
    everything = crew([1] * 50, revisions={"share": 1, "factor": 1})
    assert everything.events.activity.matches(REWORK).sum() == 50


# What is refused.


@pytest.mark.parametrize(
    "people",
    [
        {"seconds_per_document": 60, "seconds_per_label": 20},
        {"speed": 2, "seconds_per_label": 20},
        {"speed": 2, "seconds_per_document": "1 min"},
    ],
)
def test_how_fast_people_are_is_said_once(people: dict[str, object]) -> None:
    first, second = (
        name for name in ("speed", "seconds_per_document", "seconds_per_label") if name in people
    )
    said = refused(team=[people])
    assert said == f"{first} says already how fast they are; leave one of the two out"
    assert second in people


@pytest.mark.parametrize("value", [0, -3, "0 s", "25 h", 90_000, True, "20", "2 working min"])
def test_seconds_are_a_number_or_a_duration_of_a_day_at_most(value: object) -> None:
    assert refused(team=[{"seconds_per_label": value}])


def test_a_number_of_seconds_is_the_same_as_the_duration() -> None:
    first, second = (
        scenario(team=[{"seconds_per_label": written}]).team[0].seconds_per_label
        for written in (90, "1.5 min")
    )
    assert first == second
    assert str(first) == "90 s"
