"""Writes the draft of a table to a file of its kind."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from support.drafted_tables import cell_of, names_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.drafted_tables import Draft, Row


def write(draft: Draft, folder: Path) -> Path:
    """Write a table as its draft says."""
    rows = [row for number in range(len(draft.texts)) for row in _rows(draft, number)]
    content = WRITERS[draft.kind](draft, rows)
    path = folder / f"ours.{draft.kind}{'.gz' if draft.packed else ''}"
    path.write_bytes(gzip.compress(content) if draft.packed else content)
    return path


def _rows(draft: Draft, number: int) -> list[Row]:
    row: Row = {name: cells[number] for name, cells in draft.extra.items()}
    row[draft.text_name] = draft.texts[number]
    if draft.rows_of is not None:
        return draft.rows_of(number, row)
    labels = draft.labels[number]
    if draft.one_hot is not None:
        yes, no = draft.one_hot
        marks = {name: "" if labels is None else yes if name in labels else no for name in names_in(draft)}
        return [{**row, **marks}]
    return [{**row, draft.label_name: cell_of(draft, labels)}]


def _grid(draft: Draft, rows: list[Row]) -> list[list[Any]]:
    grid = [list(rows[0]), *(list(row.values()) for row in rows)]
    for finish in draft.finish:
        finish(grid)
    return grid if draft.header else grid[1:]


def _delimited(draft: Draft, rows: list[Row]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=draft.delimiter, lineterminator=draft.rng.choice(["\n", "\r\n"])).writerows(
        _grid(draft, rows)
    )
    try:
        return (draft.prefix + out.getvalue()).encode(draft.encoding)
    except UnicodeEncodeError:
        return (draft.prefix + out.getvalue()).encode()


def _json(_draft: Draft, rows: list[Row]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def _json_lines(draft: Draft, rows: list[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=draft.rng.random() < 0.5) + "\n" for row in rows).encode()


def _parquet(_draft: Draft, rows: list[Row]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def _workbook(draft: Draft, rows: list[Row]) -> bytes:
    return workbook_of(_grid(draft, rows))


def workbook_of(grid: list[list[Any]]) -> bytes:
    """A workbook with one sheet, its texts in the cells themselves."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    cells = "".join(f"<row>{''.join(map(_workbook_cell, row))}</row>" for row in grid)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="Tickets" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{part}')
    return out.getvalue()


def _workbook_cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' if value else "<c/>"


WRITERS: dict[str, Callable[[Draft, list[Row]], bytes]] = {
    "csv": _delimited,
    "tsv": _delimited,
    "json": _json,
    "jsonl": _json_lines,
    "parquet": _parquet,
    "xlsx": _workbook,
}
