"""The model's errors in a planner's words: what is wrong where it is written, and what would be right there.

The model finds the mistakes; the JSON Schema, which is made from it, knows what may be written instead.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from sim.core.diagnostics import Diagnostic, did_you_mean, join_or, quote
from sim.loading.schema import json_schema
from sim.loading.yaml import Written, found, paths, written_part

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from sim.core.diagnostics import Place
    from sim.loading.yaml import Path

Model = TypeVar("Model", bound=BaseModel)
Schema = dict[str, Any]

_KINDS = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
_KINDS |= {"array": "a list", "object": "a group of keys"}
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_OF_ANOTHER_LENGTH = ("string_too_short", "too_short", "too_long")
_OUT_OF_BOUNDS = dict.fromkeys(("greater_than", "greater_than_equal"), "too small")
_OUT_OF_BOUNDS |= dict.fromkeys(("less_than", "less_than_equal"), "too large")
_OUT_OF_BOUNDS["finite_number"] = "not finite"
_SAID_IN_OUR_WORDS = {*_OF_ANOTHER_LENGTH, *_OUT_OF_BOUNDS, "string_too_long", "literal_error", "wrong_kind"}
_SPOKEN = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_DOTTED = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def read_as(
    model: type[Model], data: object, written: Written, mistakes: list[Diagnostic], *above: str
) -> Model | None:
    """Validate YAML data against a Pydantic model; append its errors as diagnostics and return None if any.

    Args:
        model: the model.
        data: the data to validate, all of ``written`` or the part of it at ``above``.
        written: the whole data with their places in the file.
        mistakes: list to which mistakes are appended.
        above: path of ``data`` in ``written``.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        mistakes += [_explained({**one, "loc": (*above, *one["loc"])}, written) for one in errors]
        return None


def takes_whole_numbers(keys: str, written: Written) -> bool:
    """Return whether the JSON Schema allows only whole numbers for a dotted key of a scenario."""
    path = tuple(int(key) if key.isdecimal() else key for key in keys.split("."))
    return [option.get("type") for option in _options(_schema_at(path, written))] == ["integer"]


def _explained(error: ErrorDetails, written: Written) -> Diagnostic:
    """Convert a Pydantic error to a diagnostic at its place in the scenario file."""
    kind, context, path = error["type"], error.get("ctx", {}), _path(error["loc"], written)
    if kind == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
        problem = _unknown_key(path, written) if kind == "extra_forbidden" else _wrong_name(error)
        return Diagnostic(written.spot(*path).key, problem, path)
    if kind == "missing":
        path = (*path, error["loc"][-1])
        return Diagnostic(
            written.place(*path), f"is missing; write {_meaning(_schema_at(path, written))}", path
        )
    if kind == "parts_disagree":
        path = (*path, *context["key"])
        named = [tuple(key.split(".")) for key in _DOTTED.findall(context["message"])]
        return Diagnostic(_place_of_any([path, *named], written), context["message"], path)
    return _wrong_value(error, path, written)


def _wrong_value(error: ErrorDetails, path: Path, written: Written) -> Diagnostic:
    kind, schema = error["type"], _schema_at(path, written)
    if kind == "union_tag_invalid":
        sources = [option["properties"]["source"]["const"] for option in _options(schema)]
        path, schema, kind = (*path, "source"), {"type": "string", "enum": sources}, "literal_error"
    value = found(written.data, path)
    if value is not None and kind == "value_error":
        return _from_value_error(str(error["ctx"]["error"]), path, written)
    ours = value is None or kind.endswith("_type") or kind in _SAID_IN_OUR_WORDS
    return Diagnostic(written.place(*path), _message(kind, value, schema) if ours else error["msg"], path)


def _wrong_name(error: ErrorDetails) -> str:
    """Describe what is wrong with a key that planners choose, such as the name of a calendar."""
    name = str(error["loc"][-2])
    too_long = f"is {len(name)} characters long; choose a shorter name"
    return f"{quote(name)} {error.get('ctx', {}).get('error', too_long)}"


def _path(loc: Path, written: Written) -> Path:
    """Convert the location of a Pydantic error to a path of keys, without the names of union members."""
    path: Path = ()
    for key in loc:
        path, _ = written_part(written.data, (*path, key))
    return path


def _message(kind: str, value: object, schema: Schema) -> str:
    only = _options(schema)[0]
    if value is not None and kind.endswith("_type") and only.get("type") == "object":
        known = f" ({', '.join(only['properties'])})" if "properties" in only else ""
        return f"needs keys{known}, not {quote(value)}"
    return f"{_wrong(kind, value, schema)}; {_right(kind, value, schema)}"


def _wrong(kind: str, value: object, schema: Schema) -> str:
    if isinstance(value, list) and kind in _OF_ANOTHER_LENGTH and value:
        return f"has {len(value)} item{'s' if len(value) > 1 else ''}"
    if value is None or kind in _OF_ANOTHER_LENGTH:
        return "is empty"
    if kind in _OUT_OF_BOUNDS:
        return f"{quote(value)} is {_OUT_OF_BOUNDS[kind]}"
    if kind == "string_too_long":
        return f"is {len(str(value))} characters long"
    if kind in ("literal_error", "wrong_kind"):
        return f"{quote(value)} is not known here"
    return f"{quote(value)} is not {_KINDS[_options(schema)[0]['type']]}"


def _right(kind: str, value: object, schema: Schema) -> str:
    right, default = f"write {_described(schema)}", schema.get("default")
    if kind == "list_type" and "maxItems" not in schema:
        right = "start each of its items with a dash"
    if kind == "too_short" and "maxItems" not in schema:
        return "write at least one item"
    if _takes_any_text(schema) and not isinstance(value, str | dict | list | None):
        return "put it in quotes"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {value:.0f}"
    if value is None:
        return right + (", or leave it out" if default is not None else "")
    if isinstance(value, str) and (near := _near_word(value, _words(schema))):
        return f"{right}; did you mean {near}?"
    return right + (f", for example {default}" if kind in {"int_type", "float_type"} and default else "")


