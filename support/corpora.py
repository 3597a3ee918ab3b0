"""Corpora: small ones for tests that need a real one, but a fast one, and those that are measured on."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.corpus import reuters
from sim.corpus.documents import Corpus, Documents
from sim.scenario.models import ReutersCorpus, TableColumns, TableCorpus
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.scenario.models import CorpusConfig

REUTERS = "Reuters"

TEXTS = [f"text of document number {row}, in words" for row in range(12)]
LABELS = ["cats", "dogs; cats", "dogs", "birds"] * 3
RECORDS = [{"text": text, "labels": label} for text, label in zip(TEXTS, LABELS, strict=True)]
SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")


def tiny_corpus(documents: int = 60, labels: int = 3, seed: int = 0) -> Corpus:
    """As many documents to label, half as many to test on, and labels that are easy to tell apart.

    Documents carry the labels in turn, every fifth a second one, and hold six invented words of each of
    their labels and six that all share.
    """
    rng = np.random.default_rng(seed)
    names = [f"label {number}" for number in range(labels)]
    return Corpus(
        "tiny",
        names,
        _documents("pool", documents, labels, rng),
        _documents("test", documents // 2, labels, rng),
    )


def _documents(prefix: str, count: int, labels: int, rng: np.random.Generator) -> Documents:
    carried = np.zeros((count, labels), dtype=np.bool_)
    texts = []
    for row in range(count):
        carried[row, row % labels] = True
        carried[row, rng.integers(labels)] |= row % 5 == 0
        topics = [*np.flatnonzero(carried[row]).tolist(), labels]
        texts.append(" ".join(_word(topic, int(rng.integers(8))) for topic in topics for _ in range(6)))
    return Documents([f"{prefix}-{row}" for row in range(count)], texts, carried)


def _word(topic: int, number: int) -> str:
    """One of eight words of a topic, made of letters alone, as the features want them."""
    digits = f"{topic:03d}{number}"
    return "".join(SYLLABLES[int(digit)] for digit in digits)


def csv_text(records: Sequence[dict[str, Any]]) -> str:
    """Return a table with a quoted cell for every value, as text."""
    rows = [list(records[0]), *(list(record.values()) for record in records)]
    return "".join(",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def reuters_is_here() -> bool:
    """Return whether NLTK finds Reuters."""
    return reuters.find(ROOT / "nowhere") is not None


def real_corpora(folder: Path | None) -> dict[str, CorpusConfig]:
    """Return Reuters, where NLTK finds it, and the CSV tables of a folder by name.

    Tables have the columns text and labels, with ``|`` between labels, and maybe one called split.
    """
    found: dict[str, CorpusConfig] = {REUTERS: ReutersCorpus()} if reuters_is_here() else {}
    for path in sorted(folder.glob("*.csv")) if folder is not None else []:
        with path.open(encoding="utf-8", newline="") as lines:
            split = "split" if "split" in next(csv.reader(lines)) else None
        columns = TableColumns(split=split)
        found[path.stem] = TableCorpus(source="table", path=str(path), columns=columns, separator="|")
    return found


def cut(corpus: Corpus, pool: int, test: int) -> Corpus:
    """Return a corpus with at most so many random documents in the pool and to test on."""
    return replace(corpus, pool=_some(corpus.pool, pool), test=_some(corpus.test, test))


def _some(documents: Documents, most: int) -> Documents:
    return documents.take(np.sort(np.random.default_rng(0).permutation(len(documents))[:most]))
