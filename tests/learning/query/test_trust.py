"""Whatever the documents are like: the recommended strategy is no worse than none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from sim.corpus import ngrams, synthetic
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.query import Candidates
from sim.learning.query.random import Random
from sim.learning.query.variance_reduction import VarianceReduction
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.learning.query import Strategy

ORDERS = 8
START, BATCH, ROUNDS = 40, 40, 5
NOISE = 0.01
"""MAP. Believing a model that explains nothing costs two to four times as much on some of these."""

SHAPES = {
    "labels that nobody can tell apart": {
        "labels": 10,
        "difficulty": 0.9,
        "words_per_document": 30,
        "density": 1,
    },
    "many labels, equally frequent": {"labels": 40, "unevenness": 0, "words_per_document": 20, "density": 1},
    "three labels a document": {
        "labels": 15,
        "labels_per_document": 3,
        "words_per_document": 40,
        "density": 1,
    },
    "two labels": {"labels": 2, "difficulty": 0.6},
    "as Reuters": {},
}


def curves(learner: KernelRidge, strategy: Strategy) -> NDArray[np.float64]:
    """MAP after each round, shape ``(orders, rounds)``."""
    found = []
    for seed in range(ORDERS):
        order = np.random.default_rng(seed).permutation(len(learner.labels))
        snapshot, maps = order[:START], []
        for _ in range(ROUNDS):
            model = learner.train(snapshot)
            maps.append(model.map)
            choice = Candidates(order[~np.isin(order, snapshot)], model.predictions())
            snapshot = np.concatenate([snapshot, strategy.pick(choice, BATCH)])
        found.append(maps)
    return np.array(found)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.slow
def test_it_is_not_worse_than_random_beyond_noise(shape: dict[str, Any]) -> None:
    corpus = synthetic.generate(StandinCorpus(source="standin", documents=1_500, test_documents=800, **shape))
    with threadpool_limits(1):
        views = ngrams.compute(corpus, 128)
        learner = KernelRidge(corpus, views)
        paired = curves(learner, VarianceReduction()) - curves(learner, Random())
    assert paired.mean(axis=0).min() > -NOISE
