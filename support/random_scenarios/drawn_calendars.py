"""Weeks of working hours, time zones and days off, ordinary ones and ones with hardly any hours."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.random_scenarios.values import Values

WEEKS = (
    {"mon-fri": "9:00-17:00"},
    {"mon-fri": "9:00-12:00, 13:00-17:00"},
    {"mon-thu": "8:30-17:00", "fri": "8:30-12:00"},
    {"mon-sun": "0:00-24:00"},
    {"mon-sun": "22:00-6:00"},
    {"sat,sun": "10:00-14:00"},
    {"wed": "13:00-13:01"},
    {"sun": "2:00-3:00"},
    {"mon-sun": "0:00-0:01, 12:00-12:01"},
    {"mon-fri": "9:00-17:00", "2026-12-24": "9:00-12:00"},
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "UTC",
    "UTC+2",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
COUNTRIES = ("DE", "DE-BY", "US", "SE", "IN", "JP", "IL", "SA", "GB-SCT")
STARTS = ("1980-01-01", "2024-02-29 23:59", "2025-03-30 02:30", "2025-10-26 02:30", "2100-12-31 23:59")


def week(values: Values) -> dict[str, str]:
    """Hours by weekday."""
    if values.happens(0.6):
        return dict(values.one(WEEKS))
    return {day: _span(values) for day in values.several(WEEKDAYS, 7)}


def _span(values: Values) -> str:
    begins, ends = sorted(int(minute) for minute in values.rng.choice(24 * 60, 2, replace=False))
    return f"{begins // 60}:{begins % 60:02}-{ends // 60}:{ends % 60:02}"


def start(values: Values) -> str:
    """When a project begins; now and then where clocks or calendars are odd."""
    if values.happens(values.wild):
        return values.one(STARTS)
    return f"{day(values)} {values.rng.integers(24)}:{values.rng.integers(60):02}"


def day(values: Values, first: date = date(2026, 1, 1)) -> date:
    """One of two years."""
    return first + timedelta(days=int(values.rng.integers(2 * 365)))


def days_off(values: Values, begins: str) -> list[str]:
    """Dates and ranges of them, mostly soon after the start."""
    first = date.fromisoformat(begins[:10])
    days = []
    for _ in range(values.whole(1, 4)):
        one = first + timedelta(days=int(values.rng.integers(-3, 40)))
        until = one + timedelta(days=values.whole(0, 4_000, 20))
        days.append(f"{one}" if values.happens(0.5) else f"{one}..{until}")
    return days
