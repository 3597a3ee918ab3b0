"""Key assumptions: which are the planner's own, and which wall time depends on most."""

from __future__ import annotations

from typing import Any

import pytest

from sim.reporting.assumptions import Assumption, assumed, assumptions
from sim.results.uncertainty import FigureUncertainty, HourQuantiles, KeyUncertainty, Uncertainty
from sim.scenario.models import Scenario
from support.handmade import outcome_of_hours

HOURS = HourQuantiles(p10=1, p50=2, p90=3)


def found(*given: str, unknown: tuple[str, ...] = (), **keys: Any) -> list[Assumption]:
    """The key assumptions of a scenario with some keys, of which the planner wrote those that are given."""
    summary = outcome_of_hours(1, 2, 3).summary
    ranked = [KeyUncertainty(key=key, share=0.4, share_ci95=(0.3, 0.5), if_known=HOURS) for key in unknown]
    figure = FigureUncertainty(hours=HOURS, keys=ranked, rest=0.1)
    uncertainty = Uncertainty(needed=20, figures={"wall_hours": figure}) if unknown else None
    resolved = Scenario.model_validate({"name": "Ours", **keys}).model_dump(mode="json")
    return assumptions(summary.model_copy(update={"uncertainty": uncertainty}), resolved, given)


def test_defaults_stand_before_what_the_planner_wrote() -> None:
    subjects = [one.subject for one in found("team.0.count", "corpus.documents", "labelling.batch")]
    assert subjects[-2:] == ["people", "documents"]
    assert len(subjects) == 8


def test_test_documents_are_one_where_there_are_some() -> None:
    (test_set,) = [one for one in found(evaluation={"documents": 300}) if one.subject == "test set"]
    assert test_set.value == "300 documents, labelled first"


@pytest.mark.parametrize(
    ("people", "factor"),
    [
        ({"spread": 2.5}, "1.3"),
        ({"between_people": 3}, "1.1"),
        ({"outliers": {"share": 0.02, "factor": 20}}, "1.4"),
        ({"spread": 2.4, "between_people": 3, "outliers": {"share": 0.02, "factor": 20}}, "1.9"),
    ],
)
def test_documents_take_longer_than_their_median_on_average(people: dict[str, Any], factor: str) -> None:
    (one,) = [one for one in found(team=[people]) if one.subject == "average time"]
    assert one.value == f"{factor} times the median, by slow documents and slow people"
    assert not one.own
    assert any(one.own for one in found("team.0.spread", team=[people]) if one.subject == "average time")


def test_a_model_that_labels_alone_has_its_pace_and_hours() -> None:
    values = {one.subject: one.value for one in found(team=[{"kind": "model", "documents_per_minute": 30}])}
    assert values["time per document"] == "30 documents a minute (LLM)"
    assert values["working hours"] == "day and night"


def test_what_wall_time_depends_on_most_stands_first() -> None:
    one, other, *_ = found(unknown=("coordination.scale", "corpus.difficulty", "team.0.seconds_per_label"))
    assert (one.subject, other.subject) == ("hand-over", "time per document")


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("team.0.speed", "time per document"),
        ("team.3.seconds_per_document", "time per document"),
        ("labelling.annotation_times.switching.assign", "time per document"),
        ("team.3.seconds_per_document", "reading"),
        ("labelling.reading", "reading"),
        ("team.0.calendar", "working hours"),
        ("team.0.availability.hours_per_day", "working hours"),
        ("trainer.schedule", "training"),
        ("team.0.count", "people"),
        ("coordination.steps", "hand-over"),
        ("trainer.duration", "training"),
        ("corpus.path", "documents"),
        ("target.macro_f1", "target"),
        ("unknown.trainer.duration", "training"),
    ],
)
def test_a_key_that_the_planner_wrote_makes_an_assumption_theirs(key: str, subject: str) -> None:
    assert subject in {one.subject for one in found(key) if one.own}


def test_a_deadline_is_no_target() -> None:
    assert not any(one.own for one in found("target.deadline"))


def test_values_are_told_in_a_planners_words() -> None:
    values = {one.subject: one.value for one in found(team=[{"count": 2, "speed": 0.5}, {"role": "judge"}])}
    assert values == {
        "time per document": "14.2 s a label",
        "reading": "0 s for every 100 words",
        "working hours": "day and night",
        "people": "2 SME, 1 judge",
        "hand-over": "48 h in nine steps",
        "training": "4 h",
        "documents": "10, 3 labels",
        "target": "80 % MAP",
    }


def test_a_sentence_names_the_defaults_alone() -> None:
    keys = found("team.0.count", "corpus.documents", "target.map", "coordination.steps", "trainer.duration")
    assert assumed(keys, "article") == (
        "Assumed, as in the article: time per document 7.1 s a label; reading 0 s for every 100 words; "
        "working hours day and night."
    )
    assert assumed([one for one in keys if one.own], "office") == ""


def test_hours_beside_other_work_and_times_of_trainings_are_told() -> None:
    team = [
        {"availability": {"hours_per_day": 1.5, "days_per_week": 3, "within": "9:00-17:00"}},
        {"availability": {"hours_per_day": 2}},
    ]
    trainer = {"every": "1 day", "after": 500}
    values = {one.subject: one.value for one in found(team=team, trainer=trainer)}
    assert values["working hours"] == "90 min on 3 days a week (9:00-17:00), 2 h a day (day and night)"
    assert values["training"] == "4 h, every 24 h, after 500 documents"
