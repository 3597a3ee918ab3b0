"""Targets that are a share of what the learner reaches with every document labelled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from sim.core.errors import PlannerMistakeError
from sim.core.quality import QualityTarget, mean_target
from sim.learning.learner import train_on_all
from sim.reporting.html.learning_curves import learning_curves, scenario_curves
from sim.reporting.shared_text import cautions, plateaus, summary_table
from sim.results.levers import change_to_try
from sim.results.metrics import target_text
from sim.scenario.models import Scenario, Target
from support.handmade import replication, scenario_outcome, stored, summary
from support.scripted import BEST, IN_PROPORTION
from support.studies import SMALL_CORPUS, outcomes, small_scenario, study_of

if TYPE_CHECKING:
    from pathlib import Path

    from sim.learning.learner import Learner, Model
    from sim.results.summary import ScenarioOutcome

POOL = SMALL_CORPUS["documents"]
NINE_TENTHS = QualityTarget("map", 0.72, 0.9)
UNKNOWN = {"corpus.difficulty": {"uniform": [0, 1]}}


def in_proportion(share: float | str, **keys: Any) -> Scenario:
    """A project whose learner reaches a share of its plateau with that share of the documents."""
    return small_scenario(
        learner={"preset": IN_PROPORTION}, target={"of_plateau": share}, limit={"until": "target"}, **keys
    )


def labelled(found: ScenarioOutcome) -> list[float | None]:
    return [one.metrics["labelled_documents"] for one in found.measures]


@pytest.mark.parametrize(("share", "documents"), [(0.5, 30), ("51 %", 40), (0.99, POOL), (1, POOL)])
def test_a_share_of_the_plateau_takes_that_share_of_the_documents(
    tmp_path: Path, share: float | str, documents: int
) -> None:
    (found,) = outcomes(study_of([in_proportion(share)], tmp_path))
    assert labelled(found) == [documents, documents]
    assert all(one.reached for one in found.measures)
    assert found.target.value == pytest.approx(BEST * (found.target.of_plateau or 0))


def test_a_limit_does_not_move_the_plateau_nor_do_errors(tmp_path: Path) -> None:
    careless = {"team": [{"errors": {"missed": 0.5}}], "labelling": {"initial": 10, "batch": 10}}
    (found,) = outcomes(
        study_of([in_proportion(0.9).model_copy(update={"limit": small_scenario().limit})], tmp_path)
    )
    assert found.target == NINE_TENTHS
    assert [one.reason for one in found.measures] == ["limit of documents"] * 2
    (found,) = outcomes(study_of([in_proportion(0.9, **careless)], tmp_path))
    assert found.target == NINE_TENTHS


def test_it_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = {"initial": 10, "batch": 20}
    scenarios = [in_proportion(0.5, name="A"), in_proportion(0.5, name="B", labelling=batches)]
    trained: list[int] = []

    def train(learner: Learner, documents: int) -> Model:
        trained.append(documents)
        return train_on_all(learner, documents)

    monkeypatch.setattr("sim.study.worker.train_on_all", train)
    for _ in range(2):
        study_of(scenarios, tmp_path)
    assert trained == [POOL]


def test_where_documents_are_unknown_every_project_has_a_plateau_of_its_own(tmp_path: Path) -> None:
    scenario = small_scenario(target={"of_plateau": 0.9}, unknown=UNKNOWN, replications=12)
    study = study_of([scenario], tmp_path)
    (prepared,) = study.prepared
    (found,) = outcomes(study)
    known = {QualityTarget.from_plateau(0.9, one.plateau or 0) for one in prepared.corpora.values()}
    assert len(known) > 1
    assert {*found.targets} <= known
    for target, one in zip(found.targets, found.measures, strict=True):
        reached = one.curve.reaches(target)
        assert (one.reached is not None) == reached.any()
        if one.reached:
            assert one.reached == one.curve.points[reached.argmax()]
    assert found.target == mean_target(found.targets)
    assert [one.target for one in found.summary.replications] == [target.value for target in found.targets]


@pytest.mark.slow
def test_any_number_of_processes_finds_the_same(tmp_path: Path) -> None:
    scenario = small_scenario(target={"of_plateau": 0.9}, unknown=UNKNOWN, replications=6)
    (one,) = outcomes(study_of([scenario], tmp_path / "one"))
    (two,) = outcomes(study_of([scenario], tmp_path / "two"), jobs=2)
    assert one.summary == two.summary


class TestKeys:
    def test_it_takes_the_place_of_a_metric(self) -> None:
        target = Target.model_validate({"of_plateau": "90 %"})
        assert (target.map, target.of_plateau, target.metric) == (None, 0.9, "map")
        assert target.with_plateau(0.8).quality == NINE_TENTHS
        with pytest.raises(ValueError, match="not measured yet"):
            _ = target.quality

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({"of_plateau": 0.9, "map": 0.8}, "map and of_plateau are given, but a target has one metric"),
            ({"of_plateau": 0.9, "macro_f1": 0.8}, "macro_f1 and of_plateau are given"),
            ({"of_plateau": 1.1}, "less than or equal to 1"),
        ],
    )
    def test_what_contradicts_it_is_refused(self, keys: dict[str, float], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            Target.model_validate(keys)

    def test_documents_without_labels_yet_are_refused(self, tmp_path: Path) -> None:
        table = tmp_path / "table.csv"
        table.write_text("text,labels\n" + "".join(f"word{row} more,{'ab'[row % 2]}\n" for row in range(40)))
        with table.open("a") as file:
            file.write("nobody yet,\n" * 2)
        corpus = {"source": "table", "path": str(table), "empty_labels": "not_yet"}
        scenario = small_scenario("Ours", corpus=corpus, target={"of_plateau": 0.9})
        message = "Ours: target.of_plateau needs the labels of all documents, and .* write target.map"
        with pytest.raises(PlannerMistakeError, match=message):
            study_of([scenario], tmp_path)


class TestWords:
    OUTCOME = replace(
        scenario_outcome(replication(0.6, 0.9), replication(0.5, 0.6, number=1)),
        targets=[NINE_TENTHS, NINE_TENTHS._replace(value=0.63)],
    )

    def test_the_target_is_said_as_a_share_and_as_a_map(self) -> None:
        assert target_text(NINE_TENTHS) == "90 % of the plateau"
        alike = replace(self.OUTCOME, targets=[NINE_TENTHS] * 2).summary
        (sentence,) = plateaus([alike])
        assert sentence.endswith("with every document labelled: 0.720 of 0.80.")
        (sentence,) = plateaus([self.OUTCOME.summary])
        assert sentence.endswith(": 0.630–0.720 of 0.70–0.80, which differ with the documents drawn.")
        assert self.OUTCOME.summary.target == {"map": 0.675}
        assert self.OUTCOME.summary.of_plateau == 0.9

    def test_scenarios_whose_plateaus_differ_are_compared_with_a_caution(self) -> None:
        one = replace(self.OUTCOME, name="One", targets=[NINE_TENTHS] * 2)
        two = replace(self.OUTCOME, name="Two", targets=[NINE_TENTHS._replace(value=0.63)] * 2)
        both = summary([one, two])
        assert summary_table(both)[0] == "Time to reach 90 % of the plateau (baseline: One)"
        assert [sentence[:5] for sentence in plateaus(both.scenarios)] == ["One: ", "Two: "]
        assert cautions(both)[-1].endswith("use --set target.of_plateau=null --set target.map=0.630.")
        assert not any(
            "Plateaus" in sentence for sentence in cautions(summary([one, replace(one, name="B")]))
        )

    def test_an_easier_target_is_a_smaller_share(self) -> None:
        short = replication(0.4, 0.6, number=1, outcome="exhausted")
        outcome = replace(scenario_outcome(short), targets=[NINE_TENTHS])
        resolved = small_scenario(target={"of_plateau": 0.9}).model_dump(mode="json")
        # .6 of a plateau of .8 is three quarters.
        assert change_to_try(outcome.summary, resolved) == "target.of_plateau=0.75"

    def test_the_report_draws_the_mean_of_the_projects_targets(self, tmp_path: Path) -> None:
        study = stored(tmp_path, self.OUTCOME)
        figure = learning_curves(scenario_curves(study), "wall_hours")
        assert figure.figure.layout.shapes[0].y0 == 0.675
        assert "Projects have targets of their own; dashed is the mean of these." in figure.caption
