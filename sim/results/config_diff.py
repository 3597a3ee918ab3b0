"""Differences between scenarios: the keys in which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NOT_COMPARED = ("name",)


def described(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest's scenario as a planner wrote it, with the settings of its portfolio."""
    portfolio = scenario.get("portfolio")
    return {**scenario["resolved"], **({"portfolio": portfolio} if portfolio else {})}


def differences(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return each key that differs, with its value in each scenario as a planner would write it.

    >>> differences([{"name": "a", "team": [{"count": 1}]}, {"name": "b", "team": [{"count": 3}]}])
    {'team.0.count': ['1', '3']}
    """
    found = {key: [_written(value) for value in values] for key, values in _side_by_side(scenarios)}
    return {key: values for key, values in found.items() if key not in NOT_COMPARED and len(set(values)) > 1}


def _side_by_side(values: Sequence[Any], key: str = "") -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield every key with its value in each scenario; only lists of equal length are taken apart."""
    if any(isinstance(value, dict) for value in values):
        parts = [value if isinstance(value, dict) else {} for value in values]
        for name in dict.fromkeys(name for part in parts for name in part):
            yield from _side_by_side([part.get(name) for part in parts], f"{key}.{name}" if key else name)
    elif all(map(_has_sections, values)) and len({len(value) for value in values}) == 1:
        for number, items in enumerate(zip(*values, strict=True)):
            yield from _side_by_side(items, f"{key}.{number}")
    else:
        yield key, values


def flattened(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key, with dots, and its value as a planner would write it."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flattened(inner, f"{key}.{name}" if key else name)
    elif _has_sections(value):
        for number, item in enumerate(value):
            yield from flattened(item, f"{key}.{number}")
    else:
        yield key, _written(value)


def _has_sections(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _written(value: Any) -> str:
    """Return a value as a planner would write it; a section by its name."""
    if isinstance(value, dict):
        return _called(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"
    return "" if value is None else str(value)


def _called(section: Mapping[str, Any]) -> str:
    """Return a section's role, with the count if above 1, or its name, or else its first value."""
    if "role" in section:
        count = section.get("count", 1)
        return section["role"] if count == 1 else f"{count} {section['role']}"
    return _written(section.get("name", next(iter(section.values()), "")))
