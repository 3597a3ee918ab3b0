"""Decision of a study: which plan to take, what it comes to, and what changes it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Literal, Self

from sim.results.comparison import compare
from sim.results.config_diff import differences
from sim.results.levers import change_to_try, is_within_reach
from sim.results.statistics import Facts, quantile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.results.comparison import Observed
    from sim.results.selection import SelectionSummary
    from sim.results.summary import ScenarioSummary

IN_TIME = 0.8
"""Share of projects by the deadline from which a scenario counts as in time."""
BELIEFS = "unknown."
"""Keys of what is believed of others: they change with these, and are no change of their own."""


class PlanDifference(Facts):
    """How another plan differs from the chosen one: above 0, it takes longer or costs more."""

    plan: str
    hours: float | None
    """Difference of P50 of wall time; None where either is not reached by half of the projects."""
    cost: float | None
    """Difference of P50 of the costs of all projects; None where either has none."""
    measurable: bool | None
    """Whether wall times differ: the 95 % CI of their ratio excludes 1. None where that is unknown."""


class Lever(Facts):
    """Change of one key of the first scenario that makes it faster."""

    key: str
    value: str
    """As ``--set`` takes it."""
    hours: float | None
    """By how much P50 of wall time is less; None where the change was not simulated."""
    cost: float | None
    """By how much P50 of costs is less; below 0: more. None where it was not simulated, or nothing costs
    anything."""


class Decision(Facts):
    """Chosen plan of a study, with its figures: facts, of which reports make sentences."""

    plan: str
    chosen_by: Literal["wall_hours", "active_hours", "cost", "probability_by_deadline"]
    """`cost`: the cheapest of those that are done by their deadlines in four of five projects, where all have
    deadlines and costs. `probability_by_deadline`: the highest, where all have deadlines and none is done in
    time. `wall_hours`: otherwise the fastest. After a selection of the best: its metric."""
    metric: Literal["wall_hours"] = "wall_hours"
    """The metric of p50 and p80."""
    p50: float | None
    """None where fewer projects reach the target."""
    p80: float | None
    end_p50: str | None
    """Date of p50: ISO 8601 in the scenario's zone; None without dates."""
    end_p80: str | None
    probability_by_deadline: float | None
    """Share of the projects; None without a deadline."""
    cost_p50: float | None
    """P50 of costs until the target, or the end where it was not reached; None without costs."""
    people_hours_p50: float
    """P50 of the hours that annotators label until then."""
    pace_set_by: str
    """Group of activities that takes most of the wall time, such as labelling."""
    differences: list[PlanDifference]
    levers: list[Lever]
    """Of several scenarios those that differ from the first in one key and are faster, the best first. Of one
    alone, or where none reaches its target, what to try next, which was not simulated."""
    cautions: list[
        Literal[
            "few_replications",
            "replications_left_out",
            "not_always_reached",
            "no_measurable_difference",
            "targets_differ",
            "documents_replaced",
            "documents_described",
        ]
    ]
    """`documents_replaced`: generated ones, in place of Reuters. `documents_described`: generated as the plan
    describes them."""

    @classmethod
    def from_scenarios(
        cls,
        scenarios: Sequence[ScenarioSummary],
        observed: Sequence[Observed],
        configurations: Sequence[Mapping[str, Any]],
        selection: SelectionSummary | None,
        *,
        rough: bool,
    ) -> Self:
        """Choose among the scenarios of a study.

        Args:
            scenarios: the first being the baseline.
            observed: the same, as compared with each other.
            configurations: the same, as their planner configured them; none where that is not known.
            selection: which is best, where replications were added for that.
            rough: whether there are few replications.
        """
        plan, chosen_by = _choose(scenarios, selection)
        mine = observed[scenarios.index(plan)]
        others = [
            PlanDifference(
                plan=other.name,
                hours=_less(plan.wall.median, other.wall.median),
                cost=_less(_cost(plan), _cost(other)),
                measurable=_is_measurable(mine, theirs),
            )
            for other, theirs in zip(scenarios, observed, strict=True)
            if other is not plan
        ]
        corpus = plan.corpus
        cautions = {
            "few_replications": rough,
            "replications_left_out": bool(plan.left_out),
            "not_always_reached": not plan.all_reached,
            "no_measurable_difference": any(other.measurable is False for other in others),
            "targets_differ": any(other.target != plan.target for other in scenarios),
            "documents_replaced": corpus.stand_in and not corpus.described,
            "documents_described": corpus.described,
        }
        by, dates = plan.by_deadline, plan.dates
        hours = sorted(one.metrics["active_hours"] or 0.0 for one in plan.replications)
        return cls(
            plan=plan.name,
            chosen_by=chosen_by,
            p50=plan.wall.median,
            p80=plan.wall.p80,
            end_p50=dates.median if dates else None,
            end_p80=dates.p80 if dates else None,
            probability_by_deadline=by.share if by else None,
            cost_p50=_cost(plan),
            people_hours_p50=quantile(hours, 0.5) or 0.0,
            pace_set_by=plan.bottleneck.activity,
            differences=others,
            levers=list(_levers(scenarios, configurations)),
            cautions=[caution for caution, holds in cautions.items() if holds],
        )


