"""How close the stand-in comes to Reuters, and how fast it is generated: `docs/standin.md`'s figures.

Run with NLTK_DATA set where Reuters is; without it the stand-in's own figures are printed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from threadpoolctl import threadpool_limits

from sim.corpus import features, reuters, standin
from sim.learner.ridge import PRESETS, Ridge
from sim.scenario.models import ReutersCorpus, StandinCorpus

if TYPE_CHECKING:
    from sim.corpus.corpus import Corpus

SIZES = (50, 100, 200, 500, 1_000, 2_000, 4_100, 7_114)
ORDERS = 30


def curves(corpus: Corpus) -> dict[str, list[float]]:
    """Mean MAP of each preset after so many random documents, over thirty orders."""
    rows = features.compute(corpus, 512)
    orders = [np.random.default_rng(seed).permutation(len(corpus.pool)) for seed in range(ORDERS)]
    found = {}
    for preset, alpha in PRESETS.items():
        learner = Ridge(corpus, rows, alpha)
        found[preset] = [
            float(np.mean([learner.train(order[:size]).map for order in orders])) for size in SIZES
        ]
    return found


def shape(corpus: Corpus) -> dict[str, float]:
    """Counts that can be published: of documents, labels, lengths and words."""
    words, labels = corpus.pool.words, corpus.pool.labels.sum(axis=1)
    vocabulary = {
        f"distinct words in {size:,} documents": len(
            CountVectorizer(token_pattern=features.WORDS).fit(corpus.pool.texts[:size]).vocabulary_
        )
        for size in (500, 2_000, 7_114)
    }
    used = CountVectorizer(min_df=2, stop_words="english", token_pattern=features.WORDS)
    return {
        "documents": len(corpus.pool),
        "test documents": len(corpus.test),
        "labels per document": labels.mean(),
        "labels per document over the best 1,750": np.sort(labels)[-1_750:].mean(),
        "words per document, mean": words.mean(),
        "words per document, median": np.median(words),
        **vocabulary,
        "words that the features use": len(used.fit(corpus.pool.texts).vocabulary_),
    }


def main() -> None:
    """Print both corpora side by side."""
    began = time.perf_counter()
    corpora = {"stand-in": standin.generate(StandinCorpus(source="standin"))}
    print(f"generated in {time.perf_counter() - began:.2f} s (goal: 5 s)\n")
    place = reuters.find(Path(tempfile.gettempdir()))
    if place is not None:
        corpora = {"Reuters": reuters.load(ReutersCorpus(), place), **corpora}
    shapes = {name: shape(corpus) for name, corpus in corpora.items()}
    print("| |", " | ".join(corpora), "|")
    print("|---|" + "---|" * len(corpora))
    for count in next(iter(shapes.values())):
        print(f"| {count} |", " | ".join(f"{found[count]:,.6g}" for found in shapes.values()), "|")
    with threadpool_limits(1):
        found = {name: curves(corpus) for name, corpus in corpora.items()}
    for preset in PRESETS:
        print(f"\n| MAP, preset `{preset}` |", " | ".join(f"{size:,}" for size in SIZES), "|")
        print("|---|" + "---|" * len(SIZES))
        for name, maps in found.items():
            print(f"| {name} |", " | ".join(f"{value:.3f}" for value in maps[preset]), "|")


if __name__ == "__main__":
    main()
