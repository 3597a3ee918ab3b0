"""What distinguishes scenarios: the keys in which they differ, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NOT_COMPARED = ("name",)


def differences(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """For each key that differs, its value in each scenario as a planner would write it.

    >>> differences([{"name": "a", "team": [{"count": 1}]}, {"name": "b", "team": [{"count": 3}]}])
    {'team.0.count': ['1', '3']}
    """
    flat = [dict(flattened(scenario)) for scenario in scenarios]
    keys = dict.fromkeys(key for scenario in flat for key in scenario)
    found = {key: [scenario.get(key, "") for scenario in flat] for key in keys if key not in NOT_COMPARED}
    return {key: values for key, values in found.items() if len(set(values)) > 1}


def flattened(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every key, with dots, and its value as a planner would write it."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flattened(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from flattened(item, f"{key}.{number}")
    else:
        yield key, _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"
    return "" if value is None else str(value)
