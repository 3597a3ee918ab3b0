"""Hours that people have for a project beside other work: as many as asked for, under any calendar."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.core.activities_and_costs import LABEL, SME, WAIT
from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import Intervals
from sim.core.streams import Streams
from sim.scenario.calendars import FIRST_MONDAY, WEEKDAYS, WorkingHours
from sim.scenario.team import Availability
from sim.simulation.workforce import Shifts, draw_availability, people_by_role, shifts_of
from support.scenarios import read_scenario, refused
from support.scripted import NO_HAND_OVERS, OFFICE, documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

H = MS_PER_HOUR
DAY_MS = 24 * H
MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - on the project's own clocks
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC-12")
SPANS = (
    "9:00-17:00",
    "9:00-12:00, 13:00-17:00",
    "22:00-6:00",
    "0:00-24:00",
    "13:00-13:20",
    "1:30-3:30, 8:00-9:00",
)


def availability(**written: Any) -> Availability:
    return Availability.model_validate(written)


def drawn(shifts: Shifts, seed: int = 1, weeks: int = 60, **written: Any) -> Intervals:
    until_ms = weeks * 7 * DAY_MS
    return draw_availability(shifts, availability(**written), Streams(seed), "SME 0.1", until_ms)


def days(shifts: Shifts, worked: Intervals, weeks: int) -> Iterator[tuple[int, Intervals, Intervals]]:
    """Week, hours and what is worked of them, of each day of some whole weeks after the start."""
    after = shifts.days[shifts.starts >= 0][0] + 7  # the day of the start may be cut
    first = after - (after - FIRST_MONDAY) % 7
    for day in range(first, first + 7 * weeks):
        mine = slice(*shifts.days.searchsorted([day, day + 1]))
        hours = Intervals.union(shifts.starts[mine], shifts.ends[mine])
        yield (day - FIRST_MONDAY) // 7, hours, hours & worked


@settings(max_examples=40)
@given(
    hours=st.dictionaries(st.sampled_from(WEEKDAYS), st.sampled_from(SPANS), min_size=1),
    zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    start=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - likewise
    hours_per_day=st.floats(0.01, 24),
    days_per_week=st.floats(0.5, 7),
    seed=st.integers(0, 2**31),
)
def test_there_are_as_many_hours_a_day_and_days_a_week_as_asked_for(
    hours: dict[str, str],
    zones: tuple[str, str],
    start: datetime,
    hours_per_day: float,
    days_per_week: float,
    seed: int,
) -> None:
    """Also in weeks in which clocks change, or a place leaves out a day."""
    start, weeks = start.replace(microsecond=0), 8
    try:
        shifts = shifts_of(WorkingHours(hours=hours, timezone=zones[0]), start, zones[1])
    except ValueError:
        return  # nights that overlap the next day are refused
    wanted = availability(hours_per_day=hours_per_day, days_per_week=days_per_week)
    worked = draw_availability(shifts, wanted, Streams(seed), "SME 0.1", (weeks + 3) * 7 * DAY_MS)
    possible: dict[int, int] = {}
    actual: dict[int, int] = {}
    for week, there, own in days(shifts, worked, weeks):
        possible[week] = possible.get(week, 0) + bool(len(there))
        actual[week] = actual.get(week, 0) + bool(len(own))
        if len(own):
            assert own.measure() == min(wanted.hours_per_day.ms, there.measure())
            assert there.between(int(own.starts[0]), own.ends_ms) == own.measure(), "one stretch"
    for week, there_are in possible.items():
        most = (math.floor(days_per_week), math.ceil(days_per_week))
        assert actual[week] in {min(there_are, days) for days in most}


def test_an_hour_and_a_half_on_three_days_of_five_some_time_in_office_hours() -> None:
    shifts = shifts_of(WorkingHours(), MONDAY, "UTC")
    worked = drawn(shifts, hours_per_day=1.5, days_per_week=3)
    for week in range(52):
        assert worked.between(week * 7 * DAY_MS, (week + 1) * 7 * DAY_MS) == 4.5 * H
    by_weekday = np.bincount((worked.starts // DAY_MS % 7)[: 3 * 52], minlength=7)
    assert by_weekday[5:].tolist() == [0, 0]
    assert stats.chisquare(by_weekday[:5]).pvalue > 0.01
    places = (worked.starts % DAY_MS / H - 9) / 6.5
    assert stats.kstest(places, "uniform").pvalue > 0.01


def test_two_and_a_half_days_a_week_are_two_or_three_and_so_on_average() -> None:
    worked = drawn(shifts_of(WorkingHours(), MONDAY, "UTC"), weeks=400, hours_per_day=1, days_per_week=2.5)
    counts = np.bincount(worked.starts // (7 * DAY_MS))[:400]
    assert set(counts.tolist()) == {2, 3}
    low, high = stats.binom(400, 0.5).ppf([0.005, 0.995])
    assert low <= (counts == 3).sum() <= high


def test_without_days_per_week_people_come_every_day_and_fill_a_half_day() -> None:
    hours = WorkingHours(hours={"mon-thu": "9:00-17:00", "fri": "9:00-10:00"})
    worked = drawn(shifts_of(hours, MONDAY, "UTC"), hours_per_day=2)
    of_days = [worked.between(day * DAY_MS, (day + 1) * DAY_MS) / H for day in range(7)]
    assert of_days == [2, 2, 2, 2, 1, 0, 0]


def test_a_break_splits_a_stretch_and_does_not_count() -> None:
    hours = WorkingHours(hours={"mon-fri": "9:00-10:00, 11:00-12:00"})
    worked = drawn(shifts_of(hours, MONDAY, "UTC"), hours_per_day=1.5)
    for day in range(5):
        own = worked.clip(day * DAY_MS, (day + 1) * DAY_MS)
        assert own.measure() == 1.5 * H
        assert (own.ends[0], own.starts[1]) == (day * DAY_MS + 10 * H, day * DAY_MS + 11 * H)


def test_a_day_is_the_same_whenever_the_project_begins() -> None:
    earlier, later = (
        drawn(shifts_of(WorkingHours(), start, "UTC"), hours_per_day=1.5, days_per_week=3)
        for start in (MONDAY, MONDAY + timedelta(days=16, hours=3))
    )
    moved_ms = 16 * DAY_MS + 3 * H
    same = earlier.clip(moved_ms, moved_ms + 30 * DAY_MS)
    assert [[start - moved_ms, end - moved_ms] for start, end in same] == [
        [start, end] for start, end in later.clip(0, 30 * DAY_MS)
    ]


def test_people_and_replications_have_days_of_their_own() -> None:
    shifts, wanted = shifts_of(WorkingHours(), MONDAY, "UTC"), availability(hours_per_day=1, days_per_week=3)
    found = [
        draw_availability(shifts, wanted, Streams(1, replication), key, 7 * DAY_MS).starts[:20].tolist()
        for replication, key in ((1, "SME 0.1"), (1, "SME 0.2"), (2, "SME 0.1"))
    ]
    assert len({*map(tuple, found)}) == 3


# In a project.


def plan(**people: Any) -> Any:
    return scenario(
        **OFFICE,
        team=[{"count": 4, **people}],
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        labelling={"initial": 6_000, "batch": 6_000, "page": 7},
        limit={"hours": 5 * 168},
    )


WITHIN = {"availability": {"within": "office"}}


@pytest.mark.parametrize("where", [{"calendar": "office"}, WITHIN, {"availability": {"within": "9-17"}}])
def test_people_are_busy_or_wait_for_as_long_as_they_are_available(where: dict[str, Any]) -> None:
    people = {"seconds_per_document": 60, "shift_end": "pause", **where}
    people["availability"] = {"hours_per_day": 1.5, "days_per_week": 3, **where.get("availability", {})}
    result = simulate_project(plan(**people), documents([1] * 6_000), reaches(6_000))
    events = result.events
    there = events[events.activity.matches(LABEL) | events.activity.matches(WAIT)]
    spent = np.bincount(there.actor.codes, there.end_ms - there.start_ms)
    assert (spent[spent > 0] / H).tolist() == [4.5 * result.ended_ms / (168 * H)] * 4
    assert result.ended_ms == 5 * 168 * H


def test_a_day_off_is_none_on_which_somebody_is_available() -> None:
    mine = {"hours_per_day": 2, "within": "office"}
    people = plan(days_off=["2026-01-06..2026-01-09"], availability=mine)
    for person in people_by_role(people, Streams(1))[SME]:
        # The project begins at nine.
        midnights = [day * DAY_MS - 9 * H for day in range(9)]
        hours = [person.calendar.between(begin, end) / H for begin, end in pairwise(midnights)]
        assert hours == [2, 0, 0, 0, 0, 0, 0, 2]


# Those who come late.


def test_some_come_later_than_the_others() -> None:
    late = {"share": "30 %", "late": {"uniform": ["1 week", "2 weeks"]}}
    people = people_by_role(scenario(team=[{"count": 1_000, "stragglers": late}]), Streams(1))[SME]
    come = np.array([person.calendar.next_start(0) for person in people]) / (7 * DAY_MS)
    low, high = stats.binom(1_000, 0.3).ppf([0.005, 0.995])
    assert low <= (come > 0).sum() <= high
    assert stats.kstest(come[come > 0] - 1, "uniform").pvalue > 0.01


def test_they_come_that_much_later_than_they_join_and_only_in_their_hours() -> None:
    late = {"share": 1, "late": "2 d"}
    (person, *_) = people_by_role(plan(joins="1 week", calendar="office", stragglers=late), Streams(1))[SME]
    assert person.calendar.next_start(0) == 9 * DAY_MS
    (weekend, *_) = people_by_role(plan(joins="4 d", calendar="office", stragglers=late), Streams(1))[SME]
    assert weekend.calendar.next_start(0) == 7 * DAY_MS


@pytest.mark.parametrize(
    "people",
    [
        {"stragglers": {"share": 1, "late": "100 years"}, "joins": "100 years"},
        {"availability": {"hours_per_day": 1, "days_per_week": 1}, "joins": "19 h", "leaves": "32 h"},
    ],
)
def test_people_without_an_hour_in_the_project_never_come(people: dict[str, Any]) -> None:
    """In the second case some happen to have their hour of the week on Tuesday."""
    planned = plan(**people, calendar="office", count=40)
    calendars = [person.calendar for person in people_by_role(planned, Streams(planned.seed))[SME]]
    coming = sum(map(bool, map(len, calendars)))
    assert coming < 40
    result = simulate_project(planned, documents([1] * 6_000), reaches(6_000))
    assert result.reason == "nobody left to label"
    labelled = result.events[result.events.activity.matches(LABEL)]
    assert len(np.unique(labelled.actor.codes)) == coming


@pytest.mark.parametrize(
    "training",
    [
        pytest.param("", id="a batch waits for them"),
        pytest.param("trainer: {schedule: fri 16:00}\ncoordination: {steps: none}\n", id="nobody waits"),
    ],
)
def test_in_an_office_nobody_labels_longer_than_asked_for(training: str, tmp_path: Path) -> None:
    """Although one document in fifty takes twenty times as long as others."""
    path = tmp_path / "ours.yaml"
    path.write_text(
        "name: Ours\ncorpus: {source: standin, documents: 2000}\nstart: 2026-01-05 00:00\nunknown: none\n"
        "team: [{count: 3, availability: {hours_per_day: 1.5, days_per_week: 3}}]\n"
        f"target: {{map: 0.8}}\nlabelling: {{batch: 100}}\n{training}",
        "utf-8",
    )
    result = simulate_project(read_scenario(path), documents([2] * 2_000), reaches(1_000))
    labelled = result.events[result.events.activity.matches(LABEL)]
    worked_ms = labelled.end_ms - labelled.start_ms
    for length_ms, most_h in ((DAY_MS, 1.5), (7 * DAY_MS, 4.5)):
        mine = labelled.actor.codes * 1_000 + labelled.start_ms // length_ms
        assert np.bincount(mine, worked_ms).max() <= most_h * H


# What is refused.


OF_OFFICE = {"hours_per_day": 1, "within": "office"}


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (
            {"availability": OF_OFFICE | {"hours_per_day": 9}},
            "no day has as many hours, 8 h at most; write less",
        ),
        (
            {"availability": OF_OFFICE | {"days_per_week": 6}},
            "there are hours on 5 days of a week; write 5 or less",
        ),
        (
            {"availability": OF_OFFICE | {"within": "night"}},
            "'night' are no hours; write such as 9:00-17:00, or one of the calendars: office",
        ),
        (
            {"availability": OF_OFFICE, "calendar": "office"},
            "calendar: office says that already; leave one of the two out",
        ),
        (
            {"availability": {"hours_per_day": 25}},
            "25 is not from 1 ms to 24 h; write for example 1.5 h",
        ),
        (
            {"stragglers": {"share": 1, "late": "1 d"}, "leaves": "2 d"},
            "stragglers may come after they leave; give those who leave an entry of their own",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(people: dict[str, Any], said: str) -> None:
    assert refused(**OFFICE, team=[people]) == said


def test_a_job_of_those_who_cannot_pause_fits_in_their_time() -> None:
    lead = {
        "role": "lead",
        "calendar": "office",
        "shift_end": "defer",
        "availability": {"hours_per_day": 1.5},
    }
    steps = [{"name": "merge", "owner": "lead", "service": "2 working h"}, {"name": "train"}]
    said = refused(**OFFICE, team=[{}, lead], coordination={"steps": steps})
    assert "longer than any shift of lead" in said
