"""Working hours and the project's start as a planner writes them."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel, ValidationError

from sim.scenario.calendars import WEEKDAYS, Start, WorkingHours, parse_start

NINE_TO_FIVE = ((540, 1_020),)
EXAMPLE = {
    "hours": {"mon-fri": "9:00-12:00, 13:00-17:00", "sat": "10:00-14:00"},
    "timezone": "Europe/Berlin",
    "holidays": "DE-BY",
    "days_off": ["2026-12-24", "2026-12-27..2026-12-31"],
}


class Project(BaseModel):
    start: Start


def week(**hours: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    return WorkingHours(hours=hours).week


def refused(**written: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        WorkingHours.model_validate(written)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")


def test_by_default_people_work_nine_to_five_on_weekdays_where_the_project_is() -> None:
    hours = WorkingHours()
    assert hours.week == (NINE_TO_FIVE,) * 5 + ((), ())
    assert hours.timezone is hours.holidays is None
    assert hours.periods_off == ()


def test_spans_are_minutes_from_midnight_for_each_weekday() -> None:
    weekday = ((540, 720), (780, 1_020))
    assert WorkingHours.model_validate(EXAMPLE).week == (weekday,) * 5 + (((600, 840),), ())


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ("wed", ["wed"]),
        ("mon-wed", ["mon", "tue", "wed"]),
        ("sat-mon", ["mon", "sat", "sun"]),
        ("mon,wed - fri", ["mon", "wed", "thu", "fri"]),
        ("fri , sun-mon", ["mon", "fri", "sun"]),
        ("tue-mon", list(WEEKDAYS)),
        ("thu-thu", ["thu"]),
    ],
)
def test_a_key_names_weekdays_and_ranges_of_them(days: str, named: list[str]) -> None:
    worked = WorkingHours(hours={days: "9:00-17:00"}).week
    assert [day for day, spans in zip(WEEKDAYS, worked, strict=True) if spans] == named


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("22:00-6:00", ((1_320, 1_800),)),
        ("0:00-24:00", ((0, 1_440),)),
        ("22:00-0:00", ((1_320, 1_440),)),
        ("9:00-9:00", ((540, 1_980),)),
        ("09:05 - 9:06", ((545, 546),)),
        ("13:00-17:00, 9:00-12:00", ((540, 720), (780, 1_020))),
    ],
)
def test_spans_are_read_in_the_order_of_time_and_past_midnight(
    text: str, spans: tuple[tuple[int, int], ...]
) -> None:
    assert week(fri=text)[4] == spans


def test_spans_may_touch() -> None:
    assert week(sun="9:00-12:00, 12:00-24:00", mon="0:00-9:00")[6] == ((540, 720), (720, 1_440))


@pytest.mark.parametrize(
    "text", ["9-17", "9:00", "", "25:00-26:00", "9:60-10:00", "24:00-6:00", "9:00-24:01", 9]
)
def test_what_are_no_hours_is_told_with_an_example(text: object) -> None:
    assert refused(hours={"mon": text}).startswith(f"{text!r} are no hours; write when they begin and end")


@pytest.mark.parametrize("days", ["monday", "Mon", "mon-", "mon-wen", "", "mon;tue"])
def test_what_is_no_weekday_is_told_with_all_of_them(days: str) -> None:
    assert refused(hours={days: "9:00-17:00"}).startswith(
        f"{days.strip()!r} is no weekday; write mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri"
    )


@pytest.mark.parametrize("days", [("mon-fri", "fri"), ("sat-mon", "mon"), ("wed, mon-thu", "sun")])
def test_no_weekday_is_named_twice(days: tuple[str, str]) -> None:
    assert "is named twice; name each weekday once" in refused(hours=dict.fromkeys(days, "9:00-17:00"))


@pytest.mark.parametrize(
    ("hours", "those"),
    [
        ({"mon": "9:00-12:00, 11:00-13:00"}, ("mon 9:00", "mon 11:00")),
        ({"tue": "22:00-6:00", "wed": "5:59-12:00"}, ("tue 22:00", "wed 5:59")),
        ({"sun": "22:00-6:00", "mon": "5:00-9:00"}, ("sun 22:00", "mon 5:00")),
    ],
)
def test_hours_that_overlap_are_refused(hours: dict[str, str], those: tuple[str, str]) -> None:
    assert refused(hours=hours).startswith(f"the hours from {those[0]} and those from {those[1]} overlap")


def test_somebody_works_sometime() -> None:
    assert refused(hours={}) == "nobody works; write hours, such as {mon-fri: 9:00-17:00}"
    assert refused(hours="9:00-17:00").startswith("hours are written by weekday")


@pytest.mark.parametrize("zone", ["", "Nowhere", "../etc", "Europe", "/etc/localtime", "x" * 300])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    assert refused(timezone=zone).startswith(f"{zone!r} is no time zone that is known here; ")


def test_the_zone_that_may_be_meant_is_named() -> None:
    assert refused(timezone="Europe/Berln").endswith("did you mean Europe/Berlin?")


def test_an_unknown_country_is_told_how_to_look_it_up() -> None:
    message = refused(holidays="XX")
    assert message.startswith("'XX' is no country whose holidays are known; write its ISO code, such as DE")
    assert "python -c 'import holidays; print(holidays.list_supported_countries())' lists all" in message


def test_an_unknown_part_of_a_country_is_told_those_there_are() -> None:
    message = refused(holidays="DE-XX")
    assert message.startswith("'DE-XX' has no holidays of its own; write one of DE, DE-BB, ")
    assert "DE-BY" in message


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert refused(holidays="DE") == "holidays need a package; pip install 'labelsim[calendars]'"
    assert WorkingHours(days_off=["2026-12-24"])


def test_days_off_are_dates_and_ranges() -> None:
    assert WorkingHours.model_validate(EXAMPLE).periods_off == (
        (date(2026, 12, 24), date(2026, 12, 24)),
        (date(2026, 12, 27), date(2026, 12, 31)),
    )


@pytest.mark.parametrize("days", ["24.12.2026", "2026-02-30", "2026-1-5", "2026-12-24..", "", 20261224, None])
def test_what_is_no_date_is_told_with_an_example(days: object) -> None:
    assert refused(days_off=[days]).startswith(f"{days!r} is no date; write one such as 2026-12-24")


def test_a_range_does_not_end_before_it_begins() -> None:
    assert refused(days_off=["2026-12-31..2026-12-27"]) == (
        "'2026-12-31..2026-12-27' ends before it begins; write the earlier date first"
    )
    assert WorkingHours(days_off=["2026-12-31..2026-12-31"])


def test_it_is_written_back_as_it_was_written() -> None:
    hours = WorkingHours.model_validate(EXAMPLE)
    assert hours.model_dump(mode="json") == EXAMPLE
    assert WorkingHours.model_validate_json(hours.model_dump_json()) == hours


@pytest.mark.parametrize("written", [{}, EXAMPLE, {"hours": {"sat - mon, wed": "22:00 - 6:00"}}])
def test_editors_take_what_is_read(written: dict[str, Any]) -> None:
    assert WorkingHours.model_validate(written)
    jsonschema.validate(written, WorkingHours.model_json_schema())


@pytest.mark.parametrize(
    "written",
    [
        {"hours": {}},
        {"hours": {"monday": "9:00-17:00"}},
        {"hours": {"mon": "9-17"}},
        {"hours": {"mon": "25:00-26:00"}},
        {"days_off": ["24.12.2026"]},
        {"days": []},
    ],
)
def test_editors_refuse_what_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WorkingHours.model_validate(written)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, WorkingHours.model_json_schema())


@pytest.mark.parametrize(
    ("text", "start", "back"),
    [
        ("2026-01-05", (2026, 1, 5), "2026-01-05"),
        ("2026-01-05 09:00", (2026, 1, 5, 9), "2026-01-05 09:00"),
        ("2026-01-05 9:30", (2026, 1, 5, 9, 30), "2026-01-05 09:30"),
        ("2026-01-05 00:00", (2026, 1, 5), "2026-01-05"),
    ],
)
def test_a_project_starts_on_a_date_and_at_a_time(text: str, start: tuple[int, ...], back: str) -> None:
    project = Project.model_validate({"start": text})
    assert project.start == datetime(*start)  # type: ignore[arg-type]  # noqa: DTZ001 - local
    assert project.model_dump() == {"start": back}
    jsonschema.validate({"start": text}, Project.model_json_schema())


@pytest.mark.parametrize(
    "text", ["", "5 January", "2026-13-01", "2026-01-05 24:00", "2026-01-05T09:00", "1979-12-31"]
)
def test_what_is_no_start_is_told_with_an_example(text: str) -> None:
    message = "is no date from 1980 to 2100; write one such as 2026-01-05, or 2026-01-05 09:00"
    with pytest.raises(ValueError, match=message):
        parse_start(text)
    with pytest.raises(ValidationError, match=message):
        Project.model_validate({"start": text})


@given(some.datetimes(datetime(1980, 1, 1), datetime(2100, 12, 31)))  # noqa: DTZ001 - local
def test_a_start_is_read_as_it_is_written(moment: datetime) -> None:
    start = moment.replace(second=0, microsecond=0)
    project = Project(start=start)
    assert project.start == start
    assert Project.model_validate(json.loads(project.model_dump_json())) == project
