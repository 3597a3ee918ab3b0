"""Learning curves: of the mean, of single projects, and of each label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.quality import mean_target
from sim.reporting.html.figure import (
    DASHED,
    LINE_OF_WORDS,
    PALETTE,
    Figure,
    far_apart,
    filled_area,
    new_figure,
    plotly_label,
    scenario_color,
    scenario_dash,
    time_axis,
    to_float32,
)
from sim.reporting.shared_text import format_documents
from sim.results.metrics import BY_NAME, HOURS, QUALITY_TITLES, percent
from sim.results.study_store import read_curves
from sim.results.summary import MeanCurve

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from sim.core.quality import QualityTarget
    from sim.reporting.shared_text import Row
    from sim.results.replication_metrics import LearningCurve
    from sim.results.study_store import StoredStudy
    from sim.results.summary import ScenarioSummary


@dataclass(frozen=True, eq=False)
class ScenarioCurve:
    """Mean curve of a scenario, the curves of its projects, and their targets."""

    name: str
    targets: Sequence[QualityTarget]
    mean: MeanCurve
    projects: Sequence[LearningCurve]
    number: int = 0
    """Its place among those drawn, which decides its looks in every figure."""

    @property
    def target(self) -> QualityTarget:
        """Mean of the projects' targets."""
        return mean_target(self.targets)

    def crossing(self, axis: str) -> float | None:
        """Return documents or hours where the mean learning curve reaches the target; None if it does not."""
        point = self.mean.crossing(self.target)
        return None if point is None else float(getattr(self.mean, axis)[point])


def scenario_curves(study: StoredStudy) -> list[ScenarioCurve]:
    """Collect the mean learning curve of every scenario of a study, in its order."""
    projects = read_curves(study.curve)
    found = []
    for scenario in study.summary.scenarios:
        name = scenario.name
        theirs = [projects[name, one.replication] for one in scenario.replications]
        mean = MeanCurve.from_curves(theirs)
        found.append(ScenarioCurve(name, scenario.targets, mean, theirs))
    return found


FEW_POINTS = 30
MOST_PROJECTS = 200
"""Maximum number of single projects on a page."""
AXES = {
    "labelled_documents": "labelled documents",
    "active_hours": "active SME time",
    "wall_hours": "wall time",
}


class _CurveAxis(NamedTuple):
    """Horizontal axis: a column of learning curves, and the hours that are 1 on it."""

    column: str
    hours: int = 1

    def along(self, curve: MeanCurve | LearningCurve) -> NDArray[np.float64]:
        """Return where the models of a learning curve are on the axis."""
        values: NDArray[np.float64] = getattr(curve, self.column) / self.hours
        return values


BAND = (
    "Shaded: ±2 standard deviations over replications, where single projects fall; "
    "not a confidence interval of the mean."
)


def learning_curves(curves: Sequence[ScenarioCurve], axis: str) -> Figure:
    """Draw the learning curves of scenarios: their targets' metric against documents or hours.

    Where targets are of different metrics, it is MAP that is drawn.
    """
    metric = drawn_metric(curves)
    caption = "No mean curve crosses its target as far as it goes: as far as every project has models."
    if any(curve.crossing(axis) is not None for curve in curves):
        crossings = "; ".join(_crossing(curve, axis) for curve in curves)
        caption = f"The mean curve crosses its target (the article's method): {crossings}."
    if any(len({*curve.targets}) > 1 for curve in curves):
        caption += " Projects have targets of their own; dashed is the mean of these."
    if any(curve.target.metric != metric for curve in curves):
        caption += f" Targets are of different metrics; {QUALITY_TITLES[metric]} is drawn."
    layout, unit = {"title": {"text": AXES[axis]}}, HOURS
    if BY_NAME[axis].unit:
        crossed = [hours for curve in curves if (hours := curve.crossing(axis))]
        longest = max(getattr(curve.mean, axis).max(initial=0) for curve in curves)
        layout, unit = time_axis(
            AXES[axis], longest, elapsed=BY_NAME[axis].elapsed, logarithmic=far_apart(crossed)
        )
    along = _CurveAxis(axis, unit.hours)
    figure = _draw_curves(curves, along, metric)
    figure.update_xaxes(layout, hoverformat=",.2f" if BY_NAME[axis].unit else ",.0f")
    # Hidden until asked for, but part of the file: too many would make it slow to open.
    singly = 0 < sum(len(curve.projects) for curve in curves) <= MOST_PROJECTS
    if singly:
        for curve in curves:
            _draw_projects(figure, curve, along, metric)
    return Figure(
        f"map-{axis.replace('_', '-')}",
        f"{QUALITY_TITLES[metric]} against {AXES[axis]}",
        caption + (f" {BAND}" if any(_has_band(curve, metric) for curve in curves) else ""),
        figure,
        on_demand="single projects" if singly else "",
    )


