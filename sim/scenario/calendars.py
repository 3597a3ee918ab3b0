"""Keys of calendars: weekly working hours in a time zone, public holidays and days off."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, PlainValidator, WithJsonSchema, model_validator

from sim.core.durations import any_case
from sim.core.zones import read_zone
from sim.scenario.fields import Section, error_at
from sim.scenario.moments import DATE, PERIOD, DaysOff, Period, parse_period
from sim.scenario.public_holidays import normalize_holidays_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ShiftEnd = Literal["finish", "pause", "restart", "defer"]
"""Handling of a job at the end of working hours: finish it in overtime, resume or restart it in the next
hours, or do not begin it unless it fits."""

Spans = tuple[tuple[int, int], ...]
"""Start and end of each shift of a day, in minutes from its local midnight, sorted."""
Week = tuple[Spans, ...]
"""Shifts that begin on each weekday, from Monday on."""
Dated = tuple[Period, Spans]
"""First and last day of a period, and its shifts instead of the weekly ones."""

FIRST_MONDAY = 4
"""Days from the beginning of 1970 to its first Monday."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_PER_DAY = 24 * 60
_MS_PER_MINUTE = 60_000
_NOON = 12

_UNTIL = "(?: *[-–] *| +to +)"
_FREE = any_case("off", "closed")
_HALF_OF_DAY = r"(?: *([aApP])\.?[mM]\.?)?"
_TIME = f"([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?{_HALF_OF_DAY}"
_SPAN = f"{_TIME}{_UNTIL}([01]?[0-9]|2[0-4])(?::([0-5][0-9]))?{_HALF_OF_DAY}"
_DAY = any_case(
    *("monday", "tuesday", "tues", "wednesday", "thursday", "thurs", "thur", "friday", "saturday", "sunday"),
    *WEEKDAYS,
)
_DAYS = f"({_DAY})(?:{_UNTIL}({_DAY}))?"


def _comma_separated(pattern: str) -> str:
    return f"^{pattern}( *, *{pattern})*$"


def _parse_hours(hours: Mapping[str, object]) -> tuple[Week, tuple[Dated, ...]]:
    """Parse and check the `hours` of a calendar, by weekday and by date."""
    spans: dict[int, Spans] = {}
    dated: list[Dated] = []
    for days, text in hours.items():
        day_spans = _parse_spans(text)
        for part in map(str.strip, str(days).split(",")):
            if re.match(DATE, part):
                dated.append((parse_period(part), day_spans))
                continue
            for day in _parse_weekdays(part):
                if day in spans:
                    raise ValueError(f"{WEEKDAYS[day]} is named twice; name each weekday once")
                spans[day] = day_spans
    if not any([*spans.values(), *(day_spans for _, day_spans in dated)]):
        raise ValueError("nobody works; write hours, such as {mon-fri: 9:00-17:00}")
    # Sorted by their first day, overlapping periods are neighbours.
    week = tuple(spans.get(day, ()) for day in range(7))
    dated.sort()
    _check_overlaps(week, dated)
    return week, tuple(dated)


def parse_times_of_week(text: str) -> list[tuple[int, int]]:
    """Parse times such as ``fri 16:00`` or ``mon-thu 9am, fri 12:00`` into weekdays and minutes, sorted.

    Raises:
        ValueError: if they are none; the text describes how to write them.

    >>> parse_times_of_week("fri 16:00, mon 9am")
    [(0, 540), (4, 960)]
    """
    times = set()
    for part in map(str.strip, text.split(",")):
        found = re.fullmatch(f"{_DAYS} +{_TIME}", part)
        if found is None:
            raise ValueError(
                f"{text!r} is no time of the week; write one such as 'fri 16:00', several with commas"
            )
        first, last, *time = found.groups()
        minute = _parse_time(*time, text=text)
        times |= {(day, minute) for day in _parse_weekdays(f"{first}-{last or first}")}
    return sorted(times)


def _validate_times_of_week(text: str) -> str:
    parse_times_of_week(text)
    return text


def _parse_weekdays(part: str) -> list[int]:
    """Parse weekdays such as ``mon-fri`` into numbers; Monday is 0."""
    days = re.fullmatch(_DAYS, part)
    if days is None:
        raise ValueError(
            f"{part!r} is no weekday; write {', '.join(WEEKDAYS)}, a range such as mon-fri, several of them "
            "with commas, or a date such as 2026-12-24"
        )
    first, last = (WEEKDAYS.index(name[:3].lower()) for name in (days[1], days[2] or days[1]))
    return [(first + day) % 7 for day in range((last - first) % 7 + 1)]


