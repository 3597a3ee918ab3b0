"""When people work, as a planner writes it: weekly hours in a time zone, without holidays and days off."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, PlainSerializer, PlainValidator, WithJsonSchema

from sim import durations
from sim.durations import Fixed
from sim.scenario.fields import Section
from sim.scenario.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

ShiftEnd = Literal["finish", "pause", "restart", "defer"]
"""What becomes of a job when working hours end: it is done in overtime, gone on with in the next hours, begun
anew in them, or not begun at all unless it fits."""

Period = tuple[date, date]
"""The first and the last of some days."""
Week = tuple[tuple[tuple[int, int], ...], ...]
"""For each weekday from Monday on, the spans that begin on it, in minutes from its local midnight."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_PER_DAY = 24 * 60
_MS_PER_MINUTE = 60_000
_YEARS = range(1980, 2101)

_TIME = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_SPAN = f"({_TIME}) *- *({_TIME}|24:00)"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY = f"(?:{'|'.join(WEEKDAYS)})"
_DAYS = f"({_DAY}) *(?:- *({_DAY}))?"
_PERIOD = rf"({_DATE}) *(?:\.\. *({_DATE}))?"
_START = f"({_DATE})(?: +({_TIME}))?"


def _several(pattern: str) -> str:
    return f"^{pattern}( *, *{pattern})*$"


def _week(hours: Mapping[str, object]) -> Week:
    """The spans of each weekday, checked."""
    if not hours:
        raise ValueError("nobody works; write hours, such as {mon-fri: 9:00-17:00}")
    spans: dict[int, tuple[tuple[int, int], ...]] = {}
    for days, text in hours.items():
        written = _spans(text)
        for day in _weekdays(str(days)):
            if day in spans:
                raise ValueError(f"{WEEKDAYS[day]} is named twice; name each weekday once")
            spans[day] = written
    week = tuple(spans.get(day, ()) for day in range(7))
    _refuse_overlaps(week)
    return week


def _weekdays(text: str) -> list[int]:
    """Numbers of the weekdays that a key of hours names, from Monday, 0."""
    named = []
    for part in text.split(","):
        days = re.fullmatch(_DAYS, part.strip())
        if days is None:
            raise ValueError(
                f"{part.strip()!r} is no weekday; write {', '.join(WEEKDAYS)}, a range such as mon-fri, "
                "or several of them with commas"
            )
        first = WEEKDAYS.index(days[1])
        last = WEEKDAYS.index(days[2] or days[1])
        named += [(first + day) % 7 for day in range((last - first) % 7 + 1)]
    return named


def _spans(text: object) -> tuple[tuple[int, int], ...]:
    """Minutes at which the spans of a day begin and end, in the order of time."""
    spans = []
    for part in text.split(",") if isinstance(text, str) else [""]:
        times = re.fullmatch(_SPAN, part.strip())
        if times is None:
            raise ValueError(
                f"{text!r} are no hours; write when they begin and end, from 0:00 to 24:00, such as "
                "9:00-17:00, and several with commas"
            )
        start, end = (_minutes(time) for time in times.groups())
        spans.append((start, end if start < end else end + _MINUTES_PER_DAY))
    return tuple(sorted(spans))


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _refuse_overlaps(week: Week) -> None:
    """Refuse what would be worked twice, Sunday night and Monday morning included."""
    spans = sorted(
        (day * _MINUTES_PER_DAY + start, day * _MINUTES_PER_DAY + end)
        for day, begun in enumerate(week)
        for start, end in begun
    )
    start, end = spans[0]
    a_week_on = (start + 7 * _MINUTES_PER_DAY, end + 7 * _MINUTES_PER_DAY)
    for one, other in pairwise([*spans, a_week_on]):
        if other[0] < one[1]:
            raise ValueError(
                f"the hours from {_spoken(one[0])} and those from {_spoken(other[0])} overlap; "
                "let the first end by the time that the others begin"
            )


def _spoken(minute: int) -> str:
    day, time = divmod(minute, _MINUTES_PER_DAY)
    return f"{WEEKDAYS[day % 7]} {time // 60}:{time % 60:02}"


