"""The files of a study: what is written reads back, and nobody else's file is touched."""

from __future__ import annotations

import csv
import gc
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import PlannerMistakeError
from sim.core.quality import QUALITY
from sim.core.signals import EndRequested
from sim.results import study_store
from sim.results.study_store import curve_table, encode_manifest
from support.handmade import (
    GOOD,
    manifest,
    outcome_of_hours,
    replication,
    scenario_outcome,
    stored,
    summary,
)
from support.limits import no_file_larger_than

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.results.summary import ScenarioOutcome

KEY, OTHER = "a" * 32, "b" * 32
LIMIT = 64 * 1024


def of_study(key: str, name: str = study_store.MANIFEST) -> str:
    """The manifest of a study, as labelsim wrote it."""
    return encode_manifest(name, {"schema_version": 1, "study": key}).decode()


MANIFEST = of_study(KEY)


def written(folder: Path, **keys: Any) -> dict[str, bytes]:
    """The files of a small study, as they stand in ``folder``."""
    outcome = outcome_of_hours(10, 20)
    study_store.write_results(folder, [outcome], manifest(outcome) | keys)
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_study_reads_back_as_it_was_written(tmp_path: Path) -> None:
    outcomes = [outcome_of_hours(10, 20), outcome_of_hours(5, 10, name="Sooner")]
    study = stored(tmp_path, *outcomes)
    assert study.folder == tmp_path
    assert study.summary == summary(outcomes)
    assert study.manifest == manifest(*outcomes)
    assert study.curve.equals(pa.concat_tables(map(curve_table, outcomes)).cast(study.curve.schema))


def test_the_curve_has_a_row_for_each_model(tmp_path: Path) -> None:
    outcome = scenario_outcome(replication(0.5, 0.9, hours=10), replication(0.6, hours=20, number=1))
    rows = stored(tmp_path, outcome).curve.to_pylist()
    columns = (
        "replication",
        "round",
        "labelled_documents",
        "annotations",
        "active_hours",
        "wall_hours",
        "map",
    )
    assert [tuple(row[column] for column in columns) for row in rows] == [
        (0, 0, 1, 2, 1, 10, 0.5),
        (0, 1, 2, 4, 2, 20, 0.9),
        (1, 0, 1, 2, 1, 20, 0.6),
    ]
    with (tmp_path / study_store.CURVE_CSV).open(encoding="utf-8", newline="") as file:
        assert [int(row["annotations"]) for row in csv.DictReader(file)] == [2, 4, 2]


def test_a_metric_that_does_not_apply_to_the_documents_has_no_value_in_the_curve(tmp_path: Path) -> None:
    point = replace(replication(0.9).curve[0], macro_f1=0.6, accuracy=0.7)
    outcome = scenario_outcome(replace(replication(0.9), curve=[point], reached=point))
    (row,) = stored(tmp_path, outcome).curve.to_pylist()
    assert [row[name] for name in QUALITY[1:]] == [0.6, None, 0.7, None, None, None, None]
    with (tmp_path / study_store.CURVE_CSV).open(encoding="utf-8", newline="") as file:
        (written,) = csv.DictReader(file)
    assert [written[name] for name in QUALITY[1:]] == ["0.6", "", "0.7", "", "", "", ""]
    (curve,) = study_store.read_curves(study_store.read_study(tmp_path).curve).values()
    assert curve.points == [point]


def test_the_events_name_their_documents_and_only_where_there_is_one(tmp_path: Path) -> None:
    stored(tmp_path, scenario_outcome(replication(0.9, hours=10)))
    events = pq.read_table(tmp_path / study_store.EVENTS).to_pylist()
    columns = ("start_hours", "end_hours", "actor", "activity", "document", "confirmed", "assigned", "pace")
    assert [tuple(event[column] for column in columns) for event in events] == [
        (0, 1, "SME 1", "label", "document 0", 1, 1, "switching"),
        (1, 8, "coordination", "merge", None, 0, 0, ""),
        (1, 10, "SME 1", "wait", None, 0, 0, ""),
        (8, 10, "trainer", "train", None, 0, 0, ""),
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)"),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\ufe621"),
        *(" =1+1", "\u3000\uff1d1+1", "\u00a0@SUM(A1)"),
    ],
)
def test_no_cell_of_the_csv_is_a_formula_to_a_spreadsheet(tmp_path: Path, name: str) -> None:
    result = replication(0.9, hours=10, name=name)
    rated = [replace(point, rating=replace(GOOD, weakest_label=name)) for point in result.curve]
    study = stored(tmp_path, scenario_outcome(replace(result, curve=rated, reached=rated[0])))
    with (tmp_path / study_store.CURVE_CSV).open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["scenario"] == row["weakest_label"] == f"'{name}"
    # Only there: elsewhere the name stays what it is.
    assert study.summary.scenarios[0].name == name
    assert study.curve["scenario"].to_pylist() == [name]


