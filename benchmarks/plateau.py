"""Documents that it takes to a share of the plateau, and what measuring the plateau costs, on real corpora.

    python -m benchmarks.plateau FOLDER

FOLDER holds labelled tables as CSV; Reuters is among them where NLTK finds it. Pools of at most 5,000 random
documents, the preset ``strong``, means of two random orders.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import first_passage, scratch
from sim.corpus import load, ngrams
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.learner import train_on_all
from support.corpora import cut, real_corpora

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.corpus.documents import Corpus

MOST, TEST, ORDERS = 5_000, 1_500, 2
SIZES = (50, 100, 200, 300, 500, 700, 1_000, 1_400, 2_000, 2_800, 4_000)
SHARES = (0.8, 0.9, 0.95)


def main() -> None:
    """Print a row for each corpus."""
    print("| corpus | documents | plateau | another order | 80 % | 90 % | 95 % | processor seconds |")
    print("|---|---|---|---|---|---|---|---|")
    with scratch() as cache, threadpool_limits(1):
        for config in real_corpora(Path(sys.argv[1])).values():
            corpus = cut(load(config, cache), MOST, TEST)
            terms = ngrams.read(ngrams.get_or_compute(corpus, 512, cache))
            began = time.process_time()
            plateau = train_on_all(KernelRidge(corpus, terms), len(corpus.pool)).map
            seconds = time.process_time() - began
            sizes, maps = _curve(corpus, KernelRidge(corpus, terms))
            shares = [first_passage(sizes, maps, share * plateau) / len(corpus.pool) for share in SHARES]
            cells = [f"{len(corpus.pool):,}", f"{plateau:.3f}", f"{maps[-1]:.3f}"]
            cells += [f"{share:.0%}" for share in shares]
            print("|", " | ".join([corpus.name, *cells, f"{seconds:.1f}"]), "|", flush=True)


def _curve(corpus: Corpus, learner: KernelRidge) -> tuple[Sequence[int], np.ndarray]:
    documents = len(corpus.pool)
    sizes = [*(size for size in SIZES if size < documents), documents]
    orders = [np.random.default_rng(1 + number).permutation(documents) for number in range(ORDERS)]
    return sizes, np.mean([[learner.train(order[:size]).map for size in sizes] for order in orders], axis=0)


if __name__ == "__main__":
    main()
