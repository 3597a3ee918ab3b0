"""How a ratio is written, in tables and in sentences."""

from __future__ import annotations

import pytest

from sim.reporting.shared_text import comparison_cell, comparison_phrase, format_ratio
from sim.results.comparison import Comparison
from support.handmade import partly


def comparison(
    ratio: float | None, ci95: tuple[float, float] | None = None, *, measurable: bool | None = None
) -> Comparison:
    return partly(Comparison, ratio=ratio, ci95=ci95, measurable=measurable)


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (131.36, "131×"),
        (92.68, "92.7×"),
        (2, "2.00×"),
        (0.5, "0.500×"),
        (999.4, "999×"),
        (999.6, "1,000×"),
        (12_345.6, "12,346×"),
        (1.5e12, "1.50e+12×"),
    ],
)
def test_a_ratio_has_three_digits(ratio: float, written: str) -> None:
    assert format_ratio(ratio) == written


def test_a_difference_stands_with_its_interval() -> None:
    found = comparison(131.36, (116.8, 147.7), measurable=True)
    assert comparison_cell(found) == "131× (117–148)"
    assert comparison_phrase(found, "faster", "slower") == "131× faster (95 % CI 117–148)"


def test_in_a_sentence_what_takes_more_is_turned_with_its_interval() -> None:
    found = comparison(0.5, (0.4, 0.8), measurable=True)
    assert comparison_cell(found) == "0.500× (0.400–0.800)"
    assert comparison_phrase(found, "faster", "slower") == "2.00× slower (95 % CI 1.25–2.50)"


def test_an_interval_that_holds_1_is_no_measurable_difference() -> None:
    found = comparison(1.1, (0.7, 1.7), measurable=False)
    assert (
        comparison_cell(found) == comparison_phrase(found, "faster", "slower") == "no measurable difference"
    )


def test_without_an_interval_the_ratio_stands_alone_and_without_a_ratio_nothing() -> None:
    assert comparison_cell(comparison(2)) == "2.00×"
    assert comparison_phrase(comparison(2), "faster", "slower") == "2.00× faster"
    assert comparison_cell(comparison(None)) == "-"
