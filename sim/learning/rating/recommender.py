"""Rates published models, says how far they have converged, and recommends what to label next."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from sim.core.events import Signs
from sim.learning.rating import model_rating
from sim.learning.rating.model_rating import assess, missing
from sim.learning.rating.state import Knowledge
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

    from sim.core.events import Rating
    from sim.learning.predictions import Predictions
    from sim.learning.rating.model_rating import Assessment
    from sim.learning.rating.views import View
    from sim.scenario.models import Labelling

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]


ADVISED_EXAMPLES = 25
"""Examples of a label from which on the product asks for no more of any kind (support pages)."""
HEAD_START = 2
"""Examples that every label is taken to have, so that one lucky document does not promise too much."""


@dataclass(frozen=True, eq=False)
class Recommendation:
    """A view on a subject, the documents that it shows, and the points of rating that these should gain."""

    view: View
    documents: Rows
    gain: float


def recommend(
    knowledge: Knowledge, assessment: Assessment, unlabelled: Rows, label_names: Sequence[str], count: int
) -> list[Recommendation]:
    """Every action that shows something, at most ``count`` documents each, the most promising first.

    What a factor lacks is taken to shrink as 1 / examples. So h more examples of a label that has n close
    h / (n + h + 2) of the gap between its estimate and 1, and documents of which h are not covered close
    h / (n + h) of the gap in coverage, where n are labelled; a mistake that is mended counts as an example.
    What balance gains is computed for the very documents. All gains are weighted as the factors are, in
    points.
    """
    found = [
        Recommendation(view, documents, _gain(knowledge, assessment, view, documents))
        for view in _views(knowledge, label_names)
        if len(documents := view.show(knowledge, unlabelled, count))
    ]
    return sorted(found, key=lambda one: -one.gain)


def _views(knowledge: Knowledge, label_names: Sequence[str]) -> Iterator[View]:
    for label, name in enumerate(label_names):
        few = knowledge.model.positives[label] < ADVISED_EXAMPLES
        yield Label(label, name) if few else TeachLabel(label, name)
        yield CheckLabel(label, name)
        yield MissedLabel(label, name)
    yield LowConfidence()
    yield from map(Discover, range(knowledge.clusters.count))
    yield Rebalance()
    yield Shuffle()


def _gain(knowledge: Knowledge, assessment: Assessment, view: View, documents: Rows) -> float:
    if isinstance(view, Label | TeachLabel):
        hoped = float(knowledge.chances[documents, view.label].sum())
        return 100 * _of_label(knowledge, assessment, view.label, hoped)
    if isinstance(view, CheckLabel | MissedLabel):
        return 100 * _of_label(knowledge, assessment, view.label, knowledge.mistaken * len(documents))
    if isinstance(view, LowConfidence | Discover):
        return 100 * _of_coverage(knowledge, assessment, documents)
    return 100 * _of_balance(knowledge, assessment, documents, shuffled=isinstance(view, Shuffle))


def _of_label(knowledge: Knowledge, assessment: Assessment, label: int, hoped: float) -> float:
    by_label = assessment.performance.by_label
    closed: float = hoped / (knowledge.model.positives[label] + hoped + HEAD_START)
    weight = model_rating.ALL_LABELS / len(by_label)
    if label in assessment.worst:
        weight += model_rating.UNDERPERFORMING_LABELS / len(assessment.worst)
    return weight * float(1 - by_label[label]) * closed


def _of_coverage(knowledge: Knowledge, assessment: Assessment, documents: Rows) -> float:
    hoped = float((1 - knowledge.covered[documents]).sum())
    return model_rating.COVERAGE * (1 - assessment.coverage) * hoped / (len(knowledge.model.labelled) + hoped)


def _of_balance(knowledge: Knowledge, assessment: Assessment, documents: Rows, *, shuffled: bool) -> float:
    then = np.concatenate([knowledge.model.labelled, documents])
    random = (knowledge.shuffled + shuffled * len(documents)) / len(then)
    after = model_rating.balance(model_rating.likeness(knowledge, then), random)
    return model_rating.BALANCE * (after - assessment.balance)


COMPARED = 1_000
"""Documents on which a model is compared with the one before it."""
LIKELY = 0.5


class ConvergenceMonitor:
    """Compares each published model with the one before it.

    ``fixed`` are the documents that they are compared on, those of them that nobody has labelled yet.
    """

    def __init__(self, fixed: Rows) -> None:
        self._fixed = fixed
        self._before: Flags | None = None

    def update(self, model: Predictions, known: Rows, unlabelled: Flags) -> Signs:
        """Signs of a model that was just published.

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
        agreement = None if self._before is None else kappa(self._before[compared], predicted[compared])
        self._before = predicted
        chances = model.probabilities[np.ix_(unlabelled, known)].astype(np.float64)
        if not chances.size:
            return Signs(agreement, 0.0, 1.0)
        entropy = (entr(chances) + entr(1 - chances)).mean() / np.log(2)
        sure = np.maximum(chances, 1 - chances).mean(axis=1)
        return Signs(agreement, float(entropy), float(sure.min()))


