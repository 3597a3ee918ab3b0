"""Labels of a table's rows: from lists, one column per label, or yes and no."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sim.core.text import are, counted, quote, verb
from sim.corpus.table.cells import (
    NO,
    YES,
    as_word,
    is_blank,
    is_bracketed,
    iterate_labels,
    parse_list,
    yes_or_no,
)
from sim.corpus.table.headings_and_label_spelling import (
    LABELS,
    clean_label,
    is_nothing,
    normalise_heading,
    whole_numbers,
)
from sim.corpus.table.sheet import named

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sim.corpus.table.column_roles import ColumnRoles
    from sim.corpus.table.sheet import Sheet

    Verdict = Literal["separates", "part of a name", "unclear"]
    LabelSet = frozenset[str] | None
    """Labels of a row: empty if it explicitly has none, None if the row does not say."""


IN_LISTS = frozenset("|;\t\n¦；｜")  # noqa: RUF001 - meant
"""Characters that separate lists and hardly ever occur in names."""
IN_NAMES = frozenset(" -_.:&'’()[]{}\"?!>%\\→–—<=@$°")  # noqa: RUF001 - meant
"""Characters that occur in names and hardly ever separate lists."""
SOME, MANY, MOST = 0.5, 0.7, 0.9
"""Shares of parts of cells that recur: some, enough to leave it unclear, all but rare labels."""
FEWEST = 3
"""Minimum number of different combinations of labels for a separator that is usual in names."""


@dataclass(frozen=True)
class Separation:
    """Verdict on a character that may separate labels."""

    character: str
    verdict: Verdict
    rows: int
    """Cells that hold it between two parts."""
    labels: int
    """Different labels, if it separates."""


def examine(cells: Mapping[str, int], alone: Collection[str] = ()) -> list[Separation]:
    """Judge each character that may separate labels in a column, given how often each cell occurs.

    ``alone`` are labels that are known to be such.
    """
    # In order of first occurrence rather than as a set, so that messages name the same character each time.
    characters = dict.fromkeys(char for cell in cells for char in cell if _may_separate(char))
    separations = (_examine(character, cells, alone) for character in characters)
    return [separation for separation in separations if separation is not None]


def split(cell: str, separator: str) -> list[str]:
    """Split a cell into labels, cleaned for comparison."""
    return [part for part in map(clean_label, cell.split(separator)) if part]


def _may_separate(character: str) -> bool:
    """Return whether a character may separate labels: white space, punctuation or a symbol."""
    return character in " \t\n" or unicodedata.category(character)[0] in "PS"


def _examine(character: str, cells: Mapping[str, int], alone: Collection[str]) -> Separation | None:
    """Judge whether a character separates labels in a column; None if no cell holds it between parts."""
    parts = {cell: split(cell, character) for cell in cells}
    joined = {cell: cell_parts for cell, cell_parts in parts.items() if len(cell_parts) > 1}
    if not joined:
        return None
    single = {cell_parts[0] for cell_parts in parts.values() if len(cell_parts) == 1} | {*alone}
    combinations: dict[str, set[frozenset[str]]] = {}
    for cell_parts in joined.values():
        for part in cell_parts:
            combinations.setdefault(part, set()).add(frozenset(cell_parts))
    total = sum(cells[cell] * len(cell_parts) for cell, cell_parts in joined.items())

    def share(known: Collection[str]) -> float:
        """Return the share of all parts of cells that are among the known labels."""
        return (
            sum(
                cells[cell] * sum(part in known for part in cell_parts) for cell, cell_parts in joined.items()
            )
            / total
        )

    # A label stands with various others; a piece of one name always stands with the same pieces.
    recurring = single | {part for part, combos in combinations.items() if len(combos) > 1}
    later_parts = {part for cell_parts in joined.values() for part in cell_parts[1:]}
    first_parts = single | {cell_parts[0] for cell_parts in joined.values()}
    predecessors: dict[str, set[str]] = {}
    for cell_parts in joined.values():
        for previous, part in itertools.pairwise(cell_parts):
            predecessors.setdefault(part, set()).add(previous)
    facts = _Facts(
        recurring=share(recurring),
        alone=share(single),
        moves=bool(later_parts & first_parts),
        is_tree=all(len(previous) == 1 for previous in predecessors.values()),
        combinations=len({frozenset(cell_parts) for cell_parts in joined.values()}),
        composed=sum(
            _is_composed(tuple(cell_parts), {*map(tuple, parts.values())}) for cell_parts in joined.values()
        ),
    )
    rows = sum(cells[cell] for cell in joined)
    return Separation(character, _verdict(character, facts), rows, len(single | combinations.keys()))


@dataclass(frozen=True)
class _Facts:
    """Facts about a character that may separate labels in a column."""

    recurring: float
    """Share of the parts that come back."""
    alone: float
    """Share of the parts that are a whole cell elsewhere."""
    moves: bool
    """Whether some part follows another in one cell, and comes first in another cell."""
    is_tree: bool
    """Whether each part always follows the same one, as in a path of a taxonomy."""
    combinations: int
    composed: int
    """Cells that are other cells, one behind the other."""


def _is_composed(parts: tuple[str, ...], cells: Collection[tuple[str, ...]]) -> bool:
    """Return whether the parts of a cell are those of two or more other cells."""
    # Where a sequence of whole cells can end; the cell itself does not count as one of them.
    ends = {0}
    for end in range(1, len(parts) + 1):
        if any(parts[begin:end] in cells and (begin, end) != (0, len(parts)) for begin in ends):
            ends.add(end)
    return len(parts) in ends


def _verdict(character: str, facts: _Facts) -> Verdict:
    """Decide from the facts about a character whether it separates labels."""
    if character in IN_NAMES:
        if facts.alone == 1 and facts.combinations >= FEWEST:
            return "separates"
        return "unclear" if facts.alone >= MANY or facts.composed > 1 else "part of a name"
    if character in IN_LISTS:
        return "separates" if facts.recurring >= SOME else "unclear"
    if facts.recurring >= MOST and facts.moves:
        return "separates"
    if not facts.moves and (facts.is_tree or facts.recurring < MANY):
        return "part of a name"
    return "unclear"


def read_labels(
    sheet: Sheet, roles: ColumnRoles, separator: str | None, wanted: Sequence[str]
) -> tuple[Sheet, ColumnRoles, list[LabelSet]]:
    """Read the labels of a sheet's rows; return the rows that can be read, and the labels of each.

    Raises:
        PlannerMistakeError: if what a cell holds is no label, or what separates labels is not clear.
    """
    if roles.is_one_hot:
        rows, notes = read_one_hot(sheet, roles.labels)
        return sheet.with_notes(*notes), roles, rows
    column = roles.labels[0]
    if roles.answer is not None:
        sheet, roles = _answered_rows(sheet, roles, roles.answer)
    sheet, rows, notes = read_list_column(sheet, column, separator, wanted)
    if roles.answer is not None:
        rejected = [cell == "reject" for cell in sheet.column(roles.answer)]
        rows = [frozenset() if no else row for no, row in zip(rejected, rows, strict=True)]
        if any(rejected):
            notes.append(f"{counted(sum(rejected), 'row')} rejected: without the label that was asked about.")
    if (yes_no := read_yes_no(rows, column, wanted)) is not None:
        rows, more = yes_no
        notes.extend(more)
    return sheet.with_notes(*notes), roles, rows


def read_suggested(
    sheet: Sheet,
    column: str,
    separator: str | None,
    wanted: Collection[str],
    label_sets: Sequence[LabelSet],
) -> tuple[list[LabelSet], list[str]]:
    """Read the labels that are suggested for a sheet's rows, spelt as their labels are; with notes.

    Raises:
        PlannerMistakeError: if what a cell holds is no label, or what separates labels is not clear.
    """
    _, rows, notes = read_list_column(sheet, column, separator, wanted)
    known: set[str] = set().union(*filter(None, label_sets))
    words: set[str] = set().union(*filter(None, rows))
    spelt = whole_numbers(known | words)
    if len(known) == 1 and {word.casefold() for word in words - known} <= YES | NO:
        # One label, or its absence, as in a column of yes and no.
        yes = known | {word for word in words if word.casefold() in YES}
        return [row and frozenset(known if row & yes else ()) for row in rows], notes
    return [row and frozenset(spelt.get(word, word) for word in row) for row in rows], notes


def _answered_rows(sheet: Sheet, roles: ColumnRoles, column: str) -> tuple[Sheet, ColumnRoles]:
    """Return the rows that Prodigy's annotators answered; rejected choices are left out."""
    is_choice = roles.labels[0] == "accept" or any(
        isinstance(cell, list) for cell in sheet.column(roles.labels[0])
    )
    unanswered = {"ignore", "reject"} if is_choice else {"ignore"}
    left_out = [cell in unanswered for cell in sheet.column(column)]
    if any(left_out):
        summary = (
            f"{counted(sum(left_out), 'row')} that Prodigy's column {quote(column)} says {are(sum(left_out))}"
        )
        sheet = sheet.keep_rows(
            [not one for one in left_out], f"{summary} {' or '.join(sorted(unanswered))}: left out."
        )
    return sheet, replace(roles, answer=None) if is_choice else roles