def _choose(
    scenarios: Sequence[ScenarioSummary], selection: SelectionSummary | None
) -> tuple[ScenarioSummary, Any]:
    """Choose a scenario, the first of equal ones, and say by what: see `Decision.chosen_by`."""
    if selection is not None:
        return next(one for one in scenarios if one.name == selection.best), selection.metric
    in_time = [one for one in scenarios if _probability(one) >= IN_TIME]
    if all(one.by_deadline for one in scenarios) and len(scenarios) > 1:
        if not in_time:
            likeliest = min(scenarios, key=lambda one: (-_probability(one), _speed(one)))
            return likeliest, "probability_by_deadline"
        if all(one.spent for one in scenarios):
            return min(in_time, key=lambda one: one.spent.mean if one.spent else inf), "cost"
    return min(scenarios, key=_speed), "wall_hours"


def _probability(scenario: ScenarioSummary) -> float:
    by = scenario.by_deadline
    return by.share if by else 0.0


def _speed(scenario: ScenarioSummary) -> tuple[float, float]:
    wall = scenario.wall
    return (inf if wall.median is None else wall.median, inf if wall.p80 is None else wall.p80)


def _cost(scenario: ScenarioSummary) -> float | None:
    return scenario.spent.median if scenario.spent else None


def _less(value: float | None, other: float | None) -> float | None:
    """Return by how much a value is less than another."""
    return None if value is None or other is None else other - value


def _is_measurable(one: Observed, other: Observed) -> bool | None:
    return next(found.measurable for found in compare(one, other) if found.metric == "wall_hours")


def _levers(
    scenarios: Sequence[ScenarioSummary], configurations: Sequence[Mapping[str, Any]]
) -> Iterator[Lever]:
    """Yield changes of the first scenario, those that save most first: see `Decision.levers`."""
    if not configurations:
        return
    first, *others = scenarios
    # Where no plan arrives, none of them says what would help.
    if not others or not any(map(is_within_reach, scenarios)):
        changed = change_to_try(first, configurations[0])
        if changed is not None:
            key, _, value = changed.partition("=")
            yield Lever(key=key, value=value, hours=None, cost=None)
        return
    simulated = []
    differing = [one for one in differences(configurations).items() if not one[0].startswith(BELIEFS)]
    for number, other in enumerate(others, start=1):
        changes = [(key, values[number]) for key, values in differing if values[number] != values[0]]
        hours = _less(other.wall.median, first.wall.median)
        if len(changes) == 1 and hours is not None and hours > 0:
            ((key, value),) = changes
            cost = _less(_cost(other), _cost(first))
            simulated.append(Lever(key=key, value=value or "null", hours=hours, cost=cost))
    yield from sorted(simulated, key=lambda lever: -(lever.hours or 0))
