"""Working hours on local clocks, beside asking the clock minute by minute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.activities_and_costs import SME
from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import FOREVER_MS, Intervals
from sim.core.streams import Streams
from sim.scenario.calendars import WEEKDAYS, WorkingHours
from sim.scenario.models import Scenario
from sim.scenario.moments import parse_date
from sim.simulation import workforce
from sim.simulation.workforce import ALWAYS, calendar_of, people_by_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

H = MS_PER_HOUR
MS_PER_MINUTE = 60_000
DAY = 24 * 60
"""Minutes."""
EPOCH = date(1970, 1, 1).toordinal()


def calendar(start: str, where: str = "UTC", **written: Any) -> Intervals:
    return calendar_of(WorkingHours.model_validate(written), parse_date(start), where)


def in_hours(of: Intervals, until: float) -> list[list[float]]:
    """What is worked of the first hours."""
    return [[start / H, end / H] for start, end in of.clip(0, round(until * H))]


def test_forty_hours_from_monday_at_nine_end_on_friday_at_five() -> None:
    of = calendar("2026-01-05 09:00")
    assert of.advance(0, 40 * H) == 104 * H
    assert of.advance(0, 41 * H) == 169 * H
    assert of.next_start(104 * H) == 168 * H


@pytest.mark.parametrize(
    ("evening", "hours"), [("2026-03-28 22:00", 7), ("2026-10-24 22:00", 9), ("2026-06-06 22:00", 8)]
)
def test_a_night_is_as_long_as_it_lasts_and_not_as_clocks_say(evening: str, hours: int) -> None:
    of = calendar(evening, "Europe/Berlin", hours={"sat": "22:00-6:00"})
    assert of.span_end(0) == hours * H


def test_a_time_that_clocks_skip_is_when_they_jump() -> None:
    """On 29 March in Berlin 3:00 follows 1:59, two hours after midnight."""
    at_midnight = ("2026-03-29", "Europe/Berlin")
    assert in_hours(calendar(*at_midnight, hours={"sun": "2:30-5:00"}), 24) == [[2, 4]]
    assert in_hours(calendar(*at_midnight, hours={"sun": "0:30-2:30"}), 24) == [[0.5, 2]]


def test_hours_that_clocks_skip_are_not_worked() -> None:
    of = calendar("2026-03-29", "Europe/Berlin", hours={"sun": "2:10-2:50, 8:00-9:00"})
    assert in_hours(of, 24) == [[7, 8]]


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    """On 25 October in Berlin 2:00 comes at two and at three hours after midnight."""
    of = calendar("2026-10-25", "Europe/Berlin", hours={"sun": "2:30-3:30"})
    assert in_hours(of, 24) == [[2.5, 4.5]]
    of = calendar("2026-10-25", "Europe/Berlin", hours={"sun": "1:00-2:30"})
    assert in_hours(of, 24) == [[1, 2.5]]


def test_a_start_at_a_time_that_is_skipped_or_comes_twice_is_read_alike() -> None:
    assert calendar("2026-03-29 02:30", "Europe/Berlin", hours={"sun": "4:00-5:00"}).next_start(0) == 1 * H
    assert calendar("2026-10-25 02:30", "Europe/Berlin", hours={"sun": "4:00-5:00"}).next_start(0) == 2.5 * H


def test_clocks_may_change_by_half_an_hour() -> None:
    of = calendar("2026-04-05", "Australia/Lord_Howe", hours={"sun": "0:00-6:00"})
    assert of.span_end(0) == 6.5 * H


def test_a_day_that_a_place_left_out_is_not_worked() -> None:
    """Samoa went from 29 to 31 December 2011."""
    of = calendar("2011-12-29", "Pacific/Apia", hours={"mon-sun": "9:00-17:00"})
    assert in_hours(of, 48) == [[9, 17], [33, 41]]


def test_hours_follow_the_clocks_of_where_people_are() -> None:
    of = calendar("2026-01-05 09:00", "Europe/Berlin", timezone="America/New_York")
    assert in_hours(of, 24) == [[6, 14]]


def test_shifts_that_began_before_the_project_go_on_in_it() -> None:
    of = calendar("2026-01-06 01:00", hours={"mon": "22:00-6:00"})
    assert in_hours(of, 24) == [[0, 5]]


def test_spans_that_touch_are_one_stretch() -> None:
    of = calendar("2026-01-05", hours={"mon": "9:00-12:00, 12:00-24:00", "tue": "0:00-3:00"})
    assert in_hours(of, 48) == [[9, 27]]
    day_and_night = calendar("2026-01-05", hours={"mon-sun": "0:00-24:00"})
    assert day_and_night.span_end(0) == day_and_night.longest_ms > 119 * 365 * 24 * H


def test_a_shift_of_a_free_day_falls_away_whole_and_one_that_reaches_into_it_does_not() -> None:
    of = calendar("2026-01-05", hours={"mon-wed": "22:00-6:00"}, days_off=["2026-01-06"])
    assert in_hours(of, 96) == [[22, 30], [70, 78]]


def test_ranges_of_days_off_hold_both_their_ends() -> None:
    of = calendar("2026-01-05", days_off=["2026-01-05..2026-01-07", "2026-01-09"])
    assert in_hours(of, 168 + 17) == [[81, 89], [177, 185]]


def test_public_holidays_are_free() -> None:
    """Epiphany is one in Bavaria and not in Berlin, New Year's Day in all of Germany."""
    start = "2025-12-31"
    assert in_hours(calendar(start, holidays="DE"), 72) == [[9, 17], [57, 65]]
    epiphany = 6 * 24 * H
    assert calendar(start, holidays="DE-BY").between(epiphany, epiphany + 24 * H) == 0
    assert calendar(start, holidays="DE-BE").between(epiphany, epiphany + 24 * H) == 8 * H


