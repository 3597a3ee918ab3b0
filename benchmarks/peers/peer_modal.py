"""modAL: one-vs-rest logistic regression on sparse TF-IDF, with each of its strategies that takes them.

Those of its multi-label strategies that are missing do not take sparse documents (`max_loss` and
`mean_max_loss`) or a batch (`SVM_binary_minimum`). Its ordinary ones see one row of probabilities a document.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from modAL.models import ActiveLearner
from modAL.multilabel import avg_confidence, avg_score, max_score, min_confidence
from modAL.uncertainty import entropy_sampling, margin_sampling, uncertainty_sampling
from sklearn.multiclass import OneVsRestClassifier

from benchmarks.peers import rounds

if TYPE_CHECKING:
    from benchmarks.peers.rounds import Rows, Task

MULTI_LABEL = (avg_confidence, avg_score, max_score, min_confidence)
ORDINARY = (entropy_sampling, margin_sampling, uncertainty_sampling)
PENALTIES = (10, 100)


class ModAL:
    """An `ActiveLearner` that is taught batch by batch."""

    def __init__(self, strategy: Any, penalty: float, task: Task, seed: int) -> None:
        np.random.seed(seed)  # noqa: NPY002 - modAL draws from NumPy's global generator
        self.task = task
        self.strategy = strategy
        self.model = OneVsRestClassifier(rounds.logistic_regression(penalty, seed))
        self.pool, self.test = task.words
        self.labels = task.pool_labels.astype(int)
        self.learner: Any = None
        self.labelled = np.empty(0, dtype=np.int64)

    def train(self, labelled: Rows) -> None:
        """Teach what is new."""
        new = labelled[len(self.labelled) :]
        if self.learner is None:
            self.learner = ActiveLearner(self.model, self.strategy, self.pool[new], self.labels[new])
        else:
            self.learner.teach(self.pool[new], self.labels[new])
        self.labelled = labelled

    def map(self) -> float:
        """Of its probabilities."""
        return self.task.map(self.learner.predict_proba(self.test))

    def pick(self, count: int) -> Rows:
        """Query the unlabelled rows."""
        unlabelled = np.setdiff1d(np.arange(len(self.task.pool)), self.labelled)
        picked, _ = self.learner.query(self.pool[unlabelled], n_instances=count)
        rows: Rows = unlabelled[picked]
        return rows


WAYS = {
    f"{strategy.__name__}, C={penalty}": partial(ModAL, strategy, penalty)
    for penalty in PENALTIES
    for strategy in (*MULTI_LABEL, *ORDINARY)
}

CHOSEN = ("min_confidence, C=100", "entropy_sampling, C=100")
"""The best of its multi-label strategies, and the best of all."""

if __name__ == "__main__":
    rounds.main("modAL-python", WAYS, CHOSEN)
