"""Chances of errors as a planner writes them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sim.scenario.team import Errors


def test_nobody_errs_by_default() -> None:
    assert not Errors().possible
    assert not Errors.model_validate({"labels": {"crude": {"missed": 0}}}).possible


@pytest.mark.parametrize("kind", ["missed", "added", "confused", "automation_bias"])
def test_any_chance_makes_errors_happen(kind: str) -> None:
    for written in ({kind: 0.1}, {"labels": {"crude": {kind: 0.1}}}):
        assert Errors.model_validate(written).possible
        assert Errors.model_validate(written).can_confuse == (kind == "confused")


@pytest.mark.parametrize(
    "written",
    [
        {"missed": 0.6, "confused": 0.5},
        {"missed": 0.6, "labels": {"crude": {"confused": 0.5}}},
        {"confused": 0.6, "labels": {"crude": {"missed": 0.5}}},
        {"labels": {"crude": {"missed": 0.6, "confused": 0.5}}},
    ],
)
def test_no_label_is_missed_and_confused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"more than 1 together; write for example \{missed: 0.05"):
        Errors.model_validate(written)


def test_a_label_s_own_chances_count_in_place_of_the_others() -> None:
    Errors.model_validate({"missed": 0.6, "labels": {"crude": {"missed": 0.1, "confused": 0.9}}})


@pytest.mark.parametrize("written", [{"missed": -0.1}, {"added": 1.1}, {"missed": True}, {"typo": 0.1}])
def test_a_chance_lies_between_0_and_1(written: dict[str, Any]) -> None:
    for anywhere in (written, {"labels": {"crude": written}}):
        with pytest.raises(ValidationError):
            Errors.model_validate(anywhere)
