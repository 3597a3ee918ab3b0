"""Labelling times: reading, labels, practice, fatigue, and differences between people and documents."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from sim.core.durations import MS_PER_HOUR, NORMAL_P90
from sim.scenario.team import FirstDocuments, Outliers, Revisions, Team

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.models import Labelling
    from sim.scenario.team import Traits


WORDS_PER_READING = 100
MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60_000


BESIDE = 1.07, 0.78
"""Time of a document beside suggestions, as a multiple of its time by hand: with none of its labels
suggested, and with all of them.

A controlled study (Greinacher and Horn 2018, "The DALPHI annotation framework and how its pre-annotations can
improve annotator efficiency"; 66 people, named entities) where 10, 50 and 90 % were suggested: 1.04 (95 % CI
.95 to 1.15), .93 (.85 to 1.01) and .81 (.76 to .88), of geometric means paired by person; the line
1.07 - .29 x share."""


class AnnotationTime:
    """Median labelling times of a kind of person: the article's 2 x 2 table, with a scenario's additions.

    A document's time = its labels assigned and confirmed, each at its pace's time, + those beyond the first x
    the time of a further label + its wrong suggestions x the time to dismiss one + its words / 100 x the
    reading time, in whole milliseconds.

    ``seconds_per_label`` of a person's traits replaces the table's first time, and the others in proportion;
    ``seconds_per_document`` replaces the time of every document by hand, switching, and its other times in
    proportion. Where the time that is replaced is 0, all others become the new one as well. All documents
    take a model the same time.
    """

    def __init__(self, labelling: Labelling, words: NDArray[np.int64], traits: Traits | None = None) -> None:
        times = labelling.annotation_times
        table = np.array(
            [
                [times.switching.assign.ms, times.focused.assign.ms],
                [times.switching.confirm.ms, times.focused.confirm.ms],
            ]
        )
        if traits is not None and traits.seconds_per_label is not None:
            table = _in_proportion(traits.seconds_per_label.ms, table, table[0, 0])
        self._assign, self._confirm = table
        no_label = labelling.no_label
        self._no_label = self._assign if no_label is None else np.full(len(self._assign), no_label.ms)
        shortest = self._confirm if labelling.suggested else self._assign
        self._least = int(shortest[0]) if no_label is None else no_label.ms
        self._document_ms = traits.seconds_per_document.ms if traits and traits.seconds_per_document else None
        self._model_ms = None
        if isinstance(traits, Team) and traits.is_model:
            self._model_ms = round(MS_PER_MINUTE / traits.documents_per_minute)
        self.threshold = labelling.suggested.threshold if labelling.suggested else math.inf
        """Probability from which a label is suggested."""
        self._as_in_study = labelling.suggested is not None and labelling.suggested.effect == "study"
        self._dismiss = labelling.suggested.dismissal.ms if labelling.suggested else 0
        self._further_label = labelling.further_label.ms
        self._reading = np.rint(words / WORDS_PER_READING * labelling.reading.ms).astype(np.int64)

    def milliseconds(
        self,
        assigned: NDArray[np.int64] | int,
        confirmed: NDArray[np.int64] | int,
        dismissed: NDArray[np.int64] | int,
        documents: NDArray[np.int64] | slice = slice(None),
        *,
        beside: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return labelling times of documents, switching and focused; counts are per document.

        Where nothing is assigned or confirmed, the time is that of seeing that no label applies. They are
        times ``beside`` suggestions, or without any.
        """
        times = self._by_labels(assigned, confirmed, dismissed, documents)
        if beside and self._as_in_study:
            none, both = BESIDE
            factor = none + (both - none) * confirmed / np.maximum(assigned + confirmed, 1)
            factor = np.where(assigned + confirmed, factor, 1)
            switching, focused = (
                np.rint(factor * time).astype(np.int64) + dismissed * self._dismiss
                for time in self._by_labels(assigned + confirmed, 0, 0, documents)
            )
            times = switching, focused
        if self._model_ms is not None:
            return np.full_like(times[0], self._model_ms), np.full_like(times[1], self._model_ms)
        if self._document_ms is None:
            return times
        by_hand, _ = self._by_labels(assigned + confirmed, 0, 0, documents)
        switching, focused = (_in_proportion(self._document_ms, time, by_hand) for time in times)
        return switching, focused

    def _by_labels(
        self,
        assigned: NDArray[np.int64] | int,
        confirmed: NDArray[np.int64] | int,
        dismissed: NDArray[np.int64] | int,
        documents: NDArray[np.int64] | slice,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return labelling times that add up from words and labels, switching and focused."""
        labels = assigned + confirmed
        further = np.maximum(labels - 1, 0)
        # Integers throughout: sums of whole milliseconds are the same however
        # documents are grouped into pages.
        common_ms = self._reading[documents] + dismissed * self._dismiss + further * self._further_label
        switching, focused = (
            common_ms + np.where(labels, assigned * assign + confirmed * confirm, none)
            for assign, confirm, none in zip(self._assign, self._confirm, self._no_label, strict=True)
        )
        return switching, focused

    def expected_seconds(
        self, documents: NDArray[np.int64], probabilities: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Return the expected labelling time of documents, switching, in seconds; shape ``(documents,)``.

        A document takes at least one annotation, or the time to see that no label applies. The labels beyond
        the first are taken to be the expected labels less one, but not less than none: exact where a document
        is certain to carry a label, and too low otherwise (Jensen's inequality).
        """
        suggested = probabilities >= self.threshold
        assign, confirm = self._assign[0], self._confirm[0]
        if self._as_in_study:
            assign, confirm = (factor * assign for factor in BESIDE)
        labels = (probabilities * np.where(suggested, confirm, assign)).sum(axis=1)
        further = np.maximum(probabilities.sum(axis=1) - 1, 0)
        wrong = np.where(suggested, 1 - probabilities, 0).sum(axis=1) if self._dismiss else 0
        expected: NDArray[np.floating] = (
            np.maximum(labels, self._least)
            + further * self._further_label
            + wrong * self._dismiss
            + self._reading[documents]
        )
        return expected / MS_PER_SECOND


def _in_proportion(
    own_ms: int, times: NDArray[np.int64], whole: NDArray[np.int64] | np.int64
) -> NDArray[np.int64]:
    """Return times in the proportion of ``own_ms`` to ``whole``, in whole milliseconds."""
    otherwise = np.full(times.shape, own_ms, dtype=np.float64)
    in_proportion = np.divide(own_ms * times, whole, out=otherwise, where=np.asarray(whole) > 0)
    return np.rint(in_proportion).astype(np.int64)


NO_OUTLIERS = Outliers(share=0, factor=1)
NO_FIRST_DOCUMENTS = FirstDocuments(count=1, factor=1)
NO_REVISIONS = Revisions(share=0, factor=0)
MOST_MS = 1_000 * 366 * 24 * MS_PER_HOUR
"""Longest time of a document, a thousand years: beyond any project, and few enough to add up in a page."""


class PaceModel:
    """Pace of one annotator: labelling times with practice, fatigue and variation, and present tiredness.

    Random numbers belong to a person and a document, so that they do not depend on what happened before;
    with a correlation, times depend on the one before. ``person_key`` names the person's stream.
    ``median_ms`` is the base time of the corpus's median document.
    """

    def __init__(self, traits: Traits, streams: Streams, person_key: str, median_ms: float) -> None:
        fatigue = traits.fatigue
        gets_tired = fatigue.per_hour > 0 or fatigue.rest_after is not None
        self._outliers = traits.outliers or NO_OUTLIERS
        self._first_documents = traits.first_documents or NO_FIRST_DOCUMENTS
        self._revisions = traits.revisions or NO_REVISIONS
        factors = traits.speed, traits.spread, traits.practice.first, traits.between_people
        self.is_constant = (
            not gets_tired
            and set(factors) == {1}
            and not self._outliers.share
            and self._first_documents.factor == 1
        )
        """Whether documents take exactly their base time, and the person does not tire."""
        self._streams, self._key = streams, person_key
        # `between_people` is the 90th percentile over the 10th of lognormal medians: exp(2 NORMAL_P90 sigma).
        between = math.log(traits.between_people) / (2 * NORMAL_P90)
        self._speed = traits.speed * math.exp(-between * self._normal("speed")) if between else traits.speed
        # `spread` is the 90th percentile over the median of a lognormal time: exp(NORMAL_P90 sigma).
        self._sigma = math.log(traits.spread) / NORMAL_P90
        self._correlation = traits.correlation
        self._deviation = self._normal("first deviation") if traits.correlation else 0.0
        self._deviations: list[float] = []
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
        # Recovery in half-lives: fast at first, and never below nothing.
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
        return np.rint(np.minimum(lengths, MOST_MS)).astype(np.int64)

    def revised(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Draw to which of the documents just labelled the annotator goes back."""
        if not self._revisions.share:
            return documents[:0]
        return documents[self._uniforms("revisions", documents) < self._revisions.share]

    def worked(self, count: int, until_ms: int, spells: Sequence[tuple[int, int]] = ()) -> None:
        """Record that an annotator finished the first ``count`` documents of the last times without a break.

        With none done, ``until_ms`` is when their times were computed. ``spells`` are those of one further
        document, which the last spell finished; there are several where working hours ended meanwhile. Wasted
        work tires as well.
        """
        if self.is_constant:
            return
        done = count + bool(spells)
        self._labelled += done
        if self._correlation:
            self._deviation = self._deviations[done]
        if not self._gets_tired:
            return
        self._tiredness, self._worked_until_ms = self._tiredness_before[count], until_ms
        for start_ms, end_ms in spells:
            hours = (end_ms - start_ms) / MS_PER_HOUR * self._weights[count]
            # Spell by spell, with the rest between them: a document that goes on
            # tomorrow is ended by somebody who has slept.
            self._tiredness = min(self.tiredness(start_ms) + hours, self._fatigue.MOST_HOURS)
            self._worked_until_ms = end_ms

    def _fresh_ms(self, documents: NDArray[np.int64], base_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Draw the times of documents for an annotator who is not tired."""
        times: NDArray[np.float64] = base_ms / self._speed
        if self._sigma or self._correlation:
            times *= np.exp(self._sigma * self._normal_deviations(documents))
        if self._outliers.share:
            is_outlier = self._uniforms("outliers", documents) < self._outliers.share
            times[is_outlier] *= self._outliers.factor
        experience = np.arange(self._labelled, self._labelled + len(documents))
        if self._practice.first > 1:
            times *= 1 + (self._practice.first - 1) * np.exp2(-experience / self._practice.half_life)
        times[experience < self._first_documents.count] *= self._first_documents.factor
        return times

    def _normal_deviations(self, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Draw the standard normal deviations of documents' log times.

        Correlated ones are autoregressive of first order, stationary from the first document on: each is the
        one before it x the correlation + a fresh one x sqrt(1 - correlation ** 2).
        """
        from scipy.special import ndtri

        fresh: NDArray[np.float64] = ndtri(self._uniforms("pace", documents))
        if not self._correlation:
            return fresh
        keeps, adds = self._correlation, math.sqrt(1 - self._correlation**2)
        # In plain Python numbers: the same to the last bit however documents are grouped.
        self._deviations = list(
            accumulate(
                fresh.tolist(), lambda before, new: keeps * before + adds * new, initial=self._deviation
            )
        )
        return np.array(self._deviations[1:])

    def _uniforms(self, purpose: str, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Draw a uniform number for each document, the person's own for this purpose."""
        return self._streams.uniforms(f"{purpose} of {self._key}", documents)

    def _normal(self, purpose: str) -> float:
        """Draw one standard normal number, the person's own for this purpose."""
        (uniform,) = self._uniforms(purpose, np.zeros(1, dtype=np.int64)).tolist()
        return NormalDist().inv_cdf(uniform)

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
