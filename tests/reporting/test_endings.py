"""Why projects ended without their target: each reason has a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from sim.core.events import OUTCOMES
from sim.reporting.shared_text import ending_sentences
from support.handmade import manifest, replication, scenario_outcome, summary

LIMITS: dict[str, Any] = {
    "limit": {"documents": 5_100, "hours": 1_344, "cost": 9_000},
    "costs": {"labelling": 1},
}


@pytest.mark.parametrize("reason", [one for one in OUTCOMES if one != "target"])
def test_every_reason_but_the_target_has_its_sentence(reason: str) -> None:
    outcome = scenario_outcome(replication(0.9), replication(0.5, number=1, reason=reason))  # type: ignore[arg-type]
    resolved = manifest(outcome, **LIMITS)["scenarios"][0]["resolved"]
    (sentence,) = ending_sentences(summary([outcome]).scenarios[0], resolved)
    assert sentence.startswith("1 of 2 projects ")
    assert sentence.endswith(".")
    limits = {
        "limit of documents": "5,100 of 10 documents",
        "limit of hours": "1,344 h",
        "limit of cost": "9,000",
    }
    assert limits.get(reason, "") in sentence


def test_projects_that_reached_their_target_need_none() -> None:
    outcome = scenario_outcome(replication(0.9))
    assert (
        ending_sentences(summary([outcome]).scenarios[0], manifest(outcome)["scenarios"][0]["resolved"]) == []
    )
