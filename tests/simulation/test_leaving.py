"""People who leave: when a project ends for want of them, and what becomes of what they had in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import LABEL, REWORK
from sim.core.durations import MS_PER_HOUR
from sim.corpus.documents import Documents
from sim.results.replication_store import to_arrow
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from support.handmade import KEY
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    WORDS_ARE_MILLISECONDS,
    hours,
    label_ends,
    metrics,
    reaches,
    scenario,
    simulate_project,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.events import ReplicationResult
    from sim.scenario.models import Scenario

Team = list[dict[str, Any]]
CONTINUOUS = {"duration": "0 s", "trigger": "continuous"}
BUSY_STAFF: dict[str, Any] = {
    "role": "engineer",
    "other_work": {"every": "2 working h", "takes": "1 working h"},
}


def plan(team: Team, *, page: int = 5, overlap: int = 1, **keys: Any) -> Scenario:
    """Ten documents of an hour each to begin with, and again in each batch; nothing else takes any time."""
    labelling = {"initial": 10, "batch": 10, "page": page, "overlap": overlap, **WORDS_ARE_MILLISECONDS}
    return scenario(
        labelling=labelling,
        team=team,
        trainer=keys.pop("trainer", {"duration": "0 s"}),
        coordination=NO_HAND_OVERS,
        **keys,
    )


def project(team: Team, *, count: int = 20, **keys: Any) -> ReplicationResult:
    """A project on so many documents, that never reaches its target."""
    return simulate_project(plan(team, **keys), timed(np.full(count, MS_PER_HOUR)), reaches(999))


def ended(result: ReplicationResult) -> tuple[str, float, int]:
    """Why it ended, when, and how many documents everybody asked had labelled by then."""
    return result.reason, hours(result.ended_ms), metrics(result)["labelled_at_publish"]


def worked(result: ReplicationResult, person: str, activity: str = LABEL) -> list[tuple[float, float]]:
    """Hours from and to which somebody was at it."""
    rows = result.events[result.events.actor.matches(person) & result.events.activity.matches(activity)]
    return [(hours(start), hours(end)) for start, end in zip(rows.start_ms, rows.end_ms, strict=True)]


@pytest.mark.parametrize(("leaves", "end"), [("2.5 h", 3), ("2 h", 2), ("0.5 h", 1)])
def test_whoever_leaves_finishes_the_document_in_hand_and_with_nobody_left_the_project_ends(
    leaves: str, end: int
) -> None:
    assert ended(project([{"leaves": leaves}])) == ("nobody left to label", end, end)
    two = project([{"count": 2, "leaves": leaves}])
    assert ended(two) == ("nobody left to label", end, 2 * end)


@pytest.mark.parametrize("trainer", [{"duration": "0 s"}, CONTINUOUS])
def test_others_of_the_team_who_go_on_with_other_work_do_not_hold_the_end(trainer: dict[str, Any]) -> None:
    result = project([{"leaves": "2.5 h"}, BUSY_STAFF], trainer=trainer)
    assert ended(result) == ("nobody left to label", 3, 3)


def test_what_somebody_leaves_of_a_page_goes_back_to_the_others() -> None:
    result = project([{"leaves": "2.5 h"}, {}])
    assert worked(result, "SME 1") == [(0, 1), (1, 2), (2, 3)]
    assert ended(result) == ("pool used up", 17, 20)


def test_who_leaves_while_waiting_has_left_too() -> None:
    """A page of ten leaves nothing for the second, who goes first."""
    result = project([{"leaves": "5.5 h"}, {"leaves": "2 h"}], page=10)
    assert ended(result)[:2] == ("nobody left to label", 6)


def test_who_leaves_on_a_weekend_has_worked_for_the_last_time_on_friday() -> None:
    result = project([{"calendar": "office", "leaves": "2026-01-10"}], count=99, **OFFICE)
    friday_at_five = 4 * 24 + 8
    assert ended(result) == ("nobody left to label", friday_at_five, 40)


def test_a_model_of_the_last_documents_is_still_trained_and_published() -> None:
    handed_over = project([{"leaves": "11 h"}], trainer={"duration": "4 h"})
    assert ended(handed_over) == ("nobody left to label", 14, 10)
    assert [point.labelled_documents for point in handed_over.curve] == [10]
    meanwhile = project([{"leaves": "11.5 h"}], trainer={**CONTINUOUS, "duration": "4 h"})
    assert ended(meanwhile) == ("nobody left to label", 18, 12)
    assert [point.labelled_documents for point in meanwhile.curve] == [10, 12]


@pytest.mark.parametrize("trainer", [{"duration": "0 s"}, CONTINUOUS])
def test_who_is_too_tired_to_go_on_is_there_until_leaving(trainer: dict[str, Any]) -> None:
    tired = {
        "calendar": "office",
        "leaves": "2026-01-06",
        "fatigue": {"rest_after": "3 h", "recovery": "99 d"},
    }
    assert ended(project([tired], trainer=trainer, **OFFICE)) == ("nobody left to label", 8, 3)


def test_whoever_comes_later_is_waited_for() -> None:
    result = project([{"leaves": "2.5 h"}, {"joins": "1 week"}])
    assert ended(result) == ("pool used up", 168 + 17, 20)


class TestOverlap:
    def test_a_third_takes_over(self) -> None:
        result = project([{}, {}, {"leaves": "2.5 h"}], overlap=2)
        assert ended(result)[::2] == ("pool used up", 20)

    @pytest.mark.parametrize("others", [[], [BUSY_STAFF]])
    def test_a_batch_that_too_few_are_left_for_is_given_up(self, others: Team) -> None:
        result = project([{}, {"leaves": "2.5 h"}, *others], overlap=2)
        assert ended(result) == ("overlap cannot be met", 3, 3)

    @pytest.mark.parametrize("others", [[], [BUSY_STAFF]])
    def test_without_batches_what_has_been_begun_is_finished(self, others: Team) -> None:
        """The slower one still labels, by the sixth hour, what the other has labelled in three."""
        team: Team = [{"speed": 0.5}, {"leaves": "2.5 h"}, *others]
        result = project(team, overlap=2, page=1, trainer=CONTINUOUS)
        assert ended(result) == ("overlap cannot be met", 6, 3)
        assert result.curve[-1].labelled_documents == 3

    def test_all_may_leave(self) -> None:
        result = project([{"count": 3, "leaves": "2.5 h"}], overlap=2)
        assert result.reason == "nobody left to label"

    def test_a_batch_that_was_finished_before_is_trained_on(self) -> None:
        result = project([{}, {"leaves": "10 h"}], overlap=2, trainer={"duration": "4 h"})
        assert ended(result) == ("overlap cannot be met", 14, 10)


def each_with_its_own_label(count: int) -> Documents:
    """A pool in which every document brings up a label, and takes an hour."""
    pool = timed(np.full(count, MS_PER_HOUR))
    own = Documents(pool.ids, pool.texts, np.eye(count, dtype=np.bool_))
    own.__dict__["words"] = pool.words
    return own


@pytest.mark.parametrize("hours_of", [{}, OFFICE])
def test_of_a_review_nobody_does_what_is_left_when_its_finder_leaves(hours_of: dict[str, Any]) -> None:
    """The first finds a label with the second page, and one look of an hour is in hand on leaving."""
    calendar = {"calendar": "office"} if hours_of else {}
    team = [{"leaves": "4.5 h", **calendar}, {**calendar}]
    described = plan(team, page=2, taxonomy={"emergent": True, "review": 1}, **hours_of)
    result = simulate_project(described, each_with_its_own_label(12), reaches(999))
    assert worked(result, "SME 1") == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert worked(result, "SME 1", REWORK) == [(4, 5)]
    assert (result.reason, len(label_ends(result))) == ("pool used up", 12)


def leaving(lasts: Sequence[int]) -> Team:
    return [{"leaves": f"{last} min", "calendar": "office"} for last in lasts]


@given(
    lasts=st.lists(st.integers(1, 20_000), min_size=1, max_size=4),
    overlap=st.integers(1, 4),
    page=st.integers(1, 12),
    shift_end=st.sampled_from(["finish", "pause", "restart", "defer"]),
    continuous=st.booleans(),
)
@settings(max_examples=60)
def test_with_nobody_staying_a_project_ends_no_later_than_the_last_document_in_hand(
    lasts: list[int], overlap: int, page: int, shift_end: str, *, continuous: bool
) -> None:
    team = [{**person, "shift_end": shift_end} for person in leaving(lasts)]
    keys = {"trainer": CONTINUOUS} if continuous else {}
    overlap = min(overlap, len(team))
    result = project(team, count=200, page=page, overlap=overlap, **keys, **OFFICE)
    assert result.reason in ("nobody left to label", "overlap cannot be met", "pool used up")
    assert hours(result.ended_ms) <= max(max(lasts) / 60, 1) + 1


def test_a_project_of_a_portfolio_runs_out_of_people_as_if_it_were_alone() -> None:
    short = plan([{"leaves": "2.5 h"}, BUSY_STAFF])
    pool = timed(np.full(20, MS_PER_HOUR))
    projects = [ArmProject(one, pool, reaches(999)) for one in (short, plan([{}, BUSY_STAFF]))]
    ends, goes_on = simulate_arm(Arm(projects), 1)
    alone = simulate_project(short, pool, reaches(999))
    assert to_arrow(ends, KEY) == to_arrow(alone, KEY)
    assert ended(goes_on) == ("pool used up", 20, 20)