def drawn_metric(curves: Sequence[ScenarioCurve]) -> str:
    """Return the metric of the scenarios' targets; MAP where they differ."""
    metrics = {curve.target.metric for curve in curves}
    return metrics.pop() if len(metrics) == 1 else "map"


def quality_rows(curves: Sequence[ScenarioCurve]) -> list[Row]:
    """Build a table of every metric of the models that reached the target, or else of the last ones.

    Each cell is a mean over the projects that have a model; metrics that no model has are left out.
    """
    rows = []
    models = [_decisive_models(curve) for curve in curves]
    for metric, title in QUALITY_TITLES.items():
        means = [_mean_quality(found, metric) for found in models]
        if any(mean is not None for mean in means):
            rows.append((title, ["-" if mean is None else f"{mean:.3f}" for mean in means]))
    return rows


def _decisive_models(curve: ScenarioCurve) -> list[tuple[LearningCurve, int]]:
    """Find each project's model at the target, or else its last: its learning curve, and its place there."""
    return [
        (one, int(np.argmax(at_target)) if at_target.any() else -1)
        for one, target in zip(curve.projects, curve.targets, strict=True)
        if len(at_target := one.reaches(target))
    ]


def _mean_quality(models: Sequence[tuple[LearningCurve, int]], metric: str) -> float | None:
    """Average a metric over models; None where it does not apply."""
    values = [getattr(curve, metric)[place] for curve, place in models]
    return None if not values or np.isnan(values).any() else float(np.mean(values))


def _draw_curves(curves: Sequence[ScenarioCurve], axis: _CurveAxis, metric: str) -> go.Figure:
    """Draw all mean learning curves above their bands, and the targets."""
    figure = new_figure()
    figure.update_layout(height=420 + 20 * len(curves))
    figure.update_yaxes(title_text=QUALITY_TITLES[metric], tickformat="~%", hoverformat=".1%")
    covered = [
        sum(_look_alike(curve, other, axis.column, metric) for other in curves[:i])
        for i, curve in enumerate(curves)
    ]
    for curve, below in zip(curves, covered, strict=True):
        if _has_band(curve, metric) and not below:
            _draw_band(figure, curve, axis, metric)
    for curve, below in zip(curves, covered, strict=True):
        _draw_mean(figure, curve, axis, metric, below)
    for target in sorted({curve.target.value for curve in curves if curve.target.metric == metric}):
        figure.add_hline(y=target, line=DASHED, name=f"target {percent(target)}", showlegend=True)
    return figure


def _draw_band(figure: go.Figure, curve: ScenarioCurve, axis: _CurveAxis, metric: str) -> None:
    """Draw a band of two standard deviations around a mean learning curve, between 0 and 1."""
    x, mean, spread = (
        axis.along(curve.mean),
        curve.mean.quality[metric],
        2 * curve.mean.quality_std[metric],
    )
    # Bands of few models are steps, as their means are.
    if len(x) <= FEW_POINTS:
        x, mean, spread = np.repeat(x, 2)[1:], np.repeat(mean, 2)[:-1], np.repeat(spread, 2)[:-1]
    # No metric lies beyond, whatever a symmetric band says.
    low, high = np.clip([mean - spread, mean + spread], 0, 1)
    looks = {"fillcolor": scenario_color(curve.number), "opacity": 0.2, "line": {"width": 0}}
    figure.add_scatter(**filled_area(x, low, high, legendgroup=curve.number, **looks))


