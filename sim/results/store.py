"""The files of a study, and reading them back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from sim.durations import MS_PER_HOUR
from sim.errors import PlannerMistakeError
from sim.files import write_atomically, write_together
from sim.records import Rating, Signs
from sim.results.differences import differences
from sim.results.summary import SCHEMA_VERSION, as_json, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.records import CurvePoint, Words
    from sim.results.measures import Measures
    from sim.results.outcome import ScenarioOutcome

REPORTS = Path("reports")
SUMMARY = "summary.json"
MANIFEST = "manifest.json"
CURVE = "curve.parquet"
CURVE_CSV = "curve.csv"
RESULTS = "results.parquet"
EVENTS = "events.parquet"
EVENTS_CSV = "events.csv"
LONGEST_NAME = 60
"""Characters of a folder's name, which may take four bytes each of the 255 that file systems allow."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class StoredStudy:
    """A finished study as its folder holds it."""

    folder: Path
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    curve: pa.Table


def write(folder: Path, outcomes: Sequence[ScenarioOutcome], manifest: Mapping[str, Any]) -> None:
    """Write a study's files, the manifest last: all of them or, where there is no room for all, none.

    Raises:
        OSError: if the folder cannot be written to.
    """
    curve = curve_table(outcomes)
    resolved = [scenario["resolved"] for scenario in manifest["scenarios"]]
    write_together(
        {
            folder / RESULTS: [_parquet([results_table(outcomes, resolved)])],
            folder / EVENTS: [_parquet([_events(one, two) for one in outcomes for two in one.measures])],
            folder / CURVE: [_parquet([curve])],
            folder / CURVE_CSV: [_csv(curve)],
            folder / SUMMARY: [as_json(summary(outcomes)).encode()],
            folder / MANIFEST: [as_json(dict(manifest)).encode()],
        }
    )


def read(folder: Path) -> StoredStudy:
    """A study that was written to ``folder``.

    Raises:
        PlannerMistakeError: if the folder does not hold a finished study.
    """
    try:
        return StoredStudy(
            folder,
            _versioned(folder / SUMMARY),
            _versioned(folder / MANIFEST),
            parquet.read_table(folder / CURVE),
        )
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else CURVE  # Arrow does not say
        raise PlannerMistakeError(f"{folder}: no finished study here, {missing} is missing") from error
    except (OSError, ValueError, RecursionError, pa.ArrowException) as error:
        raise PlannerMistakeError(f"{folder}: the study cannot be read: {error}") from error


def read_events(folder: Path, scenario: str, replication: int) -> pa.Table:
    """What happened in one replication of the study that ``folder`` holds: a row an event, by start.

    Little more than these rows is read: every replication's are a group of their own.

    Raises:
        PlannerMistakeError: if there are no events, or they cannot be read.
    """
    mine = [("scenario", "==", scenario), ("replication", "==", replication)]
    with _telling_of_events(folder):
        return parquet.read_table(folder / EVENTS, filters=mine)


def write_events_csv(folder: Path) -> Path:
    """Write the events of the study that ``folder`` holds as CSV beside them, a replication at a time.

    Raises:
        PlannerMistakeError: if there are no events, or they cannot be read.
        OSError: if the folder cannot be written to.
    """
    with _telling_of_events(folder):
        file = parquet.ParquetFile(folder / EVENTS)
    path = folder / EVENTS_CSV
    with file:
        parts = (_csv(file.read_row_group(i), headed=i == 0) for i in range(file.num_row_groups))
        write_together({path: parts})
    return path


@contextmanager
def _telling_of_events(folder: Path) -> Iterator[None]:
    """Whatever keeps a study's events from being read, told as a planner's mistake."""
    try:
        yield
    except FileNotFoundError as error:
        raise PlannerMistakeError(f"{folder}: no finished study here, {EVENTS} is missing") from error
    except (OSError, pa.ArrowException) as error:
        raise PlannerMistakeError(f"{folder}: the study's events cannot be read: {error}") from error


def _versioned(path: Path) -> Mapping[str, Any]:
    """The content of a JSON file, if it is one of ours."""
    content = json.loads(path.read_text("utf-8"))
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"{path.name} was written by something else, or by another version")
    return content


def study_folder(out: Path | None, name: str, study: str) -> Path:
    """The folder for the files of ``study`` (its key): ``out``, or one below ``reports/``.

    Where the planner gives none and ``reports/<name>`` holds another study, the key is added to the name, so
    that nothing is lost; a name that is very long is cut before it.

    Raises:
        PlannerMistakeError: if ``out`` is a file, holds something else, or cannot be written to.
    """
    folder = out or REPORTS / name
    if out is None and (len(name) > LONGEST_NAME or held_study(folder) not in (None, study)):
        folder = REPORTS / f"{name[:LONGEST_NAME]}-{study[:8]}"
    try:
        if folder.exists() and not folder.is_dir():
            raise PlannerMistakeError(f"--out {folder}: is a file; give a folder")
        if held_study(folder) not in (None, study):
            raise PlannerMistakeError(f"--out {folder}: holds something else; give a new or an empty folder")
        write_atomically(folder / ".writable", b"")
        (folder / ".writable").unlink()
    except OSError as error:
        raise PlannerMistakeError(f"--out {folder}: cannot be written to: {error.strerror}") from error
    return folder


