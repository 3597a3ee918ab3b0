"""Choice of the labels to learn, the documents to keep, and the test documents of a table."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.core.errors import PlannerMistakeError
from sim.core.text import are, counted, did_you_mean, quote
from sim.corpus.documents import label_matrix, most_frequent
from sim.corpus.table import cells
from sim.corpus.table.cells import NO, YES
from sim.corpus.table.headings_and_label_spelling import SPLITS, case_twins, normalise_heading
from sim.corpus.table.sheet import NothingLabelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.corpus.table.label_columns import LabelSet
    from sim.corpus.table.sheet import Sheet
    from sim.scenario.models import TableCorpus


@dataclass(frozen=True)
class Chosen:
    """Labels to learn and documents to keep."""

    names: Sequence[str]
    kept: NDArray[np.int64]
    """Numbers of the documents, ascending."""
    labels: NDArray[np.bool_]
    """Whether each document carries each label, shape ``(kept, names)``."""
    decisions: Sequence[str]
    notes: Sequence[str]
    """Notes for the planner: how many documents are left out because they have none of the labels."""


def choose(
    sheet: Sheet, where: str, documents: Sequence[LabelSet], config: TableCorpus, wanted: Sequence[str]
) -> Chosen:
    """Choose the labels that the scenario names, or the most frequent, and the documents to keep.

    ``where`` names the source of the labels in error messages.

    Raises:
        PlannerMistakeError: if there are no such labels, or all documents carry the only label.
    """
    all_labels, carries = label_matrix(documents)
    chosen = _choose_labels(sheet, where, all_labels, carries, config, wanted)
    names, labels_to_learn = [all_labels[label] for label in chosen], carries[:, chosen]
    kept, decisions, notes = _choose_documents(documents, carries, labels_to_learn, config)
    if len(names) == 1 and labels_to_learn[kept].all():
        raise sheet.mistake(
            f"{where} holds one label only, {quote(names[0])}; every document carries it, so there is "
            "nothing to tell apart"
        )
    return Chosen(
        names, kept, labels_to_learn[kept], [*_note_on_case_twins(names, labels_to_learn), *decisions], notes
    )


def _choose_labels(
    sheet: Sheet,
    where: str,
    all_labels: Sequence[str],
    carries: NDArray[np.bool_],
    config: TableCorpus,
    wanted: Sequence[str],
) -> list[int]:
    """Return the numbers of the labels to learn: those that the scenario names, or the most frequent."""
    if not all_labels:
        raise sheet.mistake(
            f"{where} is empty in every row; a model learns from labels", NothingLabelledError
        )
    if wanted:
        for name in wanted:
            if name not in all_labels:
                nearest = did_you_mean(name, all_labels)
                guess = (
                    f"did you mean {quote(nearest)}?"
                    if nearest
                    else f"it holds {counted(len(all_labels), 'label')}"
                )
                raise sheet.mistake(f"{where} holds no label {quote(name)} (corpus.labels); {guess}")
        folded = {name.casefold() for name in wanted}
        if folded & YES and folded & NO and folded <= YES | NO:
            raise sheet.mistake(
                f"corpus.labels names yes and no ({', '.join(wanted)}), which are one label and its absence; "
                "name the one to learn"
            )
        places = [all_labels.index(name) for name in dict.fromkeys(wanted)]
        return [places[label] for label in most_frequent(wanted, carries[:, places], len(places))]
    if isinstance(config.labels, int) and config.labels > len(all_labels):
        raise sheet.mistake(
            f"corpus.labels is {config.labels}, but {where} holds {counted(len(all_labels), 'label')}; "
            f"write {len(all_labels)}, or leave it out for all"
        )
    return most_frequent(
        all_labels, carries, config.labels if isinstance(config.labels, int) else len(all_labels)
    )


def refuse_unclear_blanks(sheet: Sheet, where: str, documents: Sequence[LabelSet], *, ticked: bool) -> None:
    """Refuse documents without labels that may be not labelled yet.

    They may where others plainly say no, or where most are without, unless columns are ``ticked``, whose
    blanks mean no.

    Raises:
        PlannerMistakeError: if there are such documents.
    """
    empty = sum(one is None for one in documents)
    says_no = any(one is not None and not one for one in documents)
    if 0 < empty < len(documents) and (says_no or (not ticked and empty > len(documents) / 2)):
        raise sheet.mistake(
            f"{where} says nothing of {empty:,} of {counted(len(documents), 'document')}; write "
            "corpus.empty_labels: none_of_these if they carry no label, not_yet if nobody has labelled "
            "them, and ask `simulate forecast`"
        )


def _choose_documents(
    documents: Sequence[LabelSet],
    carries: NDArray[np.bool_],
    labels: NDArray[np.bool_],
    config: TableCorpus,
) -> tuple[NDArray[np.int64], list[str], list[str]]:
    """Choose the documents to keep: those with a label to learn, and others that the scenario keeps.

    Where labels are named, or one is learnt, documents that carry others alone are kept, unless the
    scenario says otherwise: a model tells them apart from the rest.
    """
    empty = np.array([one is None for one in documents], dtype=np.bool_)
    others = carries.any(axis=1) & ~labels.any(axis=1)
    keeps_none = config.keep_unlabelled is not False
    keeps_others = config.keep_unlabelled or (
        keeps_none and (isinstance(config.labels, list) or labels.shape[1] == 1)
    )
    decisions = []
    if empty.any():
        decisions.append(_note_on_empty(int(empty.sum()), config))
    kept = labels.any(axis=1) | (others & keeps_others)
    if keeps_none:
        kept |= ~others & (~empty | (config.empty_labels in (None, "none_of_these")))
    if others.any() and config.keep_unlabelled is None and keeps_others:
        count = int(others.sum())
        decisions.append(
            f'{counted(count, "document")} with other labels {are(count)} kept, as "none of these".'
        )
    left_out = int((~kept & ~empty).sum())
    note = f"{counted(left_out, 'document')} with none of the labels {are(left_out)} left out."
    return np.flatnonzero(kept), decisions, [note] if left_out else []


def _note_on_empty(count: int, config: TableCorpus) -> str:
    """Write a note on documents without labels."""
    note = f"{counted(count, 'document')} without labels {are(count)}"
    if config.empty_labels == "not_yet":
        return f"{note} left out, as not labelled yet (corpus.empty_labels)."
    if config.empty_labels == "drop" or config.keep_unlabelled is False:
        return f"{note} left out."
    return f'{note} kept as work, labelled "none of these" (corpus.empty_labels).'


def _note_on_case_twins(names: Sequence[str], labels: NDArray[np.bool_]) -> list[str]:
    """Write a note on labels that differ in case alone."""
    twins = case_twins(names)
    if not twins:
        return []
    count = dict(zip(names, labels.sum(axis=0).tolist(), strict=True))
    listed = "; ".join(
        " and ".join(f"{quote(name)} ({count[name]:,})" for name in same) for same in twins[:3]
    )
    count_of_twins = counted(sum(map(len, twins)), "label")
    return [
        (
            f"{count_of_twins} differ in case alone and are kept apart: {listed}; "
            "write them alike to make them one."
        )
    ]


SPLIT_SEED = 0
"""Salt of the hashes that decide which documents are test documents."""


def split_parser(sheet: Sheet, column: str) -> Callable[[object], str]:
    """Return the parser of a split column's cells; for yes or no, the column's name says which part is meant.

    Raises:
        PlannerMistakeError: if the column holds yes and no, and its name does not say which part is meant.
    """
    filled = [cell for cell in sheet.column(column) if not cells.is_blank(cell)]
    if not filled or any(isinstance(cell, list | dict) or cells.yes_or_no(cell) is None for cell in filled):
        return cells.part
    words = {*re.findall(r"[a-z]+", normalise_heading(column))}
    asks_test, asks_train = (
        words & (cells.TEST | cells.VALIDATION | {"istest"}),
        words & (cells.TRAIN | {"istrain"}),
    )
    if bool(asks_test) == bool(asks_train):
        raise sheet.mistake(
            f"column {quote(column)} (corpus.columns.split) holds yes or no, and its name does not say to "
            "what; call it is_test or is_train, or write train and test into it"
        )
    parts = ("train", "test") if asks_test else ("test", "train")

    def part(cell: object) -> str:
        """Parse a cell of a yes-or-no column as a part of the split."""
        said = cells.yes_or_no(cell)
        if said is None:
            raise ValueError(f"is {quote(cell)}; write 0 or 1")
        return parts[said]

    return part


def split_by_column(
    sheet: Sheet, column: str, documents: Sequence[Sequence[int]]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which documents, given by their rows, are test documents by a split column, and notes on it.

    Raises:
        PlannerMistakeError: if rows of a document are in different parts.
    """
    part = split_parser(sheet, column)
    parts = [part(cell) for cell in sheet.column(column)]
    for rows in documents:
        # Its text would be learnt and tested on at once.
        if len({parts[row] for row in rows}) > 1:
            raise sheet.mistake(f"{sheet.where(rows)}: are one document, in several parts of {quote(column)}")
    document_parts = [parts[rows[0]] for rows in documents]
    counts = Counter(document_parts)
    notes = []
    if counts["validation"]:
        with_test = f", with the {counts['test']:,} of the test part" if counts["test"] else ""
        notes.append(
            f"{counted(counts['validation'], 'document')} of the validation part "
            f"{are(counts['validation'])} test documents{with_test}."
        )
    return np.array([one != "train" for one in document_parts], dtype=np.bool_), notes


