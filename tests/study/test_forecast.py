"""`simulate forecast`: from a partly labelled table to documents, hours and cost."""

from __future__ import annotations

import csv
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sim.corpus import synthetic
from sim.scenario.models import StandinCorpus
from sim.study.forecast import Forecast
from support.commands import simulate_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Simulate = Callable[..., CompletedProcess[str]]

DOCUMENTS, LABELLED = 600, 120


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Simulate:
    """The command in this process, with a cache of its own."""
    monkeypatch.setenv("LABELSIM_CACHE", str(tmp_path / "cache"))
    return partial(simulate_here, capsys)


def scenario(folder: Path, *, labelled: int = LABELLED, split: bool = False, more: str = "") -> Path:
    """A scenario whose table has labels in its first documents alone."""
    config = StandinCorpus(
        source="standin",
        documents=DOCUMENTS,
        test_documents=100,
        labels=4,
        difficulty=0.6,
        words_per_document=20,
    )
    corpus = synthetic.generate(config)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "labels", *(["split"] if split else [])])
        for part, documents in (("train", corpus.pool), *([("test", corpus.test)] if split else [])):
            for row, (text, labels) in enumerate(zip(documents.texts, documents.labels, strict=True)):
                known = part == "test" or row < labelled
                names = [name for name, carried in zip(corpus.label_names, labels, strict=True) if carried]
                writer.writerow([text, ";".join(names) if known else "", *([part] if split else [])])
    path = folder / "ours.yaml"
    columns = ", columns: {split: split}" if split else ""
    path.write_text(
        f"name: Ours\ncorpus: {{source: table, path: table.csv{columns}}}\n"
        f"learner: {{preset: strong, components: 32}}\n{more or 'target: {map: 0.8}'}\n",
        "utf-8",
    )
    return path


def forecast(simulate: Simulate, path: Path) -> dict[str, Any]:
    found = simulate("forecast", path, "--json")
    assert found.returncode == 0, found.stderr
    content: dict[str, Any] = json.loads(found.stdout)
    Forecast.model_validate(content)
    return content


def test_a_forecast_says_documents_hours_and_cost(simulate: Simulate, tmp_path: Path) -> None:
    more = "world: article\ntarget: {map: 0.8}\ncosts: {labelling: 30, currency: USD}"
    found = forecast(simulate, scenario(tmp_path, more=more))
    assert (found["labelled"], found["documents"], found["test_documents"]) == (LABELLED, DOCUMENTS, 0)
    assert found["estimate"]["lo"] < found["estimate"]["map"] < found["estimate"]["hi"]
    documents, hours, cost = (found[key] for key in ("documents_to_target", "hours", "cost"))
    assert LABELLED < documents["p10"] < documents["p50"] < documents["p80"] < documents["p90"]
    # The article's 7.1 s for each label put by hand.
    seconds = 7.1 * found["labels_per_document"]
    assert hours["p50"] == pytest.approx((documents["p50"] - LABELLED) * seconds / 3600)
    assert cost["p90"] == pytest.approx(30 * hours["p90"])
    assert found["currency"] == "USD"
    assert found["cautions"] == []


def test_the_answer_comes_first_in_80_columns(simulate: Simulate, tmp_path: Path) -> None:
    found = simulate("forecast", scenario(tmp_path))
    assert found.returncode == 0
    assert found.stdout.startswith("Ours, to 80 % MAP: about ")
    assert max(map(len, found.stdout.splitlines())) <= 80
    for said in ("P10 to P90", "Now: ", "120 labelled documents", "How true such forecasts are"):
        assert said in " ".join(found.stdout.split())


def test_people_who_are_slower_and_read_twice_take_as_many_times_as_long(
    simulate: Simulate, tmp_path: Path
) -> None:
    usual = forecast(simulate, scenario(tmp_path, more="world: article"))
    more = "world: article\nlabelling: {overlap: 2}\nteam: [{count: 2, speed: 0.5}]"
    slow = forecast(simulate, scenario(tmp_path, more=more))
    assert slow["documents_to_target"] == usual["documents_to_target"]
    assert slow["hours"]["p50"] == pytest.approx(4 * usual["hours"]["p50"])


def test_labelled_test_documents_measure_the_model(simulate: Simulate, tmp_path: Path) -> None:
    found = forecast(simulate, scenario(tmp_path, split=True))
    assert (found["labelled"], found["documents"], found["test_documents"]) == (LABELLED, DOCUMENTS, 100)
    estimated = forecast(simulate, scenario(tmp_path))
    assert found["accuracy"]["typical_factor"] < estimated["accuracy"]["typical_factor"]


def test_what_the_forecast_is_not_of_is_said(simulate: Simulate, tmp_path: Path) -> None:
    more = "target: {map: 0.8}\nlabelling: {strategy: mean_uncertainty, suggestions: true}"
    assert forecast(simulate, scenario(tmp_path, more=more))["cautions"] == ["not_random", "by_hand"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"labelled": 40}, "40 documents of table.csv are labelled; a forecast takes 100"),
        ({"labelled": DOCUMENTS}, "every document of table.csv is labelled"),
        ({"more": "target: {map: 0.05}"}, "5 % MAP is reached already"),
        ({"more": "target: {map: 0.9999}"}, "99.99 % MAP is out of reach"),
        ({"more": "target: {macro_f1: 0.5}"}, "forecasts are of MAP, not of macro_f1"),
    ],
)
def test_a_forecast_that_cannot_be_made_is_refused_with_one_message(
    simulate: Simulate, tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    found = simulate("forecast", scenario(tmp_path, **keys))
    assert found.returncode == 2
    assert said in found.stderr
    assert found.stdout == ""


def test_a_corpus_without_a_table_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "described.yaml"
    path.write_text("name: Described\ncorpus: {source: standin}\n", "utf-8")
    found = simulate("forecast", path)
    assert found.returncode == 2
    assert "corpus.source is standin" in found.stderr
