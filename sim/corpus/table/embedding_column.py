"""Embeddings that documents come with: a column of lists, or an array in a file beside the table."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.core.diagnostics import quote, shorten
from sim.corpus.table.file_formats import check_is_file
from sim.corpus.table.sheet import counted, mistake

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.table.sheet import Sheet

ARRAY = ".npy"


def with_array(sheet: Sheet, name: str | None) -> Sheet:
    """Return a sheet with the rows of an array as one more column, where its embeddings are in such a file.

    Raises:
        PlannerMistakeError: if there is no such file, or it is no array of finite floats, one row per row of
            the sheet.
    """
    if name is None or not name.endswith(ARRAY):
        return sheet
    path = sheet.path.parent / name
    check_is_file(path)
    wanted = f"{sheet.path.name} has {counted(len(sheet), 'row')}; write a row of floats for each"
    try:
        # Mapped, so that a header cannot ask for memory that the file does not fill.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise mistake(path, f"is not an array of numpy.save ({shorten(str(error))}); {wanted}") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.ndim != 2:  # noqa: PLR2004
        held = f"{array.dtype}, shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
        raise mistake(path, f"holds {held}; {wanted}")
    if array.shape[0] != len(sheet) or not array.shape[1]:
        raise mistake(path, f"has the shape {array.shape}, but {wanted}")
    rows = _single_precision(array)
    infinite = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(infinite):
        found = _first_infinite(array[infinite[0]])
        raise mistake(path, f"row {infinite[0] + 1} holds {found}; write finite numbers")
    return replace(sheet, header=[*sheet.header, name], cells=[*sheet.cells, list(rows)])


def read(sheet: Sheet, column: str) -> NDArray[np.float32]:
    """Read the embeddings of a sheet's rows, shape ``(rows, numbers)``.

    Raises:
        PlannerMistakeError: if a cell is no list of finite numbers, or not as long as the first.
    """
    rows: list[NDArray[np.float32]] = []
    for row, cell in enumerate(sheet.column(column)):
        try:
            rows.append(_numbers(cell))
        except ValueError as error:
            raise sheet.mistake(f"{sheet.where([row])}: column {quote(column)} {error}") from None
        if len(rows[row]) != len(rows[0]):
            raise sheet.mistake(
                f"{sheet.where([0, row])}: column {quote(column)} holds {counted(len(rows[0]), 'number')}, "
                f"then {len(rows[row]):,}; write equally many in every row"
            )
    return np.stack(rows)


def _numbers(cell: object) -> NDArray[np.float32]:
    """Parse a cell as a list of finite numbers, real or written as JSON.

    Raises:
        ValueError: if it holds something else.
    """
    try:
        numbers = np.asarray(json.loads(cell) if isinstance(cell, str) else cell)
    except (ValueError, RecursionError):
        numbers = np.empty(0)
    if numbers.ndim != 1 or numbers.dtype.kind not in "fiu" or not len(numbers):
        shown = shorten(str(cell)) if isinstance(cell, list) else quote(cell)
        raise ValueError(f"is {shown}; write a list of numbers, such as [0.25, -1.5]")
    single = _single_precision(numbers)
    if not np.isfinite(single).all():
        raise ValueError(f"holds {_first_infinite(numbers)}; write finite numbers")
    return single


def _single_precision(numbers: NDArray[np.number]) -> NDArray[np.float32]:
    """Convert numbers to single precision; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(numbers, dtype=np.float32)


def _first_infinite(numbers: NDArray[np.number]) -> float:
    """Return the first number that is not finite in single precision."""
    return float(numbers[~np.isfinite(_single_precision(numbers))][0])