def _parse_spans(text: object) -> Spans:
    """Parse the working hours of one day into sorted spans, in minutes from midnight; none on a free day."""
    if isinstance(text, str) and re.fullmatch(_FREE, text.strip()):
        return ()
    spans = []
    for part in text.split(",") if isinstance(text, str) else [""]:
        times = re.fullmatch(_SPAN, part.strip())
        half_days = [] if times is None else [times[3], times[6]]
        if times is None or (None in half_days and any(half_days)):
            raise ValueError(
                f"{text!r} are no hours; write when they begin and end, from 0:00 to 24:00, such as "
                "9:00-17:00, several with commas, or off"
            )
        start, end = (_parse_time(*times.groups()[first : first + 3], text=text) for first in (0, 3))
        if start == end:
            raise ValueError(
                f"{text!r} ends when it begins; 0:00-24:00 is the whole day, a day without hours is left out"
            )
        if end < start <= _NOON * 60 and not any(half_days):
            raise ValueError(
                f"{text!r} may end in the afternoon or on the next day; write 9:00-17:00, 9am-5pm or 9am-5am"
            )
        # A shift over midnight belongs to the day on which it begins: that day's holiday cancels it whole.
        spans.append((start, end if start < end else end + _MINUTES_PER_DAY))
    return tuple(sorted(spans))


def _parse_time(hours: str, minutes: str | None, half_of_day: str | None, *, text: object) -> int:
    """Convert a time of the day to minutes from midnight."""
    hour, minute = int(hours), int(minutes or 0)
    if half_of_day is None:
        wrong = hour * 60 + minute > _MINUTES_PER_DAY
    else:
        wrong = not 1 <= hour <= _NOON
        # 12am is midnight and 12pm noon, so that 12 counts as 0 before the half of the day is added.
        hour = hour % _NOON + (_NOON if half_of_day in "pP" else 0)
    if wrong:
        raise ValueError(f"{text!r} are no hours; write them from 0:00 to 24:00, or from 1am to 12pm")
    return hour * 60 + minute


def _check_overlaps(week: Week, dated: list[Dated]) -> None:
    """Check that no working hours of a calendar overlap, Sunday night and Monday morning included."""
    for day, begun in enumerate(week):
        next_day = (day + 1) % 7
        _check_day_overlap(begun, WEEKDAYS[day], week[next_day], WEEKDAYS[next_day])
    for (one, _), (other, _) in pairwise(dated):
        if other[0] <= one[1]:
            raise ValueError(f"{other[0]} is named twice; name each date once")

    def hours_of(day: date) -> Spans:
        # Hours of a date replace those of its weekday; they are not added to them.
        own = (spans for (first, last), spans in dated if first <= day <= last)
        return next(own, week[day.weekday()])

    for (first, last), _ in dated:
        # Days within a period have the same hours, so that only its edges meet anything new.
        for today in (first - timedelta(days=1), first, last):
            tomorrow = today + timedelta(days=1)
            _check_day_overlap(hours_of(today), str(today), hours_of(tomorrow), str(tomorrow))


def _check_day_overlap(today: Spans, name: str, tomorrow: Spans, next_name: str) -> None:
    """Check that working hours of a day overlap neither each other nor those of the next day."""
    spans = [(start, end, f"{name} {_format_time(start)}") for start, end in today]
    spans += [
        (start + _MINUTES_PER_DAY, end + _MINUTES_PER_DAY, f"{next_name} {_format_time(start)}")
        for start, end in tomorrow
    ]
    for (_, end, one), (start, _, other) in pairwise(spans):
        if start < end:
            raise ValueError(
                f"the hours from {one} and those from {other} overlap; "
                "let the first end by the time that the others begin"
            )


