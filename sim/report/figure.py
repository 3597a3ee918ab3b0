"""A Plotly figure with the words around it, and the looks that all figures share."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8a8a")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""
QUIET = "#7d7d7d"
"""Of what is no scenario's: readable on white and on black."""
SHADE = "rgba(125, 125, 125, 0.22)"
"""Of hours in which nobody is expected to do anything."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""For curves that lie on one another, so that each shows; and for an eighth curve, whose colour is taken."""
FAR_APART = 20
"""From this factor between two scenarios on, time is shown on a logarithmic axis."""
_TICKS = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 3)]
LOGARITHMIC = {"type": "log", "tickvals": _TICKS, "ticktext": [f"{tick:,g}" for tick in _TICKS]}
"""A logarithmic axis of hours."""
LINE_OF_WORDS = 24
"""How many letters of a name stand on one line of a legend or beside a bar."""


@dataclass(frozen=True)
class Figure:
    """A Plotly figure with the words around it."""

    name: str
    title: str
    caption: str
    figure: go.Figure
    on_demand: str = ""
    """What the figure's hidden traces are, which a reader may switch on."""

    @property
    def height(self) -> int:
        """Pixels, so that a page has its length before the figure is drawn."""
        return int(self.figure.layout.height)

    @property
    def json(self) -> str:
        """The figure as JSON that can stand inside a script element: Plotly writes each < as an escape."""
        return str(self.figure.to_json())


def color(number: int) -> str:
    """The colour of the scenario at this place among those that are drawn."""
    return PALETTE[number % len(PALETTE)]


def dash(number: int, below: int = 0) -> str:
    """Its dash, where it lies on so many others of those that are drawn before it."""
    return DASHES[(below + number // len(PALETTE)) % len(DASHES)]


def empty(x_title: str) -> go.Figure:
    """A figure without anything drawn yet."""
    return go.Figure(
        layout={
            "template": "plotly_white",
            "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
            "legend": {
                "orientation": "h",
                "xref": "container",
                "x": 0,
                "yref": "container",
                "y": 0,
                "yanchor": "bottom",
            },
            "xaxis": {
                "title": {"text": x_title},
                "rangemode": "tozero",
                "separatethousands": True,
                "exponentformat": "none",
            },
            "font": {"family": "system-ui, sans-serif", "size": 13},
            "hoverlabel": {"namelength": -1},
        }
    )


def far_apart(hours: Sequence[float]) -> bool:
    """Whether a linear axis would squeeze the shortest of these hours into a corner."""
    return bool(hours) and 0 < FAR_APART * min(hours) < max(hours)


def spread_along_time(figure: go.Figure, values: Sequence[float | None], axis: str) -> None:
    """Make the horizontal axis logarithmic where these hours are far apart; documents never are."""
    if axis.endswith("hours") and far_apart([value for value in values if value]):
        figure.update_xaxes(LOGARITHMIC)


def label(name: str) -> str:
    """A name as Plotly is to show it: escaped, since Plotly reads some HTML, and in short lines."""
    return "<br>".join(html.escape(line, quote=False) for line in textwrap.wrap(name, LINE_OF_WORDS))


def one_line(name: str) -> str:
    """A name where there is no room for a second line: escaped, its middle left out if it is long."""
    end = 3  # where those who are alike have their numbers
    cut = name if len(name) <= LINE_OF_WORDS else f"{name[: LINE_OF_WORDS - end - 1]}…{name[-end:]}"
    return html.escape(cut, quote=False)


def thin(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """32 bits are more than a screen shows."""
    return values.astype(np.float32)