def draw_split(
    ids: Sequence[str], texts: Sequence[str], labels: NDArray[np.bool_], share: float
) -> NDArray[np.bool_]:
    """Draw test documents where no column says which: those whose names have the smallest hashes.

    Documents with the same text go where the first of them goes, as far as there is room. If one side has
    no document that carries a label, shape of ``labels`` being ``(documents, labels)``, the first of the
    other side that do change places with its last.
    """
    count = min(max(1, round(share * len(ids))), len(ids) - 1)
    # By names and not by rows: a table that is sorted anew or grows keeps its test documents.
    hashes = [hashlib.sha256(f"{SPLIT_SEED} {name}".encode()).digest() for name in ids]
    copies: dict[str, list[int]] = defaultdict(list)
    # Texts come in the order of their first copy's hash.
    for row in sorted(range(len(ids)), key=hashes.__getitem__):
        copies[texts[row]].append(row)
    is_test = np.zeros(len(ids), dtype=np.bool_)
    for rows in copies.values():
        if len(rows) <= count:
            is_test[rows] = True
            count -= len(rows)
    if not is_test.any():
        is_test[min(copies.values(), key=len)] = True
    # A side without any label would leave nothing to learn, or nothing to measure.
    for lacking in (is_test, ~is_test):
        if not labels[lacking].any():
            _exchange(is_test, [*copies.values()], labels, lacking)
    return is_test


