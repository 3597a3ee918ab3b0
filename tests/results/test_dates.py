"""Wall time as dates: known answers of calendars and clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sim.reporting.shared_text import format_date, format_span
from sim.results.statistics import aggregate
from sim.results.summary import Dates

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY_NINE = datetime(2026, 3, 27, 9, tzinfo=BERLIN)
"""Clocks are put forward in the night to Sunday."""
KNOWN = Dates.from_wall_time(FRIDAY_NINE, aggregate([10, 20, 30, 72, 100], ["reached"] * 5, share=False))


def test_quantiles_are_dates_of_the_projects_own_zone() -> None:
    assert KNOWN.start == "2026-03-27T09:00+01:00"
    assert KNOWN.timezone == "Europe/Berlin"
    assert KNOWN.median == "2026-03-28T15:00+01:00"
    assert KNOWN.p80 == "2026-03-30T10:00+02:00"  # 72 h, an hour of which the clocks skip


def test_what_was_not_reached_has_no_date() -> None:
    short = Dates.from_wall_time(FRIDAY_NINE, aggregate([10, 20], ["reached", "horizon"], share=False))
    assert (short.p80, format_date(short.p80)) == (None, "-")


@pytest.mark.parametrize("start", [FRIDAY_NINE, datetime(2026, 1, 5, 9, 30, tzinfo=UTC)])
def test_a_start_is_read_as_it_was_written(start: datetime) -> None:
    known = Dates.from_wall_time(start, aggregate([10], ["reached"], share=False))
    assert known.after(0) == start
    assert known.after(0).utcoffset() == start.utcoffset()


def test_hours_pass_whatever_clocks_do() -> None:
    assert format_date(KNOWN.after(24)) == "Sat 28 Mar 2026, 09:00"
    assert format_date(KNOWN.after(48)) == "Sun 29 Mar 2026, 10:00"


def test_a_span_says_a_day_once() -> None:
    assert format_span(KNOWN, 0, 1.5) == "Fri 27 Mar 2026, 09:00 to 10:30"
    assert format_span(KNOWN, 0, 24) == "Fri 27 Mar 2026, 09:00 to Sat 28 Mar 2026, 09:00"
