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
from typing import IO, TYPE_CHECKING, Any, TypeVar
from unicodedata import normalize

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet
from pydantic import ValidationError

from sim.core.atomic_files import atomic_files, write_atomically
from sim.core.durations import MS_PER_HOUR
from sim.core.errors import PlannerMistakeError
from sim.core.events import NO_DOCUMENT, Categorical, ConvergenceStats, Events, Rating
from sim.results.config_diff import described, differences
from sim.results.replication import COUNTED, MEASURED, LearningCurve
from sim.results.summary import SCHEMA_VERSION, StudySummary, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from sim.results.precision import Precision
    from sim.results.selection import Chosen
    from sim.results.summary import ScenarioOutcome


Seen = TypeVar("Seen", Rating, ConvergenceStats)


def results_table(outcome: ScenarioOutcome, differing: Mapping[str, str]) -> pa.Table:
    """Return a row per replication: the keys in which its scenario differs, its outcome and metrics."""
    measured = outcome.measures
    figures = [measures.figures for measures in measured]
    return pa.table(
        {
            "scenario": _repeated(outcome.name, len(measured)),
            "replication": [measures.replication for measures in measured],
            **{key: _repeated(value, len(measured)) for key, value in differing.items()},
            "outcome": [measures.outcome for measures in measured],
            "reason": [measures.reason for measures in measured],
            **{name: pa.array([row[name] for row in figures], pa.float64()) for name in figures[0]},
        }
    )


def curve_table(outcome: ScenarioOutcome) -> pa.Table:
    """Return a row per published model of each replication."""
    measured = outcome.measures
    curves = [measures.curve for measures in measured]
    return pa.table(
        {
            "scenario": _repeated(outcome.name, sum(map(len, curves))),
            "replication": np.repeat([measures.replication for measures in measured], list(map(len, curves))),
            **{
                name: np.concatenate([getattr(curve, name) for curve in curves])
                for name in (*COUNTED, *MEASURED)
            },
            **_seen(curves),
        }
    )


def curves_in(table: pa.Table) -> defaultdict[tuple[str, int], LearningCurve]:
    """Return the learning curve of each scenario and replication, from a study's table of curves.

    A project without published models has an empty curve.
    """
    found: defaultdict[tuple[str, int], LearningCurve] = defaultdict(
        lambda: LearningCurve.read(defaultdict(list))
    )
    if not len(table):
        return found
    scenarios = table["scenario"].combine_chunks().dictionary_encode()
    names, codes = scenarios.dictionary.to_pylist(), scenarios.indices.to_numpy()
    replications = table["replication"].to_numpy()
    changes = np.flatnonzero((np.diff(codes) != 0) | (np.diff(replications) != 0)) + 1
    bounds = [0, *changes.tolist(), len(table)]
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in (*COUNTED, *MEASURED)}
    columns |= {"ratings": _parts_of(Rating, table), "signs": _parts_of(ConvergenceStats, table)}
    for start, end in pairwise(bounds):
        one = {name: values[start:end] for name, values in columns.items()}
        found[names[codes[start]], int(replications[start])] = LearningCurve(**one)
    return found


def _column_of(part: str) -> str:
    return "rating" if part == "overall" else part


def _parts_of(kind: type[Seen], table: pa.Table) -> list[Seen | None]:
    """Return ratings or signs of models, of one kind; None where there are none."""
    columns = [table[_column_of(part.name)] for part in fields(kind)]
    if all(column.null_count == len(table) for column in columns):
        return [None] * len(table)
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return [None if all(value is None for value in row) else kind(*row) for row in rows]


def _seen(curves: Sequence[LearningCurve]) -> dict[str, pa.Array]:
    """Return a column per part of the rating and per sign; null where a project has none."""
    found: dict[type[Rating | ConvergenceStats], list[Any]] = {
        Rating: [rating for curve in curves for rating in curve.ratings],
        ConvergenceStats: [signs for curve in curves for signs in curve.signs],
    }
    return {
        _column_of(part.name): pa.array(
            [getattr(one, part.name, None) for one in seen],
            pa.string() if part.name == "weakest_label" else pa.float64(),
        )
        for kind, seen in found.items()
        for part in fields(kind)
    }


