"""The control sample: documents that are picked at random whatever the strategy."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from sim.core.streams import Streams
from sim.corpus import tfidf
from sim.learning.active_learner import ActiveLearner
from sim.learning.ridge_learner import Ridge
from support.corpora import tiny_corpus
from support.scenarios import scenario as described
from support.scripted import scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.learning.active_learner import Query
    from sim.learning.query import Candidates

    Rows = NDArray[np.int64]

CORPUS = tiny_corpus(documents=200, labels=4)
RIDGE = Ridge(CORPUS, tfidf.compute(CORPUS, 8), 1.0)
INITIAL, BATCH, DOCUMENTS = 20, 7, 110
REPLICATIONS = 300


class LastFirst:
    """Query strategy that takes the last documents of the pool."""

    view: ClassVar[str] = "Low Confidence"
    pace: ClassVar[Pace] = "switching"
    needs_model: ClassVar[bool] = False

    def pick(self, candidates: Candidates, count: int) -> Rows:
        return candidates.best(candidates.documents.astype(np.float64), count)


def active_learner(
    replication: int = 1, strategy: str | LastFirst = "random", **labelling: Any
) -> ActiveLearner:
    name, own = (strategy, None) if isinstance(strategy, str) else ("random", strategy)
    plan = scenario(
        labelling={"initial": INITIAL, "batch": BATCH, "strategy": name, **labelling},
        limit={"documents": DOCUMENTS},
    )
    streams = Streams(plan.seed, replication)
    return ActiveLearner(plan, CORPUS.pool, RIDGE, streams, label_names=CORPUS.label_names, strategy=own)


def rounds(learner: ActiveLearner) -> Iterator[tuple[Rows, list[Query]]]:
    """Yield what was labelled before each query, and the query; then label its documents."""
    labelled = np.empty(0, dtype=np.int64)
    queries = learner.query(INITIAL)
    while queries:
        yield labelled, queries
        labelled = np.concatenate([labelled, *(one.documents for one in queries if not one.again)])
        learner.fit(labelled)
        learner.rate()
        queries = learner.query(BATCH)


def shuffled(queries: list[Query]) -> Rows:
    found = [one.documents for one in queries if one.view == "Shuffle"]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def random_order(replication: int = 1) -> Rows:
    return Streams(scenario().seed, replication).document_order(len(CORPUS.pool))


@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.7, 1])
@pytest.mark.parametrize("start", ["random", "diverse"])
@pytest.mark.parametrize("strategy", ["mean_uncertainty", LastFirst()], ids=["uncertainty", "own"])
def test_as_many_documents_are_random_as_are_due(share: float, start: str, strategy: str | LastFirst) -> None:
    """The share of those queried so far, rounded up, or all initial ones if these are random and more.

    They are the first of the random order, without those that the strategy has picked by then.
    """
    learner = active_learner(strategy=strategy, control=share, start=start)
    size = INITIAL if start == "random" else 0
    for before, queries in rounds(learner):
        size = max(size, ceil(round(share * (len(before) + sum(len(one.documents) for one in queries)), 6)))
        sample = random_order()[:size]
        assert shuffled(queries).tolist() == sample[~np.isin(sample, before)].tolist()
        assert queries[0].view == "Shuffle" or not len(shuffled(queries))
    assert learner.control.tolist() == random_order()[:size].tolist()


def test_a_control_sample_is_an_unbiased_sample_of_the_pool() -> None:
    """The mean of its rows is that of the pool, as the mean of all labelled documents is not."""
    control, labelled = np.empty(REPLICATIONS), np.empty(REPLICATIONS)
    for replication in range(REPLICATIONS):
        learner = active_learner(replication + 1, LastFirst(), control=0.4)
        batches = (learner.query(BATCH if before else INITIAL) for before in range(DOCUMENTS))
        documents = np.concatenate([one.documents for queries in batches for one in queries])
        learner.fit(documents)
        control[replication] = learner.control.mean()
        labelled[replication] = documents.mean()
    middle = (len(CORPUS.pool) - 1) / 2
    assert abs(control.mean() - middle) < 2 * control.std() / REPLICATIONS**0.5
    assert labelled.mean() > middle + 20


def test_random_documents_are_all_of_the_control_sample() -> None:
    learner = active_learner(control=0.5)
    assert all(len(queries) == 1 for _, queries in rounds(learner))
    assert learner.control.tolist() == random_order()[:DOCUMENTS].tolist()


def test_random_documents_that_the_rating_recommends_belong_to_the_control_sample() -> None:
    views = {"shuffle": 1, "recent": 1}
    learner = active_learner(strategy="model_rating", actions=7, follow=0, views=views)
    drawn = sum(len(shuffled(queries)) for _, queries in rounds(learner))
    assert INITIAL < drawn < DOCUMENTS
    assert learner.control.tolist() == random_order()[:drawn].tolist()


def test_given_documents_are_no_random_ones() -> None:
    given = [CORPUS.pool.ids[row] for row in range(15)]
    learner = active_learner(strategy=LastFirst(), control=0.5, start=given)
    sizes = []
    for before, _ in rounds(learner):
        sizes.append(len(learner.control))
        assert sizes[-1] == {0: 0, INITIAL: INITIAL - len(given)}.get(len(before), sizes[-1])
    assert sizes[-1] == (DOCUMENTS - 6) / 2


def test_what_is_not_labelled_yet_is_not_in_the_sample_nor_is_what_comes_after_it() -> None:
    learner = active_learner(strategy=LastFirst(), control=0.5)
    (initial,) = learner.query(INITIAL)
    assert len(learner.control) == 0
    learner.fit(np.delete(initial.documents, 12))
    assert learner.control.tolist() == random_order()[:12].tolist()


def test_there_is_none_in_the_world_of_the_article() -> None:
    article, strong = described(), described(learner={"preset": "strong"})
    assert (article.control, strong.control) == (0, 0.1)
    for learner in ({"preset": "article"}, {"preset": "strong"}):
        assert described(learner=learner, labelling={"control": "30 %"}).control == 0.3
