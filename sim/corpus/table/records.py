"""Reading JSON: an object a line, or a list of objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sim.corpus.table import label_studio
from sim.corpus.table.encodings import decoded
from sim.corpus.table.sheet import Sheet, counted, mistake
from sim.scenario.mistakes import quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    Record = dict[str, object]


def read_jsonl(path: Path, content: bytes, _wanted: Collection[str]) -> Sheet:
    """Read an object a line; a list of objects, which some programs write under this ending, is as good.

    Raises:
        PlannerMistakeError: naming the line that is no object.
    """
    text, notes = decoded(path, content)
    if text.lstrip().startswith("[") and (found := _list_of_objects(text)):
        return _sheet(path, found, "object", range(1, len(found) + 1), notes)
    records, numbers = [], []
    # Not splitlines: JSON strings may hold the line ends that Unicode adds.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            records.append(_object(path, number, line))
            numbers.append(number)
    return _sheet(path, records, "line", numbers, notes)


def read_json(path: Path, content: bytes, wanted: Collection[str]) -> Sheet:
    """Read a list of objects, alone or as the only list of an object; an object a line is as good.

    Raises:
        PlannerMistakeError: if it holds neither.
    """
    text, notes = decoded(path, content)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
            return read_jsonl(path, content, wanted)
        raise mistake(
            path, f"line {error.lineno}: is not JSON ({error.msg}, column {error.colno})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise mistake(path, f"is not JSON that can be read ({shortened(str(error))})") from error
    if isinstance(value, dict):
        lists = {name: inner for name, inner in value.items() if _are_objects(inner)}
        if len(lists) != 1:
            raise mistake(
                path,
                f"holds {counted(len(lists), 'list')} of objects, not one; give the documents as one list",
            )
        [(name, value)] = lists.items()
        notes.append(f"Its list {quoted(name)} is read ({counted(len(value), 'object')}).")
    if not _are_objects(value):
        raise mistake(path, 'is not a list of objects; write [{"text": "...", "labels": []}, ...]')
    return _sheet(path, value, "object", range(1, len(value) + 1), notes)


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _list_of_objects(text: str) -> list[Record]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return value if _are_objects(value) else []


def _object(path: Path, number: int, line: str) -> Record:
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


def _sheet(
    path: Path, records: Sequence[Record], unit: str, numbers: Sequence[int], notes: Sequence[str]
) -> Sheet:
    if label_studio.are_tasks(records):
        return label_studio.rows_of_tasks(path, records).noting(*notes)
    header = list(dict.fromkeys(name for record in records for name in record))
    cells = [[record.get(name) for record in records] for name in header]
    return Sheet(path, header, cells, unit, numbers, tuple(notes))
