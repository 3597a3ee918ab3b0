"""Dates and moments in scenarios, and their conversion to time since a project's start."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from sim.core import durations
from sim.core.durations import Fixed
from sim.core.zones import offset_name, read_zone, zone_of
from sim.scenario.fields import error_at

Period = tuple[date, date]
"""First and last day."""

YEARS = range(1980, 2101)
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
PERIOD = rf"({DATE}) *(?:(?:\.\.|/|to) *({DATE}))?"
_OFFSET = "[zZ]|[-+](?:0[0-9]|1[0-4]):?[0-5][0-9]"
_MOMENT = rf"({DATE})(?:(?: +|[tT])({CLOCK})(?::00(?:\.0+)?)?(?: *({_OFFSET}))?)?"
_EXAMPLES = ["2026-01-05", "2026-01-05 09:00"]
_DATE_SCHEMA = {"type": "string", "pattern": f"^{_MOMENT}$", "examples": _EXAMPLES[::-1]}
_DURATION_SCHEMA = {"type": "string", "pattern": durations.PATTERN}


@dataclass(frozen=True)
class Months:
    """Calendar months: until the same day of a later month, or its last day if it is shorter."""

    count: int

    @property
    def ms(self) -> int:
        """Average length, for projects without a start date."""
        return durations.parse_ms(str(self))

    def after(self, start: datetime) -> datetime:
        """Return the moment these months later, at the same time of the day.

        >>> Months(1).after(datetime(2026, 1, 31, 9))
        datetime.datetime(2026, 2, 28, 9, 0)
        """
        years, month = divmod(start.month - 1 + self.count, 12)
        year, month = start.year + years, month + 1
        return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))

    def __str__(self) -> str:
        return f"{self.count} month{'s' if self.count > 1 else ''}"


Since = Fixed | Months | datetime
"""Elapsed time since a project's start, or a date; one without an offset is of the scenario's own zone."""


def parse_date(text: str) -> datetime:
    """Parse a date or date and time, such as ``2026-01-05 09:00``; naive unless it has an offset.

    Raises:
        ValueError: if it is not a date from 1980 to 2100; the text describes how to write one.

    >>> parse_date("2026-01-05T09:00")
    datetime.datetime(2026, 1, 5, 9, 0)
    >>> parse_date("2026-01-05 09:00Z").isoformat()
    '2026-01-05T09:00:00+00:00'
    """
    match = re.fullmatch(_MOMENT, text)
    try:
        if match is None:
            raise ValueError  # noqa: TRY301 - the message below is that of every wrong date
        day, clock, offset = match.groups()
        # Python wants two digits of an hour, people write 9:00.
        at = time.fromisoformat((clock or "0:00").zfill(5))
        moment = datetime.combine(date.fromisoformat(day), at)
        moment = moment if offset is None else datetime.fromisoformat(f"{moment.isoformat()}{offset.upper()}")
        if moment.year not in YEARS:
            raise ValueError  # noqa: TRY301
    except ValueError:
        raise ValueError(
            f"{text!r} is not a date ({YEARS[0]}–{YEARS[-1]}), e.g. {' or '.join(_EXAMPLES)}"
        ) from None
    return moment


def since_start_ms(moment: Since, began: datetime | None) -> int:
    """Convert a moment to milliseconds since a project's start; negative if it is earlier.

    Raises:
        ValueError: if it is a date and the project has no start date.
    """
    if isinstance(moment, Fixed):
        return moment.ms
    if began is None:
        if isinstance(moment, Months):
            return moment.ms
        raise ValueError("dates need a start; write start: 2026-01-05 09:00")
    on = moment.after(began) if isinstance(moment, Months) else moment
    # In UTC, because Python subtracts two times of one zone as if its clocks never changed.
    passed = (on if on.tzinfo else on.replace(tzinfo=began.tzinfo)).astimezone(UTC) - began.astimezone(UTC)
    return passed // timedelta(milliseconds=1)


def parse_period(value: object) -> Period:
    """Parse a date or a range of dates into its first and last day.

    Raises:
        ValueError: if it is neither; the text describes how to write one.
    """
    match = re.fullmatch(PERIOD, str(value))
    first, last = match.groups() if match else ("", None)
    try:
        found = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise ValueError(
            f"{value!r} is no date; write one such as 2026-12-24, or the first and last of several, "
            "such as 2026-12-27..2026-12-31"
        ) from None
    if found[1] < found[0]:
        raise ValueError(f"{value!r} ends before it begins; write the earlier date first")
    return found


def _read_date(value: object) -> datetime:
    return parse_date(value.isoformat() if isinstance(value, datetime) else str(value))


def _read_moment(value: object) -> Since:
    if isinstance(value, Fixed | Months):
        return value
    if isinstance(value, date) or re.match(DATE, str(value)):
        return _read_date(value)
    if isinstance(value, str) and not re.match(durations.PATTERN, value):
        raise ValueError(
            f"{value!r} is neither a duration, such as '8 weeks', nor a date, such as 2026-04-01"
        )
    elapsed = Fixed.read(value)
    count = durations.parse_months(value) if isinstance(value, str) else None
    # Calendar months are kept as such: until the start is known, nobody knows how long they are.
    return Months(count) if count else elapsed


def _read_period(value: object) -> str:
    parse_period(value)
    return str(value)


def format_moment(moment: Since) -> str:
    """Format a moment as in a scenario file; midnight is omitted."""
    if isinstance(moment, datetime):
        # As short as planners write it: a date alone is its midnight.
        return moment.isoformat(" ", "minutes").removesuffix(" 00:00")
    return str(moment)


Start = Annotated[
    datetime, PlainValidator(_read_date), PlainSerializer(format_moment), WithJsonSchema(_DATE_SCHEMA)
]
"""A date and time on the scenario's own clocks, or with an offset."""
Moment = Annotated[
    Since,
    PlainValidator(_read_moment),
    PlainSerializer(format_moment),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, _DATE_SCHEMA]}),
]
"""Elapsed time since the project began, months of a calendar, or a date."""
DaysOff = Annotated[
    str,
    PlainValidator(_read_period),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{PERIOD}$", "examples": ["2026-12-24", "2026-12-27..2026-12-31"]}
    ),
]
"""A date, or the first and the last of several."""


def localize_start(described: dict[str, Any]) -> dict[str, Any]:
    """Convert a scenario's start with an offset from UTC to the local time of the scenario's time zone.

    Without a time zone, the scenario gets the offset as one. A start or zone that cannot be parsed is left
    unchanged, for later validation to refuse.

    Raises:
        PydanticCustomError: if local clocks show that time twice, and it is the second one.
    """
    try:
        start = parse_date(str(described.get("start")))
        zone = described.get("timezone")
        if start.tzinfo is None:
            return described
        zone = offset_name(start.utcoffset() or timedelta()) if zone is None else read_zone(zone)
    except (ValueError, TypeError, AttributeError):
        return described
    shown = start.astimezone(zone_of(zone))
    # What is stored is a local time, which cannot say that it is the second of two.
    if shown.fold:
        message = (
            f"clocks of {zone} show {shown:%H:%M} twice, and this is the second time; write another start"
        )
        raise error_at(message, "start")
    return {**described, "timezone": zone, "start": format_moment(shown.replace(tzinfo=None))}
