"""Words of a forecast on the terminal: the answer first, then what it rests on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sim.core.quality import QualityTarget
from sim.core.text import escape_control
from sim.results.metrics import QUALITY_TITLES, elapsed_time, rounded_percent, target_text
from sim.scenario.models import OF_PLATEAU

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.study.forecast import DateQuantiles, Forecast, ForecastQuantiles, OtherPlan, PlanForecast

FIGURES = 2
"""Significant figures: an extrapolation is not known better."""
CAUTIONS = {
    "not_random": "Documents are those of random picks: what the scenario's strategy saves was not measured.",
    "other_learner": "That was measured with learner.preset: strong; the scenario has another learner.",
    "by_hand": "Hours are of labelling by hand; suggestions may save some of them.",
    "no_limits": "Limits, stopping rules and changes of guidelines are left aside until the target.",
}
A_WEEK = timedelta(days=7)
SURELY = 0.8
"""Probability below which the answer itself says that documents may not suffice."""
LEAST_SHARE = 0.05
"""Least share of the variance that is worth a word."""


def forecast_text(forecast: Forecast) -> list[str]:
    """Return the paragraphs that tell a planner a forecast."""
    ((key, value),), now, accuracy = forecast.target.items(), forecast.now, forecast.accuracy
    goal = target_text(QualityTarget(now.metric, value, value if key == OF_PLATEAU else None))
    name = escape_control(forecast.name)
    answer = f"{name}, to {goal}: {_plan(forecast, forecast)}."
    suffice = rounded_percent(forecast.probability_documents_suffice)
    left = f"{forecast.documents - forecast.labelled:,} documents that are not labelled yet"
    meaning = "In brackets: P10 to P90; the project stays within them with a probability of 80 %."
    if forecast.probability_documents_suffice < SURELY:
        answer += f" That is if the {left} suffice, which they do with a probability of {suffice} only."
    else:
        meaning += f" The {left} suffice with a probability of {suffice}."
    how = (
        f"measured on {forecast.test_documents:,} test documents" if forecast.test_documents else "estimated"
    )
    estimate = (
        f"Now: {rounded_percent(now.value)} {QUALITY_TITLES[now.metric]} (95 % CI "
        f"{rounded_percent(now.lo, now.hi)}), {how} with {forecast.labelled:,} labelled documents of "
        f"{forecast.labels_per_document:.2f} labels each."
    )
    if (plateau := forecast.plateau) is not None:
        estimate += (
            f" With all {forecast.documents:,} documents labelled, expect {rounded_percent(plateau.value)} "
            f"({rounded_percent(plateau.lo, plateau.hi)})."
        )
    measured = (
        f"How true such forecasts are: from {accuracy.labelled} labels, on {accuracy.corpora} corpora, each "
        f"left out of the fit in turn, the middle was off by a factor of {accuracy.typical_factor:.2f} in "
        "documents typically, and the truth was in the brackets in "
        f"{rounded_percent(accuracy.within_p10_p90)} of cases."
    )
    others = [
        f"{escape_control(other.name)}: {_plan(other, forecast)}. {_compared(other, forecast, name)}"
        for other in forecast.others
    ]
    paragraphs = [answer, *_past(forecast), *others, meaning, *_dependence(forecast), estimate, measured]
    if (later := forecast.narrowed) is not None:
        paragraphs.append(
            f"What would narrow it: {later.labelled - forecast.labelled:,} labels more. The brackets would "
            f"then be about {_more(later.p10, forecast)}–{_more(later.p90, forecast)} documents from today, "
            "if the curve goes on as expected."
        )
    return [*paragraphs, *(CAUTIONS[caution] for caution in forecast.cautions)]


def _plan(plan: PlanForecast, forecast: Forecast) -> str:
    """Format what the rest of a project takes by a plan: documents, hours, cost, and when it is done."""
    totals = plan.documents_to_target
    documents = (
        f"about {_more(totals.p50, forecast)} documents more "
        f"({_more(totals.p10, forecast)}–{_more(totals.p90, forecast)})"
    )

    def work(hours: str, cost: str) -> str:
        return f"{hours} of labelling" + ("" if plan.currency is None else f" and {plan.currency} {cost}")

    def hours(value: float) -> str:
        return f"{rounded(value)} h"

    dated = forecast.as_of is not None
    ends: ForecastQuantiles | DateQuantiles = plan.end if dated else plan.wall_hours
    written: Callable[[Any], str] = _day if dated else _span
    when = "on" if dated else "after"
    by = plan.probability_by_deadline
    in_time = "" if by is None else f", by the deadline with a probability of {rounded_percent(by)}"
    if ends.p50 is None:
        refused = f"{documents}; more likely than not, those that there are do not suffice"
        if ends.p10 is None or plan.hours.p10 is None:
            return refused
        cost = "" if plan.cost.p10 is None else rounded(plan.cost.p10)
        return (
            f"{refused}; at P10 {work(hours(plan.hours.p10), cost)}, done {when} {written(ends.p10)}{in_time}"
        )
    late = "" if ends.p80 is None else f", {when} {written(ends.p80)} at P80"
    cost = _estimated(plan.cost, rounded)
    done = f"done {when} {_estimated(ends, written)}{late}{in_time}"
    return f"{documents}, {work(_estimated(plan.hours, hours), cost)}; {done}"


def _estimated(quantiles: ForecastQuantiles | DateQuantiles, written: Callable[[Any], str]) -> str:
    """Format P50 with P10 and P90 in brackets; P90 only where the documents there are suffice for it."""
    low, middle, high = (
        "" if value is None else written(value) for value in (quantiles.p10, quantiles.p50, quantiles.p90)
    )
    if low == high:
        return middle
    if isinstance(quantiles.p90, str):
        # A common year is given once.
        low = low.removesuffix(high[high.rindex(" ") :])
    return f"{middle} ({low}–{high or 'never'})"


def _compared(other: OtherPlan, forecast: Forecast, first: str) -> str:
    """Describe by how much another plan is earlier and cheaper than the first."""
    sentence = _difference(
        other.probability_earlier, other.earlier_by_hours.p50, ("earlier", "later"), _span, first
    )
    if other.probability_cheaper is None or other.cheaper_by is None:
        return f"{sentence}."

    def amount(value: float) -> str:
        return f"{forecast.currency or other.currency} {rounded(value)}"

    cost = _difference(other.probability_cheaper, other.cheaper_by.p50, ("cheaper", "dearer"), amount, "it")
    return f"{sentence}; {cost[0].lower()}{cost[1:]}."


def _difference(
    probability: float,
    middle: float | None,
    words: tuple[str, str],
    written: Callable[[float], str],
    first: str,
) -> str:
    """Format with which probability a plan takes less than the first, or more, and by how much."""
    less, more = words
    if middle == 0:
        return f"Neither {less} nor {more} than {first}"
    word, share = max((less, probability), (more, 1 - probability), key=lambda pair: pair[1])
    by = "" if middle is None else f", typically by {written(abs(middle))}"
    return f"{word.capitalize()} than {first} with a probability of {rounded_percent(share)}{by}"


def _past(forecast: Forecast) -> list[str]:
    """Describe what was forecast a week ago, or else at first."""
    if forecast.as_of is None or not forecast.history:
        return []
    now = datetime.fromisoformat(forecast.as_of)
    week_ago = [one for one in forecast.history if datetime.fromisoformat(one.as_of) <= now - A_WEEK]
    past = week_ago[-1] if week_ago else forecast.history[0]
    end = "with no date, as documents did not suffice"
    if past.end.p50 is not None:
        end = f"done on {_estimated(past.end, _day)}"
    return [f"The forecast of {_day(past.as_of)} was: {end}."]


def _dependence(forecast: Forecast) -> list[str]:
    """Describe what the time until the target depends on most; nothing with too few replications."""
    keys = forecast.uncertainty.figures["wall_hours"].keys or []
    shares = [f"{one.key} ({rounded_percent(one.share)})" for one in keys if one.share >= LEAST_SHARE]
    if not shares:
        return []
    return [f"What the time depends on most, by shares of its variance: {', '.join(shares)}."]


def _span(hours: float) -> str:
    return elapsed_time(hours, write=rounded)


def _day(date: str) -> str:
    """Format a date such as 9 Jan 2026."""
    moment = datetime.fromisoformat(date)
    return f"{moment.day} {moment:%b %Y}"


def _more(total: float, forecast: Forecast) -> str:
    """Format how many documents more than today a number of labelled documents is."""
    return rounded(max(total - forecast.labelled, 1))


def rounded(value: float) -> str:
    """Round a number to two significant figures.

    >>> rounded(1234.0), rounded(87.2), rounded(0.784)
    ('1,200', '87', '0.78')
    """
    return f"{float(f'{value:.{FIGURES}g}'):,.10g}"