def _exchange(
    is_test: NDArray[np.bool_],
    groups: Sequence[Sequence[int]],
    labels: NDArray[np.bool_],
    lacking: NDArray[np.bool_],
) -> None:
    """Exchange copies of documents so that the side of the split that lacks labels gets some, if possible."""
    givers = [rows for rows in groups if not lacking[rows[0]] and labels[rows].any()]
    takers = [rows for rows in groups if lacking[rows[0]]]
    if len(givers) > 1:
        is_test[givers[0]] = ~is_test[givers[0]]
        is_test[takers[-1]] = ~is_test[takers[-1]]


def note_on_unused_split(sheet: Sheet, used: str | None) -> list[str]:
    """Write a note on a column that gives a split for which the scenario does not ask."""
    if used is not None:
        return []
    for name in sheet.header:
        if normalise_heading(name) not in SPLITS:
            continue
        try:
            cell_counts = Counter(map(str, sheet.column(name)))
            part = split_parser(sheet, name)
            parts: Counter[str] = Counter()
            for cell, count in cell_counts.items():
                parts[part(cell)] += count
        # It is not used, so that what is wrong with it is no mistake.
        except (ValueError, PlannerMistakeError):
            continue
        if len(parts) > 1:
            listed = ", ".join(f"{one} ({count:,})" for one, count in sorted(parts.items()))
            return [
                f"Column {quote(name)} says {listed} and is not used; corpus.columns.split: {name} uses it."
            ]
    return []
