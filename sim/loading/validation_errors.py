"""Converts Pydantic's errors into messages for planners: the place, the problem and the remedy.

The models find the mistakes; the JSON Schema, which is made from them, lists the allowed values.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from sim.core.errors import Diagnostic
from sim.core.text import did_you_mean, join_or, quote
from sim.loading.schema import Schema, find_in_sections, matching_option, options_of, schema_at
from sim.loading.yaml import YamlTree, existing_part, lookup, paths

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from sim.core.errors import Place
    from sim.loading.yaml import Path

Model = TypeVar("Model", bound=BaseModel)

_KINDS = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
_KINDS |= {"array": "a list", "object": "a group of keys"}
_OF_ANOTHER_LENGTH = ("string_too_short", "too_short", "too_long")
_OUT_OF_BOUNDS = dict.fromkeys(("greater_than", "greater_than_equal"), "too small")
_OUT_OF_BOUNDS |= dict.fromkeys(("less_than", "less_than_equal"), "too large")
_OUT_OF_BOUNDS["finite_number"] = "not finite"
_REWORDED_KINDS = {*_OF_ANOTHER_LENGTH, *_OUT_OF_BOUNDS, "string_too_long", "literal_error", "wrong_kind"}
_YAML_1_1_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_DOTTED = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def validate_as(
    model: type[Model], data: object, tree: YamlTree, mistakes: list[Diagnostic], *above: str
) -> Model | None:
    """Validate YAML data against a Pydantic model; append its errors as diagnostics and return None if any.

    Args:
        model: the model.
        data: the data to validate, all of ``tree`` or the part of it at ``above``.
        tree: the whole data with their places in the file.
        mistakes: list to which mistakes are appended.
        above: path of ``data`` in ``tree``.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        mistakes += [_to_diagnostic({**one, "loc": (*above, *one["loc"])}, tree) for one in errors]
        return None


def _to_diagnostic(error: ErrorDetails, tree: YamlTree) -> Diagnostic:
    """Convert a Pydantic error to a diagnostic at its place in the scenario file."""
    kind, context, path = error["type"], error.get("ctx", {}), _key_path(error["loc"], tree)
    # The mistake is in the key, so that its place is that of the key and not of the value.
    if kind == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
        problem = _unknown_key(path, tree) if kind == "extra_forbidden" else _wrong_name(error)
        return Diagnostic(tree.marks(*path).key, problem, path)
    if kind == "missing":
        path = (*path, error["loc"][-1])
        return Diagnostic(
            tree.place(*path), f"is missing; write {_key_description(schema_at(path, tree))}", path
        )
    if kind == "parts_disagree":
        path = (*path, *context["key"])
        # A mistake about several keys may be at one that the file leaves out: then
        # the next that the message names.
        named = [tuple(key.split(".")) for key in _DOTTED.findall(context["message"])]
        return Diagnostic(_first_place([path, *named], tree), context["message"], path)
    return _value_to_diagnostic(error, path, tree)


def _value_to_diagnostic(error: ErrorDetails, path: Path, tree: YamlTree) -> Diagnostic:
    kind, schema = error["type"], schema_at(path, tree)
    if kind == "union_tag_invalid":
        sources = [option["properties"]["source"]["const"] for option in options_of(schema)]
        path, schema, kind = (*path, "source"), {"type": "string", "enum": sources}, "literal_error"
    value = lookup(tree.data, path)
    # Validators of our own say what is wrong in planners' words already.
    if value is not None and kind == "value_error":
        return _value_error_to_diagnostic(str(error["ctx"]["error"]), path, tree)
    reworded = value is None or kind.endswith("_type") or kind in _REWORDED_KINDS
    return Diagnostic(tree.place(*path), _message(kind, value, schema) if reworded else error["msg"], path)


def _wrong_name(error: ErrorDetails) -> str:
    """Describe what is wrong with a key that planners choose, such as the name of a calendar."""
    name = str(error["loc"][-2])
    too_long = f"is {len(name)} characters long; choose a shorter name"
    return f"{quote(name)} {error.get('ctx', {}).get('error', too_long)}"


