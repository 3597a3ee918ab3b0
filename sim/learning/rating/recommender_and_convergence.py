"""Recommender: rates published models, measures convergence, and recommends training views."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from sim.core.quality import ConvergenceStats
from sim.learning.predictions import LIKELY
from sim.learning.rating import model_rating
from sim.learning.rating.model_rating import assess, missing
from sim.learning.rating.observed_state import ObservedState
from sim.learning.rating.views import (
    CheckLabel,
    Discover,
    Label,
    LowConfidence,
    MissedLabel,
    Rebalance,
    Recent,
    Shuffle,
    TeachLabel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.quality import Rating
    from sim.learning.predictions import Predictions
    from sim.learning.rating.model_rating import Assessment
    from sim.learning.rating.views import View
    from sim.scenario.models import Labelling

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]


ADVISED_EXAMPLES = 25
"""Examples of a label from which on the product asks for no more of any kind (support pages)."""
HEAD_START = 2
"""Examples that every label is taken to have, so that a single document does not promise too much."""


@dataclass(frozen=True, eq=False)
class Recommendation:
    """Recommended view on a subject, its documents, and the points of rating that these should gain."""

    view: View
    documents: Rows
    gain: float


def recommend(
    state: ObservedState, assessment: Assessment, unlabelled: Rows, label_names: Sequence[str], count: int
) -> list[Recommendation]:
    """Rank every view that shows something, at most ``count`` documents each, by the gain in rating.

    What a factor lacks is taken to shrink as 1 / examples. So h more examples of a label that has n close
    h / (n + h + 2) of the gap between its estimate and 1, and documents of which h are not covered close
    h / (n + h) of the gap in coverage, where n are labelled; a corrected mistake counts as an example.
    What balance gains is computed for the very documents. All gains are weighted as the factors are, in
    points.
    """
    recommendations = [
        Recommendation(view, documents, _gain(state, assessment, view, documents))
        for view in _views(state, label_names)
        if len(documents := view.show(state, unlabelled, count))
    ]
    # A stable sort: equal gains keep the order of `_views`.
    return sorted(recommendations, key=lambda one: -one.gain)


def _views(state: ObservedState, label_names: Sequence[str]) -> Iterator[View]:
    """Yield every view that may be recommended to annotators."""
    for label, name in enumerate(label_names):
        few = state.model.positives[label] < ADVISED_EXAMPLES
        yield Label(label, name) if few else TeachLabel(label, name)
        yield CheckLabel(label, name)
        yield MissedLabel(label, name)
    yield LowConfidence()
    yield from map(Discover, range(state.clusters.count))
    yield Rebalance()
    yield Shuffle()


def _gain(state: ObservedState, assessment: Assessment, view: View, documents: Rows) -> float:
    """Estimate the points of rating that a view's documents gain."""
    if isinstance(view, Label | TeachLabel):
        expected = float(state.probabilities[documents, view.label].sum())
        return 100 * _gain_of_label(state, assessment, view.label, expected)
    if isinstance(view, CheckLabel | MissedLabel):
        return 100 * _gain_of_label(state, assessment, view.label, state.error_rate * len(documents))
    if isinstance(view, LowConfidence | Discover):
        return 100 * _gain_of_coverage(state, assessment, documents)
    return 100 * _gain_of_balance(state, assessment, documents, shuffled=isinstance(view, Shuffle))


def _gain_of_label(state: ObservedState, assessment: Assessment, label: int, expected: float) -> float:
    """Estimate the gain in rating by further examples of a label."""
    performance = state.plain_performance if state.model.plain_advice else assessment.performance
    by_label = performance.by_label
    closed: float = expected / (state.model.positives[label] + expected + HEAD_START)
    weight = model_rating.ALL_LABELS / len(by_label)
    if label in performance.worst:
        weight += model_rating.UNDERPERFORMING_LABELS / len(performance.worst)
    return weight * float(1 - by_label[label]) * closed


