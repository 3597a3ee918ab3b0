"""Dates along hours of wall time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from sim.report.figure import QUIET

if TYPE_CHECKING:
    from collections.abc import Iterator

    import plotly.graph_objects as go

MOST_DATES = 10
"""What there is room for side by side."""
ROOM = 40
"""Pixels that dates take above a figure, aslant where it is narrow."""
DAY = 24
APART = (1, 3, 6, 12, DAY, 2 * DAY, *(7 * DAY * weeks for weeks in (1, 2, 4, 8, 13, 26, 52, 104, 260, 520)))
"""Hours on the clock between two ticks: those of a day, or whole weeks from Monday to Monday."""
A_MONDAY = datetime(2001, 1, 1)  # noqa: DTZ001 - what clocks show, wherever they are


def add_dates(figure: go.Figure, began: datetime, until_hours: float) -> None:
    """A second horizontal axis, above the figure, that says dates of hours since a project began."""
    ticks = date_ticks(began, until_hours)
    # An axis is drawn only where something belongs to it.
    figure.add_scatter(x=[], y=[], xaxis="x2", showlegend=False)
    figure.update_layout(
        height=figure.layout.height + ROOM,
        xaxis2={
            "overlaying": "x",
            "matches": "x",
            "side": "top",
            "tickvals": [hours for hours, _ in ticks],
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
    """Hours of wall time at which clocks show a round time, no more than there is room for, and in words."""
    all_ticks = (list(islice(_ticks(began, until_hours, apart), MOST_DATES + 1)) for apart in APART)
    return next((ticks for ticks in all_ticks if len(ticks) <= MOST_DATES), [])


def _ticks(began: datetime, until_hours: float, apart: int) -> Iterator[tuple[float, str]]:
    """All moments so many hours on the clock apart, counted from midnight, or from a Monday."""
    naive = began.replace(tzinfo=None)
    step = timedelta(hours=apart)
    shown = naive - (naive - A_MONDAY) % step if apart > DAY else _midnight(naive)
    while True:
        moment = shown.replace(tzinfo=began.tzinfo).astimezone(UTC).astimezone(began.tzinfo)
        hours = (moment.astimezone(UTC) - began.astimezone(UTC)) / timedelta(hours=1)
        if hours > until_hours:
            return
        skipped = moment.replace(tzinfo=None) != shown  # by clocks that are put forward
        if hours >= 0 and not skipped:
            yield hours, _in_words(moment, apart)
        shown += step


def _midnight(naive: datetime) -> datetime:
    return naive.replace(hour=0, minute=0, second=0, microsecond=0)


def _in_words(moment: datetime, apart: int) -> str:
    """The hour within a day, else the day; the year where there may be several."""
    if moment.hour or moment.minute:
        return f"{moment:%H:%M}"
    if apart > 7 * DAY:
        return f"{moment.day} {moment:%b %Y}"
    return f"{moment:%a} {moment.day} {moment:%b}"
