"""Reading .xlsx workbooks: the values that cells show, formulas as they were last computed."""

from __future__ import annotations

import re
import zlib
from datetime import date, time
from functools import reduce
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from sim.core.diagnostics import quoted, shortened
from sim.corpus.table.delimited import sheet_of
from sim.corpus.table.sheet import counted, is_blank, mistake

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sim.corpus.table.sheet import Sheet

LARGEST = 1 << 29
"""Bytes of all parts of a workbook, unpacked."""
PIECE = 1 << 20
MOST_CELLS = 20_000_000
CELL = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")


def read_workbook(path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
    """Read the first sheet that holds rows.

    Raises:
        PlannerMistakeError: if it is not a workbook, damaged, locked, or too large for memory.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    _check_size(path, content)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        found = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise mistake(path, f"is not an .xlsx workbook, or damaged ({shortened(str(error))})") from error
    filled = [(name, rows) for name, rows in found if any(not is_blank(cell) for row in rows for cell in row)]
    if not filled:
        raise mistake(path, "is empty")
    name, rows = filled[0]
    numbered = [(number, row) for number, row in enumerate(rows, 1) if not all(map(is_blank, row))]
    shown = [[_shown(cell) for cell in row] for _, row in numbered]
    sheet = sheet_of(path, shown, [number for number, _ in numbered], "row", wanted)
    others = len(filled) - 1
    if others:
        also = f"{counted(others, 'other sheet')} of the workbook {'is' if others == 1 else 'are'} not"
        sheet = sheet.noting(f"Sheet {quoted(name)} is read, {also} ({counted(len(sheet), 'row')}).")
    return sheet


def _check_size(path: Path, content: bytes) -> None:
    """Unpack it once to nowhere: what an archive says of its own size may be wrong.

    Two cells in opposite corners of a sheet make it as large as all between them.
    """
    room = LARGEST
    rows, columns = {1}, {1}
    try:
        with ZipFile(BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as file:
                    before = b""
                    while piece := file.read(PIECE):
                        room -= len(piece)
                        if room < 0:
                            raise mistake(
                                path, f"unpacks to more than {LARGEST >> 20} MiB; give a part of it"
                            )
                        for column, row in CELL.findall(before[-20:] + piece):
                            rows.add(int(row))
                            columns.add(reduce(lambda place, char: 26 * place + char - 64, column, 0))
                        before = piece
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, ValueError) as error:
        raise mistake(path, f"is not an .xlsx workbook, or damaged ({shortened(str(error))})") from error
    if max(rows) * max(columns) > MOST_CELLS:
        raise mistake(
            path, f"spreads over {max(rows):,} rows and {max(columns):,} columns; give a part of it"
        )


def _shown(cell: object) -> str:
    """A cell as text, so that a workbook reads as the CSV file that it can be saved as."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case date() | time():
            return cell.isoformat()
    return str(cell)
