"""Whether a strategy loses to random on some kind of documents: the table of `docs/strategies.md`.

    python -m benchmarks.never_worse STRATEGY... --tables FOLDER --results FILE [--replications 10]

It labels Reuters, where NLTK_DATA says that is, and every CSV table of the folder: 20 initial documents with
batches of 10 and of 20, and 100 with batches of 100. A row of the table is a corpus. A cell is what the
strategy gains over random in points of MAP, mean over 100, 200, 500, 1,000 and (batches of 100) 2,000
documents as far as these are 60 % of the pool, with its 95 % confidence interval over replications. The gain
is bold where it is significantly below 0 (t test, paired by replication; Holm 1979 over all cells of a
strategy). Beside it stand the gain at 1,000 documents with batches of 100, and the least of any size. Both
meet the same documents in the same random order; pools and test documents are cut.

How much of unseen labels' variance a model must explain to be believed was chosen by such gains. With
`--choose 0.1 0.2 0.4`, each corpus has the value that is best on all others.

Curves are appended to FILE as they come, first replications first, and those that are there are not computed
again: a run that was killed goes on, and `--minutes 0` prints what there is.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import numpy as np
from scipy.stats import ttest_1samp

from sim.core.streams import Streams
from sim.corpus import load, ngrams
from sim.corpus.cache import cache_folder
from sim.learning import predictions
from sim.learning.active_learner import ActiveLearner
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.results.statistics import mean_interval
from sim.scenario.models import MODEL_RATING, Scenario
from sim.simulation.pace import AnnotationTime
from support.corpora import cut, real_corpora

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.scenario.models import CorpusConfig

    Gains = NDArray[np.float64]
    """Gains over random in points of MAP, shape ``(replications, sizes)``."""
    Table = dict[tuple[str, tuple[int, int]], Gains]
    """Gains by corpus and start."""

SIZES = (100, 200, 500, 1_000, 2_000)
LARGEST = 0.6
"""Share of the pool up to which is measured: beyond it there is little left to choose from."""
POOL, TEST = 3_400, 1_500
STARTS = {(20, 10): 1_000, (20, 20): 1_000, (100, 100): 2_000}
"""Initial documents and batch, and the largest size, since small batches take long."""
LARGE_BATCHES, AT = (100, 100), SIZES.index(1_000)
SIGNIFICANT, TOO_BAD = 0.05, -2
"""Probability by chance from which a mean is below random, and points of MAP that no single size may lose."""
RANDOM = "random"


class Trial(NamedTuple):
    """One labelling of one corpus."""

    corpus: str
    strategy: str
    enough: float
    """Share of unseen labels' variance from which a model is believed."""
    initial: int
    batch: int
    replication: int

    @property
    def baseline(self) -> Trial:
        """The labelling of random documents that it is compared with."""
        return Trial(self.corpus, RANDOM, 0, 0, 0, self.replication)


def main() -> None:
    """Measure what is missing, and print a table for each strategy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("strategies", nargs="*", metavar="STRATEGY")
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--choose", type=float, nargs="+", default=[predictions.ENOUGH_EXPLAINED])
    parser.add_argument("--minutes", type=float, default=np.inf, help="processor minutes to measure for")
    options = parser.parse_args()
    corpora = real_corpora(options.tables)
    if len(corpora) < len(options.choose[:2]):
        parser.error("--choose needs two corpora: to choose on, and to report on")
    curves = Curves(corpora, options.results)
    for number, strategy, corpus, enough, start in product(
        range(1, options.replications + 1), options.strategies, corpora, options.choose, STARTS
    ):
        if time.process_time() < 60 * options.minutes:
            curves.measure(Trial(corpus, strategy, enough, *start, number))
    for strategy in options.strategies:
        tables = {enough: curves.table(strategy, enough) for enough in options.choose}
        if len(tables) == 1:
            print_table(strategy, *tables.values())
        else:
            chosen = {corpus: best_elsewhere(tables, corpus) for corpus in corpora}
            print_table(strategy, {cell: tables[chosen[cell[0]]][cell] for cell in tables[options.choose[0]]})
            values = ", ".join(f"{enough:g} on {corpus}" for corpus, enough in chosen.items())
            print(f"A model is believed that explains {values}.\n")


class Curves:
    """Learning curves by trial, kept in a file if there is one."""

    def __init__(self, corpora: Mapping[str, CorpusConfig], results: Path | None) -> None:
        self._corpora, self._results = corpora, results
        lines = results.read_text("utf-8").splitlines() if results and results.exists() else []
        self._known: dict[Trial, list[float]] = {
            Trial(*trial): maps for trial, maps in map(json.loads, lines)
        }

    def measure(self, trial: Trial) -> None:
        """Measure a strategy, and random documents beside it, where that is not known yet."""
        for one in (trial, trial.baseline):
            if one not in self._known:
                self._known[one] = curve(one, *prepared(self._corpora[one.corpus]))
                if self._results is not None:
                    with self._results.open("a", encoding="utf-8") as file:
                        print(json.dumps([one, self._known[one]]), file=file)

    def table(self, strategy: str, enough: float) -> Table:
        """Return what a strategy gains in each cell of its table of which two replications are known."""
        table: Table = {}
        for corpus, start in product(self._corpora, STARTS):
            gains = [
                100 * np.subtract(maps, self._known[trial.baseline][: len(maps)])
                for trial, maps in self._known.items()
                if trial[:-1] == (corpus, strategy, enough, *start) and trial.baseline in self._known
            ]
            if len(gains) > 1:
                table[corpus, start] = np.array(gains)
        return table


def best_elsewhere(tables: Mapping[float, Table], corpus: str) -> float:
    """Return the value that gains most on all other corpora, of those that are never worse there."""

    def merit(enough: float) -> tuple[bool, float]:
        others = {cell: gains for cell, gains in tables[enough].items() if cell[0] != corpus}
        if not others:
            return False, 0.0
        never_worse = worst(others.values()) >= TOO_BAD and not any(below_random(others).values())
        return never_worse, float(np.mean([gains.mean() for gains in others.values()]))

    return max(tables, key=merit)


def worst(gains: Iterable[Gains]) -> float:
    """Return the least gain of any size, mean over replications."""
    return min(float(one.mean(axis=0).min()) for one in gains)


def below_random(table: Table) -> dict[tuple[str, tuple[int, int]], bool]:
    """Return whether each cell's mean gain is significantly below 0 (t test; Holm 1979 over all cells)."""
    means = [gains.mean(axis=1) for gains in table.values()]
    # Where all that is measured are the initial documents, nothing differs.
    chances = holm(np.nan_to_num([ttest_1samp(mean, 0).pvalue for mean in means], nan=1))
    return {
        cell: bool(chance < SIGNIFICANT and mean.mean() < 0)
        for cell, mean, chance in zip(table, means, chances, strict=True)
    }


