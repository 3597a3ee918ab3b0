"""Wall time as dates, for projects that begin on one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from sim.results.statistics import Aggregate


class Dates(TypedDict):
    """When a project begins, and when targets are reached, in the scenario's own zone (ISO 8601)."""

    start: str
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
        "median": date(wall_hours["median"]),
        "p80": date(wall_hours["p80"]),
        "p90": date(wall_hours["p90"]),
    }


def after(start: datetime, hours: float) -> datetime:
    """The moment so many hours later, whatever clocks did meanwhile."""
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)


def written(date: str | None) -> str:
    """A date as people read it, such as Fri 9 Jan 2026, 17:30; a dash where there is none."""
    if date is None:
        return "-"
    moment = datetime.fromisoformat(date)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"
