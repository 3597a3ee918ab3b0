"""Model Rating: how close to the truth it is, and where a stopping rule would have stopped."""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.quality import mean_target
from sim.core.registry import STOPPING_RULES
from sim.learning.rating.model_rating import BANDS, band
from sim.learning.stopping import first_fired
from sim.reporting.html.figure import (
    DASHED,
    DASHES,
    PALETTE,
    QUIET,
    Figure,
    filled_area,
    new_figure,
    plotly_label,
    to_float32,
)
from sim.reporting.html.learning_curves import AXES, FEW_POINTS
from sim.results.metrics import BY_NAME, QUALITY_TITLES, target_text
from sim.results.statistics import median

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from sim.core.quality import CurvePoint, QualityTarget, Rating
    from sim.learning.stopping import Rule
    from sim.reporting.shared_text import Row
    from sim.results.replication_metrics import LearningCurve
    from sim.results.summary import ScenarioSummary

    Numbers = NDArray[np.float64]
    Rated = tuple[CurvePoint, Rating]

FACTORS = {
    "overall": "overall rating",
    "underperforming_labels": "Underperforming labels",
    "coverage": "Coverage",
    "balance": "Balance",
}
"""Factors drawn beside All labels."""
UNSEEN = "true MAP, which the project cannot see"
INTERVAL = "All labels and its interval"
GOOD = next(least for least, name in BANDS if name == "Good")
STABLE = (0.95, 0.97, 0.99)
"""Agreement of two successive models from which no further improvement is expected."""
HEADINGS = (
    "stopping rule",
    "fired",
    "below the target",
    "documents, P50",
    "active SME time, P50",
    "past the target, P50 of those",
)
"""Headings of the rows of `stopping_table`."""
ASKED_AFTERWARDS = (
    "Rules that a scenario's “stop” may name, each asked afterwards at every published model: what was "
    "labelled is as simulated, and a rule that did not fire might have fired later than the simulated curve "
    "goes. Below the target: of the replications where it fired, those whose model was truly below the "
    "target then. P50 of documents and of active SME time is over all replications, those where the rule did "
    "not fire counting as later than all others. Past the target: active SME time between reaching it and "
    "the rule's firing, median of those where the rule fired at the target or above."
)
"""Note on these rows for readers."""


KNOWN = (
    "It speaks of the labels that the project knew by then, the true MAP of all: where labels emerge a young "
    "project flatters itself. "
)


def rating_over_time(
    curve: LearningCurve, scenario: ScenarioSummary, replication: int, *, emergent: bool = False
) -> Figure:
    """Draw the Model Ratings of one project and the true MAP, in points from 0 to 100.

    ``curve`` is that of the project, which must have ratings. Where labels are ``emergent`` it could rate
    only the labels it knew.
    """
    name = scenario.name
    by_replication = zip(scenario.replications, scenario.targets, strict=True)
    (target,) = (target for one, target in by_replication if one.replication == replication)
    points = curve.points
    rated = [(point, point.rating) for point in points if point.rating is not None]
    return Figure(
        "rating",
        f"{name}: the model as the project saw it, and as it was",
        f"Replication {replication}. {_describe_accuracy(rated)} {KNOWN if emergent else ''}"
        f"{_at_target(points, target)} Click a greyed-out legend entry to show it.",
        _draw_ratings(points, rated, target),
    )


def stopping_table(projects: Sequence[LearningCurve], targets: Sequence[QualityTarget]) -> list[Row]:
    """Build the table of when stopping rules would have stopped the projects.

    The rules are applied afterwards to projects as simulated, which must have ratings.
    """
    # The project estimates its MAP, and no other metric; a rule has one threshold for all projects.
    target = mean_target(targets)
    estimated = [("performance", target.value)] if target.metric == "map" else []
    lines = [("rating", GOOD), *estimated, *(("kappa", least) for least in STABLE)]
    return [
        (f"{name} at least {line:g}", _stopping_cells(STOPPING_RULES[name](line), projects, targets))
        for name, line in lines
    ]


# The figure.


def _draw_ratings(points: Sequence[CurvePoint], rated: Sequence[Rated], target: QualityTarget) -> go.Figure:
    """Draw the Model Rating and its factors, and above them the true MAP and the target's metric."""
    figure = new_figure(AXES["labelled_documents"])
    figure.update_layout(height=480, margin={"r": 80}, legend={"itemwidth": 45})
    figure.update_xaxes(hoverformat=",.0f")
    figure.update_yaxes(title_text="points", range=[0, 100], dtick=10, showgrid=False, hoverformat=".1f")
    _draw_bands(figure)
    seen = _documents([point for point, _ in rated])
    _draw_interval(figure, seen, rated)
    for number, (factor, name) in enumerate(FACTORS.items(), start=2):
        looks = {"color": PALETTE[number], "dash": DASHES[number % len(DASHES)], "width": 1.5}
        visible = True if factor == "overall" else "legendonly"
        _draw(figure, name, seen, _values(rated, factor), line=looks, visible=visible)
    looks = {"color": PALETTE[0], "width": 2.5}
    estimates = _values(rated, "all_labels")
    _draw(figure, "All labels", seen, estimates, line=looks, legendgroup=INTERVAL, legendrank=1)
    looks = {"color": PALETTE[1], "dash": DASHES[1], "width": 2.5}
    truth = 100 * np.array([point.map for point in points], dtype=np.float64)
    _draw(figure, UNSEEN, _documents(points), truth, line=looks, legendrank=2)
    if target.metric != "map":
        looks = {"color": PALETTE[len(FACTORS) + 2], "dash": DASHES[2], "width": 2.5}
        values = 100 * np.array([getattr(point, target.metric) for point in points], dtype=np.float64)
        _draw(figure, f"true {QUALITY_TITLES[target.metric]}", _documents(points), values, line=looks)
    figure.add_hline(y=100 * target.value, line=DASHED, name=f"target {target_text(target)}", showlegend=True)
    return figure