def test_the_results_have_a_row_a_project_and_what_its_scenario_differs_in(tmp_path: Path) -> None:
    one, two = outcome_of_hours(10, 20, name="One"), scenario_outcome(replication(0.5, name="Two"))
    both = manifest(one, two)
    both["scenarios"][1]["resolved"]["trainer"]["duration"] = "2 min"
    stored(tmp_path, one, two, manifest_=both)
    rows = pq.read_table(tmp_path / study_store.RESULTS).to_pylist()
    keys = ("scenario", "trainer.duration", "replication", "outcome", "reason", "wall_hours", "final_map")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("One", "4 h", 0, "reached", "target", 10, 0.9),
        ("One", "4 h", 1, "reached", "target", 20, 0.9),
        ("Two", "2 min", 0, "horizon", "limit of documents", 10, 0.5),
    ]


def test_events_as_csv_are_those_of_all_replications_under_one_heading(tmp_path: Path) -> None:
    stored(tmp_path, scenario_outcome(replication(0.9, name="=1"), replication(0.9, name="=1", number=1)))
    rows = list(
        csv.DictReader(study_store.write_csv(tmp_path, study_store.EVENTS).read_text("utf-8").splitlines())
    )
    expected = pq.read_table(tmp_path / study_store.EVENTS).to_pylist()
    assert [row["activity"] for row in rows] == [row["activity"] for row in expected]
    assert {row["scenario"] for row in rows} == {"'=1"}
    assert [float(row["end_hours"]) for row in rows] == [row["end_hours"] for row in expected]


def test_results_as_csv_are_those_of_all_scenarios(tmp_path: Path) -> None:
    stored(tmp_path, outcome_of_hours(10, 20, name="=1"), outcome_of_hours(30, name="Other"))
    path = study_store.write_csv(tmp_path, study_store.RESULTS)
    assert path.name == "results.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [(row["scenario"], float(row["wall_hours"])) for row in rows] == [
        ("'=1", 10),
        ("'=1", 20),
        ("Other", 30),
    ]


def test_a_name_with_commas_and_quotes_is_one_cell(tmp_path: Path) -> None:
    name = 'a, "b"; c'
    stored(tmp_path, outcome_of_hours(10, name=name))
    with (tmp_path / study_store.CURVE_CSV).open(encoding="utf-8", newline="") as file:
        assert [row["scenario"] for row in csv.DictReader(file)] == [name]


def test_whoever_ends_a_study_while_it_is_written_leaves_no_file_and_no_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    monkeypatch.setattr(study_store, "ROWS_TOGETHER", 1)  # so that every piece is written at once
    outcome = outcome_of_hours(10, 20)

    def outcomes() -> Iterator[ScenarioOutcome]:
        yield outcome
        yield outcome
        raise EndRequested(signal.SIGTERM)

    with pytest.raises(EndRequested):
        study_store.write_results(tmp_path, outcomes(), manifest(outcome, outcome))
    gc.collect()
    assert (complaints, content(tmp_path)) == ([], {})


@pytest.mark.parametrize("held", [True, False], ids=["the same study before", "an empty folder"])
def test_where_there_is_no_room_for_all_files_none_is_written(tmp_path: Path, held: bool) -> None:  # noqa: FBT001
    before = written(tmp_path) if held else {}
    with no_file_larger_than(LIMIT), pytest.raises(OSError, match="File too large"):
        written(tmp_path, text="x" * LIMIT)  # the manifest comes last
    assert content(tmp_path) == before


