"""What a key may take, drawn from what the schema of scenario files says of it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    Schema = Mapping[str, Any]

One = TypeVar("One")

COUNTLESS = 10**9
"""The most that is drawn where a range has no end."""
A_HAIR = 1e-9
"""How near a range's end is come that is not part of it."""
FEW_TIMES = 100
"""Ranges whose ends are further apart than this are drawn from by orders of magnitude."""
CENTURY = "36500 d"
"""Hardly less than the longest duration that can be written."""
UNITS = {"ms": 1_000, "s": 60, "min": 60, "h": 24, "d": 30, "weeks": 8, "months": 6}
"""Of durations, and up to how many of each are drawn."""
OTHER_SPELLINGS = 0.1
"""How often a number is written otherwise, such as 80 %."""
WORKING_UNITS = ("ms", "s", "min", "h")
WORDS = (
    "tickets",
    "Ärzte",
    "Ärzte",
    "評価 する",
    "تسمية",
    "<b>bold</b>",
    "</script>",
    "=1+1",
    "a;b,c",
    '"quoted"',
    "it's",
    "{{ x }}",
    "🙂",
    "50 %",
    "#1",
    "- x",
    "key: value",
    "null",
    "1e3",
    "C:\\n",
    "x" * 60,
)
"""Names that files, pages and tables might take for something else."""


class Values:
    """Draws by a generator of its own; ``wild`` is how often an end of a range is drawn."""

    def __init__(self, rng: np.random.Generator, wild: float) -> None:
        self.rng = rng
        self.wild = wild

    def happens(self, probability: float) -> bool:
        """Whether something does that is so probable."""
        return bool(self.rng.random() < probability)

    def one(self, options: Sequence[One]) -> One:
        """One of several, equally likely."""
        return options[int(self.rng.integers(len(options)))]

    def several(self, options: Sequence[One], most: int) -> list[One]:
        """Different ones, at least one, in any order."""
        count = int(self.rng.integers(1, min(most, len(options)) + 1))
        return [options[int(place)] for place in self.rng.permutation(len(options))[:count]]

    def words(self) -> str:
        """A name, mostly of words that are awkward."""
        return " ".join(self.several(WORDS, 2))[:90].strip()

    def whole(self, low: int, high: int, ordinary: int | None = None) -> int:
        """A whole number between two ends, both included; mostly no more than ``ordinary``."""
        if self.happens(self.wild):
            return self.one([low, min(low + 1, high), high])
        return round(self._between(low, high if ordinary is None else min(high, max(low, ordinary))))

    def number(self, low: float, high: float) -> float:
        """A number between two ends, both included."""
        if self.happens(self.wild):
            return self.one([low, min(low + A_HAIR, high), max(high - A_HAIR, low), high])
        return float(f"{self._between(low, high):.4g}")

    def _between(self, low: float, high: float) -> float:
        least = low or min(1.0, high / FEW_TIMES)
        if high <= FEW_TIMES * least:
            return float(self.rng.uniform(low, high))
        return math.exp(self.rng.uniform(math.log(least), math.log(high)))

    def duration(self, units: Sequence[str] = tuple(UNITS), *, working: bool = False) -> str:
        """A length of time as a planner writes it, mostly in one of some units."""
        if self.happens(self.wild):
            text = self.one(["0 s", "1 ms", "5000 h" if working else CENTURY])
        else:
            unit = self.one(WORKING_UNITS if working else units)
            text = f"{self.rng.integers(1, UNITS[unit], endpoint=True)} {unit}"
        return text.replace(" ", " working ") if working else text

    def distribution(self, name: str, *, working: bool) -> dict[str, Any]:
        """A distribution of lengths of time."""
        from sim.core.durations import Fixed, Working

        def ms(text: str) -> int:
            return (Working if working else Fixed).read(text).ms

        low, mode, high = sorted((self.duration(working=working) for _ in range(3)), key=ms)
        match name:
            case "uniform":
                return {name: [low, high]}
            case "triangular":
                return {name: [low, mode, high]}
            case "lognormal":
                return {name: {"median": mode if ms(mode) else high, "p90": high}}
        return {name: {"mean": mode}}

    def by(self, schema: Schema, largest: float = COUNTLESS) -> Any:
        """A value that a schema allows, and no larger than ``largest``; None where it may be left out."""
        value: Any = None
        if "anyOf" in schema:
            value = self._one_of(schema["anyOf"], largest)
        elif "enum" in schema or "const" in schema:
            value = self.one(schema.get("enum") or [schema["const"]])
        elif "examples" in schema:
            value = self.one(schema["examples"])
        elif "pattern" in schema:
            value = self.duration(working=_is_working(schema))
        else:
            match schema.get("type"):
                case "boolean":
                    value = self.happens(0.5)
                case "integer":
                    low, high = int(schema.get("minimum", 0)), int(schema.get("maximum", COUNTLESS))
                    value = self.whole(low, min(high, int(largest)))
                case "number":
                    low = schema.get("minimum", schema.get("exclusiveMinimum", -A_HAIR) + A_HAIR)
                    high = schema.get("maximum", schema.get("exclusiveMaximum", COUNTLESS + A_HAIR) - A_HAIR)
                    value = self.number(low, min(high, largest))
                case "string":
                    value = self.words()[: schema.get("maxLength", COUNTLESS)].strip() or "x"
        return value

    def _one_of(self, options: Sequence[Schema], largest: float) -> Any:
        """By one of several schemas; distributions are of the kind of time that stands beside them."""
        plain = [one for one in options if one.get("type") in ("integer", "number")]
        if not plain or self.happens(OTHER_SPELLINGS):
            plain = [one for one in options if one.get("type") != "null"]
        option = self.one(plain)
        if option.get("$ref", "").endswith(("_Fixed_", "_Working_")):
            name, length = re.split("[/_]", option["$ref"])[-3:-1]
            return self.distribution(name.lower(), working=length == "Working")
        return self.by(option, largest)


def _is_working(schema: Schema) -> bool:
    """Whether it is working time that is written so."""
    return re.match(schema["pattern"], "1 working h") is not None
