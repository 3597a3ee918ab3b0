"""Reads a drafted table and compares what is read with what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.errors import PlannerMistakeError
from sim.corpus import table
from sim.scenario.models import TableColumns, TableCorpus
from support.drafted_tables import Draft, expected
from support.written_tables import write

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus

TOO_LITTLE = ("are the fewest", "nothing to tell apart", "nothing to measure", "of no labelled document")
"""What a refusal says of a table that is read right and has too little to learn from."""


def checked(draft: Draft, folder: Path) -> tuple[str, str]:
    """Read a table: ``right``, ``refused`` where that is as good, or ``wrong``, and why."""
    path = write(draft, folder)
    config = TableCorpus(
        source="table", path=str(path), columns=TableColumns(**draft.columns), **draft.config
    )
    try:
        corpus = table.load(config)
    except PlannerMistakeError as error:
        told = str(error).removeprefix(f"{path}: ")
        # Beside a plain no, nothing may mean not labelled yet.
        says_no = frozenset() in draft.labels or draft.one_hot is not None
        may_be_refused = draft.may_be_refused or (None in draft.labels and says_no)
        fair = draft.refused or may_be_refused or any(one in told for one in TOO_LITTLE)
        return ("refused" if fair else "wrong"), told
    finally:
        path.unlink()
    wrong = "read, though it cannot be decided" if draft.refused else _difference(draft, corpus)
    return ("wrong", wrong) if wrong else ("right", "")


def _difference(draft: Draft, corpus: Corpus) -> str:
    """How what is read differs from what is right."""
    right = expected(draft)
    documents = len(corpus.pool) + len(corpus.test)
    counts = _counts(corpus)
    if documents != right.documents:
        return f"{documents} documents, not {right.documents}"
    same = (
        sorted(counts.values()) == sorted(right.counts.values()) if draft.renamed else counts == right.counts
    )
    if not same:
        return f"labels {counts}, not {right.counts}"
    if right.test is not None and len(corpus.test) != right.test:
        return f"{len(corpus.test)} test documents, not {right.test}"
    if right.test is None and {*corpus.pool.texts} & {*corpus.test.texts}:
        return "copies on both sides of the split"
    return ""


def _counts(corpus: Corpus) -> dict[str, int]:
    carried = np.vstack([corpus.pool.labels, corpus.test.labels]).sum(axis=0)
    return dict(zip(corpus.label_names, carried.tolist(), strict=True))
