"""How many times faster or cheaper a scenario is than the baseline, in the same words everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_DIFFERENCE = "no measurable difference"
ONE_THOUSAND, ONE_MILLION = 999.5, 1e6


def cell(comparison: Mapping[str, Any]) -> str:
    """A comparison as a table has it, such as ``131× (117–148)``; a dash where there is none.

    ``comparison`` is one of ``summary.json``.
    """
    ratio, interval = comparison["ratio"], comparison["ci95"]
    if ratio is None:
        return "-"
    if comparison["measurable"] is False:
        return NO_DIFFERENCE
    return f"{times(ratio)} ({'–'.join(map(_three_digits, interval))})" if interval else times(ratio)


def phrase(comparison: Mapping[str, Any], more: str, less: str) -> str:
    """A comparison as a sentence has it, such as ``131× faster (95 % CI 117–148)``.

    Args:
        comparison: one whose ratio exists.
        more: what a scenario is that takes less than the baseline, such as faster.
        less: what one is that takes more.
    """
    ratio, interval = comparison["ratio"], comparison["ci95"]
    if ratio is None or comparison["measurable"] is False:
        return NO_DIFFERENCE
    if ratio < 1:
        ratio, interval, more = 1 / ratio, interval and (1 / interval[1], 1 / interval[0]), less
    certain = f" (95 % CI {'–'.join(map(_three_digits, interval))})" if interval else ""
    return f"{times(ratio)} {more}{certain}"


def times(ratio: float) -> str:
    """A ratio to three digits.

    >>> times(131.36), times(2.049), times(0.0312), times(1310.2)
    ('131×', '2.05×', '0.0312×', '1,310×')
    """
    return f"{_three_digits(ratio)}×"


def _three_digits(ratio: float) -> str:
    """Three significant digits, those of a thousand and more all."""
    if ONE_THOUSAND <= ratio < ONE_MILLION:
        return f"{ratio:,.0f}"
    return f"{ratio:#.3g}".rstrip(".")
