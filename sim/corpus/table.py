"""A planner's own labelled documents: a CSV, JSONL or Parquet file.

Cells are read as text, numbers, dates and lists; nothing that a file holds is executed or unpickled.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sim.corpus.corpus import Corpus, Documents, most_frequent
from sim.errors import PlannerMistakeError
from sim.scenario.mistakes import did_you_mean, either, quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.scenario.models import TableCorpus

Value = TypeVar("Value")

FEWEST_DOCUMENTS = 10
MOST_NAMED = 5
SPLIT_SEED = 0
"""Part of what decides which documents are test documents, where no column says."""
PARTS = {"train": False, "training": False, "test": True}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """What a file holds in the columns that the scenario names."""

    path: Path
    columns: Mapping[str, str]
    """What each column is called, by its use: ``text``, ``labels``, ..."""
    cells: Mapping[str, Sequence[object]]
    """What stands in it, row by row."""
    unit: str
    """What rows are counted in: lines or rows."""
    numbers: Sequence[int]
    """The line or row at which each begins."""

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, rows: Sequence[int]) -> str:
        """Where rows stand: ``line 3``, or ``lines 3, 9, 12, 15, 18, ... (7 in all)``."""
        first = ", ".join(str(self.numbers[row]) for row in rows[:MOST_NAMED])
        more = f", ... ({len(rows)} in all)" if len(rows) > MOST_NAMED else ""
        return f"{self.unit}{'s' if len(rows) > 1 else ''} {first}{more}"

    def each(self, use: str, convert: Callable[[object], Value]) -> list[Value]:
        """Every cell of a column, converted; ``convert`` raises ValueError with what is wrong with a cell."""
        values = []
        for row, cell in enumerate(self.cells[use]):
            try:
                values.append(convert(cell))
            except ValueError as error:
                raise self.mistake(
                    f"{self.where([row])}: column {quoted(self.columns[use])} {error}"
                ) from error
        return values

    def mistake(self, message: str) -> PlannerMistakeError:
        """What is wrong with the file."""
        return _mistake(self.path, message)


def load(config: TableCorpus) -> Corpus:
    """The documents of a table, in its order, with the labels asked for, the most frequent first.

    Without a column that says which documents are test documents, a share of them is drawn, by a hash of
    their names: whatever order the rows are in.

    Raises:
        PlannerMistakeError: naming the file, and the row or column where something is not right.
    """
    rows = _read(Path(config.path), config.columns.model_dump(exclude_none=True))
    ids = _ids(rows)
    texts = _texts(rows)
    times = _times(rows) if "time" in rows.cells else None
    names, labels = _labels(rows, config)
    kept = np.flatnonzero(labels.any(axis=1) | config.keep_unlabelled)
    if len(kept) < FEWEST_DOCUMENTS:
        raise rows.mistake(
            f"{len(kept)} documents carry a label to learn; {FEWEST_DOCUMENTS} are the fewest that a project "
            "can be simulated on"
        )
    if "split" in rows.cells:
        is_test = _as_split(rows, kept)
    else:
        is_test = _drawn([ids[row] for row in kept.tolist()], config.test_share)

    def part(chosen: NDArray[np.int64]) -> Documents:
        return Documents(
            [ids[row] for row in chosen.tolist()],
            [texts[row] for row in chosen.tolist()],
            labels[chosen],
            None if times is None else times[chosen],
        )

    pool, test = part(kept[~is_test]), part(kept[is_test])
    if not test.labels.any():
        raise rows.mistake("no test document carries a label, so there is nothing to measure a model on")
    return Corpus(rows.path.name, names, pool, test, notes=_notes(names, pool, test, len(rows) - len(kept)))


# What the columns mean.


def _ids(rows: Rows) -> Sequence[str]:
    if "id" not in rows.cells:
        return [str(number) for number in range(1, len(rows) + 1)]
    ids = rows.each("id", _name)
    found = defaultdict(list)
    for row, name in enumerate(ids):
        found[name].append(row)
    twice = {name: same for name, same in found.items() if len(same) > 1}
    if twice:
        name, same = next(iter(twice.items()))
        more = f"; so it is with {len(twice) - 1} more" if len(twice) > 1 else ""
        raise rows.mistake(
            f"{rows.where(same)}: have the same {rows.columns['id']}, {quoted(name)}{more}; "
            "give each document its own"
        )
    return ids


def _texts(rows: Rows) -> Sequence[str]:
    texts = rows.each("text", _text)
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    if empty:
        raise rows.mistake(
            f"{rows.where(empty)}: column {quoted(rows.columns['text'])} is empty; "
            "give each document its text, or take the row out"
        )
    return texts


def _labels(rows: Rows, config: TableCorpus) -> tuple[list[str], NDArray[np.bool_]]:
    """The labels asked for, and who carries them, shape ``(documents, labels)``."""
    label_sets = rows.each("labels", lambda cell: _label_set(cell, config.separator))
    names = sorted(set().union(*label_sets))
    column = quoted(rows.columns["labels"])
    if not names:
        raise rows.mistake(f"column {column} is empty in every row; a model learns from labels")
    if len(names) == 1:
        raise rows.mistake(
            f"column {column} holds one label only, {quoted(names[0])}; two are the fewest to tell apart"
        )
    if config.labels is not None and config.labels > len(names):
        raise rows.mistake(
            f"corpus.labels is {config.labels}, but column {column} holds {len(names)} labels; "
            f"write {len(names)}, or leave it out for all"
        )
    number = {name: place for place, name in enumerate(names)}
    carried = np.zeros((len(rows), len(names)), dtype=np.bool_)
    for row, labels in enumerate(label_sets):
        carried[row, [number[label] for label in labels]] = True
    chosen = most_frequent(names, carried, config.labels or len(names))
    return [names[label] for label in chosen], carried[:, chosen]


def _times(rows: Rows) -> NDArray[np.float64]:
    times = rows.each("time", _time)
    for row, moment in enumerate(times):
        if isinstance(moment, datetime) != isinstance(times[0], datetime):
            raise rows.mistake(
                f"{rows.where([0, row])}: column {quoted(rows.columns['time'])} holds a number and a date; "
                "write all of one kind"
            )
    return np.array(
        [(moment - EPOCH).total_seconds() if isinstance(moment, datetime) else moment for moment in times],
        dtype=np.float64,
    )


def _drawn(ids: Sequence[str], share: float) -> NDArray[np.bool_]:
    """Which documents are test documents, where no column says: those whose names' hashes are smallest."""
    count = min(max(1, round(share * len(ids))), len(ids) - 1)
    hashes = [hashlib.sha256(f"{SPLIT_SEED} {name}".encode()).digest() for name in ids]
    drawn = np.zeros(len(ids), dtype=np.bool_)
    drawn[sorted(range(len(ids)), key=hashes.__getitem__)[:count]] = True
    return drawn


