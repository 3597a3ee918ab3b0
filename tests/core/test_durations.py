"""Durations as people write them, and the distributions that they may have."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from sim.core.durations import (
    MS_PER_HOUR,
    PATTERN,
    Duration,
    ElapsedOrWorking,
    Fixed,
    Working,
    WorkingTime,
    format_ms,
    is_working,
    parse_months,
    parse_ms,
)

if TYPE_CHECKING:
    from collections.abc import Callable

H = MS_PER_HOUR
ELAPSED: TypeAdapter[Duration] = TypeAdapter(Duration)
WORKING: TypeAdapter[WorkingTime] = TypeAdapter(WorkingTime)
EITHER: TypeAdapter[ElapsedOrWorking] = TypeAdapter(ElapsedOrWorking)
parse = ELAPSED.validate_python


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("250 ms", 250),
        ("7.10 s", 7_100),
        ("2 min", 120_000),
        ("48 h", 48 * H),
        ("3d", 72 * H),
        ("1 week", 168 * H),
        ("2 weeks", 336 * H),
        ("  0 s ", 0),
        ("0.1 ms", 0),
        ("2 hours", 2 * H),
        ("1 day", 24 * H),
        ("90 Seconds", 90_000),
        ("1 hr", H),
        ("2 wks", 336 * H),
        (".5 h", H // 2),
        ("1 month", 30 * 24 * H),
        ("3 months", 91 * 24 * H),
        ("1 year", 365 * 24 * H),
        ("1.5 years", 548 * 24 * H),
        ("0.5 months", round(365.25 / 24 * 24 * H)),
    ],
)
def test_lengths_as_people_write_them(text: str, milliseconds: int) -> None:
    assert parse_ms(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "4", "h", "-1 h", "1e3 s", "nan h", "inf d", "4 hh", "4 h 30 min", "1 fortnight"]
)
def test_what_is_no_length_is_told_with_examples(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a duration; write a number of 0 or more and a unit.*'2 min'"
    ):
        parse_ms(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("5 m", "m may be minutes or months; write min or months"),
        ("1,5 h", "write numbers without a comma, with a point before decimals"),
        ("6 Working Hours", "is working time; elapsed time is meant here"),
    ],
)
def test_what_may_mean_two_things_is_asked_about(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_ms(text)


UNITS = {
    1: ("ms", "millisecond"),
    1_000: ("s", "sec", "second"),
    60_000: ("min", "minute"),
    H: ("h", "hr", "hour"),
    24 * H: ("d", "day"),
    168 * H: ("w", "wk", "week"),
}


@given(
    some.sampled_from([(ms, unit) for ms, spellings in UNITS.items() for unit in spellings]),
    some.integers(0, 1_000),
    some.sampled_from([str.lower, str.upper, str.title]),
    some.sampled_from(["", "s"]),
    some.sampled_from(["", " ", "  "]),
)
def test_every_spelling_of_a_unit_is_as_long(
    unit: tuple[int, str], number: int, case: Callable[[str], str], plural: str, between: str
) -> None:
    ms, spelling = unit
    assert parse_ms(f"{number}{between}{case(spelling)}{plural}") == number * ms
    assert re.match(PATTERN, f"{number}{between}{case(spelling)}{plural}")


@pytest.mark.parametrize("text", ["6 working h", "6 Working hours", "360 working minutes", "6.0 WORKING HRS"])
def test_working_time_is_written_in_any_of_them(text: str) -> None:
    read = WORKING.validate_python(text)
    assert read == Working(6 * H)
    assert WORKING.dump_python(read) == "6 working h"


def test_working_days_are_not_all_as_long() -> None:
    with pytest.raises(ValueError, match="'2 working days': working time is in hours or less"):
        Working.read("2 working days")


@pytest.mark.parametrize(
    ("text", "months"),
    [("3 months", 3), ("1.5 Years", 18), ("1 mo", 1), ("0.5 months", None), ("91 d", None)],
)
def test_whole_months_can_be_counted_by_a_calendar(text: str, months: int | None) -> None:
    assert parse_months(text) == months


def test_longer_than_a_century_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="longer than a century"):
        parse_ms("99999999 weeks")


@given(some.integers(0, 10**10))
def test_what_is_written_is_read_again(milliseconds: int) -> None:
    assert parse_ms(format_ms(milliseconds)) == milliseconds


DISTRIBUTIONS: list[dict[str, Any]] = [
    {"uniform": ["6 h", "24 h"]},
    {"triangular": ["24 h", "48 h", "14 d"]},
    {"lognormal": {"median": "2 min", "p90": "4 min"}},
    {"exponential": {"mean": "10 h"}},
]


@pytest.mark.parametrize("value", ["4 h", *DISTRIBUTIONS], ids=str)
def test_every_kind_is_written_as_it_is_read(value: object) -> None:
    duration = parse(value)
    assert parse(ELAPSED.dump_python(duration, mode="json")) == duration
    assert ELAPSED.validate_json(ELAPSED.dump_json(duration)) == duration
    assert pickle.loads(pickle.dumps(duration)) == duration  # noqa: S301 - our own


@pytest.mark.parametrize(
    "value",
    ["6 working h", {"uniform": ["1 working h", "2 working h"]}, {"exponential": {"mean": "1 working h"}}],
)
def test_working_time_is_told_from_elapsed_time(value: object) -> None:
    duration = EITHER.validate_python(value)
    assert is_working(duration)
    assert duration == WORKING.validate_python(value)
    assert EITHER.dump_python(duration) == value
    with pytest.raises(ValidationError):
        parse(value)


@pytest.mark.parametrize(
    ("value", "at", "message"),
    [
        (4, (), "4 has no unit"),
        (True, (), "not a duration"),
        (None, (), "not a duration"),
        ([], (), "not a duration"),
        ({}, (), "not a duration"),
        ({"normal": ["1 h", "2 h"]}, (), "uniform, triangular, lognormal, exponential"),
        ({"uniform": ["6 h"]}, ("uniform",), "at least 2 items"),
        ({"uniform": ["6 h", 24]}, ("uniform", 1), "24 has no unit"),
        ({"uniform": ["24 h", "6 h"]}, ("uniform",), "write the shortest length first"),
        ({"uniform": ["6 h", "24 horses"]}, ("uniform", 1), "'24 horses' is not a duration"),
        ({"uniform": ["6 h", "24 working h"]}, ("uniform", 1), "'24 working h' is working time"),
        ({"triangular": ["3 h", "2 h", "1 h"]}, ("triangular",), "write the shortest length first"),
        ({"lognormal": {"median": "2 min"}}, ("lognormal", "p90"), "Field required"),
        ({"lognormal": {"median": "4 min", "p90": "2 min"}}, ("lognormal",), "p90 no shorter"),
        ({"lognormal": {"median": "0 s", "p90": "2 min"}}, ("lognormal",), "median must be above 0"),
        ({"exponential": {"mean": "4 min", "median": "4 min"}}, ("exponential", "median"), "not permitted"),
        ({"exponential": "4 min"}, ("exponential",), "dictionary"),
    ],
)
def test_every_mistake_is_told_where_it_is(value: object, at: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(value)
    (error,) = caught.value.errors()
    assert error["loc"][1:] == at  # behind the name of the union's member
    assert message in error["msg"]


@pytest.mark.parametrize(
    ("described", "distribution"),
    [
        (DISTRIBUTIONS[0], stats.uniform(6 * H, 18 * H)),
        (DISTRIBUTIONS[1], stats.triang(24 / 312, 24 * H, 312 * H)),
        (DISTRIBUTIONS[2], stats.lognorm(np.log(2) / stats.norm.ppf(0.9), scale=120_000)),
        (DISTRIBUTIONS[3], stats.expon(scale=10 * H)),
    ],
    ids=["uniform", "triangular", "lognormal", "exponential"],
)
def test_draws_have_the_distribution_that_is_meant(
    described: dict[str, Any], distribution: stats.rv_continuous
) -> None:
    duration = parse(described)
    rng = np.random.default_rng(1)
    drawn = [duration.draw(rng) for _ in range(4_000)]
    assert all(isinstance(length, int) for length in drawn)
    assert stats.kstest(drawn, distribution.cdf).pvalue > 0.01
    assert duration.mean_ms == pytest.approx(distribution.mean())


def test_a_fixed_length_leaves_nothing_to_luck() -> None:
    rng = np.random.default_rng(1)
    assert Fixed(5).draw(rng) == Fixed(5).mean_ms == 5
    assert rng.random() == np.random.default_rng(1).random()


def test_distributions_without_width_are_fixed() -> None:
    rng = np.random.default_rng(1)
    lengths = {
        "uniform": ["5 s"] * 2,
        "triangular": ["5 s"] * 3,
        "lognormal": {"median": "5 s", "p90": "5 s"},
    }
    assert {parse({name: given}).draw(rng) for name, given in lengths.items()} == {5_000}
