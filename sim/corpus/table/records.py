"""Tables as records: JSON, JSON Lines, and the exports of Label Studio."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import quoted, shortened
from sim.corpus.table.delimited import decoded
from sim.corpus.table.sheet import Sheet, are, counted, mistake, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    Record = dict[str, object]


WHOLE = ("choices", "taxonomy")
"""Kinds of result that are labels of a whole document; others are marked spans, ratings, corrections."""
PATH = " > "
"""What stands between the steps of a taxonomy's label."""


def are_tasks(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether objects are the tasks of an export."""
    return bool(records) and all(
        isinstance(record.get("data"), dict) and isinstance(record.get("annotations"), list)
        for record in records
    )


def rows_of_tasks(path: Path, tasks: Sequence[Mapping[str, Any]]) -> Sheet:
    """Make a row of each annotation, with its task's data, ``id``, ``annotator`` and ``labels``.

    Raises:
        PlannerMistakeError: if nothing in it labels whole documents.
    """
    rows: list[dict[str, object]] = []
    numbers: list[int] = []
    controls: set[str] = set()
    skipped = waiting = others = 0
    for number, task in enumerate(tasks, 1):
        given = [one for one in task["annotations"] if isinstance(one, dict)]
        done = [one for one in given if not one.get("was_cancelled")]
        skipped += len(given) - len(done)
        waiting += not done
        for annotation in done:
            results = [one for one in annotation.get("result") or [] if isinstance(one, dict)]
            whole = [one for one in results if one.get("type") in WHOLE]
            others += len(results) - len(whole)
            controls |= {str(one.get("from_name")) for one in whole}
            labels = [label for one in whole for label in _labels(one)]
            rows.append(
                {
                    **task["data"],
                    "id": task.get("id", number),
                    "annotator": _who(annotation),
                    "labels": labels,
                }
            )
            numbers.append(number)
    if not controls:
        raise mistake(path, "holds no choices that label whole documents; export a project that has some")
    notes = [f"Label Studio's export: {counted(len(rows), 'annotation')} of {counted(len(tasks), 'task')}."]
    if skipped:
        notes.append(f"{counted(skipped, 'cancelled annotation')} left out.")
    if waiting:
        notes.append(f"{counted(waiting, 'task')} that nobody has annotated {are(waiting)} left out.")
    if others:
        notes.append(f"{counted(others, 'result')} of other kinds, such as marked spans, left out.")
    if len(controls) > 1:
        notes.append(f"Labels of {len(controls)} questions are read together: {named(sorted(controls))}.")
    header = list(dict.fromkeys(name for row in rows for name in row))
    return Sheet(
        path, header, [[row.get(name) for row in rows] for name in header], "task", numbers, tuple(notes)
    )


def _labels(result: Mapping[str, Any]) -> Iterator[object]:
    value = result.get("value")
    for label in (value.get(result["type"]) or []) if isinstance(value, dict) else []:
        yield PATH.join(map(str, label)) if isinstance(label, list) else label


def _who(annotation: Mapping[str, Any]) -> object:
    who = annotation.get("completed_by")
    return (who.get("email") or who.get("id")) if isinstance(who, dict) else who


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
    if are_tasks(records):
        return rows_of_tasks(path, records).noting(*notes)
    header = list(dict.fromkeys(name for record in records for name in record))
    cells = [[record.get(name) for record in records] for name in header]
    return Sheet(path, header, cells, unit, numbers, tuple(notes))
