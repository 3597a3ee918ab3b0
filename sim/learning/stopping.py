"""Stopping rules: when to stop labelling, by what a project can see of itself without a test set.

A rule is a tiny class with a ``name``, the line that it draws, and one method that says whether the project
so far has crossed it. No rule looks at a model's true MAP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from sim.core.durations import MS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.core.events import CurvePoint, Spent
    from sim.scenario.models import Stop

LAST = 3
"""Models over which agreement is averaged, as Bloodgood and Vijay-Shanker (2009) do."""


class Rule(Protocol):
    """What a project asks whenever a model is published."""

    name: ClassVar[str]
    looks: ClassVar[bool]
    """Whether it looks at the model: rating it takes time."""

    def fires(self, curve: Sequence[CurvePoint], spent: Spent, /) -> bool:
        """Whether to stop with the last of the models published so far."""
        ...


@dataclass(frozen=True)
class GoodRating:
    """The rating and each of its factors are good enough."""

    name: ClassVar[str] = "rating"
    looks: ClassVar[bool] = True
    least: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """0 to 100 (the article's Good is 70)."""
        rating = curve[-1].rating
        return rating is not None and min(rating.overall, *rating.factors) >= self.least


@dataclass(frozen=True)
class GoodPerformance:
    """The estimate of MAP is good enough, even at its lower end."""

    name: ClassVar[str] = "performance"
    looks: ClassVar[bool] = True
    least: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """0 to 1."""
        rating = curve[-1].rating
        return rating is not None and rating.all_labels_lower >= 100 * self.least


@dataclass(frozen=True)
class StablePredictions:
    """A further model changes little."""

    name: ClassVar[str] = "kappa"
    looks: ClassVar[bool] = True
    least: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Mean of the last three agreements; not before there are three."""
        agreements = [point.signs.kappa for point in curve[-LAST:] if point.signs is not None]
        known = [agreement for agreement in agreements if agreement is not None]
        return len(known) == LAST and sum(known) / LAST >= self.least


@dataclass(frozen=True)
class LittleUncertainty:
    """The model is sure of most."""

    name: ClassVar[str] = "uncertainty"
    looks: ClassVar[bool] = True
    most: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Bits."""
        signs = curve[-1].signs
        return signs is not None and signs.uncertainty <= self.most


@dataclass(frozen=True)
class MuchConfidence:
    """The model is sure of the document that it is least sure of."""

    name: ClassVar[str] = "confidence"
    looks: ClassVar[bool] = True
    least: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """.5 to 1."""
        signs = curve[-1].signs
        return signs is not None and signs.confidence >= self.least


@dataclass(frozen=True)
class EnoughDocuments:
    """A budget of documents is spent."""

    name: ClassVar[str] = "documents"
    looks: ClassVar[bool] = False
    most: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Documents of the last model."""
        return curve[-1].labelled_documents >= self.most


@dataclass(frozen=True)
class EnoughActiveHours:
    """A budget of the annotators' time is spent."""

    name: ClassVar[str] = "active_hours"
    looks: ClassVar[bool] = False
    most: float

    def fires(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """Hours of all people together."""
        return spent.active_hours >= self.most


@dataclass(frozen=True)
class EnoughMoney:
    """A budget of money is spent."""

    name: ClassVar[str] = "cost"
    looks: ClassVar[bool] = False
    most: float

    def fires(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """In the scenario's currency."""
        return spent.cost >= self.most


@dataclass(frozen=True)
class Deadline:
    """Time is up."""

    name: ClassVar[str] = "wall_hours"
    looks: ClassVar[bool] = False
    most: float

    def fires(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Hours since the project began."""
        return curve[-1].published_ms >= self.most * MS_PER_HOUR


RULES: dict[str, Callable[[float], Rule]] = {
    rule.name: rule
    for rule in (
        GoodRating,
        GoodPerformance,
        StablePredictions,
        LittleUncertainty,
        MuchConfidence,
        EnoughDocuments,
        EnoughActiveHours,
        EnoughMoney,
        Deadline,
    )
}

BUDGETS = frozenset(rule.name for rule in (EnoughDocuments, EnoughActiveHours, EnoughMoney, Deadline))
"""Names of the rules that look at what was spent, not at the model."""


def first_fired(rule: Rule, curve: Sequence[CurvePoint], spent: Sequence[Spent]) -> int | None:
    """The model, by its place in a finished project's ``curve``, at which a rule would have ended it.

    ``spent`` has a value a model. The rule is asked afterwards: what was picked is as it was.
    """
    for model, by_then in enumerate(spent):
        if rule.fires(curve[: model + 1], by_then):
            return model
    return None


class Stopping:
    """A scenario's rules together, and ``own`` ones."""

    def __init__(self, stop: Stop, own: Sequence[Rule] = ()) -> None:
        self._all = stop.when == "all"
        self.rules = [*(RULES[name](line) for name, line in stop.rules.items()), *own]
        self.looks = any(rule.looks for rule in self.rules)

    def fired(self, curve: Sequence[CurvePoint], spent: Spent) -> list[str]:
        """Names of the rules that end the project; none while it goes on."""
        fired = [rule.name for rule in self.rules if rule.fires(curve, spent)]
        return [] if self._all and len(fired) < len(self.rules) else fired