def kappa(one: Flags, other: Flags) -> float | None:
    """Cohen's kappa of two raters over all cells, micro-averaged; both have the same shape.

    None where chance alone makes them agree on all, as where both say no everywhere.
    Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    if not one.size:
        return None
    yes, others_yes = float(one.mean()), float(other.mean())
    by_chance = yes * others_yes + (1 - yes) * (1 - others_yes)
    if by_chance == 1:
        return None
    return (float(np.equal(one, other).mean()) - by_chance) / (1 - by_chance)


class Recommender:
    """Rates the models of one project, and has its annotators follow the advice or choose views themselves.

    ``random_order`` holds all documents of the pool, ``times`` orders them in time; ``luck`` decides whether
    annotators follow.
    """

    def __init__(
        self,
        labelling: Labelling,
        label_names: Sequence[str],
        random_order: Rows,
        times: NDArray[np.float64],
        luck: np.random.Generator,
    ) -> None:
        self._label_names = label_names
        self._follow = labelling.follow
        self._mix = labelling.views.weights
        self._new = labelling.views.of_unlabelled
        self._each = ceil(labelling.batch / labelling.actions)
        self._times = times
        self._luck = luck
        self._convergence = ConvergenceMonitor(random_order[-COMPARED:])
        self._checked: dict[str, Rows] = {}
        self._knowledge: Knowledge | None = None
        self._assessment: Assessment | None = None
        self._known_names: Sequence[str] = ()

    def rate(
        self,
        model: Predictions,
        known: Rows,
        unlabelled: NDArray[np.bool_],
        shuffled: int,
        corrected: int = 0,
    ) -> tuple[Rating | None, Signs]:
        """Rate a model that was just published, as far as it can be rated, and take its signs.

        ``known`` are the labels that the project knows, ``unlabelled`` has shape ``(documents,)``; of the
        documents that the model learned from, ``shuffled`` were picked at random. Second looks have changed
        ``corrected`` labels by now.
        """
        self._knowledge = Knowledge(model.of(known), shuffled, self._checked, corrected)
        self._known_names = [self._label_names[label] for label in known]
        self._assessment = None if missing(model) else assess(self._knowledge)
        rating = self._assessment.rating(self._known_names) if self._assessment else None
        return rating, self._convergence.update(model, known, unlabelled)

    def plan(self, unlabelled: Rows, count: int) -> Iterator[tuple[View, Rows]]:
        """Views and the documents that they show, none twice, ``count`` in all where there are as many.

        ``unlabelled`` are in random order. Random documents before there is anything to advise by.
        """
        knowledge, assessment = self._knowledge, self._assessment
        if knowledge is None or assessment is None:
            yield Shuffle(), unlabelled[:count]
            return
        advised: Iterator[tuple[View, Rows]] = iter(())
        if self._follow:
            actions = recommend(knowledge, assessment, unlabelled, self._known_names, self._each)
            advised = ((one.view, one.documents) for one in actions)
        taken = np.zeros(len(knowledge.chances), dtype=np.bool_)
        mix = self._mix
        while count > 0 and not taken[unlabelled].all():
            if self._luck.random() < self._follow:
                if (action := next(advised, None)) is None:
                    return
                view, documents = action
                documents = documents[~taken[documents]][:count]
            else:
                view = self._chosen(knowledge, mix)
                left = unlabelled[~taken[unlabelled]]
                documents = view.show(knowledge, left, min(self._each, count))
            # Where nothing is left to look at again, views of new documents take over, however rare they are.
            mix = self._mix if len(documents) or not view.again else self._new
            if len(documents):
                taken[documents] = True
                if view.again:
                    before = self._checked.get(view.subject, documents[:0])
                    self._checked[view.subject] = np.concatenate([before, documents])
                count -= len(documents)
                yield view, documents

    def _chosen(self, knowledge: Knowledge, mix: Mapping[str, float]) -> View:
        """A view by the annotators' habits, these weights, on any subject."""
        label = int(self._luck.integers(len(self._known_names)))
        cluster = int(self._luck.integers(knowledge.clusters.count))
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
        return views[str(self._luck.choice(list(mix), p=weights / weights.sum()))]
