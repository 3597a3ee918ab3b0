"""Dates as planners write them, and how long after a project's start they are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel, ValidationError

from sim.core.durations import MS_PER_HOUR, Fixed
from sim.core.zones import zone_of
from sim.scenario.moments import Moment, Months, Start, parse_date, since_start_ms
from support.scenarios import refused, scenario

H = MS_PER_HOUR
BERLIN = zone_of("Europe/Berlin")


class Project(BaseModel):
    start: Start


class Person(BaseModel):
    joins: Moment


@pytest.mark.parametrize(
    ("text", "start", "back"),
    [
        ("2026-01-05", (2026, 1, 5), "2026-01-05"),
        ("2026-01-05 09:00", (2026, 1, 5, 9), "2026-01-05 09:00"),
        ("2026-01-05 9:30", (2026, 1, 5, 9, 30), "2026-01-05 09:30"),
        ("2026-01-05 00:00", (2026, 1, 5), "2026-01-05"),
        ("2026-01-05T09:00", (2026, 1, 5, 9), "2026-01-05 09:00"),
        ("2026-01-05T09:00:00", (2026, 1, 5, 9), "2026-01-05 09:00"),
        ("2026-01-05t09:00:00.000", (2026, 1, 5, 9), "2026-01-05 09:00"),
    ],
)
def test_a_project_starts_on_a_date_and_at_a_time(text: str, start: tuple[int, ...], back: str) -> None:
    project = Project.model_validate({"start": text})
    assert project.start == datetime(*start)  # type: ignore[arg-type]  # noqa: DTZ001 - local
    assert project.model_dump() == {"start": back}
    jsonschema.validate({"start": text}, Project.model_json_schema())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5 January",
        "2026-13-01",
        "2026-01-05 24:00",
        "2026-01-05T09:00:30",
        "1979-12-31",
        "2026-01-05T09:00+25:00",
    ],
)
def test_what_is_no_start_is_told_with_an_example(text: str) -> None:
    message = r"is not a date \(1980–2100\), e.g. 2026-01-05 or 2026-01-05 09:00"
    with pytest.raises(ValueError, match=message):
        parse_date(text)
    with pytest.raises(ValidationError, match=message):
        Project.model_validate({"start": text})


@given(some.datetimes(datetime(1980, 1, 1), datetime(2100, 12, 31)))  # noqa: DTZ001 - local
def test_a_start_is_read_as_it_is_written(moment: datetime) -> None:
    start = moment.replace(second=0, microsecond=0)
    project = Project(start=start)
    assert project.start == start
    assert Project.model_validate(json.loads(project.model_dump_json())) == project
    assert Project.model_validate({"start": start.isoformat()}) == project


@pytest.mark.parametrize(
    ("written", "start", "zone"),
    [
        ({"start": "2026-07-06T08:00Z", "timezone": "Europe/Berlin"}, "2026-07-06 10:00", "Europe/Berlin"),
        (
            {"start": "2026-07-06 09:00+02:00", "timezone": "europe/berlin"},
            "2026-07-06 09:00",
            "Europe/Berlin",
        ),
        ({"start": "2026-07-06T09:00-03:30"}, "2026-07-06 09:00", "UTC-3:30"),
        ({"start": "2026-07-06T09:00Z"}, "2026-07-06 09:00", "UTC"),
    ],
)
def test_a_start_with_an_offset_is_what_the_projects_clocks_show_then(
    written: dict[str, str], start: str, zone: str
) -> None:
    read = scenario(**written)
    assert read == scenario(start=start, timezone=zone)
    assert read.began is not None
    assert read.began.astimezone(UTC) == datetime.fromisoformat(written["start"]).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2 weeks", Fixed(336 * H)),
        ("3 months", Months(3)),
        ("1 year", Months(12)),
        ("0.5 months", Fixed(round(365.25 / 24 * 24 * H))),
        ("0 months", Fixed(0)),
        ("2026-04-01", datetime(2026, 4, 1)),  # noqa: DTZ001 - local
        ("2026-04-01T12:00Z", datetime(2026, 4, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_elapsed_time_or_months_or_a_date(text: str, moment: object) -> None:
    person = Person.model_validate({"joins": text})
    assert person.joins == moment
    assert Person.model_validate(json.loads(person.model_dump_json())) == person
    jsonschema.validate({"joins": text}, Person.model_json_schema())


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (Fixed(5 * H), 5),
        (Months(1), 31 * 24 - 1),
        (datetime(2026, 3, 30, 9), 29 * 24 - 1),  # noqa: DTZ001 - local
        (datetime(2026, 3, 1, tzinfo=UTC), 1 - 9),
    ],
)
def test_moments_are_counted_as_time_passes_where_clocks_change(moment: Any, hours: int) -> None:
    """In Berlin clocks change on 29 March 2026."""
    assert since_start_ms(moment, datetime(2026, 3, 1, 9, tzinfo=BERLIN)) == hours * H


def test_without_a_start_months_are_of_average_length_and_dates_mean_nothing() -> None:
    assert since_start_ms(Months(3), None) == 91 * 24 * H
    with pytest.raises(ValueError, match="dates need a start; write start: 2026-01-05 09:00"):
        since_start_ms(datetime(2026, 4, 1), None)  # noqa: DTZ001 - local


@given(some.datetimes(datetime(1980, 1, 1), datetime(2100, 12, 31)), some.integers(1, 240))  # noqa: DTZ001
def test_months_later_is_the_same_day_or_the_last_of_its_month(start: datetime, count: int) -> None:
    later = Months(count).after(start)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == count
    assert later.time() == start.time()
    assert later.day == start.day or (later.day < start.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("deadline", "hours"),
    [
        ("8 weeks", 1_344),
        ("2026-04-01", 30 * 24 - 9 - 1),
        ("2 months", 61 * 24 - 1),
        ("2026-03-03T09:00Z", 25),
    ],
)
def test_a_deadline_is_a_time_or_a_date(deadline: str, hours: int) -> None:
    dated = scenario(start="2026-03-02 09:00", timezone="Europe/Berlin", target={"deadline": deadline})
    assert dated.deadline_ms == hours * H
    assert scenario(**dated.model_dump(mode="json", exclude={"name"})) == dated


def test_a_deadline_that_is_a_date_comes_after_a_start() -> None:
    assert refused(target={"deadline": "2026-04-01"}).startswith(
        "a date needs a start; write start: 2026-01-05 09:00, or elapsed time"
    )
    for day in ("2026-03-01", "2026-03-02 09:00"):
        message = refused(start="2026-03-02 09:00", target={"deadline": day})
        assert message == "the project has not begun by then; write a deadline after the start"
    assert scenario(target={"deadline": "3 months"}).deadline_ms == 91 * 24 * H


@pytest.mark.parametrize("text", ["01.04.2026", "2026/04/01", "April", "soon", ""])
def test_what_is_neither_a_duration_nor_a_date_is_told_with_both(text: str) -> None:
    with pytest.raises(
        ValidationError, match="is neither a duration, such as '8 weeks', nor a date, such as 2026"
    ):
        Person.model_validate({"joins": text})


def test_no_moment_is_a_century_away() -> None:
    assert "longer than a century" in refused(target={"deadline": "99999 months"})


def test_a_start_in_an_hour_that_clocks_show_twice_is_refused_the_second_time() -> None:
    """In Berlin 2:30 comes at 0:30 and at 1:30 UTC on 25 October 2026."""
    first = scenario(start="2026-10-25T00:30Z", timezone="Europe/Berlin")
    assert first == scenario(start="2026-10-25 02:30", timezone="Europe/Berlin")
    assert refused(start="2026-10-25T01:30Z", timezone="Europe/Berlin") == (
        "clocks of Europe/Berlin show 02:30 twice, and this is the second time; write another start"
    )


def test_days_off_of_people_need_a_start() -> None:
    team = [{"days_off": ["2026-03-04", "2026-03-09..2026-03-13"]}]
    assert refused(team=team) == "days off need a date to count from; write start: 2026-01-05 09:00"
    (people,) = scenario(start="2026-03-02", team=team).team
    assert people.periods_off == (
        (date(2026, 3, 4), date(2026, 3, 4)),
        (date(2026, 3, 9), date(2026, 3, 13)),
    )