def test_every_sunday_is_no_holiday_though_a_countrys_law_makes_it_one() -> None:
    """In Sweden, from Monday, 30 March 2026: Sundays are worked, Easter Sunday, 5 April, is not."""
    of = calendar("2026-03-30", "Europe/Stockholm", holidays="SE", hours={"sat-sun": "9:00-17:00"})
    saturday, next_saturday, next_sunday = ([day * 24 + 9, day * 24 + 17] for day in (5, 12, 13))
    assert in_hours(of, 14 * 24) == [saturday, next_saturday, next_sunday]


def test_hours_of_a_single_date_stand_in_place_of_its_weekdays_on_a_holiday_too() -> None:
    hours = {"mon-fri": "9:00-17:00", "2026-12-24": "9:00-12:00", "2026-12-25..2026-12-26": "10:00-11:00"}
    of = calendar("2026-12-23", holidays="DE", hours=hours)
    assert in_hours(of, 6 * 24) == [[9, 17], [33, 36], [58, 59], [82, 83], [129, 137]]


def test_peoples_own_days_off_are_free_whatever_their_calendar_says() -> None:
    scenario = Scenario.model_validate(
        {
            "name": "x",
            "start": "2026-12-23",
            "calendars": {"office": {"hours": {"mon-fri": "9:00-17:00", "2026-12-24": "9:00-12:00"}}},
            "team": [
                {"calendar": "office", "days_off": ["2026-12-24..2026-12-25"]},
                {"calendar": "office"},
                {"days_off": ["2026-12-24"]},
                {},
            ],
        }
    )
    away, there, by_day_and_night, always = (
        person.calendar for person in people_by_role(scenario, Streams(1))[SME]
    )
    assert in_hours(away, 6 * 24) == [[9, 17], [129, 137]]
    assert in_hours(there, 3 * 24) == [[9, 17], [33, 36], [57, 65]]
    assert in_hours(by_day_and_night, 3 * 24) == [[0, 24], [48, 72]]
    assert always is ALWAYS


def test_clocks_of_a_fixed_offset_never_change() -> None:
    of = calendar("2026-03-28", "UTC+1", hours={"sat-sun": "9:00-17:00"}, timezone="UTC-2:30")
    assert in_hours(of, 3 * 24) == [[12.5, 20.5], [36.5, 44.5]]


def test_a_country_whose_later_holidays_nobody_knows_is_no_mistake() -> None:
    a_monday_at_ten = 50 * 52 * 7 * 24 * H + 10 * H
    assert calendar("2026-01-05", holidays="IN").next_start(a_monday_at_ten) == a_monday_at_ten


def test_who_never_works_is_told() -> None:
    with pytest.raises(ValueError, match="nobody works within 120 years of the start; write fewer days off"):
        calendar("2026-01-05", days_off=["2025-01-01..2999-12-31"])


