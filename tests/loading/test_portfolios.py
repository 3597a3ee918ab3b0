"""Portfolios in files: what is read of them, and what a planner is told of each thing that can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import read_files, read_sweep
from sim.scenario.portfolio import PlannedArm

OWN = "start: 2026-03-27 09:00\ntimezone: Europe/Berlin\n"
PEOPLE = "team: [{role: SME}, {role: engineer, shift_end: pause}]\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects to choose from."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    for name, text in {
        "a": "name: A\n" + OWN + PEOPLE,
        "b": "name: B\n" + OWN + PEOPLE,
        "inner/extended": "extends: ../a.yaml\nname: Extended\n",
        "long": f"name: {'x' * 100}\n" + OWN,
        "monday": "name: Monday\nstart: 2026-03-30 09:00\n" + PEOPLE,
        "often": "name: Often\nreplications: 30\n" + OWN + PEOPLE,
        "model": "name: Model\n" + OWN + "team: [{role: SME}, {kind: model}]\n",
        "other": "name: Other\n" + OWN + "team: [{role: SME}, {role: engineer, count: 2}]\n",
        "swept": "name: Swept\nsweep: {over: {labelling.batch: [50, 100]}}\n" + OWN,
        "wrong": "name: Wrong\nlabelling: {batch: many}\nlabeling: {}\n",
        "due": "name: Due\nstart: 2026-03-30 09:00\ntarget: {deadline: 2026-04-10}\n" + PEOPLE,
        "joint": "name: Joint\nportfolio: {projects: [a.yaml]}\n",
    }.items():
        Path(f"{name}.yaml").write_text(text, "utf-8")


def portfolio(keys: str, *overrides: str, more: str = "") -> PlannedArm:
    Path("p.yaml").write_text(f"name: Joint\nportfolio: {keys}\n{more}", "utf-8")
    (one,) = read_files([Path("p.yaml")], overrides)
    assert isinstance(one, PlannedArm)
    return one


def test_projects_are_files_as_seen_from_the_portfolio_s_own() -> None:
    found = portfolio("{shared: [engineer], projects: [a.yaml, inner/extended.yaml]}")
    assert found.name == "Joint"
    assert [one.name for one in found.scenarios] == ["A", "Extended"]
    assert [file for file, _ in found.sources] == ["a.yaml", "inner/extended.yaml"]
    assert (found.portfolio.shared, found.portfolio.trainers) == (["engineer"], 1)
    assert [(one.priority, one.begins.ms) for one in found.portfolio.members] == [(1, 0)] * 2


def test_names_are_unequal() -> None:
    found = portfolio(
        "{projects: [a.yaml, a.yaml, {scenario: a.yaml, name: C}, b.yaml, long.yaml, long.yaml]}"
    )
    assert [one.name for one in found.scenarios] == [
        *("A 1", "A 2", "C", "B"),
        *(f"{'x' * 95} {number}" for number in (1, 2)),
    ]


def test_one_begins_later_by_elapsed_time_even_if_clocks_change_meanwhile() -> None:
    found = portfolio("{projects: [a.yaml, {scenario: a.yaml, begins: 1 week}]}")
    assert [one.began and one.began.isoformat() for one in found.scenarios] == [
        "2026-03-27T09:00:00+01:00",
        "2026-04-03T10:00:00+02:00",
    ]


@pytest.mark.parametrize(
    ("begins", "began"),
    [("5081 h", "2026-10-25T02:00:00+01:00"), ("30 s", "2026-03-27T09:00:30+01:00")],
    ids=["in an hour that clocks show twice", "within a minute"],
)
def test_one_may_begin_at_any_moment(begins: str, began: str) -> None:
    _, later = portfolio(f"{{projects: [a.yaml, {{scenario: a.yaml, begins: {begins}}}]}}").scenarios
    assert later.began is not None
    assert later.began.isoformat() == began


def test_options_hold_for_all_projects_but_those_of_the_portfolio() -> None:
    options = ("labelling.batch=70", "portfolio.trainers=2", "sweep=null", "portfolio.projects.1.priority=3")
    found = portfolio("{shared: [trainer], projects: [a.yaml, {scenario: swept.yaml}]}", *options)
    assert [one.labelling.batch for one in found.scenarios] == [70, 70]
    assert found.portfolio.trainers == 2
    assert [one.priority for one in found.portfolio.members] == [1, 3]


def test_a_portfolio_stands_beside_scenarios_and_other_portfolios() -> None:
    Path("p.yaml").write_text("extends: joint.yaml\nportfolio: {projects: [b.yaml]}\n", "utf-8")
    one, other, scenario = read_files([Path("joint.yaml"), Path("p.yaml"), Path("b.yaml")])
    assert isinstance(one, PlannedArm)
    assert isinstance(other, PlannedArm)
    assert [one.scenarios[0].name, other.scenarios[0].name] == ["A", "B"]
    assert other.scenarios[0] == scenario


WRONG = {
    "no projects": ("{}", "p.yaml:2:12: portfolio.projects: is missing; write scenario files, or their keys"),
    "an empty list": ("{projects: []}", "p.yaml:2:23: portfolio.projects: is empty; write at least one item"),
    "an unknown key": (
        "{share: [trainer], projects: [a.yaml]}",
        "p.yaml:2:13: portfolio.share: unknown key; did you mean shared?",
    ),
    "an unknown key of a project": (
        "{projects: [{scenario: a.yaml, begin: 1 d}]}",
        "p.yaml:2:43: portfolio.projects.0.begin: unknown key; did you mean begins?",
    ),
    "no file": (
        "{projects: [{name: A}]}",
        "p.yaml:2:24: portfolio.projects.0.scenario: is missing; write its scenario file",
    ),
    "a number": (
        "{projects: [7]}",
        "p.yaml:2:24: portfolio.projects.0: 7 is not known here; put it in quotes",
    ),
    "a priority of none": (
        "{projects: [{scenario: a.yaml, priority: 0}]}",
        "p.yaml:2:53: portfolio.projects.0.priority: 0 is too small; write a whole number of 1 or more",
    ),
    "a missing file": (
        "{projects: [a.yaml, aa.yaml]}",
        "p.yaml:2:32: portfolio.projects.1: 'aa.yaml': there is no such file; did you mean a.yaml?",
    ),
    "a missing file with keys": (
        "{projects: [{scenario: inner}]}",
        "p.yaml:2:35: portfolio.projects.0.scenario: 'inner': is a folder; name a file in it",
    ),
    "those who label": (
        "{shared: [trainer, SME], projects: [a.yaml]}",
        "p.yaml:2:31: portfolio.shared.1: those who label work for one project each; share other roles",
    ),
    "a role twice": (
        "{shared: [engineer, engineer], projects: [a.yaml]}",
        "p.yaml:2:32: portfolio.shared.1: 'engineer' is named twice; name it once",
    ),
    "a role of nobody": (
        "{shared: [enginer], projects: [a.yaml]}",
        "p.yaml:2:22: portfolio.shared.0: no project's team has a 'enginer'; did you mean engineer?",
    ),
    "a model that labels": (
        "{shared: [LLM], projects: [model.yaml]}",
        "p.yaml:2:22: portfolio.shared.0: no project's team has a 'LLM'; write trainer",
    ),
    "trainers that are not shared": (
        "{trainers: 2, projects: [a.yaml]}",
        "p.yaml:2:23: portfolio.trainers: no trainer is shared; write trainer under shared",
    ),
    "other people": (
        "{shared: [engineer], projects: [a.yaml, other.yaml]}",
        "p.yaml:2:52: portfolio.projects.1: its engineer is described otherwise than in A; those who are",
    ),
    "another start": (
        "{projects: [a.yaml, monday.yaml]}",
        "p.yaml:2:32: portfolio.projects.1: its start or timezone differs from the first project's; one",
    ),
    "other replications": (
        "{projects: [a.yaml, often.yaml]}",
        "p.yaml:2:32: portfolio.projects.1: has 30 replications, but the first project 10; make them equal",
    ),
    "a deadline before it begins": (
        "{projects: [due.yaml, {scenario: due.yaml, begins: 15 d}]}",
        "p.yaml:2:34: portfolio.projects.1: begins after its target.deadline; let it begin earlier, or",
    ),
    "a name twice": (
        "{projects: [a.yaml, {scenario: b.yaml, name: A}]}",
        "p.yaml:2:32: portfolio.projects.1: another project is called 'A', too; write name: and another one",
    ),
    "a portfolio in it": (
        "{projects: [joint.yaml]}",
        "joint.yaml:2:1: portfolio: makes a portfolio of this file, and no project; name one of its",
    ),
    "a sweep in it": (
        "{projects: [swept.yaml]}",
        "swept.yaml:2:1: sweep: makes a study of its own, not a project of a portfolio; leave it out, or",
    ),
    "a project that is wrong": (
        "{projects: [wrong.yaml]}",
        "wrong.yaml:2:20: labelling.batch: 'many' is not a whole number; write a whole number of 1 or more",
    ),
}


@pytest.mark.parametrize(("keys", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_where_it_is(keys: str, told: str) -> None:
    with pytest.raises(PlannerMistakeError) as refused:
        portfolio(keys)
    assert str(refused.value).startswith(told)


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    with pytest.raises(PlannerMistakeError) as refused:
        portfolio("{projects: [wrong.yaml, b.yaml, zz.yaml]}", more="replications: 3\n")
    told = [line.split("; ")[0] for line in str(refused.value).splitlines() if not line.startswith(" ")]
    assert told == [
        "p.yaml:2:44: portfolio.projects.2: 'zz.yaml': there is no such file",
        "p.yaml:3:1: replications: is set by each project of a portfolio",
        "wrong.yaml:2:20: labelling.batch: 'many' is not a whole number",
        "wrong.yaml:3:1: labeling: unknown key",
    ]


def test_options_of_portfolios_need_one() -> None:
    option = ["portfolio.trainers=2", "portfolio.shared=[trainer]"]
    assert len(read_files([Path("joint.yaml"), Path("b.yaml")], option)) == 2
    with pytest.raises(PlannerMistakeError, match=r"--set portfolio.trainers=2: no file here is a portfolio"):
        read_files([Path("a.yaml"), Path("b.yaml")], option)


def test_a_portfolio_is_not_swept() -> None:
    with pytest.raises(
        PlannerMistakeError, match=r"joint.yaml: is a portfolio, which is not swept; sweep one"
    ):
        read_sweep(Path("joint.yaml"), ["labelling.batch=50,100"])
