"""`simulate forecast`: from a partly labelled table to documents, dates, hours and cost."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from sim.corpus import synthetic
from sim.corpus.table import PartlyLabelled, load_partly_labelled
from sim.learning.extrapolation import GROWTH, STRATEGY_GAINS, DocumentsToTarget, StrategyGain
from sim.loading.load import read_scenarios
from sim.scenario.models import StandinCorpus, TableCorpus
from sim.study.forecast import Rest
from sim.study.forecast import forecast as project_forecast
from support.commands import simulate_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Simulate = Callable[..., CompletedProcess[str]]

DOCUMENTS, LABELLED = 900, 120
SETTLED = {
    *("schema_version", "as_of", "labelled", "documents", "estimate", "documents_to_target", "hours", "end"),
    *("cost", "probability_by_deadline", "history"),
}
"""Fields of a forecast that keep their names, for programs."""


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Simulate:
    """The command in this process, with a cache of its own."""
    monkeypatch.setenv("LABELSIM_CACHE", str(tmp_path / "cache"))
    return partial(simulate_here, capsys)


def scenario(
    folder: Path, *, labelled: int = LABELLED, split: bool = False, more: str = "", labels: float = 1.16
) -> Path:
    """A scenario whose table has labels in its first documents alone."""
    config = StandinCorpus(
        source="standin",
        documents=DOCUMENTS,
        test_documents=100,
        labels=4,
        difficulty=0.6,
        words_per_document=20,
        labels_per_document=labels,
        density=1,
    )
    corpus = synthetic.generate(config)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "labels", *(["split"] if split else [])])
        for part, documents in (("train", corpus.pool), *([("test", corpus.test)] if split else [])):
            for row, (text, names) in enumerate(zip(documents.texts, documents.labels, strict=True)):
                known = part == "test" or row < labelled
                carried = [name for name, has in zip(corpus.label_names, names, strict=True) if has]
                writer.writerow([text, ";".join(carried) if known else "", *([part] if split else [])])
    path = folder / "ours.yaml"
    columns = ", columns: {split: split}" if split else ""
    path.write_text(
        f"name: Ours\ncorpus: {{source: table, path: table.csv{columns}}}\n"
        f"learner: {{preset: strong, components: 32}}\n{more or 'target: {map: 0.8}'}\n",
        "utf-8",
    )
    return path


def plan(folder: Path, name: str, keys: str) -> Path:
    """Another plan for the same project."""
    path = folder / f"{name}.yaml"
    path.write_text(f"extends: ours.yaml\nname: {name}\n{keys}\n", "utf-8")
    return path


def rest(path: Path, as_of: datetime | None = None, believed: float = 0) -> Rest:
    """The rest of a project whose target takes from 150 to 400 documents."""
    (described,) = read_scenarios([path])
    assert isinstance(described.corpus, TableCorpus)
    reached = np.clip((LABELLED * np.exp(GROWTH) - 150) / 250, 0, 1)
    needed = DocumentsToTarget(LABELLED, reached)
    return Rest.simulate(described, as_of, load_partly_labelled(described.corpus), needed, believed)


def forecast(simulate: Simulate, *arguments: object) -> dict[str, Any]:
    found = simulate("forecast", *arguments, "--json")
    assert found.returncode == 0, found.stderr
    content: dict[str, Any] = json.loads(found.stdout)
    jsonschema.validate(content, json.loads(simulate("schema", "forecast").stdout))
    assert content.keys() >= SETTLED
    return content


def test_a_forecast_says_documents_dates_hours_and_cost(simulate: Simulate, tmp_path: Path) -> None:
    more = (
        "world: article\ntarget: {map: 0.6, deadline: 30 d}\ncosts: {labelling: 30, currency: USD}\n"
        "start: 2026-01-05 09:00\nlabelling: {batch: 20}\nreplications: 20"
    )
    path = scenario(tmp_path, more=more)
    found = forecast(simulate, path, "--as-of=2026-01-12")
    assert (found["labelled"], found["documents"], found["test_documents"]) == (LABELLED, DOCUMENTS, 0)
    assert found["as_of"] == "2026-01-12T00:00+00:00"
    assert [*found["estimate"]] == ["map", "lo", "hi"]
    assert found["estimate"]["lo"] < found["estimate"]["map"] < found["estimate"]["hi"]
    for key in ("documents_to_target", "hours", "wall_hours", "end", "cost"):
        assert [*found[key]] == ["p10", "p50", "p80", "p90"]
        known = [value for value in found[key].values() if value is not None]
        assert known == sorted(known)
    began = datetime.fromisoformat(found["as_of"])
    for name, hours in found["wall_hours"].items():
        if hours is None:
            assert found["end"][name] is found["hours"][name] is found["cost"][name] is None
        else:
            end = datetime.fromisoformat(found["end"][name])
            assert abs(end - began - timedelta(hours=hours)) <= timedelta(minutes=1)
            assert found["cost"][name] == pytest.approx(30 * found["hours"][name])
    assert found["currency"] == "USD"
    assert 0 < found["probability_by_deadline"] < 1
    assert found["others"] == found["cautions"] == []
    assert forecast(simulate, path, "--as-of=2026-01-12") == found


def test_one_document_at_a_time_takes_its_time_and_that_of_its_training(tmp_path: Path) -> None:
    more = (
        "world: article\nlabelling: {batch: 1}\ntrainer: {duration: 1 min}\ncoordination: {steps: none}\n"
        "costs: {labelling: 36, training: 6, fixed: 1000, per_document: 0.25}\n"
        "team: [{seconds_per_label: 20 s}]"
    )
    found = rest(scenario(tmp_path, more=more, labels=1))
    documents = found.needed - LABELLED
    assert documents.min() >= 30
    assert len(set(documents.tolist())) > 5
    np.testing.assert_allclose(found.hours, documents * 20 / 3600, rtol=1e-12)
    np.testing.assert_allclose(found.wall_hours, documents * 80 / 3600, rtol=1e-12)
    # 20 s of labelling, a minute of training, the tool's price; fixed costs are spent.
    np.testing.assert_allclose(found.cost, documents * (0.20 + 0.10 + 0.25), rtol=1e-12)


def test_dates_keep_to_working_hours(tmp_path: Path) -> None:
    more = (
        "world: article\nlabelling: {batch: 1}\ntrainer: {duration: 0 s}\ncoordination: {steps: none}\n"
        "calendars: {mornings: {hours: {mon-fri: 9:00-12:00}}}\n"
        "team: [{calendar: mornings, seconds_per_label: 20 min}]\nstart: 2026-01-05 09:00"
    )
    # A Wednesday; nine documents fit in a day.
    found = rest(scenario(tmp_path, more=more, labels=1), datetime(2026, 1, 14, 9, tzinfo=UTC))
    for documents, hours in zip(found.needed - LABELLED, found.wall_hours, strict=True):
        days, in_day = divmod(int(documents) - 1, 9)
        weeks, weekday = divmod(2 + days, 5)
        expected = datetime(2026, 1, 12, 9, tzinfo=UTC) + timedelta(
            days=7 * weeks + weekday, minutes=20 * (in_day + 1)
        )
        assert datetime(2026, 1, 14, 9, tzinfo=UTC) + timedelta(hours=hours) == expected


def test_people_share_a_batch_and_wait_for_the_hand_over(tmp_path: Path) -> None:
    more = (
        "world: article\nlabelling: {batch: 40, page: 20}\ntrainer: {duration: 1 h}\n"
        "team: [{count: 2, seconds_per_label: 36 s}]\n"
        "coordination: {steps: [{name: send, duration: 5 h}, {name: train}]}"
    )
    found = rest(scenario(tmp_path, more=more, labels=1))
    batches = np.ceil((found.needed - LABELLED) / 40)
    np.testing.assert_allclose(found.hours, batches * 40 * 36 / 3600)
    np.testing.assert_allclose(found.wall_hours, batches * (20 * 36 / 3600 + 5 + 1))


def test_a_strategy_takes_its_share_where_the_model_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halved = {**STRATEGY_GAINS, "variance_reduction": StrategyGain(np.log(4), 0)}
    monkeypatch.setattr("sim.study.forecast.STRATEGY_GAINS", halved)
    more = "world: article\nreplications: 20\nlabelling: {batch: 40, strategy: %s}"
    random, strategy = (more % one for one in ("random", "variance_reduction"))
    usual = rest(scenario(tmp_path, more=random), believed=0.5).needed
    found = rest(scenario(tmp_path, more=strategy), believed=0.5).needed
    np.testing.assert_array_equal(found - LABELLED, np.ceil((usual - LABELLED) / 2))
    np.testing.assert_array_equal(rest(scenario(tmp_path, more=strategy)).needed, usual)


def test_where_the_documents_do_not_suffice_there_is_no_date(tmp_path: Path) -> None:
    more = "world: article\nlabelling: {batch: 30}\ncoordination: {steps: none}"
    path = scenario(tmp_path, more=more)
    (described,) = read_scenarios([path])
    assert isinstance(described.corpus, TableCorpus)
    reached = np.clip((LABELLED * np.exp(GROWTH) - 200) / 1200, 0, 1)
    needed = DocumentsToTarget(LABELLED, reached)
    found = Rest.simulate(described, None, load_partly_labelled(described.corpus), needed)
    reach = found.needed <= DOCUMENTS
    assert 0 < reach.mean() < 1
    for values in (found.hours, found.wall_hours, found.cost):
        np.testing.assert_array_equal(np.isfinite(values), reach)
    assert np.isfinite(found.ended_hours).all()
    assert found.figures["hours"].p10 is not None
    assert found.figures["hours"].p90 is None


def test_plans_are_compared_in_the_same_draws(simulate: Simulate, tmp_path: Path) -> None:
    more = (
        "world: article\ntarget: {map: 0.6}\nlabelling: {batch: 20, page: 1}\ntrainer: {duration: 0 s}\n"
        "coordination: {steps: none}\ncosts: {labelling: 30}\nteam: [{seconds_per_label: 20 s}]\n"
        "replications: 4"
    )
    path = scenario(tmp_path, more=more, labels=1)
    # All documents of a table are there, whatever a plan says of when they come in.
    two = plan(tmp_path, "two", "team: [{count: 2}]\ncorpus: {arrivals: {per_day: 1}}")
    dearer = plan(tmp_path, "dearer", "costs: {labelling: 40}")
    found = forecast(simulate, path, two, dearer)
    (other, more_paid), wall = found["others"], found["wall_hours"]["p10"]
    assert other["wall_hours"]["p10"] == pytest.approx(wall / 2)
    assert (other["hours"], other["cost"]) == (found["hours"], found["cost"])
    assert (other["probability_earlier"], other["probability_cheaper"]) == (1, 0.5)
    assert more_paid["probability_earlier"] == 0.5
    assert more_paid["probability_cheaper"] == 0
    assert more_paid["cheaper_by"]["p90"] == pytest.approx(-found["cost"]["p10"] / 3)
    said = " ".join(simulate("forecast", path, two, dearer).stdout.split())
    assert "two: " in said
    assert "Earlier than Ours with a probability of 100 %" in said
    assert "dearer than it with a probability of 100 %" in said
    sweep = forecast(simulate, plan(tmp_path, "sweep", "sweep: {over: {team.0.count: [1, 2]}}"))
    assert [one["wall_hours"] for one in sweep["others"]] == [other["wall_hours"]]


def test_no_hidden_label_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "target: {map: 0.6}\nlabelling: {batch: 50, strategy: variance_reduction}\nreplications: 10"
    path = scenario(tmp_path, more=more)
    (described,) = read_scenarios([path])
    seen = project_forecast([described], tmp_path)

    def opposite(config: TableCorpus) -> PartlyLabelled:
        corpus, labelled = load_partly_labelled(config)
        labels = ~corpus.pool.labels
        labels[labelled] = corpus.pool.labels[labelled]
        return PartlyLabelled(replace(corpus, pool=corpus.pool.with_labels(labels)), labelled)

    monkeypatch.setattr("sim.study.forecast.load_partly_labelled", opposite)
    assert project_forecast([described], tmp_path) == seen


def test_the_past_is_over(tmp_path: Path) -> None:
    keys = (
        "world: article\nstart: 2026-01-05 09:00\ntarget: {{map: 0.8, deadline: 20 d}}\n"
        "labelling: {{batch: 40}}\ncoordination: {{steps: none}}\nsetup: {{collect: {setup}}}\n"
        "team: [{{practice: {{first: {first}}}}}, {{joins: {joins}}}, {{leaves: 8 d}}]"
    )
    now = datetime(2026, 1, 15, 9, tzinfo=UTC)
    gone = rest(scenario(tmp_path, more=keys.format(setup="9 d", first=3, joins="3 d")), now)
    simple = keys.format(setup="0 h", first=1, joins="10 d").replace(", {leaves: 8 d}", "")
    usual = rest(scenario(tmp_path, more=simple), now)
    np.testing.assert_array_equal(gone.wall_hours, usual.wall_hours)
    assert gone.deadline_hours == usual.deadline_hours == 10 * 24
    later = rest(scenario(tmp_path, more=simple.replace("joins: 10 d", "joins: 11 d")), now)
    assert (later.wall_hours > usual.wall_hours).all()


def test_earlier_forecasts_are_kept_beside_the_scenario(simulate: Simulate, tmp_path: Path) -> None:
    more = "target: {map: 0.6}\nstart: 2026-01-05\nreplications: 3\nlabelling: {batch: 60}"
    path = scenario(tmp_path, more=more)
    first = forecast(simulate, path, "--as-of=2026-01-12")
    assert forecast(simulate, path, "--as-of=2026-01-12 12:00")["history"] == []
    last = forecast(simulate, path, "--as-of=2026-01-20")
    (past,) = last["history"]
    assert past["as_of"] == "2026-01-12T12:00+00:00"
    assert past["end"]["p10"] >= first["end"]["p10"]
    assert forecast(simulate, path, "--as-of=2026-01-26", "--set=labelling.batch=30")["history"] == []
    said = " ".join(simulate("forecast", path, "--as-of=2026-01-26").stdout.split())
    assert "The forecast of 12 Jan 2026 was: " in said
    kept = tmp_path / "ours.forecasts.jsonl"
    assert len(kept.read_text("utf-8").splitlines()) == 3
    kept.write_text("{}\n", "utf-8")
    assert "ours.forecasts.jsonl:1: not a forecast" in simulate("forecast", path, "--as-of=2026-02-02").stderr


def test_the_answer_comes_first_in_80_columns(simulate: Simulate, tmp_path: Path) -> None:
    more = (
        "target: {map: 0.55, deadline: 3 months}\nstart: 2026-01-05\nunknown: none\nreplications: 20\n"
        "labelling: {batch: 40}"
    )
    found = simulate("forecast", scenario(tmp_path, labelled=200, more=more), "--as-of=2026-02-02")
    assert found.returncode == 0
    assert found.stdout.startswith("Ours, to 55 % MAP: about ")
    assert max(map(len, found.stdout.splitlines())) <= 80
    said = " ".join(found.stdout.split())
    for part in (
        *("P10 to P90", "Now: ", "200 labelled documents", "How true such forecasts are", "done on"),
        *("2026 at P80", "by the deadline with a probability of", "What the time depends on most"),
    ):
        assert part in said


def test_labelled_test_documents_measure_the_model(simulate: Simulate, tmp_path: Path) -> None:
    more = "target: {map: 0.7}\nreplications: 2"
    found = forecast(simulate, scenario(tmp_path, split=True, more=more))
    assert (found["labelled"], found["documents"], found["test_documents"]) == (LABELLED, DOCUMENTS, 100)
    # Without a start and without costs there are no figures of these, but the same fields.
    assert found["end"] == found["cost"] == dict.fromkeys(["p10", "p50", "p80", "p90"])
    assert found["as_of"] is found["currency"] is None
    estimated = forecast(simulate, scenario(tmp_path, more=more))
    assert found["accuracy"]["typical_factor"] < estimated["accuracy"]["typical_factor"]


def test_what_the_forecast_is_not_of_is_said(simulate: Simulate, tmp_path: Path) -> None:
    more = (
        "target: {map: 0.6}\nlabelling: {strategy: mean_uncertainty, suggestions: true}\n"
        "stop: {documents: 300}\nreplications: 2"
    )
    found = forecast(simulate, scenario(tmp_path, more=more))
    assert found["cautions"] == ["not_random", "by_hand", "no_limits"]


@pytest.mark.parametrize(("right", "seconds"), [(True, 2), (False, 10)])
def test_suggestions_of_a_column_are_as_right_as_on_labelled_documents_and_have_their_price(
    tmp_path: Path, *, right: bool, seconds: int
) -> None:
    more = (
        "world: article\ncoordination: {steps: none}\nlabelling: {batch: 20}\nreplications: 3\n"
        "team: [{seconds_per_label: 10 s}]\ncosts: {fixed: 5}"
    )
    scenario(tmp_path, more=more, labels=1)
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    other = dict(zip(sorted({row["labels"] for row in rows} - {""}), ["b", "c", "d", "a"], strict=True))
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "labels", "gpt"])
        writer.writeheader()
        # On documents that nobody has labelled it does not matter: nobody knows how right that is.
        writer.writerows(row | {"gpt": row["labels"] if right else other.get(row["labels"])} for row in rows)
    times = "{switching: {assign: 10 s, confirm: 2 s}}"
    suggested = plan(
        tmp_path,
        "suggested",
        "corpus: {columns: {suggested: gpt}}\n"
        f"labelling: {{annotation_times: {times}, suggestions: {{from: column, cost_per_document: 0.25}}}}",
    )
    found = rest(suggested)
    more_documents = np.ceil((found.needed - LABELLED) / 20) * 20
    assert found.hours * 3600 == pytest.approx(seconds * more_documents)
    assert found.cost == pytest.approx(0.25 * more_documents)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"labelled": 40}, "40 documents of table.csv are labelled; a forecast takes 100"),
        ({"labelled": DOCUMENTS}, "every document of table.csv is labelled"),
        ({"more": "target: {map: 0.05}"}, "5 % MAP is reached already"),
        ({"more": "target: {map: 0.9999}"}, "99.99 % MAP is out of reach"),
        ({"more": "target: {micro_f1: 0.05}"}, "5 % micro F1 is reached already"),
        ({"more": "target: {of_plateau: 0.1}"}, "10 % of the plateau is reached already"),
        ({"more": "target: {macro_f1: 0.9999}"}, "now it is"),
        ({"more": "target: {found: 0.9}"}, "of_plateau, not of found; write another target"),
        ({"more": "target: {recall: 0.9}"}, "recall does not apply to the labelled documents of table.csv"),
    ],
)
def test_a_forecast_that_cannot_be_made_is_refused_with_one_message(
    simulate: Simulate, tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    found = simulate("forecast", scenario(tmp_path, **keys))
    assert found.returncode == 2
    assert said in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("target: {map: 0.9}", "target must be that of Ours"),
        ("learner: {preset: article}\nreplications: 7", "learner and replications must be that of Ours"),
        ("start: 2026-01-05\nteam: [{leaves: 2026-02-01}]", "other: all who label have left"),
    ],
)
def test_plans_that_cannot_be_compared_are_refused(
    simulate: Simulate, tmp_path: Path, keys: str, said: str
) -> None:
    path = scenario(tmp_path, more="target: {map: 0.6}\nreplications: 2")
    found = simulate("forecast", path, plan(tmp_path, "other", keys), "--as-of=2026-03-01")
    assert found.returncode == 2
    assert said in found.stderr


def test_a_moment_that_is_none_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    found = simulate("forecast", scenario(tmp_path), "--as-of=soon")
    assert found.returncode == 2
    assert "--as-of: 'soon' is not a date" in found.stderr


def test_a_corpus_without_a_table_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "described.yaml"
    path.write_text("name: Described\ncorpus: {source: standin}\n", "utf-8")
    found = simulate("forecast", path)
    assert found.returncode == 2
    assert "corpus.source is standin" in found.stderr


@pytest.mark.parametrize(
    ("metric", "value", "title"), [("micro_f1", 0.75, "75 % micro F1"), ("macro_f1", 0.7, "70 % macro F1")]
)
def test_other_metrics_are_forecast_too(
    simulate: Simulate, tmp_path: Path, metric: str, value: float, title: str
) -> None:
    path = scenario(tmp_path, more=f"target: {{{metric}: {value}}}\nreplications: 2")
    found = forecast(simulate, path)
    assert found["target"] == {metric: value}
    assert found["plateau"] is None
    assert found["now"]["metric"] == metric
    assert found["now"]["lo"] < found["now"]["value"] < found["now"]["hi"]
    # The estimate of MAP is given whatever the target.
    assert found["estimate"]["map"] != found["now"]["value"]
    said = " ".join(simulate("forecast", path).stdout.split())
    assert said.startswith(f"Ours, to {title}: about ")
    assert f"Now: {100 * found['now']['value']:.0f} % {title.partition('% ')[2]} (95 % CI" in said


def test_documents_that_may_not_suffice_are_said_in_the_answer(simulate: Simulate, tmp_path: Path) -> None:
    """A target and what to expect of all documents agree, whichever is asked for."""
    low, high = (
        forecast(simulate, scenario(tmp_path, more=f"target: {{map: {value}}}\nreplications: 2"))
        for value in (0.6, 0.7)
    )
    assert low["plateau"] == high["plateau"]
    assert low["probability_documents_suffice"] > high["probability_documents_suffice"]
    assert high["plateau"]["lo"] < 0.7 < high["plateau"]["hi"]
    assert 0.1 < high["probability_documents_suffice"] < 0.8
    dated = "target: {map: 0.7, deadline: 10 y}\nstart: 2026-01-05\nunknown: none\nreplications: 20\n"
    path = scenario(tmp_path, more=dated)
    found = forecast(simulate, path)
    # Every draw is of documents that suffice, and all of these are in time.
    assert found["probability_by_deadline"] == pytest.approx(found["probability_documents_suffice"])
    said = " ".join(simulate("forecast", path).stdout.split())
    share = f"{100 * found['probability_documents_suffice']:.0f} %"
    assert f"suffice, which they do with a probability of {share} only." in said


def test_a_share_of_the_plateau_is_forecast_with_what_to_expect_of_it(
    simulate: Simulate, tmp_path: Path
) -> None:
    path = scenario(tmp_path, more="target: {of_plateau: 95 %}\nreplications: 2")
    found = forecast(simulate, path)
    assert found["target"] == {"of_plateau": 0.95}
    assert found["documents_to_target"]["p90"] <= DOCUMENTS
    assert found["probability_documents_suffice"] == pytest.approx(1)
    assert found["now"]["value"] == found["estimate"]["map"] < found["plateau"]["value"]
    said = " ".join(simulate("forecast", path).stdout.split())
    assert said.startswith("Ours, to 95 % of the plateau: about ")
    assert f"With all 900 documents labelled, expect {100 * found['plateau']['value']:.0f} % (" in said
