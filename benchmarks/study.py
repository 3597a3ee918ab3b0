"""Whole commands on Reuters with computed features at hand, and on described documents with none.

They are set beside the linear algebra that they consist of.

The floor is what BLAS and LAPACK need for the models of the very same study: X'X of the documents that are
new to each, its Cholesky factor and solution, the scores of the test documents, and those of the pool where
suggestions or picks look at them. What a Model Rating takes on top is not in it.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pyarrow import parquet
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from benchmarks.measure import (
    FIVE,
    PROCESSORS,
    at_least,
    heading,
    python,
    reuters_or_exit,
    scratch,
    seconds,
    usually,
)
from sim.core.registry import QUERY_STRATEGIES
from sim.corpus import synthetic
from sim.loading.load import read_scenarios
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus

COMPONENTS = 512
DESCRIBED = 20_000
BATCHES = (1_000, 500, 250)
LOOKING_AT_NOTHING = [name for name, strategy in QUERY_STRATEGIES.items() if not strategy.needs_model]


def main() -> None:
    """One scenario and all five, ten replications each."""
    heading("Studies on Reuters, features from the cache")
    corpus = reuters_or_exit()
    with scratch() as folder:
        _simulate(folder, FIVE[:1])  # computes the features, which are measured elsewhere
        for what, paths, runs, goal in (
            ("random_batch x 10, the whole command", FIVE[:1], 5, 10),
            ("the article's five scenarios x 10, the whole command", FIVE, 3, 90),
        ):
            found = usually(partial(_simulate, folder, paths), runs)
            models, floor = _floor(folder, paths, corpus)
            seconds(what, found, goal, floor, f"BLAS and LAPACK of its {models:,} models")
        paths = tuple(_described(folder, batch) for batch in BATCHES)
        found = usually(partial(_simulate, folder, paths, "--no-cache", "--no-report"), 3)
        described = synthetic.generate(StandinCorpus(source="standin", documents=DESCRIBED))
        models, floor = _floor(folder, paths, described)
        what = f"hand-overs of three batch sizes x 30 on {DESCRIBED:,} described documents, no features kept"
        seconds(what, found, 45, floor, f"BLAS and LAPACK of its {models:,} models")


def _described(folder: Path, batch: int) -> Path:
    """Write a scenario of random batches on described documents."""
    path = folder / f"batches of {batch}.yaml"
    path.write_text(
        f"name: Batches of {batch}\ncorpus: {{source: standin, documents: {DESCRIBED}}}\n"
        f"labelling: {{initial: 100, batch: {batch}}}\nreplications: 30\n",
        "utf-8",
    )
    return path


def _simulate(folder: Path, paths: tuple[Path, ...], *options: str) -> None:
    """Into a folder of its own: where a study is already, the command may have less to do."""
    out = folder / f"{len(list(folder.iterdir()))}"
    python("-m", "sim.cli", *paths, "--out", out, "--jobs", PROCESSORS, "--quiet", *options)
    (folder / "latest").unlink(missing_ok=True)
    (folder / "latest").symlink_to(out)


def _floor(folder: Path, paths: tuple[Path, ...], corpus: Corpus) -> tuple[int, float]:
    """How many models the latest study trained, and the processor seconds of their linear algebra."""
    curve = parquet.read_table(folder / "latest" / "curve.parquet").to_pandas()
    learned = curve.groupby(["scenario", "replication"])["labelled_documents"]
    new = learned.diff().fillna(curve["labelled_documents"]).astype(int)
    looks = {
        scenario.name
        for scenario in read_scenarios(paths)
        if scenario.labelling.suggested or scenario.labelling.strategy not in LOOKING_AT_NOTHING
    }
    looked_at = int(curve["scenario"].isin(looks).sum())
    return len(curve), _linear_algebra(corpus, Counter(new.tolist()), looked_at)


def _linear_algebra(corpus: Corpus, new: Counter[int], looked_at: int) -> float:
    """Processor seconds for models with so many new documents each; ``looked_at`` of them score the pool.

    The numbers in the matrices do not matter to how long it takes.
    """
    rng = np.random.default_rng(0)
    pool = rng.normal(size=(len(corpus.pool), COMPONENTS + 1))
    test = pool[: len(corpus.test)]
    moments = rng.normal(size=(COMPONENTS + 1, len(corpus.label_names)))
    gram = pool.T @ pool

    def solve() -> None:
        factor = cho_factor(gram.T, lower=True, check_finite=False)
        cho_solve(factor, moments, check_finite=False)

    with threadpool_limits(1):
        per_model = at_least(solve) + at_least(lambda: moments.T @ test.T)
        per_look = at_least(lambda: moments.T @ pool.T)
        grams = {count: at_least(partial(np.matmul, pool[:count].T, pool[:count])) for count in new}
    return (
        per_model * new.total()
        + per_look * looked_at
        + sum(grams[count] * times for count, times in new.items())
    )


if __name__ == "__main__":
    main()
