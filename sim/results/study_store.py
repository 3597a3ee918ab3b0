"""Store of studies: summary, tables and manifest, with checksums so that damage is found."""

from __future__ import annotations

import hashlib
import json
import string
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar
from unicodedata import normalize

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet
from pydantic import ValidationError

from sim.core.atomic_files import atomic_files, write_atomically
from sim.core.durations import MS_PER_HOUR
from sim.core.errors import PlannerMistakeError
from sim.core.events import NO_DOCUMENT, Categorical, Events
from sim.core.quality import ConvergenceStats, Rating
from sim.results.config_diff import described, differences
from sim.results.replication_metrics import COUNTED, MEASURED, LearningCurve
from sim.results.summary import SCHEMA_VERSION, StudySummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from sim.results.precision import Precision
    from sim.results.selection import SelectionSummary
    from sim.results.summary import ScenarioOutcome


Diagnostics = TypeVar("Diagnostics", Rating, ConvergenceStats)


def results_table(
    outcome: ScenarioOutcome, differing: Mapping[str, str], unknown: Iterable[str] = ()
) -> pa.Table:
    """Build the results table of a scenario: per replication, the swept keys, outcome and metrics.

    ``unknown`` are the keys of which any scenario of the study draws values; those of others are null.
    """
    measured = outcome.measures
    figures = [measures.figures for measures in measured]
    return pa.table(
        {
            "scenario": _constant_column(outcome.name, len(measured)),
            "replication": [measures.replication for measures in measured],
            **{key: _constant_column(value, len(measured)) for key, value in differing.items()},
            "outcome": [measures.outcome for measures in measured],
            "reason": [measures.reason for measures in measured],
            "target": [target.value for target in outcome.targets],
            **{
                f"drawn.{key}": pa.array(outcome.drawn.get(key, [None] * len(measured)), pa.float64())
                for key in unknown
            },
            **{name: pa.array([row[name] for row in figures], pa.float64()) for name in figures[0]},
        }
    )


def curve_table(outcome: ScenarioOutcome) -> pa.Table:
    """Build the table of learning curves of a scenario: a row per published model of each replication."""
    measured = outcome.measures
    curves = [measures.curve for measures in measured]
    return pa.table(
        {
            "scenario": _constant_column(outcome.name, sum(map(len, curves))),
            "replication": np.repeat([measures.replication for measures in measured], list(map(len, curves))),
            **{
                # NaN, where a metric does not apply, is null.
                name: pa.array(np.concatenate([getattr(curve, name) for curve in curves]), from_pandas=True)
                for name in (*COUNTED, *MEASURED)
            },
            **_diagnostic_columns(curves),
        }
    )


def read_curves(table: pa.Table) -> defaultdict[tuple[str, int], LearningCurve]:
    """Read the learning curves by scenario and replication from a study's table of curves.

    A project without published models has an empty curve.
    """
    curves: defaultdict[tuple[str, int], LearningCurve] = defaultdict(
        lambda: LearningCurve.from_dict(defaultdict(list))
    )
    if not len(table):
        return curves
    scenarios = table["scenario"].combine_chunks().dictionary_encode()
    names, codes = scenarios.dictionary.to_pylist(), scenarios.indices.to_numpy()
    replications = table["replication"].to_numpy()
    # Rows of a replication lie together, so that curves are slices and nothing is grouped.
    changes = np.flatnonzero((np.diff(codes) != 0) | (np.diff(replications) != 0)) + 1
    bounds = [0, *changes.tolist(), len(table)]
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in (*COUNTED, *MEASURED)}
    columns |= {
        "ratings": _read_diagnostics(Rating, table),
        "signs": _read_diagnostics(ConvergenceStats, table),
    }
    for start, end in pairwise(bounds):
        columns_of_curve = {name: values[start:end] for name, values in columns.items()}
        curves[names[codes[start]], int(replications[start])] = LearningCurve(**columns_of_curve)
    return curves


def _column_name(part: str) -> str:
    """Return the name of the curve table's column for a part of the Model Rating."""
    return "rating" if part == "overall" else part


def _read_diagnostics(kind: type[Diagnostics], table: pa.Table) -> list[Diagnostics | None]:
    """Read the Model Ratings or convergence statistics of models from a curve table; None where absent."""
    columns = [table[_column_name(part.name)] for part in fields(kind)]
    if all(column.null_count == len(table) for column in columns):
        return [None] * len(table)
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return [None if all(value is None for value in row) else kind(*row) for row in rows]


