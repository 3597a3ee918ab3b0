"""When trainings begin: every week, at a time of the week, or after a number of documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.activities_and_costs import LABEL, TRAIN, TRAINER, WAIT_FOR_TRAINING, waiting_for
from sim.core.durations import MS_PER_HOUR
from sim.results.wall_time import wall_time
from sim.simulation.training_timetable import Timetable
from support.scenarios import refused
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    documents,
    metrics,
    reaches,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult

H = MS_PER_HOUR
WEEK = 168
AN_HOUR_EACH = [{"seconds_per_document": "1 h"}]
LEAD = {"role": "lead", "calendar": "office"}


def hourly(pool: int = 600, /, team: Any = AN_HOUR_EACH, **written: Any) -> ReplicationResult:
    """One person labels a document an hour, day and night, unless it is said otherwise."""
    written = {"coordination": NO_HAND_OVERS, "limit": {}, **written}
    labelling = {"initial": 5, "batch": 50, **written.pop("labelling", {})}
    plan = scenario(team=team, labelling=labelling, **written)
    return simulate_project(plan, documents([1] * pool), reaches(10**6))


def trainings(result: ReplicationResult) -> list[float]:
    """Hours at which trainings began."""
    events = result.events
    return [ms / H for ms in events.start_ms[events.actor.matches(TRAINER)].tolist()]


def models(result: ReplicationResult) -> list[tuple[float, int]]:
    """Hours at which models were published, and from how many documents."""
    return [(point.published_ms / H, point.labelled_documents) for point in result.curve]


# Every so often.


def test_trainings_begin_every_week_on_what_is_labelled_by_then_while_people_go_on() -> None:
    result = hourly(trainer={"every": "1 week", "duration": "4 h"})
    assert trainings(result) == [WEEK, 2 * WEEK, 3 * WEEK, 4 * WEEK]
    assert models(result) == [(WEEK + 4, 168), (2 * WEEK + 4, 336), (3 * WEEK + 4, 504), (4 * WEEK + 4, 600)]
    labelled = result.events[result.events.activity.matches(LABEL)]
    assert int(labelled.end_ms.max()) == 600 * H, "without a break"


def test_a_model_is_half_a_period_and_a_training_old_on_average() -> None:
    """Published at kT + S from what is labelled at kT, it stays for T: its mean age is S + T / 2."""
    every, lasts = 40, 12
    result = hourly(trainer={"every": f"{every} h", "duration": f"{lasts} h"})
    ages = [
        np.mean(np.arange(published, later) + 0.5) - labelled
        for (published, labelled), (later, _) in pairwise(models(result)[:-1])
    ]
    assert ages == [lasts + every / 2] * len(ages)
    assert len(ages) > 10


def test_a_training_that_takes_longer_than_the_period_leaves_one_out() -> None:
    assert trainings(hourly(200, trainer={"every": "10 h", "duration": "25 h"}))[:4] == [10, 40, 70, 100]


def test_nothing_new_is_no_training() -> None:
    office = [{"seconds_per_document": "1 h", "calendar": "office"}]
    result = hourly(40, **OFFICE, team=office, trainer={"every": "1 d", "duration": "1 h"})
    assert trainings(result) == [24, 48, 72, 96, 120]


def test_a_training_that_failed_is_repeated_at_once_and_its_week_not_lost() -> None:
    result = hourly(trainer={"every": "1 week", "duration": "1 h", "failure": 0.5}, seed=3)
    begun = trainings(result)
    assert len(begun) > len(result.curve)
    # In the order of models: those between two multiples of a week follow each other without a gap.
    for week in range(1, 5):
        of_week = [hour for hour in begun if week * WEEK <= hour < (week + 1) * WEEK]
        assert of_week == [week * WEEK + attempt for attempt in range(len(of_week))]


# At times of the week.


def test_fridays_at_four_are_on_the_clocks_of_the_project() -> None:
    result = hourly(
        1_200, start="2026-03-12 09:00", timezone="Europe/Berlin", trainer={"schedule": "fri 16:00"}
    )
    began = datetime(2026, 3, 12, 9, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    shown = [(began + timedelta(hours=h)).astimezone(ZoneInfo("Europe/Berlin")) for h in trainings(result)]
    assert [f"{one:%a %H:%M}" for one in shown] == ["Fri 16:00"] * len(shown)
    gaps = np.diff(trainings(result)).tolist()
    assert gaps == [168, 168, 167, *[168] * (len(gaps) - 3)], "clocks change on 29 March"


def test_several_times_a_week() -> None:
    result = hourly(
        170, start="2026-01-05", trainer={"schedule": "mon 9am, wed-thu 12:00", "duration": "0 s"}
    )
    assert trainings(result) == [9, 60, 84, 177]


def test_without_a_date_a_project_begins_on_a_monday_at_nine() -> None:
    assert trainings(hourly(100, trainer={"schedule": "tue 12:00", "duration": "0 s"})) == [27, 27 + WEEK]


@given(
    begins_ms=st.integers(0, 10**9),
    every=st.integers(1, 10**7),
    moments=st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
)
def test_each_time_is_for_one_training_and_none_is_too_early(
    begins_ms: int, every: int, moments: list[int]
) -> None:
    plan = scenario(trainer={"every": f"{every} ms"}).delayed_by(begins_ms)
    table, taken = Timetable(plan), []
    for now_ms in sorted(begins_ms + moment for moment in moments):
        taken.append(table.take(now_ms))
        assert now_ms <= taken[-1]
    assert all((one - begins_ms) % every == 0 for one in taken)
    assert all(earlier < later for earlier, later in pairwise([begins_ms, *taken]))
    assert taken[0] - begins_ms <= max(every, min(moments) + every - 1)


# After so many documents.


@pytest.mark.parametrize("after", [100, "100 documents"])
def test_trainings_begin_after_a_hundred_documents_and_with_what_is_left(after: object) -> None:
    result = hourly(250, trainer={"after": after, "duration": "0 s"})
    assert models(result) == [(100, 100), (200, 200), (250, 250)]


def test_a_hundred_documents_and_a_friday() -> None:
    result = hourly(
        400, start="2026-01-05", trainer={"after": 100, "schedule": "fri 0:00", "duration": "1 h"}
    )
    assert models(result) == [(97 + WEEK, 96 + WEEK), (97 + 2 * WEEK, 400)]


# Where annotators wait for it.


def test_a_batch_that_is_handed_over_waits_for_its_training_and_the_wait_costs_nothing() -> None:
    result = hourly(
        110,
        labelling={"initial": 60},
        trainer={"every": "100 h", "trigger": "handover", "duration": "4 h"},
        costs={"coordination": 1_000, "training": 1},
    )
    assert models(result) == [(104, 60), (204, 110)]
    assert wall_time(result.events, result.ended_ms)[WAIT_FOR_TRAINING] == (40 + 46) * H
    found = metrics(result)
    assert (found["waiting_hours"], found["coordination_hours"], found["cost"]) == (86, 0, 8)


def test_steps_before_a_training_come_before_its_time_and_those_after_it_after() -> None:
    steps = [{"name": "send", "duration": "10 h"}, {"name": TRAIN}, {"name": "validate", "duration": "5 h"}]
    written = {"labelling": {"initial": 60}, "coordination": {"steps": steps}}
    trainer = {"every": "100 h", "duration": "4 h"}
    waiting = hourly(110, trainer={**trainer, "trigger": "handover"}, **written)
    assert models(waiting) == [(109, 60), (209, 110)]
    going_on = hourly(110, trainer=trainer, **written)
    assert models(going_on) == [(109, 100), (209, 110)]


def test_who_starts_a_training_does_so_once_at_work() -> None:
    team = [*AN_HOUR_EACH, LEAD]
    trainer = {"schedule": "sat 12:00", "owner": "lead", "service": "1 working h", "duration": "2 h"}
    result = hourly(300, **OFFICE, team=team, trainer=trainer)
    # Monday at nine is a week after the start; the machinery begins at ten.
    assert trainings(result) == [WEEK + 1, 2 * WEEK + 1]
    assert wall_time(result.events, result.ended_ms)[waiting_for("lead")] > 0


# What is written.


def test_people_go_on_where_trainings_have_a_time_unless_it_is_said_otherwise() -> None:
    for key, value in (("every", "1 week"), ("after", 500), ("schedule", "fri 16:00")):
        assert scenario(**OFFICE, trainer={key: value}).trainer.trigger == "continuous"
    assert scenario(trainer={"every": "1 week", "trigger": "handover"}).trainer.trigger == "handover"
    assert scenario(trainer={"every": None}).trainer.trigger == "handover"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"trainer": {"every": "0 s"}}, "must be more than 0 s; write for example 1 week"),
        (
            {**OFFICE, "trainer": {"every": "1 d", "schedule": "fri 16:00"}},
            "every says already when trainings begin; leave one of the two out",
        ),
        (
            {"trainer": {"after": 500, "trigger": "handover"}},
            "what is handed over is a batch; write labelling.batch, or trigger: continuous",
        ),
        (
            {**OFFICE, "trainer": {"schedule": "16:00"}},
            "'16:00' is no time of the week; write one such as 'fri 16:00', several with commas",
        ),
        (
            {"trainer": {"after": "500 hours"}},
            "'500 hours' is no number of documents; write one such as 500, or '500 documents'",
        ),
        (
            {
                "trainer": {"every": "1 week"},
                "coordination": {"steps": [{"name": "fix", "rework": "1 h"}, {"name": TRAIN}]},
            },
            "people who go on labelling do no rework; leave it out, or write trigger: handover",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(written: dict[str, Any], said: str) -> None:
    assert refused(**written) == said