def test_whose_last_shift_is_over_never_works_again() -> None:
    of = calendar("2026-01-05", days_off=["2026-01-06..2999-12-31"])
    assert of.advance(0, 8 * H) == 17 * H
    assert of.next_start(17 * H) == FOREVER_MS


def test_a_calendar_reaches_beyond_the_longest_limit() -> None:
    of = calendar("2026-01-05 09:00", "Europe/Berlin")
    assert of.next_start(1_000_000 * H) < FOREVER_MS


def test_equal_hours_are_laid_out_once() -> None:
    assert calendar("2026-01-05", days_off=["2026-01-09"]) is calendar("2026-01-05", days_off=["2026-01-09"])
    assert calendar("2026-01-05") is not calendar("2026-01-06")


# The same, found by walking through UTC minute by minute and asking what local clocks read.

CHANGING = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Casablanca")
ODD = (
    "Asia/Kolkata",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "America/St_Johns",
    "Europe/Dublin",
    "Asia/Gaza",
)
ZONES = (*CHANGING, *ODD)
WALKED_DAYS = 20
QUARTER = 15
"""Minutes; clocks change at quarters of hours UTC, so that one reading of a quarter tells the others."""
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def readings(zone: str) -> NDArray[np.int64]:
    """What local clocks read in each UTC minute from 2025-12-01 on, for 15 months, as minutes since 1970."""
    place = ZoneInfo(zone)
    first = YEAR - timedelta(days=31)
    quarters = [first + timedelta(minutes=QUARTER * number) for number in range(456 * DAY // QUARTER)]
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - what clocks read
    minutes = [
        (quarter.astimezone(place).replace(tzinfo=None) - epoch).total_seconds() // 60 for quarter in quarters
    ]
    return np.add.outer(np.array(minutes, dtype=np.int64), np.arange(QUARTER)).ravel()


def first_at_or_past(clock: NDArray[np.int64], reading: int, since: int = 0) -> int:
    """The first minute from one on whose reading is at or past another; the number of minutes if none is."""
    past = clock[since:] >= reading
    return since + int(past.argmax()) if past.any() else len(clock)


@dataclass(frozen=True)
class Example:
    """A random calendar: spans as weekday, start and end in minutes from the weekday's midnight."""

    spans: list[tuple[int, int, int]]
    free: set[int]
    """Days since 1970."""
    dated: dict[int, list[tuple[int, int]]]
    """The hours of single days instead, start and end in minutes from their midnight."""
    away: set[int]
    """The people's own days off."""
    zone: str
    start: int
    """Minutes since 1970 on the clocks of ``timezone``."""
    timezone: str

    @property
    def written(self) -> WorkingHours:
        """As a planner writes it."""
        hours = {
            WEEKDAYS[day]: written([(start, end) for on, start, end in self.spans if on == day])
            for day in sorted({day for day, _, _ in self.spans})
        }
        hours |= {str(np.datetime64(day, "D")): written(spans) for day, spans in self.dated.items()}
        free = [str(np.datetime64(day, "D")) for day in self.free]
        return WorkingHours(hours=hours, timezone=self.zone, days_off=free)

    @property
    def calendar(self) -> Intervals:
        """As it is laid out."""
        begins = datetime(1970, 1, 1) + timedelta(minutes=self.start)  # noqa: DTZ001 - local
        away = tuple((date.fromordinal(EPOCH + day),) * 2 for day in sorted(self.away))
        return calendar_of(self.written, begins, self.timezone, away)

    def walked(self) -> NDArray[np.bool_]:
        """Which of the first minutes since the start are worked."""
        begins = first_at_or_past(readings(self.timezone), self.start)
        from_minute, minutes = begins - 4 * DAY, (4 + WALKED_DAYS) * DAY
        clock = readings(self.zone)[from_minute : from_minute + minutes + 2 * DAY]
        worked = np.zeros(len(clock), dtype=np.bool_)
        for day in range(int(clock[0]) // DAY + 1, int(clock[-1]) // DAY + 1):
            for start, end in self.hours_of(day):
                first = first_at_or_past(clock, day * DAY + start)
                worked[first : first_at_or_past(clock, day * DAY + end, first)] = True
        return worked[4 * DAY : minutes]

    def hours_of(self, day: int) -> list[tuple[int, int]]:
        """The spans that begin on a day."""
        if day in self.away or (day in self.free and day not in self.dated):
            return []
        weekday = date.fromordinal(EPOCH + day).weekday()
        return self.dated.get(day, [(start, end) for on, start, end in self.spans if on == weekday])


def examples(count: int) -> Iterator[Example]:
    """Random calendars, half of them around a change of clocks, with many hours at night."""
    rng = np.random.default_rng(2026)
    for _ in range(count):
        zone, timezone = (str(rng.choice(ZONES)) for _ in range(2))
        if rng.random() < 0.7:
            timezone = zone
        clock = readings(zone)
        changes = np.flatnonzero(np.diff(clock) != 1) + 1
        minute = int(rng.integers(40 * DAY, 380 * DAY))
        if len(changes) and rng.random() < 0.7:
            minute = int(rng.choice(changes)) - int(rng.integers(-120, 10 * DAY))
            minute = min(max(minute, 10 * DAY), 420 * DAY)
        start = int(readings(timezone)[minute]) + int(rng.integers(-90, 91))
        today = start // DAY
        free = {int(day) for day in today + rng.integers(-3, WALKED_DAYS, rng.integers(0, 6))}
        weekly, dated = spans(rng), {}
        for day in {int(day) for day in today + rng.integers(-2, WALKED_DAYS, rng.integers(0, 4))} - free:
            start_of, end_of = sorted(rng.choice(DAY, 2, replace=False).tolist())
            dated[day] = [(start_of, end_of)]
        away = {int(day) for day in today + rng.integers(-2, WALKED_DAYS, rng.integers(0, 3))}
        example = Example(weekly, free, dated, away, zone, start, timezone)
        try:
            assert example.written
        except ValidationError as error:
            if "overlap" not in str(error):
                raise
            example = replace(example, dated={})
        yield example


def written(spans: list[tuple[int, int]]) -> str:
    """Spans as a planner writes them: with am and pm where an end might be taken for the afternoon's."""
    return ", ".join(
        "-".join(map(by_half_days if start <= DAY // 2 and end > DAY else by_day, (start, end)))
        for start, end in spans
    )


def by_day(minutes: int) -> str:
    """A time as clocks of 24 hours show it."""
    return f"{'24' if minutes == DAY else minutes % DAY // 60}:{minutes % 60:02}"


def by_half_days(minutes: int) -> str:
    """A time as clocks of 12 hours show it."""
    return f"{minutes // 60 % 12 or 12}:{minutes % 60:02}{'ap'[minutes // 60 // 12 % 2]}m"


def spans(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Random spans of a week that do not overlap, none longer than a day."""
    step = int(rng.choice([1, 5, 15, 30, 60]))
    count = int(rng.integers(2, 25))
    at_night = rng.integers(0, 5 * 60, count)
    times = np.where(rng.random(count) < 0.6, at_night, rng.integers(0, DAY, count)) // step * step
    times = np.unique(rng.integers(0, 7, count) * DAY + times)
    ends = np.append(times[1:], times[0] + 7 * DAY)
    ends = np.where(
        rng.random(len(times)) < 0.2, ends, times + (ends - times) * rng.random(len(times)) // step * step
    )
    longest = np.where(times % DAY == 0, DAY, DAY - 1)
    ends = np.minimum(ends, times + longest).astype(np.int64)
    found = [
        (start // DAY, start % DAY, start % DAY + end - start)
        for start, end in zip(times.tolist(), ends.tolist(), strict=True)
        if start < end
    ]
    return found or [(6, 22 * 60, 30 * 60)]


@pytest.mark.slow
def test_calendars_are_as_lived_through_minute_by_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workforce, "CALENDAR_YEARS", 2)  # what is later is not walked through, and takes long
    drawn = list(examples(300))
    assert sum(bool(example.dated) for example in drawn) > 90
    for example in drawn:
        of, worked = example.calendar, example.walked()
        found = np.zeros(len(worked), dtype=np.bool_)
        for start, end in of.clip(0, len(worked) * MS_PER_MINUTE):
            found[start // MS_PER_MINUTE : end // MS_PER_MINUTE] = True
        assert (found == worked).all(), example
