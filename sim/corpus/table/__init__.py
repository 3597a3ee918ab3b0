"""A planner's own labelled documents: a table as people have them, or a labelling tool's export.

Cells are read as text, numbers, dates and lists; nothing in a file is executed or unpickled. Decisions of the
reader are noted with counts; unclear tables are refused, with the key that settles the matter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core import advance
from sim.core.text import are, counted, join_or, quote, verb
from sim.corpus import tokens
from sim.corpus.documents import Corpus, Documents
from sim.corpus.table import cells, file_formats, selection_and_split
from sim.corpus.table.column_roles import recognise
from sim.corpus.table.documents_from_rows import (
    group_by_key,
    group_rows,
    normalise_text,
    read_embeddings,
    read_texts,
    rows_with_texts,
    with_embedding_array,
)
from sim.corpus.table.headings_and_label_spelling import clean_label
from sim.corpus.table.label_columns import read_labels, read_list_column, read_suggested
from sim.corpus.table.sheet import MOST_NAMED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.corpus.table.column_roles import ColumnRoles
    from sim.corpus.table.documents_from_rows import Grouping
    from sim.corpus.table.label_columns import LabelSet
    from sim.corpus.table.selection_and_split import Chosen
    from sim.corpus.table.sheet import Sheet
    from sim.scenario.models import TableCorpus

FEWEST_DOCUMENTS = 10


def load(config: TableCorpus) -> Corpus:
    """Read a labelled corpus from a table, in its order, with the labels asked for, the most frequent first.

    Without a split column, a share of the documents is drawn as test documents by a hash of their names: it
    does not depend on the order of rows, and equal texts are on one side.

    Raises:
        NothingLabelledError: if no document has a label.
        PlannerMistakeError: if the table has a mistake; the message names the file and the row or column.
    """
    content = _read(config)
    sheet, roles, chosen = content.sheet, content.roles, content.chosen
    decisions = list(content.decisions)
    # After labels and documents are chosen: what is left out cannot be labelled.
    if len(chosen.kept) < FEWEST_DOCUMENTS:
        raise sheet.mistake(
            f"{counted(len(chosen.kept), 'document')} to label; {FEWEST_DOCUMENTS} are the fewest that a "
            "project can be simulated on"
        )
    normalised = [normalise_text(content.text(document)) for document in chosen.kept]
    ids = [content.grouping.names[document] for document in chosen.kept]
    if roles.split is None:
        is_test = selection_and_split.draw_split(ids, normalised, chosen.labels, config.test_share)
        if is_test.all():
            raise sheet.mistake("every document has the same text, so there is nothing to tell apart")
    else:
        from_column, split_notes = content.split(roles.split, chosen.kept)
        is_test = _check_both_parts(sheet, roles.split, from_column)
        decisions.extend(split_notes)
    # Equal texts on both sides of a split would test a model on what it has seen.
    shared = [documents for documents in group_by_key(normalised) if len(documents) > 1]
    if shared and roles.split is None:
        total = counted(sum(map(len, shared)), "document")
        decisions.append(
            f"{total} share {counted(len(shared), 'text')}: copies are on one side of the split."
        )
    if content.embeddings is not None:
        decisions.append(
            f"{quote(str(roles.embedding))} gives each document an embedding of "
            f"{counted(content.embeddings.shape[1], 'number')}; learner.preset strong uses it beside words, "
            "others use words alone."
        )
    pool, test = (content.documents(chosen.kept[part], chosen.labels[part]) for part in (~is_test, is_test))
    decisions.extend(_notes_on_suggested(content, pool))
    if not test.labels.any():
        raise sheet.mistake("no test document carries a label, so there is nothing to measure a model on")
    notes = [
        *chosen.notes,
        *_notes_on_copies(shared, chosen.labels, is_test),
        *_notes_on_missing_labels(chosen.names, pool, test),
    ]
    if config.single_label and (several := int((chosen.labels.sum(axis=1) > 1).sum())):
        decisions.append(f"{counted(several, 'document')} with several labels: corpus.single_label is true.")
    return Corpus(
        sheet.path.name,
        chosen.names,
        pool,
        test,
        notes=notes,
        decisions=decisions,
        single_label=config.single_label,
        not_yet=sum(content.without_labels) if config.empty_labels == "not_yet" else 0,
    )


class PartlyLabelled(NamedTuple):
    """Corpus of a project under way: its pool holds documents that nobody has labelled yet."""

    corpus: Corpus
    """Documents not labelled yet carry no label in it; its test documents are labelled, and may be none."""
    labelled: NDArray[np.int64]
    """Rows of the pool that are labelled."""


def load_partly_labelled(config: TableCorpus) -> PartlyLabelled:
    """Read a table whose documents are labelled in part: those without labels are left for later.

    Only a split column makes test documents: without one, all labels are to learn from.

    Raises:
        NothingLabelledError: if no document has a label.
        PlannerMistakeError: if the table has a mistake; the message names the file and the row or column.
    """
    content = _read(config.model_copy(update={"empty_labels": "not_yet"}))
    chosen, split = content.chosen, content.roles.split
    not_yet = np.flatnonzero(content.without_labels)
    documents = np.concatenate([chosen.kept, not_yet])
    labels = np.zeros((len(documents), len(chosen.names)), dtype=np.bool_)
    labels[: len(chosen.kept)] = chosen.labels
    is_labelled = np.arange(len(documents)) < len(chosen.kept)
    is_test = (
        np.zeros(len(documents), dtype=np.bool_) if split is None else content.split(split, documents)[0]
    )
    # In the order of the file, so that an order by labels tells nothing.
    in_order = np.argsort(documents, kind="stable")
    pool, test = in_order[~is_test[in_order]], in_order[(is_test & is_labelled)[in_order]]
    corpus = Corpus(
        content.sheet.path.name,
        chosen.names,
        content.documents(documents[pool], labels[pool]),
        content.documents(documents[test], labels[test]),
        single_label=config.single_label,
    )
    return PartlyLabelled(corpus, np.flatnonzero(is_labelled[pool]))


@dataclass(frozen=True)
class _Content:
    """Content of a table: its documents with their labels, and the decisions made in reading it."""

    sheet: Sheet
    roles: ColumnRoles
    texts: Sequence[str]
    grouping: Grouping
    chosen: Chosen
    decisions: Sequence[str]
    label_sets_suggested: Sequence[LabelSet] | None
    """Labels that are suggested for each row of the sheet; None without such a column."""

    @property
    def without_labels(self) -> list[bool]:
        """Whether each document has no label at all."""
        return [labels is None for labels in self.grouping.labels]

    def text(self, document: int) -> str:
        """Return a document's text, that of its first row."""
        return self.texts[self.grouping.groups[document][0]]

    def split(self, column: str, documents: NDArray[np.int64]) -> tuple[NDArray[np.bool_], list[str]]:
        """Return which of the documents are test documents by a split column, and notes on it."""
        groups = [self.grouping.groups[document] for document in documents]
        return selection_and_split.split_by_column(self.sheet, column, groups)

    def documents(self, numbers: NDArray[np.int64], labels: NDArray[np.bool_]) -> Documents:
        """Build documents with these labels; text, time and embedding of each are those of its first row."""
        rows = [self.grouping.groups[document][0] for document in numbers]
        return Documents(
            [self.grouping.names[document] for document in numbers],
            [self.texts[row] for row in rows],
            labels,
            None if self._times is None else self._times[rows],
            None if self.embeddings is None else self.embeddings[rows],
            suggested=self._suggested(numbers),
        )

    def _suggested(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Return which labels are suggested for documents, those of all their rows; None without a column."""
        if self.label_sets_suggested is None:
            return None
        place = {name: label for label, name in enumerate(self.chosen.names)}
        suggested = np.zeros((len(numbers), len(place)), dtype=np.bool_)
        for document, number in enumerate(numbers):
            for row in self.grouping.groups[number]:
                names = (self.label_sets_suggested[row] or frozenset()) & place.keys()
                suggested[document, [place[name] for name in names]] = True
        return suggested

    @cached_property
    def embeddings(self) -> NDArray[np.float32] | None:
        """Embeddings of the sheet's rows, None without such a column."""
        column = self.roles.embedding
        return None if column is None else read_embeddings(self.sheet, column)

    @cached_property
    def _times(self) -> NDArray[np.float64] | None:
        return None if self.roles.time is None else _times(self.sheet, self.roles.time)


def _read(config: TableCorpus) -> _Content:
    """Read a table: which columns are what, its documents, and the labels to learn.

    Raises:
        NothingLabelledError: if no document has a label.
        PlannerMistakeError: if the table has a mistake.
    """
    wanted = [clean_label(name) for name in config.labels] if isinstance(config.labels, list) else []
    sheet = file_formats.read(Path(config.path), config.columns.names)
    sheet = with_embedding_array(sheet, config.columns.embedding)
    advance.to(0.3)
    roles = recognise(sheet, config.columns, wanted)
    sheet = rows_with_texts(sheet.with_notes(*roles.notes), roles)
    if roles.suggested is not None:
        # Read twice: rows that cannot be read are left out before labels are read.
        sheet, _, _ = read_list_column(sheet, roles.suggested, config.separator, wanted)
    sheet, roles, label_sets = read_labels(sheet, roles, config.separator, wanted)
    suggested = None
    if roles.suggested is not None:
        suggested, more = read_suggested(sheet, roles.suggested, config.separator, wanted, label_sets)
        sheet = sheet.with_notes(*more)
    texts = read_texts(sheet, roles)
    advance.to(0.6)
    grouping = group_rows(sheet, roles, texts, label_sets)
    advance.to(0.8)
    where = f"column {quote(roles.labels[0])}" if len(roles.labels) == 1 else f"{len(roles.labels)} columns"
    if config.empty_labels is None and config.keep_unlabelled is not False:
        selection_and_split.refuse_unclear_blanks(sheet, where, grouping.labels, ticked=roles.is_one_hot)
    chosen = selection_and_split.choose(sheet, where, grouping.labels, config, wanted)
    decisions = [
        *sheet.notes,
        *selection_and_split.note_on_unused_split(sheet, roles.split),
        *grouping.notes,
        *chosen.decisions,
    ]
    return _Content(sheet, roles, texts, grouping, chosen, decisions, suggested)


@dataclass(frozen=True)
class UnlabelledDocuments:
    """Number and length of a table's documents."""

    documents: int
    words_per_document: float
    decisions: Sequence[str]
    """Decisions made in reading it, a sentence with counts each."""


def count(config: TableCorpus) -> UnlabelledDocuments:
    """Read from a table how many documents it holds, and how long they are, whatever their labels.

    Raises:
        PlannerMistakeError: if the table has a mistake; the message names the file and the row or column.
    """
    sheet = file_formats.read(Path(config.path), config.columns.names)
    roles = recognise(sheet, config.columns, (), labelled=False)
    sheet = rows_with_texts(sheet.with_notes(*roles.notes), roles)
    texts = read_texts(sheet, roles)
    grouping = group_rows(sheet, roles, texts, [None] * len(sheet))
    words = [tokens.count(texts[rows[0]]) for rows in grouping.groups]
    return UnlabelledDocuments(len(words), float(np.mean(words)), [*sheet.notes, *grouping.notes])


def _times(sheet: Sheet, column: str) -> NDArray[np.float64]:
    """Read a table's column of times: numbers, or dates as seconds since 1970."""
    times = [cells.parse_time(cell) for cell in sheet.column(column)]
    for row, time in enumerate(times):
        if isinstance(time, datetime) != isinstance(times[0], datetime):
            raise sheet.mistake(
                f"{sheet.where([0, row])}: column {quote(column)} holds a number and a date; "
                "write all of one kind"
            )
    return np.array(
        [(time - cells.EPOCH).total_seconds() if isinstance(time, datetime) else time for time in times],
        dtype=np.float64,
    )


def _check_both_parts(sheet: Sheet, column: str, is_test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Check that a split column leaves documents both for the pool and for the test set."""
    for missing, part in ((is_test.all(), "train"), (not is_test.any(), "test")):
        if missing:
            raise sheet.mistake(
                f"column {quote(column)} says {part!r} of no labelled document; "
                "leave corpus.columns.split out to have test documents drawn"
            )
    return is_test


def _notes_on_copies(
    copies: Sequence[Sequence[int]], labels: NDArray[np.bool_], is_test: NDArray[np.bool_]
) -> list[str]:
    """Write notes on documents with equal texts in both parts of the split, or with different labels."""
    notes = []
    across = sum(
        int(is_test[documents].sum()) for documents in copies if len(np.unique(is_test[documents])) > 1
    )
    if across:
        notes.append(
            f"{counted(across, 'test document')} {are(across)} a copy of a document to label, which raises "
            "MAP."
        )
    differing = [documents for documents in copies if len(np.unique(labels[documents], axis=0)) > 1]
    if differing:
        come = f"{counted(len(differing), 'text')} {verb(len(differing), 'come')}"
        notes.append(f"{come} with different labels ({counted(sum(map(len, differing)), 'document')}).")
    return notes


def _notes_on_suggested(content: _Content, pool: Documents) -> list[str]:
    """Write notes on how good suggested labels are, and on those that are none of the labels to learn."""
    if content.label_sets_suggested is None or pool.suggested is None:
        return []
    column, right = quote(str(content.roles.suggested)), int((pool.suggested & pool.labels).sum())
    suggested, true = int(pool.suggested.sum()), int(pool.labels.sum())
    shares = f"precision {right / max(suggested, 1):.0%}, recall {right / max(true, 1):.0%}"
    summary = f"{column} suggests {counted(suggested, 'label')} of the documents to label"
    notes = [f"{summary}: {right:,} of {counted(true, 'true label')} ({shares})."]
    others = Counter(name for names in content.label_sets_suggested for name in names or ())
    for name in content.chosen.names:
        others.pop(name, None)
    if others:
        summary = f"{column} also suggests {_quote_names(sorted(others))}"
        notes.append(f"{summary} ({counted(others.total(), 'time')}), which is not to be learned: left out.")
    return notes


def _notes_on_missing_labels(names: Sequence[str], pool: Documents, test: Documents) -> list[str]:
    """Write notes on labels that no test document or no document of the pool carries."""
    unmeasured = [names[label] for label in np.flatnonzero(test.labels.sum(axis=0) == 0).tolist()]
    unlearnt = [names[label] for label in np.flatnonzero(pool.labels.sum(axis=0) == 0).tolist()]
    notes = []
    if unmeasured:
        notes.append(f"No test document carries {_quote_names(unmeasured)}: left out of the MAP.")
    if unlearnt:
        notes.append(f"No document to label carries {_quote_names(unlearnt)}: no model can learn that.")
    return notes


def _quote_names(names: Sequence[str]) -> str:
    """Quote label names for a note, at most the first few."""
    rest = len(names) - MOST_NAMED
    return join_or([*map(quote, names[:MOST_NAMED]), *([f"{rest} more labels"] if rest > 0 else [])])
