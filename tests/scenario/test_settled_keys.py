"""Keys of scenarios that keep their names and what they take, since planners' files hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.scenarios import read_scenario

TABLE = "corpus: {source: table, path: tickets.csv, %s}"
START = "start: 2026-01-05"
SETTLED = (
    "extends: article",
    "extends: base.yaml",
    "extends: [article, base.yaml]",
    "corpus: {labels: 5}",
    "corpus: {labels: 1}",
    "corpus: {labels: [earn, acq]}",
    "corpus: {source: standin, labels: 1}",
    "corpus: {source: standin, arrivals: {per_day: 200, at_start: 500}}",
    TABLE % "labels: 1",
    TABLE % "labels: [billing]",
    *(TABLE % f"empty_labels: {word}" for word in ("none_of_these", "not_yet", "drop")),
    TABLE % "columns: {text: body, embedding: vectors.npy}",
    TABLE % "columns: {text: [title, body], suggested: gpt}" + "\nlabelling: {suggestions: {from: column}}",
    "labelling: {control: 0}",
    *(f"labelling: {{suggestions: {value}}}" for value in ("true", "false")),
    "labelling: {suggestions: {from: model, threshold: 0.4, dismissal: 2 s, effect: article, anchoring: 0}}",
    "labelling: {suggestions: {from: prelabels, precision: .85, recall: .7, cost_per_document: 0.02}}",
    "labelling: {suggestions: {effect: study}}",
    "evaluation: {documents: 300, role: SME}",
    "team: [{name: agents, seconds_per_document: 40 s, between_people: 3, correlation: 0.2}]",
    "team: [{seconds_per_label: 10 s, first_documents: {count: 2, factor: 2.5}}]",
    f"{START}\nteam: [{{days_off: [2026-01-06]}}]",
    f"{START}\nteam: [{{availability: {{hours_per_day: 1.5, days_per_week: 3, within: 9-17}}}}]",
    "team: [{kind: model, cost_per_document: 0.01, documents_per_minute: 60, errors: {missed: 0.1}}]",
    "team: [{}, {kind: model}]\nlabelling: {route: {below: 0.8, to: SME}}",
    "trainer: {every: 1 week}",
    'trainer: {schedule: "fri 16:00"}',
    "trainer: {after: 500 documents}",
    "costs: {monthly: 100, per_seat: 20 EUR, per_document: 0.1}",
    *(
        f"target: {{{name}: 0.7}}"
        for name in ("map", "micro_f1", "macro_f1", "accuracy", "recall", "of_plateau")
    ),
    "target: {deadline: 3 months}",
    f"{START}\ntarget: {{deadline: 2026-03-01}}",
    "limit: {documents: 500, hours: 1000, until: target}",
    "team: [{name: agents}]\nunknown: {team.agents.seconds_per_label: {uniform: [9 s, 20 s]}}",
    "unknown: {coordination.scale: {lognormal: {median: 1, p90: 2}}}",
    "unknown: none",
)


@pytest.mark.parametrize("keys", SETTLED)
def test_settled_keys_are_valid(keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("name: base\n", "utf-8")
    Path("ours.yaml").write_text(f"name: ours\n{keys}\n", "utf-8")
    assert read_scenario(Path("ours.yaml")).name == "ours"
