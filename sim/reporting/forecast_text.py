"""Words of a forecast on the terminal: the answer first, then what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.core.diagnostics import escape_control
from sim.results.metrics import percent, rounded_percent

if TYPE_CHECKING:
    from sim.study.forecast import Forecast, ForecastQuantiles

FIGURES = 2
"""Significant figures: an extrapolation is not known better."""
CAUTIONS = {
    "not_random": "This is the forecast for random documents; the scenario's strategy may need fewer.",
    "other_learner": "That was measured with learner.preset: strong; the scenario has another learner.",
    "by_hand": "Hours are of labelling by hand; suggestions may save some of them.",
}


def forecast_text(forecast: Forecast) -> list[str]:
    """Return the paragraphs that tell a planner a forecast."""
    goal, now, accuracy = f"{percent(forecast.target['map'])} MAP", forecast.estimate, forecast.accuracy
    totals = forecast.documents_to_target
    hours, cost = f"{rounded(forecast.hours.p50)} h {_range(forecast.hours)} of labelling", ""
    if forecast.cost is not None:
        cost = f" and {forecast.currency} {rounded(forecast.cost.p50)} {_range(forecast.cost)}"
    answer = (
        f"{escape_control(forecast.name)}, to {goal}: about {_more(totals.p50, forecast)} documents more "
        f"({_more(totals.p10, forecast)}–{_more(totals.p90, forecast)}), {hours}{cost}."
    )
    meaning = (
        "In brackets: P10 to P90; the project stays within them with a probability of 80 %. The "
        f"{forecast.documents - forecast.labelled:,} documents that are not labelled yet suffice with a "
        f"probability of {rounded_percent(forecast.probability_documents_suffice)}."
    )
    how = (
        f"measured on {forecast.test_documents:,} test documents" if forecast.test_documents else "estimated"
    )
    estimate = (
        f"Now: {rounded_percent(now.map)} MAP (95 % CI {rounded_percent(now.lo, now.hi)}), {how} with "
        f"{forecast.labelled:,} labelled documents of {forecast.labels_per_document:.2f} labels each."
    )
    measured = (
        f"How true such forecasts are: from {accuracy.labelled} labels, on {accuracy.corpora} corpora, each "
        f"left out of the fit in turn, the middle was off by a factor of {accuracy.typical_factor:.2f} "
        "typically, and the truth was in the brackets in "
        f"{rounded_percent(accuracy.within_p10_p90)} of cases."
    )
    paragraphs = [answer, meaning, estimate, measured]
    if (later := forecast.narrowed) is not None:
        paragraphs.append(
            f"What would narrow it: {later.labelled - forecast.labelled:,} labels more. The brackets would "
            f"then be about {_more(later.p10, forecast)}–{_more(later.p90, forecast)} documents from today, "
            "if the curve goes on as expected."
        )
    return [*paragraphs, *(CAUTIONS[caution] for caution in forecast.cautions)]


def _more(total: float, forecast: Forecast) -> str:
    """Format how many documents more than today a number of labelled documents is."""
    return rounded(max(total - forecast.labelled, 1))


def _range(quantiles: ForecastQuantiles) -> str:
    """Format P10 and P90 in brackets."""
    return f"({rounded(quantiles.p10)}–{rounded(quantiles.p90)})"


def rounded(value: float) -> str:
    """Round a number to two significant figures.

    >>> rounded(1234.0), rounded(87.2), rounded(0.784)
    ('1,200', '87', '0.78')
    """
    return f"{float(f'{value:.{FIGURES}g}'):,.10g}"
