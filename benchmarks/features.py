"""Features of Reuters from its texts, beside the sparse matrix products that their SVD cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from benchmarks.measure import at_least, heading, python, reuters_or_exit, scratch, seconds, usually
from sim.corpus import tokens

if TYPE_CHECKING:
    from sim.corpus.documents import Corpus

COMPONENTS = 512
PASSES = 6
"""The projection's five power iterations and the one before; each multiplies by the matrix both ways."""
COLD = f"""
import sys
from pathlib import Path
from benchmarks.measure import reuters_or_exit
from sim.corpus import tfidf
tfidf.get_or_compute(reuters_or_exit(), {COMPONENTS}, Path(sys.argv[1]))
"""


def main() -> None:
    """What a first command waits for: reading Reuters, importing scikit-learn, computing, keeping."""
    heading("Features of Reuters, none kept from before")
    corpus = reuters_or_exit()
    with scratch() as folder:
        places = iter(range(100))
        found = usually(lambda: python("-c", COLD, folder / str(next(places))), 3)
    floor = _products(corpus)
    seconds("loading, computing and keeping them in a new process", found, 15, floor, "products of its SVD")


def _products(corpus: Corpus) -> float:
    words = TfidfVectorizer(
        sublinear_tf=True, min_df=2, stop_words="english", token_pattern=tokens.PLAIN_WORD_OF_LETTERS.pattern
    )
    pool = words.fit_transform(corpus.pool.texts)
    right = np.random.default_rng(0).normal(size=(pool.shape[1], COMPONENTS))
    left = np.random.default_rng(0).normal(size=(pool.shape[0], COMPONENTS))
    with threadpool_limits(1):
        return PASSES * (at_least(lambda: pool @ right, 5) + at_least(lambda: pool.T @ left, 5))


if __name__ == "__main__":
    main()
