"""Ranges: which value has which share of the others below it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.durations import parse_ms
from sim.scenario.sweep import Range

numbers = st.floats(1e-3, 1e6) | st.integers(1, 10**6)
pairs = st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)
scales = st.sampled_from(["linear", "log"])
shares = st.floats(0, 1, exclude_max=True)


def drawn(low: object, high: object, scale: str = "linear") -> Range:
    return Range.model_validate({"from": low, "to": high, "scale": scale})


@pytest.mark.parametrize(
    ("scale", "share", "value"),
    [("linear", 0, 1), ("linear", 0.5, 50.5), ("log", 0, 1), ("log", 0.5, 10), ("log", 0.75, 31.62)],
)
def test_a_share_of_the_scale_lies_below_a_value(scale: str, share: float, value: float) -> None:
    assert drawn(1, 100, scale).value_at(share, whole=False) == value


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "2 min"), (0.25, "10.36 min"), (0.5, "53.67 min"), (0.75, "4.633 h"), (0.999999, "24 h")],
)
def test_a_duration_is_written_in_the_unit_that_it_fills(share: float, written: str) -> None:
    assert drawn("2 min", "24 h", "log").value_at(share, whole=False) == written


def test_the_shortest_durations_are_whole_milliseconds() -> None:
    assert drawn("0 s", "1 s").value_at(0.12345, whole=False) == "0.123 s"
    assert drawn("0 s", "1 s").value_at(0, whole=False) == "0 s"


def test_each_whole_number_is_equally_likely_both_ends_included() -> None:
    found = Counter(drawn(1, 8).value_at((place + 0.5) / 800, whole=True) for place in range(800))
    assert found == dict.fromkeys(range(1, 9), 100)


def test_on_a_logarithmic_scale_each_whole_number_is_as_likely_as_its_share_of_it() -> None:
    found = Counter(drawn(1, 3, "log").value_at((place + 0.5) / 1_000, whole=True) for place in range(1_000))
    assert found == {1: 500, 2: 292, 3: 208}  # from 1 to 2, to 3 and to 4, which is twice as far


def test_ends_that_are_not_whole_are_left_to_the_key_to_refuse() -> None:
    assert drawn(1, 2.5).value_at(0.5, whole=True) == 1.75


@given(pairs, scales, shares, st.booleans())
def test_no_number_lies_outside(pair: list[float], scale: str, share: float, whole: bool) -> None:  # noqa: FBT001
    low, high = pair
    value = drawn(low, high, scale).value_at(share, whole=whole)
    assert isinstance(value, int | float)
    assert low <= value <= high


@given(
    pairs.map(lambda pair: [f"{end:.3f} min" for end in pair]).filter(lambda pair: pair[0] != pair[1]), shares
)
def test_a_duration_reads_back_and_is_no_further_outside_than_its_rounding(
    pair: list[str], share: float
) -> None:
    value = drawn(*pair).value_at(share, whole=False)
    assert isinstance(value, str)
    assert parse_ms(pair[0]) * 0.9995 <= parse_ms(value) <= parse_ms(pair[1]) * 1.0005 + 1