def damage_summary(folder: Path, text: str) -> None:
    (folder / study_store.SUMMARY).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            lambda folder: (folder / study_store.SUMMARY).unlink(),
            "no finished study here, summary.json is missing",
        ),
        (
            lambda folder: (folder / study_store.MANIFEST).unlink(),
            "no finished study here, manifest.json is missing",
        ),
        (
            lambda folder: (folder / study_store.CURVE).unlink(),
            "no finished study here, curve.parquet is missing",
        ),
        (lambda folder: (folder / study_store.CURVE).write_bytes(b"PAR1"), "the study cannot be read"),
        (lambda folder: damage_summary(folder, ""), "the study cannot be read"),
        (lambda folder: damage_summary(folder, "[" * 100_000), "the study cannot be read"),
        (lambda folder: damage_summary(folder, "[]"), "summary.json was written by something else"),
        (
            lambda folder: damage_summary(folder, '{"scenarios": []}'),
            "summary.json was written by something else",
        ),
        (
            lambda folder: damage_summary(folder, '{"schema_version": 2}'),
            "summary.json was written by something else, or by another version",
        ),
    ],
)
def test_what_is_no_finished_study_of_ours_is_told(tmp_path: Path, damage: Any, told: str) -> None:
    written(tmp_path)
    damage(tmp_path)
    with pytest.raises(PlannerMistakeError, match=told):
        study_store.read_study(tmp_path)


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text, "utf-8")
    return folder


HELD = {
    "nothing": ({}, None),
    "a study": ({"manifest": MANIFEST}, KEY),
    "a study that is not finished": ({"unfinished": of_study(KEY, study_store.UNFINISHED)}, KEY),
    "a study of another version": ({"manifest": MANIFEST.replace("1", "2", 1)}, ""),
    "a study that was changed": ({"manifest": MANIFEST.replace(KEY, OTHER)}, ""),
    "a study of a version without checksums": (
        {"manifest": f'{{"schema_version": 1, "study": "{KEY}"}}'},
        "",
    ),
    "something else": ({"thesis": "{}"}, ""),
    "a manifest of something else": ({"manifest": '{"name": "extension"}'}, ""),
    "a manifest that is no object": ({"manifest": "[]"}, ""),
    "a manifest that is no JSON": ({"manifest": "PK"}, ""),
    "a manifest that nobody writes": ({"manifest": "[" * 100_000}, ""),
}


@pytest.mark.parametrize(("files", "held"), HELD.values(), ids=HELD)
def test_which_study_a_folder_holds(tmp_path: Path, files: dict[str, str], held: str | None) -> None:
    assert study_store.study_key_in(put(tmp_path / "out", **files)) == held


def test_a_folder_with_hidden_files_alone_is_empty(tmp_path: Path) -> None:
    """Such as a command leaves that was killed before it began, or as file systems have."""
    for name in (".unfinished.json.x1y2z3", ".writable", ".DS_Store"):
        (tmp_path / name).touch()
    assert study_store.study_key_in(tmp_path) is None
    assert study_store.study_folder(tmp_path, "name", KEY) == tmp_path
    (tmp_path / ".git").mkdir()
    assert study_store.study_key_in(tmp_path) == ""


def test_a_folder_that_is_not_there_holds_nothing_and_a_file_something_else(tmp_path: Path) -> None:
    assert study_store.study_key_in(tmp_path / "out") is None
    (tmp_path / "file").touch()
    assert study_store.study_key_in(tmp_path / "file") == ""


@pytest.mark.parametrize("files", [{}, {"manifest": MANIFEST}], ids=["empty", "the same study"])
def test_an_empty_folder_or_one_of_the_same_study_is_taken(tmp_path: Path, files: dict[str, str]) -> None:
    out = put(tmp_path / "out", **files)
    before = content(out)
    assert study_store.study_folder(out, "name", KEY) == out
    assert content(out) == before


@pytest.mark.parametrize("files", [{"manifest": of_study(OTHER)}, {"thesis": ""}])
def test_a_folder_of_anything_else_is_refused_and_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    out = put(tmp_path / "out", **files)
    before = content(out)
    with pytest.raises(
        PlannerMistakeError, match="folder is not empty and is not a labelsim study; choose another"
    ):
        study_store.study_folder(out, "name", KEY)
    assert content(out) == before


@pytest.mark.parametrize(
    ("held", "taken"),
    [(None, "reports/name"), (KEY, "reports/name"), (OTHER, f"reports/name-{KEY[:8]}")],
    ids=["nothing", "the same study", "another study"],
)
def test_without_a_wish_results_go_below_reports_beside_those_of_other_studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str | None, taken: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if held is not None:
        put(Path("reports/name"), manifest=of_study(held))
    assert study_store.study_folder(None, "name", KEY) == Path(taken)
    assert Path(taken).is_dir()


def test_a_name_made_of_very_many_is_cut_and_told_apart_by_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = study_store.study_folder(None, "\N{DIGIT ONE COMMA}" * 1000, KEY)
    assert folder.is_dir()
    assert folder.name.endswith(f"-{KEY[:8]}")


