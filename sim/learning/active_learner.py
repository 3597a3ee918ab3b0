"""The active-learning loop: query documents, fit a model to their labels, rate it, decide when to stop.

It knows neither people nor a clock: a simulated project puts it to use, and so can a few lines of Python.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.activities_and_costs import Spent
from sim.core.quality import CurvePoint
from sim.core.registry import QUERY_STRATEGIES
from sim.learning.query import Candidates
from sim.learning.query.random import Random
from sim.learning.query.variance_reduction import VarianceReduction
from sim.learning.rating.recommender_and_convergence import Recommender
from sim.learning.rating.views import Shuffle
from sim.learning.stopping import Stopping
from sim.scenario.models import MODEL_RATING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.core.quality import ConvergenceStats, Rating
    from sim.core.streams import Streams
    from sim.corpus.documents import Documents
    from sim.learning.learner import Learner, Model
    from sim.learning.predictions import Predictions
    from sim.learning.query import Strategy
    from sim.scenario.models import Scenario

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.floating]
    ExpectedSeconds = Callable[[Rows, Floats], Floats]

START_CANDIDATES = 1_000
"""Number of random documents from which a diverse start is picked, so that replications differ."""
ROUNDING = 1e-9
"""What a product of a share and a number of documents may be too large by."""
NOTHING_SPENT = Spent(active_hours=0, cost=0)


class Query(NamedTuple):
    """Query of the active learner: documents to label in one view on one subject, empty if it has none."""

    documents: Rows
    """Rows of the pool."""
    view: str
    pace: Pace
    subject: str = ""
    again: bool = False
    """Whether the documents are labelled already, and looked at again."""

    def page(self, start: int, size: int) -> Query:
        """Return the query of at most ``size`` documents from ``start`` on."""
        documents = self.documents[start : start + size]
        return Query(documents, self.view, self.pace, self.subject, self.again)


class ActiveLearner:
    """Active learner: queries documents of a pool, learns from their labels, and rates its models.

    Of the pool it knows the documents, and the labels of those that it is fitted to. Only `rate` measures a
    model against the truth, on the test documents of its ``learner``; no query and no stopping rule sees
    that figure.
    """

    def __init__(
        self,
        scenario: Scenario,
        pool: Documents,
        learner: Learner,
        streams: Streams,
        *,
        label_names: Sequence[str] = (),
        strategy: Strategy | None = None,
    ) -> None:
        """Prepare the active-learning loop with the settings of a scenario.

        Args:
            scenario: its other keys do not matter here.
            pool: the documents to choose from.
            learner: trains models on documents of this pool.
            streams: random numbers for the order of documents and for annotators who do not follow advice.
            label_names: names of the pool's labels; numbered by default.
            strategy: query strategy in place of the scenario's.
        """
        labelling = scenario.labelling
        self.pool = pool
        self.label_names = label_names or [f"label {number}" for number in range(1, pool.labels.shape[1] + 1)]
        self.curve: list[CurvePoint] = []
        """A point for each model that was rated."""
        ends = (scenario.limit.documents, scenario.stop.budget)
        end = min((end for end in ends if end is not None), default=len(pool))
        self.limit = min(len(pool), max(labelling.initial, end))
        """Maximum number of documents to query, but at least the initial ones."""
        arrivals = scenario.corpus.arrivals
        self.arrived = len(pool) if arrivals is None else min(len(pool), arrivals.at_start)
        """Number of documents that have come in, the first of a random order; others are not queried."""
        self._scenario = scenario
        self._learner = learner
        self.stopping = Stopping(scenario.stop)
        self._random_order = streams.document_order(len(pool))
        self._unqueried = self._random_order
        self._queried = np.zeros(len(pool), dtype=np.bool_)
        self._query_order = np.empty(len(pool), dtype=np.int64)
        """Queried documents in the order of their queries; room for the whole pool."""
        self._shuffled = np.zeros(len(pool), dtype=np.bool_)
        self._control = 0
        """Length of the control sample, which is the beginning of the random order."""
        self._undiscovered = np.full(pool.labels.shape[1], scenario.taxonomy.emergent)
        self._fitted: Rows = np.empty(0, dtype=np.int64)
        self._model: Model | None = None
        self._found: float | None = None
        self._predictions: Predictions | None = None
        advised = strategy is None and labelling.strategy == MODEL_RATING
        self._strategy = strategy or (None if advised else QUERY_STRATEGIES[labelling.strategy]())
        """None where the Model Rating recommends documents."""
        # Random picks are the next of the order anyway.
        self._control_share = 0 if isinstance(self._strategy, Random) else scenario.control
        self._recommender: Recommender | None = None
        if advised or self.stopping.needs_rating:
            times = np.arange(len(pool), dtype=np.float64) if pool.times is None else pool.times
            advice = streams.rng("advice")
            self._recommender = Recommender(labelling, self.label_names, self._random_order, times, advice)

    @property
    def room(self) -> int:
        """Number of documents that may be queried now."""
        return min(self.limit, self.arrived) - self.queried

    @property
    def queried(self) -> int:
        """Number of documents queried so far."""
        return len(self.pool) - len(self._unqueried)

    @property
    def fitted_documents(self) -> int:
        """Number of documents on which the last model was trained."""
        return len(self._fitted)

    @property
    def control(self) -> Rows:
        """Control sample of the last model: documents that it learned from, an unbiased sample of the pool.

        Rows of the pool in random order. Documents belong to it by their place in that order alone, whether
        they were picked as random ones or had been picked already by the strategy: leaving those out would
        leave out what the strategy likes.
        """
        sample = self._random_order[: self._control]
        # What was queried last may not be labelled yet.
        missing = ~np.isin(sample, self._fitted)
        return sample[: missing.argmax()] if missing.any() else sample

    def query(self, count: int, expected_seconds: ExpectedSeconds | None = None) -> list[Query]:
        """Query the documents to label next, ``count`` in all unless the limit allows fewer.

        The first query is the scenario's start. Later ones follow its strategy or, under ``model_rating``,
        what the rating recommends; they are random ones where there is no model yet, or either knows of none.
        As many random documents come first as it takes for the control sample to keep its share.

        ``expected_seconds`` estimates how long documents take, given their rows and their labels'
        probabilities, shape ``(documents, labels)``; left out: all take the same.
        """
        count = min(count, self.room)
        if not count:
            return []
        # Still in random order: random batches nest, and scenarios share their documents.
        queried = self.queried
        unqueried = self._unqueried[: self.arrived - queried]
        due = ceil(self._control_share * (queried + count) - ROUNDING)
        sample = self._random_order[self._control : due]
        control = min(count, int(np.count_nonzero(~self._queried[sample])))
        given: Sequence[str] = ()
        if not queried and self._scenario.labelling.start != "diverse":
            given = self._scenario.labelling.given
            queries = [self._initial_query(given, count)]
        elif picked := self._pick(unqueried[control:], count - control, expected_seconds):
            queries = [_query_of(Random(), unqueried[:control])] if control else []
            queries += picked
        else:
            queries = [_query_of(Random(), unqueried[:count])]
        new = [query for query in queries if not query.again]
        documents = np.concatenate([unqueried[:0], *(query.documents for query in new)])
        self._query_order[queried : queried + len(documents)] = documents
        for query in new:
            self._queried[query.documents] = True
            self._shuffled[query.documents] = query.view == Shuffle.name
        self._control += sum(len(one.documents) for one in new if one.view == Shuffle.name) - len(given)
        if self._queried[sample].all():
            self._control = max(self._control, due)
        # A random batch is the start of the order, which saves a look at all other documents.
        is_prefix = self._queried[unqueried[: len(documents)]].all()
        left = self._unqueried
        self._unqueried = left[len(documents) :] if is_prefix else left[~self._queried[left]]
        return queries

    def in_query_order(self, documents: Rows) -> Rows:
        """Return queried documents in the order in which they were queried."""
        order = self._query_order[: self.queried]
        # Most often it is all of them, and sorting them after each batch would take time of the square of
        # their number.
        return order if len(documents) == len(order) else order[np.isin(order, documents)]

    def _initial_query(self, given: Sequence[str], count: int) -> Query:
        """Query the documents with given names, then random ones."""
        first = self.pool.rows(given)
        others = self._random_order[~np.isin(self._random_order, first)]
        return _query_of(Random(), np.concatenate([first, others])[:count])

    def _pick(self, unqueried: Rows, count: int, expected_seconds: ExpectedSeconds | None) -> list[Query]:
        """Query documents by a diverse start, the strategy or the Model Rating; none where it has no pick."""
        if not count:
            return []
        if len(self._unqueried) == len(self.pool):
            # To a model that has learned nothing all are equally uncertain: what is left is what tells most.
            candidates = Candidates(unqueried[: max(START_CANDIDATES, count)], self.untrained())
            strategy = VarianceReduction()
            return [_query_of(strategy, strategy.pick(candidates, count))]
        if self._strategy is None:
            return self._query_by_rating(unqueried, count)
        return self._query_by_strategy(self._strategy, Candidates(unqueried, timing=expected_seconds), count)

    def _query_by_strategy(self, strategy: Strategy, candidates: Candidates, count: int) -> list[Query]:
        """Query the documents that a query strategy picks; none if it lacks a model or a label."""
        if strategy.needs_model:
            if self._model is None or not len(self.known_labels):
                return []
            candidates = replace(candidates, model=self.predictions.for_labels(self.known_labels))
        documents = strategy.pick(candidates, count)
        return [_query_of(strategy, documents)] if len(documents) else []

    def _query_by_rating(self, unqueried: Rows, count: int) -> list[Query]:
        """Query the documents of the views that the Model Rating recommends.

        Its advice dwells on what a label is known by already, which teaches little of labels that are hardly
        known, or of many kinds. So outside the article's world half of a batch, or as much more as there are
        labels that lack examples, is what teaches the model most of all.
        """
        if self._recommender is None:
            return []
        exploring: list[Query] = []
        if self._control_share:
            explored = round(count * (1 + self._recommender.lacking) / 2)
            exploring = self._query_by_strategy(VarianceReduction(), Candidates(unqueried), explored)
        for query in exploring:
            unqueried = unqueried[~np.isin(unqueried, query.documents)]
            count -= len(query.documents)
        plan = self._recommender.plan(unqueried, count)
        advised = [Query(shown, view.name, view.pace, view.subject, view.again) for view, shown in plan]
        return [*exploring, *advised]

    def untrained(self) -> Predictions:
        """Return the predictions of a model that was trained on no document."""
        return self._learner.train(np.empty(0, dtype=np.int64)).predictions()

    def fit(self, documents: Rows, labels: Flags | None = None) -> None:
        """Train a model on labelled documents; later queries use it.

        Args:
            documents: rows of the pool, in the order of labelling.
            labels: what annotators put on them, shape ``(documents, labels)``; left out: the true ones.
        """
        self._model = self._learner.train(documents, labels)
        self._fitted = documents
        self._predictions = None
        self._found = self._share_found(documents, labels)

    def _share_found(self, documents: Rows, labels: Flags | None) -> float | None:
        """Return the share of the only label's documents that carry it now; None if there are several."""
        truth = self.pool.labels
        if truth.shape[1] > 1 or not truth.any():
            return None
        found = truth[documents] if labels is None else truth[documents] & labels
        return float(found.sum() / truth.sum())

    @property
    def predictions(self) -> Predictions:
        """Predictions of the last model for every document of the pool, computed on first use.

        Raises:
            RuntimeError: if there is no model yet.
        """
        if self._predictions is None:
            if self._model is None:
                raise RuntimeError("there is no model yet; fit one")
            self._predictions = self._model.predictions()
        return self._predictions

    @property
    def average_precisions(self) -> Sequence[float]:
        """Average precision of each label on the test documents; empty without a model."""
        return self._model.average_precisions.tolist() if self._model else ()

    @property
    def known_labels(self) -> Rows:
        """All labels or, with an emergent taxonomy, those of which the last model has examples."""
        if self._scenario.taxonomy.emergent:
            return np.flatnonzero(self.predictions.positives)
        return np.arange(self.pool.labels.shape[1])

    def discover(self, labels: Flags) -> int:
        """Note the labels put on some documents; return how many of them are new to the project.

        ``labels`` has the shape ``(documents, labels)``. Where the taxonomy is given, all are known.
        """
        emerged = self._undiscovered & labels.any(axis=0)
        self._undiscovered &= ~emerged
        return int(emerged.sum())

    def rate(self, published_ms: int = 0, corrected_labels: int = 0) -> CurvePoint:
        """Rate the last model, and append its point to the learning curve.

        Its quality is measured on the test documents. Where a strategy or a stopping rule looks at the
        rating, the point has that as well, by what the project itself can know.

        Args:
            published_ms: when the model can be used, in milliseconds since the project's start.
            corrected_labels: number of labels changed in second passes by then.

        Raises:
            RuntimeError: if there is no model yet.
        """
        if self._model is None:
            raise RuntimeError("there is no model yet; fit one")
        rating, signs = self._observe(corrected_labels)
        map_, quality = self._model.map, replace(self._model.quality, found=self._found)
        point = CurvePoint(
            len(self.curve), len(self._fitted), published_ms, map_, rating, signs, **vars(quality)
        )
        self.curve.append(point)
        return point

    def _observe(self, corrected_labels: int) -> tuple[Rating | None, ConvergenceStats | None]:
        """Rate the last model as the project can, and measure convergence; None where not needed."""
        if self._recommender is None or not len(self.known_labels):
            return None, None
        unlabelled = np.ones(len(self.pool), dtype=np.bool_)
        unlabelled[self._fitted] = False
        shuffled = int(self._shuffled[self._fitted].sum())
        return self._recommender.rate(
            self.predictions, self.known_labels, unlabelled, shuffled, self.control, corrected_labels
        )

    def should_stop(self, spent: Spent = NOTHING_SPENT) -> list[str]:
        """Return the names of the stopping rules that end a project with the last rated model."""
        return self.stopping.fired(self.curve, spent) if self.curve else []


def _query_of(strategy: Strategy, documents: Rows) -> Query:
    """Build the query of documents that a query strategy picked."""
    return Query(documents, strategy.view, strategy.pace)
