"""The article's four plots and the breakdown of wall time, as Plotly figures."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.report.curves import ScenarioCurve

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""
FEW_POINTS = 30
FAR_APART = 20
"""From this factor between two scenarios on, time is shown on a logarithmic axis."""
AXES = {
    "labelled_documents": "labelled documents",
    "active_hours": "active SME time (h)",
    "wall_hours": "wall time (h)",
}
BAND = (
    "Shaded: ±2 standard deviations over replications, where single projects fall; "
    "not a confidence interval of the mean."
)


@dataclass(frozen=True)
class Figure:
    """A Plotly figure with the words around it."""

    name: str
    title: str
    caption: str
    figure: go.Figure

    @property
    def json(self) -> str:
        """The figure as JSON that can stand inside a script element."""
        return str(self.figure.to_json()).replace("<", "\\u003c")


def learning_curves(curves: Sequence[ScenarioCurve], axis: str) -> Figure:
    """MAP of every scenario against documents or hours."""
    figure = _empty(AXES[axis], "mean average precision (MAP)")
    for number, curve in enumerate(curves):
        _draw(figure, curve, axis, number)
    for target in sorted({curve.target for curve in curves}):
        figure.add_hline(
            y=target, line_dash="dash", line_color="#555", annotation_text=f"target {target:.0%}"
        )
    digits = ",.0f" if axis == "labelled_documents" else ",.1f"
    unit = "documents" if axis == "labelled_documents" else "h"
    reached = [
        f"{curve.name} after {crossing:{digits}} {unit}"
        for curve in curves
        if (crossing := curve.crossing(axis)) is not None
    ]
    said = "No mean curve crosses its target."
    if reached:
        said = f"The mean curve crosses its target: {'; '.join(reached)}."
    return Figure(f"map-{axis.replace('_', '-')}", f"MAP against {AXES[axis]}", f"{said} {BAND}", figure)


def gap(curves: Sequence[ScenarioCurve], axis: str) -> Figure:
    """Two scenarios, and by how many times the one is sooner at the target."""
    figure = _empty(AXES[axis], "mean average precision (MAP)")
    for number, curve in enumerate(curves):
        _draw(figure, curve, axis, number)
    said = "The gap at the target cannot be marked: a mean curve does not cross it."
    baseline, other = curves
    here, there = baseline.crossing(axis), other.crossing(axis)
    if here and there:
        factor = here / there
        figure.add_scatter(
            x=[here, there],
            y=[baseline.target, other.target],
            mode="lines+markers",
            line={"color": "#333", "width": 2},
            marker={"symbol": "line-ns-open", "size": 14},
            name=f"{factor:.1f}x",
            showlegend=False,
        )
        logarithmic = max(factor, 1 / factor) > FAR_APART
        middle = math.sqrt(here * there) if logarithmic else (here + there) / 2
        figure.add_annotation(
            x=math.log10(middle) if logarithmic else middle,
            y=(baseline.target + other.target) / 2,
            text=f"<b>{factor:.1f}x</b>",
            showarrow=False,
            yshift=16,
            font={"size": 18},
        )
        if logarithmic:
            figure.update_xaxes(type="log")
        said = (
            f"Where the mean curves cross the target, {other.name} takes {there:,.1f} h and "
            f"{baseline.name} {here:,.1f} h: {factor:.1f} times sooner."
        )
    return Figure(f"gap-{axis.replace('_', '-')}", f"The gap in {AXES[axis]}", f"{said} {BAND}", figure)


def wall_time(scenarios: Sequence[Mapping[str, Any]]) -> Figure:
    """Where the mean wall time of each scenario went."""
    figure = _empty("mean wall time (h)", "")
    activities = dict.fromkeys(activity for scenario in scenarios for activity in scenario["wall_time"])
    names = [html.escape(scenario["name"]) for scenario in scenarios]
    for number, activity in enumerate(activities):
        figure.add_bar(
            x=[scenario["wall_time"].get(activity, 0) for scenario in scenarios],
            y=names,
            orientation="h",
            name=html.escape(activity),
            marker={
                "color": PALETTE[number % len(PALETTE)],
                "pattern": {"shape": ["", "/", "x"][number // len(PALETTE) % 3]},
            },
        )
    figure.update_layout(barmode="stack", yaxis={"autorange": "reversed"}, height=180 + 60 * len(names))
    return Figure(
        "wall-time",
        "Where the wall time went",
        "Every moment is shown once: labelling before training, training before a step of the round trip, "
        "that before waiting.",
        figure,
    )


def _draw(figure: go.Figure, curve: ScenarioCurve, axis: str, number: int) -> None:
    """A mean curve with its band."""
    color, name = PALETTE[number % len(PALETTE)], html.escape(curve.name)
    x, maps = _thin(getattr(curve.mean, axis)), curve.mean.map
    if not np.isnan(curve.mean.map_std).any():
        spread = 2 * curve.mean.map_std
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]),
            y=_thin(np.clip(np.concatenate([maps + spread, (maps - spread)[::-1]]), 0, 1)),
            fill="toself",
            fillcolor=color,
            opacity=0.2,
            line={"width": 0},
            hoverinfo="skip",
            legendgroup=name,
            showlegend=False,
        )
    few = len(x) <= FEW_POINTS
    figure.add_scatter(
        x=x,
        y=_thin(maps),
        mode="lines+markers" if few else "lines",
        name=name,
        legendgroup=name,
        line={"color": color, "width": 2.5},
    )


def _thin(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """32 bits are more than a screen shows."""
    return values.astype(np.float32)


def _empty(x_title: str, y_title: str) -> go.Figure:
    layout = go.Layout(
        template="plotly_white",
        height=440,
        margin={"l": 60, "r": 20, "t": 30, "b": 50},
        legend={"orientation": "h", "y": -0.22},
        xaxis={"title": {"text": x_title}, "rangemode": "tozero"},
        yaxis={"title": {"text": y_title}},
        font={"family": "system-ui, sans-serif", "size": 13},
    )
    return go.Figure(layout=layout)
