"""Where projects end that say nothing of it, and where the article's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.loading.sweep import read_files
from sim.scenario.models import Scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
OF_THEIR_OWN = {
    *("best_strategy.yaml", "described_corpus.yaml", "prelabels.yaml", "unknowns.yaml"),
    *("people_alone.yaml", "llm.yaml", "llm_alone.yaml", "llm_suggestions.yaml", "screening.yaml"),
}
"""Ready scenarios that are no what-ifs of the article's."""


@pytest.mark.parametrize("limit", ["", "limit: {}", "limit: {until: target}", "limit: {documents: null}"])
def test_documents_have_no_limit_unless_the_file_sets_one(limit: str, tmp_path: Path) -> None:
    path = tmp_path / "tickets.yaml"
    path.write_text(f"name: Tickets\ncorpus: {{source: standin, documents: 20000}}\n{limit}\n", "utf-8")
    (scenario,) = read_files([path])
    assert isinstance(scenario, Scenario)
    assert scenario.limit.documents is None


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_article_ends_at_5100_documents(path: Path) -> None:
    (described,) = read_files([path])
    scenarios = [described] if isinstance(described, Scenario) else described.scenarios
    limits = {scenario.limit.documents for scenario in scenarios}
    assert (limits == {5_100}) == (path.name not in OF_THEIR_OWN)
