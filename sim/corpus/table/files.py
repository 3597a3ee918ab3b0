"""Files of tables: what kind each is, Parquet, and what is too large or packed."""

from __future__ import annotations

import zlib
from contextlib import suppress
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

from sim.core.diagnostics import did_you_mean, either, quoted, shortened
from sim.corpus.table.delimited import read_csv, read_tsv
from sim.corpus.table.records import read_json, read_jsonl
from sim.corpus.table.sheet import Sheet, are, counted, is_blank, mistake, verb
from sim.corpus.table.workbook import read_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    import pyarrow as pa


LARGEST_UNPACKED = 1 << 32
"""Bytes of all columns that are read, unpacked."""


def read_parquet(path: Path, content: bytes, _wanted: Collection[str]) -> Sheet:
    """Read Parquet, but for columns of bytes and of vectors, which hold neither texts nor labels.

    Raises:
        PlannerMistakeError: if it is not Parquet, damaged, or unpacks to more than memory should hold.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > LARGEST_UNPACKED:
            raise mistake(path, f"unpacks to more than {LARGEST_UNPACKED >> 30} GiB; give a part of it")
        readable = [field.name for field in file.schema_arrow if _is_readable(field.type)]
        table = file.read(columns=readable)
        cells = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise mistake(path, f"is not Parquet, or damaged ({shortened(str(error))})") from error
    return Sheet(path, table.column_names, cells, "row", range(1, table.num_rows + 1))


def _is_readable(kind: pa.DataType) -> bool:
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return not types.is_floating(kind.value_type)
    return not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


LARGEST = 1 << 30
"""Bytes of a file, unpacked."""

READERS: Mapping[str, Callable[[Path, bytes, Collection[str]], Sheet]] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
    ".xlsx": read_workbook,
}


def read(path: Path, wanted: Collection[str]) -> Sheet:
    """Read a table, without its blank rows and repeated headings.

    ``wanted`` are names that the scenario gives columns, by which a row of headings is known.

    Raises:
        PlannerMistakeError: if there is no such file, or it cannot be read as what its ending says.
    """
    packed = path.suffix.lower() == ".gz"
    reader = READERS.get((path.with_suffix("") if packed else path).suffix.lower())
    try:
        _check_is_file(path)
        if reader is None:
            raise mistake(
                path, f"is not a table; give a file that ends in {either([*READERS, 'one of these and .gz'])}"
            )
        if path.stat().st_size > LARGEST:
            raise _too_large(path)
        content = path.read_bytes()
    except OSError as error:
        raise mistake(path, f"cannot be read ({error.strerror or error})") from error
    if packed:
        content = _unpacked(path, content)
    if not content:
        raise mistake(path, "is empty")
    sheet = _tidied(reader(path, content, wanted))
    if len(sheet) == 0:
        raise sheet.mistake("holds no documents")
    return sheet


def _tidied(sheet: Sheet) -> Sheet:
    blank = [all(map(is_blank, row)) for row in zip(*sheet.cells, strict=True)]
    if any(blank):
        what = f"{counted(sum(blank), 'blank row')} {are(sum(blank))} left out."
        sheet = sheet.only([not one for one in blank], what)
    heading = [
        all(
            isinstance(cell, str) and cell.strip() == name
            for cell, name in zip(row, sheet.header, strict=True)
        )
        for row in zip(*sheet.cells, strict=True)
    ]
    if any(heading):
        rows = sum(heading)
        what = f"{counted(rows, 'row')} that {verb(rows, 'repeat')} the headings {are(rows)} left out."
        sheet = sheet.only([not one for one in heading], what)
    return sheet


def _unpacked(path: Path, content: bytes) -> bytes:
    try:
        with GzipFile(fileobj=BytesIO(content)) as file:
            unpacked = file.read(LARGEST + 1)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise mistake(path, f"is not gzip, or damaged ({error})") from error
    if len(unpacked) > LARGEST:
        raise _too_large(path)
    return unpacked


def _too_large(path: Path) -> Exception:
    return mistake(path, f"is larger than {LARGEST >> 30} GiB, unpacked; give a part of it")


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise mistake(path, "is a folder; give the file")
    if not path.is_file():
        if path.exists():
            raise mistake(path, "is not a file")
        near = None
        with suppress(OSError, ValueError):
            near = did_you_mean(path.name, [file.name for file in path.parent.iterdir()])
        raise mistake(path, "there is no such file" + (f"; did you mean {quoted(near)}?" if near else ""))
