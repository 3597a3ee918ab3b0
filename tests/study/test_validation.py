"""What is wrong with a scenario without its documents is found before they are loaded, by `validate` too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.commands import simulate_here

if TYPE_CHECKING:
    from pathlib import Path

DESCRIBED = "world: article\ncorpus: {source: standin, documents: 100, test_documents: 40, labels: 4}\n"
OFFICE = "start: 2026-01-05 09:00\ncalendars: {office: {hours: {mon-fri: 9:00-12:00}}}\n"
BEFORE_JOINING = "team: [{joins: 3 weeks, leaves: 2 weeks}]\n"
NO_SHIFT = OFFICE + "team: [{calendar: office, joins: 2026-01-10, leaves: 2026-01-12}]\n"
LONG = "labelling: {annotation_times: {switching: {assign: 4 h}, focused: {assign: 4 h}}}\n"

OFTEN_WRONG = """\
unknown:
  team.0.errors.missed: {uniform: [0.4, 0.9]}
  team.0.errors.confused: {uniform: [0.4, 0.9]}
"""
MISTAKES = {
    "who leaves before joining": (BEFORE_JOINING, "SME: no working hours between joins and leaves"),
    "who is there on a weekend": (NO_SHIFT, "SME: no working hours between joins and leaves"),
    "more than there are": ("labelling: {initial: 101}\n", "but the described corpus has 100 documents"),
    "a document not there": (
        "labelling: {start: [pool/000100], initial: 5}\n",
        "labelling.start names 'pool/000100', but the described corpus has no such document to label",
    ),
    "a label not there": (
        "team: [{errors: {labels: {label 009: {missed: 0.1}}}}]\n",
        "errors are given for the label 'label 009', but the described corpus has no such label to learn",
    ),
    "fewer documents than labels": (
        "learner: {components: 8}\n",
        "stand-in: 41 labels need at least as many documents, and as many test documents; there are 40",
    ),
    "accuracy where documents carry several labels": (
        "target: {accuracy: 0.8}\n",
        "measured where documents carry one label each, and the described corpus is not like that",
    ),
    "longer than any shift": (
        OFFICE + LONG + "team: [{calendar: office, shift_end: defer}]\n",
        "a document of 4 h never fits in the working hours of SME 1, 3 h at most",
    ),
    "longer than any shift of the expert": (
        OFFICE
        + LONG.replace("{annotation", "{overlap: 2, expert: judge, annotation")
        + "team: [{count: 2}, {role: judge, calendar: office, shift_end: restart}]\n",
        "a document of 4 h never fits in the working hours of judge 1, 3 h at most",
    ),
    "beliefs that contradict each other": (
        OFTEN_WRONG,
        "cannot be together: a label is missed or confused, not both",
    ),
    "rework longer than any shift": (
        OFFICE
        + "team: [{calendar: office, shift_end: restart}]\n"
        + "coordination: {steps: [{name: train}, {name: mend, rework: {uniform: [1 h, 4 h]}}]}\n",
        "coordination.steps.1.rework: this may be longer than any shift of SME",
    ),
}


@pytest.mark.parametrize(("keys", "said"), MISTAKES.values(), ids=MISTAKES)
def test_validate_and_simulate_say_the_same(
    keys: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    described = DESCRIBED.replace("labels: 4}", "labels: 41}") if "41 labels" in said else DESCRIBED
    path.write_text(f"name: Wrong\n{described}{keys}", "utf-8")
    validated = simulate_here(capsys, "validate", path)
    simulated = simulate_here(capsys, path, "--out", tmp_path / "out")
    assert (validated.returncode, simulated.returncode) == (2, 2)
    assert said in validated.stderr
    assert simulated.stderr.strip() in validated.stderr
    assert not (tmp_path / "out").exists()


def test_every_mistake_of_every_set_up_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    sweep = "sweep: {over: {labelling.initial: [101, 102, 50]}}\n"
    path.write_text(f"name: Wrong\n{DESCRIBED}{BEFORE_JOINING}{sweep}", "utf-8")
    said = simulate_here(capsys, "validate", path)
    assert said.returncode == 2
    assert said.stderr.count("labelling.initial is 101") == said.stderr.count("labelling.initial is 102") == 1
    assert said.stderr.count("no working hours between joins and leaves") == 3


def test_projects_of_a_portfolio_that_cannot_be_compared_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.yaml").write_text(f"name: Seed {seed}\nseed: {seed}\n{DESCRIBED}", "utf-8")
    path = tmp_path / "both.yaml"
    path.write_text("name: Both\nportfolio: {projects: [1.yaml, 2.yaml]}\n", "utf-8")
    said = simulate_here(capsys, "validate", path)
    assert said.returncode == 2
    assert f"{path}: scenarios compared in one study share one seed" in said.stderr


def test_what_is_right_stays_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "right.yaml"
    team = "team: [{calendar: office, shift_end: defer, spread: 3, joins: 2026-01-12, leaves: 2026-02-01}]\n"
    path.write_text(f"name: Right\n{DESCRIBED}{OFFICE}{team}labelling: {{initial: 100}}\n", "utf-8")
    assert simulate_here(capsys, "validate", path).returncode == 0
