"""CVIRS as its paper has it, with the features and the classifier that small-text runs its own with.

small-text's takes the normalised Hamming distance for the paper's entropy distance, and the order that would
sort the documents for their ranks; what that costs is the difference between its line and this one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from sklearn.multiclass import OneVsRestClassifier

from benchmarks.peers import rounds
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.learning.query import Candidates
from sim.learning.query.cvirs import Cvirs

if TYPE_CHECKING:
    from benchmarks.peers.rounds import Rows, Task

PENALTIES = (10, 100)


class PaperCvirs:
    """One-vs-rest logistic regression, and our own CVIRS."""

    def __init__(self, penalty: float, task: Task, seed: int) -> None:
        self.task = task
        self.penalty = penalty
        self.order = task.orders[seed]
        self.model = OneVsRestClassifier(rounds.logistic_regression(penalty, seed))
        self.pool, self.test = task.words
        self.labelled = np.empty(0, dtype=np.int64)

    def train(self, labelled: Rows) -> None:
        """Fit all labels' classifiers anew."""
        self.labelled = labelled
        self.model.fit(self.pool[labelled], self.task.pool_labels[labelled].astype(int))

    def map(self) -> float:
        """Of its probabilities."""
        return self.task.map(self.model.predict_proba(self.test))

    def pick(self, count: int) -> Rows:
        """Ask the strategy."""
        probabilities = self.model.predict_proba(self.pool)
        labels = self.task.pool_labels[self.labelled]
        predictions = Predictions(
            scores=2 * probabilities - 1,
            calibration=lambda _: probabilities,
            labelled=self.labelled,
            labels=labels,
            leave_one_out=lambda: probabilities[self.labelled],
            moments=GramAccumulator(np.empty((len(probabilities), 0))),
            penalty=1 / self.penalty,
        )
        unlabelled = self.order[~np.isin(self.order, self.labelled)]
        return Cvirs().pick(Candidates(unlabelled, predictions), count)


WAYS = {f"CVIRS by its paper, C={penalty}": partial(PaperCvirs, penalty) for penalty in PENALTIES}

if __name__ == "__main__":
    rounds.main("scikit-learn", WAYS, ["CVIRS by its paper, C=100"])
