"""Stopping rules, which end labelling by what a project can observe without a test set.

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

    from sim.core.activities_and_costs import Spent
    from sim.core.quality import CurvePoint
    from sim.scenario.models import Stop

LOWER_QUARTILE = 0.674 / 1.96
"""How far a normal variable's lower quartile is off its mean, as a share of half its 95 % interval."""
IN_A_ROW = 4
"""Models of which so much confidence is enough; chosen, and 6 of 138 projects were stopped too early."""
LAST = 3
"""Models over which agreement is averaged, as Bloodgood and Vijay-Shanker (2009) do."""


class Rule(Protocol):
    """Protocol of a stopping rule, which is evaluated whenever a model is published."""

    needs_rating: ClassVar[bool]
    """Whether the rule needs the Model Rating or convergence statistics, which take time to compute."""

    def should_stop(self, curve: Sequence[CurvePoint], spent: Spent, /) -> bool:
        """Return whether the project should stop with the last published model."""
        ...


@dataclass(frozen=True)
class _Line:
    """Stopping rule by the rating or the convergence of models, and the line that it draws."""

    needs_rating: ClassVar[bool] = True
    line: float


class _Budget(_Line):
    """Stopping rule by what has been spent."""

    needs_rating: ClassVar[bool] = False


class RatingThreshold(_Line):
    """Stopping rule: the Model Rating and each of its factors are at least a threshold."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether rating and factors reach the threshold, 0 to 100 (the article's Good: 70)."""
        rating = curve[-1].rating
        return rating is not None and min(rating.overall, *rating.factors) >= self.line


class PerformanceThreshold(_Line):
    """Stopping rule: MAP is at least a threshold, surely by one model or most probably by several."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the last one's 95 % interval, or lower quartiles of the last four, reach the line.

        The threshold is a share, 0 to 1. Four in a row, because with every model one more estimate may be
        high by accident; one alone, because batches may be so large that the next three are dear.
        """
        ratings = [point.rating for point in curve[-IN_A_ROW:] if point.rating is not None]
        limits = [
            one.all_labels - LOWER_QUARTILE * (one.all_labels - one.all_labels_lower) for one in ratings
        ]
        if len(ratings) == IN_A_ROW and min(limits) >= 100 * self.line:
            return True
        last = curve[-1].rating
        return last is not None and last.all_labels_lower >= 100 * self.line


class StablePredictions(_Line):
    """Stopping rule: further models hardly change the predictions."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the mean of the last three agreements, if there are three, is high enough."""
        agreements = [point.signs.kappa for point in curve[-LAST:] if point.signs is not None]
        known = [agreement for agreement in agreements if agreement is not None]
        # Three in a row, because two models that agree may do so by chance.
        return len(known) == LAST and sum(known) / LAST >= self.line


class OverallUncertainty(_Line):
    """Stopping rule: the model's mean uncertainty is at most a threshold."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the mean entropy is at most the threshold, in bits."""
        signs = curve[-1].signs
        return signs is not None and signs.uncertainty <= self.line


class MaxConfidence(_Line):
    """Stopping rule: the model is confident even of its least certain document."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the lowest confidence reaches the threshold, .5 to 1."""
        signs = curve[-1].signs
        return signs is not None and signs.confidence >= self.line


class DocumentBudget(_Budget):
    """Stopping rule: a budget of documents is spent."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the last model was trained on the budget of documents."""
        return curve[-1].labelled_documents >= self.line


class ActiveHoursBudget(_Budget):
    """Stopping rule: a budget of the annotators' time is spent."""

    def should_stop(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """Return whether all annotators together have spent the budget of hours."""
        return spent.active_hours >= self.line


class CostBudget(_Budget):
    """Stopping rule: a budget of money is spent."""

    def should_stop(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        """Return whether the budget of money is spent, in the scenario's currency."""
        return spent.cost >= self.line


class Deadline(_Budget):
    """Stopping rule: the deadline has passed."""

    def should_stop(self, curve: Sequence[CurvePoint], _: Spent) -> bool:
        """Return whether the last model was published at the deadline or later, in hours since the start."""
        return curve[-1].published_ms >= self.line * MS_PER_HOUR


BUDGETS = frozenset({"documents", "active_hours", "cost", "wall_hours"})
"""Names of the rules that depend on what was spent, not on the model."""


def first_fired(rule: Rule, curve: Sequence[CurvePoint], spent: Sequence[Spent]) -> int | None:
    """Return the index of the model in ``curve`` at which a stopping rule would have ended the project.

    ``spent`` has a value per model. The rule is evaluated afterwards and does not change what was picked.
    """
    for model, spent_so_far in enumerate(spent):
        # Each model with what was known then, and nothing after it.
        if rule.should_stop(curve[: model + 1], spent_so_far):
            return model
    return None


class Stopping:
    """Stopping rules of a scenario."""

    def __init__(self, stop: Stop) -> None:
        self._all = stop.when == "all"
        self.rules: dict[str, Rule] = {
            name: STOPPING_RULES[name](**line) if isinstance(line, dict) else STOPPING_RULES[name](line)
            for name, line in stop.rules.items()
        }
        self.needs_rating = any(rule.needs_rating for rule in self.rules.values())

    def fired(self, curve: Sequence[CurvePoint], spent: Spent) -> list[str]:
        """Return the names of the stopping rules that end the project; none while it goes on."""
        fired = [name for name, rule in self.rules.items() if rule.should_stop(curve, spent)]
        return [] if self._all and len(fired) < len(self.rules) else fired
