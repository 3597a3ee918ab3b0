"""Durations as planners write them: ``2 min``, ``48 h``, or a distribution of durations.

``48 h`` is elapsed time, which passes day and night; ``6 working h`` passes only in working hours.

All times are whole milliseconds, so that sums do not depend on the order of their terms.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, with_config
from pydantic_core import core_schema
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from sim.core.text import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from pydantic.json_schema import JsonSchemaValue

MS_PER_HOUR = 3_600_000
TEN_YEARS = 10 * 365.25 * 24
"""In hours: longer than any labelling project, so that none goes on for ever."""
_CLOCK_UNITS = {"ms": 1, "millisecond": 1, "s": 1_000, "sec": 1_000, "second": 1_000}
_CLOCK_UNITS |= {"min": 60_000, "minute": 60_000, "h": MS_PER_HOUR, "hr": MS_PER_HOUR, "hour": MS_PER_HOUR}
"""Milliseconds per unit shorter than a day; units are written in any case, singular or plural."""
_DAYS = {"d": 1, "day": 1, "week": 7, "w": 7, "wk": 7}
_MONTHS = {"month": 1, "mo": 1, "year": 12, "y": 12, "yr": 12}
_DAYS_PER_MONTH = 365.25 / 12


def any_case(*words: str) -> str:
    """Build a pattern of words in upper or lower case for JSON Schema, whose patterns have no flags.

    >>> any_case("h", "min")
    '(?:[hH]|[mM][iI][nN])'
    """
    # Editors check files by the JSON Schema, whose regular expressions know no (?i).
    return f"(?:{'|'.join(''.join(f'[{letter}{letter.upper()}]' for letter in word) for word in words)})"


def _pattern(units: Iterable[str], between: str) -> str:
    return rf"^\s*(\d+(?:\.\d+)?|\.\d+){between}({any_case(*units)})[sS]?\s*$"


PATTERN = _pattern([*_CLOCK_UNITS, *_DAYS, *_MONTHS], r"\s*")
WORKING_PATTERN = _pattern(_CLOCK_UNITS, rf"\s*{any_case('working')}\s+")
EXAMPLES = "for example '90 s', '2 min', '4 h', '3 d' or '2 weeks'"
WORKING_EXAMPLES = "for example '30 working min' or '6 working h'"
_LONGEST = 100 * 366 * 24 * MS_PER_HOUR
# A heavy tail may draw any length. A thousand centuries outlast every limit, and many of them still fit into
# the 64 bits in which events are logged.
_BEYOND_ALL_LIMITS = 1_000 * _LONGEST
NORMAL_P90 = 1.2815515655446004  # the standard normal distribution's 90 % quantile


def parse_ms(text: str) -> int:
    """Parse a duration such as ``4 h`` into milliseconds.

    A month is a twelfth of 365.25 days; whole months, and years of them, are whole days: 91 for 3 months.

    Raises:
        ValueError: if it is not a number of 0 or more with a unit, or longer than a century.

    >>> parse_ms("2 min"), parse_ms("7.10 s"), parse_ms("3d"), parse_ms("1 Hour")
    (120000, 7100, 259200000, 3600000)
    >>> parse_ms("3 months") == parse_ms("91 days")
    True
    """
    match = re.match(PATTERN, text)
    # The two kinds of time are often confused: say which one is meant before saying that it is none.
    if match is None and re.match(WORKING_PATTERN, text):
        raise ValueError(f"{text!r} is working time; elapsed time is meant here, {EXAMPLES}")
    if match is None:
        raise ValueError(f"{text!r} is not a duration; {_describe_format(text)}")
    number, unit = float(match[1]), match[2].lower()
    if unit in _CLOCK_UNITS:
        length = number * _CLOCK_UNITS[unit]
    elif unit in _DAYS:
        length = number * _DAYS[unit] * 24 * MS_PER_HOUR
    else:
        months = number * _MONTHS[unit]
        days = months * _DAYS_PER_MONTH
        # Whole days keep `3 months` from ending at half past seven in the morning.
        length = (round(days) if months.is_integer() else days) * 24 * MS_PER_HOUR
    if length > _LONGEST:
        raise ValueError(f"{text!r} is longer than a century")
    return round(length)


def parse_months(text: str) -> int | None:
    """Parse a duration in whole months or years into months; return None for other units.

    >>> parse_months("3 months"), parse_months("1.5 years"), parse_months("2 weeks")
    (3, 18, None)
    """
    match = re.match(PATTERN, text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    months = float(match[1]) * _MONTHS[match[2].lower()]
    return int(months) if months.is_integer() else None


def _describe_format(text: str) -> str:
    """Describe how to write a duration instead of a text that cannot be parsed."""
    # Refused rather than guessed: whoever means months would be planned in minutes.
    if re.search(r"\d\s*m\s*$", text):
        return "m may be minutes or months; write min or months"
    if re.search(r"\d,\d", text):
        return f"write numbers without a comma, with a point before decimals, {EXAMPLES}"
    return f"write a number of 0 or more and a unit, {EXAMPLES}"


def format_ms(ms: int) -> str:
    """Format a duration in its largest unit without a fraction, at most hours.

    >>> format_ms(120000), format_ms(7100), format_ms(48 * 3_600_000), format_ms(0)
    ('2 min', '7.1 s', '48 h', '0 s')
    """
    for unit in ("h", "min"):
        if ms and ms % _CLOCK_UNITS[unit] == 0:
            return f"{ms // _CLOCK_UNITS[unit]} {unit}"
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"


def _round_ms(ms: float) -> int:
    """Round a drawn duration to whole milliseconds, and bound it far beyond the limits of any project."""
    return round(min(ms, _BEYOND_ALL_LIMITS))


@dataclass(frozen=True)
class Length:
    """Constant duration, parsed from text and formatted as text."""

    ms: int

    pattern: ClassVar[str]
    examples: ClassVar[str]

    @property
    def mean_ms(self) -> float:
        """Constant duration itself."""
        return self.ms

    @property
    def longest_ms(self) -> float:
        """Constant duration itself."""
        return self.ms

    def quantile_ms(self, _probability: float) -> float:
        """Return the constant duration, which is its own quantile."""
        return self.ms

    def draw(self, rng: np.random.Generator) -> int:  # noqa: ARG002 - nothing is random
        """Return the constant duration; no random number is drawn."""
        return self.ms

    def __str__(self) -> str:
        return format_ms(self.ms)

    @classmethod
    def read(cls, value: object) -> Self:
        """Parse a constant duration from a scenario's value.

        Raises:
            ValueError: if it is not a constant duration; the text describes how to write one.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls(cls._parse(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError(f"{quote(value)} has no unit; write {cls.examples}")  # noqa: TRY004 - pydantic collects ValueErrors
        raise ValueError(f"must be one length of time; write {cls.examples}")

    @classmethod
    def _parse(cls, text: str) -> int:
        return parse_ms(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: object) -> core_schema.CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(cls.read, serialization=as_text)

    @classmethod
    def __get_pydantic_json_schema__(cls, _: object, __: object) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.pattern}


class Fixed(Length):
    """Elapsed time, such as ``4 h``; whole weeks are written as such.

    >>> str(Fixed(14 * 24 * MS_PER_HOUR)), str(Fixed(48 * MS_PER_HOUR))
    ('2 weeks', '48 h')
    """

    pattern = PATTERN
    examples = EXAMPLES

    def __str__(self) -> str:
        weeks, rest = divmod(self.ms, 7 * 24 * MS_PER_HOUR)
        return super().__str__() if rest or not weeks else f"{weeks} week{'s' * (weeks > 1)}"


class InUnit(Fixed):
    """Elapsed time from 1 ms to 24 h that may also be written as a number of its unit."""

    unit: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    def read(cls, value: object) -> Self:
        """Parse a duration, or a number of the unit, from a scenario's value.

        Raises:
            ValueError: if it is neither, or out of range; the text describes how to write one.

        >>> str(Seconds.read(47)), str(Seconds.read("1.5 min")), str(HoursPerDay.read(1.5))
        ('47 s', '90 s', '90 min')
        """
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        length = super().read(f"{value:.3f} {cls.unit}" if is_number else value)
        if not 0 < length.ms <= 24 * MS_PER_HOUR:
            raise ValueError(f"{quote(value)} is not from 1 ms to 24 h; write for example {cls.example}")
        return length

    @classmethod
    def __get_pydantic_json_schema__(cls, _: object, __: object) -> JsonSchemaValue:
        most = 24 * MS_PER_HOUR // _CLOCK_UNITS[cls.unit]
        number = {"type": "number", "minimum": 0.001, "maximum": most}
        return {"anyOf": [number, {"type": "string", "pattern": cls.pattern}]}


class Seconds(InUnit):
    """Time of a document or a label: ``47``, ``47 s`` or ``2 min``."""

    unit = "s"
    example = "45 s"


class HoursPerDay(InUnit):
    """Time of a day: ``1.5``, ``1.5 h`` or ``90 min``."""

    unit = "h"
    example = "1.5 h"


class Working(Length):
    """Working time, which passes only during a person's working hours, such as ``6 working h``."""

    pattern = WORKING_PATTERN
    examples = WORKING_EXAMPLES

    def __str__(self) -> str:
        return super().__str__().replace(" ", " working ")

    @classmethod
    def _parse(cls, text: str) -> int:
        match = re.match(WORKING_PATTERN, text)
        if match is None:
            problem = f"{text!r} is not working time"
            if is_working(text) and re.match(PATTERN, re.sub(any_case("working"), "", text)):
                problem = f"{text!r}: working time is in hours or less, since working days differ in length"
            raise ValueError(f"{problem}; write {WORKING_EXAMPLES}")
        return parse_ms(" ".join(match.groups()))


def uniform_quantile(low: float, high: float, probability: float) -> float:
    """Return the quantile of a uniform distribution, of durations or other values, at a probability."""
    return low + probability * (high - low)


def triangular_quantile(low: float, mode: float, high: float, probability: float) -> float:
    """Return the quantile of a triangular distribution at a probability."""
    if probability * (high - low) < mode - low:
        return low + math.sqrt(probability * (high - low) * (mode - low))
    return high - math.sqrt((1 - probability) * (high - low) * (high - mode))


def lognormal_quantile(median: float, p90: float, probability: float) -> float:
    """Return the quantile of a lognormal distribution at a probability between 0 and 1, both excluded."""
    sigma = math.log(p90 / median) / NORMAL_P90
    return median * math.exp(sigma * NormalDist().inv_cdf(probability))


# Elapsed and working time are two types, so that one distribution cannot mix them
# and a key says which it takes.
L = TypeVar("L", bound=Length)


# Strict and frozen as sections of a scenario are; `Section` itself is above this layer.
_MODEL_CONFIG = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Distribution(BaseModel, Generic[L]):
    """Distribution of durations, written as its name with its parameters."""

    model_config = _MODEL_CONFIG

    @property
    def longest_ms(self) -> float:
        """Longest possible duration; infinite unless the distribution is bounded."""
        return math.inf


def _ascending(lengths: list[L]) -> list[L]:
    if lengths != sorted(lengths, key=lambda length: length.ms):
        raise ValueError("not in order; write the shortest length first, the longest last")
    return lengths


class Uniform(Distribution[L], Generic[L]):
    """Uniform distribution between two durations."""

    uniform: Annotated[list[L], Field(min_length=2, max_length=2), AfterValidator(_ascending)]
    """The shortest and the longest length."""

    @property
    def mean_ms(self) -> float:
        """Midpoint of the two durations."""
        low, high = self.uniform
        return (low.ms + high.ms) / 2

    @property
    def longest_ms(self) -> float:
        """Upper end of the distribution."""
        return self.uniform[1].ms

    def quantile_ms(self, probability: float) -> float:
        """Return the quantile of the uniform distribution at a probability."""
        low, high = self.uniform
        return uniform_quantile(low.ms, high.ms, probability)

    def draw(self, rng: np.random.Generator) -> int:
        """Draw a duration in whole milliseconds from the uniform distribution."""
        low, high = self.uniform
        return round(rng.uniform(low.ms, high.ms))


class Triangular(Distribution[L], Generic[L]):
    """Triangular distribution of durations by its minimum, mode and maximum, as people estimate a wait."""

    triangular: Annotated[list[L], Field(min_length=3, max_length=3), AfterValidator(_ascending)]
    """The shortest, the most likely and the longest length."""

    @property
    def _ms(self) -> list[int]:
        return [length.ms for length in self.triangular]

    @property
    def mean_ms(self) -> float:
        """Third of the sum of the three durations."""
        return sum(self._ms) / 3

    @property
    def longest_ms(self) -> float:
        """Upper end of the distribution."""
        return self._ms[2]

    def quantile_ms(self, probability: float) -> float:
        """Return the quantile of the triangular distribution at a probability."""
        low, mode, high = self._ms
        return triangular_quantile(low, mode, high, probability)

    def draw(self, rng: np.random.Generator) -> int:
        """Draw a duration in whole milliseconds from the triangular distribution."""
        low, mode, high = self._ms
        # NumPy refuses a triangle without width.
        return low if low == high else round(rng.triangular(low, mode, high))


@with_config(_MODEL_CONFIG)
class Quantiles(TypedDict, Generic[L]):
    """Two quantiles of a distribution of durations."""

    median: L
    """The length that half do not exceed."""
    p90: L
    """The length that nine in ten do not exceed."""


def _ordered(quantiles: Quantiles[L]) -> Quantiles[L]:
    if not 0 < quantiles["median"].ms <= quantiles["p90"].ms:
        raise ValueError("the median must be above 0, and p90 no shorter")
    return quantiles


class Lognormal(Distribution[L], Generic[L]):
    """Lognormal distribution of durations: right-skewed, like the times that people take."""

    lognormal: Annotated[Quantiles[L], AfterValidator(_ordered)]
    """Its median and its 90th percentile."""

    @property
    def _median_ms(self) -> int:
        return self.lognormal["median"].ms

    @property
    def _sigma(self) -> float:
        return math.log(self.lognormal["p90"].ms / self._median_ms) / NORMAL_P90

    @property
    def mean_ms(self) -> float:
        """``median * exp(sigma^2 / 2)``."""
        return self._median_ms * math.exp(self._sigma**2 / 2)

    def quantile_ms(self, probability: float) -> float:
        """Return the quantile of the lognormal distribution at a probability below 1."""
        return lognormal_quantile(self._median_ms, self.lognormal["p90"].ms, probability)

    def draw(self, rng: np.random.Generator) -> int:
        """Draw a duration in whole milliseconds from the lognormal distribution."""
        # Planners know a median and a bad case, not sigma: the two quantiles fix both parameters.
        return _round_ms(rng.lognormal(math.log(self._median_ms), self._sigma))


@with_config(_MODEL_CONFIG)
class Mean(TypedDict, Generic[L]):
    """Mean of a distribution of durations."""

    mean: L
    """The mean length."""


class Exponential(Distribution[L], Generic[L]):
    """Exponential distribution of durations, for memoryless waits."""

    exponential: Mean[L]
    """Its mean."""

    @property
    def mean_ms(self) -> float:
        """Mean that the distribution is defined by."""
        return self.exponential["mean"].ms

    def quantile_ms(self, probability: float) -> float:
        """Return the quantile of the exponential distribution at a probability below 1."""
        return -self.mean_ms * math.log1p(-probability)

    def draw(self, rng: np.random.Generator) -> int:
        """Draw a duration in whole milliseconds from the exponential distribution."""
        return _round_ms(rng.exponential(self.mean_ms))


DISTRIBUTIONS = ("uniform", "triangular", "lognormal", "exponential")
"""Names of the distributions in scenarios."""


def is_working(value: object) -> bool:
    """Return whether a duration, parsed or as written, contains any working time."""
    match value:
        case str():
            return "working" in value.lower()
        case dict():
            return any(map(is_working, value.values()))
        case list() | tuple():
            return any(map(is_working, value))
        case BaseModel():
            return any(is_working(inner) for _, inner in value)
    return isinstance(value, Working)


def _distribution_name(value: object) -> str | None:
    """Return the name of a distribution, ``length`` for a constant duration, or None for anything else."""
    if isinstance(value, dict | Distribution):
        # A distribution is written as one key, its name, so that the first key decides which member is meant.
        name = next(iter(value if isinstance(value, dict) else type(value).model_fields), "")
        return name if name in DISTRIBUTIONS else None
    return "length" if isinstance(value, str | float | int | Length) and not isinstance(value, bool) else None


def _duration_discriminator(examples: str) -> Discriminator:
    known = ", ".join(DISTRIBUTIONS)
    message = f"not a duration; write {examples}, or one of the distributions {known}"
    return Discriminator(_distribution_name, custom_error_type="no_duration", custom_error_message=message)


# A discriminator in place of a plain union: a mistake is then reported for the
# member that was meant, not once for each.
Duration = Annotated[
    Annotated[Fixed, Tag("length")]
    | Annotated[Uniform[Fixed], Tag("uniform")]
    | Annotated[Triangular[Fixed], Tag("triangular")]
    | Annotated[Lognormal[Fixed], Tag("lognormal")]
    | Annotated[Exponential[Fixed], Tag("exponential")],
    _duration_discriminator(EXAMPLES),
]
"""Elapsed time, or a distribution of it."""
WorkingTime = Annotated[
    Annotated[Working, Tag("length")]
    | Annotated[Uniform[Working], Tag("uniform")]
    | Annotated[Triangular[Working], Tag("triangular")]
    | Annotated[Lognormal[Working], Tag("lognormal")]
    | Annotated[Exponential[Working], Tag("exponential")],
    _duration_discriminator(WORKING_EXAMPLES),
]
"""Working time, or a distribution of it."""
ElapsedOrWorking = Annotated[
    Annotated[Duration, Tag("elapsed")] | Annotated[WorkingTime, Tag("working")],
    Discriminator(lambda value: "working" if is_working(value) else "elapsed"),
]