COUNTS = ("labels", "confirmed", "assigned", "wrong_suggestions")
"""Columns of events that count labels."""


def events_tables(outcome: ScenarioOutcome) -> Iterator[pa.Table]:
    """Yield a table of events per replication, one row per event."""
    ids = pa.array(outcome.document_ids, pa.string())
    for measures, events in zip(outcome.measures, outcome.events, strict=True):
        document = events["document"].to_numpy()
        yield pa.table(
            {
                "scenario": _repeated(outcome.name, len(events)),
                "replication": np.full(len(events), measures.replication),
                "round": _integers(events, "round"),
                "start_hours": events["start_ms"].to_numpy() / MS_PER_HOUR,
                "end_hours": events["end_ms"].to_numpy() / MS_PER_HOUR,
                "actor": events["actor"],
                "activity": events["activity"],
                # A masked index takes a null: such an event is about no document.
                "document": ids.take(pa.array(document, mask=document < 0)),
                **{name: _integers(events, name) for name in COUNTS},
                **{name: events[name] for name in ("view", "subject", "pace")},
            }
        )


def events_of(table: pa.Table) -> Events:
    """Return one replication's events as the simulation left them, from the table of `read_events`."""

    def words(name: str) -> Categorical:
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
        **{name: words(name) for name in ("actor", "activity", "view", "subject", "pace")},
    }
    return Events(**columns, document=documents.fill_null(NO_DOCUMENT).to_numpy())


def _integers(events: pa.Table, name: str) -> pa.ChunkedArray:
    """Return a column as wide as in any replication: parts keep each in as few bytes as it needs."""
    return events[name].cast(pa.int64())


def _repeated(word: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), [word])


CHECKSUMS = "checksums"
"""Key of a manifest with the checksums of itself and of other files, by name."""


def sealed(name: str, content: Mapping[str, Any], **others: Mapping[str, Any]) -> bytes:
    """Return a manifest as its file holds it, with checksums of its content and of other files."""
    checksums = {file: checksum(content_) for file, content_ in {name: content, **others}.items()}
    return as_json({**content, CHECKSUMS: checksums}).encode()


def unsealed(path: Path) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Return the content of a manifest, and its checksums.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not as labelsim wrote it.
    """
    content = versioned(path)
    checksums = content.pop(CHECKSUMS, None)
    if not isinstance(checksums, dict):
        raise ValueError(f"{path.name} was written by another version of labelsim, or changed since")  # noqa: TRY004
    check(path, content, checksums)
    return content, checksums


def versioned(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file of labelsim.

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
    """Compare a file's content with its checksum.

    Raises:
        ValueError: if it is not what was written.
    """
    if checksums.get(path.name) != checksum(content):
        raise ValueError(f"{path.name} was changed since labelsim wrote it")


def checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum of the content of a JSON file, whatever its layout."""
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
PARQUET = partial(parquet.ParquetWriter, compression="zstd", store_schema=False)
"""Words are stored as a dictionary, and read back as plain text."""
ROWS_TOGETHER = 100_000
"""Rows of small tables that are written together."""


@dataclass(frozen=True, eq=False)
class StoredStudy:
    """Finished study as its folder holds it."""

    folder: Path
    summary: StudySummary
    manifest: Mapping[str, Any]
    curve: pa.Table


