"""scikit-activeml: a logistic regression for each label, and the utilities of each put together.

It knows one label a document. Its strategies that look at a classifier are asked for each label's yes or no;
their utilities are averaged, or the largest counts. Those that look at documents alone need no such thing.

None takes sparse documents, and the dense ones of TF-IDF have more than 10,000 columns, so that documents are
projected on 512 directions, as ours are. On those, scikit-learn's default solver is several times faster than
liblinear, and no worse.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import CoreSet, UncertaintySampling
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from benchmarks.peers import rounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.peers.rounds import Rows, Task

COMPONENTS = 512
UNCERTAINTIES = ("least_confident", "entropy")
PENALTIES = (10, 100)


class ScikitActiveML:
    """One `SklearnClassifier` a label."""

    def __init__(self, penalty: float, task: Task, seed: int) -> None:
        self.task = task
        self.seed = seed
        self.pool, self.test = _projected(task)
        self.targets = np.full(task.pool_labels.shape, np.nan)
        self.classifiers = [
            SklearnClassifier(LogisticRegression(C=penalty), classes=[0, 1], random_state=seed)
            for _ in range(task.pool_labels.shape[1])
        ]

    def train(self, labelled: Rows) -> None:
        """Fit each label's classifier."""
        self.targets[labelled] = self.task.pool_labels[labelled]
        for classifier, targets in zip(self.classifiers, self.targets.T, strict=True):
            classifier.fit(self.pool[labelled], targets[labelled])

    def map(self) -> float:
        """Of its probabilities."""
        scores = [classifier.predict_proba(self.test)[:, 1] for classifier in self.classifiers]
        return self.task.map(np.transpose(scores))


@cache
def _projected(task: Task) -> list[NDArray[np.float64]]:
    """The pool and the test documents, rows of length 1; computed once."""
    projection = TruncatedSVD(COMPONENTS, random_state=0).fit(task.words[0])
    return [normalize(projection.transform(rows)) for rows in task.words]


class ByLabel(ScikitActiveML):
    """Asks a strategy for each label."""

    def __init__(self, over: Any, method: str, penalty: float, task: Task, seed: int) -> None:
        super().__init__(penalty, task, seed)
        self.over = over
        self.strategy = UncertaintySampling(method=method, random_state=seed)

    def pick(self, count: int) -> Rows:
        """The documents of the highest utility, over all labels."""
        utilities = [
            self.strategy.query(self.pool, targets, classifier, fit_clf=False, return_utilities=True)[1][0]
            for classifier, targets in zip(self.classifiers, self.targets.T, strict=True)
        ]
        # Those of labelled documents are NaN, which is sorted behind everything.
        return np.argsort(-self.over(utilities, axis=0), kind="stable")[:count]


class ByDocument(ScikitActiveML):
    """Asks a strategy that looks at no label."""

    def __init__(self, strategy: Any, penalty: float, task: Task, seed: int) -> None:
        super().__init__(penalty, task, seed)
        self.strategy = strategy(random_state=seed)

    def pick(self, count: int) -> Rows:
        """Its batch."""
        picked: Rows = self.strategy.query(self.pool, self.targets[:, 0], batch_size=count)
        return picked


WAYS: dict[str, Callable[[Task, int], rounds.Peer]] = {}
for penalty in PENALTIES:
    for method in UNCERTAINTIES:
        WAYS[f"mean {method}, C={penalty}"] = partial(ByLabel, np.mean, method, penalty)
    WAYS[f"max {UNCERTAINTIES[0]}, C={penalty}"] = partial(ByLabel, np.max, UNCERTAINTIES[0], penalty)
    WAYS[f"CoreSet, C={penalty}"] = partial(ByDocument, CoreSet, penalty)

if __name__ == "__main__":
    rounds.main("scikit-activeml", WAYS, ["max least_confident, C=100"])
