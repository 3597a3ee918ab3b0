"""Files of tables: reader by extension, size limits, encodings; JSON, Label Studio, workbooks, Parquet."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from contextlib import suppress
from datetime import date, time
from functools import reduce
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import BadZipFile, ZipFile

from sim.core.registry import READERS
from sim.core.text import are, counted, did_you_mean, join_or, quote, shorten, verb
from sim.corpus.table.cells import is_blank
from sim.corpus.table.sheet import Sheet, mistake, named, sheet_from_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    Record = dict[str, object]


# Files


class Reader(Protocol):
    """Reader of one format of tables, registered in ``READERS`` under the ending of its files."""

    def read(self, path: Path, content: bytes, wanted: Collection[str], /) -> Sheet:
        """Read a table from a file's content; ``wanted`` are names that the scenario gives columns.

        Raises:
            PlannerMistakeError: if the content is not such a table.
        """
        ...


LARGEST = 1 << 30
"""Bytes of a file, unpacked."""


def read(path: Path, wanted: Collection[str]) -> Sheet:
    """Read a table from a file, without blank rows and repeated headings.

    ``wanted`` are names that the scenario gives columns, by which a row of headings is known.

    Raises:
        PlannerMistakeError: if there is no such file, or its content does not match its extension.
    """
    is_gzip = path.suffix.lower() == ".gz"
    ending = (path.with_suffix("") if is_gzip else path).suffix.lower().removeprefix(".")
    try:
        check_is_file(path)
        if ending not in READERS:
            endings = join_or([*(f".{name}" for name in READERS), "one of these and .gz"])
            raise mistake(path, f"is not a table; give a file that ends in {endings}")
        # Before it is read: memory is what a file that is too large would take first.
        if path.stat().st_size > LARGEST:
            raise _too_large(path)
        content = path.read_bytes()
    except OSError as error:
        raise mistake(path, f"cannot be read ({error.strerror or error})") from error
    if is_gzip:
        content = _decompress(path, content)
    if not content:
        raise mistake(path, "is empty")
    reader: Reader = READERS[ending]()
    sheet = _tidy(reader.read(path, content, wanted))
    if len(sheet) == 0:
        raise sheet.mistake("holds no documents")
    return sheet


def _tidy(sheet: Sheet) -> Sheet:
    """Remove a table's blank rows and repeated headings."""
    blank = [all(map(is_blank, row)) for row in zip(*sheet.cells, strict=True)]
    if any(blank):
        note = f"{counted(sum(blank), 'blank row')} {are(sum(blank))} left out."
        sheet = sheet.keep_rows([not one for one in blank], note)
    heading = [
        all(
            isinstance(cell, str) and cell.strip() == name
            for cell, name in zip(row, sheet.header, strict=True)
        )
        for row in zip(*sheet.cells, strict=True)
    ]
    if any(heading):
        rows = sum(heading)
        note = f"{counted(rows, 'row')} that {verb(rows, 'repeat')} the headings {are(rows)} left out."
        sheet = sheet.keep_rows([not one for one in heading], note)
    return sheet


def _decompress(path: Path, content: bytes) -> bytes:
    """Decompress a gzipped table."""
    try:
        with GzipFile(fileobj=BytesIO(content)) as file:
            # One byte more than is allowed is enough to know, however much is packed.
            unpacked = file.read(LARGEST + 1)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise mistake(path, f"is not gzip, or damaged ({error})") from error
    if len(unpacked) > LARGEST:
        raise _too_large(path)
    return unpacked


def _too_large(path: Path) -> Exception:
    """Build the error for a table larger than the limit."""
    return mistake(path, f"is larger than {LARGEST >> 30} GiB, unpacked; give a part of it")


def check_is_file(path: Path) -> None:
    """Check that a table's path is a file; suggest the nearest name if there is none."""
    if path.is_dir():
        raise mistake(path, "is a folder; give the file")
    if not path.is_file():
        if path.exists():
            raise mistake(path, "is not a file")
        nearest = None
        with suppress(OSError, ValueError):
            nearest = did_you_mean(path.name, [file.name for file in path.parent.iterdir()])
        raise mistake(
            path, "there is no such file" + (f"; did you mean {quote(nearest)}?" if nearest else "")
        )


# Text

MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MOST_FOREIGN = 0.2
"""Share of a Western text's letters that have accents; other alphabets, misread, have many more."""
IN_WORDS = "’‘–—…·´`«»“”°§&"  # noqa: RUF001 - meant
"""Signs that Western texts have between two letters; others there, capitals behind small letters, and three
letters with accents in a row tell of another encoding."""


def decode_text(path: Path, content: bytes) -> tuple[str, list[str]]:
    """Decode a text file as UTF-8, UTF-16 with a byte order mark, or plain Windows-1252; note which.

    Raises:
        PlannerMistakeError: naming the line that is in another encoding, or holds a NUL byte.
    """
    notes = []
    # Only with its mark: without one, UTF-16 cannot be told from a damaged file.
    if encoding := next((name for mark, name in MARKS.items() if content.startswith(mark)), None):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise mistake(path, f"begins as UTF-16 and is not ({error.reason}); save it as UTF-8") from error
        notes.append(f"Read as UTF-16 ({counted(text.count(chr(10)), 'line')}).")
    else:
        try:
            # UTF-8 is tried first, since hardly any other text is valid UTF-8 by accident.
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            western = _windows_1252(content)
            if western is None:
                byte = f"{content[error.start]:#x}"
                raise mistake(path, f"line {line}: is not UTF-8 (byte {byte}); save it as UTF-8") from error
            text = western
            lines = counted(sum(not line.isascii() for line in text.split("\n")), "line")
            notes.append(f"Read as Windows-1252, since it is not UTF-8 ({lines} with accents or signs).")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise mistake(path, f"line {line}: holds a NUL byte; save it as text, as UTF-8")
    return text, notes


def _windows_1252(content: bytes) -> str | None:
    """Decode a text file as Windows-1252 if it then reads as Western European; else return None."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = [char for char in text if char.isalpha()]
    foreign = sum(not char.isascii() for char in letters)
    odd = re.search(
        rf"[^\W\d_][^\w\s\x00-\x7f{IN_WORDS}][^\W\d_]|[a-z][À-ÞŠŽŒŸ]|[^\s\x00-\x7f{IN_WORDS}]{{3}}", text
    )
    return None if odd or foreign > MOST_FOREIGN * len(letters) else text


# JSON

WHOLE = ("choices", "taxonomy")
"""Kinds of result that are labels of a whole document; others are marked spans, ratings, corrections."""
PATH = " > "
"""Separator of the steps of a taxonomy's label."""


