"""The labels of each row: lists, words between separators, or a column of yes and no for each label."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sim.corpus.table import lists, separators
from sim.corpus.table.cells import NO, YES, word, yes_or_no
from sim.corpus.table.names import LABELS, plain
from sim.corpus.table.sheet import are, counted, is_blank, named, verb
from sim.corpus.table.spelling import cleaned, is_nothing, whole_numbers
from sim.scenario.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sim.corpus.table.separators import Separation
    from sim.corpus.table.sheet import Sheet

    LabelSet = frozenset[str] | None
    """The labels of a row; none at all if it says that it carries none, None if it says nothing."""

USUAL = ";"
"""The separator where the scenario names none and cells hold it."""


def one_hot(sheet: Sheet, columns: Sequence[str]) -> tuple[list[LabelSet], list[str]]:
    """The labels of rows with a column for each, in which yes and no stand (or 1 and 0, or x and nothing)."""
    said = [[None if is_blank(cell) else yes_or_no(cell) for cell in sheet.column(name)] for name in columns]
    names = [cleaned(name) for name in columns]
    rows: list[LabelSet] = [
        None
        if all(one is None for one in row)
        else frozenset(n for n, one in zip(names, row, strict=True) if one)
        for row in zip(*said, strict=True)
    ]
    notes = []
    if any(one is False for column in said for one in column):
        partly = sum(None in row and row.count(None) < len(row) for row in zip(*said, strict=True))
        if partly:
            notes.append(f"{counted(partly, 'row')} with some label columns empty: those count as no.")
    none = sum(row is not None and not row for row in rows)
    if none:
        notes.append(f'{counted(none, "row")} {verb(none, "say")} no to every label: "none of these".')
    return rows, notes


def listed(
    sheet: Sheet, column: str, separator: str | None, wanted: Collection[str]
) -> tuple[Sheet, list[LabelSet], list[str]]:
    """The labels of rows in one column, the rows that can be read, and what was decided.

    ``separator`` is None where it is to be found out; ``wanted`` are the labels that the scenario names.

    Raises:
        PlannerMistakeError: if what a cell holds is no label, or what separates labels is not clear.
    """
    texts = [cell for cell in sheet.column(column) if isinstance(cell, str) and not is_blank(cell)]
    bare = bool(texts) and all(lists.is_bracketed(cell) for cell in texts)

    def items(cell: object) -> list[str] | str:
        """The labels of a list, or a text that may hold several."""
        if isinstance(cell, str) and lists.is_bracketed(cell):
            found = lists.parsed(cell, bare=bare)
            if found is None and bare:
                raise ValueError(f"is {quoted(cell)}, which begins as a list and cannot be read as one")
            return cell if found is None else list(lists.labels_in(found))
        if isinstance(cell, list | tuple | set | dict):
            return list(lists.labels_in(cell))
        return word(cell)

    sheet = sheet.without_unreadable({column: items})
    cells = [items(cell) for cell in sheet.column(column)]
    notes = []
    read_as_lists = sum(
        isinstance(cell, str) and isinstance(found, list)
        for cell, found in zip(sheet.column(column), cells, strict=True)
    )
    if read_as_lists:
        notes.append(
            f"{counted(read_as_lists, 'cell')} of column {quoted(column)} {are(read_as_lists)} read as lists."
        )
    if separator is None:
        separator, said = _separator(sheet, column, cells)
        notes.extend(said)
    divided = [_divided(cell, separator or USUAL) for cell in cells]
    notes.extend(_twins(divided))
    sets = [{*filter(None, map(cleaned, labels))} for labels in divided]
    numbers = whole_numbers(set().union(*sets))
    sets = [{numbers.get(label, label) for label in labels} for labels in sets]
    sets, said = _without_nothing(sets, wanted)
    return sheet, [frozenset(labels) or None for labels in sets], [*notes, *said]


def yes_no(
    rows: Sequence[LabelSet], column: str, wanted: Collection[str]
) -> tuple[list[LabelSet], list[str]] | None:
    """The rows of a column of yes and no, or 1 and 0: one label, or none; None if it holds other words."""
    given = [labels for labels in rows if labels is not None]
    words = Counter(label for labels in given for label in labels)
    yes = [label for label in words if label.casefold() in YES]
    no = [label for label in words if label.casefold() in NO]
    if not yes or not no or len(yes) + len(no) < len(words) or any(len(labels) > 1 for labels in given):
        return None
    meant, other = (no, yes) if {*no} & {*wanted} and not {*yes} & {*wanted} else (yes, no)
    label = max(meant, key=lambda word: words[word])
    if meant is yes and label not in wanted and (plain(column) not in LABELS or column in wanted):
        label = column
    read = [None if labels is None else frozenset({label} if labels & {*meant} else ()) for labels in rows]
    carried, without = sum(words[one] for one in meant), sum(words[one] for one in other)
    counts = f"one label, {quoted(label)} ({carried:,}), or none of these ({without:,})"
    return read, [f"Column {quoted(column)} holds {named(sorted(words))}: {counts}."]


def _separator(sheet: Sheet, column: str, cells: Sequence[list[str] | str]) -> tuple[str | None, list[str]]:
    """What separates labels where the scenario does not say, and what to say of that."""
    texts = Counter(cell for cell in cells if isinstance(cell, str) and cell)
    alone = {cleaned(label) for cell in cells if isinstance(cell, list) for label in cell}
    if any(USUAL in cell for cell in texts):
        parts: Counter[str] = Counter()
        for cell, count in texts.items():
            for part in separators.split(cell, USUAL):
                parts[part] += count
        _refuse_unclear(
            sheet, column, [one for one in separators.examine(parts, alone) if one.verdict == "separates"]
        )
        return None, []
    found = separators.examine(texts, alone)
    separating = [one for one in found if one.verdict == "separates"]
    if not separating:
        _refuse_unclear(sheet, column, [one for one in found if one.verdict == "unclear"])
        return None, []
    fewest = min(one.labels for one in separating)
    chosen = [one for one in separating if one.labels == fewest]
    if len(chosen) > 1:
        _refuse_unclear(sheet, column, chosen)
    separator = chosen[0].character
    parts = Counter()
    for cell, count in texts.items():
        for part in separators.split(cell, separator):
            parts[part] += count
    _refuse_unclear(
        sheet, column, [one for one in separators.examine(parts, alone) if one.verdict != "part of a name"]
    )
    rows = counted(chosen[0].rows, "row")
    return separator, [f"Labels are separated by {quoted(separator)} ({rows}, {counted(fewest, 'label')})."]


def _refuse_unclear(sheet: Sheet, column: str, found: Sequence[Separation]) -> None:
    if found:
        first = found[0]
        raise sheet.mistake(
            f"column {quoted(column)} holds {quoted(first.character)} in {counted(first.rows, 'row')}: it "
            "may separate labels, or be part of their names; write corpus.separator, "
            f'"{first.character}" if it separates, "{USUAL}" if not'
        )


def _divided(cell: list[str] | str, separator: str) -> list[str]:
    """The labels of a cell as they are written; a word for none may hold the separator, as `n/a` does."""
    if isinstance(cell, list):
        return cell
    return [cell] if is_nothing(cleaned(cell)) else cell.split(separator)


def _twins(rows: Sequence[Sequence[str]]) -> list[str]:
    """What to say of labels that are written in several ways that look alike."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for labels in rows:
        for label in labels:
            if label.strip():
                written[cleaned(label)][label.strip(" \t\r\n")] += 1
    twins = {label: ways for label, ways in written.items() if len(ways) > 1}
    if not twins:
        return []
    spellings = counted(sum(map(len, twins.values())), "spelling")
    differ = "that differ in white space, accents' encoding or invisible characters"
    times = counted(sum(ways.total() for ways in twins.values()), "time")
    one = f"{counted(len(twins), 'label')} ({times}): {named(sorted(twins))}"
    return [f"{spellings} {differ} are read as {one}."]


def _without_nothing(sets: Sequence[set[str]], wanted: Collection[str]) -> tuple[list[set[str]], list[str]]:
    counts = Counter(
        label for labels in sets for label in labels if is_nothing(label) and label not in wanted
    )
    if not counts:
        return [*sets], []
    named_counts = ", ".join(f"{quoted(label)} ({count:,})" for label, count in sorted(counts.items()))
    total = counts.total()
    note = (
        f"{counted(total, 'label')} that {are(total)} a word for none, {named_counts}, "
        f"{are(total)} read as no label; name them in corpus.labels to learn them."
    )
    return [labels - counts.keys() for labels in sets], [note]