USUAL = ";"
"""The separator where the scenario names none and cells hold it."""


def read_one_hot(sheet: Sheet, columns: Sequence[str]) -> tuple[list[LabelSet], list[str]]:
    """Read the labels of rows with one column per label, which holds yes or no, 1 or 0, or x or nothing."""
    answers = [
        [None if is_blank(cell) else yes_or_no(cell) for cell in sheet.column(name)] for name in columns
    ]
    names = [clean_label(name) for name in columns]
    rows: list[LabelSet] = [
        None
        if all(one is None for one in row)
        else frozenset(n for n, one in zip(names, row, strict=True) if one)
        for row in zip(*answers, strict=True)
    ]
    notes = []
    if any(one is False for column in answers for one in column):
        partly = sum(None in row and row.count(None) < len(row) for row in zip(*answers, strict=True))
        if partly:
            notes.append(f"{counted(partly, 'row')} with some label columns empty: those count as no.")
    none = sum(row is not None and not row for row in rows)
    if none:
        notes.append(f'{counted(none, "row")} {verb(none, "say")} no to every label: "none of these".')
    return rows, notes


def read_list_column(
    sheet: Sheet, column: str, separator: str | None, wanted: Collection[str]
) -> tuple[Sheet, list[LabelSet], list[str]]:
    """Read the labels of rows from one column that may hold several; note what was decided.

    ``separator`` is None where it is to be found out; ``wanted`` are the labels that the scenario names.

    Raises:
        PlannerMistakeError: if what a cell holds is no label, or what separates labels is not clear.
    """
    texts = [cell for cell in sheet.column(column) if isinstance(cell, str) and not is_blank(cell)]
    # A single cell in brackets may be a name; where all are, they are lists.
    bare = bool(texts) and all(is_bracketed(cell) for cell in texts)

    def items(cell: object) -> list[str] | str:
        """Parse a cell as a list of labels, or as a text that may hold several."""
        if isinstance(cell, str) and is_bracketed(cell):
            value = parse_list(cell, bare=bare)
            if value is None and bare:
                raise ValueError(f"is {quote(cell)}, which begins as a list and cannot be read as one")
            return cell if value is None else list(iterate_labels(value))
        if isinstance(cell, list | tuple | set | dict):
            return list(iterate_labels(cell))
        return as_word(cell)

    sheet = sheet.drop_unreadable({column: items})
    cells = [items(cell) for cell in sheet.column(column)]
    notes = []
    read_as_lists = sum(
        isinstance(cell, str) and isinstance(found, list)
        for cell, found in zip(sheet.column(column), cells, strict=True)
    )
    if read_as_lists:
        notes.append(
            f"{counted(read_as_lists, 'cell')} of column {quote(column)} {are(read_as_lists)} read as lists."
        )
    if separator is None:
        separator, more_notes = _find_separator(sheet, column, cells)
        notes.extend(more_notes)
    split_cells = [_split_cell(cell, separator or USUAL) for cell in cells]
    notes.extend(_note_on_spellings(split_cells))
    sets = [{*filter(None, map(clean_label, labels))} for labels in split_cells]
    numbers = whole_numbers(set().union(*sets))
    sets = [{numbers.get(label, label) for label in labels} for labels in sets]
    sets, more_notes = _remove_words_for_none(sets, wanted)
    return sheet, [frozenset(labels) or None for labels in sets], [*notes, *more_notes]