def _format_time(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _validate_hours(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("hours are written by weekday, such as {mon-fri: 9:00-17:00}")  # noqa: TRY004 - pydantic collects ValueErrors
    _parse_hours(value)
    return value


Zone = Annotated[str, AfterValidator(read_zone)]
"""A time zone by its name in the IANA database, or a fixed offset."""
Holidays = Annotated[str, AfterValidator(normalize_holidays_code)]
Hours = Annotated[
    dict[str, str],
    PlainValidator(_validate_hours),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": _comma_separated(f"({_DAYS}|{PERIOD})")},
            "additionalProperties": {
                "type": "string",
                "pattern": f"^{_FREE}$|{_comma_separated(_SPAN)}",
                "examples": ["9:00-12:00, 13:00-17:00"],
            },
        }
    ),
]


TimesOfWeek = Annotated[
    str,
    AfterValidator(_validate_times_of_week),
    WithJsonSchema(
        {"type": "string", "pattern": _comma_separated(f"{_DAYS} +{_TIME}"), "examples": ["fri 16:00"]}
    ),
]
"""Times of the week, such as `fri 16:00`."""


class WorkingHours(Section):
    """Calendar of people: weekly working hours, public holidays and days off."""

    hours: Hours = {"mon-fri": "9:00-17:00"}  # noqa: RUF012 - pydantic copies it
    """Spans of hours by weekday, `mon`, `mon-fri`, or several with commas; of single dates, such as
    2026-12-24, those instead; `off`: none. What ends earlier than it begins, such as 22:00-6:00, ends on the
    next day; 0:00-24:00 is the whole day. Every break ends a shift."""
    timezone: Zone | None = None
    """Whose clocks those are, such as Europe/Berlin or UTC+2; left out: the scenario's own."""
    holidays: Holidays | None = None
    """Country whose public holidays are free, such as DE, or DE-BY for a part of one, as far ahead as the
    package `holidays` knows them; left out: none. Hours of a single date hold on a holiday, too."""
    days_off: list[DaysOff] = []  # noqa: RUF012 - pydantic copies it
    """Further free days: dates, or first and last such as 2026-12-27..2026-12-31. A shift that begins on a
    free day falls away whole."""

    @property
    def week(self) -> Week:
        """Working hours of each weekday from Monday on, in minutes from its local midnight."""
        return _parse_hours(self.hours)[0]

    @property
    def dated(self) -> tuple[Dated, ...]:
        """First and last day of each entry of ``hours`` that names dates, with its working hours."""
        return _parse_hours(self.hours)[1]

    @property
    def longest_day_ms(self) -> int:
        """Most hours that begin on one day, in milliseconds; of a night that clocks change, as they say."""
        days = [*self.week, *(spans for _, spans in self.dated)]
        return max(sum(end - start for start, end in spans) for spans in days) * _MS_PER_MINUTE

    @property
    def longest_ms(self) -> float:
        """Longest time without a break in an ordinary week; infinite for day and night.

        Calendars without weekly hours are measured on the dates that have hours.
        """
        spans = [
            (day * _MINUTES_PER_DAY + start, day * _MINUTES_PER_DAY + end)
            for day, spans in self._ordinary_days()
            for start, end in spans
        ]
        longest, (begun, until) = 0, spans[0]
        for start, end in spans:
            begun = begun if start <= until else start
            until = max(until, end)
            longest = max(longest, until - begun)
        # A week without a break has none at all: the next one begins where it ends.
        return math.inf if longest >= _MINUTES_PER_DAY * 7 else longest * _MS_PER_MINUTE

    def _ordinary_days(self) -> Iterator[tuple[int, Spans]]:
        """Yield the days of two weeks, or all dates with hours if no weekday has any."""
        week = self.week
        if any(week):
            # Twice, since a shift that begins on Sunday may go on into Monday.
            yield from enumerate((*week, *week))
            return
        for (first, last), spans in self.dated:
            yield from ((day, spans) for day in range(first.toordinal(), last.toordinal() + 1))

    @property
    def periods_off(self) -> tuple[Period, ...]:
        """First and last day of each entry of ``days_off``."""
        return tuple(parse_period(days) for days in self.days_off)

    @model_validator(mode="after")
    def _no_day_has_hours_and_is_off(self) -> Self:
        for (first, last), _ in self.dated:
            for number, (off_from, off_until) in enumerate(self.periods_off):
                if first <= off_until and off_from <= last:
                    day = max(first, off_from)
                    raise error_at(
                        f"{day} has hours of its own above; leave one out", "days_off", str(number)
                    )
        return self


DAY_AND_NIGHT = WorkingHours(hours={"mon-sun": "0:00-24:00"})
"""Working hours of people without a calendar."""
