"""One round of active learning as labelled documents and pool grow, beside its floor.

A round trains on 50 new documents, scores the pool, evaluates on the test documents, leaves each labelled
document out of its training, and picks 50 by variance reduction. The pool is the stand-in's, its projected
texts repeated with a little noise until it is large enough; choosing a kernel anew is left out, it happens
five times in a project. Seconds are of one processor. The floor is the larger of two: every operation at the
speed of one large product of matrices, and every byte that has to be read once at the speed of a sum.

Memory is told twice: all of it, and without pages of the file of features, which the system takes back when
somebody needs them.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import (
    bandwidth,
    beside,
    heading,
    own_bytes,
    peak_bytes,
    python,
    scratch,
    speed,
    spent,
)
from sim.corpus import cache, ngrams, synthetic
from sim.corpus.dimensionality_reduction import ByTerm
from sim.corpus.documents import Corpus, Documents
from sim.corpus.ngrams import Rows, Terms
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.query import Candidates
from sim.learning.query.variance_reduction import (
    CANDIDATES,
    CANDIDATES_EACH,
    LIKELY,
    REFERENCES,
    VarianceReduction,
)
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELLED = (100, 1_000, 10_000)
POOLS = (10_000, 100_000, 1_000_000)
COMPONENTS = 512
BATCH = 50
ROUNDS = 5
NOISE = 0.01
AT_A_TIME = 10_000
GIB = 2**30
SMALL, SMALL_GOAL = (1_000, 7_114), 0.018
LARGE, LARGE_GOAL = (10_000, 700_000), 2.5
MEMORY_GOAL = 6 * GIB
TERMS = "terms"
COLUMNS = "| labelled | pool | a round | floor | above it | memory | its own |"


def main() -> None:
    """The two rounds that have a goal, then the table; what is measured has a process of its own."""
    heading("One round: train, score the pool, evaluate, leave one out, pick 50; one processor")
    with scratch() as folder:
        for (labelled, pool), goal in ((SMALL, SMALL_GOAL), (LARGE, LARGE_GOAL)):
            python("-m", "benchmarks.rounds", folder, pool)
            seconds, floor, memory, own = _measured(folder, labelled)
            beside(
                f"{labelled:,} labelled, a pool of {pool:,}",
                f"{seconds:.3f} s, {memory / GIB:.1f} GiB at most, {own / GIB:.1f} GiB of it its own",
                f"under {goal:g} s and {MEMORY_GOAL / GIB:g} GiB",
                f"{floor:.4f} s",
                seconds / floor,
                met=seconds < goal and memory < MEMORY_GOAL,
            )
        print(f"\n{COLUMNS}\n|{'---|' * COLUMNS.count(' | ')}---|")
        for pool in POOLS:
            python("-m", "benchmarks.rounds", folder, pool)
            for labelled in LABELLED:
                if labelled < pool:
                    seconds, floor, memory, own = _measured(folder, labelled)
                    print(
                        f"| {labelled:,} | {pool:,} | {seconds:.3f} s | {floor:.4f} s "
                        f"| {seconds / floor:.1f} | {memory / GIB:.1f} GiB | {own / GIB:.1f} GiB |",
                        flush=True,
                    )


def _prepare(folder: Path, pool: int) -> None:
    """Have terms of so many documents in ``folder``: memory-mapped, as a project finds them."""
    path = folder / TERMS
    shutil.rmtree(path, ignore_errors=True)
    cache.get_or_compute(path, lambda: ngrams.arrays(_repeated(pool)))


def _measured(folder: Path, labelled: int) -> tuple[float, float, int, int]:
    """Seconds and floor of a round, the memory that its process held at most, and what of it is its own."""
    seconds, floor, memory, own = python("-m", "benchmarks.rounds", folder, "measure", labelled).split()
    return float(seconds), float(floor), int(memory), int(own)


def _measure(folder: Path, labelled: int) -> None:
    """Print what `_measured` reads."""
    views = ngrams.read(folder / TERMS)
    corpus = _corpus(len(views.directions.pool))
    order = np.random.default_rng(0).permutation(len(corpus.pool))
    learner = KernelRidge(corpus, views)
    counts = range(max(BATCH, labelled - BATCH * ROUNDS), labelled + 1, BATCH)
    with threadpool_limits(1):
        _round(learner, order, counts[0])
        seconds = median(spent(partial(_round, learner, order, count)).processors for count in counts[1:])
        memory, own = peak_bytes(), own_bytes()
        floor = _floor(learner, order, labelled)
    print(seconds, floor, memory, own)


def _round(learner: KernelRidge, order: NDArray[np.int64], labelled: int) -> None:
    model = learner.train(order[:labelled])
    _ = model.map
    VarianceReduction().pick(Candidates(order[labelled:], model.predictions()), BATCH)


def _corpus(size: int) -> Corpus:
    """The stand-in, its pool cut or repeated to ``size`` documents; without texts."""
    corpus = synthetic.generate(StandinCorpus(source="standin"))
    labels = corpus.pool.labels[np.arange(size) % len(corpus.pool)]
    nothing = [""] * size
    return Corpus("many", corpus.label_names, Documents(nothing, nothing, labels), corpus.test)


def _repeated(size: int) -> Terms:
    """The stand-in's terms, its pool cut or repeated to ``size`` documents."""
    corpus = synthetic.generate(StandinCorpus(source="standin"))
    views = ngrams.compute(corpus, COMPONENTS)
    rows = np.arange(size) % len(corpus.pool)
    every = views.all_terms_by_document[rows]
    return Terms(
        Rows(ByTerm.from_rows(every), views.all_terms.test),
        every,
        Rows(_noisy(views.directions.pool, rows), views.directions.test),
        Rows(_noisy(views.directions_with_words.pool, rows), views.directions_with_words.test),
    )


def _noisy(rows: NDArray[np.float32], repeated: NDArray[np.int64]) -> NDArray[np.float32]:
    """Rows again and again, no two of which are equal."""
    rng = np.random.default_rng(0)
    result = rows[repeated]
    for start in range(0, len(result), AT_A_TIME):
        part = result[start : start + AT_A_TIME]
        part += np.float32(NOISE) * rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return result


def _floor(learner: KernelRidge, order: NDArray[np.int64], labelled: int) -> float:
    """Seconds that nothing could do without, on this processor."""
    n, b, d, labels = labelled, BATCH, COMPONENTS, learner.labels.shape[1]
    pool, test = len(learner.labels), len(learner.test_labels)
    terms_each = 0.0
    if "all terms" in learner.train(order[:labelled]).choice.kernel:
        terms_each = sum(block.nnz for block in learner.views["all terms"].test.blocks) / test
    candidates = max(CANDIDATES, CANDIDATES_EACH * b)
    double = 2 * b * n * d + 2 * n**2 * b + 2 * n**2 * labels + 2 * n * d * labels
    single = (
        2 * (pool + test) * (d + terms_each) * labels
        + 2 * b * d**2
        + d**3 / 3
        + (LIKELY + 1) * candidates * d**2
        + 2 * candidates * (REFERENCES * (d + candidates) + d * candidates)
    )
    read = 4 * (pool + test) * (d + 2 * terms_each) + 2 * 8 * n**2 / 2
    seconds: float = max(double / speed(np.float64) + single / speed(np.float32), read / bandwidth())
    return seconds


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder, "measure", labelled]:
            _measure(Path(folder), int(labelled))
        case [folder, pool]:
            _prepare(Path(folder), int(pool))
        case _:
            main()
