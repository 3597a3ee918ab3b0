"""Features that no cache holds yet, for both learners: of Reuters, of 20,000 described documents, of a table.

The floor is the products with sparse rows that their truncated SVDs consist of, on one processor: reading
or generating texts, importing, counting terms and keeping the features come on top.
"""

from __future__ import annotations

import csv
from functools import partial
from itertools import compress
from operator import matmul
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import (
    PROCESSORS,
    at_least,
    heading,
    python,
    reuters_or_exit,
    scratch,
    seconds,
    usually,
)
from sim.corpus import ngrams, synthetic, tfidf
from sim.corpus.dimensionality_reduction import BYTES, ByTerm
from sim.scenario.models import StandinCorpus
from support.corpora import reuters_is_here

if TYPE_CHECKING:
    from pathlib import Path

    from scipy.sparse import csr_array

    from sim.corpus.documents import Corpus


DOCUMENTS = 20_000
COMPONENTS = 512
ONE_BATCH = """
name: One batch
corpus: {corpus}
learner: {{preset: {preset}}}
limit: {{documents: 100}}
labelling: {{initial: 100}}
replications: 1
"""
"""A project that ends with its first model, so that a command waits for little but its features."""
GOAL = 8


def main() -> None:
    """Run commands that simulate a project of one batch, each with an empty cache."""
    heading("Whole commands of one small project, no features kept from before")
    described = synthetic.generate(StandinCorpus(source="standin", documents=DOCUMENTS))
    with scratch() as folder:
        corpora = {
            f"{{source: standin, documents: {DOCUMENTS}}}": described,
            f"{{source: table, path: {_write_table(described, folder)}}}": described,
        }
        if reuters_is_here():
            corpora["{source: reuters}"] = reuters_or_exit()
        for source, corpus in corpora.items():
            for preset, floor in floors(corpus).items():
                found = usually(partial(_simulate, source, preset, folder), runs=3)
                what = f"corpus: {source}, preset `{preset}`"
                seconds(what, found, GOAL, floor, "the products of its SVDs")


def floors(corpus: Corpus) -> dict[str, float]:
    """Processor seconds of the products that the features of each preset consist of."""
    words, terms = tfidf.sparse_rows(corpus), ngrams.commonest(*ngrams.sparse_rows(corpus))
    strong = _products(*words, 1, np.float32) + _products(*terms, 1, np.float32)
    return {"article": _products(*words, 5, np.float64), "strong": strong}


def _write_table(corpus: Corpus, folder: Path) -> Path:
    """Write the documents of a corpus as planners have theirs: texts, and labels in a column."""
    path = folder / "documents.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "labels", "split"])
        for split, documents in (("train", corpus.pool), ("test", corpus.test)):
            for text, carried in zip(documents.texts, documents.labels, strict=True):
                rows.writerow([text, ";".join(compress(corpus.label_names, carried)), split])
    return path


def _simulate(corpus: str, preset: str, folder: Path) -> None:
    (folder / "one.yaml").write_text(ONE_BATCH.format(corpus=corpus, preset=preset), "utf-8")
    out = folder / f"{len(list(folder.iterdir()))}"
    options = ("--no-cache", "--no-report", "--quiet", "--jobs", PROCESSORS)
    python("-m", "sim.cli", folder / "one.yaml", "--out", out, *options)


def _products(pool: csr_array, test: csr_array, powers: int, precision: type[np.floating]) -> float:
    """Measure the processor seconds of A(A'Y) for all columns: powers in single precision, then once more."""

    def once(precision: type[np.floating], *every: ByTerm | csr_array) -> float:
        transposed = pool.T.astype(precision)
        at_once = BYTES // np.dtype(precision).itemsize
        columns = np.ones((pool.shape[0], at_once), precision)
        between = transposed @ columns
        left = at_least(lambda: transposed @ columns, 5)
        right = sum(at_least(partial(matmul, rows, between), 5) for rows in every)
        return (left + right) * COMPONENTS / at_once

    with threadpool_limits(1):
        single = once(np.float32, ByTerm.from_rows(pool.astype(np.float32)))
        last = once(precision, ByTerm.from_rows(pool.astype(precision)), test.astype(precision))
    return powers * single + last


if __name__ == "__main__":
    main()
