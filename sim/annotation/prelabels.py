"""Prelabels: suggestions of a bought tool or a language model, by its precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.models import Suggestions

    Flags = NDArray[np.bool_]

TINY = 1e-12
"""In place of 0, where no label is ever wrong."""


def draw_prelabels(suggestions: Suggestions, labels: Flags, streams: Streams) -> NDArray[np.floating]:
    """Draw which labels prelabels suggest for each document, 1 or 0, in the shape of ``labels``.

    Each true label is suggested with the probability ``recall``, each other one with its own of
    `wrong_probabilities`, independently of each other.

    Args:
        suggestions: of prelabels.
        labels: the true ones, shape ``(documents, labels)``.
        streams: random numbers, of which each document and label has its own.
    """
    cells = np.arange(labels.size, dtype=np.int64).reshape(labels.shape)
    probabilities = np.where(labels, suggestions.recall or 0, wrong_probabilities(suggestions, labels))
    return (streams.uniforms("prelabels", cells) < probabilities).astype(np.float64)


def wrong_probabilities(suggestions: Suggestions, labels: Flags) -> NDArray[np.floating]:
    """Return the probability that each label is suggested where it is not true, shape ``(labels,)``.

    They are in proportion to the labels' frequencies, and such that the expected number of right suggestions
    is the share ``precision`` of the expected number of all.

    Raises:
        PlannerMistakeError: if there are too few labels to be that often wrong.
    """
    precision, recall = suggestions.precision or 1, suggestions.recall or 0
    frequencies = labels.mean(axis=0)
    wrong = recall * frequencies.sum() * (1 - precision) / precision
    a_document = max(float(frequencies @ (1 - frequencies)), TINY)
    probabilities: NDArray[np.floating] = frequencies * wrong / a_document
    if probabilities.max(initial=0) > 1:
        raise PlannerMistakeError(
            f"labelling.suggestions: prelabels with a recall of {recall:g} and a precision of {precision:g} "
            "would be wrong more often than there are labels; write a higher precision"
        )
    return probabilities
