"""Differences between scenarios: the keys in which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

NOT_COMPARED = ("name",)


def described(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario of a manifest with the settings of its portfolio, as configured by the planner."""
    portfolio = scenario.get("portfolio")
    return {**scenario["resolved"], **({"portfolio": portfolio} if portfolio else {})}


def number_for_readers(number: float) -> str:
    """Format a number with thousands apart, and without decimals if it is whole.

    >>> number_for_readers(1500.0), number_for_readers(0.25), number_for_readers(12000)
    ('1,500', '0.25', '12,000')
    """
    return f"{number:,}".removesuffix(".0")


def differences(
    scenarios: Sequence[Mapping[str, Any]], number: Callable[[float], str] = str
) -> dict[str, list[str]]:
    """Find the configuration keys in which scenarios differ, with each scenario's value as YAML writes it.

    ``number`` formats numbers.

    >>> differences([{"name": "a", "team": [{"count": 1}]}, {"name": "b", "team": [{"count": 3}]}])
    {'team.0.count': ['1', '3']}
    """
    values_of = {
        key: [_format_value(value, number) for value in values] for key, values in _side_by_side(scenarios)
    }
    return {
        key: values for key, values in values_of.items() if key not in NOT_COMPARED and len(set(values)) > 1
    }


def _side_by_side(values: Sequence[Any], key: str = "") -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield every configuration key with its value in each scenario; lists of equal length are flattened."""
    if any(isinstance(value, dict) and value for value in values):
        parts = [value if isinstance(value, dict) else {} for value in values]
        for name in dict.fromkeys(name for part in parts for name in part):
            yield from _side_by_side([part.get(name) for part in parts], f"{key}.{name}" if key else name)
    # Lists of other lengths have no entries that belong together.
    elif all(map(_has_sections, values)) and len({len(value) for value in values}) == 1:
        for number, items in enumerate(zip(*values, strict=True)):
            yield from _side_by_side(items, f"{key}.{number}")
    else:
        yield key, values


def flatten(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every configuration key in dotted form with its value as YAML writes it."""
    for key, (written,) in _side_by_side([value]):
        yield key, _format_value(written)


def _has_sections(value: Any) -> bool:
    """Return whether a configuration value is a list with at least one section."""
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _format_value(value: Any, number: Callable[[float], str] = str) -> str:
    """Format a configuration value as YAML writes it; a section by its name."""
    if isinstance(value, dict):
        return _format_section(value, number)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_format_value(item, number) for item in value)}]"
    if isinstance(value, int | float):
        return number(value)
    return "" if value is None else str(value)


def _format_section(section: Mapping[str, Any], number: Callable[[float], str]) -> str:
    """Format a section: people by name or role, with the count if above 1; others by name or first value."""
    if "role" in section:
        count, people = section.get("count", 1), section.get("name") or section["role"]
        return people if count == 1 else f"{count} {people}"
    return _format_value(section.get("name", next(iter(section.values()), "")), number)
