"""Documents from the rows of a sheet: their texts, their embeddings, and which rows are one document."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.core.text import are, counted, quote, shorten
from sim.corpus.table import cells, selection_and_split
from sim.corpus.table.column_roles import may_name
from sim.corpus.table.file_formats import check_is_file
from sim.corpus.table.sheet import mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from sim.corpus.table.column_roles import ColumnRoles
    from sim.corpus.table.label_columns import LabelSet
    from sim.corpus.table.sheet import Sheet

PARAGRAPH = "\n\n"
"""Separator of the texts of several columns."""
ARRAY = ".npy"
"""Ending of a file beside the table that holds an embedding for each row."""


def rows_with_texts(sheet: Sheet, roles: ColumnRoles) -> Sheet:
    """Return a sheet's rows that hold a text and whose other cells can be read.

    Raises:
        PlannerMistakeError: if no row holds a text, or more than one in a hundred cannot be read.
    """
    checks: dict[str, Callable[[object], object]] = {}
    if roles.split is not None:
        checks[roles.split] = selection_and_split.split_parser(sheet, roles.split)
    if roles.time is not None:
        checks[roles.time] = cells.parse_time
    if roles.id is not None:
        checks[roles.id] = cells.name
    for name in roles.text:
        checks[name] = _text_parser(sheet, roles, name)
    filled = [not all(map(cells.is_blank, row)) for row in zip(*map(sheet.column, roles.text), strict=True)]
    empty = len(filled) - sum(filled)
    if empty == len(filled):
        raise sheet.mistake(
            f"column {quote(roles.text[0])} is empty in every row; give each document its text"
        )
    if empty:
        rows = sheet.where([row for row, one in enumerate(filled) if not one])
        sheet = sheet.keep_rows(
            filled, f"{counted(empty, 'row')} without a text {are(empty)} left out ({rows})."
        )
    return sheet.drop_unreadable(checks)


def read_texts(sheet: Sheet, roles: ColumnRoles) -> list[str]:
    """Read the texts of a sheet's rows; texts of several columns are joined by a blank line."""
    columns = [[_text_parser(sheet, roles, name)(cell) for cell in sheet.column(name)] for name in roles.text]
    if len(columns) == 1:
        return columns[0]
    return [PARAGRAPH.join(text for text in row if text.strip()) for row in zip(*columns, strict=True)]


def _text_parser(sheet: Sheet, roles: ColumnRoles, name: str) -> Callable[[object], str]:
    """Return the parser of a text column's cells; numbers pass if other cells or columns are texts."""
    if len(roles.text) == 1 and not any(isinstance(cell, str) for cell in sheet.column(name)):
        return cells.text
    return _text_or_number


def _text_or_number(cell: object) -> str:
    """Parse a cell as a text, or a number as its text."""
    is_number = isinstance(cell, int | float) and not cells.is_blank(cell)
    return cells.as_word(cell) if is_number else cells.text(cell)


def with_embedding_array(sheet: Sheet, name: str | None) -> Sheet:
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


def read_embeddings(sheet: Sheet, column: str) -> NDArray[np.float32]:
    """Read the embeddings of a sheet's rows, shape ``(rows, numbers)``.

    Raises:
        PlannerMistakeError: if a cell is no list of finite numbers, or not as long as the first.
    """
    rows: list[NDArray[np.float32]] = []
    for row, cell in enumerate(sheet.column(column)):
        try:
            rows.append(_embedding(cell))
        except ValueError as error:
            raise sheet.mistake(f"{sheet.where([row])}: column {quote(column)} {error}") from None
        if len(rows[row]) != len(rows[0]):
            raise sheet.mistake(
                f"{sheet.where([0, row])}: column {quote(column)} holds {counted(len(rows[0]), 'number')}, "
                f"then {len(rows[row]):,}; write equally many in every row"
            )
    return np.stack(rows)


def _embedding(cell: object) -> NDArray[np.float32]:
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


MANY = 0.5
"""Share of repeated texts above which rows are taken for parts of documents."""
SEVERAL = 0.2
"""Share of repeated texts above which that is unclear."""


@dataclass(frozen=True)
class Grouping:
    """Rows of a sheet grouped by document."""

    groups: Sequence[Sequence[int]]
    """The rows of each document, both in the order of the file."""
    names: Sequence[str]
    labels: Sequence[LabelSet]
    notes: Sequence[str] = field(default=())


