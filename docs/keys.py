"""The page of all keys, from the models that read them: `python docs/keys.py > docs/keys.md`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.core.durations import WORKING_PATTERN
from sim.loading.schema import json_schema
from sim.reporting.assumptions import ARTICLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Schema = Mapping[str, Any]

HEAD = """# Every key of a scenario

What it takes, its default, where that is from, and what it says. Defaults that are the article's are its
figures; all others are our choice: leaving a key out changes nothing of the article's world. Where the
documents are your own, [an office's defaults](worlds.md) take the place of some of them.

- **Durations**: `90 s`, `2 min`, `4 hours`, `3 days`, `2 weeks`, `3 months` (91 days), `1.5 years`; working
  time: `6 working h`. Distributions: see [the template](../sim/scenario/template.yaml). Dates and working
  hours: see [calendars](calendars.md).
- **Shares**: `0.8` or `80 %`. **Amounts**: `38`, `38 EUR` or `€38`, all in one currency; `1,200 EUR` is
  refused, since it may mean thousands or decimals.
- **YAML**: `&name` and `*name` repeat a value, `<<: *name` merges its keys as YAML 1.1 does. A file's
  top-level keys that begin with `x-` are ignored, so that what is repeated can stand there.

This page is made by `docs/keys.py` from the models that read scenarios.

| key | takes | default | from | what it says |
|---|---|---|---|---|
"""
KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true, false",
    "array": "a list",
}
ELAPSED = "a duration"
LISTED_ELSEWHERE = {"labelling.strategy": "[a strategy](strategies.md#each-in-two-sentences), `model_rating`"}
"""Keys whose words are found by files, so that a new one changes nothing here."""


def page() -> str:
    """Render docs/keys.md from the JSON Schema."""
    schema = json_schema()
    rows = [
        f"| `{key}` | {_takes(part, key)} | {_default(part)} | {_source(key, part)} | {_said(part)} |"
        for key, part in _keys(schema, schema["definitions"], "")
    ]
    return HEAD + "\n".join(rows) + "\n"


def _keys(section: Schema, definitions: Schema, before: str) -> Iterator[tuple[str, Schema]]:
    """Yield each dotted key of the schema once: N for list items, NAME for names that planners choose."""
    for name, part in section["properties"].items():
        key = f"{before}{name}"
        inner = {found: below for below in ("", ".N", ".NAME") for found in _sections(part, below)}
        if not inner or all(not found for found in inner):
            yield key, part
            continue
        if part.get("default", 0) is None or any(not _is_section(option) for option in _options(part)):
            yield key, part
        seen: set[str] = set()
        for found, below in inner.items():
            for deeper, what in _keys(definitions[found], definitions, f"{key}{below}."):
                if deeper not in seen:
                    seen.add(deeper)
                    yield deeper, what


def _sections(part: Schema, below: str) -> list[str]:
    """List the names of the sections that a key contains: itself, as items, or by names."""
    options = _options(part)
    if below == ".N":
        options = [one for option in options for one in _options(option.get("items", {}))]
    if below == ".NAME":
        named = [option.get("additionalProperties", {}) for option in options]
        options = [one for option in named if isinstance(option, dict) for one in _options(option)]
    return [option["$ref"].rsplit("/", 1)[1] for option in options if _is_section(option)]


def _options(part: Schema) -> list[Schema]:
    return part.get("anyOf", [part])


def _is_section(option: Schema) -> bool:
    return "$ref" in option and not _is_distribution(option)


def _is_distribution(option: Schema) -> bool:
    return str(option.get("$ref")).endswith(("_Fixed_", "_Working_"))


def _takes(part: Schema, key: str) -> str:
    """Format the values that a key takes: kinds, words and ranges."""
    said = [
        LISTED_ELSEWHERE[key] if key in LISTED_ELSEWHERE and "enum" in option else _kind(option)
        for option in _options(part)
    ]
    return ", or ".join(dict.fromkeys(one for one in said if one)) or "-"


def _kind(option: Schema) -> str:
    if "enum" in option or "const" in option:
        return ", ".join(f"`{word}`" for word in option.get("enum", [option.get("const")]))
    if "examples" in option:
        return f"such as {option['examples'][0]}"
    if "pattern" in option:
        return "working time" if option["pattern"] == WORKING_PATTERN else ELAPSED
    if _is_distribution(option):
        return "a distribution"
    if option.get("type") == "object" or _is_section(option):
        return "keys"
    return KINDS.get(str(option.get("type")), "") + _range(option)


def _range(option: Schema) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    above, below = option.get("exclusiveMinimum"), option.get("exclusiveMaximum")
    words = [
        f"{low:,} or more" if low is not None and high is None and below is None else "",
        f"from {low:,}" if low is not None and (high is not None or below is not None) else "",
        f"more than {above:,}" if above is not None else "",
        f"to {high:,}" if high is not None else "",
        f"below {below:,}" if below is not None else "",
    ]
    said = " ".join(word for word in words if word)
    return f", {said}" if said else ""


def _default(part: Schema) -> str:
    if "default" not in part:
        return "-"
    default = part["default"]
    if default is None:
        return "none"
    if isinstance(default, str):
        return f"`{default}`" if default else "-"
    if isinstance(default, list) and any(isinstance(item, dict) for item in default):
        return "one, by the defaults below"
    if isinstance(default, bool | list | dict):
        return f"`{json.dumps(default, ensure_ascii=False)}`" if default not in ([], {}) else "none"
    return f"{default:g}" if isinstance(default, float) else f"{default:,}"


def _source(key: str, part: Schema) -> str:
    if "default" not in part:
        return "-"
    # The article has one team and nine steps, but says nothing of what any more would be like.
    return "the article" if key.startswith(ARTICLE) and ".N." not in key else "our choice"


def _said(part: Schema) -> str:
    return str(part.get("description", "")).replace("\n", " ").replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - what it is for
