"""Whole commands on Reuters with computed features at hand, and on described documents with none.

They are set beside the linear algebra that they consist of.

The floor is what BLAS and LAPACK need for the models of the very same study: X'X of the documents that are
new to each, its Cholesky factor and solution, the scores of the test documents, and those of the pool where
suggestions or picks look at them. What a Model Rating takes on top is not in it.

A rated model is measured by itself as well: from its training to what to label next. Its floor is every
operation at the speed of one large product of matrices, or every byte at the speed of a sum, whichever is
more, and a sort of the pool's scores and one probability of each; new documents change all leverages.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pyarrow import parquet
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from benchmarks.features import floors
from benchmarks.measure import (
    FIVE,
    PROCESSORS,
    Usage,
    at_least,
    bandwidth,
    heading,
    python,
    reuters_or_exit,
    scratch,
    seconds,
    speed,
    usually,
)
from sim.core.registry import QUERY_STRATEGIES
from sim.core.streams import Streams
from sim.corpus import synthetic, tfidf
from sim.learning.active_learner import ActiveLearner
from sim.learning.calibration import logistic
from sim.learning.kernel_ridge_learner import FIRST_BLOCK
from sim.learning.query.variance_reduction import CANDIDATES, CANDIDATES_EACH, LIKELY, REFERENCES
from sim.learning.ridge_learner import Ridge
from sim.loading.load import read_scenarios
from sim.scenario.models import StandinCorpus
from sim.scenario.unknown import CORPORA
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus

COMPONENTS = 512
DESCRIBED = 20_000
BATCHES = (1_000, 500, 250)
RATED, NEW, ROUNDS = 1_000, 25, 9
"""Documents of a rated model, those since the one before (annotators label as many meanwhile), and models."""
BEST = (ROOT / "scenarios" / "best_strategy.yaml",)
LOOKING_AT_NOTHING = [name for name, strategy in QUERY_STRATEGIES.items() if not strategy.needs_model]


def main() -> None:
    """One scenario and all five, ten replications each."""
    heading("Studies on Reuters, features from the cache")
    corpus = reuters_or_exit()
    with scratch() as folder:
        _simulate(folder, FIVE[:1])  # computes the features, which are measured elsewhere
        found, floor, floor_is = _rated_model(corpus, folder / "cache")
        seconds(
            f"a rated model of {RATED:,} documents, one processor", found, 0.015, floor, floor_is, digits=4
        )
        for what, paths, runs, goal in (
            ("random_batch x 10, the whole command", FIVE[:1], 5, 10),
            ("active_learning x 10, the whole command", FIVE[-1:], 3, 20),
            ("the article's five scenarios x 10, the whole command", FIVE, 3, 60),
        ):
            found = usually(partial(_simulate, folder, paths), runs)
            models, floor = _floor(folder, paths, corpus)
            seconds(what, found, goal, floor, f"BLAS and LAPACK of its {models:,} models")
        _simulate(folder, BEST, "--replications=1")  # computes the features that it needs
        found = usually(partial(_simulate, folder, BEST), 3)
        models, floor = _floor_of_strong(folder, BEST, corpus)
        seconds(
            "best_strategy x 10, the whole command", found, 10, floor, f"operations of its {models:,} models"
        )
        described = synthetic.generate(StandinCorpus(source="standin", documents=DESCRIBED))
        cold = ("--no-cache", "--no-report")
        paths = tuple(_described(folder, batch, "article", 30) for batch in BATCHES)
        found = usually(partial(_simulate, folder, paths, *cold), 3)
        models, floor = _floor(folder, paths, described)
        what = f"hand-overs of three batch sizes x 30 on {DESCRIBED:,} described documents, no features kept"
        seconds(what, found, 45, floor, f"BLAS and LAPACK of its {models:,} models")
        paths = tuple(_described(folder, batch, "office", 100) for batch in BATCHES)
        found = usually(partial(_simulate, folder, paths, *cold), 3)
        what = "the same x 100 in an office, where five keys are unknown"
        floor = CORPORA * floors(described)["strong"]
        seconds(what, found, 90, floor, f"the products of the SVDs of {CORPORA} corpora")


def _rated_model(corpus: Corpus, cache: Path) -> tuple[Usage, float, str]:
    """The medians of models that follow each other, their floor, and what that is made of."""
    (scenario,) = read_scenarios(FIVE[-1:])
    learner = Ridge(corpus, tfidf.load_or_compute(corpus, COMPONENTS, cache))
    project = ActiveLearner(scenario, corpus.pool, learner, Streams(0), label_names=corpus.label_names)
    labelled = [query.documents for query in project.query(RATED - NEW * ROUNDS // 2)]

    def next_model() -> None:
        project.fit(np.concatenate(labelled))
        project.rate()
        labelled.extend(query.documents for query in project.query(NEW) if not query.again)

    with threadpool_limits(1):
        next_model()
        return usually(next_model, ROUNDS), *_floor_of_rating(corpus)


def _floor_of_rating(corpus: Corpus) -> tuple[float, str]:
    """Processor seconds that a rated model could not do without, and what they are made of."""
    pool, scored = len(corpus.pool), len(corpus.pool) + len(corpus.test)
    width, labels = COMPONENTS + 1, len(corpus.label_names)
    operations = (
        NEW * width**2 + width**3 / 3 + 2 * width**2 * labels + 2 * width * (scored * labels + RATED * NEW)
    )
    read = 8 * width * (scored + RATED)
    scores = np.random.default_rng(0).normal(size=(labels, pool))
    algebra = max(operations / speed(), read / bandwidth())
    floor = algebra + at_least(lambda: np.sort(scores)) + at_least(lambda: logistic(scores))
    return floor, f"{operations / 1e6:,.0f} million operations or {read / 1e6:,.0f} MB, a sort, probabilities"


def _described(folder: Path, batch: int, world: str, replications: int) -> Path:
    """Write a scenario of random batches on described documents."""
    path = folder / f"batches of {batch}, {world}.yaml"
    path.write_text(
        f"name: Batches of {batch}\nworld: {world}\n"
        f"corpus: {{source: standin, documents: {DESCRIBED}}}\n"
        f"labelling: {{initial: 100, batch: {batch}}}\nreplications: {replications}\n",
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


def _floor_of_strong(folder: Path, paths: tuple[Path, ...], corpus: Corpus) -> tuple[int, float]:
    """How many models of the strong learner the latest study trained, and the seconds of their operations.

    Of an incomplete block of documents each model adds half on average; every batch is picked from the scores
    of the pool. All operations are taken at the speed of one large product of matrices.
    """
    (scenario,) = read_scenarios(paths)
    curve = parquet.read_table(folder / "latest" / "curve.parquet").to_pandas()
    n, half = curve["labelled_documents"].to_numpy(), FIRST_BLOCK / 2
    labels, width, batch = len(corpus.label_names), COMPONENTS, scenario.labelling.batch
    double = 2 * half * n * (width + n) + 2 * n * labels * (n / 2 + width)
    single = 2 * len(corpus.test) * width * labels * len(n)
    candidates = max(CANDIDATES, CANDIDATES_EACH * batch)
    picks = curve.groupby(["scenario", "replication"])["labelled_documents"].max().sum() / batch
    single += picks * (
        2 * len(corpus.pool) * width * labels
        + width**3 / 3
        + (LIKELY + 1) * candidates * width**2
        + 2 * candidates * (REFERENCES * (width + candidates) + width * candidates)
    )
    return len(curve), float(double.sum()) / speed() + float(single) / speed(np.float32)


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
