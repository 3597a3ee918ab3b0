"""Scenarios drawn at random over all keys; `make scenarios` checks hundreds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.random_scenarios.checking import check

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", range(6))
def test_a_random_valid_scenario_ends_and_nothing_of_it_is_missing(number: int, tmp_path: Path) -> None:
    checked = check(tmp_path, number, seconds=200, kept=True)
    assert not checked.wrong, checked.details
