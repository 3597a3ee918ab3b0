"""A Plotly figure with the words around it, the looks that all figures share, and axes of dates."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from sim.results.metrics import DAYS, HOURS, WEEKS, ElapsedUnit, elapsed_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8a8a")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""
QUIET = "#7d7d7d"
"""Colour of lines that belong to no scenario: readable on white and on black."""
SHADE = "rgba(125, 125, 125, 0.22)"
"""Colour of hours off shift."""
DASHED = {"color": QUIET, "dash": "dash", "width": 1.5}
"""A line that stands for a target or a deadline."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""Dashes, so that curves on top of one another show, as does an eighth curve, whose colour is taken."""
FAR_APART = 20
"""Factor between two scenarios from which time has a logarithmic axis."""
_AMOUNTS = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 3)]
_WORK_TICKS = {amount: f"{amount:,g}" for amount in _AMOUNTS}
_ELAPSED_TICKS = {
    amount * unit.hours: f"{amount:,g} {unit.name}"
    for unit in (HOURS, DAYS, WEEKS)
    for amount in _AMOUNTS
    if elapsed_unit(amount * unit.hours) == unit
}
"""Words of the ticks of a logarithmic axis of hours: of people's work, and of time that passes."""
LINE_OF_WORDS = 24
"""Maximum letters of a name on one line of a legend or beside a bar."""


@dataclass(frozen=True)
class Figure:
    """Plotly figure with its title and caption."""

    name: str
    title: str
    caption: str
    figure: go.Figure
    on_demand: str = ""
    """Name of the figure's hidden traces, which a reader may switch on."""

    @property
    def height(self) -> int:
        """Height in pixels, so that a page has its length before the figure is drawn."""
        return int(self.figure.layout.height)

    @property
    def json(self) -> str:
        """Figure as JSON for a script element: Plotly escapes each <."""
        return str(self.figure.to_json())


def scenario_color(number: int) -> str:
    """Return the colour of the scenario with this index among those drawn."""
    return PALETTE[number % len(PALETTE)]


