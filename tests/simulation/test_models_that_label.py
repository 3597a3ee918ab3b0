"""Models that label: their pace and price, and what people check, against binomial truths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from sim.core.activities_and_costs import LABEL
from sim.results.replication_metrics import compute_metrics, cost_parts
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    Scripted,
    documents,
    label_ends,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult

MANY = 4_000
LLM = {"kind": "model", "documents_per_minute": 60}
MISSED, ADDED = 0.15, 0.1
ERRING = {**LLM, "errors": {"missed": MISSED, "added": ADDED}}
RIGHT = (1 - MISSED) * (1 - ADDED)
"""Share of the documents on which it puts the one label that is true, and not the other one."""


class Recording(Scripted):
    """A learner that keeps the labels that it was last given, by document."""

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> Any:
        GIVEN.clear()
        if labels is not None:
            GIVEN.update(zip(snapshot.tolist(), labels.tolist(), strict=True))
        return super().train(snapshot, labels)


GIVEN: dict[int, list[bool]] = {}


def simulate(
    *team: dict[str, Any], route: dict[str, Any] | None = None, size: int = MANY, **parts: Any
) -> ReplicationResult:
    """One project that labels a pool whose documents carry one of two labels each."""
    plan = scenario(
        team=list(team),
        labelling={"initial": size, "batch": size, "route": route, **parts.pop("labelling", {})},
        coordination=NO_HAND_OVERS,
        **parts,
    )
    return simulate_project(plan, documents([1] * size), Recording(lambda _: 0.1))


def right(size: int = MANY) -> int:
    """On how many documents the labels are right that a model was trained on; all carry the first label."""
    return sum(labels == [True, False] for labels in GIVEN.values()) if GIVEN else size


def within_99_percent(hits: int, trials: int, chance: float) -> bool:
    low, high = stats.binom(trials, chance).interval(0.99)
    return bool(low <= hits <= high)


def labelled_by(result: ReplicationResult, role: str) -> int:
    """How many documents people of a role, or models, have finished."""
    events = result.events[result.events.labelled]
    return sum(events.actor.word_at(row).startswith(role) for row in range(len(events)))


def test_a_model_alone_labels_at_its_pace_day_and_night_and_errs_as_it_is_said_to() -> None:
    result = simulate({**ERRING, "documents_per_minute": 30}, **OFFICE)
    assert sorted(label_ends(result).values()) == [2_000 * place for place in range(1, MANY + 1)]
    assert within_99_percent(right(), MANY, RIGHT)
    assert compute_metrics(result).final["active_hours"] == 0, "nobody's hours"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_labels_are_as_right_as_the_share_that_people_check_makes_them(share: float) -> None:
    missed, bias = 0.1, 0.4
    people = {"errors": {"missed": missed, "automation_bias": bias}}
    result = simulate(people, {**ERRING, "confidence": 0.5}, route={"share": share})
    assert labelled_by(result, "SME") == round(share * MANY)
    # A model that knows nothing of its mistakes has people check at random. They find the label unless they
    # miss it, and accept the wrong one that is suggested as often as they are biased.
    checked = (1 - missed) * (1 - ADDED * bias)
    assert within_99_percent(right(), MANY, (1 - share) * RIGHT + share * checked)


def test_a_model_that_knows_its_mistakes_has_them_checked_first() -> None:
    model = {**ERRING, "confidence": 1}
    simulate({}, model, route={"share": 0.3})
    assert right() == MANY
    simulate({}, model, route={"share": 0.1})
    assert within_99_percent(right() - MANY // 10, MANY, RIGHT)
    result = simulate({}, model, route={"below": 0.5})
    assert right() == MANY
    assert within_99_percent(labelled_by(result, "SME"), MANY, 1 - RIGHT)


def test_nothing_checked_is_a_model_alone_and_all_checked_are_suggestions() -> None:
    simulate(ERRING)
    alone = dict(GIVEN)
    nothing = simulate({}, ERRING, route={"share": 0})
    assert alone == GIVEN
    assert labelled_by(nothing, "SME") == 0
    everything = simulate({}, ERRING, route={"share": 1})
    assert right() == MANY
    by_model = np.array([alone[document] for document in range(MANY)])
    assert [everything.events.confirmed.sum(), everything.events.wrong_suggestions.sum()] == [
        *by_model.sum(0)
    ]


def test_costs_are_those_of_people_by_the_hour_and_of_the_model_by_the_document() -> None:
    people, model = {"cost": 36, "count": 2}, {**LLM, "cost_per_document": "0.02 EUR"}
    seconds = {pace: {"assign": "10 s", "confirm": "5 s"} for pace in ("switching", "focused")}
    labelling = {"annotation_times": seconds}
    result = simulate(people, model, route={"share": 0.25}, labelling=labelling, costs={"fixed": 7})
    parts = cost_parts(result.events, result.rates, result.ended_ms)
    for_people = 36 * 0.25 * MANY * 5 / 3_600
    assert parts["people"] == pytest.approx(for_people)
    assert parts["licences"] == pytest.approx(0.02 * MANY)
    spent = compute_metrics(result).final["cost"]
    assert spent == pytest.approx(for_people + 0.02 * MANY + 7 + parts["machine"])


def test_only_those_who_are_named_check_and_others_label_like_the_model() -> None:
    team = ({"name": "juniors"}, {"name": "seniors"}, {**LLM, "documents_per_minute": 8})
    result = simulate(*team, route={"share": 0.5, "to": "seniors"}, size=400)
    events = result.events[result.events.activity.matches(LABEL)]
    checked = events.view.matches("Check")
    assert {events.actor.word_at(row) for row in np.flatnonzero(checked).tolist()} == {"SME 2"}
    assert {events.actor.word_at(row) for row in np.flatnonzero(~checked).tolist()} == {"SME 1", "LLM 1"}
    labelled = result.events.document[result.events.labelled]
    assert sorted(labelled.tolist()) == [*range(400)]


@settings(max_examples=15, deadline=None)
@given(
    continuous=st.booleans(),
    models=st.integers(1, 2),
    people=st.integers(1, 3),
    share=st.floats(0, 1),
    per_minute=st.sampled_from([1, 20, 6_000]),
    page=st.integers(1, 30),
)
def test_every_document_is_labelled_once_however_they_share_it(
    *, continuous: bool, models: int, people: int, share: float, per_minute: float, page: int
) -> None:
    model = {**LLM, "count": models, "documents_per_minute": per_minute, "errors": {"missed": 0.2}}
    labelling = {"initial": 20, "batch": 25, "page": page, "route": {"share": share}}
    result = simulate(
        {"count": people, "calendar": "office", "shift_end": "restart"},
        model,
        size=120,
        labelling=labelling,
        trainer={"duration": "3 min", "trigger": "continuous" if continuous else "handover"},
        **OFFICE,
    )
    assert result.reason == "pool used up"
    assert result.curve[-1].labelled_documents == 120
    assert len(result.events.labelled) == 120


@pytest.mark.parametrize("trigger", ["handover", "continuous"])
def test_a_project_ends_when_nobody_is_left_to_check(trigger: str) -> None:
    result = simulate(
        {"leaves": "10 min"},
        LLM,
        route={"share": 0.5},
        size=2_000,
        labelling={"initial": 50, "batch": 50},
        trainer={"duration": "1 min", "trigger": trigger},
    )
    assert result.reason == "nobody left to label"
    assert 0 < result.curve[-1].labelled_documents < 2_000


@pytest.mark.parametrize(
    ("team", "labelling", "message"),
    [
        ([{}, {"kind": "model", "role": "SME"}], {}, "SMEs are people"),
        ([{"cost_per_document": 1}], {}, "write kind: model"),
        ([{}, {"kind": "model", "speed": 2}], {}, "only for those who label"),
        ([{}, {"kind": "model"}, {"role": "LLM"}], {}, "of people and of a model"),
        ([{}], {"route": {"share": 0.5}}, "nobody in the team is a model"),
        ([{"kind": "model"}], {"route": {"share": 0.5}}, "no SMEs"),
        ([{}, {"kind": "model"}], {"route": {"share": 0.5, "to": "boss"}}, "no SMEs 'boss'"),
        ([{}, {"kind": "model"}], {"route": {}}, "either share or below"),
        ([{}, {"kind": "model"}], {"route": {"share": 0.5, "below": 0.5}}, "either share or below"),
        ([{}, {"kind": "model"}], {"route": {"share": 0.5}, "overlap": 2}, "overlap of 1"),
    ],
)
def test_what_contradicts_itself_is_refused(
    team: list[dict[str, Any]], labelling: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        scenario(team=team, labelling=labelling)
