"""Targets of any metric: what is reached, what is refused, and how each is worded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.api import compare, simulate
from sim.core.errors import LabelsimError
from sim.core.quality import QUALITY, Quality, QualityTarget
from sim.reporting.html.learning_curves import learning_curves, quality_rows, scenario_curves
from sim.reporting.html.model_rating_and_stopping import stopping_table
from sim.reporting.html.page import render
from sim.reporting.shared_text import outcomes
from sim.results import study_store
from sim.results.levers import change_to_try
from sim.results.metrics import QUALITY_DEFINITIONS, QUALITY_TITLES, target_text
from sim.scenario.models import Scenario
from support.handmade import replication, scenario_outcome, stored
from support.scripted import NO_HAND_OVERS, Scripted, documents, scenario, simulate_project

if TYPE_CHECKING:
    from pathlib import Path

    from sim.core.events import ReplicationResult

SMALL: dict[str, Any] = {
    "world": "article",
    "corpus": {"source": "standin", "documents": 300, "test_documents": 100, "labels": 6},
    "learner": {"preset": "strong", "components": 8},
    "labelling": {"initial": 20, "batch": 20},
    "limit": {"documents": 140},
    "replications": 2,
}
MACRO = QualityTarget("macro_f1", 0.75)


def target(**keys: Any) -> QualityTarget:
    return Scenario.model_validate({"name": "x", "target": keys}).target.quality


class TestOfAScenario:
    def test_it_is_map_unless_another_metric_is_given(self) -> None:
        assert target() == target(deadline="6 weeks") == QualityTarget("map", 0.8)
        assert target(map="75 %") == QualityTarget("map", 0.75)
        for metric in QUALITY:
            same = target(**{"map": None, metric: "60 %"})
            assert target(**{metric: 0.6}) == same == QualityTarget(metric, 0.6)

    def test_it_is_read_back_as_it_was_written(self) -> None:
        read = Scenario.model_validate({"name": "x", "target": {"macro_f1": 0.75}})
        assert Scenario.model_validate(read.model_dump(mode="json")) == read

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            (
                {"map": 0.8, "macro_f1": 0.7},
                "map and macro_f1 are given, but a target has one metric; leave one out, or write map: null",
            ),
            ({"map": None}, "no metric is given; write one, such as map: 0.8"),
            ({"macro_f1": 1.1}, "less than or equal to 1"),
            ({"wss_95": 0.95}, "less than 0.95"),
        ],
    )
    def test_other_than_one_metric_is_refused(self, keys: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            target(**keys)

    def test_every_metric_has_words(self) -> None:
        assert list(QUALITY_TITLES) == list(QUALITY_DEFINITIONS) == list(QUALITY)
        assert target_text(MACRO) == "75 % macro F1"

    @pytest.mark.parametrize(
        ("metric", "where"),
        [
            ("accuracy", "documents carry one label each"),
            ("precision", "there is one label"),
            ("wss_95", "there is one label"),
        ],
    )
    def test_a_metric_that_does_not_apply_to_the_documents_is_refused(self, metric: str, where: str) -> None:
        message = f"Ours: {metric} is measured where {where}, and .* is not like that"
        with pytest.raises(LabelsimError, match=message):
            simulate({**SMALL, "name": "Ours", "target": {metric: 0.5}})


class TestReached:
    @pytest.mark.parametrize(
        ("keys", "reached"), [({"macro_f1": 0.75}, 300), ({"micro_f1": 0.75}, None), ({"map": 0.75}, 100)]
    )
    def test_by_the_first_model_that_has_it(self, keys: dict[str, float], reached: int | None) -> None:
        # MAP is 1 from the first model on; F1 is .75 with the third and falls below again.
        macro_f1 = {100: 0.5, 200: 0.7499, 300: 0.75, 400: 0.6, 500: 0.9}
        learner = Scripted(lambda _: 1.0, beside=lambda labelled: Quality(macro_f1=macro_f1[labelled]))
        plan = scenario(
            labelling={"initial": 100, "batch": 100}, coordination=NO_HAND_OVERS, limit={"documents": 500}
        ).model_copy(update={"target": Scenario.model_validate({"name": "x", "target": keys}).target})
        result = simulate_project(plan, documents([1] * 600), learner)
        assert (result.reached and result.reached.labelled_documents) == reached
        assert result.outcome == ("reached" if reached else "horizon")
        assert [point.macro_f1 for point in result.curve] == list(macro_f1.values())

    def test_in_the_study_as_in_the_curve(self) -> None:
        by_map, by_f1 = (
            {"name": metric, **SMALL, "target": {metric: 0.45}} for metric in ("map", "macro_f1")
        )
        results = compare([by_map, by_f1])
        curve = results.curve.drop(columns="scenario")
        halves = [part.reset_index(drop=True) for _, part in curve.groupby(results.curve["scenario"])]
        assert halves[0].equals(halves[1])
        for summary, metric in zip(results.summary.scenarios, ("map", "macro_f1"), strict=True):
            assert summary.target == {metric: 0.45}
            for one in summary.replications:
                models = results.curve[
                    (results.curve["scenario"] == metric) & (results.curve["replication"] == one.replication)
                ]
                first = models[models[metric] >= 0.45].iloc[0]
                assert one.wall_hours == first["wall_hours"]
                assert one.metrics["labelled_documents"] == first["labelled_documents"]
        assert results.summary.scenarios[0].wall.mean != results.summary.scenarios[1].wall.mean


def with_f1(result: ReplicationResult, *values: float) -> ReplicationResult:
    """The same project, whose models have such a macro F1, and that target."""
    curve = [replace(point, macro_f1=value) for point, value in zip(result.curve, values, strict=True)]
    reached = next(filter(MACRO.is_reached, curve), None)
    return replace(result, curve=curve, reached=reached, reason="target" if reached else "pool used up")


NEAR, NEARER = with_f1(replication(0.9), 0.5), with_f1(replication(0.9, number=1), 0.7)
ARRIVED = with_f1(replication(0.6, 0.9, number=2), 0.8, 0.7)


class TestWords:
    def test_those_that_did_not_arrive_ended_at_the_targets_own_metric(self) -> None:
        outcome = replace(scenario_outcome(NEAR, NEARER, ARRIVED), targets=[MACRO] * 3)
        sentence = outcomes(outcome.summary)
        assert sentence.startswith("1 of 3 simulated projects reached the target")
        assert sentence.endswith("; the others ended at 0.500 to 0.700 macro F1.")

    def test_an_easier_target_is_of_the_same_metric(self) -> None:
        outcome = replace(scenario_outcome(NEAR, NEARER, NEAR), targets=[MACRO] * 3)
        keys = {"name": "x", "learner": {"preset": "strong"}, "target": {"macro_f1": 0.75}}
        resolved = Scenario.model_validate(keys).model_dump(mode="json")
        assert change_to_try(outcome.summary, resolved) == "target.macro_f1=0.5"

    def test_the_report_draws_the_metric_and_has_the_others_beside_it(self, tmp_path: Path) -> None:
        study = stored(tmp_path, replace(scenario_outcome(NEAR, ARRIVED), targets=[MACRO] * 2))
        curves = scenario_curves(study)
        figure = learning_curves(curves, "wall_hours")
        assert figure.title == "macro F1 against wall time"
        assert figure.figure.layout.yaxis.title.text == "macro F1"
        np.testing.assert_allclose(figure.figure.data[-1].y[:1], [0.5])
        # Of the last model where the target was not reached, and of the first at the target where it was.
        assert quality_rows(curves) == [("MAP", ["0.750"]), ("macro F1", ["0.650"])]

    def test_targets_of_different_metrics_are_drawn_in_map(self, tmp_path: Path) -> None:
        by_f1 = replace(scenario_outcome(replace(NEAR, scenario="F1")), targets=[MACRO])
        figure = learning_curves(
            scenario_curves(stored(tmp_path, scenario_outcome(replication(0.9)), by_f1)), "wall_hours"
        )
        assert figure.title == "MAP against wall time"
        assert "Targets are of different metrics; MAP is drawn." in figure.caption

    def test_a_rule_on_the_estimated_map_is_asked_only_where_the_target_is_of_map(self) -> None:
        curve = scenario_outcome(NEAR).measures[0].curve
        rows = {
            metric: [rule for rule, _ in stopping_table([curve], [QualityTarget(metric, 0.75)])]
            for metric in ("map", "macro_f1")
        }
        assert set(rows["map"]) - set(rows["macro_f1"]) == {"performance at least 0.75"}


def test_a_study_of_another_target_is_stored_and_read(tmp_path: Path) -> None:
    simulate({**SMALL, "name": "Ours", "target": {"micro_f1": 0.6}, "replications": 1}, out=tmp_path / "out")
    study = study_store.read_study(tmp_path / "out")
    assert study.summary.scenarios[0].quality_target == QualityTarget("micro_f1", 0.6)
    page = render(study)
    assert "Time to reach 60 % micro F1" in page
    assert f"micro F1 is {QUALITY_DEFINITIONS['micro_f1']}, measured on test documents." in page