def held_study(folder: Path) -> str | None:
    """The key of the study that ``folder`` holds, "" if it holds something else, None if it is empty."""
    try:
        if not any(folder.iterdir()):
            return None
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return str(manifest["study"])
    except (FileNotFoundError, NotADirectoryError):
        return "" if folder.exists() else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def results_table(outcomes: Sequence[ScenarioOutcome], resolved: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A row for each replication: in what its scenario differs, how it ended, and its metrics."""
    differing = differences(resolved)
    return pa.concat_tables(
        [
            pa.table(
                {
                    **_whose(outcome, measures, 1),
                    **{key: [values[number]] for key, values in differing.items()},
                    "outcome": [measures.result.outcome],
                    **{
                        name: pa.array([None if value is None else float(value)], pa.float64())
                        for name, value in {**measures.metrics, "final_map": measures.final_map}.items()
                    },
                }
            )
            for number, outcome in enumerate(outcomes)
            for measures in outcome.measures
        ]
    )


def curve_table(outcomes: Sequence[ScenarioOutcome]) -> pa.Table:
    """A row for each published model of each replication."""
    return pa.concat_tables(
        [_curve(outcome, measures) for outcome in outcomes for measures in outcome.measures]
    )


def _curve(outcome: ScenarioOutcome, measures: Measures) -> pa.Table:
    curve = measures.curve
    return pa.table(
        {
            **_whose(outcome, measures, len(curve)),
            "round": curve.round,
            "labelled_documents": curve.labelled_documents,
            "annotations": curve.annotations,
            "active_hours": curve.active_hours,
            "wall_hours": curve.wall_hours,
            "map": curve.map,
            **_seen(measures.result.curve),
        }
    )


def _seen(points: Sequence[CurvePoint]) -> dict[str, pa.Array]:
    """A column for each part of the rating and each sign; null where a project did not look at it."""
    columns = {
        "rating" if part.name == "overall" else part.name: [
            getattr(point.rating, part.name, None) for point in points
        ]
        for part in fields(Rating)
    }
    columns |= {
        part.name: [getattr(point.signs, part.name, None) for point in points] for part in fields(Signs)
    }
    return {
        name: pa.array(values, pa.string() if name == "weakest_label" else pa.float64())
        for name, values in columns.items()
    }


def _events(outcome: ScenarioOutcome, measures: Measures) -> pa.Table:
    events = measures.result.events
    documents = pa.array(events.document, mask=events.document < 0)
    return pa.table(
        {
            **_whose(outcome, measures, len(events)),
            "round": events.round,
            "start_hours": events.start_ms / MS_PER_HOUR,
            "end_hours": events.end_ms / MS_PER_HOUR,
            "actor": _words(events.actor),
            "activity": _words(events.activity),
            "document": pa.array(outcome.document_ids, pa.string()).take(documents),
            "labels": events.labels,
            "confirmed": events.confirmed,
            "assigned": events.assigned,
            "wrong_suggestions": events.wrong_suggestions,
            "view": _words(events.view),
            "subject": _words(events.subject),
            "pace": _words(events.pace),
        }
    )


def _whose(outcome: ScenarioOutcome, measures: Measures, rows: int) -> dict[str, pa.Array]:
    return {
        "scenario": pa.array([outcome.name]).take(pa.array(np.zeros(rows, dtype=np.int32))),
        "replication": pa.array(np.full(rows, measures.result.replication)),
    }


def _words(words: Words) -> pa.Array:
    return pa.array(words.names, pa.string()).take(pa.array(words.codes))


def _parquet(tables: Sequence[pa.Table]) -> memoryview:
    """Tables one after another, each a group of rows."""
    buffer = BytesIO()
    with parquet.ParquetWriter(buffer, tables[0].schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
    return buffer.getbuffer()


def _csv(table: pa.Table, *, headed: bool = True) -> memoryview:
    """CSV in which no cell is taken for a formula by a spreadsheet."""
    for number, column in enumerate(table.schema):
        if column.type == pa.string():
            words = [_harmless(word) for word in table.column(number).to_pylist()]
            table = table.set_column(number, column.name, pa.array(words, pa.string()))
    buffer = BytesIO()
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=headed))
    return buffer.getbuffer()


def _harmless(word: str | None) -> str | None:
    return f"'{word}" if word and word.startswith(FORMULA_STARTS) else word
