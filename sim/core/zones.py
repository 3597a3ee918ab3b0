"""Time zones by their names in the IANA database, or fixed offsets such as UTC+2."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import tzinfo

OFFSET = r"(?:[uU][tT][cC]|[gG][mM][tT])? *([-+−]) *([0-9]{1,2})(?::?([0-5][0-9]))?"  # noqa: RUF001 - as typeset
_FARTHEST = timedelta(hours=14)


def zone_of(name: str) -> tzinfo:
    """Return the time zone with a name or a fixed offset.

    Raises:
        KeyError: if there is no such zone.
        ValueError: if the name is malformed, or an offset is more than 14 hours.
        OSError: if the database cannot be read.

    >>> print(zone_of("Europe/Berlin"), zone_of("UTC+5:30"))
    Europe/Berlin UTC+5:30
    """
    offset = _offset(name)
    if offset is None:
        return ZoneInfo(name)
    if abs(offset) > _FARTHEST:
        raise ValueError(f"{name!r} is farther from UTC than any place")
    return timezone(offset, offset_name(offset))


def offset_name(offset: timedelta) -> str:
    """Format the name of a time zone with a fixed offset.

    >>> offset_name(timedelta(hours=2)), offset_name(-timedelta(hours=3, minutes=30))
    ('UTC+2', 'UTC-3:30')
    """
    hours, minutes = divmod(round(abs(offset).total_seconds() / 60), 60)
    if not (hours or minutes):
        return "UTC"
    return f"UTC{'-' if offset < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def _offset(name: str) -> timedelta | None:
    match = re.fullmatch(OFFSET, name)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return ahead if sign == "+" else -ahead
