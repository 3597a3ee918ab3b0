"""Time zones: IANA names or fixed offsets such as UTC+2, and their offsets from UTC over the years."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from sim.core.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    import numpy as np
    from numpy.typing import NDArray

OFFSET = r"(?:[uU][tT][cC]|[gG][mM][tT])? *([-+−]) *([0-9]{1,2})(?::?([0-5][0-9]))?"  # noqa: RUF001 - as typeset
# The clocks of Kiribati's Line Islands are farthest ahead.
_FARTHEST = timedelta(hours=14)
_CITIES_OF = {
    "bst": "Europe/London",
    "cdt": "America/Chicago",
    "cest": "Europe/Berlin",
    "edt": "America/New_York",
    "eest": "Europe/Athens",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "mdt": "America/Denver",
    "pdt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "west": "Europe/Lisbon",
}
"""Zones to suggest for abbreviations, which are ambiguous or hold for half a year only."""


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


def local_zone() -> str:
    """Return this computer's time zone: its name, or today's offset from UTC where no name is known."""
    known = available_timezones()
    # A path such as /usr/share/zoneinfo/Europe/Berlin ends with the name.
    names = (path.rpartition("zoneinfo/")[2] for path in _local_names())
    name = next((name for name in names if name in known), None)
    if name is None:
        return offset_name(datetime.now().astimezone().utcoffset() or timedelta())
    return "UTC" if name == "Etc/UTC" else name


def _local_names() -> Iterator[str]:
    """Yield what the environment or else the system's files say of the local time zone."""
    if told := os.environ.get("TZ"):
        yield told.removeprefix(":")
        return
    with suppress(OSError):
        yield Path("/etc/localtime").readlink().as_posix()
    # Where that is no link but a copy, as in many containers.
    with suppress(OSError):
        yield Path("/etc/timezone").read_text("utf-8").strip()


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


def read_zone(name: str) -> str:
    """Parse a time zone's name: a name of the IANA database, or a fixed offset.

    Raises:
        ValueError: if there is no such zone; the text suggests one.

    >>> read_zone("europe/berlin"), read_zone("gmt+02:00")
    ('Europe/Berlin', 'UTC+2')
    """
    try:
        zone = zone_of(name)
    except (KeyError, ValueError, OSError):
        known = {zone.lower(): zone for zone in available_timezones()}
        if (found := known.get(name.strip().lower().replace(" ", "_"))) is not None:
            return found
        # Three guesses, the surest first: an abbreviation, a city without its continent, a misspelling.
        near = (
            _CITIES_OF.get(name.lower()) or _zone_of_city(name, known) or did_you_mean(name, known.values())
        )
        hint = f"did you mean {near}?" if near else "write one such as Europe/Berlin, UTC or UTC+2"
        raise ValueError(f"{name!r} is no time zone that is known here; {hint}") from None
    return offset_name(zone.utcoffset(None)) if isinstance(zone, timezone) else name


def _zone_of_city(name: str, known: Mapping[str, str]) -> str | None:
    city = name.strip().lower().replace(" ", "_")
    return next((known[zone] for zone in sorted(known) if city and zone.endswith(f"/{city}")), None)


_STEP_S = 4 * 24 * 3_600
"""Seconds within which clocks change at most once (since 1970, in any zone: almost seven days)."""


@dataclass(frozen=True, eq=False)
class UtcOffsets:
    """UTC offsets of a time zone: when they change, in seconds since 1970, and the offset from then on."""

    changes: NDArray[np.int64]
    offset: NDArray[np.int64]

    def to_utc(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """Convert local times to UTC: the first such moment, or the next time if a local time is skipped."""
        # Each change as the clocks before it show it: an hour shown twice counts as the first of the two.
        shown_until = self.changes[1:] + self.offset[:-1]
        periods = shown_until.searchsorted(local, side="right")
        moments: NDArray[np.int64] = (local - self.offset[periods]).clip(min=self.changes[periods])
        return moments


@lru_cache(maxsize=64)
def utc_offsets(zone: str, first_year: int, last_year: int) -> UtcOffsets:
    """Compute the changes of a time zone's UTC offset in these years."""
    import numpy as np

    tzinfo = zone_of(zone)

    def offset(second: int) -> int:
        """Return the zone's UTC offset at a moment, in seconds."""
        return local_seconds(datetime.fromtimestamp(second, tzinfo)) - second

    from_s, to_s = (local_seconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year + 1))
    # `zoneinfo` does not tell when offsets change: they are sampled, and each change
    # is bisected to its second.
    changes = [from_s]
    samples = [(second, offset(second)) for second in range(from_s, to_s, _STEP_S)]
    for (before, earlier), (after, later) in pairwise(samples):
        if earlier != later:
            between = range(before, after)
            changes.append(before + bisect_left(between, True, key=lambda second: offset(second) == later))  # noqa: FBT003 - sought
    return UtcOffsets(np.array(changes), np.array([offset(second) for second in changes]))


def local_seconds(shown: datetime) -> int:
    """Convert a local time to seconds since the beginning of 1970 in local time."""
    return int(shown.replace(tzinfo=UTC).timestamp())


def date_after(start: datetime, hours: float) -> datetime:
    """Return the date and time ``hours`` of elapsed time later, daylight-saving changes included."""
    # By way of UTC, in which an hour is an hour on nights when clocks change, too.
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(start.tzinfo)
