"""Working hours and the project's start as a planner writes them."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from sim.scenario.calendars import WEEKDAYS, WorkingHours

NINE_TO_FIVE = ((540, 1_020),)
EXAMPLE = {
    "hours": {"mon-fri": "9:00-12:00, 13:00-17:00", "sat": "10:00-14:00"},
    "timezone": "Europe/Berlin",
    "holidays": "DE-BY",
    "days_off": ["2026-12-24", "2026-12-27..2026-12-31"],
}


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
        ("Mon-Wed", ["mon", "tue", "wed"]),
        ("Monday to Wednesday", ["mon", "tue", "wed"]),
        ("monday - Tues", ["mon", "tue"]),
        ("SAT–Sunday", ["sat", "sun"]),
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
        ("9-17", ((540, 1_020),)),
        ("9am-5:30 PM", ((540, 1_050),)),
        ("9 a.m. – 12 p.m.", ((540, 720),)),
        ("6pm-12am", ((1_080, 1_440),)),
        ("9:00 to 12:00, 1pm to 5pm", ((540, 720), (780, 1_020))),
        ("Off", ()),
        ("0-24", ((0, 1_440),)),
        ("09:05 - 9:06", ((545, 546),)),
        ("13:00-17:00, 9:00-12:00", ((540, 720), (780, 1_020))),
    ],
)
def test_spans_are_read_in_the_order_of_time_and_past_midnight(
    text: str, spans: tuple[tuple[int, int], ...]
) -> None:
    assert week(fri=text, sat="9:00-10:00")[4] == spans


def test_spans_may_touch() -> None:
    assert week(sun="9:00-12:00, 12:00-24:00", mon="0:00-9:00")[6] == ((540, 720), (720, 1_440))


@pytest.mark.parametrize(
    "text", ["9:00", "", "25:00-26:00", "9:60-10:00", "24:00-6:00", "9-5pm", "9:00-24:01", "9am-13pm", 9]
)
def test_what_are_no_hours_is_told_with_an_example(text: object) -> None:
    assert refused(hours={"mon": text}).startswith(f"{text!r} are no hours; write ")


@pytest.mark.parametrize("text", ["9:00-9:00", "0:00-0:00", "9:00-12:00, 13-13", "12am-12am"])
def test_hours_that_end_when_they_begin_are_not_taken_for_the_whole_day(text: str) -> None:
    assert refused(hours={"mon": text}).startswith(
        f"{text!r} ends when it begins; 0:00-24:00 is the whole day"
    )


@pytest.mark.parametrize("text", ["9-5", "9:00-5:00", "12-1", "8:30-12:30, 1-5, 6-2"])
def test_hours_that_may_end_in_the_afternoon_or_at_night_are_not_guessed(text: str) -> None:
    assert "may end in the afternoon or on the next day" in refused(hours={"mon": text})
    assert week(mon="9am-5am")[0] == ((540, 1_740),)


@pytest.mark.parametrize("days", ["mo", "mon-", "mon-wen", "", "mon;tue"])
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
    assert refused(hours={"mon-sun": "off"}) == refused(hours={})
    assert refused(hours={}) == "nobody works; write hours, such as {mon-fri: 9:00-17:00}"
    assert refused(hours="9:00-17:00").startswith("hours are written by weekday")


@pytest.mark.parametrize("zone", ["", "Nowhere", "../etc", "Europe", "/etc/localtime", "x" * 300])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    assert refused(timezone=zone).startswith(f"{zone!r} is no time zone that is known here; ")


def test_the_zone_that_may_be_meant_is_named() -> None:
    assert refused(timezone="Europe/Berln").endswith("did you mean Europe/Berlin?")
    assert refused(timezone="new york").endswith("did you mean America/New_York?")
    assert refused(timezone="PST").endswith("did you mean America/Los_Angeles?")


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("america/new york", "America/New_York"),
        ("cet", "CET"),
        ("utc", "UTC"),
        ("UTC+2", "UTC+2"),
        ("gmt-03:00", "UTC-3"),
        ("UTC +5:30", "UTC+5:30"),
        ("utc+0", "UTC"),
        ("+02:00", "UTC+2"),
    ],
)
def test_a_zone_is_read_in_any_case_or_as_an_offset(written: str, zone: str) -> None:
    hours = WorkingHours.model_validate({"timezone": written})
    assert hours.timezone == zone
    assert WorkingHours(timezone=zone) == hours


def test_no_offset_is_farther_than_any_place_has() -> None:
    assert refused(timezone="UTC+15").startswith("'UTC+15' is no time zone that is known here")


def test_an_unknown_country_is_told_how_to_look_it_up() -> None:
    message = refused(holidays="XX")
    assert message.startswith("'XX' is no country whose holidays are known; write its ISO code, such as DE")
    assert "python -c 'import holidays; print(holidays.list_supported_countries())' lists all" in message


@pytest.mark.parametrize(
    ("written", "code"),
    [("de", "DE"), ("De-by", "DE-BY"), ("us-ca", "US-CA"), ("DE-augsburg", "DE-Augsburg")],
)
def test_a_country_is_read_in_any_case(written: str, code: str) -> None:
    assert WorkingHours(holidays=written).holidays == code


@pytest.mark.parametrize(
    ("written", "meant"),
    [("germany", "DE"), ("New Zealand", "NZ"), ("DE-Bayern", "DE-BY"), ("CH-Zurich", "CH-ZH")],
)
def test_a_country_or_a_part_of_it_by_its_name_is_told_its_code(written: str, meant: str) -> None:
    assert f"did you mean {meant}?" in refused(holidays=written)


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
        {"hours": {"mo": "9:00-17:00"}},
        {"hours": {"mon": "9"}},
        {"hours": {"mon": "25:00-26:00"}},
        {"hours": {"mon": "of"}},
        {"days_off": ["24.12.2026"]},
        {"days": []},
    ],
)
def test_editors_refuse_what_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WorkingHours.model_validate(written)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, WorkingHours.model_json_schema())


HALF_DAY = {
    "mon-fri": "9:00-17:00",
    "2027-01-04": "closed",
    "2027-12-24": "9:00-12:00",
    "2027-12-27..2027-12-30": "10-14",
}


def test_single_dates_have_hours_of_their_own() -> None:
    hours = WorkingHours(hours=HALF_DAY)
    assert hours.week == (NINE_TO_FIVE,) * 5 + ((), ())
    assert hours.dated == (
        ((date(2027, 1, 4), date(2027, 1, 4)), ()),
        ((date(2027, 12, 24), date(2027, 12, 24)), ((540, 720),)),
        ((date(2027, 12, 27), date(2027, 12, 30)), ((600, 840),)),
    )
    assert hours.longest_ms == 8 * 3_600_000
    jsonschema.validate({"hours": HALF_DAY}, WorkingHours.model_json_schema())


def test_people_may_work_on_single_dates_alone() -> None:
    hours = WorkingHours(hours={"2027-03-01 to 2027-03-03, 2027-03-10": "9:00-12:00"})
    assert hours.longest_ms == 3 * 3_600_000
    assert not any(hours.week)
    through = WorkingHours(hours={"2027-03-01..2027-03-03": "0:00-24:00"})
    assert through.longest_ms == 72 * 3_600_000


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ({"2027-12-24": "9-12", "2027-12-20..2027-12-31": "9-13"}, "2027-12-24 is named twice"),
        ({"2027-02-30": "9-12"}, "'2027-02-30' is no date; write one such as 2026-12-24"),
        (
            {"thu": "22:00-6:00", "2027-12-24": "5:00-9:00"},
            "the hours from 2027-12-23 22:00 and those from 2027-12-24 5:00 overlap",
        ),
        (
            {"mon": "4:00-9:00", "2027-12-25..2027-12-26": "22:00-5:00"},
            "the hours from 2027-12-26 22:00 and those from 2027-12-27 4:00 overlap",
        ),
        ({"2027-12-24": "9-12, 11-13"}, "the hours from 2027-12-24 9:00 and those from 2027-12-24 11:00"),
    ],
)
def test_hours_of_dates_are_checked_as_those_of_weekdays(hours: dict[str, str], message: str) -> None:
    assert refused(hours=hours).startswith(message)


def test_a_day_off_has_no_hours_of_its_own() -> None:
    message = refused(hours=HALF_DAY, days_off=["2027-01-01", "2027-12-20..2027-12-26"])
    assert message == "2027-12-24 has hours of its own above; leave one out"