def print_table(strategy: str, table: Table) -> None:
    """Print what a strategy gains as a table in Markdown, and what of it is below random."""
    if not table:
        print(f"`{strategy}`: fewer than two replications are known\n")
        return
    starts = " | ".join(f"{initial} + {batch}" for initial, batch in STARTS)
    print(f"| `{strategy}` | {starts} | at 1,000 | worst size | replications |")
    print(f"|---|{'---|' * (len(STARTS) + 3)}")
    below = below_random(table)
    for corpus in dict.fromkeys(corpus for corpus, _ in table):
        row = {start: table[corpus, start] for start in STARTS if (corpus, start) in table}
        cells = [_cell(row[start], bold=below[corpus, start]) if start in row else "-" for start in STARTS]
        large = row.get(LARGE_BATCHES, np.empty((0, 0)))
        cells.append(f"{large[:, AT].mean():+.1f}" if large.shape[1] > AT else "-")
        counts = "-".join(map(str, sorted({len(gains) for gains in row.values()})))
        print("|", " | ".join([corpus, *cells, f"{worst(row.values()):+.1f}", counts]), "|")
    mean = np.mean([gains.mean() for gains in table.values()])
    print(
        f"\nMean {mean:+.1f}, worst size {worst(table.values()):+.1f}, "
        f"{sum(below.values())} of {len(table)} below random.\n",
        flush=True,
    )


def _cell(gains: Gains, *, bold: bool) -> str:
    means = gains.mean(axis=1)
    lower, upper = mean_interval(means) or (means[0], means[0])
    text = f"{means.mean():+.1f} [{lower:+.1f}, {upper:+.1f}]"
    return f"**{text}**" if bold else text


def holm(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust probabilities of several differences by chance (Holm 1979)."""
    order = np.argsort(chances)
    factors = np.arange(len(chances), 0, -1)
    adjusted = np.empty(len(chances))
    adjusted[order] = np.minimum(np.maximum.accumulate(chances[order] * factors), 1)
    return adjusted


def curve(trial: Trial, corpus: Corpus, learner: KernelRidge) -> list[float]:
    """Return the MAP after each of the sizes that the corpus allows for."""
    largest = min(LARGEST * len(corpus.pool), STARTS.get((trial.initial, trial.batch), SIZES[-1]))
    sizes = [size for size in SIZES if size <= largest]
    streams = Streams(0, trial.replication)
    if trial.strategy == RANDOM:
        labelled = streams.document_order(len(corpus.pool))
        return [learner.train(labelled[:size]).map for size in sizes]
    labelling = {
        "initial": trial.initial,
        "batch": trial.batch,
        "strategy": trial.strategy,
        "suggestions": True,
    }
    scenario = Scenario.model_validate(
        {
            "name": trial.strategy,
            "learner": {"preset": "strong"},
            "labelling": labelling,
            "limit": {"documents": sizes[-1]},
        }
    )
    timing = AnnotationTime(scenario.labelling, corpus.pool.words).expected_seconds
    project = ActiveLearner(scenario, corpus.pool, learner, streams, label_names=corpus.label_names)
    found: list[float] = []
    labelled = np.empty(0, dtype=np.int64)
    queries = project.query(trial.initial)
    while len(found) < len(sizes):
        labelled = np.concatenate([labelled, *(one.documents for one in queries if not one.again)])
        # Second looks take the place of new documents, so that a size may be passed.
        found += [learner.train(labelled[:size]).map for size in sizes[len(found) :] if size <= len(labelled)]
        project.fit(labelled)
        if trial.strategy == MODEL_RATING:
            project.rate()
        with patch.object(predictions, "ENOUGH_EXPLAINED", trial.enough):
            queries = project.query(trial.batch, timing)
    return found


@cache
def prepared(config: CorpusConfig) -> tuple[Corpus, KernelRidge]:
    """Load a corpus, cut it, and prepare a learner on it."""
    corpus = cut(load(config, cache_folder()), POOL, TEST)
    return corpus, KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, 512, cache_folder())))


if __name__ == "__main__":
    main()
