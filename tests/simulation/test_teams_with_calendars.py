"""Projects of people who are not always there: answers by hand, and what must add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import COORDINATION, LABEL, OFF_SHIFT, TRAIN, WAIT, waiting_for
from sim.results.replication_metrics import active_ms, compute_metrics
from sim.scenario.models import Scenario
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    WORDS_ARE_MILLISECONDS,
    documents,
    hours,
    metrics,
    reaches,
    scenario,
    simulate_project,
    timed,
)

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult

HOUR = 3_600_000
MONDAY_NINE = {"start": "2026-01-05 09:00"}
NINE_TO_FIVE = {"office": {"hours": {"mon-fri": "9:00-17:00"}}}


def labelled(shift_end: str, *lengths: float, **keys: Any) -> ReplicationResult:
    """One SME in the office labels documents that take so many hours each; then nothing takes any time."""
    plan = scenario(
        **OFFICE,
        labelling={"initial": len(lengths), "start": ["000000"], "batch": 1, **WORDS_ARE_MILLISECONDS},
        team=[{"calendar": "office", "shift_end": shift_end}],
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        **keys,
    )
    return simulate_project(plan, timed(np.array(lengths) * HOUR), reaches(len(lengths)))


def spells(result: ReplicationResult, activity: str = LABEL) -> list[tuple[float, float]]:
    """Hours from and to which somebody was at it."""
    rows = result.events[result.events.activity.matches(activity)]
    return [(hours(start), hours(end)) for start, end in zip(rows.start_ms, rows.end_ms, strict=True)]


@pytest.mark.parametrize(
    ("shift_end", "labelling"),
    [
        ("finish", [(0, 6), (6, 10)]),
        ("pause", [(0, 6), (6, 8), (24, 26)]),
        ("restart", [(0, 6), (6, 8), (24, 28)]),
        ("defer", [(0, 6), (24, 28)]),
    ],
)
def test_a_document_of_four_hours_begun_two_before_the_end(
    shift_end: str, labelling: list[tuple[float, float]]
) -> None:
    """The first lasts from Monday 9:00 to 15:00; the second ends Monday 19:00, Tuesday 11:00, or at 13:00."""
    result = labelled(shift_end, 6, 4)
    assert spells(result) == labelling
    assert result.ended_ms == labelling[-1][1] * HOUR


def test_a_document_that_is_in_hand_over_night_is_annotated_once_and_its_hours_count_once() -> None:
    result = labelled("pause", 20)
    labelling = result.events[result.events.activity.matches(LABEL)]
    assert labelling.assigned.tolist() == [0, 0, 1]
    assert spells(result) == [(0, 8), (24, 32), (48, 52)]
    assert spells(result, OFF_SHIFT) == [(8, 24), (32, 48)]
    assert metrics(result)["annotations"] == 1
    assert metrics(result)["active_hours"] == 20
    assert metrics(result)["off_shift_hours"] == 32


def test_forty_working_hours_from_monday_morning_take_104_and_one_more_takes_169() -> None:
    assert hours(labelled("pause", 40).ended_ms) == 104
    assert hours(labelled("pause", 41).ended_ms) == 169


def test_the_rest_of_a_page_goes_to_whoever_is_at_work_next() -> None:
    """Two work in turns; each takes a page of four hours an hour before going home."""
    plan = scenario(
        **MONDAY_NINE,
        calendars={
            "early": {"hours": {"mon-fri": "9:00-10:00"}},
            "late": {"hours": {"mon-fri": "10:00-14:00"}},
        },
        team=[{"calendar": "early"}, {"calendar": "late"}],
        labelling={"initial": 4, "batch": 4, "page": 4, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, timed(np.full(4, 1.0 * HOUR)), reaches(4))
    assert spells(result) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    by = [
        result.events.actor.names[code]
        for code in result.events[result.events.activity.matches(LABEL)].actor.codes
    ]
    assert by == ["SME 1", "SME 2", "SME 2", "SME 2"]


def test_a_continuous_trainer_goes_on_in_the_morning() -> None:
    """Ten documents of an hour from nine: eight before the night, two after it."""
    plan = scenario(
        **OFFICE,
        team=[{"calendar": "office"}],
        labelling={"initial": 1, "batch": 10, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "30 min", "trigger": "continuous"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, timed(np.full(10, 1.0 * HOUR)), reaches(10))
    assert [hours(point.published_ms) for point in result.curve] == [*np.arange(1.5, 9), 25.5, 26.5]
    assert metrics(result)["labelled_documents"] == 10


def test_annotators_wait_by_day_and_are_off_shift_by_night_while_a_model_is_trained() -> None:
    plan = scenario(
        **OFFICE,
        team=[{"calendar": "office"}],
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "30 h"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 1},
    )
    result = simulate_project(plan, timed(np.array([2.0 * HOUR])), reaches(1))
    assert spells(result, WAIT) == [(2, 8), (24, 32)]
    assert spells(result, OFF_SHIFT) == [(8, 24)]
    assert compute_metrics(result).wall_time == {LABEL: 2, TRAIN: 30, WAIT: 0, OFF_SHIFT: 0}


LEAD = [{"calendar": "office"}, {"role": "SME lead", "calendar": "office", "shift_end": "pause"}]


def round_trip(
    *steps: dict[str, Any], lasts: float = 7, team: Any = LEAD, **trainer: Any
) -> ReplicationResult:
    """A document of some hours from Monday nine, then these steps around a training of no time."""
    plan = scenario(
        **OFFICE,
        team=team,
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "0 s", **trainer},
        coordination={"steps": [*steps, {"name": "train"}]},
        limit={"documents": 1},
    )
    return simulate_project(plan, timed(np.array([lasts * HOUR])), reaches(1))


@pytest.mark.parametrize(
    ("step", "ends", "coordination"),
    [
        ({"duration": "6 h"}, 13, 6),
        ({"duration": "6 working h", "owner": "SME lead"}, 24 + 5, 6),
        ({"service": "6 working h", "owner": "SME lead"}, 24 + 5, 6),
        ({"duration": "6 h", "service": "1 working h", "owner": "SME lead"}, 25, 7),
        ({"duration": "6 working h", "service": "1 working h", "owner": "SME lead"}, 24 + 6, 7),
        ({"duration": "1 h", "owner": "SME lead"}, 24, 1),
    ],
)
def test_elapsed_time_passes_by_night_and_working_time_does_not(
    step: dict[str, Any], ends: float, coordination: float
) -> None:
    """From Monday 16:00 on, with an hour left of that day; what is no part of a step is waiting."""
    result = round_trip({"name": "merge", **step})
    assert hours(result.curve[0].published_ms) == ends
    assert metrics(result)["coordination_hours"] == coordination
    assert metrics(result)["waiting_hours"] == ends - 7 - coordination


def test_an_owner_who_is_asked_on_friday_evening_answers_on_monday() -> None:
    result = round_trip({"name": "merge", "service": "1 working h", "owner": "SME lead"}, lasts=4 * 24 + 8)
    own = [result.events.actor.names[code] == "SME lead 1" for code in result.events.actor.codes]
    assert hours(result.curve[0].published_ms) >= 7 * 24 + 1
    assert spells(result, waiting_for("SME lead"))[0][0] < spells(result, "merge")[0][0]
    theirs = result.events[np.array(own)]
    assert int((theirs.end_ms - theirs.start_ms).sum()) == result.ended_ms


def test_two_who_are_handed_steps_by_one_project_are_asked_one_after_the_other() -> None:
    steps = [{"name": name, "service": "1 working h", "owner": "SME lead"} for name in ("collect", "send")]
    assert hours(round_trip(*steps, lasts=1).curve[0].published_ms) == 3


def test_a_training_waits_for_whoever_starts_it_and_then_runs_by_night() -> None:
    team = [{"calendar": "always"}, {"role": "engineer", "calendar": "office"}]
    result = round_trip(lasts=9, team=team, owner="engineer", duration="20 h")
    assert spells(result, TRAIN) == [(24, 44)]
    assert spells(result, waiting_for("engineer")) == [(9, 24)]
    assert metrics(result)["coordination_hours"] == 0
    assert metrics(result)["waiting_hours"] == 15


def test_a_step_that_a_limit_cuts_off_is_shown_until_then() -> None:
    plan = scenario(
        **OFFICE,
        team=LEAD,
        labelling={"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS},
        coordination={
            "steps": [{"name": "merge", "owner": "SME lead", "service": "40 working h"}, {"name": "train"}]
        },
        limit={"hours": 50},
    )
    result = simulate_project(plan, timed(np.array([1.0 * HOUR])), reaches(1))
    merging = result.events[result.events.actor.matches(COORDINATION)]
    shown = merging.activity.codes[merging.activity.matches("merge")]
    assert len(shown) == 3
    assert [(hours(one), hours(end)) for one, end in zip(merging.start_ms, merging.end_ms, strict=True)] == [
        *((1, 8), (8, 24), (24, 32), (32, 48), (48, 50))
    ]


def test_who_joins_later_labels_from_then_on_and_who_leaves_finishes_what_is_in_hand() -> None:
    """Documents of an hour: SME 1 until 2:30, so the third until 3:00; SME 2 from 2:00 on."""
    plan = scenario(
        team=[{"leaves": "150 min"}, {"joins": "2 h"}],
        labelling={"initial": 6, "batch": 6, "page": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, timed(np.full(6, 1.0 * HOUR)), reaches(6))
    labelling = result.events[result.events.activity.matches(LABEL)]
    by = [labelling.actor.names[code] for code in labelling.actor.codes]
    assert list(zip(by, (labelling.end_ms / HOUR).tolist(), strict=True)) == [
        ("SME 1", 1),
        ("SME 1", 2),
        ("SME 1", 3),
        ("SME 2", 3),
        ("SME 2", 4),
        ("SME 2", 5),
    ]
    off = result.events[result.events.activity.matches(OFF_SHIFT)]
    assert [(hours(one), hours(end)) for one, end in zip(off.start_ms, off.end_ms, strict=True)] == [
        (0, 2),
        (3, 5),
    ]


@pytest.mark.parametrize("trigger", ["handover", "continuous"])
def test_a_project_that_everybody_leaves_never_reaches_its_target(trigger: str) -> None:
    plan = scenario(
        **MONDAY_NINE,
        team=[{"count": 2, "leaves": "2026-01-05 12:30"}],
        labelling={"initial": 2, "batch": 2, "page": 1, **WORDS_ARE_MILLISECONDS},
        trainer={"duration": "6 min", "trigger": trigger},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, timed(np.full(60, 1.0 * HOUR)), reaches(60))
    assert result.outcome == "exhausted"
    assert result.curve
    assert max(end for _, end in spells(result)) <= 4.5
    assert result.ended_ms <= 4.5 * HOUR


def test_with_calendars_that_never_end_nothing_changes() -> None:
    """Around the clock by a calendar, or by having none."""
    day_and_night = {"all": {"hours": {"mon-sun": "0:00-24:00"}}}
    pool = documents([1, 2] * 1_000)
    plain = simulate_project(scenario(), pool, reaches(1_100))
    other = simulate_project(
        scenario(**MONDAY_NINE, calendars=day_and_night, team=[{"calendar": "all"}]), pool, reaches(1_100)
    )
    for column in ("start_ms", "end_ms", "document", "assigned"):
        assert np.array_equal(getattr(plain.events, column), getattr(other.events, column))
    assert compute_metrics(plain).metrics == compute_metrics(other).metrics


spans = st.lists(st.integers(0, 23), min_size=2, max_size=4, unique=True).map(sorted)


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    """Working hours of some days."""
    days = draw(
        st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat"]), min_size=1, unique=True)
    )
    edges = draw(spans)
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return {"hours": {",".join(days): ", ".join(f"{start}:00-{end}:00" for start, end in pairs)}}


@settings(max_examples=40, deadline=None)
@given(
    hours_of=st.lists(calendars(), min_size=1, max_size=3),
    shift_end=st.sampled_from(["finish", "pause"]),
    trigger=st.sampled_from(["handover", "continuous"]),
    fatigue=st.sampled_from([{}, {"per_hour": 0.2, "rest_after": "30 min"}]),
    replication=st.integers(1, 4),
)
def test_whatever_the_calendars_every_hour_is_shown_once_and_every_document_labelled(
    hours_of: list[dict[str, Any]], shift_end: str, trigger: str, fatigue: dict[str, Any], replication: int
) -> None:
    """Everybody's hours are checked at the end of every project."""
    names = {f"calendar {number}": each for number, each in enumerate(hours_of)}
    plan = scenario(
        **MONDAY_NINE,
        calendars=names,
        team=[{"calendar": name, "shift_end": shift_end, "spread": 2, "fatigue": fatigue} for name in names],
        labelling={
            "initial": 5,
            "batch": 8,
            "page": 3,
            "annotation_times": {"switching": {"assign": "20 min"}},
        },
        trainer={"trigger": trigger},
        coordination={"steps": "none" if trigger == "continuous" else "nine_steps"},
    )
    result = simulate_project(plan, documents([1, 2] * 15), reaches(30), replication)
    assert result.outcome == "reached"
    assert len(result.curve[-1:]) == 1
    assert result.curve[-1].labelled_documents == 30
    spent = compute_metrics(result).wall_time
    assert sum(spent.values()) == pytest.approx(result.ended_ms / HOUR)
    ended = np.array([result.ended_ms])
    assert metrics(result)["active_hours"] == active_ms(result.events, ended)[0] / HOUR


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"team": [{"calendar": "office"}]}, "there is no calendar 'office' here; there are: always"),
        (
            {
                "team": [{"calendar": "office"}],
                "calendars": {"office": {**NINE_TO_FIVE["office"], "holidays": "DE"}},
            },
            "holidays and single days need a date to count from; write start: 2026-01-05 09:00",
        ),
        ({"calendars": {"always": {}}}, "'always' means day and night"),
        ({"team": [{"role": "SME lead"}]}, "nobody labels"),
        (
            {"coordination": {"steps": [{"name": "a", "owner": "x"}, {"name": "train"}]}},
            "no other roles than SME",
        ),
        (
            {"coordination": {"steps": [{"name": "a", "duration": "1 working h"}, {"name": "train"}]}},
            "somebody's",
        ),
        ({"trainer": {"owner": "boss"}}, "is 'boss'"),
        ({"trainer": {"breakdowns": {"every": "10 min"}}}, "then: resume"),
        ({"team": [{"fatigue": {"rest_after": "6 h"}}]}, "needs some; write calendar"),
        ({"team": [{}, {"role": "engineer", "speed": 2}]}, "only for those who label"),
        ({"team": [{}, {"role": "engineer", "leaves": "2 weeks"}]}, "only for those who label"),
        ({"team": [{}, {"role": "engineer", "seconds_per_label": 9}]}, "only for those who label or decide"),
        ({"team": [{"joins": "2026-02-01"}]}, "dates need a start"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario.model_validate({"name": "x", **keys})
