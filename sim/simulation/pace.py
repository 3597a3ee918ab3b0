"""Labelling times: reading, labels, practice, fatigue, and differences between people and documents."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from sim.core.durations import MS_PER_HOUR, NORMAL_P90

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.models import Labelling
    from sim.scenario.team import Traits


WORDS_PER_READING = 100
MS_PER_SECOND = 1_000


class AnnotationTime:
    """Median labelling times: the article's 2 x 2 table, with a scenario's additions.

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
        """Return labelling times of documents, switching and focused; counts are per document."""
        further = np.maximum(assigned + confirmed - 1, 0)
        common_ms = self._reading[documents] + dismissed * self._dismiss + further * self._further_label
        switching, focused = (
            common_ms + assigned * assign + confirmed * confirm
            for assign, confirm in zip(self._assign, self._confirm, strict=True)
        )
        return switching, focused

    def expected_seconds(
        self, documents: NDArray[np.int64], probabilities: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Return the expected labelling time of documents, switching, in seconds; shape ``(documents,)``.

        A document takes at least one annotation. The labels beyond the first are taken to be the expected
        labels less one, but not less than none: exact where a document is certain to carry a label, and too
        low otherwise (Jensen's inequality).
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


class PaceModel:
    """Pace of one annotator: labelling times with practice, fatigue and variation, and present tiredness.

    Random numbers belong to a person and a document, so that they do not depend on what happened before;
    ``person_key`` names the person's stream. ``median_ms`` is the base time of the corpus's median document.
    """

    def __init__(self, traits: Traits, streams: Streams, person_key: str, median_ms: float) -> None:
        fatigue = traits.fatigue
        gets_tired = fatigue.per_hour > 0 or fatigue.rest_after is not None
        self.is_constant = not gets_tired and traits.speed == traits.spread == traits.practice.first == 1
        """Whether documents take exactly their base time, and the person does not tire."""
        self._speed = traits.speed
        # `spread` is the 90th percentile over the median of a lognormal time: exp(NORMAL_P90 sigma).
        self._sigma = math.log(traits.spread) / NORMAL_P90
        self._uniforms = partial(streams.uniforms, f"pace of {person_key}")
        self._practice = traits.practice
        self._fatigue = fatigue
        self._gets_tired = gets_tired
        self._rest_after = fatigue.rest_after.ms / MS_PER_HOUR if fatigue.rest_after else math.inf
        # Where documents take no time, none is hard.
        self._effort_weight = fatigue.hardness if median_ms else 0
        self._median_ms = median_ms
        self._labelled = 0
        self._tiredness = 0.0
        self._worked_until_ms = 0
        self._tiredness_before: list[float] = []
        self._weights: list[float] = []

    @property
    def exhausted(self) -> bool:
        """Whether the annotator was too tired for another document after the last recorded work."""
        return self._tiredness >= self._rest_after

    def tiredness(self, now_ms: int) -> float:
        """Return the annotator's tiredness in hours after the rest since the last recorded work."""
        if not self._gets_tired:
            return 0.0
        rested: float = 0.5 ** ((now_ms - self._worked_until_ms) / self._fatigue.recovery.ms)
        return self._tiredness * rested

    def lengths_ms(
        self, documents: NDArray[np.int64], base_ms: NDArray[np.int64], now_ms: int
    ) -> NDArray[np.int64]:
        """Draw an annotator's times for documents begun now, in milliseconds.

        There are fewer times than documents where the person is exhausted before the last. This changes
        nothing; `worked` records what was done. A constant pace returns ``base_ms`` itself.

        Times are rounded, tiredness is not: without a rest between them, documents take the same time however
        they are grouped into pages.
        """
        if self.is_constant:
            return base_ms
        lengths = self._fresh_ms(documents, base_ms)
        if self._gets_tired:
            weights = self._effort_weights(base_ms)
            self._weights = weights.tolist()
            self._tiredness_before = self._accumulate_tiredness(
                lengths / MS_PER_HOUR * weights, self.tiredness(now_ms)
            )
            # Tiredness only grows within a page, so that it can be bisected.
            begun = min(len(documents), bisect_left(self._tiredness_before, self._rest_after))
            lengths = lengths[:begun] * (
                1 + self._fatigue.per_hour * np.array(self._tiredness_before[:begun])
            )
        return np.rint(lengths).astype(np.int64)

    def worked(self, count: int, until_ms: int, spells: Sequence[tuple[int, int]] = ()) -> None:
        """Record that an annotator finished the first ``count`` documents of the last times without a break.

        With none done, ``until_ms`` is when their times were computed. ``spells`` are those of one further
        document, which the last spell finished; there are several where working hours ended meanwhile. Wasted
        work tires as well.
        """
        if self.is_constant:
            return
        self._labelled += count + bool(spells)
        if not self._gets_tired:
            return
        self._tiredness, self._worked_until_ms = self._tiredness_before[count], until_ms
        for start_ms, end_ms in spells:
            hours = (end_ms - start_ms) / MS_PER_HOUR * self._weights[count]
            self._tiredness = min(self.tiredness(start_ms) + hours, self._fatigue.MOST_HOURS)
            self._worked_until_ms = end_ms

    def _fresh_ms(self, documents: NDArray[np.int64], base_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Draw the times of documents for an annotator who is not tired."""
        times: NDArray[np.float64] = base_ms / self._speed
        if self._sigma:
            from scipy.special import ndtri

            times *= np.exp(self._sigma * ndtri(self._uniforms(documents)))
        if self._practice.first > 1:
            experience = np.arange(self._labelled, self._labelled + len(documents))
            times *= 1 + (self._practice.first - 1) * np.exp2(-experience / self._practice.half_life)
        return times

    def _effort_weights(self, base_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the hours of tiredness that an hour spent on each document causes."""
        if not self._effort_weight:
            return np.ones(len(base_ms))
        return np.maximum(1 + self._effort_weight * (base_ms / self._median_ms - 1), 0)

    def _accumulate_tiredness(self, hours: NDArray[np.float64], tiredness: float) -> list[float]:
        """Return tiredness before each document and after the last; ``hours`` is each one's effort.

        A recurrence in plain Python numbers: as fast as arrays for a page, and the same to the last bit
        however documents are grouped.
        """
        slowing, most = self._fatigue.per_hour, self._fatigue.MOST_HOURS

        def after(tired: float, more: float) -> float:
            """Return tiredness after a document, which takes a tired annotator longer."""
            return min(tired + more * (1 + slowing * tired), most)

        return list(accumulate(hours.tolist(), after, initial=tiredness))