def _draw_bands(figure: go.Figure) -> None:
    """Draw the limits of the Model Rating's bands, such as Good."""
    tops = [100.0, *(least for least, _ in BANDS)]
    for (least, name), top in zip(BANDS, tops[:-1], strict=True):
        if least:
            figure.add_hline(y=least, line={"color": QUIET, "width": 1}, opacity=0.4, layer="below")
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            y=(least + top) / 2,
            text=name,
            showarrow=False,
        )


def _draw_interval(figure: go.Figure, documents: Numbers, rated: Sequence[Rated]) -> None:
    low, high = _values(rated, "all_labels_lower"), _values(rated, "all_labels_upper")
    looks = {"fillcolor": PALETTE[0], "opacity": 0.2, "line": {"width": 0}, "legendgroup": INTERVAL}
    figure.add_scatter(**filled_area(documents, low, high, **looks))


def _draw(figure: go.Figure, name: str, documents: Numbers, values: Numbers, **looks: Any) -> None:
    mode = "lines+markers" if len(documents) <= FEW_POINTS else "lines"
    figure.add_scatter(
        x=to_float32(documents), y=to_float32(values), mode=mode, name=plotly_label(name), **looks
    )


def _documents(points: Sequence[CurvePoint]) -> Numbers:
    return np.array([point.labelled_documents for point in points], dtype=np.float64)


def _values(rated: Sequence[Rated], part: str) -> Numbers:
    return np.array([getattr(rating, part) for _, rating in rated], dtype=np.float64)


def _describe_accuracy(rated: Sequence[Rated]) -> str:
    if not rated:
        return "The project rated none of its models."
    off = fmean(abs(rating.all_labels - 100 * point.map) for point, rating in rated)
    held = sum(
        rating.all_labels_lower <= 100 * point.map <= rating.all_labels_upper for point, rating in rated
    )
    return (
        f"All labels, the project's own estimate of MAP, was {off:.1f} points off on average over the models "
        f"that it rated; its 95 % interval (shaded) held the true MAP of {held:,} of these {len(rated):,}."
    )


def _at_target(points: Sequence[CurvePoint], target: QualityTarget) -> str:
    """Describe the Model Rating of the first model that reached the target."""
    reached = next(filter(target.is_reached, points), None)
    if reached is None:
        return f"No model reached the target of {target_text(target)}."
    documents = BY_NAME["labelled_documents"].format(reached.labelled_documents)
    subject = f"The first model that truly reached {target_text(target)} (after {documents} documents)"
    rating = reached.rating
    if rating is None:
        return f"{subject} was not rated."
    return (
        f"{subject} estimated itself at {rating.all_labels:.1f} (95 % CI {rating.all_labels_lower:.1f}–"
        f"{rating.all_labels_upper:.1f}) and was rated {rating.overall:.1f} overall, {band(rating.overall)}."
    )


# The table.


def _stopping_cells(
    rule: Rule, projects: Sequence[LearningCurve], targets: Sequence[QualityTarget]
) -> list[str]:
    """Build the table cells of one stopping rule, applied to finished projects."""
    stops = [first_fired(rule, curve.points, curve.spent) for curve in projects]
    fired = [
        (curve, target, stop)
        for curve, target, stop in zip(projects, targets, stops, strict=True)
        if stop is not None
    ]
    # Later than all others: leaving them out would praise a rule that seldom fires.
    nowhere = [math.inf] * (len(projects) - len(fired))
    documents = [curve.labelled_documents[stop] for curve, _, stop in fired]
    hours = [curve.active_hours[stop] for curve, _, stop in fired]
    past = [
        curve.active_hours[stop] - curve.active_hours[np.argmax(reached)]
        for curve, target, stop in fired
        if (reached := curve.reaches(target))[stop]
    ]
    written = BY_NAME["active_hours"].format
    return [
        f"{len(fired)} of {len(projects)}",
        f"{len(fired) - len(past)} of {len(fired)}" if fired else "-",
        BY_NAME["labelled_documents"].format(median([*documents, *nowhere])),
        written(median([*hours, *nowhere])),
        written(median(past)) if past else "-",
    ]