def begin(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write the plan of a study to its folder, so that the study can be resumed.

    Raises:
        OSError: if the folder cannot be written to.
    """
    write_atomically(folder / UNFINISHED, sealed(UNFINISHED, plan))


def finish(
    folder: Path,
    outcomes: Iterable[ScenarioOutcome],
    manifest: Mapping[str, Any],
    precision: Precision | None = None,
    selection: Chosen | None = None,
) -> None:
    """Write a study's files, the manifest last: all of them or, where there is no room for all, none.

    At most one scenario's replications are in memory at a time, and the events of a few. ``precision`` and
    ``selection`` are the findings of policies that add replications.

    Raises:
        OSError: if the folder cannot be written to.
    """
    differing = differences([described(scenario) for scenario in manifest["scenarios"]])
    names = (RESULTS, EVENTS, CURVE, CURVE_CSV, SUMMARY, MANIFEST)
    with atomic_files(*(folder / name for name in names)) as files, ThreadPoolExecutor(1) as beside:
        results, events, curve = (_Growing(file, PARQUET, beside) for file in files[:3])
        curve_csv = _Growing(files[3], csv.CSVWriter, beside)
        scenarios = []
        for number, outcome in enumerate(outcomes):
            scenarios.append(outcome.summary)
            results.add(results_table(outcome, {key: values[number] for key, values in differing.items()}))
            models = curve_table(outcome)
            curve.add(models)
            curve_csv.add(_harmless(models))
            for happened in events_tables(outcome):
                events.add(happened)
        for table in (results, events, curve, curve_csv):
            table.close()
        summary = StudySummary.of(scenarios, manifest["sweep"], precision, selection)
        content = summary.model_dump(mode="json")
        files[4].write(as_json(content).encode())
        files[5].write(sealed(MANIFEST, manifest, **{SUMMARY: content}))
    with suppress(FileNotFoundError):
        (folder / UNFINISHED).unlink()


def keep_failures(folder: Path, told: Sequence[str]) -> None:
    """Keep the tracebacks of failed replications, in place of those of an earlier run.

    Raises:
        OSError: if the folder cannot be written to.
    """
    path = folder / FAILURES
    if told:
        write_atomically(path, "\n".join(told).encode())
    else:
        path.unlink(missing_ok=True)


class _Growing:
    """File to which tables with the same columns are added; small ones are written together.

    Writing, which is mostly compression, goes on ``beside`` the making of the next tables.
    """

    def __init__(
        self, file: IO[bytes], opened: Callable[[IO[bytes], pa.Schema], Any], beside: Executor
    ) -> None:
        self._file = file
        self._opened = opened
        self._beside = beside
        self._writer: Any = None
        self._waiting: list[pa.Table] = []
        self._writing: Future[None] | None = None

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        if sum(map(len, self._waiting)) >= ROWS_TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Start writing the waiting tables once earlier ones are written, to bound memory."""
        if self._writing:
            self._writing.result()
        if self._waiting:
            self._writing = self._beside.submit(self._write, self._waiting)
            self._waiting = []

    def close(self) -> None:
        self.flush()
        if self._writing:
            self._writing.result()
        if self._writer:
            self._writer.close()

    def _write(self, tables: Sequence[pa.Table]) -> None:
        table = pa.concat_tables(tables).unify_dictionaries()
        self._writer = self._writer or self._opened(self._file, table.schema)
        self._writer.write_table(table)


def read(folder: Path) -> StoredStudy:
    """Read the study that was written to ``folder``.

    Raises:
        PlannerMistakeError: if the folder does not hold a finished study.
    """
    try:
        content = versioned(folder / SUMMARY)
        manifest, checksums = unsealed(folder / MANIFEST)
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
    """Read the events of one replication of the study in ``folder``: one row per event, by start.

    Row groups without these rows are skipped.

    Raises:
        PlannerMistakeError: if there are no events, or they cannot be read.
    """
    mine = [("scenario", "==", scenario), ("replication", "==", replication)]
    with _telling_of(folder, EVENTS):
        return parquet.read_table(folder / EVENTS, filters=mine)


def write_csv(folder: Path, table: str) -> Path:
    """Write a table of the study that ``folder`` holds, `RESULTS` or `EVENTS`, as CSV beside it.

    Raises:
        PlannerMistakeError: if there is no such table, or it cannot be read.
        OSError: if the folder cannot be written to.
    """
    with _telling_of(folder, table):
        file = parquet.ParquetFile(folder / table)
    path = (folder / table).with_suffix(".csv")
    with file, atomic_files(path) as (written,), ThreadPoolExecutor(1) as beside:
        rows = _Growing(written, csv.CSVWriter, beside)
        for group in range(file.num_row_groups):
            rows.add(_harmless(file.read_row_group(group)))
        rows.close()
    return path


@contextmanager
def _telling_of(folder: Path, table: str) -> Iterator[None]:
    """Raise errors in reading a study's table as a planner's mistake."""
    try:
        yield
    except FileNotFoundError as error:
        raise PlannerMistakeError(f"{folder}: no finished study here, {table} is missing") from error
    except (OSError, pa.ArrowException) as error:
        raise PlannerMistakeError(f"{folder}: {table} cannot be read: {error}") from error


def study_folder(out: Path | None, name: str, study: str) -> Path:
    """Return the folder for the files of ``study`` (its key): ``out``, or one below ``reports/``.

    Without ``out``, and if ``reports/<name>`` holds another study, the key is added to the name so that
    nothing is lost; a very long name is cut before it.

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
            raise PlannerMistakeError(f"--out {folder}: {_held(folder)}; choose another")
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder, prefix=".writable."):
            pass
    except OSError as error:
        raise PlannerMistakeError(f"--out {folder}: cannot be written to: {error.strerror}") from error
    return folder


def held_study(folder: Path) -> str | None:
    """Return the key of the study in ``folder``, "" if it holds something else, None if it is empty.

    Hidden files do not count: another command may just have begun its study there, or was killed then, and
    some systems put files of their own into every folder.
    """
    try:
        if all(path.name.startswith(".") and not path.is_dir() for path in folder.iterdir()):
            return None
        return str(_begun(folder)["study"])
    except (FileNotFoundError, NotADirectoryError):
        return "" if folder.exists() else None
    except (OSError, ValueError, KeyError):
        return ""


def _held(folder: Path) -> str:
    """Describe what a folder holds that is not the expected study."""
    try:
        _begun(folder)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        return str(error)
    return "folder is not empty and is not a labelsim study"


def begun(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of the study that is or was simulated in ``folder``.

    Raises:
        PlannerMistakeError: if there is none, or it cannot be read.
    """
    try:
        return _begun(folder)
    except FileNotFoundError as error:
        raise PlannerMistakeError(f"{folder}: no study found in this folder") from error
    except (OSError, ValueError) as error:
        raise PlannerMistakeError(
            f"{folder}: the study cannot be continued: {error}; repeat the command that made it with another "
            "--out"
        ) from error


def _begun(folder: Path) -> Mapping[str, Any]:
    try:
        # While a finished study is continued there are both files; this one is newer.
        return unsealed(folder / UNFINISHED)[0]
    except FileNotFoundError:
        return unsealed(folder / MANIFEST)[0]


def _harmless(table: pa.Table) -> pa.Table:
    """Return a table in which a spreadsheet takes no cell for a formula; missing words are empty."""
    for number, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type) or column.type == pa.string():
            words = [
                f"'{word}" if word and taken_for_formula(word) else word
                for word in table.column(number).to_pylist()
            ]
            table = table.set_column(number, column.name, pa.array(words, pa.string()))
    return table


def taken_for_formula(word: str) -> bool:
    r"""Return whether a spreadsheet may do so: full-width signs count as narrow ones, leading blanks as none.

    >>> [taken_for_formula(word) for word in ("=1+1", "\uff1d1+1", " \t@SUM(A1)", "a = b", "")]
    [True, True, True, False, False]
    """
    return normalize("NFKC", word.lstrip(BLANKS)[:1]).startswith(FORMULA_STARTS) or word.startswith(
        ("\t", "\r")
    )