def normalise_text(text: str) -> str:
    """Normalise a text for comparison: accents composed, white space collapsed."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def group_rows(
    sheet: Sheet, roles: ColumnRoles, texts: Sequence[str], labels: Sequence[LabelSet]
) -> Grouping:
    """Group a sheet's rows by document, with the labels of most annotators, or of all rows.

    Rows belong to one document if they have the same name in the scenario's id column, or in another column
    of names that has the same text for the same name; or if they have the same text, and a column names the
    annotators.

    Raises:
        PlannerMistakeError: if two documents have the same name, or it is not clear what rows are.
    """
    normalised = [normalise_text(text) for text in texts]
    column = roles.id or _find_name_column(sheet, roles, normalised)
    if column is not None:
        keys: Sequence[Hashable] = [cells.name(cell) for cell in sheet.column(column)]
        # In order of first occurrence, so that documents stay in the file's order.
        groups = group_by_key(keys)
        if roles.id is not None:
            _check_unique_names(sheet, roles.id, groups, normalised)
        names = [str(keys[rows[0]]) for rows in groups]
        by = f"column {quote(column)}"
    else:
        groups = (
            group_by_key(normalised)
            if _is_by_text(sheet, roles, normalised, labels)
            else [[row] for row in range(len(sheet))]
        )
        names = [str(rows[0] + 1) for rows in groups]
        by = "equal text"
    # A row for each document: there is nothing to merge, and nothing to note.
    if len(groups) == len(sheet):
        return Grouping(groups, names, labels)
    merged, notes = _merge_labels(sheet, roles, groups, labels, by)
    return Grouping(groups, names, merged, notes)


def group_by_key(keys: Sequence[Hashable]) -> list[list[int]]:
    """Group rows by equal keys, such as their texts, in order of first occurrence."""
    rows_by_key: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows_by_key[key].append(row)
    return [*rows_by_key.values()]


def _check_unique_names(
    sheet: Sheet, column: str, groups: Sequence[Sequence[int]], texts: Sequence[str]
) -> None:
    """Raise an error if documents with the same name have different texts."""
    twins = [rows for rows in groups if len({texts[row] for row in rows}) > 1]
    if twins:
        name = cells.name(sheet.column(column)[twins[0][0]])
        more = f"; so it is with {len(twins) - 1} more" if len(twins) > 1 else ""
        raise sheet.mistake(
            f"{sheet.where(twins[0])}: have the same {column}, {quote(name)}, and different texts{more}; "
            "give each document its own"
        )


def _find_name_column(sheet: Sheet, roles: ColumnRoles, texts: Sequence[str]) -> str | None:
    """Find the first column that names documents: its names recur with the same text."""
    used = {*roles.text, *roles.labels, roles.split, roles.time, roles.annotator, roles.answer}
    for name in sheet.header:
        if name in used or not may_name(name) or sheet.header.count(name) > 1:
            continue
        values = sheet.column(name)
        # A name that is missing once names no documents.
        if any(cells.is_blank(value) or isinstance(value, list | dict) for value in values):
            continue
        groups = group_by_key([str(value) for value in values])
        if len(groups) < len(values) and all(len({texts[row] for row in rows}) == 1 for rows in groups):
            return name
    return None


def _has_unique_names(sheet: Sheet, roles: ColumnRoles) -> bool:
    """Return whether a column gives each row of a sheet a unique name."""
    used = {*roles.text, *roles.labels}
    columns = [sheet.column(name) for name in sheet.header if may_name(name) and name not in used]
    return any(len(set(map(str, values))) == len(values) for values in columns)


def _is_by_text(sheet: Sheet, roles: ColumnRoles, texts: Sequence[str], labels: Sequence[LabelSet]) -> bool:
    """Return whether rows with equal texts are one document, where no column names documents."""
    repeated = [rows for rows in group_by_key(texts) if len(rows) > 1]
    if not repeated:
        return False
    share = len(repeated) / len({*texts})
    if roles.answer is not None:
        return True
    text = (
        f"write corpus.columns.id: {quote(roles.text[0])} if they are one document, else give each row an id"
    )
    if roles.annotator is not None:
        annotators = [str(cell) for cell in sheet.column(roles.annotator)]
        by_others = [rows for rows in repeated if len({annotators[row] for row in rows}) > 1]
        # A text of which everybody has several rows is that of several documents; one person may err.
        repeats = any(min(Counter(annotators[row] for row in rows).values()) > 1 for rows in by_others)
        if len(by_others) > MANY * len({*texts}) and not repeats:
            return True
        if by_others and not _has_unique_names(sheet, roles):
            raise sheet.mistake(
                f"{counted(len(by_others), 'text')} {are(len(by_others))} labelled by several of column "
                f"{quote(roles.annotator)}; {text}"
            )
        return False
    if (
        share >= SEVERAL
        and not _has_unique_names(sheet, roles)
        and not any(_overlap(rows, labels) for rows in repeated)
    ):
        raise sheet.mistake(
            f"{counted(len(repeated), 'text')} come again with other labels, never with the same: "
            f"a row for each label, or for each document; {text}"
        )
    return False


def _overlap(rows: Sequence[int], labels: Sequence[LabelSet]) -> bool:
    """Return whether a label occurs in two of some rows of a document; having none counts as a label."""
    counts = Counter(label for row in rows for label in labels[row] or {None})
    return max(counts.values()) > 1


def _merge_labels(
    sheet: Sheet, roles: ColumnRoles, groups: Sequence[Sequence[int]], labels: Sequence[LabelSet], by: str
) -> tuple[list[LabelSet], list[str]]:
    """Merge the labels of each document's rows, by annotator or by label, with a note on it."""
    several = [rows for rows in groups if len(rows) > 1]
    summary = f"{counted(len(sheet), 'row')} are {counted(len(groups), 'document')}, by {by}"
    annotators: Sequence[Hashable] | None = None
    if roles.annotator is not None and roles.answer is None:
        annotators = [str(cell) for cell in sheet.column(roles.annotator)]
        if not any(len({annotators[row] for row in rows}) > 1 for rows in several):
            annotators = None
    if annotators is None and roles.answer is None:
        overlapping = sum(_overlap(rows, labels) for rows in several)
        if overlapping > MANY * len(several):
            annotators = [*range(len(sheet))]
        elif overlapping:
            raise sheet.mistake(
                f"{summary}, and it is not clear whether a row is an annotator's or a label's: in "
                f"{overlapping:,} of {len(several):,} a label comes twice; add a column `annotator` "
                "that says who labelled"
            )
    if annotators is None:
        return [_union([labels[row] for row in rows]) for rows in groups], [
            f"{summary}: a row for each label."
        ]
    annotations = [_by_annotator(rows, annotators, labels) for rows in groups]
    return [_majority(label_sets) for label_sets in annotations], [
        f"{summary}: a row for each annotator.",
        *_notes_on_agreement(annotations),
    ]