def _as_split(rows: Rows, kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the rows that are kept a column says are test documents."""
    is_test = np.array(rows.each("split", _is_test), dtype=np.bool_)[kept]
    for missing, part in ((is_test.all(), "train"), (not is_test.any(), "test")):
        if missing:
            raise rows.mistake(
                f"column {quoted(rows.columns['split'])} says {part!r} of no labelled document; "
                "leave corpus.columns.split out to have test documents drawn"
            )
    return is_test


def _notes(names: Sequence[str], pool: Documents, test: Documents, left_out: int) -> list[str]:
    unmeasured = [names[label] for label in np.flatnonzero(test.labels.sum(axis=0) == 0).tolist()]
    unlearnt = [names[label] for label in np.flatnonzero(pool.labels.sum(axis=0) == 0).tolist()]
    notes = []
    if left_out:
        notes.append(f"{left_out} documents with none of the labels are left out.")
    if unmeasured:
        notes.append(f"No test document carries {_named(unmeasured)}: left out of the MAP.")
    if unlearnt:
        notes.append(f"No document to label carries {_named(unlearnt)}: no model can learn that.")
    return notes


def _named(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return either([*map(quoted, names[:MOST_NAMED]), *([f"{rest} more labels"] if rest > 0 else [])])


# What a cell may hold.


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise ValueError(f"is {quoted(cell)}, where a text belongs")  # noqa: TRY004 - `each` collects these
    if "\0" in cell:
        raise ValueError("holds a NUL byte; take it out")
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate); take it out") from error
    return cell


def _word(cell: object) -> str:
    """A text without the space around it; a whole number is as good."""
    return _text(str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell).strip()


def _name(cell: object) -> str:
    name = _word(cell)
    if not name:
        raise ValueError("is empty; give each document a name")
    return name


def _label_set(cell: object, separator: str) -> set[str]:
    """The labels in a list, or in a text between separators."""
    labels = map(_word, cell) if isinstance(cell, list) else map(str.strip, _word(cell).split(separator))
    return {*labels} - {""}


def _is_test(cell: object) -> bool:
    part = _text(cell).strip().lower()
    if part not in PARTS:
        raise ValueError(f"is {quoted(cell)}; write {either(PARTS)}")
    return PARTS[part]


def _time(cell: object) -> float | datetime:
    """A number, or a date; one that names no time zone is meant in UTC."""
    with suppress(ValueError, OverflowError):
        if isinstance(cell, date):
            return _in_utc(cell)
        if isinstance(cell, str | int | float) and not isinstance(cell, bool):
            number = float(cell)
            if math.isfinite(number):
                return number
    with suppress(ValueError):
        if isinstance(cell, str):
            return _in_utc(datetime.fromisoformat(cell.strip()))
    raise ValueError(f"is {quoted(cell)}; write a number or an ISO date such as 2024-05-31")


def _in_utc(day: date) -> datetime:
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Reading files.


def _read(path: Path, columns: Mapping[str, str]) -> Rows:
    reader = READERS.get(path.suffix.lower())
    try:
        _check_is_file(path)
        if reader is None:
            raise _mistake(path, f"is not a table; give a file that ends in {either(READERS)}")
        if path.stat().st_size == 0:
            raise _mistake(path, "is empty")
        rows = reader(path, columns)
    except OSError as error:
        raise _mistake(path, f"cannot be read ({error.strerror or error})") from error
    if len(rows) == 0:
        raise _mistake(path, "holds no documents")
    return rows


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise _mistake(path, "is a folder; give the file")
    if not path.is_file():
        if path.exists():
            raise _mistake(path, "is not a file")
        near = None
        with suppress(OSError, ValueError):
            near = did_you_mean(path.name, [file.name for file in path.parent.iterdir()])
        raise _mistake(path, "there is no such file" + (f"; did you mean {quoted(near)}?" if near else ""))


def _check_columns(path: Path, there: Sequence[str], columns: Mapping[str, str]) -> None:
    for use, name in columns.items():
        if there.count(name) > 1:
            raise _mistake(path, f"has {there.count(name)} columns {quoted(name)}; rename all but one")
        if name not in there:
            near = did_you_mean(name, there)
            guess = f"did you mean {quoted(near)}? It has" if near else "it has"
            listed = shortened(", ".join(there))
            raise _mistake(path, f"has no column {quoted(name)} (corpus.columns.{use}); {guess}: {listed}")


def _read_csv(path: Path, columns: Mapping[str, str]) -> Rows:
    """Cells in quotes may hold commas, line ends and doubled quotes; blank lines are skipped."""
    text = _decoded(path)
    records, begins, begin = [], [], 1
    with _cells_of_any_length(len(text)):
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            for record in reader:
                if record:
                    records.append(record)
                    begins.append(begin)
                begin = reader.line_num + 1
        except csv.Error as error:
            raise _mistake(
                path,
                f"line {begin}: its quotes do not match ({error}); a cell in quotes writes a quote as two",
            ) from error
    if not records:
        raise _mistake(path, "is empty")
    header, *records = records
    header = [name.strip() for name in header]
    _check_separated(path, header)
    _check_columns(path, header, columns)
    rows = Rows(path, columns, {}, "line", begins[1:])
    ragged = [row for row, record in enumerate(records) if len(record) != len(header)]
    if ragged:
        raise rows.mistake(
            f"{rows.where(ragged)}: {len(records[ragged[0]])} cells, where the header has {len(header)}; "
            "put cells that hold commas in quotes"
        )
    places = {use: header.index(name) for use, name in columns.items()}
    cells = {use: [record[place] for record in records] for use, place in places.items()}
    return Rows(path, columns, cells, "line", begins[1:])


def _check_separated(path: Path, header: Sequence[str]) -> None:
    for separator in (";", "\t", "|"):
        if len(header) == 1 and separator in header[0]:
            raise _mistake(path, f"line 1: columns are separated by {separator!r}; separate them by commas")


@contextmanager
def _cells_of_any_length(longest: int) -> Iterator[None]:
    """The csv module refuses cells of more than 128 KiB, which a document may well have."""
    limit = csv.field_size_limit(max(longest, 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _read_jsonl(path: Path, columns: Mapping[str, str]) -> Rows:
    records: list[dict[str, object]] = []
    numbers = []
    # Not splitlines: JSON strings may hold the line ends that Unicode adds.
    for number, line in enumerate(_decoded(path).split("\n"), 1):
        if line.strip():
            records.append(_object(path, number, line))
            numbers.append(number)
    there = list(dict.fromkeys(name for record in records for name in record))
    if records:
        _check_columns(path, there, columns)
    cells = {use: [record.get(name) for record in records] for use, name in columns.items()}
    return Rows(path, columns, cells, "line", numbers)


def _object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise _mistake(path, f"line {number}: is not JSON ({error.msg}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise _mistake(path, f"line {number}: is not JSON that can be read ({error})") from error
    if not isinstance(record, dict):
        raise _mistake(
            path,
            f'line {number}: is not an object; write one a line, such as {{"text": "...", "labels": []}}',
        )
    return record


def _read_parquet(path: Path, columns: Mapping[str, str]) -> Rows:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path, page_checksum_verification=True)
        _check_columns(path, file.schema_arrow.names, columns)
        table = file.read(columns=sorted(set(columns.values())))
        cells = {use: table.column(name).to_pylist() for use, name in columns.items()}
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _mistake(path, f"is not Parquet, or damaged ({shortened(str(error))})") from error
    return Rows(path, columns, cells, "row", range(1, table.num_rows + 1))


def _decoded(path: Path) -> str:
    """The text of a file; a mark at its beginning that says UTF-8 is no part of it."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _mistake(
            path, f"line {line}: is not UTF-8 (byte {content[error.start]:#x}); save it as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _mistake(path, f"line {line}: holds a NUL byte; save it as text, as UTF-8")
    return text


def _mistake(path: Path, message: str) -> PlannerMistakeError:
    return PlannerMistakeError(f"{path}: {message}")


READERS: Mapping[str, Callable[[Path, Mapping[str, str]], Rows]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".parquet": _read_parquet,
}
