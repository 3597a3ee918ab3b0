"""Durations as people write them, and the distributions that they may have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from sim.durations import (
    MS_PER_HOUR,
    Duration,
    Exponential,
    Fixed,
    Lognormal,
    Triangular,
    Uniform,
    parse,
    parse_ms,
    written,
)

H = MS_PER_HOUR


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
    ],
)
def test_lengths_as_people_write_them(text: str, milliseconds: int) -> None:
    assert parse_ms(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "4", "h", "-1 h", "1e3 s", "nan h", "inf d", "4 hh", "4 h 30 min", "1 month"]
)
def test_what_is_no_length_is_told_with_examples(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a duration; write a number of 0 or more and a unit.*'2 min'"
    ):
        parse_ms(text)


def test_longer_than_a_century_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="longer than a century"):
        parse_ms("99999999 weeks")


@given(some.integers(0, 10**10))
def test_what_is_written_is_read_again(milliseconds: int) -> None:
    assert parse_ms(written(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    "value",
    [
        "4 h",
        {"uniform": ["6 h", "24 h"]},
        {"triangular": ["24 h", "48 h", "14 d"]},
        {"lognormal": {"median": "2 min", "p90": "4 min"}},
        {"exponential": {"mean": "10 h"}},
    ],
)
def test_every_kind_is_written_as_it_is_read(value: object) -> None:
    duration = parse(value)
    assert parse(duration.as_written()) == duration


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (4, "4 has no unit"),
        (True, "not a duration"),
        (None, "not a duration"),
        ([], "not a duration"),
        ({"normal": ["1 h", "2 h"]}, "uniform, triangular, lognormal, exponential"),
        ({"uniform": ["6 h"]}, r"uniform is written as \{uniform: \[6 h, 24 h\]\}"),
        ({"uniform": ["6 h", 24]}, "uniform is written as"),
        ({"uniform": ["24 h", "6 h"]}, "shortest length first"),
        ({"uniform": ["6 h", "24 horses"]}, "'24 horses' is not a duration"),
        ({"triangular": ["3 h", "2 h", "1 h"]}, "shortest, most likely, longest"),
        ({"lognormal": {"median": "2 min"}}, "lognormal is written as"),
        ({"lognormal": {"median": "4 min", "p90": "2 min"}}, "0 < median <= p90"),
        ({"exponential": {"median": "4 min"}}, "exponential is written as"),
        ({"exponential": "4 min"}, "exponential is written as"),
    ],
)
def test_every_mistake_says_what_would_be_right(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(value)


@pytest.mark.parametrize(
    ("duration", "distribution"),
    [
        (Uniform(6 * H, 24 * H), stats.uniform(6 * H, 18 * H)),
        (Triangular(24 * H, 48 * H, 336 * H), stats.triang(24 / 312, 24 * H, 312 * H)),
        (Lognormal(120_000, 240_000), stats.lognorm(np.log(2) / stats.norm.ppf(0.9), scale=120_000)),
        (Exponential(10 * H), stats.expon(scale=10 * H)),
    ],
    ids=["uniform", "triangular", "lognormal", "exponential"],
)
def test_draws_have_the_distribution_that_is_meant(
    duration: Duration, distribution: stats.rv_continuous
) -> None:
    luck = np.random.default_rng(1)
    drawn = [duration.draw(luck) for _ in range(4_000)]
    assert all(isinstance(length, int) for length in drawn)
    assert stats.kstest(drawn, distribution.cdf).pvalue > 0.01
    assert duration.mean_ms == pytest.approx(distribution.mean())


def test_a_fixed_length_leaves_nothing_to_luck() -> None:
    luck = np.random.default_rng(1)
    assert Fixed(5).draw(luck) == Fixed(5).mean_ms == 5
    assert luck.random() == np.random.default_rng(1).random()


def test_distributions_without_width_are_fixed() -> None:
    luck = np.random.default_rng(1)
    assert Uniform(5, 5).draw(luck) == Triangular(5, 5, 5).draw(luck) == Lognormal(5, 5).draw(luck) == 5