def is_label_studio(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether JSON objects are the tasks of a Label Studio export."""
    return bool(records) and all(
        isinstance(record.get("data"), dict) and isinstance(record.get("annotations"), list)
        for record in records
    )


def sheet_from_tasks(path: Path, tasks: Sequence[Mapping[str, Any]]) -> Sheet:
    """Build a sheet of a Label Studio export: a row per annotation, with its task's data and labels.

    Raises:
        PlannerMistakeError: if nothing in it labels whole documents.
    """
    rows: list[dict[str, object]] = []
    numbers: list[int] = []
    controls: set[str] = set()
    skipped = unlabelled = others = 0
    for number, task in enumerate(tasks, 1):
        annotations = [one for one in task["annotations"] if isinstance(one, dict)]
        completed = [one for one in annotations if not one.get("was_cancelled")]
        skipped += len(annotations) - len(completed)
        unlabelled += not completed
        for annotation in completed:
            results = [one for one in annotation.get("result") or [] if isinstance(one, dict)]
            whole = [one for one in results if one.get("type") in WHOLE]
            others += len(results) - len(whole)
            # A project may ask several questions of each document; their labels are
            # read together, which is noted.
            controls |= {str(one.get("from_name")) for one in whole}
            labels = [label for one in whole for label in _labels(one)]
            rows.append(
                {
                    **task["data"],
                    "id": task.get("id", number),
                    "annotator": _annotator(annotation),
                    "labels": labels,
                }
            )
            numbers.append(number)
    if not controls:
        raise mistake(path, "holds no choices that label whole documents; export a project that has some")
    notes = [f"Label Studio's export: {counted(len(rows), 'annotation')} of {counted(len(tasks), 'task')}."]
    if skipped:
        notes.append(f"{counted(skipped, 'cancelled annotation')} left out.")
    if unlabelled:
        notes.append(f"{counted(unlabelled, 'task')} that nobody has annotated {are(unlabelled)} left out.")
    if others:
        notes.append(f"{counted(others, 'result')} of other kinds, such as marked spans, left out.")
    if len(controls) > 1:
        notes.append(f"Labels of {len(controls)} questions are read together: {named(sorted(controls))}.")
    header = list(dict.fromkeys(name for row in rows for name in row))
    return Sheet(
        path, header, [[row.get(name) for row in rows] for name in header], "task", numbers, tuple(notes)
    )


def _labels(result: Mapping[str, Any]) -> Iterator[object]:
    """Yield the labels of one result of a Label Studio annotation."""
    value = result.get("value")
    for label in (value.get(result["type"]) or []) if isinstance(value, dict) else []:
        yield PATH.join(map(str, label)) if isinstance(label, list) else label


def _annotator(annotation: Mapping[str, Any]) -> object:
    """Return the annotator of a Label Studio annotation: e-mail address, or else number."""
    who = annotation.get("completed_by")
    return (who.get("email") or who.get("id")) if isinstance(who, dict) else who


class JsonLines:
    """Reader of JSON Lines, one object per line (.jsonl, .ndjson)."""

    def read(self, path: Path, content: bytes, _wanted: Collection[str]) -> Sheet:
        """Read a table of JSON objects, one per line; a JSON list of objects under this ending is accepted.

        Raises:
            PlannerMistakeError: naming the line that is no object.
        """
        text, notes = decode_text(path, content)
        if text.lstrip().startswith("[") and (objects := _list_of_objects(text)):
            return _sheet_from_objects(path, objects, "object", range(1, len(objects) + 1), notes)
        records, numbers = [], []
        # Not splitlines: JSON strings may hold the line ends that Unicode adds.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                records.append(_parse_line(path, number, line))
                numbers.append(number)
        return _sheet_from_objects(path, records, "line", numbers, notes)


class Json:
    """Reader of a JSON list of objects (.json)."""

    def read(self, path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
        """Read a table from a JSON list of objects, alone or the only list of an object, or from JSON Lines.

        Raises:
            PlannerMistakeError: if it holds neither.
        """
        text, notes = decode_text(path, content)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            lines = [line for line in text.split("\n") if line.strip()]
            if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
                return JsonLines().read(path, content, wanted)
            raise mistake(
                path, f"line {error.lineno}: is not JSON ({error.msg}, column {error.colno})"
            ) from error
        except (ValueError, RecursionError) as error:
            raise mistake(path, f"is not JSON that can be read ({shorten(str(error))})") from error
        # Exports wrap their documents in an object of metadata: where it has one
        # list of objects, that is meant.
        if isinstance(value, dict):
            lists = {name: inner for name, inner in value.items() if _are_objects(inner)}
            if len(lists) != 1:
                raise mistake(
                    path,
                    f"holds {counted(len(lists), 'list')} of objects, not one; "
                    "give the documents as one list",
                )
            [(name, value)] = lists.items()
            notes.append(f"Its list {quote(name)} is read ({counted(len(value), 'object')}).")
        if not _are_objects(value):
            raise mistake(path, 'is not a list of objects; write [{"text": "...", "labels": []}, ...]')
        return _sheet_from_objects(path, value, "object", range(1, len(value) + 1), notes)


def _are_objects(value: object) -> bool:
    """Return whether a JSON value is a non-empty list of objects."""
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _list_of_objects(text: str) -> list[Record]:
    """Parse a JSON list of objects; empty if the text is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return value if _are_objects(value) else []


def _parse_line(path: Path, number: int, line: str) -> Record:
    """Parse one line of JSON Lines as an object."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise mistake(path, f"line {number}: is not JSON ({error.msg}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise mistake(path, f"line {number}: is not JSON that can be read ({error})") from error
    if not isinstance(record, dict):
        raise mistake(
            path,
            f'line {number}: is not an object; write one a line, such as {{"text": "...", "labels": []}}',
        )
    return record


def _sheet_from_objects(
    path: Path, records: Sequence[Record], unit: str, numbers: Sequence[int], notes: Sequence[str]
) -> Sheet:
    """Build a sheet from JSON objects, one row each, or from the tasks of a Label Studio export."""
    if is_label_studio(records):
        return sheet_from_tasks(path, records).with_notes(*notes)
    # All names of all objects: a key that the first one lacks is a column nevertheless.
    header = list(dict.fromkeys(name for record in records for name in record))
    cells = [[record.get(name) for record in records] for name in header]
    return Sheet(path, header, cells, unit, numbers, tuple(notes))


# Workbooks

LARGEST_BOOK = 1 << 29
"""Bytes of all parts of a workbook, unpacked."""
PIECE = 1 << 20
MOST_CELLS = 20_000_000
CELL = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")


class Workbook:
    """Reader of .xlsx workbooks: the values that cells show, formulas as they were last computed."""

    def read(self, path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
        """Read the first sheet of a workbook that holds rows.

        Raises:
            PlannerMistakeError: if it is not a workbook, damaged, locked, or too large for memory.
        """
        from python_calamine import CalamineError, CalamineWorkbook

        _check_size(path, content)
        try:
            book = CalamineWorkbook.from_filelike(BytesIO(content))
            sheets = [
                (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names
            ]
        except (CalamineError, OSError, ValueError) as error:
            raise mistake(path, f"is not an .xlsx workbook, or damaged ({shorten(str(error))})") from error
        filled = [
            (name, rows) for name, rows in sheets if any(not is_blank(cell) for row in rows for cell in row)
        ]
        if not filled:
            raise mistake(path, "is empty")
        name, rows = filled[0]
        numbered = [(number, row) for number, row in enumerate(rows, 1) if not all(map(is_blank, row))]
        texts = [[_format_cell(cell) for cell in row] for _, row in numbered]
        sheet = sheet_from_rows(path, texts, [number for number, _ in numbered], "row", wanted)
        others = len(filled) - 1
        if others:
            other_sheets = (
                f"{counted(others, 'other sheet')} of the workbook {'is' if others == 1 else 'are'} not"
            )
            sheet = sheet.with_notes(
                f"Sheet {quote(name)} is read, {other_sheets} ({counted(len(sheet), 'row')})."
            )
        return sheet


def _check_size(path: Path, content: bytes) -> None:
    """Check the size of a workbook by decompressing it without storing the result.

    The size that an archive declares may be wrong. Two cells in opposite corners of a sheet make it as large
    as all cells between them.
    """
    remaining = LARGEST_BOOK
    rows, columns = {1}, {1}
    try:
        with ZipFile(BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as file:
                    previous = b""
                    while piece := file.read(PIECE):
                        remaining -= len(piece)
                        if remaining < 0:
                            raise mistake(
                                path, f"unpacks to more than {LARGEST_BOOK >> 20} MiB; give a part of it"
                            )
                        # An address may lie across two pieces.
                        for column, row in CELL.findall(previous[-20:] + piece):
                            rows.add(int(row))
                            # Letters count from 1 in base 26: Z is 26, AA is 27.
                            columns.add(reduce(lambda place, char: 26 * place + char - 64, column, 0))
                        previous = piece
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, ValueError) as error:
        raise mistake(path, f"is not an .xlsx workbook, or damaged ({shorten(str(error))})") from error
    if max(rows) * max(columns) > MOST_CELLS:
        raise mistake(
            path, f"spreads over {max(rows):,} rows and {max(columns):,} columns; give a part of it"
        )


def _format_cell(cell: object) -> str:
    """Format a workbook's cell as text, as if the workbook were saved as CSV."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case date() | time():
            return cell.isoformat()
    return str(cell)


# Parquet

LARGEST_UNPACKED = 1 << 32
"""Bytes of all columns that are read, unpacked."""


class Parquet:
    """Reader of Parquet files (.parquet)."""

    def read(self, path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
        """Read a table from Parquet, without columns of bytes, and of vectors unless they are ``wanted``.

        Raises:
            PlannerMistakeError: if it is not Parquet, damaged, or unpacks to more than memory should hold.
        """
        import pyarrow as pa
        from pyarrow import parquet

        try:
            # Where its pages carry checksums, what is damaged is refused rather than read as other text.
            file = parquet.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > LARGEST_UNPACKED:
                raise mistake(path, f"unpacks to more than {LARGEST_UNPACKED >> 30} GiB; give a part of it")
            readable = [
                field.name for field in file.schema_arrow if field.name in wanted or _is_readable(field.type)
            ]
            table = file.read(columns=readable)
            cells = [column.to_pylist() for column in table.columns]
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise mistake(path, f"is not Parquet, or damaged ({shorten(str(error))})") from error
        return Sheet(path, table.column_names, cells, "row", range(1, table.num_rows + 1))


def _is_readable(kind: pa.DataType) -> bool:
    """Return whether a Parquet column may hold texts or labels: neither bytes nor vectors."""
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return not types.is_floating(kind.value_type)
    return not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))