def _diagnostic_columns(curves: Sequence[LearningCurve]) -> dict[str, pa.Array]:
    """Build the curve table's columns of the Model Rating and convergence statistics; null where absent."""
    diagnostics: dict[type[Rating | ConvergenceStats], list[Any]] = {
        Rating: [rating for curve in curves for rating in curve.ratings],
        ConvergenceStats: [signs for curve in curves for signs in curve.signs],
    }
    return {
        _column_name(part.name): pa.array(
            [getattr(one, part.name, None) for one in values],
            pa.string() if part.name == "weakest_label" else pa.float64(),
        )
        for kind, values in diagnostics.items()
        for part in fields(kind)
    }


COUNTS = ("labels", "confirmed", "assigned", "wrong_suggestions")
"""Columns of events that count labels."""


def events_tables(outcome: ScenarioOutcome) -> Iterator[pa.Table]:
    """Yield tables of events, one row per event: one per replication, several of a long one."""
    ids = pa.array(outcome.document_ids, pa.string())
    for measures, every in zip(outcome.measures, outcome.events, strict=True):
        # Where nothing happened, an empty table still has the columns.
        # In pieces, because a long replication has millions of events, and text
        # takes far more memory than codes.
        for start in range(0, max(1, len(every)), ROWS_OF_A_GROUP):
            events = every.slice(start, ROWS_OF_A_GROUP)
            document = events["document"].to_numpy()
            yield pa.table(
                {
                    "scenario": _constant_column(outcome.name, len(events)),
                    "replication": np.full(len(events), measures.replication),
                    "round": _int64_column(events, "round"),
                    # Hours for people and spreadsheets; milliseconds come back by rounding.
                    "start_hours": events["start_ms"].to_numpy() / MS_PER_HOUR,
                    "end_hours": events["end_ms"].to_numpy() / MS_PER_HOUR,
                    "actor": events["actor"],
                    "activity": events["activity"],
                    # A masked index takes a null: such an event is about no document.
                    "document": ids.take(pa.array(document, mask=document < 0)),
                    **{name: _int64_column(events, name) for name in COUNTS},
                    **{name: events[name] for name in ("view", "subject", "pace")},
                }
            )


def events_from_table(table: pa.Table) -> Events:
    """Convert one replication's table from `read_events` back to the events of the simulation."""

    def categorical(name: str) -> Categorical:
        """Convert a column of words to a categorical column."""
        column = table[name].combine_chunks().dictionary_encode()
        return Categorical(column.indices.to_numpy(), tuple(column.dictionary.to_pylist()))

    documents = table["document"].combine_chunks().dictionary_encode().indices
    times = {
        f"{name}_ms": np.rint(table[f"{name}_hours"].to_numpy() * MS_PER_HOUR).astype(np.int64)
        for name in ("start", "end")
    }
    columns: dict[str, Any] = {
        **times,
        **{name: table[name].to_numpy() for name in ("round", *COUNTS)},
        **{name: categorical(name) for name in ("actor", "activity", "view", "subject", "pace")},
    }
    return Events(**columns, document=documents.fill_null(NO_DOCUMENT).to_numpy())


def _int64_column(events: pa.Table, name: str) -> pa.ChunkedArray:
    """Cast an event column to 64 bits; replication files keep each in as few bytes as it needs."""
    return events[name].cast(pa.int64())


def _constant_column(word: str, rows: int) -> pa.DictionaryArray:
    """Build a table's column with the same word in each row."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), [word])


CHECKSUMS = "checksums"
"""Key of a manifest with the checksums of itself and of other files, by name."""


def encode_manifest(name: str, content: Mapping[str, Any], **others: Mapping[str, Any]) -> bytes:
    """Encode a manifest for its file, with checksums of its content and of other files."""
    checksums = {file: checksum(content_) for file, content_ in {name: content, **others}.items()}
    return as_json({**content, CHECKSUMS: checksums}).encode()


def read_manifest(path: Path) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Read a manifest, check its content against its checksum, and return content and checksums.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file was not written by this version of labelsim, or was changed.
    """
    content = read_json(path)
    checksums = content.pop(CHECKSUMS, None)
    if not isinstance(checksums, dict):
        raise ValueError(f"{path.name} was written by another version of labelsim, or changed since")  # noqa: TRY004
    check(path, content, checksums)
    return content, checksums


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file of a study and check its schema version.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not JSON, or not a file of labelsim.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is cut or damaged: {error}") from error
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"{path.name} was written by something else, or by another version")
    return content


