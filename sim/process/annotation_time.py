"""How long an annotator needs for a document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.scenario.models import Labelling

WORDS_PER_READING = 100
MS_PER_SECOND = 1_000


class AnnotationTime:
    """The article's 2 x 2 of medians, with what a scenario adds to them.

    A document's time = its labels assigned and confirmed, each at its pace's time, + those beyond the first x
    the time of a further label + its wrong suggestions x the time to dismiss one + its words / 100 x the
    reading time, in whole milliseconds.
    """

    def __init__(self, labelling: Labelling, words: NDArray[np.int64]) -> None:
        times = labelling.annotation_times
        self._assign, self._confirm = (
            np.array([times.switching.assign.ms, times.focused.assign.ms]),
            np.array([times.switching.confirm.ms, times.focused.confirm.ms]),
        )
        self.threshold = labelling.suggested.threshold if labelling.suggested else math.inf
        """Probability from which a label is suggested."""
        self._dismiss = labelling.suggested.dismissal.ms if labelling.suggested else 0
        self._further_label = labelling.further_label.ms
        self._reading = np.rint(words / WORDS_PER_READING * labelling.reading.ms).astype(np.int64)

    def milliseconds(
        self,
        assigned: NDArray[np.int64] | int,
        confirmed: NDArray[np.int64] | int,
        dismissed: NDArray[np.int64] | int,
        documents: NDArray[np.int64] | slice = slice(None),
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The time of documents, switching and focused; counts have one value a document."""
        further = np.maximum(assigned + confirmed - 1, 0)
        same = self._reading[documents] + dismissed * self._dismiss + further * self._further_label
        switching, focused = (
            same + assigned * assign + confirmed * confirm
            for assign, confirm in zip(self._assign, self._confirm, strict=True)
        )
        return switching, focused

    def expected_seconds(
        self, documents: NDArray[np.int64], probabilities: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """What documents are expected to take, switching, if labels are as probable, shape ``(documents,)``.

        No document is expected to take less than one annotation. The labels beyond the first are taken to be
        the expected labels less one, where that is more than none: an approximation, which is exact where a
        document is sure to carry a label and too little otherwise (Jensen's inequality).
        """
        suggested = probabilities >= self.threshold
        assign, confirm = self._assign[0], self._confirm[0]
        labels = np.where(suggested, probabilities * confirm, probabilities * assign).sum(axis=1)
        further = np.maximum(probabilities.sum(axis=1) - 1, 0)
        wrong = np.where(suggested, 1 - probabilities, 0).sum(axis=1)
        least = confirm if math.isfinite(self.threshold) else assign
        expected: NDArray[np.floating] = (
            np.maximum(labels, least)
            + further * self._further_label
            + wrong * self._dismiss
            + self._reading[documents]
        )
        return expected / MS_PER_SECOND