def _gain_of_coverage(state: ObservedState, assessment: Assessment, documents: Rows) -> float:
    """Estimate the gain in rating by documents that no label covers yet."""
    expected = float((1 - state.covered[documents]).sum())
    return (
        model_rating.COVERAGE * (1 - assessment.coverage) * expected / (len(state.model.labelled) + expected)
    )


def _gain_of_balance(
    state: ObservedState, assessment: Assessment, documents: Rows, *, shuffled: bool
) -> float:
    """Compute the gain in rating by a better balance of labelled documents."""
    then = np.concatenate([state.model.labelled, documents])
    random = (state.shuffled + shuffled * len(documents)) / len(then)
    after = model_rating.balance(model_rating.likeness(state, then), random)
    return model_rating.BALANCE * (after - assessment.balance)


COMPARED = 1_000
"""Documents on which a model is compared with the one before it."""


class ConvergenceMonitor:
    """Monitor of convergence: compares each published model with the one before it.

    Models are compared on the documents of ``fixed`` that are not labelled yet.
    """

    def __init__(self, fixed: Rows) -> None:
        self._fixed = fixed
        self._last_predictions: Flags | None = None

    def update(self, model: Predictions, known: Rows, unlabelled: Flags) -> ConvergenceStats:
        """Compute the convergence statistics of a model that was just published.

        ``known`` are the labels that the project knows, ``unlabelled`` has shape ``(documents,)``. A label
        that it did not know yet was predicted nowhere.

        Agreement as in Bloodgood and Vijay-Shanker (2009), "A method for stopping active learning based on
        stabilizing predictions and the need for user-adjustable stopping"; the other two are the overall
        uncertainty and the max confidence of Zhu, Wang, Hovy and Ma (2010), "Confidence-based stopping
        criteria for active learning for data annotation". All are over cells of documents x labels.
        """
        predicted = np.zeros((len(self._fixed), model.probabilities.shape[1]), dtype=np.bool_)
        predicted[:, known] = model.probabilities[np.ix_(self._fixed, known)] >= LIKELY
        compared = unlabelled[self._fixed]
        agreement = (
            None
            if self._last_predictions is None
            else kappa(self._last_predictions[compared], predicted[compared])
        )
        self._last_predictions = predicted
        if not (len(known) and unlabelled.any()):
            return ConvergenceStats(agreement, 0.0, 1.0)
        # A row per label, as learners lay them out: copied whole sooner than in part.
        probabilities = model.probabilities.T[known].astype(np.float32, copy=False)
        doubt = np.minimum(probabilities, 1 - probabilities)
        sure = 1 - doubt
        entropy = sure * np.log(sure)
        np.maximum(doubt, np.finfo(np.float32).tiny, out=doubt)
        entropy += doubt * np.log(doubt)
        uncertainty, confidence = (one.mean(axis=0)[unlabelled] for one in (entropy, sure))
        overall = uncertainty.mean(dtype=np.float64)
        return ConvergenceStats(agreement, float(-overall / np.log(2)), float(confidence.min()))