def _takes_any_text(schema: Schema) -> bool:
    texts = [option for option in _options(schema) if option.get("type") == "string"]
    return any(option.keys().isdisjoint({"enum", "const", "pattern"}) for option in texts)


def _near_word(word: str, known: list[str]) -> str | None:
    spoken = _SPOKEN.get(word.lower())
    return spoken if spoken in known else did_you_mean(word, known)


def _from_value_error(message: str, path: Path, written: Written) -> Diagnostic:
    """Convert a ValueError to a diagnostic at the part of the YAML value that its message quotes."""
    for inner in paths(found(written.data, path)):
        part = found(written.data, (*path, *inner))
        if isinstance(part, str) and message.startswith(repr(part)):
            return Diagnostic(written.place(*path, *inner), message.replace(repr(part), quote(part)), path)
    return Diagnostic(written.place(*path), message, path)


def _unknown_key(path: Path, written: Written) -> str:
    *above, key = path
    section = _schema_at(tuple(above), written)
    known = _member(section, found(written.data, above))["properties"]
    sections = [option.get("properties", {}) for option in _options(section)]
    sources = [keys["source"]["const"] for keys in sections if "source" in keys and key in keys]
    if sources:
        return f"is not a key of this corpus; it needs `source: {join_or(sources)}`"
    near = _known_elsewhere(str(key)) if not above else None
    near = near or did_you_mean(str(key), known)
    return "unknown key; " + (f"did you mean {near}?" if near else f"write one of {', '.join(known)}")


def _known_elsewhere(key: str) -> str | None:
    for name, section in _schema()["properties"].items():
        if any(key in option.get("properties", {}) for option in _options(section)):
            return f"{name}.{key}"
    return None


# What may be written where


@cache
def _schema() -> Schema:
    schema = json_schema()
    del schema["anyOf"]
    return schema


def _resolved(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = _schema()["definitions"][schema["$ref"].rpartition("/")[2]]
    return {**definition, **schema}


def _options(schema: Schema) -> list[Schema]:
    """List the alternatives of a JSON Schema, except null."""
    options = [_resolved(option) for option in schema.get("anyOf", [_resolved(schema)])]
    return [option for option in options if option.get("type") != "null"]


def _schema_at(path: Path, written: Written) -> Schema:
    """Return the JSON Schema of the value at a path of a scenario file."""
    schema = _schema()
    for end, key in enumerate(path):
        schema = _resolved(_inside(_member(schema, found(written.data, path[:end])), key))
    return schema


def _member(schema: Schema, value: Any) -> Schema:
    """Choose the alternative of a JSON Schema that a value is meant as: by type, then by source or keys."""
    options = _options(schema)
    alike = [option for option in options if option.get("type") == _TYPES.get(type(value))]
    if not isinstance(value, dict):
        return (alike or options)[0]
    return next((option for option in alike if _has_keys_of(option, value)), (alike or options)[0])


def _has_keys_of(option: Schema, value: dict[str, Any]) -> bool:
    keys = option.get("properties", {})
    if "source" in keys:
        return bool(keys["source"]["const"] == value.get("source", "reuters"))
    return any(key in keys for key in value)


def _inside(option: Schema, key: str | int) -> Schema:
    named: Schema = {} if isinstance(key, int) else option.get("properties", {}).get(key, {})
    others = next(iter(option.get("patternProperties", {}).values()), None)
    return named or option.get("items" if isinstance(key, int) else "additionalProperties") or others or {}


def _words(schema: Schema) -> list[str]:
    return [word for option in _options(schema) for word in _option_words(option)]


def _option_words(option: Schema) -> list[str]:
    if option["type"] == "boolean":
        return ["true", "false"]
    return [*option.get("enum", []), *([option["const"]] if "const" in option else [])]


def _described(schema: Schema) -> str:
    """Describe the values that a JSON Schema allows, such as "a whole number of 1 or more"."""
    options = _options(schema)
    if "maxItems" in schema:
        return _meaning(schema)
    if any(option.keys() & {"pattern", "examples"} == {"pattern"} for option in options):
        return "a duration such as '4 h'"
    words = [
        _words_for(option) for option in options if "properties" not in option and "examples" not in option
    ]
    keys = [f"its keys ({', '.join(option['properties'])})" for option in options if "properties" in option]
    texts = [f"one such as '{option['examples'][0]}'" for option in options if "examples" in option]
    return join_or([*chain(*words), *keys[:1], *texts])


def _words_for(option: Schema) -> list[str]:
    return _option_words(option) or [_KINDS[option["type"]] + _bounds(option)]


def _meaning(schema: Schema) -> str:
    """Return the description of a key from its JSON Schema, as the middle of a sentence."""
    meaning: str = schema["description"].rstrip(".")
    return meaning[0].lower() + meaning[1:]


def _bounds(option: Schema) -> str:
    if "maxLength" in option:
        return f" of {option.get('minLength', 0)} to {option['maxLength']} characters"
    if "minimum" in option and "maximum" in option:
        return f" from {option['minimum']} to {option['maximum']}"
    words = {
        "minimum": "of {} or more",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    bounds = [text.format(option[bound]) for bound, text in words.items() if bound in option]
    return " " + " and ".join(bounds) if bounds else ""


def _place_of_any(places: list[Path], written: Written) -> Place:
    """Return the place of the first of several paths that the scenario file contains."""
    there = [path for path in places if len(written_part(written.data, path)[0]) == len(path)]
    return written.place(*(there or places)[0])