@pytest.mark.parametrize("out", ["file", "file/below", "x" * 300])
def test_a_place_where_no_folder_can_be_is_told(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    with pytest.raises(PlannerMistakeError, match=r"is a file; give a folder|cannot be written to: "):
        study_store.study_folder(tmp_path / out, "name", KEY)
    assert content(tmp_path) == {"file": b"mine"}


def test_the_events_of_one_replication_are_read_alone(tmp_path: Path) -> None:
    stored(tmp_path, outcome_of_hours(10, 20), outcome_of_hours(5, 8, name="Sooner"))
    every = pq.read_table(tmp_path / study_store.EVENTS).to_pylist()
    for name, number in (("Hand-made", 0), ("Hand-made", 1), ("Sooner", 0), ("Sooner", 1)):
        mine = [event for event in every if (event["scenario"], event["replication"]) == (name, number)]
        assert len(mine) == 4
        assert study_store.read_events(tmp_path, name, number).to_pylist() == mine
    assert not len(study_store.read_events(tmp_path, "Sooner", 2))


def test_groups_of_rows_are_large_enough_to_pack_well_and_small_enough_to_be_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_store, "ROWS_TOGETHER", 10)
    stored(tmp_path, outcome_of_hours(10, 20), outcome_of_hours(5, 8, name="Sooner"))
    events = pq.ParquetFile(tmp_path / study_store.EVENTS)
    # Four rows a replication: the third passes the line.
    rows = [events.metadata.row_group(number).num_rows for number in range(events.num_row_groups)]
    assert rows == [12, 4]


@pytest.mark.slow
def test_a_study_may_have_very_many_scenarios(tmp_path: Path) -> None:
    study = stored(tmp_path, *(outcome_of_hours(10, name=f"Scenario {number}") for number in range(300)))
    for table in (
        study.curve,
        pq.read_table(tmp_path / study_store.RESULTS),
        pq.read_table(tmp_path / study_store.EVENTS),
    ):
        assert len(set(table["scenario"].to_pylist())) == 300


def test_events_that_are_missing_or_damaged_are_told(tmp_path: Path) -> None:
    with pytest.raises(PlannerMistakeError, match=r"no finished study here, events\.parquet is missing"):
        study_store.read_events(tmp_path, "Hand-made", 0)
    (tmp_path / study_store.EVENTS).write_bytes(b"PAR1")
    with pytest.raises(PlannerMistakeError, match=r"events\.parquet cannot be read"):
        study_store.read_events(tmp_path, "Hand-made", 0)


# What was changed since.


def damaged(folder: Path, name: str, content: object) -> str:
    """What is said of a study one of whose files folder is not empty and is not a labelsim study."""
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    with pytest.raises(PlannerMistakeError) as told:
        study_store.read_study(folder)
    assert told.value.exit_code == 2
    return str(told.value)


@pytest.mark.parametrize("name", [study_store.SUMMARY, study_store.MANIFEST])
def test_a_file_that_lacks_a_key_holds_another_value_or_is_cut_is_told(tmp_path: Path, name: str) -> None:
    written(tmp_path)
    whole = json.loads((tmp_path / name).read_text("utf-8"))
    for key in whole.keys() - {"schema_version"}:
        assert f"{name} was" in damaged(tmp_path, name, {**whole, key: 7})
        assert f"{name} was" in damaged(tmp_path, name, {k: v for k, v in whole.items() if k != key})
    assert f"{name} is cut or damaged" in damaged(tmp_path, name, json.dumps(whole)[:-9])
    (tmp_path / name).write_text(json.dumps(whole), "utf-8")  # laid out otherwise, which changes nothing
    assert study_store.read_study(tmp_path).summary.schema_version == 1


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_value_of_a_summary_is_changed_it_is_told(tmp_path: Path, data: st.DataObject) -> None:
    written(tmp_path)
    content = json.loads((tmp_path / study_store.SUMMARY).read_text("utf-8"))
    inside: Any = content
    while True:
        place = data.draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if not inside[place] or not isinstance(inside[place], dict | list) or data.draw(st.booleans()):
            break
        inside = inside[place]
    other: Any = data.draw(st.sampled_from([None, 0, -1.5, "x", [], {}, [None]]))
    if inside[place] != other:
        inside[place] = other
        assert "summary.json was" in damaged(tmp_path, study_store.SUMMARY, content)
