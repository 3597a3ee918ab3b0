"""What strategies gain over random documents for the rest of a project, and what foretells it.

`python -m benchmarks.gains FOLDER CURVES [SUB-POOLS]` takes the tables of a folder (CSV with columns text and
labels) and Reuters, where NLTK_DATA has it. Sub-pools, two of each or that many in all, have their first 100
and 300 documents labelled. From there, strategies go on by their true labels; on the first sub-pool of each,
also from 300 by labels that are drawn from the model. Curves are kept in the file CURVES, and a run that was
ended goes on from there: they take some twenty minutes of one processor.

A strategy's share is that of documents still to label, in those that random ones take to their own MAP with
twice and three times the labelled documents.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.special import logit, ndtri
from threadpoolctl import threadpool_limits

from benchmarks.forecasts import corpora, sub_pool
from benchmarks.measure import first_passage, kept, scratch
from sim.core.durations import NORMAL_P90
from sim.core.streams import Streams
from sim.corpus import ngrams
from sim.learning.active_learner import ActiveLearner
from sim.learning.extrapolation import BY_LABELLED, CurveEstimate, measure_curves
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.loading.sweep import read_dictionary
from sim.results.statistics import students_t

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus, Documents
    from sim.learning.predictions import Predictions
    from sim.scenario.models import Scenario

    Curve = list[tuple[int, float]]
    """Documents labelled and MAP of each model."""
    Curves = Mapping[str, Sequence[Curve]]
    """Curves of each strategy, one per replication."""

STRATEGIES = ("random", "variance_reduction", "mean_uncertainty")
LABELLED = (100, 300)
DRAWN_FROM = 300
TIMES = (2, 3)
"""Times the labelled documents at which random ones reach the target."""
BATCHES_MORE = 2
POOLS, SMALLEST, LARGEST, TEST, MOST = 2, 1_500, 2_500, 1_000, 0.7
REPLICATIONS = 2
COMPONENTS = 256
SCALES = (1, 4, 16, 64, 256)
"""By how much the model's own doubt is multiplied in drawn labels, until these are learned as expected."""
ASIDE = 0.25
"""Share of the unlabelled documents that measure models of drawn labels."""
LEAST_LEFT = 0.1
"""Least share of the labelled documents that a strategy is counted to take: batches are not known better."""
DIFFERENT = 1.2
LITTLE = 0.1
"""Trust in a model below which strategies are to gain nothing."""


def main() -> None:
    """Measure what is missing, and print."""
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    with scratch() as cache, threadpool_limits(1):
        wholes = {name: whole for name, whole in corpora(folder, cache) if MOST * len(whole) >= SMALLEST}
        keys = [f"{name} {number}" for number in range(POOLS) for name in wholes][:most]
        cases = [*kept(path, keys, partial(_measured, wholes=wholes)).values()]
    _print_gains(cases)
    _print_drawn(cases)


def _measured(key: str, wholes: Mapping[str, Documents]) -> dict[str, Any]:
    """Measure the strategies on a sub-pool of a corpus."""
    name, _, number = key.rpartition(" ")
    whole, rng = wholes[name], np.random.default_rng([int(number), *name.encode()])
    size = min(int(MOST * len(whole)), int(rng.integers(SMALLEST, LARGEST)))
    corpus = sub_pool(name, whole, size, TEST, rng)
    # Keys are texts, as they are in the file.
    found: dict[str, Any] = {"corpus": name, "trust": {}, "true": {}}
    with scratch() as cache:
        learner = KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, COMPONENTS, cache)))
        for labelled in LABELLED:
            predictions = learner.train(np.arange(labelled)).predictions()
            found["trust"][str(labelled)] = predictions.trust
            found["true"][str(labelled)] = _curves(learner, corpus.pool, labelled)
        measured = measure_curves(learner, np.arange(DRAWN_FROM), rng)["map"]
        slope = CurveEstimate.expected(measured, BY_LABELLED["map"]).slope
    if number != "0":
        return found
    return found | {"slope": slope, **_of_drawn_labels(corpus, predictions, slope, rng)}


def _curves(learner: KernelRidge, pool: Documents, labelled: int) -> Curves:
    return {
        strategy: [_curve(learner, pool, labelled, strategy, one) for one in range(1, REPLICATIONS + 1)]
        for strategy in STRATEGIES
    }


def _curve(learner: KernelRidge, pool: Documents, labelled: int, strategy: str, replication: int) -> Curve:
    """Go on with a strategy from the first documents, which are labelled, with a tenth of random ones."""
    batch = labelled // 3
    labelling = {"initial": labelled, "start": [*pool.ids[:labelled]], "batch": batch, "strategy": strategy}
    scenario = cast(
        "Scenario", read_dictionary({"name": strategy, "world": "office", "labelling": labelling})
    )
    active = ActiveLearner(scenario, pool, learner, Streams(0, replication))
    documents, count, curve = np.empty(0, dtype=np.int64), labelled, []
    while len(documents) < TIMES[-1] * labelled + BATCHES_MORE * batch and active.room:
        documents = np.concatenate([documents, *(query.documents for query in active.query(count))])
        active.fit(documents)
        curve.append((len(documents), learner.train(documents).map))
        count = batch
    return curve


def _of_drawn_labels(
    corpus: Corpus, predictions: Predictions, slope: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Measure the strategies on labels drawn from the model, as steep to learn as expected."""
    size = len(corpus.pool)
    aside = DRAWN_FROM + rng.permutation(size - DRAWN_FROM)[: round(ASIDE * (size - DRAWN_FROM))]
    kept = np.setdiff1d(np.arange(size), aside)
    part = replace(corpus, pool=corpus.pool.take(kept), test=corpus.pool.take(aside))
    order = np.concatenate([np.arange(DRAWN_FROM), DRAWN_FROM + rng.permutation(len(kept) - DRAWN_FROM)])
    with scratch() as cache:
        features = ngrams.read(ngrams.get_or_compute(part, COMPONENTS, cache))

        def learner(seed: int, scale: float) -> KernelRidge:
            labels = _draw(predictions, np.random.default_rng(seed), scale)
            labels[:DRAWN_FROM] = corpus.pool.labels[:DRAWN_FROM]
            pool, test = part.pool.with_labels(labels[kept]), part.test.with_labels(labels[aside])
            return KernelRidge(replace(part, pool=pool, test=test), features)

        slopes = {scale: _slope(learner(1, scale), order) for scale in SCALES}
        scale = min(SCALES, key=lambda one: abs(slopes[one] - slope))
        worlds = [learner(seed, scale) for seed in range(1, REPLICATIONS + 1)]
        by_world = [_curves(world, part.pool, DRAWN_FROM) for world in worlds]
    drawn = {strategy: [one for curves in by_world for one in curves[strategy]] for strategy in STRATEGIES}
    return {"drawn": drawn, "drawn_slope": slopes[scale]}


def _draw(predictions: Predictions, rng: np.random.Generator, scale: float) -> NDArray[np.bool_]:
    """Draw one labelling of the pool whose probabilities are the model's, and which it could have learned.

    What the model does not know yet is a draw from the posterior of its weights, in units of the noise of a
    label: documents that are alike get alike labels.
    """
    probability = np.clip(predictions.probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    lower = np.tril(predictions.gram().astype(np.float64))
    gram = lower + np.tril(lower, -1).T + predictions.penalty * np.eye(len(lower))
    spread = np.linalg.solve(np.linalg.cholesky(gram), predictions.features.astype(np.float64).T)
    unknown = np.sqrt(scale) * spread.T @ rng.standard_normal((len(lower), probability.shape[1]))
    wider = np.sqrt(1 + scale * np.einsum("ij,ij->j", spread, spread))[:, np.newaxis]
    if predictions.log_odds is None:
        certain: NDArray[np.bool_] = (
            ndtri(probability) * wider + unknown + rng.standard_normal(unknown.shape) > 0
        )
        return certain
    # Labels that compete: the largest, with the noise of a softmax.
    values = np.log(probability) * wider + np.pi / np.sqrt(6) * unknown + rng.gumbel(size=unknown.shape)
    largest: NDArray[np.bool_] = values == values.max(axis=1, keepdims=True)
    return largest


def _slope(learner: KernelRidge, order: NDArray[np.int64]) -> float:
    """Slope of log odds of MAP over log documents, to three times the labelled ones."""
    last = min(TIMES[-1] * DRAWN_FROM, len(order))
    first, then = (logit(learner.train(order[:count]).map) for count in (DRAWN_FROM, last))
    return float((then - first) / np.log(last / DRAWN_FROM))


def _shares(curves: Curves, labelled: int, times: int) -> dict[str, float]:
    """Logarithm of each strategy's documents still to label over those of random ones."""
    at = times * labelled
    target = np.mean(
        [np.interp(at, [*map(itemgetter(0), one)], [*map(itemgetter(1), one)]) for one in curves["random"]]
    )
    taken = {
        strategy: np.mean(
            [np.log(max(_passage(one, float(target)) - labelled, LEAST_LEFT * labelled)) for one in some]
        )
        for strategy, some in curves.items()
    }
    return {strategy: float(value - taken["random"]) for strategy, value in taken.items()}


def _passage(curve: Curve, target: float) -> float:
    """Documents at a target, between models by a straight line of logarithms; else a batch after the end."""
    documents, maps = (np.array(column, dtype=np.float64) for column in zip(*curve, strict=True))
    reached = first_passage(documents, np.maximum.accumulate(maps), target)
    return reached if reached < inf else float(2 * documents[-1] - documents[-2])


def _cases(cases: Sequence[dict[str, Any]]) -> Iterator[tuple[str, float, dict[str, float]]]:
    """Corpus, trust in the model, and shares of each case."""
    for one in cases:
        for labelled in map(str, LABELLED):
            for times in TIMES:
                shares = _shares(one["true"][labelled], int(labelled), times)
                yield one["corpus"], one["trust"][labelled], shares


def _print_gains(cases: Sequence[dict[str, Any]]) -> None:
    """Print what strategies gain by trust in the model, and how true that is of a corpus left out."""
    found = [*_cases(cases)]
    for corpus in sorted({name for name, *_ in found}):
        rows = [(believed, shares) for name, believed, shares in found if name == corpus]
        print(
            f"| {corpus} | {min(row[0] for row in rows):.2f}–{max(row[0] for row in rows):.2f} |",
            *(" ".join(f"{np.exp(row[1][one]):.2f}" for row in rows) + " |" for one in STRATEGIES[1:]),
        )
    for strategy in STRATEGIES[1:]:
        signs, within = [], []
        for corpus, believed, shares in found:
            gain, error = _fitted([one for one in found if one[0] != corpus], strategy)
            if abs(shares[strategy]) > np.log(DIFFERENT):
                signs.append((shares[strategy] < 0) == (gain * believed > 0))
            if believed > LITTLE:
                within.append(abs(shares[strategy] + gain * believed) <= NORMAL_P90 * error * believed)
        gain, error = _fitted(found, strategy)
        print(
            f"{strategy}: gain {gain:.2f}, error {error:.2f}; a corpus left out, the right sign in "
            f"{np.mean(signs):.0%} of {len(signs)} differences from random of more than {DIFFERENT - 1:.0%}, "
            f"truth within P10 to P90 in {np.mean(within):.0%} of {len(within)} where the model is believed"
        )


def _fitted(cases: Sequence[tuple[str, float, dict[str, float]]], strategy: str) -> tuple[float, float]:
    """Gain where the model is believed, and the standard deviation around it: least squares.

    The latter is widened to what a normal deviation needs for the 90th percentile of Student's t, because few
    corpora tell it.
    """
    corpora_believed = len({one[0] for one in cases if one[1] > LITTLE})
    believed = np.array([one[1] for one in cases])
    logs = np.array([one[2][strategy] for one in cases])
    gain = -float(believed @ logs / (believed @ believed))
    error = float(np.sqrt(np.mean((logs + gain * believed) ** 2) / np.mean(believed**2)))
    return gain, error * students_t(corpora_believed, 0.2) / NORMAL_P90


def _print_drawn(cases: Sequence[dict[str, Any]]) -> None:
    """Print whether labels drawn from the model foretell which strategy takes fewer documents."""
    signs = []
    for one in (case for case in cases if "drawn" in case):
        print(f"{one['corpus']}: slope expected {one['slope']:.2f}, of drawn labels {one['drawn_slope']:.2f}")
        for times in TIMES:
            truth = _shares(one["true"][str(DRAWN_FROM)], DRAWN_FROM, times)
            foretold = _shares(one["drawn"], DRAWN_FROM, times)
            for some, other in combinations(STRATEGIES, 2):
                if abs(truth[some] - truth[other]) > np.log(DIFFERENT):
                    signs.append((truth[some] < truth[other]) == (foretold[some] < foretold[other]))
    print(f"drawn labels: the right sign in {np.mean(signs):.0%} of {len(signs)} differences")


if __name__ == "__main__":
    main()
