"""The JSON Schema (draft 7) of scenario files, for editors, and what it says of a key, for error messages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from sim.core.durations import Length
from sim.loading.yaml import Path, YamlTree, lookup
from sim.scenario.models import Scenario
from sim.scenario.portfolio import Portfolio
from sim.scenario.sweep import Sweep

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

DRAFT = "http://json-schema.org/draft-07/schema#"
EXTENDS = "extends"
SWEEP = "sweep"
PORTFOLIO = "portfolio"
UNKNOWN = "unknown"
OWN_KEY = "x-"
"""Prefix of keys that are ignored, so that planners can define YAML anchors there."""


# Draft 7, since the language server by which editors check YAML knows that best.
class _Draft7(GenerateJsonSchema):
    """Pydantic's schema with defaults as a planner writes them, and unions without OpenAPI's keyword."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Length) else super().encode_default(dft)

    def tagged_union_schema(self, schema: Any) -> JsonSchemaValue:
        options = super().tagged_union_schema(schema)["oneOf"]
        return {"anyOf": [inner for option in options for inner in option.get("anyOf", [option])]}


_FileName = Annotated[str, Field(min_length=1)]


class _ScenarioFile(Scenario):
    """A labelling project as a planner describes it."""

    extends: _FileName | Annotated[list[_FileName], Field(min_length=1)] = Field()
    """Another scenario file, from this one's folder, whose keys hold where this one is silent, or `article`,
    its laboratory; of several, later ones win. Entries of `team` are merged by name, those without one by
    role where each file has one; a new name adds people."""
    sweep: Sweep | None = Field()
    """Several set-ups in one study: values that keys of a scenario take in turn."""
    portfolio: Portfolio = Field()
    """Several projects on one clock, who share people or a trainer."""


def json_schema() -> dict[str, Any]:
    """Build the JSON Schema of scenario files.

    A file that extends another may leave out what that one contains, so a file needs a name or `extends`, and
    nothing is required of its corpus, its sweep or its portfolio: the reader, which sees both files, is
    stricter.
    """
    schema = _ScenarioFile.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Draft7)
    definitions = schema.pop("$defs")
    for name, definition in definitions.items():
        if "source" in definition["properties"] or name in ("Range", "Sweep", "Portfolio"):
            definition.pop("required", None)
    del schema["required"]
    properties = schema.pop("properties")
    return {
        "$schema": DRAFT,
        **schema,
        "title": "labelsim scenario",
        "properties": {EXTENDS: properties.pop(EXTENDS), **properties},
        "patternProperties": {f"^{OWN_KEY}": {}},
        "anyOf": [{"required": ["name"]}, {"required": [EXTENDS]}],
        "definitions": definitions,
    }


Schema = dict[str, Any]


_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def takes_whole_numbers(keys: str, tree: YamlTree) -> bool:
    """Return whether the JSON Schema allows only whole numbers for a dotted key of a scenario."""
    path = tuple(int(key) if key.isdecimal() else key for key in keys.split("."))
    types = {option.get("type") for option in options_of(schema_at(path, tree))}
    return "integer" in types and "number" not in types


def find_in_sections(key: str) -> str | None:
    """Find the section of a scenario that has a key; return the dotted key, None if there is none."""
    for name, section in _schema()["properties"].items():
        if any(key in option.get("properties", {}) for option in options_of(section)):
            return f"{name}.{key}"
    return None


@cache
def _schema() -> Schema:
    schema = json_schema()
    # At the root these alternatives say which keys must not be missing at once, and describe none of them.
    del schema["anyOf"]
    return schema


def _resolve_ref(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = _schema()["definitions"][schema["$ref"].rpartition("/")[2]]
    return {**definition, **schema}


def options_of(schema: Schema) -> list[Schema]:
    """List the alternatives of a JSON Schema, except null."""
    options = [_resolve_ref(option) for option in schema.get("anyOf", [_resolve_ref(schema)])]
    return [option for option in options if option.get("type") != "null"]


def schema_at(path: Path, tree: YamlTree) -> Schema:
    """Return the JSON Schema of the value at a path of a scenario file."""
    schema = _schema()
    for end, key in enumerate(path):
        schema = _resolve_ref(_sub_schema(matching_option(schema, lookup(tree.data, path[:end])), key))
    return schema


def matching_option(schema: Schema, value: Any) -> Schema:
    """Choose the alternative of a JSON Schema that a value is meant as: by type, then by source or keys."""
    options = options_of(schema)
    alike = [option for option in options if option.get("type") == _TYPES.get(type(value))]
    if not isinstance(value, dict):
        return (alike or options)[0]
    return next((option for option in alike if _has_keys_of(option, value)), (alike or options)[0])


def _has_keys_of(option: Schema, value: dict[str, Any]) -> bool:
    keys = option.get("properties", {})
    if "source" in keys:
        return bool(keys["source"]["const"] == value.get("source", "reuters"))
    return any(key in keys for key in value)


def _sub_schema(option: Schema, key: str | int) -> Schema:
    named: Schema = {} if isinstance(key, int) else option.get("properties", {}).get(key, {})
    others = next(iter(option.get("patternProperties", {}).values()), None)
    return named or option.get("items" if isinstance(key, int) else "additionalProperties") or others or {}
