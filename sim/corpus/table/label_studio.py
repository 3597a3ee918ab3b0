"""Label Studio's export: tasks, each with the annotations that people gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.corpus.table.sheet import Sheet, are, counted, mistake, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

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