def scenario_dash(number: int, below: int = 0) -> str:
    """Return the dash of the scenario with this index, whose curve covers ``below`` earlier ones."""
    # Colours come first, and repeat after seven; a dash then tells the eighth from the first.
    return DASHES[(below + number // len(PALETTE)) % len(DASHES)]


def new_figure(x_title: str = "") -> go.Figure:
    """Create a Plotly figure without traces, in the style of all figures of the report."""
    return go.Figure(
        layout={
            # The page gives its figures one theme: a copy in each would be most of what they hold.
            "template": "none",
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
    """Return whether hours differ so much that a linear axis would squeeze the shortest."""
    # A logarithm needs hours above 0.
    return bool(hours) and 0 < FAR_APART * min(hours) < max(hours)


def time_axis(
    title: str, longest: float, *, elapsed: bool = True, logarithmic: bool = False
) -> tuple[dict[str, Any], ElapsedUnit]:
    """Return Plotly's layout of an axis of time, and the unit of the values on it.

    Time that passes is in hours, days or weeks, by the ``longest`` value in hours; people's work, not
    ``elapsed``, is in hours. Values on a logarithmic axis are hours, and each tick has a unit of its own.
    """
    if not logarithmic:
        unit = elapsed_unit(longest) if elapsed else HOURS
        return {"title": {"text": f"{title} ({unit.name})"}}, unit
    ticks = _ELAPSED_TICKS if elapsed else _WORK_TICKS
    layout = {
        "title": {"text": title if elapsed else f"{title} (h)"},
        "type": "log",
        "tickvals": list(ticks),
        "ticktext": list(ticks.values()),
    }
    return layout, HOURS


def plotly_label(name: str) -> str:
    """Escape a name for Plotly, which interprets some HTML, and wrap it into short lines."""
    return "<br>".join(html.escape(line, quote=False) for line in textwrap.wrap(name, LINE_OF_WORDS))


def one_line(name: str) -> str:
    """Escape a name for Plotly on one line, and shorten its middle if it is long."""
    end = 3  # where those who are alike have their numbers
    cut = name if len(name) <= LINE_OF_WORDS else f"{name[: LINE_OF_WORDS - end - 1]}…{name[-end:]}"
    return html.escape(cut, quote=False)


def to_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convert values to 32 bits, which are precise enough for a screen, to keep the report small."""
    return values.astype(np.float32)


def bar_looks(color: str, pattern: str = "") -> dict[str, Any]:
    """Build the looks of horizontal bars: a colour, and a pattern for eyes that see none."""
    return {"orientation": "h", "marker": {"color": color, "pattern": {"shape": pattern}}}


ONE_BELOW_THE_OTHER = {"type": "category", "autorange": "reversed"}
"""Axis of names, the first on top; a scenario may be called 250, or 2021-05-03."""


def filled_area(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], **looks: Any
) -> dict[str, Any]:
    """Build a Plotly trace that fills the area between two curves, without hover text."""
    return {
        "x": to_float32(np.concatenate([x, x[::-1]])),
        "y": to_float32(np.concatenate([high, low[::-1]])),
        "mode": "lines",
        "fill": "toself",
        "hoverinfo": "skip",
        "showlegend": False,
        **looks,
    }


MOST_DATES = 10
"""Maximum number of dates side by side."""
ROOM = 40
"""Pixels for dates above a figure, which are tilted where it is narrow."""
DAY = 24
APART = (1, 3, 6, 12, DAY, 2 * DAY, *(7 * DAY * weeks for weeks in (1, 2, 4, 8, 13, 26, 52, 104, 260, 520)))
"""Hours on the clock between two ticks: those of a day, or whole weeks from Monday to Monday."""
A_MONDAY = datetime(2001, 1, 1)  # noqa: DTZ001 - what clocks show, wherever they are


def add_dates(figure: go.Figure, began: datetime, until_hours: float, unit: ElapsedUnit) -> None:
    """Add a horizontal axis above a figure with dates for the time since the project's start."""
    ticks = date_ticks(began, until_hours)
    # An axis is drawn only where something belongs to it.
    figure.add_scatter(x=[], y=[], xaxis="x2", showlegend=False)
    figure.update_layout(
        height=figure.layout.height + ROOM,
        xaxis2={
            "overlaying": "x",
            "matches": "x",
            "side": "top",
            "tickvals": [hours / unit.hours for hours, _ in ticks],
            "ticktext": [words for _, words in ticks],
            "tickfont": {"size": 11},
            "ticks": "outside",
            "tickcolor": QUIET,
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
    )


def date_ticks(began: datetime, until_hours: float) -> list[tuple[float, str]]:
    """Choose at most `MOST_DATES` ticks at round clock times; return their hours and labels."""
    all_ticks = (list(islice(_ticks(began, until_hours, apart), MOST_DATES + 1)) for apart in APART)
    return next((ticks for ticks in all_ticks if len(ticks) <= MOST_DATES), [])


def _ticks(began: datetime, until_hours: float, apart: int) -> Iterator[tuple[float, str]]:
    """Yield ticks ``apart`` hours apart on the clock, counted from midnight or from a Monday."""
    naive = began.replace(tzinfo=None)
    step = timedelta(hours=apart)
    shown = (
        naive - (naive - A_MONDAY) % step
        if apart > DAY
        else naive.replace(hour=0, minute=0, second=0, microsecond=0)
    )
    while True:
        # There and back by UTC shows whether clocks ever showed that time.
        moment = shown.replace(tzinfo=began.tzinfo).astimezone(UTC).astimezone(began.tzinfo)
        hours = (moment.astimezone(UTC) - began.astimezone(UTC)) / timedelta(hours=1)
        if hours > until_hours:
            return
        skipped = moment.replace(tzinfo=None) != shown  # by clocks that are put forward
        if hours >= 0 and not skipped:
            yield hours, _tick_label(moment, apart)
        shown += step


def _tick_label(moment: datetime, apart: int) -> str:
    """Format a tick: the time within a day, else the day, with the year if ticks are far apart."""
    if moment.hour or moment.minute:
        return f"{moment:%H:%M}"
    if apart > 7 * DAY:
        return f"{moment.day} {moment:%b %Y}"
    return f"{moment:%a} {moment.day} {moment:%b}"
