"""Prelabels: suggestions of a bought tool or a language model, by its precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.errors import PlannerMistakeError
from sim.scenario.models import LabelPrelabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.models import Suggestions

    Flags = NDArray[np.bool_]

AS_OTHERS = LabelPrelabels()
TINY = 1e-12
"""In place of 0, where no label is ever wrong."""


def draw_prelabels(
    suggestions: Suggestions, labels: Flags, label_names: Sequence[str], streams: Streams
) -> NDArray[np.floating]:
    """Draw which labels prelabels suggest for each document, 1 or 0, in the shape of ``labels``.

    Each true label is suggested with its ``recall``, each other one with its own probability of
    `wrong_probabilities`, independently of each other.

    Args:
        suggestions: of prelabels.
        labels: the true ones, shape ``(documents, labels)``.
        label_names: names of the labels, for which precision and recall may differ.
        streams: random numbers, of which each document and label has its own.
    """
    cells = np.arange(labels.size, dtype=np.int64).reshape(labels.shape)
    wrong, recall = wrong_probabilities(suggestions, labels, label_names), _recall(suggestions, label_names)
    return (streams.uniforms("prelabels", cells) < np.where(labels, recall, wrong)).astype(np.float64)


def wrong_probabilities(
    suggestions: Suggestions, labels: Flags, label_names: Sequence[str]
) -> NDArray[np.floating]:
    """Return the probability that each label is suggested where it is not true, shape ``(labels,)``.

    Such that the expected number of right suggestions is the share ``precision`` of the expected number of
    all: for a label with a precision of its own by itself, for the others together, in proportion to their
    frequencies.

    Raises:
        PlannerMistakeError: if there are too few labels to be that often wrong.
    """
    own = np.array([_of_label(suggestions, name).precision or np.nan for name in label_names])
    together, precision = np.isnan(own), suggestions.precision or 1
    frequencies = labels.mean(axis=0)
    right = _recall(suggestions, label_names) * frequencies
    wrong = right[together].sum() * (1 - precision) / precision
    a_document = max(float(frequencies[together] @ (1 - frequencies[together])), TINY)
    by_itself = right * (1 - own) / (own * np.maximum(1 - frequencies, TINY))
    probabilities: NDArray[np.floating] = np.where(together, frequencies * wrong / a_document, by_itself)
    if probabilities.max(initial=0) > 1:
        name = label_names[int(probabilities.argmax())]
        raise PlannerMistakeError(
            f"labelling.suggestions: prelabels with this recall and precision would suggest {name!r} wrongly "
            "on more documents than there are; write a higher precision"
        )
    return probabilities


def _recall(suggestions: Suggestions, label_names: Sequence[str]) -> NDArray[np.float64]:
    """Return the recall of each label, shape ``(labels,)``."""
    own = [_of_label(suggestions, name).recall for name in label_names]
    return np.array([(suggestions.recall or 0) if recall is None else recall for recall in own])


def _of_label(suggestions: Suggestions, name: str) -> LabelPrelabels:
    return suggestions.labels.get(name, AS_OTHERS)
