"""Grids over keys: every combination once, named after its values, and mistakes told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sim.errors import PlannerMistakeError
from sim.scenario.sweep import MOST, sweep

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text("name: Ours\nlabelling: {batch: 500}\n", "utf-8")
    return path


def test_every_combination_is_a_scenario_named_after_its_values(file: Path) -> None:
    found = sweep(file, ["trainer.duration=2 min, 4 h", "team.0.count=1..3"])
    assert [one.name for one in found] == [
        f"trainer.duration={duration}, team.0.count={count}"
        for duration in ("2 min", "4 h")
        for count in (1, 2, 3)
    ]
    assert [one.annotators for one in found] == [1, 2, 3, 1, 2, 3]
    assert {one.labelling.batch for one in found} == {500}


def test_a_comma_within_brackets_parts_no_values(file: Path) -> None:
    found = sweep(file, ["trainer.duration={uniform: [6 h, 24 h]},4 h"])
    assert [one.name for one in found] == [
        "trainer.duration={uniform: [6 h, 24 h]}",
        "trainer.duration=4 h",
    ]


def test_what_is_set_holds_for_all(file: Path) -> None:
    found = sweep(file, ["team.0.count=1,2"], ["labelling.batch=50"])
    assert {one.labelling.batch for one in found} == {50}


def test_names_that_are_too_long_are_told_apart_by_their_numbers(file: Path) -> None:
    keys = [
        "labelling.annotation_times.switching.assign=5 s,6 s",
        "labelling.annotation_times.focused.assign=1 s",
    ]
    found = sweep(file, [*keys, "labelling.annotation_times.focused.confirm=1 s"])
    assert len({one.name for one in found}) == len(found) == 2
    assert [one.name[:3] for one in found] == ["1: ", "2: "]


@pytest.mark.parametrize(
    "entry", ["team.0.count", "team.0.count=", "=1,2", "team.0.count=1,,2", "team.0.count=3..1"]
)
def test_an_entry_that_cannot_be_read_is_told(file: Path, entry: str) -> None:
    with pytest.raises(PlannerMistakeError, match="write a key and its values, such as"):
        sweep(file, [entry])


def test_a_value_that_is_none_is_told_as_in_a_file(file: Path) -> None:
    with pytest.raises(PlannerMistakeError, match=re.escape("team.0.count")):
        sweep(file, ["team.0.count=1,many"])


def test_a_grid_without_end_is_refused(file: Path) -> None:
    with pytest.raises(PlannerMistakeError, match=f"more than {MOST:,}"):
        sweep(file, ["seed=1..200", "team.0.count=1..200"])