def read_yes_no(
    rows: Sequence[LabelSet], column: str, wanted: Collection[str]
) -> tuple[list[LabelSet], list[str]] | None:
    """Read a column of yes and no (or 1 and 0) as one label; None if it holds other words."""
    known = [labels for labels in rows if labels is not None]
    words = Counter(label for labels in known for label in labels)
    yes = [label for label in words if label.casefold() in YES]
    no = [label for label in words if label.casefold() in NO]
    if not yes or not no or len(yes) + len(no) < len(words) or any(len(labels) > 1 for labels in known):
        return None
    positive, negative = (no, yes) if {*no} & {*wanted} and not {*yes} & {*wanted} else (yes, no)
    label = max(positive, key=lambda word: words[word])
    if (
        positive is yes
        and label not in wanted
        and (normalise_heading(column) not in LABELS or column in wanted)
    ):
        label = column
    label_sets = [
        None if labels is None else frozenset({label} if labels & {*positive} else ()) for labels in rows
    ]
    carried, without = sum(words[one] for one in positive), sum(words[one] for one in negative)
    counts = f"one label, {quote(label)} ({carried:,}), or none of these ({without:,})"
    return label_sets, [f"Column {quote(column)} holds {named(sorted(words))}: {counts}."]


def _find_separator(
    sheet: Sheet, column: str, cells: Sequence[list[str] | str]
) -> tuple[str | None, list[str]]:
    """Find the character that separates labels in a column, and write a note on it."""
    texts = Counter(cell for cell in cells if isinstance(cell, str) and cell)
    alone = {clean_label(label) for cell in cells if isinstance(cell, list) for label in cell}
    # The usual separator is taken as one wherever it stands; what may separate beside it has to be settled.
    if any(USUAL in cell for cell in texts):
        separations = examine(_count_parts(texts, USUAL), alone)
        _refuse_unclear(sheet, column, [one for one in separations if one.verdict == "separates"])
        return None, []
    separations = examine(texts, alone)
    separating = [one for one in separations if one.verdict == "separates"]
    if not separating:
        _refuse_unclear(sheet, column, [one for one in separations if one.verdict == "unclear"])
        return None, []
    # Of several that separate, the one that gives the fewest labels explains the cells best.
    fewest = min(one.labels for one in separating)
    chosen = [one for one in separating if one.labels == fewest]
    if len(chosen) > 1:
        _refuse_unclear(sheet, column, chosen)
    separator = chosen[0].character
    others = examine(_count_parts(texts, separator), alone)
    _refuse_unclear(sheet, column, [one for one in others if one.verdict != "part of a name"])
    rows = counted(chosen[0].rows, "row")
    return separator, [f"Labels are separated by {quote(separator)} ({rows}, {counted(fewest, 'label')})."]


