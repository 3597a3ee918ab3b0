"""Durations as people write them: ``2 min``, ``48 h``, or a distribution of such.

``48 h`` is elapsed time, which passes day and night; ``6 working h`` passes in working hours alone.

Inside, time is whole milliseconds, so that sums do not depend on how they are grouped.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np

MS_PER_HOUR = 3_600_000
TEN_YEARS = 10 * 365.25 * 24
"""In hours: longer than any labelling project, so that none goes on for ever."""
_MS_PER_UNIT = {
    "ms": 1,
    "s": 1_000,
    "min": 60_000,
    "h": MS_PER_HOUR,
    "d": 24 * MS_PER_HOUR,
    "week": 168 * MS_PER_HOUR,
}
_DAYS_PER_MONTH = 365.25 / 12
_MONTHS_PER_UNIT = {"month": 1, "year": 12}
_SPELLINGS = {
    "ms": ("ms", "millisecond"),
    "s": ("s", "sec", "second"),
    "min": ("min", "minute"),
    "h": ("h", "hr", "hour"),
    "d": ("d", "day"),
    "week": ("week", "w", "wk"),
    "month": ("month", "mo"),
    "year": ("year", "y", "yr"),
}
"""How people write each unit, each also with an s at its end, and in any case."""
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}


def any_case(*words: str) -> str:
    """A pattern of words in upper or lower case, for JSON Schema, whose patterns have no flags.

    >>> any_case("h", "min")
    '(?:[hH]|[mM][iI][nN])'
    """
    return f"(?:{'|'.join(''.join(f'[{letter}{letter.upper()}]' for letter in word) for word in words)})"


def _pattern(units: Iterable[str], between: str) -> str:
    spellings = any_case(*(spelling for unit in units for spelling in _SPELLINGS[unit]))
    return rf"^\s*(\d+(?:\.\d+)?|\.\d+){between}({spellings})[sS]?\s*$"


PATTERN = _pattern(_SPELLINGS, r"\s*")
WORKING_PATTERN = _pattern(("ms", "s", "min", "h"), rf"\s*{any_case('working')}\s+")
EXAMPLES = "for example '90 s', '2 min', '4 h', '3 d' or '2 weeks'"
WORKING_EXAMPLES = "for example '30 working min' or '6 working h'"
Written = str | dict[str, list[str]] | dict[str, dict[str, str]]
_LONGEST = 100 * 366 * 24 * MS_PER_HOUR
_BEYOND_ALL_LIMITS = 1_000 * _LONGEST
_NORMAL_P90 = 1.2815515655446004  # the standard normal distribution's 90 % quantile


def parse_ms(text: str) -> int:
    """Milliseconds of a written length of time.

    A month is a twelfth of 365.25 days; whole months, and years of them, are whole days: 91 for 3 months.

    Raises:
        ValueError: if it is not a number of 0 or more and a unit, or is longer than a century.

    >>> parse_ms("2 min"), parse_ms("7.10 s"), parse_ms("3d"), parse_ms("1 Hour")
    (120000, 7100, 259200000, 3600000)
    >>> parse_ms("3 months") == parse_ms("91 days")
    True
    """
    match = re.match(PATTERN, text)
    if match is None and re.match(WORKING_PATTERN, text):
        raise ValueError(f"{text!r} is working time; elapsed time is meant here, {EXAMPLES}")
    if match is None:
        raise ValueError(f"{text!r} is not a duration; {_unlike_a_duration(text)}")
    number, unit = float(match[1]), _UNITS[match[2].lower()]
    if unit in _MONTHS_PER_UNIT:
        months = number * _MONTHS_PER_UNIT[unit]
        days = months * _DAYS_PER_MONTH
        length = (round(days) if months.is_integer() else days) * _MS_PER_UNIT["d"]
    else:
        length = number * _MS_PER_UNIT[unit]
    if length > _LONGEST:
        raise ValueError(f"{text!r} is longer than a century")
    return round(length)


def parse_months(text: str) -> int | None:
    """The whole number of months that a length is written in, as months or years; None if it is not.

    >>> parse_months("3 months"), parse_months("1.5 years"), parse_months("2 weeks")
    (3, 18, None)
    """
    match = re.match(PATTERN, text)
    if match is None or (unit := _UNITS[match[2].lower()]) not in _MONTHS_PER_UNIT:
        return None
    months = float(match[1]) * _MONTHS_PER_UNIT[unit]
    return int(months) if months.is_integer() else None


def _unlike_a_duration(text: str) -> str:
    """What would be right in place of a text that is no duration."""
    if re.search(r"\d\s*m\s*$", text):
        return "m may be minutes or months; write min or months"
    if re.search(r"\d,\d", text):
        return f"write numbers without a comma, with a point before decimals, {EXAMPLES}"
    return f"write a number of 0 or more and a unit, {EXAMPLES}"


def written(ms: int) -> str:
    """A length in the largest unit that says it without a fraction, at most hours.

    >>> written(120000), written(7100), written(48 * 3_600_000), written(0)
    ('2 min', '7.1 s', '48 h', '0 s')
    """
    for unit in ("h", "min"):
        if ms and ms % _MS_PER_UNIT[unit] == 0:
            return f"{ms // _MS_PER_UNIT[unit]} {unit}"
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"


def _whole(ms: float) -> int:
    """A drawn length in whole milliseconds; one beyond all limits of a project is as good as any such."""
    return round(min(ms, _BEYOND_ALL_LIMITS))


@dataclass(frozen=True)
class Fixed:
    """Always the same."""

    ms: int

    @property
    def mean_ms(self) -> float:
        """The length itself."""
        return self.ms

    @property
    def longest_ms(self) -> float:
        """The length itself."""
        return self.ms

    def quantile_ms(self, _probability: float) -> float:
        """The length itself."""
        return self.ms

    def draw(self, luck: np.random.Generator) -> int:  # noqa: ARG002 - nothing is left to luck
        """The length itself."""
        return self.ms

    def as_written(self) -> Written:
        """Such as ``4 h``."""
        return written(self.ms)


@dataclass(frozen=True)
class Uniform:
    """Anything between two lengths, equally likely."""

    low_ms: int
    high_ms: int

    def __post_init__(self) -> None:
        if self.low_ms > self.high_ms:
            raise ValueError("uniform wants its shortest length first: [6 h, 24 h]")

    @property
    def mean_ms(self) -> float:
        """Halfway between the two."""
        return (self.low_ms + self.high_ms) / 2

    @property
    def longest_ms(self) -> float:
        """Its upper end."""
        return self.high_ms

    def quantile_ms(self, probability: float) -> float:
        """The length that is not exceeded with a probability."""
        return self.low_ms + probability * (self.high_ms - self.low_ms)

    def draw(self, luck: np.random.Generator) -> int:
        """One length, in whole milliseconds."""
        return round(luck.uniform(self.low_ms, self.high_ms))

    def as_written(self) -> Written:
        """Such as ``{uniform: [6 h, 24 h]}``."""
        return {"uniform": [written(self.low_ms), written(self.high_ms)]}


@dataclass(frozen=True)
class Triangular:
    """Shortest, most likely and longest: what people can say about a wait."""

    low_ms: int
    mode_ms: int
    high_ms: int

    def __post_init__(self) -> None:
        if not self.low_ms <= self.mode_ms <= self.high_ms:
            raise ValueError("triangular wants shortest, most likely, longest: [24 h, 48 h, 14 d]")

    @property
    def mean_ms(self) -> float:
        """A third of the sum of the three."""
        return (self.low_ms + self.mode_ms + self.high_ms) / 3

    @property
    def longest_ms(self) -> float:
        """Its upper end."""
        return self.high_ms

    def quantile_ms(self, probability: float) -> float:
        """The length that is not exceeded with a probability."""
        low, mode, high = self.low_ms, self.mode_ms, self.high_ms
        if probability * (high - low) < mode - low:
            return low + math.sqrt(probability * (high - low) * (mode - low))
        return high - math.sqrt((1 - probability) * (high - low) * (high - mode))

    def draw(self, luck: np.random.Generator) -> int:
        """One length, in whole milliseconds."""
        if self.low_ms == self.high_ms:
            return self.low_ms
        return round(luck.triangular(self.low_ms, self.mode_ms, self.high_ms))

    def as_written(self) -> Written:
        """Such as ``{triangular: [24 h, 48 h, 336 h]}``."""
        return {"triangular": [written(ms) for ms in (self.low_ms, self.mode_ms, self.high_ms)]}


@dataclass(frozen=True)
class Lognormal:
    """Right-skewed, as human times are: half below the median, nine tenths below ``p90``."""

    median_ms: int
    p90_ms: int

    def __post_init__(self) -> None:
        if not 0 < self.median_ms <= self.p90_ms:
            raise ValueError("lognormal wants 0 < median <= p90: {median: 2 min, p90: 4 min}")

    @property
    def _sigma(self) -> float:
        return math.log(self.p90_ms / self.median_ms) / _NORMAL_P90

    @property
    def mean_ms(self) -> float:
        """``median * exp(sigma^2 / 2)``."""
        return self.median_ms * math.exp(self._sigma**2 / 2)

    @property
    def longest_ms(self) -> float:
        """There is none."""
        return math.inf

    def quantile_ms(self, probability: float) -> float:
        """The length that is not exceeded with a probability below 1."""
        return self.median_ms * math.exp(self._sigma * NormalDist().inv_cdf(probability))

    def draw(self, luck: np.random.Generator) -> int:
        """One length, in whole milliseconds."""
        return _whole(luck.lognormal(math.log(self.median_ms), self._sigma))

    def as_written(self) -> Written:
        """Such as ``{lognormal: {median: 2 min, p90: 4 min}}``."""
        return {"lognormal": {"median": written(self.median_ms), "p90": written(self.p90_ms)}}


@dataclass(frozen=True)
class Exponential:
    """Without memory: the wait for something that may happen at any moment."""

    ms: int

    @property
    def mean_ms(self) -> float:
        """The mean it is given by."""
        return self.ms

    @property
    def longest_ms(self) -> float:
        """There is none."""
        return math.inf

    def quantile_ms(self, probability: float) -> float:
        """The length that is not exceeded with a probability below 1."""
        return -self.ms * math.log1p(-probability)

    def draw(self, luck: np.random.Generator) -> int:
        """One length, in whole milliseconds."""
        return _whole(luck.exponential(self.ms))

    def as_written(self) -> Written:
        """Such as ``{exponential: {mean: 10 h}}``."""
        return {"exponential": {"mean": written(self.ms)}}


Duration = Fixed | Uniform | Triangular | Lognormal | Exponential
"""A length of time that may differ from one occasion to the next."""


@dataclass(frozen=True)
class Working:
    """Working time of somebody whose calendar says when it passes."""

    length: Duration

    @property
    def mean_ms(self) -> float:
        """In working milliseconds."""
        return self.length.mean_ms

    @property
    def longest_ms(self) -> float:
        """In working milliseconds; infinite where it may be of any length."""
        return self.length.longest_ms

    def draw(self, luck: np.random.Generator) -> int:
        """One length, in whole working milliseconds."""
        return self.length.draw(luck)

    def as_written(self) -> Written:
        """Such as ``6 working h`` or ``{uniform: [1 working h, 2 working h]}``."""
        as_written: Written = _each_text(
            self.length.as_written(), lambda text: text.replace(" ", " working ", 1)
        )
        return as_written


DISTRIBUTIONS = {
    "uniform": "[6 h, 24 h]",
    "triangular": "[24 h, 48 h, 14 d]",
    "lognormal": "{median: 2 min, p90: 4 min}",
    "exponential": "{mean: 10 h}",
}
"""Every distribution by its name, with how it is written."""


def parse(value: object) -> Duration:
    """A duration or a distribution as a scenario writes it.

    Raises:
        ValueError: if it is neither; the text says what would be right.

    >>> parse("4 h").mean_ms / MS_PER_HOUR
    4.0
    >>> parse({"uniform": ["6 h", "24 h"]}).mean_ms / MS_PER_HOUR
    15.0
    """
    if isinstance(value, str):
        return Fixed(parse_ms(value))
    if isinstance(value, dict) and len(value) == 1:
        ((name, parameters),) = value.items()
        if name in DISTRIBUTIONS:
            try:
                return _distribution(name, parameters)
            except (TypeError, KeyError) as error:
                raise ValueError(f"{name} is written as {{{name}: {DISTRIBUTIONS[name]}}}") from error
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit; write {EXAMPLES}")  # noqa: TRY004 - pydantic collects ValueErrors
    raise ValueError(
        f"not a duration; write {EXAMPLES}, or one of the distributions {', '.join(DISTRIBUTIONS)}"
    )


def parse_working(value: object) -> Working:
    """Working time or a distribution of it as a scenario writes it.

    Raises:
        ValueError: if it is neither, or elapsed time.

    >>> parse_working("6 working h").mean_ms / MS_PER_HOUR
    6.0
    """
    if not is_working(value):
        raise ValueError(
            f"working time is meant here, which passes in working hours; write {WORKING_EXAMPLES}"
        )
    return Working(parse(_each_text(value, _elapsed)))


def is_working(value: object) -> bool:
    """Whether any length in a duration as written is working time."""
    match value:
        case str():
            return "working" in value.lower()
        case dict():
            return any(map(is_working, value.values()))
        case list():
            return any(map(is_working, value))
    return False


def _elapsed(text: str) -> str:
    match = re.match(WORKING_PATTERN, text)
    if match is None:
        if re.match(PATTERN, re.sub(any_case("working"), "", text)):
            raise ValueError(
                f"{text!r}: working time is counted in hours or less, since working days differ in length; "
                f"write {WORKING_EXAMPLES}"
            )
        raise ValueError(f"{text!r} is not working time; write {WORKING_EXAMPLES}")
    return " ".join(match.groups())


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A duration as written with every length in it changed."""
    match value:
        case str():
            return change(value)
        case dict():
            return {key: _each_text(inner, change) for key, inner in value.items()}
        case list():
            return [_each_text(inner, change) for inner in value]
    return value


def _distribution(name: str, parameters: object) -> Duration:
    if name in ("uniform", "triangular"):
        lengths = _lengths(parameters, 2 if name == "uniform" else 3)
        return Uniform(*lengths) if name == "uniform" else Triangular(*lengths)
    names = ("median", "p90") if name == "lognormal" else ("mean",)
    lengths = _named_lengths(parameters, names)
    return Lognormal(*lengths) if name == "lognormal" else Exponential(*lengths)


def _lengths(parameters: object, count: int) -> list[int]:
    if not isinstance(parameters, list) or len(parameters) != count:
        raise TypeError
    return [parse_ms(_text(item)) for item in parameters]


def _named_lengths(parameters: object, names: tuple[str, ...]) -> list[int]:
    if not isinstance(parameters, dict) or set(parameters) != set(names):
        raise TypeError
    mapping: Mapping[str, object] = parameters
    return [parse_ms(_text(mapping[name])) for name in names]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
