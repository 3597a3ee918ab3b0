"""Opening a planner's file: what kind it is, packed or not, never more of it than memory can hold."""

from __future__ import annotations

import zlib
from contextlib import suppress
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

from sim.corpus.table.columnar import read_parquet
from sim.corpus.table.delimited import read_csv, read_tsv
from sim.corpus.table.records import read_json, read_jsonl
from sim.corpus.table.sheet import are, counted, is_blank, mistake, verb
from sim.corpus.table.workbook import read_workbook
from sim.scenario.mistakes import did_you_mean, either, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from sim.corpus.table.sheet import Sheet

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
