"""What files come to as one study."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import read_files, read_sweep
from sim.study.plan import StudyPlan, build_plan
from sim.study.replication_policies import FixedReplications

SWEPT = "sweep: {over: {trainer.duration: [2 min, 4 h]}}\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("name: A\n", "utf-8")
    Path("b.yaml").write_text("name: B\n", "utf-8")
    Path("swept.yaml").write_text(f"name: S\n{SWEPT}", "utf-8")


def plan(*files: str, overrides: tuple[str, ...] = ()) -> StudyPlan:
    described = read_files([Path(file) for file in files], overrides)
    return build_plan(described, [(file, "") for file in files], ["simulate"], FixedReplications())


def test_a_file_with_a_sweep_is_a_study() -> None:
    found, swept = plan("swept.yaml"), read_sweep(Path("swept.yaml"))
    assert (found.scenarios, found.sweep) == (swept.scenarios, swept.keys)
    assert [[*arm.sources] for arm in found.arms] == [[("swept.yaml", "")]] * 2


def test_files_without_one_are_scenarios() -> None:
    found = plan("a.yaml", "b.yaml", overrides=("labelling.batch=50",))
    assert [(one.name, one.labelling.batch) for one in found.scenarios] == [("A", 50), ("B", 50)]
    assert found.sweep is None


def test_a_sweep_beside_other_files_is_refused_unless_it_is_taken_out() -> None:
    with pytest.raises(PlannerMistakeError) as caught:
        plan("a.yaml", "swept.yaml")
    assert str(caught.value) == (
        "swept.yaml: sweep: makes a study of its own; simulate this file alone, or give --set sweep=null"
    )
    assert len(plan("a.yaml", "swept.yaml", overrides=("sweep=null",)).arms) == 2


def test_nothing_is_no_study() -> None:
    with pytest.raises(PlannerMistakeError, match="nothing to simulate; give at least one scenario"):
        plan()


def test_scenarios_believe_the_same_of_documents_that_they_describe_alike() -> None:
    described = "corpus: {source: standin, documents: 2000}\n"
    targets = {"a": "target: {map: 60 %}\n", "b": "target: {map: 80 %}\n"}
    for name, target in targets.items():
        Path(f"{name}.yaml").write_text(f"name: {name}\n{described}{target}", "utf-8")
    own = "unknown: {corpus.difficulty: {uniform: [0.1, 0.2]}}\n"
    Path("c.yaml").write_text(f"name: c\n{described}{own}", "utf-8")
    Path("d.yaml").write_text(f"name: d\n{described.replace('2000', '3000')}", "utf-8")
    later = described.replace("2000", "2000, arrivals: {per_day: 200}")
    Path("e.yaml").write_text(f"name: e\n{later}{targets['b']}", "utf-8")
    beliefs = [
        one.unknown["corpus.difficulty"] for one in plan(*(f"{name}.yaml" for name in "abcde")).scenarios
    ]
    alone = [plan(f"{name}.yaml").scenarios[0].unknown["corpus.difficulty"] for name in "abcd"]
    assert alone[0] != alone[1]
    assert beliefs == [alone[0], alone[0], alone[2], alone[3], alone[0]]
