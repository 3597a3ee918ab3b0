"""Scenarios by their keys, and what the models say of those that are not right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sim.scenario.models import Scenario


def scenario(**written: Any) -> Scenario:
    return Scenario.model_validate({"name": "x", **written})


def refused(**written: Any) -> str:
    """What the only mistake among these keys is told as."""
    with pytest.raises(ValidationError) as caught:
        scenario(**written)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")
