"""The article's four plots and the breakdown of wall time, as Plotly figures."""

from __future__ import annotations

import html
import math
import textwrap
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from sim.results.metrics import BY_NAME, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.report.curves import ScenarioCurve

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""For curves that lie on one another, so that each shows; and for an eighth curve, whose colour is taken."""
FEW_POINTS = 30
FAR_APART = 20
"""From this factor between two scenarios on, time is shown on a logarithmic axis."""
LOG_TICKS = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 3)]
LINE_OF_WORDS = 24
"""How many letters of a name stand on one line of a legend or beside a bar."""
AXES = {
    "labelled_documents": "labelled documents",
    "active_hours": "active SME time",
    "wall_hours": "wall time",
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
        """The figure as JSON that can stand inside a script element: Plotly writes each < as an escape."""
        return str(self.figure.to_json())


def learning_curves(curves: Sequence[ScenarioCurve], axis: str) -> Figure:
    """MAP of every scenario against documents or hours."""
    said = "No mean curve crosses its target."
    if any(curve.crossing(axis) is not None for curve in curves):
        said = f"The mean curve crosses its target: {'; '.join(_crossing(curve, axis) for curve in curves)}."
    return Figure(
        f"map-{axis.replace('_', '-')}",
        f"MAP against {AXES[axis]}",
        said + _band(curves),
        _drawn(curves, axis),
    )


def gap(curves: Sequence[ScenarioCurve], axis: str) -> Figure:
    """Two scenarios, and how many times as long the later one takes to the target."""
    figure = _drawn(curves, axis)
    said = "The gap at the target cannot be marked: a mean curve does not cross it."
    crossings = [(hours, curve) for curve in curves if (hours := curve.crossing(axis))]
    if len(crossings) == len(curves):
        (here, sooner), (there, later) = sorted(crossings, key=itemgetter(0))
        factor = there / here
        figure.add_scatter(
            x=[here, there],
            y=[sooner.target, later.target],
            mode="lines+markers",
            line={"color": "#333", "width": 2},
            marker={"symbol": "line-ns-open", "size": 14},
            hoverinfo="skip",
            showlegend=False,
        )
        logarithmic = factor > FAR_APART
        middle = math.sqrt(here * there) if logarithmic else (here + there) / 2
        figure.add_annotation(
            x=math.log10(middle) if logarithmic else middle,
            y=(sooner.target + later.target) / 2,
            text=f"<b>{factor:.1f}x</b>",
            showarrow=False,
            yshift=-18,
            bgcolor="rgba(255, 255, 255, 0.8)",
            font={"size": 18},
        )
        if logarithmic:
            figure.update_xaxes(type="log", tickvals=LOG_TICKS, ticktext=[f"{tick:,g}" for tick in LOG_TICKS])
        said = (
            f"Where its mean curve crosses the target, {sooner.name} takes {_written(here, axis)} and "
            f"{later.name} {_written(there, axis)}, {factor:.1f} times as long."
        )
    return Figure(f"gap-{axis.replace('_', '-')}", f"The gap in {AXES[axis]}", said + _band(curves), figure)


def wall_time(scenarios: Sequence[Mapping[str, Any]]) -> Figure:
    """Where the mean wall time of each scenario went."""
    activities = dict.fromkeys(activity for scenario in scenarios for activity in scenario["wall_time"])
    names = [_label(scenario["name"]) for scenario in scenarios]
    figure = _empty("mean wall time (h)")
    for number, activity in enumerate(activities):
        figure.add_bar(
            x=[scenario["wall_time"].get(activity, 0) for scenario in scenarios],
            y=names,
            orientation="h",
            name=_label(activity),
            marker={
                "color": PALETTE[number % len(PALETTE)],
                "pattern": {"shape": ["", "/", "x"][number // len(PALETTE) % 3]},
            },
        )
    figure.update_layout(
        barmode="stack",
        height=280 + 50 * len(names),
        bargap=0.4,
        legend={"traceorder": "normal", "font": {"size": 11}},
        xaxis={"hoverformat": ",.1f"},
        # A scenario may be called 250, or 2021-05-03.
        yaxis={"type": "category", "autorange": "reversed"},
    )
    return Figure(
        "wall-time",
        "Where the wall time went",
        "Hours until the target, or until the end where a replication did not reach it. Every moment is shown"
        " once: labelling before training, training before a step of the round trip, that before waiting.",
        figure,
    )


def _drawn(curves: Sequence[ScenarioCurve], axis: str) -> go.Figure:
    """Mean curves above the bands of all, and their targets."""
    unit = BY_NAME[axis].unit
    figure = _empty(f"{AXES[axis]} ({unit})" if unit else AXES[axis])
    figure.update_layout(height=420 + 20 * len(curves))
    figure.update_xaxes(hoverformat=",.2f" if unit else ",.0f")
    figure.update_yaxes(title_text="MAP", tickformat="~%", hoverformat=".1%")
    covered = [sum(_coincide(curve, other, axis) for other in curves[:i]) for i, curve in enumerate(curves)]
    for number, curve in enumerate(curves):
        if _has_band(curve) and not covered[number]:
            _draw_band(figure, curve, axis, number)
    for number, curve in enumerate(curves):
        _draw_mean(figure, curve, axis, number, covered[number])
    for target in sorted({curve.target for curve in curves}):
        figure.add_hline(
            y=target,
            line={"color": "#555", "dash": "dash", "width": 1.5},
            name=f"target {percent(target)}",
            showlegend=True,
        )
    return figure


def _draw_band(figure: go.Figure, curve: ScenarioCurve, axis: str, number: int) -> None:
    """Two standard deviations to either side of a mean curve, within what a MAP can be."""
    x, maps, spread = getattr(curve.mean, axis), curve.mean.map, 2 * curve.mean.map_std
    figure.add_scatter(
        x=_thin(np.concatenate([x, x[::-1]])),
        y=_thin(np.clip(np.concatenate([maps + spread, (maps - spread)[::-1]]), 0, 1)),
        mode="lines",
        fill="toself",
        fillcolor=PALETTE[number % len(PALETTE)],
        opacity=0.2,
        line={"width": 0},
        hoverinfo="skip",
        legendgroup=number,
        showlegend=False,
    )


def _draw_mean(figure: go.Figure, curve: ScenarioCurve, axis: str, number: int, covered: int) -> None:
    """A mean curve; one that lies on ``covered`` others is dashed, so that these show through."""
    x = _thin(getattr(curve.mean, axis))
    figure.add_scatter(
        x=x,
        y=_thin(curve.mean.map),
        mode="lines+markers" if len(x) <= FEW_POINTS else "lines",
        name=_label(curve.name),
        legendgroup=number,
        line={
            "color": PALETTE[number % len(PALETTE)],
            "dash": DASHES[(covered + number // len(PALETTE)) % len(DASHES)],
            "width": 2.5,
        },
    )


def _coincide(one: ScenarioCurve, two: ScenarioCurve, axis: str) -> bool:
    """Whether two mean curves are one on the page, as where scenarios differ in hand-overs alone."""
    return all(
        np.array_equal(getattr(one.mean, values), getattr(two.mean, values)) for values in (axis, "map")
    )


def _has_band(curve: ScenarioCurve) -> bool:
    """Whether replications were enough for a standard deviation."""
    return bool(np.isfinite(curve.mean.map_std).any())


def _band(curves: Sequence[ScenarioCurve]) -> str:
    return f" {BAND}" if any(_has_band(curve) for curve in curves) else ""


def _crossing(curve: ScenarioCurve, axis: str) -> str:
    crossing = curve.crossing(axis)
    if crossing is None:
        return f"{curve.name} not as far as it goes"
    return f"{curve.name} after {_written(crossing, axis)}"


def _written(value: float, axis: str) -> str:
    metric = BY_NAME[axis]
    return metric.written(value) if metric.unit else f"{metric.written(value)} documents"


def _label(name: str) -> str:
    """A name as Plotly is to show it: escaped, since Plotly reads some HTML, and in short lines."""
    return "<br>".join(html.escape(line, quote=False) for line in textwrap.wrap(name, LINE_OF_WORDS))


def _thin(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """32 bits are more than a screen shows."""
    return values.astype(np.float32)


def _empty(x_title: str) -> go.Figure:
    layout = go.Layout(
        template="plotly_white",
        margin={"l": 60, "r": 20, "t": 30, "b": 50},
        legend={
            "orientation": "h",
            "xref": "container",
            "x": 0,
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
        },
        xaxis={
            "title": {"text": x_title},
            "rangemode": "tozero",
            "separatethousands": True,
            "exponentformat": "none",
        },
        font={"family": "system-ui, sans-serif", "size": 13},
    )
    return go.Figure(layout=layout)