def _union(rows: Sequence[LabelSet]) -> LabelSet:
    """Unite the labels of rows; None if none of them says anything."""
    known = [labels for labels in rows if labels is not None]
    return frozenset().union(*known) if known else None


def _by_annotator(
    rows: Sequence[int], annotators: Sequence[Hashable], labels: Sequence[LabelSet]
) -> list[LabelSet]:
    """Merge the labels of each annotator of a document over that annotator's rows."""
    by_annotator: dict[Hashable, list[LabelSet]] = defaultdict(list)
    for row in rows:
        by_annotator[annotators[row]].append(labels[row])
    return [_union(given) for given in by_annotator.values()]


def _majority(annotations: Sequence[LabelSet]) -> LabelSet:
    """Return the labels that more than half of a document's annotators put; a tie puts none."""
    known = [labels for labels in annotations if labels is not None]
    if not known:
        return None
    # Label by label, as annotations of several people are read where they are
    # simulated (`consensus.majority`).
    votes = Counter(label for labels in known for label in labels)
    chosen = frozenset(label for label, count in votes.items() if 2 * count > len(known))
    # Where neither a label nor "none" has a majority, nothing is known of the document.
    return chosen if chosen or not votes or 2 * sum(not labels for labels in known) > len(known) else None


def _notes_on_agreement(annotations: Sequence[Sequence[LabelSet]]) -> list[str]:
    """Write notes on how often a table's annotators agree."""
    shared = [[labels for labels in label_sets if labels is not None] for label_sets in annotations]
    shared = [label_sets for label_sets in shared if len(label_sets) > 1]
    if not shared:
        return []
    agreed = sum(len({*label_sets}) == 1 for label_sets in shared)
    tied = sum(_majority(label_sets) is None for label_sets in shared)
    agreed_share = (
        f"{agreed:,} of {counted(len(shared), 'document')} that several labelled ({agreed / len(shared):.0%})"
    )
    notes = [f"Annotators agree on {agreed_share}; a label counts if most put it."]
    if tied:
        notes.append(
            f"{counted(tied, 'document')} on which no label has most annotators {are(tied)} without labels."
        )
    return notes