def _count_parts(cells: Mapping[str, int], separator: str) -> Counter[str]:
    """Count the labels of a column's cells, given how often each cell occurs."""
    parts: Counter[str] = Counter()
    for cell, count in cells.items():
        for part in split(cell, separator):
            parts[part] += count
    return parts


def _refuse_unclear(sheet: Sheet, column: str, unclear: Sequence[Separation]) -> None:
    """Raise an error if it is unclear whether a character separates labels."""
    if unclear:
        first = unclear[0]
        raise sheet.mistake(
            f"column {quote(column)} holds {quote(first.character)} in {counted(first.rows, 'row')}: it "
            "may separate labels, or be part of their names; write corpus.separator, "
            f'"{first.character}" if it separates, "{USUAL}" if not'
        )


def _split_cell(cell: list[str] | str, separator: str) -> list[str]:
    """Split a cell's labels as written; a word for none, such as `n/a`, may hold the separator."""
    if isinstance(cell, list):
        return cell
    return [cell] if is_nothing(clean_label(cell)) else cell.split(separator)


def _note_on_spellings(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a note on labels whose spellings differ only invisibly."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for labels in rows:
        for label in labels:
            if label.strip():
                written[clean_label(label)][label.strip(" \t\r\n")] += 1
    twins = {label: ways for label, ways in written.items() if len(ways) > 1}
    if not twins:
        return []
    spellings = counted(sum(map(len, twins.values())), "spelling")
    differ = "that differ in white space, accents' encoding or invisible characters"
    times = counted(sum(ways.total() for ways in twins.values()), "time")
    one = f"{counted(len(twins), 'label')} ({times}): {named(sorted(twins))}"
    return [f"{spellings} {differ} are read as {one}."]


def _remove_words_for_none(
    sets: Sequence[set[str]], wanted: Collection[str]
) -> tuple[list[set[str]], list[str]]:
    """Remove words for none from the labels of rows, with a note on them."""
    counts = Counter(
        label for labels in sets for label in labels if is_nothing(label) and label not in wanted
    )
    if not counts:
        return [*sets], []
    named_counts = ", ".join(f"{quote(label)} ({count:,})" for label, count in sorted(counts.items()))
    total = counts.total()
    note = (
        f"{counted(total, 'label')} that {are(total)} a word for none, {named_counts}, "
        f"{are(total)} read as no label; name them in corpus.labels to learn them."
    )
    return [labels - counts.keys() for labels in sets], [note]
