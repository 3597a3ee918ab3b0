"""Rounds of active learning, the same for every peer; each runs them in its own environment.

So this file may use NumPy and scikit-learn alone, and nothing of the project.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

FIRST = 100
BATCH = 50
LAST = 1_750
DOCUMENTS = "documents.json"
LABELS = "labels.npz"


@dataclass(frozen=True, eq=False)
class Task:
    """A pool to label from, test documents to measure on, and an order of the pool for each repetition."""

    pool: Sequence[str]
    test: Sequence[str]
    pool_labels: NDArray[np.bool_]
    test_labels: NDArray[np.bool_]
    orders: NDArray[np.int64]

    @classmethod
    def read(cls, folder: Path) -> Task:
        """What `write` has left there."""
        texts = json.loads((folder / DOCUMENTS).read_text("utf-8"))
        with np.load(folder / LABELS) as arrays:
            return cls(texts["pool"], texts["test"], arrays["pool"], arrays["test"], arrays["orders"])

    def write(self, folder: Path) -> None:
        """Leave it for others."""
        texts = {"pool": list(self.pool), "test": list(self.test)}
        (folder / DOCUMENTS).write_text(json.dumps(texts), "utf-8")
        np.savez(folder / LABELS, pool=self.pool_labels, test=self.test_labels, orders=self.orders)

    @cached_property
    def words(self) -> tuple[Any, Any]:
        """TF-IDF of the pool and of the test documents, sparse."""
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english")
        return words.fit_transform(self.pool), words.transform(self.test)

    def map(self, scores: NDArray[np.floating]) -> float:
        """Mean average precision of scores of the test documents, shape ``(documents, labels)``."""
        return float(average_precision_score(self.test_labels, scores, average="macro"))


class Peer(Protocol):
    """An active learner of some library, on one task."""

    def train(self, labelled: Rows) -> None:
        """Learn from these rows of the pool: those of the time before, and new ones behind them."""
        ...

    def map(self) -> float:
        """Mean average precision on the test documents."""
        ...

    def pick(self, count: int) -> Rows:
        """The rows of the pool to label next."""
        ...


def logistic_regression(penalty: float, seed: int) -> LogisticRegression:
    """What all peers learn with; liblinear is the fastest of its solvers on so few documents."""
    return LogisticRegression(C=penalty, solver="liblinear", random_state=seed)


def measured(task: Task, new: Callable[[Task, int], Peer]) -> list[list[dict[str, float]]]:
    """How good the model of each round was, of each repetition, and what the round took.

    Seconds by the clock, and of processors, which others who use the machine change less; of each part, too.
    """
    return [_rounds(new(task, seed), order) for seed, order in enumerate(task.orders)]


def _rounds(peer: Peer, order: Rows) -> list[dict[str, float]]:
    labelled = order[:FIRST]
    rounds = []
    while len(labelled) <= LAST:
        began = time.perf_counter()
        stops = [time.process_time()]
        peer.train(labelled)
        stops.append(time.process_time())
        quality = peer.map()
        stops.append(time.process_time())
        picked = peer.pick(BATCH)
        stops.append(time.process_time())
        train, evaluate, pick = np.diff(stops).tolist()
        rounds.append(
            {
                "labelled": len(labelled),
                "map": quality,
                "clock": time.perf_counter() - began,
                "processor": stops[-1] - stops[0],
                "train": train,
                "evaluate": evaluate,
                "pick": pick,
            }
        )
        labelled = np.concatenate([labelled, picked])
        if len(np.unique(labelled)) < len(labelled):
            raise ValueError("a document was picked twice")
    return rounds


def main(package: str, ways: Mapping[str, Callable[[Task, int], Peer]], chosen: Sequence[str]) -> None:
    """Run the chosen ways of using a library, or every one, on a task; leave what was measured as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", action="store_true")
    asked = parser.parse_args()
    task = Task.read(asked.task)
    names = ways if asked.every else chosen
    found = {name: measured(task, ways[name]) for name in names}
    report = {"package": f"{package} {version(package)}", "ways": found}
    asked.out.write_text(json.dumps(report), "utf-8")
