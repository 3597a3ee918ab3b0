"""Scenarios by their keys or from a file, and what the models say of those that are not right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from sim.loading.load import read_scenarios
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def scenario(**written: Any) -> Scenario:
    return Scenario.model_validate({"name": "x", **written})


def read_scenario(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    return read_scenarios([path], overrides)[0]


def refused(**written: Any) -> str:
    """What the only mistake among these keys is told as."""
    with pytest.raises(ValidationError) as caught:
        scenario(**written)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")
