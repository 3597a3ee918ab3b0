"""How long one person needs for documents: fast or slow, with luck, practice and fatigue.

A document takes base / speed x luck x practice x (1 + per_hour x T), where

- base is what `annotation_time` says, by the article's medians;
- luck is lognormal with median 1 and 90 % quantile ``spread``, and speed a factor of the person, as in van
  der Linden 2006, "A lognormal model for response times on test items". The medians stay; the mean becomes
  exp(sigma^2 / 2) times as long, sigma being ln(spread) / 1.2816 (the normal distribution's 90 % quantile);
- practice is 1 + (first - 1) x 2^(-n / half_life) for a person's n-th document, from 0: an exponential fits
  how individuals learn better than a power does (Heathcote, Brown and Mewhort 2000, "The power law
  repealed");
- T is tiredness, in hours, when the document is begun. It grows by the hours worked, each weighted by
  1 + hardness x (base / median base - 1), at least 0, and halves every ``recovery`` without work. Exponential
  recovery is from Jaber, Givi and Neumann 2013, "Incorporating human fatigue and recovery into the
  learning-forgetting process"; that tiredness grows and slows linearly, the weight, and that there is a most
  that anybody is tired are choices of our own.

Who is slower works longer and so tires more: n documents of b hours lead from T = 0 to
((1 + per_hour x b)^n - 1) / per_hour; if they are short, this is (exp(per_hour x n x b) - 1) / per_hour.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from sim.durations import MS_PER_HOUR
from sim.streams import indexed_luck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.scenario.stamina import Traits


class Stamina:
    """What one person's documents take, and how tired the person is by now.

    Luck belongs to person and document, so that it is the same whatever else either meets; ``person_key`` is
    what the person's is drawn by. ``median_ms`` is the base time of the corpus's median document.
    """

    def __init__(
        self, traits: Traits, seed: int, replication: int, person_key: str, median_ms: float
    ) -> None:
        fatigue = traits.fatigue
        tires = fatigue.per_hour > 0 or fatigue.rest_after is not None
        self.plain = not tires and traits.speed == traits.spread == traits.practice.first == 1
        """Whether documents take just their base time, and nobody tires."""
        self._speed = traits.speed
        self._sigma = math.log(traits.spread) / float(ndtri(0.9))
        self._luck_of = seed, replication, f"pace of {person_key}"
        self._practice = traits.practice
        self._fatigue = fatigue
        self._tires = tires
        self._rest_after = fatigue.rest_after.ms / MS_PER_HOUR if fatigue.rest_after else math.inf
        self._hardness = fatigue.hardness if median_ms else 0  # where documents take no time none is hard
        self._median_ms = median_ms
        self._labelled = 0
        self._tiredness = 0.0
        self._worked_until_ms = 0
        self._tired: list[float] = []
        self._weights: list[float] = []

    @property
    def exhausted(self) -> bool:
        """Whether the person was too tired to begin another document when last said to have worked."""
        return self._tiredness >= self._rest_after

    def tiredness(self, now_ms: int) -> float:
        """Tiredness in hours, now, if the person has not worked since the last work that is known here."""
        if not self._tires:
            return 0.0
        rested: float = 0.5 ** ((now_ms - self._worked_until_ms) / self._fatigue.recovery.ms)
        return self._tiredness * rested

    def lengths_ms(
        self, documents: NDArray[np.int64], base_ms: NDArray[np.int64], now_ms: int
    ) -> NDArray[np.int64]:
        """How long documents take, begun now, one after another without a break, in whole milliseconds.

        There are fewer lengths than documents where the person is exhausted before the last. Asking changes
        nothing; `worked` says what came of it. A plain person's are ``base_ms`` itself.

        Lengths are rounded, tiredness is not: without a rest between them, documents take the same however
        they are grouped into pages.
        """
        if self.plain:
            return base_ms
        lengths = self._fresh_ms(documents, base_ms)
        if self._tires:
            weights = self._weights_of(base_ms)
            self._weights = weights.tolist()
            self._tired = self._tiring(lengths / MS_PER_HOUR * weights, self.tiredness(now_ms))
            begun = min(len(documents), bisect_left(self._tired, self._rest_after))
            lengths = lengths[:begun] * (1 + self._fatigue.per_hour * np.array(self._tired[:begun]))
        return np.rint(lengths).astype(np.int64)

    def worked(self, count: int, until_ms: int, spells: Sequence[tuple[int, int]] = ()) -> None:
        """Keep that the first ``count`` documents of the last lengths were done without a break, until then.

        With none done, that is when they were asked for. ``spells`` are from when to when the person was busy
        with one document more, which the last of them finished: several, where working hours ended meanwhile.
        What was done in vain tires as well.
        """
        if self.plain:
            return
        self._labelled += count + bool(spells)
        if not self._tires:
            return
        self._tiredness, self._worked_until_ms = self._tired[count], until_ms
        for start_ms, end_ms in spells:
            hours = (end_ms - start_ms) / MS_PER_HOUR * self._weights[count]
            self._tiredness = min(self.tiredness(start_ms) + hours, self._fatigue.MOST_HOURS)
            self._worked_until_ms = end_ms

    def _fresh_ms(self, documents: NDArray[np.int64], base_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """What documents would take somebody who is not tired."""
        times: NDArray[np.float64] = base_ms / self._speed
        if self._sigma:
            times *= np.exp(self._sigma * ndtri(indexed_luck(*self._luck_of, documents)))
        if self._practice.first > 1:
            place = np.arange(self._labelled, self._labelled + len(documents))
            times *= 1 + (self._practice.first - 1) * np.exp2(-place / self._practice.half_life)
        return times

    def _weights_of(self, base_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """How many hours of tiredness an hour spent on each document brings."""
        if not self._hardness:
            return np.ones(len(base_ms))
        return np.maximum(1 + self._hardness * (base_ms / self._median_ms - 1), 0)

    def _tiring(self, hours: NDArray[np.float64], tiredness: float) -> list[float]:
        """Tiredness before each document and after the last; ``hours`` are what each would bring unslowed.

        A recurrence in Python's own numbers: as fast as arrays for a page, and the same to the last bit
        however documents are grouped.
        """
        slowing, most = self._fatigue.per_hour, self._fatigue.MOST_HOURS

        def after(tired: float, more: float) -> float:
            return min(tired + more * (1 + slowing * tired), most)

        return list(accumulate(hours.tolist(), after, initial=tiredness))
