"""What ``summary.json`` holds: the keys that others read it by, and numbers or nothing."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from sim.core.quality import QUALITY
from sim.results.study_store import as_json
from support.handmade import FACTS, outcome_of_hours, replication, scenario_outcome, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS = {
    "labelled_documents",
    "labelled_at_publish",
    "annotations",
    "labels_per_document",
    "share_confirmed",
    "share_focused",
    "wrong_suggestions_per_document",
    "active_hours",
    "wall_hours",
    "labelling_hours",
    "training_hours",
    "coordination_hours",
    "waiting_hours",
    "off_shift_hours",
    "cost",
    "trainings",
    "rounds",
}
AGGREGATE = {
    "mean",
    "std",
    "median",
    "p80",
    "p90",
    "ci95",
    "median_ci95",
    "p80_ci95",
    "p90_ci95",
    "prediction80",
    "restricted_mean",
    "restricted_mean_ci95",
    "n",
    "reached",
    "p_reached_ci95",
}


def numbers(content: Any) -> Iterator[float]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for value in content:
            yield from numbers(value)
    elif isinstance(content, float):
        yield content


def read_back(*outcomes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(as_json(summary(outcomes).model_dump(mode="json")))
    return content


def test_the_keys_are_those_of_the_contract() -> None:
    content = read_back(outcome_of_hours(10, 20), outcome_of_hours(5, 10, name="Sooner"))
    assert content.keys() == {
        "schema_version",
        "left_out",
        "cautions",
        "decision",
        "sensitivity",
        "precision",
        "selection",
        "scenarios",
        "comparisons",
    }
    assert content["schema_version"] == 1
    assert content["decision"].keys() == {
        *("plan", "chosen_by", "metric", "p50", "p80", "end_p50", "end_p80", "probability_by_deadline"),
        *("cost_p50", "people_hours_p50", "pace_set_by", "differences", "levers", "cautions"),
    }
    assert content["decision"]["differences"][0].keys() == {"plan", "hours", "cost", "measurable"}
    for scenario in content["scenarios"]:
        assert scenario.keys() == {
            "name",
            "target",
            "of_plateau",
            "screening",
            "currency",
            "dates",
            "corpus",
            "failed",
            "left_out",
            "replications",
            "aggregate",
            "rounds",
            "by_deadline",
            "mean_curve",
            "stopped",
            "outcome",
            "agreement",
            "rating",
            "labels",
            "wall_time",
            "waiting_for_people_hours",
            "spent",
            "bottleneck",
            "uncertainty",
        }
        assert scenario["target"].keys() == {"map"}
        assert scenario["outcome"] == {"reason": "target", "reasons": {"target": 2}}
        assert scenario["corpus"].keys() == {
            "name",
            "stand_in",
            "described",
            "documents",
            "test_documents",
            "labels",
            "fingerprint",
            "notes",
            "decisions",
        }
        for one in scenario["replications"]:
            ends = {"replication", "outcome", "reason", "reached", "target", "paused_documents"}
            assert one.keys() == ends | {f"final_{name}" for name in {*QUALITY, *METRICS}} | METRICS
        assert scenario["aggregate"].keys() == METRICS
        for figures in scenario["aggregate"].values():
            assert figures.keys() == AGGREGATE
        assert scenario["mean_curve"].keys() == {
            "reached",
            "labelled_documents",
            "active_hours",
            "wall_hours",
            "map",
        }
        assert scenario["bottleneck"].keys() == {"activity", "hours", "of_hours", "complete"}
    for comparison in content["comparisons"]:
        assert comparison.keys() == {
            "baseline",
            "scenario",
            "metric",
            "ratio",
            "ci95",
            "ci95_corrected",
            "measurable",
            "difference",
            "difference_ci95",
            "sooner",
            "paired",
        }


def test_every_scenario_is_compared_with_the_first() -> None:
    content = read_back(*(outcome_of_hours(10, 20, name=name) for name in ("One", "Two", "Three")))
    pairs = {(one["baseline"], one["scenario"]) for one in content["comparisons"]}
    assert pairs == {("One", "Two"), ("One", "Three")}


def test_a_study_of_one_scenario_compares_nothing() -> None:
    assert read_back(outcome_of_hours(10))["comparisons"] == []


def test_what_does_not_exist_is_null() -> None:
    (scenario,) = read_back(scenario_outcome(replication(0.5), replication(0.6, number=1)))["scenarios"]
    assert scenario["mean_curve"] == {
        "reached": False,
        "labelled_documents": None,
        "active_hours": None,
        "wall_hours": None,
        "map": None,
    }
    wall = scenario["aggregate"]["wall_hours"]
    assert [wall[figure] for figure in ("mean", "std", "median", "p80", "p90", "ci95")] == [None] * 6
    assert wall["restricted_mean"] == 10
    assert [one["reached"] for one in scenario["replications"]] == [False, False]
    assert [one["final_map"] for one in scenario["replications"]] == [0.5, 0.6]


def test_a_project_that_ended_before_its_first_model_has_figures_where_there_are_any() -> None:
    (scenario,) = read_back(scenario_outcome(replication()))["scenarios"]
    (one,) = scenario["replications"]
    assert one["final_map"] is None
    assert one["labels_per_document"] is None
    assert one["wall_hours"] == 0
    assert scenario["aggregate"]["labels_per_document"]["restricted_mean"] is None


@pytest.mark.parametrize(
    "outcome",
    [
        scenario_outcome(replication()),
        scenario_outcome(replication(0.5, 0.6)),
        scenario_outcome(replication(0.9), replication(0.5, outcome="exhausted")),
        outcome_of_hours(10),
        outcome_of_hours(10, 10),
    ],
    ids=["no model", "not reached", "reached by one", "one replication", "no spread"],
)
def test_no_number_is_nan_or_infinite(outcome: Any) -> None:
    assert all(map(math.isfinite, numbers(read_back(outcome, outcome))))


def test_nan_never_gets_into_a_file() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_json({"map": math.nan})


def test_a_stand_in_is_said_to_be_one_and_why() -> None:
    facts = FACTS.__class__("stand-in", True, 10, 5, 3, "f", ("Reuters could not be had.",))  # noqa: FBT003
    (scenario,) = read_back(scenario_outcome(replication(0.9), facts=facts))["scenarios"]
    assert scenario["corpus"]["stand_in"] is True
    assert scenario["corpus"]["notes"] == ["Reuters could not be had."]


def test_names_stand_as_they_are_in_any_script() -> None:
    assert '"name": "日本 é <b>"' in as_json(summary([outcome_of_hours(10, name="日本 é <b>")]).model_dump())
