"""Where the hours of steps that somebody owns went: known answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.core.activities_and_costs import (
    COORDINATION,
    OFF_SHIFT,
    OTHER_WORK,
    START_TRAINING,
    WAIT,
    waiting_for,
)
from sim.core.durations import MS_PER_HOUR as HOUR
from sim.core.durations import Fixed, Working
from sim.reporting.html.figure import SHADE
from sim.reporting.html.people_and_steps import StepTime, draw_step_times, owned_steps, step_table, step_times
from sim.scenario.models import Scenario
from sim.scenario.workflow import Step
from support.handmade import event, happened

OWNED = [Step(name="merge", owner="lead", duration=Fixed(HOUR), service=Working(HOUR))]
WAITING = waiting_for("lead")


def resolved(*steps: dict[str, Any], **trainer: Any) -> dict[str, Any]:
    """A scenario whose round trip has these steps before the training."""
    team = [{}, *({"role": role} for role in ("lead", "engineer"))]
    round_trip = {"steps": [*steps, {"name": "train"}, {"name": "validate", "owner": "lead"}]}
    parts = {"name": "Told", "team": team, "coordination": round_trip, "trainer": trainer}
    return Scenario.model_validate(parts).model_dump(mode="json")


def went(*rows: dict[str, Any], until: float = 1_000) -> StepTime:
    (time,) = step_times(happened(*rows), OWNED, until)
    return time


def waits(start: float, end: float) -> dict[str, Any]:
    return event(COORDINATION, WAITING, start, end, subject="merge")


def worked(start: float, end: float) -> list[dict[str, Any]]:
    """Work on a step is the owner's, and the round trip's."""
    return [event(actor, "merge", start, end) for actor in ("lead 1", COORDINATION)]


def test_owners_are_in_the_order_of_the_steps_the_start_of_a_training_included() -> None:
    def owners(resolved: dict[str, Any]) -> list[tuple[str, str | None]]:
        return [(step.name, step.owner) for step in owned_steps(resolved)]

    steps = {"name": "collect"}, {"name": "merge", "owner": "engineer"}
    assert owners(resolved(*steps)) == [("merge", "engineer"), ("validate", "lead")]
    assert owners(resolved(*steps, owner="engineer")) == [
        ("merge", "engineer"),
        (START_TRAINING, "engineer"),
        ("validate", "lead"),
    ]
    assert owners(Scenario.model_validate({"name": "The article's"}).model_dump(mode="json")) == []


def test_hours_are_work_or_other_work_or_off_shift() -> None:
    """Handed over on Monday at 16:00, begun on Tuesday at 10:00 after something else, done at 11:30."""
    time = went(
        waits(7, 25),
        event("lead 1", OTHER_WORK, 6, 8),
        event("lead 1", OFF_SHIFT, 8, 24),
        event("lead 1", OTHER_WORK, 24, 25),
        *worked(25, 26.5),
        event("lead 1", WAIT, 26.5, 30),
    )
    assert time == StepTime("merge", "lead", times=1, given=0, work=1.5, elsewhere=2, away=16)
    assert time.total == 19.5


def test_what_interrupts_work_is_off_shift() -> None:
    time = went(*worked(7, 8), event("lead 1", OFF_SHIFT, 8, 24), waits(8, 24), *worked(24, 25))
    assert (time.times, time.work, time.elsewhere, time.away) == (1, 2, 0, 16)


def test_what_a_step_lasts_by_itself_is_told_apart() -> None:
    """It elapses while the owner is at work on something else; the wait for them begins where it ends."""
    time = went(
        event(COORDINATION, "merge, given duration", 0, 6),
        event("lead 1", OTHER_WORK, 0, 8),
        waits(6, 8),
        *worked(8, 9),
    )
    assert time == StepTime("merge", "lead", times=1, given=6, work=1, elsewhere=2, away=0)


def test_a_step_without_work_has_a_duration_alone() -> None:
    rows = event(COORDINATION, "merge", 0, 6), waits(6, 8), event("lead 1", OFF_SHIFT, 6, 8)
    (time,) = step_times(happened(*rows), [Step(name="merge", owner="lead", duration=Fixed(6 * HOUR))], 9)
    assert time == StepTime("merge", "lead", times=1, given=6, work=0, elsewhere=0, away=2)


def test_rounds_are_added_up() -> None:
    once = waits(0, 2), event("lead 1", OFF_SHIFT, 0, 2), *worked(2, 3)
    again = [
        row | {"start_hours": row["start_hours"] + 10, "end_hours": row["end_hours"] + 10} for row in once
    ]
    assert went(*once, *again) == StepTime("merge", "lead", times=2, given=0, work=2, elsewhere=0, away=4)


def test_of_several_people_one_at_work_is_enough() -> None:
    """From 0 to 2 one is at work elsewhere, the other off shift; from 2 to 5 both are off shift."""
    time = went(
        waits(0, 5),
        event("lead 1", OTHER_WORK, 0, 2),
        event("lead 2", OFF_SHIFT, 0, 5),
        event("lead 1", OFF_SHIFT, 2, 9),
        event("lead 2", "merge", 5, 6),
        event(COORDINATION, "merge", 5, 6),
    )
    assert (time.work, time.elsewhere, time.away) == (1, 2, 3)


def test_others_do_not_count_and_neither_does_what_comes_later() -> None:
    time = went(
        waits(0, 3),
        event(COORDINATION, waiting_for("engineer"), 0, 6, subject="merge"),
        event(COORDINATION, WAITING, 0, 6, subject="validate"),
        event("engineer 1", OTHER_WORK, 0, 6),
        event("lead 1", OFF_SHIFT, 0, 3),
        *worked(3, 6),
        *worked(8, 9),
        until=5,
    )
    assert time == StepTime("merge", "lead", times=1, given=0, work=2, elsewhere=0, away=3)


def test_a_step_that_was_never_begun_is_left_out() -> None:
    assert step_times(happened(event("lead 1", WAIT, 0, 6)), OWNED, 6) == []


MERGE = StepTime("merge", "lead", times=2, given=0, work=2, elsewhere=3, away=15)
CHECK = StepTime("check", "engineer", times=4, given=0, work=1, elsewhere=0, away=0)


def test_bars_are_means_of_each_time_and_off_shift_looks_as_in_the_chart_of_the_project() -> None:
    figure = draw_step_times([MERGE, CHECK], 100)
    assert {bar.name: bar.x for bar in figure.figure.data} == {
        "work": (1, 0.25),
        "waiting: owner at work on something else": (1.5, 0),
        "waiting: owner off shift": (7.5, 0),
    }
    assert {bar.y for bar in figure.figure.data} == {("merge<br>lead", "check<br>engineer")}
    assert figure.figure.data[-1].marker.color == SHADE


def test_the_caption_says_what_it_comes_to() -> None:
    assert draw_step_times([MERGE, CHECK], 100).caption.startswith(
        "Steps that somebody owns took 21.0 h of the first 4.17 days of wall time, all rounds together: work "
        "3.00 h (14 %), waiting: owner at work on something else 3.00 h (14 %), waiting: owner off shift "
        "15.0 h (71 %). "
    )


def test_the_table_has_a_column_for_what_there_is() -> None:
    headings, rows = step_table([MERGE, CHECK])
    assert headings[:4] == ["", "owner", "times", "hours each"]
    assert headings[4:] == ["work", "waiting: owner at work on something else", "waiting: owner off shift"]
    assert rows[0] == ["merge", "lead", "2", "10.0 h", "2.00 h", "3.00 h", "15.0 h"]
    headings, rows = step_table([replace(MERGE, given=4)])
    assert headings[4] == "given duration"
    assert rows[0][3:5] == ["12.0 h", "4.00 h"]


@pytest.mark.parametrize("name", ["<b>merge</b>", "$5", "250"])
def test_steps_and_roles_may_be_called_anything(name: str) -> None:
    (label, *_) = draw_step_times([replace(MERGE, name=name, owner=name)], 100).figure.data[0].y
    escaped = name.replace("<", "&lt;").replace(">", "&gt;")
    assert label == f"{escaped}<br>{escaped}"
