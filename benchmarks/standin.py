"""How close the stand-in comes to Reuters, and how fast it is generated: `docs/standin.md`'s figures.

Run with NLTK_DATA set where Reuters is; without it the stand-in's own figures are printed. With the argument
`expected` it fits the learning curve that is expected of a description (`sim/scenario/difficulty.py`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import qmc
from sklearn.feature_extraction.text import CountVectorizer
from threadpoolctl import threadpool_limits

from benchmarks.measure import scratch, usually
from sim.corpus import ngrams, synthetic, tokens
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.scenario.difficulty import FITTED, LabelCurve, expected_map
from sim.scenario.models import Scenario, StandinCorpus
from sim.study.worker import new_learner
from support.corpora import reuters_is_here
from support.studies import study_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.study.study import Study

ORDERS = {100: 100, 200: 50, 500: 25, 1_000: 12, 2_000: 4, 4_100: 4}
"""In how many random orders so many documents are learned from; the more, the less it matters which."""
FEWER_ORDERS = {100: 40, 500: 10, 1_000: 5, 4_100: 1}
DIFFICULTIES = (0.3, 0.4, 0.5, 0.6, 0.7)
GENERATED_WITHIN = 5


DESCRIPTIONS = 64
DRAWN_SIZES = (100, 300, 700, 1_500)
LEAST_PRECISE = 0.02
"""MAP within which an expected curve need not come closer."""


def main() -> None:
    """Print both corpora side by side, or fit expected curves."""
    if sys.argv[1:] == ["expected"]:
        _fit_expected()
        return
    generated = usually(lambda: synthetic.generate(StandinCorpus(source="standin"))).clock
    print(f"generated in {generated:.2f} s (goal: under {GENERATED_WITHIN} s)")
    sources = ["reuters", "standin"] if reuters_is_here() else ["standin"]
    with scratch() as cache, threadpool_limits(1):
        corpora = [_study("article", cache, source=source).prepared[0].corpus for source in sources]
        _print_shapes(corpora)
        for preset in ("article", "strong"):
            _print_curves(
                f"MAP, preset `{preset}`",
                ORDERS,
                {source: curve(_study(preset, cache, source=source)) for source in sources},
            )
        _print_curves(
            "difficulty, preset `strong`",
            FEWER_ORDERS,
            {
                f"{difficulty:g}": curve(
                    _study("strong", cache, source="standin", difficulty=difficulty), FEWER_ORDERS
                )
                for difficulty in DIFFICULTIES
            },
        )


def _fit_expected() -> None:
    """Fit expected curves to those of descriptions drawn at random, and print how close they come."""
    with scratch() as cache, threadpool_limits(1):
        drawn = [_described(row) for row in qmc.Sobol(6, seed=11).random(DESCRIPTIONS).tolist()]
        curves = [_random_curve(corpus, cache) for corpus in drawn]

    def errors(coefficients: Iterable[float]) -> NDArray[np.float64]:
        curve = LabelCurve(*coefficients)
        expected = [
            [expected_map(corpus, corpus.difficulty, size, curve) for size in DRAWN_SIZES] for corpus in drawn
        ]
        return np.array(expected) - curves

    def scaled(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        return errors(coefficients).ravel() / LEAST_PRECISE

    found = least_squares(scaled, FITTED, loss="soft_l1").x.tolist()
    for name, curve in (("in sim/scenario/difficulty.py", FITTED), ("fitted now", LabelCurve(*found))):
        off = np.abs(errors(curve))
        print(f"{name}: {curve}\n  off by {off.mean():.3f} on average, median {np.median(off):.3f}")


def _described(shares: Sequence[float]) -> StandinCorpus:
    """A description, from numbers between 0 and 1."""
    labels = round(2 * 75 ** shares[0])
    return StandinCorpus(
        source="standin",
        documents=DRAWN_SIZES[-1],
        test_documents=800,
        labels=labels,
        unevenness=(2 if labels > 3 else 4) * shares[1],
        labels_per_document=min(1 + max(0, shares[2] - 0.3) ** 1.3, 0.6 * labels) if labels > 2 else 1,
        words_per_document=6 * 50 ** shares[3],
        density=None if shares[5] < 0.5 else 0.5,
        difficulty=0.05 + 0.9 * shares[4],
    )


def _random_curve(described: StandinCorpus, cache: Path) -> list[float]:
    """MAP of preset `strong` after random documents."""
    corpus = synthetic.generate(described)
    learner = KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, 512, cache)))
    order = np.random.default_rng(5).permutation(len(corpus.pool))
    return [learner.train(order[:size]).map for size in DRAWN_SIZES]


def _study(preset: str, cache: Path, **corpus: object) -> Study:
    scenario = Scenario.model_validate({"name": "This", "corpus": corpus, "learner": {"preset": preset}})
    return study_of([scenario], cache, allow_stand_in=False)


def curve(study: Study, how_often: Mapping[int, int] = ORDERS) -> list[float]:
    """Mean MAP after so many random documents, each in so many orders."""
    (prepared,) = study.prepared
    learner = new_learner(prepared.scenario.learner, prepared.corpora[0])
    maps: dict[int, list[float]] = {size: [] for size in how_often}
    for seed in range(max(how_often.values())):
        order = np.random.default_rng(seed).permutation(len(prepared.corpus.pool))
        # A snapshot that continues the one before is trained sooner, so order by order.
        for size, orders in how_often.items():
            if seed < orders:
                maps[size].append(learner.train(order[:size]).map)
    return [float(np.mean(found)) for found in maps.values()]


def shape(corpus: Corpus) -> dict[str, float]:
    """Counts that can be published: of documents, labels, lengths and words."""
    words, labels = corpus.pool.words, corpus.pool.labels.sum(axis=1)
    vocabulary = {
        f"distinct words in {size:,} documents": len(
            CountVectorizer(token_pattern=tokens.PLAIN_WORD_OF_LETTERS.pattern)
            .fit(corpus.pool.texts[:size])
            .vocabulary_
        )
        for size in (500, 2_000, 7_114)
    }
    used = CountVectorizer(min_df=2, stop_words="english", token_pattern=tokens.PLAIN_WORD_OF_LETTERS.pattern)
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


def _print_shapes(corpora: Sequence[Corpus]) -> None:
    shapes = [shape(corpus) for corpus in corpora]
    print("\n| |", " | ".join(corpus.name for corpus in corpora), "|")
    print("|---|" + "---|" * len(corpora))
    for count in shapes[0]:
        print(f"| {count} |", " | ".join(f"{found[count]:,.6g}" for found in shapes), "|")


def _print_curves(heading: str, sizes: Iterable[int], rows: Mapping[str, Sequence[float]]) -> None:
    columns = [f"{size:,}" for size in sizes]
    print(f"\n| {heading} |", " | ".join(columns), "|")
    print("|---|" + "---|" * len(columns))
    for name, maps in rows.items():
        print(f"| {name} |", " | ".join(f"{value:.3f}" for value in maps), "|", flush=True)


if __name__ == "__main__":
    main()
