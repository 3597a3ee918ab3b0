"""The JSON Schema (draft 7) of scenario files, for editors and error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from sim.core.durations import Length
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