def _key_path(loc: Path, tree: YamlTree) -> Path:
    """Convert the location of a Pydantic error to a path of keys, without the names of union members."""
    path: Path = ()
    for key in loc:
        path, _ = existing_part(tree.data, (*path, key))
    return path


def _message(kind: str, value: object, schema: Schema) -> str:
    only = options_of(schema)[0]
    if value is not None and kind.endswith("_type") and only.get("type") == "object":
        known = f" ({', '.join(only['properties'])})" if "properties" in only else ""
        return f"needs keys{known}, not {quote(value)}"
    return f"{_describe_problem(kind, value, schema)}; {_describe_remedy(kind, value, schema)}"


def _describe_problem(kind: str, value: object, schema: Schema) -> str:
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
    return f"{quote(value)} is not {_KINDS[options_of(schema)[0]['type']]}"


def _describe_remedy(kind: str, value: object, schema: Schema) -> str:
    remedy, default = f"write {_describe_allowed(schema)}", schema.get("default")
    if kind == "list_type" and "maxItems" not in schema:
        remedy = "start each of its items with a dash"
    if kind == "too_short" and "maxItems" not in schema:
        return "write at least one item"
    if _takes_any_text(schema) and not isinstance(value, str | dict | list | None):
        return "put it in quotes"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {value:.0f}"
    if value is None:
        return remedy + (", or leave it out" if default is not None else "")
    # YAML 1.1 read `yes` and `on` as true, and many people still write them.
    if isinstance(value, str) and (near := _similar_word(value, _allowed_words(schema))):
        return f"{remedy}; did you mean {near}?"
    return remedy + (f", for example {default}" if kind in {"int_type", "float_type"} and default else "")


def _takes_any_text(schema: Schema) -> bool:
    texts = [option for option in options_of(schema) if option.get("type") == "string"]
    return any(option.keys().isdisjoint({"enum", "const", "pattern"}) for option in texts)


def _similar_word(word: str, known: list[str]) -> str | None:
    boolean = _YAML_1_1_BOOLEANS.get(word.lower())
    return boolean if boolean in known else did_you_mean(word, known)


def _value_error_to_diagnostic(message: str, path: Path, tree: YamlTree) -> Diagnostic:
    """Convert a ValueError to a diagnostic at the part of the YAML value that its message quotes."""
    # A validator of a whole list or section quotes the part that is wrong; the caret should stand there.
    for inner in paths(lookup(tree.data, path)):
        part = lookup(tree.data, (*path, *inner))
        if isinstance(part, str) and message.startswith(repr(part)):
            return Diagnostic(tree.place(*path, *inner), message.replace(repr(part), quote(part)), path)
    return Diagnostic(tree.place(*path), message, path)


def _unknown_key(path: Path, tree: YamlTree) -> str:
    *above, key = path
    section = schema_at(tuple(above), tree)
    known = matching_option(section, lookup(tree.data, above))["properties"]
    sections = [option.get("properties", {}) for option in options_of(section)]
    sources = [keys["source"]["const"] for keys in sections if "source" in keys and key in keys]
    if sources:
        return f"is not a key of this corpus; it needs `source: {join_or(sources)}`"
    # The commonest mistake is a key on the wrong level, such as `batch` outside of `labelling`.
    near = find_in_sections(str(key)) if not above else None
    near = near or did_you_mean(str(key), known)
    return "unknown key; " + (f"did you mean {near}?" if near else f"write one of {', '.join(known)}")


def _allowed_words(schema: Schema) -> list[str]:
    return [word for option in options_of(schema) for word in _option_words(option)]


def _option_words(option: Schema) -> list[str]:
    if option["type"] == "boolean":
        return ["true", "false"]
    return [*option.get("enum", []), *([option["const"]] if "const" in option else [])]


def _describe_allowed(schema: Schema) -> str:
    """Describe the values that a JSON Schema allows, such as "a whole number of 1 or more"."""
    options = options_of(schema)
    if "maxItems" in schema:
        return _key_description(schema)
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


def _key_description(schema: Schema) -> str:
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


def _first_place(places: list[Path], tree: YamlTree) -> Place:
    """Return the place of the first of several paths that the scenario file contains."""
    existing = [path for path in places if len(existing_part(tree.data, path)[0]) == len(path)]
    return tree.place(*(existing or places)[0])
