"""Whether a strategy loses to random on some kind of documents: the table of `docs/strategies.md`.

    python -m benchmarks.never_worse STRATEGY... --tables FOLDER [--replications 10] [--results FILE]

For each corpus (Reuters where NLTK_DATA says that is, and every CSV file of the folder), and for 20 initial
documents with batches of 10 and of 20 and 100 with batches of 100, it prints the mean difference in MAP to
random over 100, 200, 500, 1,000 and (batches of 100) 2,000 documents, as far as these are 60 % of the pool,
with its 95 % interval over replications, the probability of such a difference by chance (Holm 1979, over all
rows of a strategy), and the difference at each size. Both meet the same documents in the same random order;
pools and test documents are cut. Last come the mean of all rows, and the worst size of any.

Curves are appended to FILE, and those that are there are not computed again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import ttest_1samp

from benchmarks.measure import reuters_is_here
from sim.core.streams import Streams
from sim.corpus import load, ngrams
from sim.corpus.cache import cache_folder
from sim.learning.active_learner import ActiveLearner
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.results.statistics import mean_interval
from sim.scenario.models import ReutersCorpus, Scenario, TableColumns, TableCorpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus, Documents

SIZES = (100, 200, 500, 1_000, 2_000)
LARGEST = 0.6
"""Share of the pool up to which is measured: beyond it there is little left to choose from."""
POOL, TEST = 3_400, 1_500
STARTS = {(20, 10): 1_000, (20, 20): 1_000, (100, 100): 2_000}
"""Initial documents and batch, and the largest size, since small batches take long."""
REUTERS = "reuters"
SIGNIFICANT = 0.05


class Trial(NamedTuple):
    """One labelling of one corpus."""

    corpus: str
    strategy: str
    initial: int
    batch: int
    replication: int


def main() -> None:
    """Print a row for each strategy, corpus and batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("strategies", nargs="*")
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    curves = Curves(options.results)
    for strategy in options.strategies:
        print(strategy)
        print_gains(
            {
                f"{Path(corpus).stem}, {initial} + {batch}": np.array(
                    [
                        curves.gain(Trial(corpus, strategy, initial, batch, number + 1))
                        for number in range(options.replications)
                    ]
                )
                for corpus in _corpora(options.tables)
                for initial, batch in STARTS
            }
        )


class Curves:
    """Learning curves by trial, kept in a file if there is one."""

    def __init__(self, results: Path | None) -> None:
        self._results = results
        lines = results.read_text("utf-8").splitlines() if results and results.exists() else []
        self._known: dict[Trial, list[float]] = {
            Trial(*trial): maps for trial, maps in map(json.loads, lines)
        }

    def gain(self, trial: Trial) -> NDArray[np.float64]:
        """Return what a strategy gains over random at each size, in points of MAP."""
        ours, theirs = self._of(trial), self._of(trial._replace(strategy="random", initial=0, batch=0))
        return 100 * np.subtract(ours, theirs[: len(ours)])

    def _of(self, trial: Trial) -> list[float]:
        if trial not in self._known:
            self._known[trial] = curve(trial)
            if self._results is not None:
                with self._results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([trial, self._known[trial]]) + "\n")
        return self._known[trial]


def print_gains(gains: Mapping[str, NDArray[np.float64]]) -> None:
    """Print what each row gains, shape ``(replications, sizes)``, in points of MAP."""
    means = [values.mean(axis=1) for values in gains.values()]
    # Where all that is measured are the initial documents, nothing differs.
    chances = holm(np.nan_to_num([ttest_1samp(values, 0).pvalue for values in means], nan=1))
    for (name, values), mean, chance in zip(gains.items(), means, chances, strict=True):
        lower, upper = mean_interval(mean) or (0, 0)
        worse = "  worse" if chance < SIGNIFICANT and mean.mean() < 0 else ""
        sizes = "".join(f"{size:+6.1f}" for size in values.mean(axis=0))
        print(f"{name:32}{mean.mean():+6.1f} [{lower:+.1f}, {upper:+.1f}] p {chance:.3f}{worse:8}{sizes}")
    worst = min(values.mean(axis=0).min() for values in gains.values())
    overall = np.mean([mean.mean() for mean in means])
    print(f"{'mean':32}{overall:+6.1f}, worst size {worst:+.1f}\n", flush=True)


def holm(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust probabilities of several differences by chance (Holm 1979)."""
    order = np.argsort(chances)
    factors = np.arange(len(chances), 0, -1)
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum(np.maximum.accumulate(chances[order] * factors), 1)
    return adjusted


def curve(trial: Trial) -> list[float]:
    """Return the MAP after each of the sizes that the corpus allows for."""
    corpus, learner = prepared(trial.corpus)
    largest = min(LARGEST * len(corpus.pool), STARTS.get((trial.initial, trial.batch), SIZES[-1]))
    sizes = [size for size in SIZES if size <= largest]
    streams = Streams(0, trial.replication)
    if trial.strategy == "random":
        labelled = streams.document_order(len(corpus.pool))
        return [learner.train(labelled[:size]).map for size in sizes]
    scenario = Scenario.model_validate(
        {
            "name": trial.strategy,
            "learner": {"preset": "strong"},
            "labelling": {"initial": trial.initial, "batch": trial.batch, "strategy": trial.strategy},
            "limit": {"documents": sizes[-1]},
        }
    )
    project = ActiveLearner(scenario, corpus.pool, learner, streams, label_names=corpus.label_names)
    found: list[float] = []
    labelled = np.empty(0, dtype=np.int64)
    queries = project.query(trial.initial)
    while len(found) < len(sizes):
        labelled = np.concatenate([labelled, *(one.documents for one in queries if not one.again)])
        # Second looks take the place of new documents, so that a size may be passed.
        found += [learner.train(labelled[:size]).map for size in sizes[len(found) :] if size <= len(labelled)]
        project.fit(labelled)
        if trial.strategy == "model_rating":
            project.rate()
        queries = project.query(trial.batch)
    return found


@cache
def prepared(name: str) -> tuple[Corpus, KernelRidge]:
    """Load a corpus, cut it, and prepare a learner on it."""
    columns = TableColumns(split=_split(name))
    table = TableCorpus(source="table", path=name, columns=columns, separator="|")
    whole = load(ReutersCorpus() if name == REUTERS else table, cache_folder())
    corpus = replace(whole, pool=_cut(whole.pool, POOL), test=_cut(whole.test, TEST))
    return corpus, KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, 512, cache_folder())))


def _split(name: str) -> str | None:
    """Return the column that says what to test on; None where a table has none."""
    if name == REUTERS:
        return None
    with Path(name).open(encoding="utf-8") as lines:
        return "split" if "split" in lines.readline() else None


def _cut(documents: Documents, most: int) -> Documents:
    rows = np.sort(np.random.default_rng(0).permutation(len(documents))[:most])
    return documents.take(rows)


def _corpora(tables: Path | None) -> Iterator[str]:
    if reuters_is_here():
        yield REUTERS
    if tables is not None:
        yield from map(str, sorted(tables.glob("*.csv")))


if __name__ == "__main__":
    main()