def check(path: Path, content: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
    """Check the content of a study's file against its checksum.

    Raises:
        ValueError: if the content has changed since it was written.
    """
    if checksums.get(path.name) != checksum(content):
        raise ValueError(f"{path.name} was changed since labelsim wrote it")


def checksum(content: Mapping[str, Any]) -> str:
    """Hash the content of a study's JSON file, whatever its layout."""
    # Of the content and not of the bytes: a file that an editor laid out anew is still what was written.
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


REPORTS = Path("reports")
SUMMARY = "summary.json"
MANIFEST = "manifest.json"
UNFINISHED = "unfinished.json"
CURVE = "curve.parquet"
CURVE_CSV = "curve.csv"
RESULTS = "results.parquet"
EVENTS = "events.parquet"
FAILURES = "failures.txt"
LONGEST_NAME = 60
"""Maximum characters of a folder's name: file systems allow 255 bytes, and a character may take four."""
FORMULA_STARTS = ("=", "+", "-", "@")
BLANKS = string.whitespace + "\u00a0\u200b\u3000\ufeff"
SOUGHT = ["scenario", "replication"]
"""Columns by which rows are sought: least and largest values of the others would take a third of the time."""
# Without Arrow's own schema, which would bring dictionaries back as such: every reader gets plain text.
PARQUET = partial(parquet.ParquetWriter, compression="zstd", store_schema=False, write_statistics=SOUGHT)
"""Words are stored as a dictionary, and read back as plain text."""
ROWS_TOGETHER = 100_000
"""Rows of small tables that are written together."""
ROWS_OF_A_GROUP = 2**20
"""Rows that Parquet writes as one group of its own accord."""


@dataclass(frozen=True, eq=False)
class StoredStudy:
    """Finished study, as read from its folder."""

    folder: Path
    summary: StudySummary
    manifest: Mapping[str, Any]
    curve: pa.Table


def write_plan(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write the plan of a study to its folder, so that the study can be resumed.

    Raises:
        OSError: if the folder cannot be written to.
    """
    write_atomically(folder / UNFINISHED, encode_manifest(UNFINISHED, plan))


def write_results(
    folder: Path,
    outcomes: Iterable[ScenarioOutcome],
    manifest: Mapping[str, Any],
    precision: Precision | None = None,
    selection: SelectionSummary | None = None,
) -> None:
    """Write a finished study's files, the manifest last: all of them or, where disk space runs out, none.

    At most two scenarios' replications are in memory at a time, and the events of a few: those of one are
    read while the next is summed up. ``precision`` and ``selection`` are the findings of policies that add
    replications.

    Raises:
        OSError: if the folder cannot be written to.
    """
    configurations = [described(scenario) for scenario in manifest["scenarios"]]
    differing = differences(configurations)
    unknown = dict.fromkeys(key for one in manifest["scenarios"] for key in one["resolved"]["unknown"])
    # The manifest last: it seals what stands before it, and a study without one is not finished.
    names = (RESULTS, EVENTS, CURVE, CURVE_CSV, SUMMARY, MANIFEST)
    with (
        atomic_files(*(folder / name for name in names)) as files,
        ThreadPoolExecutor(1) as background,
        _TableWriter(files[0], PARQUET, background) as results,
        _TableWriter(files[1], PARQUET, background) as events,
        _TableWriter(files[2], PARQUET, background) as curve,
        _TableWriter(files[3], csv.CSVWriter, background) as curve_csv,
        ThreadPoolExecutor(1) as reader,
    ):
        scenarios = []
        # Scenario by scenario: a sweep of ten thousand set-ups does not fit into memory at once.
        reading = reader.submit(events.add_all, ())
        for number, outcome in enumerate(outcomes):
            scenarios.append(outcome.summary)
            swept = {key: values[number] for key, values in differing.items()}
            results.add(results_table(outcome, swept, unknown))
            models = curve_table(outcome)
            curve.add(models)
            curve_csv.add(_escape_formulas(models))
            reading.result()
            reading = reader.submit(events.add_all, events_tables(outcome))
        reading.result()
        summary = StudySummary.from_scenarios(
            scenarios, manifest["sweep"], precision, selection, configurations
        )
        content = summary.model_dump(mode="json")
        files[4].write(as_json(content).encode())
        files[5].write(encode_manifest(MANIFEST, manifest, **{SUMMARY: content}))
    with suppress(FileNotFoundError):
        (folder / UNFINISHED).unlink()


def write_failures(folder: Path, tracebacks: Sequence[str]) -> None:
    """Write the tracebacks of failed replications to the study's folder, replacing those of earlier runs.

    Raises:
        OSError: if the folder cannot be written to.
    """
    path = folder / FAILURES
    if tracebacks:
        write_atomically(path, "\n".join(tracebacks).encode())
    else:
        path.unlink(missing_ok=True)


class _TableWriter:
    """Writer of a study's table in pieces with the same columns; small ones are written together.

    Writing, which is mostly compression, runs in ``background`` while the next tables are made.
    """

    def __init__(
        self, file: IO[bytes], open_writer: Callable[[IO[bytes], pa.Schema], Any], background: Executor
    ) -> None:
        self._file = file
        self._open_writer = open_writer
        self._background = background
        self._writer: Any = None
        self._pending: list[pa.Table] = []
        self._writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the waiting pieces, and close the table; after an error, let go of its file."""
        if kind is None:
            self.flush()
            self._finish()
            return
        # What ended the block is to be told, not what becomes of a file that is thrown away.
        with suppress(Exception):
            self._finish()

    def add(self, table: pa.Table) -> None:
        """Add a piece of the table; write the waiting pieces once there are enough rows."""
        self._pending.append(table)
        if sum(map(len, self._pending)) >= ROWS_TOGETHER:
            self.flush()

    def add_all(self, tables: Iterable[pa.Table]) -> None:
        """Add pieces of the table."""
        for table in tables:
            self.add(table)

    def flush(self) -> None:
        """Start writing the waiting pieces once earlier ones are written, to bound memory."""
        if self._writing:
            self._writing.result()
        if self._pending:
            self._writing = self._background.submit(self._write, self._pending)
            self._pending = []

    def _finish(self) -> None:
        """Wait for what is being written, and close the table while its file is open."""
        try:
            if self._writing:
                self._writing.result()
        finally:
            # Arrow's writer closes itself when it is collected, and complains where its file is closed.
            if self._writer:
                self._writer.close()

    def _write(self, tables: Sequence[pa.Table]) -> None:
        """Write pieces of the table to the file as one."""
        # Pieces have dictionaries of their own, of which a Parquet file has one.
        table = pa.concat_tables(tables).unify_dictionaries()
        self._writer = self._writer or self._open_writer(self._file, table.schema)
        self._writer.write_table(table)


def read_study(folder: Path) -> StoredStudy:
    """Read a finished study from its folder.

    Raises:
        PlannerMistakeError: if the folder does not hold a finished study.
    """
    try:
        content = read_json(folder / SUMMARY)
        manifest, checksums = read_manifest(folder / MANIFEST)
        check(folder / SUMMARY, content, checksums)
        summary = StudySummary.model_validate(content)
        return StoredStudy(folder, summary, manifest, parquet.read_table(folder / CURVE))
    except ValidationError as error:
        raise PlannerMistakeError(f"{folder / SUMMARY} was written by another version of labelsim") from error
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else CURVE  # Arrow does not say
        raise PlannerMistakeError(f"{folder}: no finished study here, {missing} is missing") from error
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PlannerMistakeError(
            f"{folder}: the study cannot be read: {error}. Unless it is the manifest that is damaged, "
            f"`simulate resume {folder}` writes the files again"
        ) from error


def read_events(folder: Path, scenario: str, replication: int) -> pa.Table:
    """Read the event table of one replication of the study in ``folder``: one row per event, by start.

    Row groups without these rows are skipped.

    Raises:
        PlannerMistakeError: if there are no events, or they cannot be read.
    """
    filters = [("scenario", "==", scenario), ("replication", "==", replication)]
    with _planner_mistakes(folder, EVENTS):
        return parquet.read_table(folder / EVENTS, filters=filters)


def write_csv(folder: Path, table: str) -> Path:
    """Write a table of a finished study, `RESULTS` or `EVENTS`, as CSV beside its Parquet file.

    Raises:
        PlannerMistakeError: if there is no such table, or it cannot be read.
        OSError: if the folder cannot be written to.
    """
    with _planner_mistakes(folder, table):
        file = parquet.ParquetFile(folder / table)
    path = (folder / table).with_suffix(".csv")
    with (
        file,
        atomic_files(path) as (written,),
        ThreadPoolExecutor(1) as background,
        _TableWriter(written, csv.CSVWriter, background) as rows,
    ):
        for group in range(file.num_row_groups):
            rows.add(_escape_formulas(file.read_row_group(group)))
    return path


@contextmanager
def _planner_mistakes(folder: Path, table: str) -> Iterator[None]:
    """Report errors in reading a study's table as a planner's mistake."""
    try:
        yield
    except FileNotFoundError as error:
        raise PlannerMistakeError(f"{folder}: no finished study here, {table} is missing") from error
    except (OSError, pa.ArrowException) as error:
        raise PlannerMistakeError(f"{folder}: {table} cannot be read: {error}") from error


def study_folder(out: Path | None, name: str, study: str) -> Path:
    """Create and return the folder for the files of ``study`` (its key): ``out``, or one below ``reports/``.

    Without ``out``, and if ``reports/<name>`` holds another study, the key is added to the name so that
    nothing is lost; a very long name is cut before it.

    Raises:
        PlannerMistakeError: if ``out`` is a file, holds something else, or cannot be written to.
    """
    folder = out or REPORTS / name
    if out is None and (len(name) > LONGEST_NAME or study_key_in(folder) not in (None, study)):
        folder = REPORTS / f"{name[:LONGEST_NAME]}-{study[:8]}"
    try:
        if folder.exists() and not folder.is_dir():
            raise PlannerMistakeError(f"--out {folder}: is a file; give a folder")
        if study_key_in(folder) not in (None, study):
            raise PlannerMistakeError(f"--out {folder}: {_describe_content(folder)}; choose another")
        folder.mkdir(parents=True, exist_ok=True)
        # Tried before hours of simulation, and not after them.
        with TemporaryFile(dir=folder, prefix=".writable."):
            pass
    except OSError as error:
        raise PlannerMistakeError(f"--out {folder}: cannot be written to: {error.strerror}") from error
    return folder


def study_key_in(folder: Path) -> str | None:
    """Return the key of the study in ``folder``, "" if it holds something else, None if it is empty.

    Hidden files do not count: another command may just have begun its study there, or was killed then, and
    some systems put files of their own into every folder.
    """
    try:
        if all(path.name.startswith(".") and not path.is_dir() for path in folder.iterdir()):
            return None
        return str(_latest_manifest(folder)["study"])
    except (FileNotFoundError, NotADirectoryError):
        return "" if folder.exists() else None
    # Whatever is there and cannot be read is not ours to write over.
    except (OSError, ValueError, KeyError):
        return ""


def _describe_content(folder: Path) -> str:
    """Describe the content of a folder that does not hold the expected study."""
    try:
        _latest_manifest(folder)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        return str(error)
    return "folder is not empty and is not a labelsim study"


def manifest_in(folder: Path) -> Mapping[str, Any]:
    """Read the manifest of the finished or unfinished study in ``folder``.

    Raises:
        PlannerMistakeError: if there is none, or it cannot be read.
    """
    try:
        return _latest_manifest(folder)
    except FileNotFoundError as error:
        raise PlannerMistakeError(f"{folder}: no study found in this folder") from error
    except (OSError, ValueError) as error:
        raise PlannerMistakeError(
            f"{folder}: the study cannot be continued: {error}; repeat the command that made it with another "
            "--out"
        ) from error


def _latest_manifest(folder: Path) -> Mapping[str, Any]:
    """Read the manifest of an unfinished study, or else of a finished one."""
    try:
        # While a finished study is continued there are both files; this one is newer.
        return read_manifest(folder / UNFINISHED)[0]
    except FileNotFoundError:
        return read_manifest(folder / MANIFEST)[0]


def _escape_formulas(table: pa.Table) -> pa.Table:
    """Escape cells of a table that a spreadsheet would take for formulas; missing words become empty."""
    for number, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type) or column.type == pa.string():
            words = table.column(number).combine_chunks().dictionary_encode()
            escaped = [
                f"'{word}" if looks_like_formula(word) else word for word in words.dictionary.to_pylist()
            ]
            table = table.set_column(number, column.name, pa.array(escaped, pa.string()).take(words.indices))
    return table


def looks_like_formula(word: str) -> bool:
    r"""Return whether a spreadsheet may take a stored table's cell for a formula (full-width signs, blanks).

    >>> [looks_like_formula(word) for word in ("=1+1", "\uff1d1+1", " \t@SUM(A1)", "a = b", "")]
    [True, True, True, False, False]
    """
    # Spreadsheets trim blanks and fold full-width signs before they look for a formula.
    return normalize("NFKC", word.lstrip(BLANKS)[:1]).startswith(FORMULA_STARTS) or word.startswith(
        ("\t", "\r")
    )


def as_json(content: dict[str, Any]) -> str:
    """Encode a study's JSON file: the same content gives the same bytes, without NaN."""
    # NaN is no JSON, and readers other than Python's refuse it.
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