def kappa(one: Flags, other: Flags) -> float | None:
    """Compute Cohen's kappa of two models' predictions over all cells, micro-averaged; shapes are equal.

    None where they agree on all by chance, as where both say no everywhere.
    Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    if not one.size:
        return None
    yes, other_yes = float(one.mean()), float(other.mean())
    by_chance = yes * other_yes + (1 - yes) * (1 - other_yes)
    if by_chance == 1:
        return None
    return (float(np.equal(one, other).mean()) - by_chance) / (1 - by_chance)


class Recommender:
    """Recommender of training views: rates a project's models and plans the views of its annotators.

    ``random_order`` holds all documents of the pool, ``times`` orders them in time; ``rng`` decides whether
    annotators follow.
    """

    def __init__(
        self,
        labelling: Labelling,
        label_names: Sequence[str],
        random_order: Rows,
        times: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        self._label_names = label_names
        self._compliance = labelling.follow
        self._mix = labelling.views.weights
        self._unlabelled_mix = labelling.views.of_unlabelled
        self._documents_per_view = ceil(labelling.batch / labelling.actions)
        self._times = times
        self._rng = rng
        # Random picks take the end of this order last, so these documents stay unlabelled longest.
        self._convergence = ConvergenceMonitor(random_order[-COMPARED:])
        self._checked: dict[str, Rows] = {}
        self._state: ObservedState | None = None
        self._assessment: Assessment | None = None
        self._known_names: Sequence[str] = ()

    def rate(
        self,
        model: Predictions,
        known: Rows,
        unlabelled: NDArray[np.bool_],
        shuffled: int,
        control: Rows,
        corrected: int = 0,
    ) -> tuple[Rating | None, ConvergenceStats]:
        """Rate a model that was just published, if possible, and compute its convergence statistics.

        ``known`` are the labels that the project knows, ``unlabelled`` has shape ``(documents,)``; of the
        documents that the model learned from, ``shuffled`` were picked at random, and ``control`` is an
        unbiased sample of the pool. Second looks have changed ``corrected`` labels by now.
        """
        self._state = ObservedState(model.for_labels(known), shuffled, self._checked, corrected, control)
        self._known_names = [self._label_names[label] for label in known]
        self._assessment = None if missing(model) else assess(self._state)
        rating = self._assessment.rating(self._known_names) if self._assessment else None
        return rating, self._convergence.update(model, known, unlabelled)

    @property
    def lacking(self) -> float:
        """Share of the labels that have fewer examples than the product asks for."""
        return float(np.mean(self._state.model.positives < ADVISED_EXAMPLES)) if self._state else 0.0

    def plan(self, unlabelled: Rows, count: int) -> Iterator[tuple[View, Rows]]:
        """Yield views with the documents that they show, without duplicates, ``count`` in all if possible.

        ``unlabelled`` are in random order. Random documents before there is anything to advise by.
        """
        state, assessment = self._state, self._assessment
        if state is None or assessment is None:
            yield Shuffle(), unlabelled[:count]
            return
        advised: Iterator[tuple[View, Rows]] = iter(())
        if self._compliance:
            actions = recommend(state, assessment, unlabelled, self._known_names, self._documents_per_view)
            advised = ((one.view, one.documents) for one in actions)
        shown = np.zeros(len(state.probabilities), dtype=np.bool_)
        mix = self._mix
        while count > 0 and not shown[unlabelled].all():
            if self._rng.random() < self._compliance:
                if (action := next(advised, None)) is None:
                    return
                view, documents = action
                # Earlier actions may have shown some of them.
                documents = documents[~shown[documents]][:count]
            else:
                view = self._habitual_view(state, mix)
                remaining = unlabelled[~shown[unlabelled]]
                documents = view.show(state, remaining, min(self._documents_per_view, count))
            # Where nothing is left to look at again, views of new documents take over, however rare they are.
            mix = self._mix if len(documents) or not view.again else self._unlabelled_mix
            if len(documents):
                shown[documents] = True
                if view.again:
                    before = self._checked.get(view.subject, documents[:0])
                    self._checked[view.subject] = np.concatenate([before, documents])
                count -= len(documents)
                yield view, documents

    def _habitual_view(self, state: ObservedState, mix: Mapping[str, float]) -> View:
        """Choose a view by the annotators' habits, with these weights, on a random subject."""
        label = int(self._rng.integers(len(self._known_names)))
        cluster = int(self._rng.integers(state.clusters.count))
        name = self._known_names[label]
        views: dict[str, View] = {
            "shuffle": Shuffle(),
            "recent": Recent(self._times),
            "low_confidence": LowConfidence(),
            "rebalance": Rebalance(),
            "discover": Discover(cluster),
            "teach_label": TeachLabel(label, name),
            "label": Label(label, name),
            "check_label": CheckLabel(label, name),
            "missed_label": MissedLabel(label, name),
        }
        weights = np.array(list(mix.values()))
        return views[str(self._rng.choice(list(mix), p=weights / weights.sum()))]
