"""Change of one key that can help a project: a remedy where it ended too soon, or a wider bottleneck."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from sim.core import durations
from sim.core.activities_and_costs import SME
from sim.learning.stopping import BUDGETS
from sim.results.statistics import quantile
from sim.scenario.models import OF_PLATEAU, Scenario
from sim.scenario.team import ALWAYS
from sim.scenario.workflow import CoordinationSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.results.summary import ScenarioSummary

MOST_PEOPLE = 1_000
"""Maximum count of one team entry."""
QUICK_TRAINING = "2 min"
FOUR_IN_FIVE = 0.8


def change_to_try(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> str | None:
    """Return an override that lets more projects reach their target, or widens the bottleneck, or None.

    ``resolved`` is the scenario's configuration. Where fewer than four in five projects reach their target,
    nothing is made faster.
    """
    if not is_within_reach(scenario):
        return _remedy(scenario, resolved)
    # That of a single project may be chance.
    return _widen_bottleneck(scenario, resolved) if len(scenario.replications) > 1 else None


def is_within_reach(scenario: ScenarioSummary) -> bool:
    """Return whether at least four in five projects reached their target."""
    return sum(one.reached for one in scenario.replications) >= FOUR_IN_FIVE * len(scenario.replications)


def _remedy(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> str | None:
    """Suggest an override for what most often kept projects from their target; None if nothing is known."""
    limit, changed = resolved["limit"], None
    short = {reason: count for reason, count in scenario.outcome.reasons.items() if reason != "target"}
    match max(short, key=short.__getitem__):
        case "limit of documents" if limit["documents"] is not None:
            changed = f"limit.documents={min(2 * limit['documents'], scenario.corpus.documents)}"
        case "limit of hours" if limit["hours"] < durations.TEN_YEARS:  # the default is not the planner's
            changed = f"limit.hours={2 * limit['hours']:g}"
        case "limit of hours":
            changed = _widen_bottleneck(scenario, resolved)
        case "limit of cost":
            changed = f"limit.cost={2 * limit['cost']:.10g}"
        case "budget" | "rule":
            changed = _relax_stopping_rule(scenario, resolved)
        case "nobody left to label" | "overlap cannot be met":
            changed = _more_people(resolved)
        case "pool used up":
            changed = _better_learner(resolved) or _easier_target(scenario)
    return changed


def _relax_stopping_rule(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> str | None:
    """Suggest to double the budget that stopped most projects, or to drop the rule if it is no budget."""
    rules = Counter(rule for one in scenario.stopped for rule in one.by)
    # A class path has dots, by which --set would take it apart.
    named = [rule for rule, _ in rules.most_common() if "." not in rule and rule in resolved["stop"]]
    if not named:
        return None
    rule = named[0]
    return f"stop.{rule}={2 * resolved['stop'][rule]:.10g}" if rule in BUDGETS else f"stop.{rule}=null"


def _better_learner(resolved: Mapping[str, Any]) -> str | None:
    return None if resolved["learner"]["preset"] in {"strong", "embeddings"} else "learner.preset=strong"


def _easier_target(scenario: ScenarioSummary) -> str | None:
    """Suggest a target of the same kind, in whole percent, that four in five projects reached."""
    share, key = scenario.of_plateau, scenario.quality_target.metric
    if share is not None:
        key = OF_PLATEAU
    final = [
        value if share is None else share * value / target.value
        for value, target in zip(scenario.final_quality, scenario.targets, strict=True)
        if value is not None
    ]
    low = quantile(sorted(final), 1 - FOUR_IN_FIVE) if final else None
    # Rounded down: four in five projects reached it then.
    percent = math.floor(100 * low) if low else 0
    return f"target.{key}={percent / 100:g}" if percent else None


def _widen_bottleneck(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> str | None:
    """Suggest an override that widens the bottleneck; None if there is nothing left to widen."""
    match scenario.bottleneck.activity:
        case "labelling" | "being off shift":
            return _more_people(resolved)
        case "training" if _is_long(resolved["trainer"]["duration"]):
            return f"trainer.duration={QUICK_TRAINING}"
        case "coordination":
            return _shorter_steps(resolved["coordination"])
        case "waiting for people":
            awaited = scenario.waiting_for_people_hours
            return _longer_hours(max(awaited, key=awaited.__getitem__), resolved)
    return None


def _is_long(duration: Any) -> bool:
    """Return whether a training takes longer than a quick one; random durations count as long."""
    return not isinstance(duration, str) or durations.parse_ms(duration) > durations.parse_ms(QUICK_TRAINING)


def _shorter_steps(coordination: Mapping[str, Any]) -> str | None:
    """Suggest to halve the durations of all coordination steps; None if none has a duration."""
    round_trip = CoordinationSettings.model_validate(coordination)
    if not round_trip.scale or not any(step.duration.mean_ms for step in round_trip.round_trip):
        return None
    return f"coordination.scale={round_trip.scale / 2:g}"


def _longer_hours(role: str, resolved: Mapping[str, Any]) -> str | None:
    """Suggest longer working hours for a role, or more people if it works day and night."""
    place, people = _first_entry(role, resolved)
    if people["availability"] and (longer := _more_of_the_day(place, resolved)):
        return longer
    return _more_of(place, people) if people["calendar"] == ALWAYS else f"team.{place}.calendar={ALWAYS}"


def _more_of_the_day(place: int, resolved: Mapping[str, Any]) -> str | None:
    """Suggest that people of a team entry have twice the hours a day, as far as their day has them."""
    scenario = Scenario.model_validate(resolved)
    people = scenario.team[place]
    hours, availability = people.hours(scenario.calendars), people.availability
    if hours is None or availability is None or availability.hours_per_day.ms >= hours.longest_day_ms:
        return None
    longer = min(2 * availability.hours_per_day.ms, hours.longest_day_ms)
    return f"team.{place}.availability.hours_per_day={durations.format_ms(longer)}"


def _more_people(resolved: Mapping[str, Any]) -> str | None:
    """Suggest more people who label; None where models alone do."""
    if all(one["role"] != SME for one in resolved["team"]):
        return None
    return _more_of(*_first_entry(SME, resolved))


def _more_of(place: int, people: Mapping[str, Any]) -> str | None:
    """Suggest half as many people again for a team entry, at least one more, up to its maximum."""
    count = min(math.ceil(1.5 * people["count"]), MOST_PEOPLE)
    return f"team.{place}.count={count}" if count > people["count"] else None


def _first_entry(role: str, resolved: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Find the first team entry with a role; return its index and the entry."""
    return next((place, one) for place, one in enumerate(resolved["team"]) if one["role"] == role)
