"""Scenarios drawn at random over all keys; `make scenarios` checks hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_random_valid_scenarios_end_and_nothing_of_them_is_missing() -> None:
    checking = [sys.executable, "-m", "benchmarks.scenarios", "6", "--jobs", "2", "--seconds", "200"]
    checked = subprocess.run(checking, cwd=ROOT, capture_output=True, check=False, encoding="utf-8")
    assert checked.returncode == 0, checked.stdout + checked.stderr
