"""The model's errors in a planner's words: what is wrong where it is written, and what would be right there.

The model finds the mistakes; the JSON Schema, which is made from it, knows what may be written instead.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import Mistake, Place, did_you_mean, either, quoted
from sim.loading.schema import json_schema
from sim.loading.yaml import Mapping, Node, Scalar, Sequence, child, plain, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
Schema = dict[str, Any]

_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of keys",
}
_TYPES = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
}
_TOO_SHORT = {"string_too_short", "too_short"}
_OUT_OF_BOUNDS = {
    "greater_than": "too small",
    "greater_than_equal": "too small",
    "less_than": "too large",
    "less_than_equal": "too large",
    "finite_number": "not finite",
}
_SAID_IN_OUR_WORDS = {*_TOO_SHORT, *_OUT_OF_BOUNDS, "string_too_long", "literal_error", "value_error"}
_SPOKEN = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_DOTTED = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def explained(errors: Iterable[ErrorDetails], root: Mapping) -> list[Mistake]:
    """The errors of pydantic as mistakes of the file, or files, that ``root`` was written in."""
    named = [
        _wrong_name(error, root) if error["loc"][-1:] == ("[key]",) else _explained(error, root)
        for error in errors
    ]
    return [mistake for mistake in named if mistake is not None]


def takes_whole_numbers(keys: str, root: Mapping) -> bool:
    """Whether nothing but whole numbers may stand at a key, with dots, of what is written in ``root``."""
    path = [int(key) if key.isdecimal() else key for key in keys.split(".")]
    options = _options(_located(tuple(path), root, branches=False)[1])
    return [option.get("type") for option in options] == ["integer"]


def _wrong_name(error: ErrorDetails, root: Mapping) -> Mistake:
    """A mistake in a key that planners choose themselves, as the name of a calendar is."""
    path = error["loc"][:-1]
    too_long = f"is {len(str(path[-1]))} characters long; choose a shorter name"
    problem = error.get("ctx", {}).get("error", too_long)
    return Mistake(_key_place(path, root), f"{quoted(path[-1])} {problem}", path)


def _explained(error: ErrorDetails, root: Mapping) -> Mistake | None:
    path, schema = _located(error["loc"], root)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "parts_disagree":
        path = (*path, *context["key"])
        return Mistake(_place_of_any([path, *_named_in(context["message"])], root), context["message"], path)
    if kind == "extra_forbidden":
        return Mistake(_key_place(path, root), _unknown_key(path, root), path)
    if kind == "union_tag_invalid":
        sources = [option["properties"]["source"]["const"] for option in _options(schema)]
        path, schema, kind = (*path, "source"), {"type": "string", "enum": sources}, "literal_error"
    place, node = _place(path, root), _node(path, root)
    if node is None:
        return Mistake(place, f"is missing; write {_meaning(schema)}", path)
    value = plain(node)
    if kind == "value_error" and value is not None:
        return _from_value_error(str(context["error"]), node, path)
    if _is_other_branch(kind, node, schema):
        return None
    known = kind.endswith("_type") or kind in _SAID_IN_OUR_WORDS
    return Mistake(place, _message(kind, value, schema) if known else error["msg"], path)


def _message(kind: str, value: object, schema: Schema) -> str:
    return f"{_wrong(kind, value, schema)}; {_right(kind, value, schema)}"


def _wrong(kind: str, value: object, schema: Schema) -> str:
    if value is None or kind in _TOO_SHORT:
        return "is empty"
    if kind in _OUT_OF_BOUNDS:
        return f"{quoted(value)} is {_OUT_OF_BOUNDS[kind]}"
    if kind == "string_too_long":
        return f"is {len(str(value))} characters long"
    if kind == "literal_error" or len({option["type"] for option in _own_kinds(schema)}) > 1:
        return f"{quoted(value)} is not known here"
    return f"{quoted(value)} is not {_KINDS[_options(schema)[0]['type']]}"


def _right(kind: str, value: object, schema: Schema) -> str:
    right, default = f"write {_described(schema)}", schema.get("default")
    if kind == "too_short":
        return "write at least one item"
    if kind == "string_type" and not isinstance(value, dict | list | None):
        return "put it in quotes"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write {value:.0f}"
    if value is None:
        return right + (", or leave it out" if default is not None else "")
    if isinstance(value, str) and (near := _near_word(value, _words(schema))):
        return f"{right}; did you mean {near}?"
    return right + (f", for example {default}" if kind in {"int_type", "float_type"} and default else "")


def _near_word(word: str, known: list[str]) -> str | None:
    spoken = _SPOKEN.get(word.lower())
    return spoken if spoken in known else did_you_mean(word, known)


def _from_value_error(message: str, node: Node, path: Path) -> Mistake:
    """A message of the duration reader, told at the part of a distribution that it is about."""
    place = node.place
    for scalar in scalars(node):
        if isinstance(scalar.value, str) and repr(scalar.value) in message:
            place = scalar.place
            message = message.replace(repr(scalar.value), quoted(scalar.value))
            break
    return Mistake(place, message, path)


def _is_other_branch(kind: str, node: Node, schema: Schema) -> bool:
    """Whether pydantic only says that the value is not of a kind that it need not be of."""
    of_kind = kind.endswith("_type") or (kind == "literal_error" and _type(node) != "string")
    return of_kind and _type(node) in {option["type"] for option in _options(schema)}


def _unknown_key(path: Path, root: Mapping) -> str:
    *above, key = path
    section = _located(tuple(above), root, branches=False)[1]
    known = _fitting(section, _node(tuple(above), root))["properties"]
    sections = [option.get("properties", {}) for option in _options(section)]
    sources = [keys["source"]["const"] for keys in sections if "source" in keys and key in keys]
    if sources:
        return f"is not a key of this corpus; it needs `source: {either(sources)}`"
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
    """The kinds of value that may stand somewhere; leaving out is none of them."""
    options = [_resolved(option) for option in schema.get("anyOf", [_resolved(schema)])]
    return [option for option in options if option.get("type") != "null"]


def _fitting(schema: Schema, node: Node | None) -> Schema:
    """The option that the kind of what is written chooses, among corpora their source."""
    options = _options(schema)
    fitting = [option for option in options if option.get("type") == _type(node)] or options
    source = child(node, "source")
    name = plain(source) if source else "reuters"
    named = [o for o in fitting if o.get("properties", {}).get("source", {}).get("const") == name]
    return (named or fitting)[0]


def _type(node: Node | None) -> str:
    match node:
        case Mapping():
            return "object"
        case Sequence():
            return "array"
        case Scalar():
            return _TYPES[type(node.value)]
    return "null"


def _located(loc: Path, root: Mapping, *, branches: bool = True) -> tuple[Path, Schema]:
    """Keys and what may stand there.

    Pydantic names the branch of a union that it tried between the keys: that is left out.
    """
    schema, path, parts = _schema(), [], list(loc)
    node: Node | None = root
    while parts:
        if branches and len(_options(schema)) > 1:
            parts.pop(0)
            if not parts:
                break
        key, option = parts.pop(0), _fitting(schema, node)
        path.append(key)
        schema, node = _resolved(_inside(option, key)), child(node, key)
    return tuple(path), schema


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
    """What would be right, such as "a whole number of 1 or more"."""
    options = _own_kinds(schema)
    as_text = [f"'{example}'" for option in _also_as_text(schema) for example in option["examples"]]
    for example in (example for option in options for example in option.get("examples", ())):
        return f"one such as '{example}'"
    if any("pattern" in option for option in options):
        return "a duration such as '4 h'"
    sections = [option for option in options if "properties" in option]
    choices = [
        choice
        for option in options
        if option not in sections
        for choice in _option_words(option) or [_KINDS[option["type"]] + _bounds(option)]
    ]
    keys = [f"its keys ({', '.join(section['properties'])})" for section in sections[:1]]
    return either(choices + keys) + "".join(f", or one such as {example}" for example in as_text)


def _also_as_text(schema: Schema) -> list[Schema]:
    """What else may be written beside a number, such as 80 %, or beside known words."""
    options = _options(schema)
    is_beside = any(option.get("type") == "number" or "enum" in option for option in options)
    return [option for option in options if is_beside and "examples" in option]


def _own_kinds(schema: Schema) -> list[Schema]:
    """The kinds of value that may stand somewhere, other spellings of a number aside."""
    other_spellings = _also_as_text(schema)
    return [option for option in _options(schema) if option not in other_spellings]


def _meaning(schema: Schema) -> str:
    """What the key is for, as the middle of a sentence."""
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


# Where it is written


def _node(path: Path, root: Mapping) -> Node | None:
    node: Node | None = root
    for key in path:
        node = child(node, key)
    return node


def _place(path: Path, root: Mapping) -> Place:
    """Where a value is written, or else the nearest part that it is missing from."""
    node: Node = root
    for key in path:
        inner = child(node, key)
        if inner is None:
            break
        node = inner
    return node.place


def _key_place(path: Path, root: Mapping) -> Place:
    above = _node(path[:-1], root)
    key = str(path[-1])
    return (
        above.entries[key].key if isinstance(above, Mapping) and key in above.entries else _place(path, root)
    )


def _named_in(message: str) -> list[Path]:
    return [tuple(key.split(".")) for key in _DOTTED.findall(message)]


def _place_of_any(paths: list[Path], root: Mapping) -> Place:
    """Where the first of some keys is written that is written at all."""
    written = [path for path in paths if _node(path, root) is not None]
    return _place((written or paths)[0], root)
