"""A planner's own labelled documents: a table as people have them, or a labelling tool's export.

Cells are read as text, numbers, dates and lists; nothing that a file holds is executed or unpickled. What the
reader decides by itself it notes with counts; what is not clear it refuses, naming the key that says it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.core.diagnostics import join_or, quote
from sim.corpus.documents import Corpus, Documents
from sim.corpus.table import cells, choosing, files
from sim.corpus.table.columns import recognise
from sim.corpus.table.rows import grouped, labelled, same_text, texts_of, with_texts
from sim.corpus.table.sheet import MOST_NAMED, are, counted, verb
from sim.corpus.table.spelling import cleaned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.corpus.table.sheet import Sheet
    from sim.scenario.models import TableCorpus

FEWEST_DOCUMENTS = 10


def load(config: TableCorpus) -> Corpus:
    """The documents of a table, in its order, with the labels asked for, the most frequent first.

    Without a column that says which documents are test documents, a share of them is drawn, by a hash of
    their names: whatever order the rows are in, and equal texts on one side.

    Raises:
        PlannerMistakeError: naming the file, and the row or column where something is not right.
    """
    wanted = [cleaned(name) for name in config.labels] if isinstance(config.labels, list) else []
    sheet = files.read(Path(config.path), config.columns.names)
    uses = recognise(sheet, config.columns, wanted)
    sheet = with_texts(sheet.noting(*uses.notes), uses)
    sheet, uses, label_sets = labelled(sheet, uses, config.separator, wanted)
    texts = texts_of(sheet, uses)
    found = grouped(sheet, uses, texts, label_sets)
    where = f"column {quote(uses.labels[0])}" if len(uses.labels) == 1 else f"{len(uses.labels)} columns"
    chosen = choosing.choose(sheet, where, found.labels, config, wanted)
    decisions = [*sheet.notes, *choosing.unused_split(sheet, uses.split), *found.notes, *chosen.decisions]
    if len(chosen.kept) < FEWEST_DOCUMENTS:
        raise sheet.mistake(
            f"{counted(len(chosen.kept), 'document')} to label; {FEWEST_DOCUMENTS} are the fewest that a "
            "project can be simulated on"
        )
    # A document's text and time are those of its first row.
    rows = [found.groups[document][0] for document in chosen.kept]
    alike = [same_text(texts[row]) for row in rows]
    ids = [found.names[document] for document in chosen.kept]
    if uses.split is None:
        is_test = choosing.draw_split(ids, alike, chosen.labels, config.test_share)
        if is_test.all():
            raise sheet.mistake("every document has the same text, so there is nothing to tell apart")
    else:
        said, more = choosing.split_by_column(
            sheet, uses.split, [found.groups[document] for document in chosen.kept]
        )
        is_test = _with_both_parts(sheet, uses.split, said)
        decisions.extend(more)
    shared = _copies(alike)
    if shared and uses.split is None:
        total = counted(sum(map(len, shared)), "document")
        decisions.append(
            f"{total} share {counted(len(shared), 'text')}: copies are on one side of the split."
        )
    times = None if uses.time is None else _times(sheet, uses.time)[rows]

    def part(of: NDArray[np.int64]) -> Documents:
        return Documents(
            [ids[document] for document in of.tolist()],
            [texts[rows[document]] for document in of.tolist()],
            chosen.labels[of],
            None if times is None else times[of],
        )

    pool, test = part(np.flatnonzero(~is_test)), part(np.flatnonzero(is_test))
    if not test.labels.any():
        raise sheet.mistake("no test document carries a label, so there is nothing to measure a model on")
    notes = [
        *chosen.notes,
        *_notes_on_copies(shared, chosen.labels, is_test),
        *_one_sided(chosen.names, pool, test),
    ]
    return Corpus(sheet.path.name, chosen.names, pool, test, notes=notes, decisions=decisions)


def _times(sheet: Sheet, column: str) -> NDArray[np.float64]:
    times = [cells.moment(cell) for cell in sheet.column(column)]
    for row, moment in enumerate(times):
        if isinstance(moment, datetime) != isinstance(times[0], datetime):
            raise sheet.mistake(
                f"{sheet.where([0, row])}: column {quote(column)} holds a number and a date; "
                "write all of one kind"
            )
    return np.array(
        [
            (moment - cells.EPOCH).total_seconds() if isinstance(moment, datetime) else moment
            for moment in times
        ],
        dtype=np.float64,
    )


def _with_both_parts(sheet: Sheet, column: str, is_test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    for missing, part in ((is_test.all(), "train"), (not is_test.any(), "test")):
        if missing:
            raise sheet.mistake(
                f"column {quote(column)} says {part!r} of no labelled document; "
                "leave corpus.columns.split out to have test documents drawn"
            )
    return is_test


def _copies(texts: Sequence[str]) -> list[list[int]]:
    """The documents that share a text, for each such text."""
    same: dict[str, list[int]] = defaultdict(list)
    for document, text in enumerate(texts):
        same[text].append(document)
    return [documents for documents in same.values() if len(documents) > 1]


def _notes_on_copies(
    copies: Sequence[Sequence[int]], labels: NDArray[np.bool_], is_test: NDArray[np.bool_]
) -> list[str]:
    """What to say of documents that share a text: that they are in both parts, or differ in labels."""
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


def _one_sided(names: Sequence[str], pool: Documents, test: Documents) -> list[str]:
    unmeasured = [names[label] for label in np.flatnonzero(test.labels.sum(axis=0) == 0).tolist()]
    unlearnt = [names[label] for label in np.flatnonzero(pool.labels.sum(axis=0) == 0).tolist()]
    notes = []
    if unmeasured:
        notes.append(f"No test document carries {_named(unmeasured)}: left out of the MAP.")
    if unlearnt:
        notes.append(f"No document to label carries {_named(unlearnt)}: no model can learn that.")
    return notes


def _named(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return join_or([*map(quote, names[:MOST_NAMED]), *([f"{rest} more labels"] if rest > 0 else [])])
