"""Types of a scenario's keys: names, counts, class names, and sections of keys."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, LiteralString, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, core_schema

from sim.core.registry import CLASS_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import GetCoreSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

    from sim.core.registry import Registry

COMMANDS = {"Cc", "Zl", "Zp"}
"""Unicode's categories of characters that move the cursor rather than show something."""


def _read_name(name: str) -> str:
    # Names are printed on terminals and become parts of file names, where such characters do harm.
    if any(unicodedata.category(character) in COMMANDS for character in name):
        message = f"{name!r} has characters that cannot be shown; write words on one line"
        raise ValueError(message)
    if not name.strip():
        message = "shows nothing; write words"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_read_name)]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class NameIn:
    """Annotation of a name that a registry must contain, or of a class path, which is not imported."""

    registry: Registry[Any]
    others: tuple[str, ...] = ()
    """Further words that are allowed there."""
    error: LiteralString = "literal_error"
    """Type of Pydantic's error for an unknown name."""

    def __get_pydantic_core_schema__(self, _: object, __: object) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _: object, __: object) -> JsonSchemaValue:
        path = {"type": "string", "pattern": CLASS_PATH, "examples": ["my_package.my_module:MyClass"]}
        return {"anyOf": [{"type": "string", "enum": [*self.registry, *self.others]}, path]}

    def _read(self, value: object) -> str:
        if isinstance(value, str) and (value in self.others or value in self.registry):
            return value
        # It looks like a path, so that a list of known names would be the wrong answer.
        if isinstance(value, str) and re.fullmatch(CLASS_PATH, value, re.ASCII):
            message = f"{value!r} is in no installed package; install it, or set PYTHONPATH"
            raise ValueError(message)
        raise PydanticCustomError(self.error, "not a known name, nor the path of a class")


class ByKind:
    """Annotation of a union whose member is chosen by the kind of value: text, a list or keys."""

    def __get_pydantic_core_schema__(self, union: Any, handler: GetCoreSchemaHandler) -> Any:
        """Build a tagged union, so that errors concern only the member that was meant."""
        # Pydantic tries all members of a plain union and reports the mistakes of
        # each, most of which nobody made.
        members = {_kind_of_type(member): handler.generate_schema(member) for member in get_args(union)}
        return core_schema.tagged_union_schema(
            members, _kind, custom_error_type="wrong_kind", custom_error_message="not a value of this key"
        )


_KINDS = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "keys"}


def _kind_of_type(member: Any) -> str:
    origin = get_origin(member)
    if origin is Annotated:
        return _kind_of_type(get_args(member)[0])
    if origin is Literal:
        return "text"
    return _KINDS.get(origin or member, "keys")


def _kind(value: object) -> str | None:
    return "keys" if isinstance(value, BaseModel) else _KINDS.get(type(value))


def error_at(message: str, *key: str) -> PydanticCustomError:
    """Build a Pydantic error about several keys at once, reported at ``key`` of the model that raises it."""
    return PydanticCustomError("parts_disagree", "{message}", {"message": message, "key": key})


class Section(BaseModel):
    """Base of all sections of a scenario: unknown keys are refused, values are frozen and never cast."""

    # Strict, because YAML has types of its own: a cast would hide a mistake, such as `yes` for a number.
    # Frozen, because scenarios are compared, hashed and shared. Built on first use, so that a command pays
    # only for the models that it validates.
    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    def changed(self, names: Iterable[str]) -> list[str]:
        """List those of some keys whose values are not the defaults."""
        return [name for name in names if getattr(self, name) != type(self).model_fields[name].default]