def _read_hours(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("hours are written by weekday, such as {mon-fri: 9:00-17:00}")  # noqa: TRY004 - pydantic collects ValueErrors
    _week(value)
    return value


def _read_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = did_you_mean(name, available_timezones())
        hint = f"did you mean {near}?" if near else "write one such as Europe/Berlin or UTC"
        raise ValueError(f"{name!r} is no time zone that is known here; {hint}") from None
    return name


def _read_holidays(code: str) -> str:
    try:
        import holidays
    except ImportError:
        raise ValueError("holidays need a package; pip install 'labelsim[calendars]'") from None
    country, hyphen, subdivision = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(
            f"{code!r} is no country whose holidays are known; write its ISO code, such as DE, or DE-BY for "
            "a part of it; python -c 'import holidays; print(holidays.list_supported_countries())' lists all"
        )
    if hyphen and subdivision not in known[country]:
        own = ", ".join([country, *(f"{country}-{part}" for part in known[country])])
        raise ValueError(f"{code!r} has no holidays of its own; write one of {own}")
    return code


def _read_days_off(value: object) -> str:
    _period(value)
    return str(value)


def _period(value: object) -> Period:
    """First and last day of a date or a range of them."""
    written = re.fullmatch(_PERIOD, str(value))
    first, last = written.groups() if written else ("", None)
    try:
        period = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise ValueError(
            f"{value!r} is no date; write one such as 2026-12-24, or the first and last of several, "
            "such as 2026-12-27..2026-12-31"
        ) from None
    if period[1] < period[0]:
        raise ValueError(f"{value!r} ends before it begins; write the earlier date first")
    return period


def parse_start(text: str) -> datetime:
    """The local time at which a project begins, without a zone; midnight where only a date is given.

    Raises:
        ValueError: if it is no date, or none from 1980 to 2100; the text says what would be right.

    >>> parse_start("2026-01-05 09:00")
    datetime.datetime(2026, 1, 5, 9, 0)
    """
    written = re.fullmatch(_START, text)
    day, time = written.groups() if written else ("", None)
    try:
        start = datetime.fromisoformat(f"{day} {(time or '0:00').zfill(5)}")
    except ValueError:
        start = datetime.min  # noqa: DTZ901 - the scenario has the zone
    if start.year not in _YEARS:
        raise ValueError(
            f"{text!r} is no date from {_YEARS[0]} to {_YEARS[-1]}; write one such as 2026-01-05, "
            "or 2026-01-05 09:00"
        )
    return start


def _read_start(value: object) -> datetime:
    return parse_start(
        value.isoformat(" ").removesuffix(":00") if isinstance(value, datetime) else str(value)
    )


def _read_moment(value: object) -> Fixed | datetime:
    if isinstance(value, Fixed | datetime):
        return value
    text = str(value)
    return parse_start(text) if re.match(_DATE, text) else Fixed(durations.parse_ms(text))


def _written_moment(moment: Fixed | datetime) -> object:
    return moment.as_written() if isinstance(moment, Fixed) else _written_start(moment)


def _written_start(start: datetime) -> str:
    return start.isoformat(" ", "minutes").removesuffix(" 00:00")


Start = Annotated[
    datetime,
    PlainValidator(_read_start),
    PlainSerializer(_written_start),
    WithJsonSchema({"type": "string", "pattern": f"^{_START}$", "examples": ["2026-01-05 09:00"]}),
]
"""A local date and time, kept without a zone."""
Moment = Annotated[
    Fixed | datetime,
    PlainValidator(_read_moment),
    PlainSerializer(_written_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": durations.PATTERN},
                {"type": "string", "pattern": f"^{_START}$", "examples": ["2026-01-05 09:00"]},
            ]
        }
    ),
]
"""A local date and time, or elapsed time since the project began."""
Zone = Annotated[str, AfterValidator(_read_zone)]
"""A time zone by its name in the IANA database."""
Holidays = Annotated[str, AfterValidator(_read_holidays)]
DaysOff = Annotated[
    str,
    PlainValidator(_read_days_off),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERIOD}$", "examples": ["2026-12-24"]}),
]
Hours = Annotated[
    dict[str, str],
    PlainValidator(_read_hours),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": _several(_DAYS)},
            "additionalProperties": {
                "type": "string",
                "pattern": _several(_SPAN),
                "examples": ["9:00-12:00, 13:00-17:00"],
            },
        }
    ),
]


class WorkingHours(Section):
    """When people work."""

    hours: Hours = {"mon-fri": "9:00-17:00"}  # noqa: RUF012 - pydantic copies it
    """Spans of hours by weekday: `mon`, `mon-fri`, or several with commas. What ends no later than it begins,
    such as 22:00-6:00, ends on the next day; 0:00-24:00 is the whole day. Every break ends a shift."""
    timezone: Zone | None = None
    """Whose clocks those are, such as Europe/Berlin; left out: the scenario's own."""
    holidays: Holidays | None = None
    """Country whose public holidays are free, such as DE, or DE-BY for a part of one, as far ahead as the
    package `holidays` knows them; left out: none."""
    days_off: list[DaysOff] = []  # noqa: RUF012 - pydantic copies it
    """Further free days: dates, or first and last such as 2026-12-27..2026-12-31. A shift that begins on a
    free day falls away whole."""

    @property
    def week(self) -> Week:
        """The spans of each weekday from Monday on, in minutes from its local midnight."""
        return _week(self.hours)

    @property
    def longest_ms(self) -> float:
        """The longest time without a break in an ordinary week; infinite for day and night."""
        spans = sorted(
            (day * _MINUTES_PER_DAY + start, day * _MINUTES_PER_DAY + end)
            for day, spans in enumerate((*self.week, *self.week))
            for start, end in spans
        )
        longest, (begun, until) = 0, spans[0]
        for start, end in spans:
            begun = begun if start <= until else start
            until = max(until, end)
            longest = max(longest, until - begun)
        return math.inf if longest >= _MINUTES_PER_DAY * 7 else longest * _MS_PER_MINUTE

    @property
    def periods_off(self) -> tuple[Period, ...]:
        """The first and last day of each entry of ``days_off``."""
        return tuple(_period(days) for days in self.days_off)
