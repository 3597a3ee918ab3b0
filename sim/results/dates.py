"""Wall time as dates, for projects that begin on one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from sim.core.zones import zone_of

if TYPE_CHECKING:
    from sim.results.statistics import Aggregate


class Dates(TypedDict):
    """When a project begins, and when targets are reached, in the scenario's own zone (ISO 8601)."""

    start: str
    timezone: str
    """Such as Europe/Berlin: what makes a date of any other hour."""
    median: str | None
    p80: str | None
    p90: str | None


def dates(start: datetime, wall_hours: Aggregate) -> Dates:
    """When so many of the projects have reached their target; None where they have not.

    ``start`` knows its zone.
    """

    def date(hours: float | None) -> str | None:
        return None if hours is None else after(start, hours).isoformat(timespec="minutes")

    return {
        "start": start.isoformat(timespec="minutes"),
        "timezone": str(start.tzinfo),
        "median": date(wall_hours["median"]),
        "p80": date(wall_hours["p80"]),
        "p90": date(wall_hours["p90"]),
    }


def began(dates: Dates) -> datetime:
    """When a project begins, in its own zone."""
    return datetime.fromisoformat(dates["start"]).astimezone(zone_of(dates["timezone"]))


def after(start: datetime, hours: float) -> datetime:
    """The moment so many hours later, whatever clocks did meanwhile."""
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)


def written(date: str | datetime | None) -> str:
    """A date as people read it, such as Fri 9 Jan 2026, 17:30; a dash where there is none."""
    if date is None:
        return "-"
    moment = datetime.fromisoformat(date) if isinstance(date, str) else date
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def written_after(dates: Dates, hours: float) -> str:
    """The date of an hour of wall time as people read it."""
    return written(after(began(dates), hours))


def day_after(dates: Dates, hours: float) -> str:
    """The day of an hour of wall time, such as 9 Jan 2026, where there is no room for more."""
    moment = after(began(dates), hours)
    return f"{moment.day} {moment:%b %Y}"


def span(start: datetime, from_hours: float, to_hours: float) -> str:
    """From when to when, such as Fri 9 Jan 2026, 17:30 to 18:00; the day is said once if it is the same."""
    first, last = after(start, from_hours), after(start, to_hours)
    same_day = first.date() == last.date()
    return f"{written(first)} to {f'{last:%H:%M}' if same_day else written(last)}"