def _draw_mean(figure: go.Figure, curve: ScenarioCurve, axis: _CurveAxis, metric: str, covered: int) -> None:
    """Draw a mean learning curve, dashed if it covers ``covered`` others, so that they show through.

    Few models are drawn as steps: each stays as good as it is until the next is published.
    """
    x = to_float32(axis.along(curve.mean))
    figure.add_scatter(
        x=x,
        y=to_float32(curve.mean.quality[metric]),
        mode="lines+markers" if len(x) <= FEW_POINTS else "lines",
        name=plotly_label(curve.name),
        legendgroup=curve.number,
        line={
            "color": scenario_color(curve.number),
            "dash": scenario_dash(curve.number, covered),
            "width": 2.5,
            "shape": "hv" if len(x) <= FEW_POINTS else "linear",
        },
    )


def _draw_projects(figure: go.Figure, curve: ScenarioCurve, axis: _CurveAxis, metric: str) -> None:
    """Draw the learning curves of all replications as one hidden trace with gaps."""
    # One trace with gaps: hundreds of traces would make a figure slow.
    gap = np.array([np.nan])
    figure.add_scatter(
        x=to_float32(np.concatenate([part for one in curve.projects for part in (axis.along(one), gap)])),
        y=to_float32(
            np.concatenate([part for one in curve.projects for part in (getattr(one, metric), gap)])
        ),
        mode="lines",
        name=f"{plotly_label(curve.name)}, single projects",
        legendgroup=curve.number,
        line={"color": scenario_color(curve.number), "width": 1},
        opacity=0.5,
        hoverinfo="skip",
        showlegend=False,
        visible=False,
    )


def _look_alike(one: ScenarioCurve, two: ScenarioCurve, axis: str, metric: str) -> bool:
    """Return whether two mean learning curves look the same, as if only hand-overs differ."""
    return np.array_equal(getattr(one.mean, axis), getattr(two.mean, axis)) and np.array_equal(
        one.mean.quality[metric], two.mean.quality[metric]
    )


def _has_band(curve: ScenarioCurve, metric: str) -> bool:
    """Return whether a scenario has enough replications for a standard deviation."""
    return bool(np.isfinite(curve.mean.quality_std[metric]).any())


def _crossing(curve: ScenarioCurve, axis: str) -> str:
    crossing = curve.crossing(axis)
    if crossing is None:
        return f"{curve.name} not as far as it goes"
    return f"{curve.name} after {_written(crossing, axis)}"


def _written(value: float, axis: str) -> str:
    return BY_NAME[axis].format(value) if BY_NAME[axis].unit else format_documents(value)


MOST = 40
"""Maximum number of labels on a page."""


def worst_labels(scenario: ScenarioSummary) -> Figure | None:
    """Draw the average precision of a scenario's labels, worst first; None without a model."""
    known = [
        (one.average_precision, one.name) for one in scenario.labels if one.average_precision is not None
    ]
    if not known:
        return None
    shown = sorted(known)[:MOST]
    precisions, names = zip(*shown, strict=True)
    figure = new_figure("average precision")
    figure.add_bar(
        x=precisions,
        y=list(range(len(shown))),
        customdata=[plotly_label(name) for name in names],
        orientation="h",
        marker={"color": PALETTE[0]},
        text=[f"{precision:.2f}" for precision in precisions],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata}: %{x:.2f}<extra></extra>",
    )
    of_map = scenario.quality_target.metric == "map"
    if of_map:
        figure.add_vline(x=scenario.quality_target.value, line=DASHED)
    figure.update_layout(height=100 + 22 * len(shown), bargap=0.25, margin={"r": 50})
    figure.update_xaxes(range=[0, 1])
    cut = [plotly_label(_shorten_name(name)) for name in names]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(shown))), ticktext=cut)
    caption = (
        f"{scenario.name}: average precision of each label on the test documents with a project's last "
        "model, mean over replications, the worst first."
    )
    if of_map:
        caption += " Dashed line: target for the mean."
    if len(known) > MOST:
        caption += f" The {len(known) - MOST} best are not shown."
    if missing := len(scenario.labels) - len(known):
        caption += f" Labels without test documents are not shown: {missing}."
    return Figure("labels", "Label by label", caption, figure)


def _shorten_name(name: str) -> str:
    """Shorten a label's name to one line."""
    return name if len(name) <= LINE_OF_WORDS else f"{name[: LINE_OF_WORDS - 1]}…"
