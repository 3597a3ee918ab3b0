"""Dates along hours: known answers of calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.reporting.html.figure import MOST_DATES, date_ticks

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY_NINE = datetime(2026, 1, 5, 9, tzinfo=BERLIN)


def test_of_a_day_it_says_hours() -> None:
    assert date_ticks(MONDAY_NINE, 8) == [(hour - 9, f"{hour:02}:00") for hour in range(9, 18)]


def test_of_a_few_days_it_says_each() -> None:
    assert date_ticks(MONDAY_NINE, 130) == [
        (15, "Tue 6 Jan"),
        (39, "Wed 7 Jan"),
        (63, "Thu 8 Jan"),
        (87, "Fri 9 Jan"),
        (111, "Sat 10 Jan"),
    ]


def test_of_weeks_it_says_mondays() -> None:
    ticks = date_ticks(MONDAY_NINE, 4 * 7 * 24)
    assert [day for _, day in ticks] == ["Mon 12 Jan", "Mon 19 Jan", "Mon 26 Jan", "Mon 2 Feb"]


def test_of_years_it_says_which() -> None:
    ticks = date_ticks(MONDAY_NINE, 2 * 365 * 24)
    assert ticks[0][1].endswith("2026")
    assert ticks[-1][1].endswith("2027")


def test_a_night_in_which_clocks_change_is_an_hour_longer_or_shorter() -> None:
    spring, autumn = (datetime(2026, month, day, tzinfo=BERLIN) for month, day in ((3, 28), (10, 24)))
    assert [hours for hours, _ in date_ticks(spring, 130)] == [0, 24, 47, 71, 95, 119]
    assert [hours for hours, _ in date_ticks(autumn, 130)] == [0, 24, 49, 73, 97, 121]


def test_an_hour_that_clocks_skip_is_not_said() -> None:
    start = datetime(2026, 3, 29, tzinfo=BERLIN)
    assert date_ticks(start, 3.5) == [(0, "Sun 29 Mar"), (1, "01:00"), (2, "03:00"), (3, "04:00")]


@given(
    start=st.integers(946_684_800, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, BERLIN)),
    hours=st.floats(0.1, 90_000),
)
def test_there_is_room_for_all_and_each_is_a_round_time_on_the_clock(start: datetime, hours: float) -> None:
    ticks = date_ticks(start, hours)
    assert len(ticks) <= MOST_DATES
    passed = [tick for tick, _ in ticks]
    assert passed == sorted(passed)
    assert all(0 <= tick <= hours for tick in passed)
    for tick, words in ticks:
        moment = (start.astimezone(ZoneInfo("UTC")) + timedelta(hours=tick)).astimezone(BERLIN)
        assert f"{moment:%M}" == "00"
        assert words in (f"{moment:%H:%M}", f"{moment:%a} {moment.day} {moment:%b}") or words.startswith(
            f"{moment.day} {moment:%b}"
        )


@pytest.mark.parametrize("hours", [10, 100, 1_000, 10_000, 100_000])
def test_however_long_it_is_there_are_dates(hours: float) -> None:
    assert date_ticks(MONDAY_NINE, hours)
