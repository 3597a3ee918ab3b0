"""What keys of a scenario are made of: names, counts, durations, and sections that know all their keys."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, LiteralString

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema

from sim.core import durations
from sim.core.durations import Duration, Fixed, Working
from sim.core.registry import CLASS_PATH

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

    from sim.core.registry import Registry

_DISTRIBUTION_SCHEMAS = [
    {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: {}}}
    for name in durations.DISTRIBUTIONS
]
_ELAPSED, _WORKING = (
    {"type": "string", "pattern": pattern} for pattern in (durations.PATTERN, durations.WORKING_PATTERN)
)


def _read_duration(value: object) -> Duration:
    return value if isinstance(value, Duration) else durations.parse(value)


def read_fixed(value: object) -> Fixed:
    """One length of time.

    Raises:
        ValueError: if it is none, or a distribution; the text says what would be right.
    """
    duration = _read_duration(value)
    if not isinstance(duration, Fixed):
        message = f"must be one length of time, not a distribution; write {durations.EXAMPLES}"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors
    return duration


COMMANDS = {"Cc", "Zl", "Zp"}
"""Unicode's categories of characters that move the cursor rather than show something."""


def _read_name(name: str) -> str:
    if any(unicodedata.category(character) in COMMANDS for character in name):
        message = f"{name!r} has characters that cannot be shown; write words on one line"
        raise ValueError(message)
    if not name.strip():
        message = "shows nothing; write words"
        raise ValueError(message)
    return name


def _read_working(value: object) -> Working:
    return value if isinstance(value, Working) else durations.parse_working(value)


def _read_either(value: object) -> Duration | Working:
    if isinstance(value, Working) or durations.is_working(value):
        return _read_working(value)
    return _read_duration(value)


def _as_written(duration: Duration | Working) -> durations.Written:
    return duration.as_written()


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_read_name)]
AnyDuration = Annotated[
    Duration,
    PlainValidator(_read_duration),
    PlainSerializer(_as_written),
    WithJsonSchema({"anyOf": [_ELAPSED, *_DISTRIBUTION_SCHEMAS]}),
]
WorkingTime = Annotated[
    Working,
    PlainValidator(_read_working),
    PlainSerializer(_as_written),
    WithJsonSchema({"anyOf": [_WORKING, *_DISTRIBUTION_SCHEMAS]}),
]
ElapsedOrWorking = Annotated[
    Duration | Working,
    PlainValidator(_read_either),
    PlainSerializer(_as_written),
    WithJsonSchema({"anyOf": [_ELAPSED, _WORKING, *_DISTRIBUTION_SCHEMAS]}),
]
FixedDuration = Annotated[
    Fixed,
    PlainValidator(read_fixed),
    PlainSerializer(_as_written),
    WithJsonSchema(_ELAPSED),
]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class NameIn:
    """Annotates a text that a registry must know: a name, or the path of a class, which is not imported."""

    registry: Registry[Any]
    others: tuple[str, ...] = ()
    """Further words that mean something there."""
    error: LiteralString = "literal_error"
    """What pydantic calls a name that nobody knows."""

    def __get_pydantic_core_schema__(self, _: object, __: object) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _: object, __: object) -> JsonSchemaValue:
        path = {"type": "string", "pattern": CLASS_PATH, "examples": ["my_package.my_module:MyClass"]}
        return {"anyOf": [{"type": "string", "enum": [*self.registry, *self.others]}, path]}

    def _read(self, value: object) -> str:
        if isinstance(value, str) and (value in self.others or value in self.registry):
            return value
        if isinstance(value, str) and re.fullmatch(CLASS_PATH, value, re.ASCII):
            message = f"{value!r} is in no installed package; install it, or set PYTHONPATH"
            raise ValueError(message)
        raise PydanticCustomError(self.error, "not a known name, nor the path of a class")


def mistake(message: str, *key: str) -> PydanticCustomError:
    """An error about several keys at once, told at ``key`` (relative to the model that raises it)."""
    return PydanticCustomError("parts_disagree", "{message}", {"message": message, "key": key})


class Section(BaseModel):
    """What all parts of a scenario share: no unknown keys, no change after reading, no silent casts."""

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )
