"""Ours: the learner that looks at words and terms, with leave-one-out scores, and each strategy."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers import rounds
from sim.core.registry import QUERY_STRATEGIES
from sim.corpus import ngrams
from sim.corpus.documents import Corpus, Documents
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.query import Candidates

if TYPE_CHECKING:
    from benchmarks.peers.rounds import Rows, Task
    from sim.corpus.ngrams import Terms
    from sim.learning.kernel_ridge_learner import KernelModel
    from sim.learning.query import Strategy

COMPONENTS = 512


class Ours:
    """A `KernelRidge` that is trained on a longer snapshot each time."""

    def __init__(self, strategy: type[Strategy], task: Task, seed: int) -> None:
        self.order = task.orders[seed]
        self.strategy = strategy()
        self.learner = KernelRidge(*_documents(task))
        self.model: KernelModel

    def train(self, labelled: Rows) -> None:
        """A model and its leave-one-out scores."""
        self.model = self.learner.train(labelled)

    def map(self) -> float:
        """Of its scores."""
        return self.model.map

    def pick(self, count: int) -> Rows:
        """Ask the strategy."""
        unlabelled = self.order[~np.isin(self.order, self.model.labelled)]
        return self.strategy.pick(Candidates(unlabelled, self.model.predictions()), count)


@cache
def _documents(task: Task) -> tuple[Corpus, Terms]:
    """Computed once, as the project keeps them."""
    names = [f"label {number}" for number in range(task.pool_labels.shape[1])]
    parts = (("pool", task.pool, task.pool_labels), ("test", task.test, task.test_labels))
    pool, test = (
        Documents([f"{part}/{row}" for row in range(len(texts))], texts, labels)
        for part, texts, labels in parts
    )
    corpus = Corpus("peers", names, pool, test)
    return corpus, ngrams.compute(corpus, COMPONENTS)


WAYS = {name: partial(Ours, strategy) for name, strategy in QUERY_STRATEGIES.items()}

if __name__ == "__main__":
    rounds.main("labelsim", WAYS, ["variance_reduction"])
