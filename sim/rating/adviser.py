"""Who looks at each published model, and says what to label next."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from sim.rating.actions import recommended
from sim.rating.knowledge import Knowledge
from sim.rating.rating import assess, missing
from sim.rating.signs import COMPARED, Watch
from sim.rating.views import (
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

    from sim.predictions import Predictions
    from sim.rating.rating import Assessment
    from sim.rating.views import View
    from sim.records import Rating, Signs
    from sim.scenario.models import Labelling

    Rows = NDArray[np.int64]


class Adviser:
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
        self._watch = Watch(random_order[-COMPARED:])
        self._checked: dict[str, Rows] = {}
        self._mended = 0
        self._knowledge: Knowledge | None = None
        self._assessment: Assessment | None = None
        self._known_names: Sequence[str] = ()

    def look(
        self, model: Predictions, known: Rows, unlabelled: NDArray[np.bool_], shuffled: int
    ) -> tuple[Rating | None, Signs]:
        """Rate a model that was just published, as far as it can be rated, and take its signs.

        ``known`` are the labels that the project knows, ``unlabelled`` has shape ``(documents,)``; of the
        documents that the model learned from, ``shuffled`` were picked at random.
        """
        self._knowledge = Knowledge(model.of(known), shuffled, self._checked, self._mended)
        self._known_names = [self._label_names[label] for label in known]
        self._assessment = None if missing(model) else assess(self._knowledge)
        rating = self._assessment.rating(self._known_names) if self._assessment else None
        return rating, self._watch.look(model, known, unlabelled)

    def mended(self, labels: int) -> None:
        """Hear of labels that second looks have changed."""
        self._mended += labels

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
            actions = recommended(knowledge, assessment, unlabelled, self._known_names, self._each)
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
