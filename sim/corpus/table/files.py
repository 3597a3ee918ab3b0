"""Files of tables: reader by file extension, compression, and size limits."""

from __future__ import annotations

import zlib
from contextlib import suppress
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from sim.core.diagnostics import did_you_mean, join_or, quote
from sim.core.registry import READERS
from sim.corpus.table.sheet import are, counted, is_blank, mistake, verb

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sim.corpus.table.sheet import Sheet


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
        _check_is_file(path)
        if ending not in READERS:
            endings = join_or([*(f".{name}" for name in READERS), "one of these and .gz"])
            raise mistake(path, f"is not a table; give a file that ends in {endings}")
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


def _check_is_file(path: Path) -> None:
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
