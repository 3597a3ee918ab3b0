"""What to label next, by the rating that it is expected to gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.rating import rating
from sim.rating.views import (
    CheckLabel,
    Discover,
    Label,
    LowConfidence,
    MissedLabel,
    Rebalance,
    Shuffle,
    TeachLabel,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sim.rating.knowledge import Knowledge
    from sim.rating.rating import Assessment
    from sim.rating.views import View

    Rows = NDArray[np.int64]

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


def recommended(
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
    weight = rating.ALL_LABELS / len(by_label)
    if label in assessment.worst:
        weight += rating.UNDERPERFORMING_LABELS / len(assessment.worst)
    return weight * float(1 - by_label[label]) * closed


def _of_coverage(knowledge: Knowledge, assessment: Assessment, documents: Rows) -> float:
    hoped = float((1 - knowledge.covered[documents]).sum())
    return rating.COVERAGE * (1 - assessment.coverage) * hoped / (len(knowledge.model.labelled) + hoped)


def _of_balance(knowledge: Knowledge, assessment: Assessment, documents: Rows, *, shuffled: bool) -> float:
    then = np.concatenate([knowledge.model.labelled, documents])
    random = (knowledge.shuffled + shuffled * len(documents)) / len(then)
    after = rating.balance(rating.likeness(knowledge, then), random)
    return rating.BALANCE * (after - assessment.balance)
