"""Stopping rules: when to stop labelling, by what a project can see of itself without a test set.

A rule is a tiny class with the line that it draws, and one method that says whether the project so far has
crossed it. No rule looks at a model's true MAP. Scenarios name rules by the keys of ``STOPPING_RULES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from sim.core.durations import MS_PER_HOUR
from sim.core.registry import STOPPING_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.events import CurvePoint, Spent
    from sim.scenario.models import Stop

LAST = 3
"""Models over which agreement is averaged, as Bloodgood and Vijay-Shanker (2009) do."""


class Rule(Protocol):
    """What a project asks whenever a model is published."""

    needs_rating: ClassVar[bool]
    """Whether it looks at the Model Rating or at convergence: computing them takes time."""

    def should_stop(self, curve: Sequence[CurvePoint], spent: Spent, /) -> bool:
        """Whether to stop with the last of the models published so far."""
        ...


@dataclass(frozen=True)
class RatingThreshold:
    """The rating and each of its factors are good enough."""

    needs_rating: ClassVar[bool] = True
    least: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """0 to 100 (the article's Good is 70)."""
        rating = curve[-1].rating
        return rating is not None and min(rating.overall, *rating.factors) >= self.least


@dataclass(frozen=True)
class PerformanceThreshold:
    """The estimate of MAP is good enough, even at its lower end."""

    needs_rating: ClassVar[bool] = True
    least: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """0 to 1."""
        rating = curve[-1].rating
        return rating is not None and rating.all_labels_lower >= 100 * self.least


@dataclass(frozen=True)
class StablePredictions:
    """A further model changes little."""

    needs_rating: ClassVar[bool] = True
    least: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Mean of the last three agreements; not before there are three."""
        agreements = [point.signs.kappa for point in curve[-LAST:] if point.signs is not None]
        known = [agreement for agreement in agreements if agreement is not None]
        return len(known) == LAST and sum(known) / LAST >= self.least


@dataclass(frozen=True)
class OverallUncertainty:
    """The model is sure of most."""

    needs_rating: ClassVar[bool] = True
    most: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Bits."""
        signs = curve[-1].signs
        return signs is not None and signs.uncertainty <= self.most


@dataclass(frozen=True)
class MaxConfidence:
    """The model is sure of the document that it is least sure of."""

    needs_rating: ClassVar[bool] = True
    least: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """.5 to 1."""
        signs = curve[-1].signs
        return signs is not None and signs.confidence >= self.least


@dataclass(frozen=True)
class DocumentBudget:
    """A budget of documents is spent."""

    needs_rating: ClassVar[bool] = False
    most: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Documents of the last model."""
        return curve[-1].labelled_documents >= self.most


@dataclass(frozen=True)
class ActiveHoursBudget:
    """A budget of the annotators' time is spent."""

    needs_rating: ClassVar[bool] = False
    most: float

    def should_stop(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """Hours of all people together."""
        return spent.active_hours >= self.most


@dataclass(frozen=True)
class CostBudget:
    """A budget of money is spent."""

    needs_rating: ClassVar[bool] = False
    most: float

    def should_stop(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """In the scenario's currency."""
        return spent.cost >= self.most


@dataclass(frozen=True)
class Deadline:
    """Time is up."""

    needs_rating: ClassVar[bool] = False
    most: float

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Hours since the project began."""
        return curve[-1].published_ms >= self.most * MS_PER_HOUR


BUDGETS = frozenset({"documents", "active_hours", "cost", "wall_hours"})
"""Names of the rules that look at what was spent, not at the model."""


def first_fired(rule: Rule, curve: Sequence[CurvePoint], spent: Sequence[Spent]) -> int | None:
    """The model, by its place in a finished project's ``curve``, at which a rule would have ended it.

    ``spent`` has a value a model. The rule is asked afterwards: what was picked is as it was.
    """
    for model, by_then in enumerate(spent):
        if rule.should_stop(curve[: model + 1], by_then):
            return model
    return None


class Stopping:
    """A scenario's rules together."""

    def __init__(self, stop: Stop) -> None:
        self._all = stop.when == "all"
        self.rules: dict[str, Rule] = {
            name: STOPPING_RULES[name](**line) if isinstance(line, dict) else STOPPING_RULES[name](line)
            for name, line in stop.rules.items()
        }
        self.needs_rating = any(rule.needs_rating for rule in self.rules.values())

    def fired(self, curve: Sequence[CurvePoint], spent: Spent) -> list[str]:
        """Names of the rules that end the project; none while it goes on."""
        fired = [name for name, rule in self.rules.items() if rule.should_stop(curve, spent)]
        return [] if self._all and len(fired) < len(self.rules) else fired
