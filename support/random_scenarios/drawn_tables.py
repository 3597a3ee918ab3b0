"""Small tables of labelled documents, as planners have them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from pathlib import Path

    from support.random_scenarios.values import Values

FEWEST, MOST = 30, 120
"""Documents of a table."""
NAMED = ("id", "split", "time", "embedding", "suggested")
"""Columns that are read only if the scenario names them."""
USES = ("text", "labels", *NAMED)
OF_LABELS = ("labels", "suggested")


def write(values: Values, folder: Path, stem: str) -> tuple[dict[str, Any], list[str], list[str]]:
    """A table in a folder: its keys, its labels by name, and documents that are surely in its pool."""
    names = values.several(["crude oil", "grain", "Ärger", "a<b", "=x", "評価", "none", "l" * 40], 8)
    names += ["other", "more"][: max(0, 2 - len(names))]
    if values.happens(0.2):
        names = names[:1]  # yes or no
    called = {use: values.one([use, f"{use} (new)"]) for use in USES}
    separator = values.one([";", "|", ", "])
    rows = [_row(values, number, names) for number in range(int(values.rng.integers(FEWEST, MOST)))]
    wanted = {"text", "labels"} | {use for use in NAMED if values.happens(0.5)}
    kind = values.one(["csv", "jsonl", "parquet"])
    table = [
        {
            called[use]: separator.join(cell) if use in OF_LABELS and kind == "csv" else cell
            for use, cell in row.items()
            if use in wanted
        }
        for row in rows
    ]
    path = folder / f"{stem}.{kind}"
    _written(path, table)
    columns = {use: called[use] for use in wanted if called[use] != use or use in NAMED}
    keys = {"source": "table", "path": path.name, "columns": columns, "separator": separator}
    known = [row["id"] for row in rows if row["split"] == "train" and row["labels"]]
    return keys, names, known if {"id", "split"} <= wanted else []


def _row(values: Values, number: int, names: list[str]) -> dict[str, Any]:
    """One document, with a label that is its number's in turn, others at random, or now and then none."""
    own = [names[number % len(names)]] if number < 4 * len(names) or values.happens(0.8) else []
    others = [name for name in names if name not in own and values.happens(0.1)]
    topics = [f"{'abcdefgh'[names.index(name)]}{values.one('uvwxyz')}ra" for name in own + others]
    filler = [f"word{values.rng.integers(40)}" for _ in range(int(values.rng.integers(1, 40)))]
    return {
        "id": f"doc {number}",
        "text": " ".join([*topics * 3, *filler, f"number{'abcdefghij'[number % 10]}"]),
        "labels": own + others,
        "split": "test" if number % (2 * len(names)) < len(names) else "train",
        "time": int(values.rng.integers(10)),
        "embedding": values.rng.normal(size=3).tolist(),
        "suggested": [name for name in names if (name in own + others) == values.happens(0.9)],
    }


def _written(path: Path, rows: list[dict[str, Any]]) -> None:
    match path.suffix:
        case ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, list(rows[0]))
                table.writeheader()
                table.writerows(rows)
        case ".jsonl":
            path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
        case _:
            parquet.write_table(pa.Table.from_pylist(rows), path)
