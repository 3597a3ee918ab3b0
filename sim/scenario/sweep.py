"""Keys of the section `sweep:`, which is not part of a scenario itself."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sim.core import durations
from sim.core.durations import Fixed
from sim.scenario.fields import ByKind, Section, error_at
from sim.scenario.quantities import Quantity, as_number

Design = Literal["grid", "zipped", "one_at_a_time", "latin_hypercube", "sobol"]
FIGURES = 4
"""Significant figures of drawn values, for readability."""
_NO_VALUES = (
    "holds no values; write a list, such as [2 min, 4 h], whole numbers as 1..8, or a range, "
    "{from: 2 min, to: 4 h}; a key is written with its dots, trainer.duration"
)


class Range(Section):
    """Range from which the values of a sample are drawn."""

    from_: Annotated[Quantity, Field(alias="from")]
    """The smallest value: a number, a percentage or a duration."""
    to: Quantity
    """The largest value."""
    scale: Literal["linear", "log"] = "linear"
    """`linear`: all values are equally likely. `log`: all orders of magnitude are, as from 2 min to 24 h."""

    @model_validator(mode="after")
    def _ends_agree(self) -> Self:
        if isinstance(self.from_, Fixed) != isinstance(self.to, Fixed):
            raise error_at("one end is a duration and the other none; write two of a kind")
        if self.ends[0] >= self.ends[1]:
            raise error_at("goes from the larger to the smaller; write the smaller one first")
        if self.scale == "log" and self.ends[0] <= 0:
            raise error_at("no logarithm begins at 0 or below; begin above 0, or leave the scale out")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends as numbers, those of durations in milliseconds."""
        return as_number(self.from_), as_number(self.to)

    def value_at(self, share: float, *, whole: bool) -> float | str:
        """Return the value of a sweep's range at ``share`` from 0 to 1, as it is written in a scenario.

        With ``whole`` and integer ends, the value is an integer, and the last one is as likely as the others.
        Other values have four significant figures.
        """
        low, high = self.ends
        if whole and isinstance(low, int) and isinstance(high, int):
            # One beyond the last, so that it has an interval of its own as all
            # others do; a share of 1 would fall out of it.
            return min(high, math.floor(self._interpolate(low, high + 1, share)))
        value = self._interpolate(low, high, share)
        return (
            _format_length(value)
            if isinstance(self.from_, Fixed)
            else min(high, max(low, _round_figures(value)))
        )

    def _interpolate(self, low: float, high: float, share: float) -> float:
        return low * (high / low) ** share if self.scale == "log" else low + share * (high - low)


def _round_figures(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")


def _format_length(ms: float) -> str:
    """Format a duration in the largest unit below it, at most hours."""
    for unit, size in (("h", durations.MS_PER_HOUR), ("min", 60_000)):
        if ms >= size:
            return f"{_round_figures(ms / size):.10g} {unit}"
    return f"{round(ms) / 1_000:g} s"


def _values_or_range(value: Any) -> Any:
    if value is None or (isinstance(value, dict) and value.keys().isdisjoint({"from", "to"})):
        raise error_at(_NO_VALUES)
    return value


Values = Annotated[
    Annotated[list[Any], Field(min_length=1)] | Range | str | float | bool,
    ByKind(),
    BeforeValidator(_values_or_range),
]


class Sweep(Section):
    """Design of a sweep: several set-ups in one study, with values for keys of a scenario."""

    design: Design = "grid"
    """`grid`: every combination. `zipped`: the first values together, then the second, and so on.
    `one_at_a_time`: the file's own values, then each other value alone. `latin_hypercube`, and `sobol` for
    Sobol indices: samples from ranges."""
    over: Annotated[dict[str, Values], Field(min_length=1)]
    """Keys, with dots, and what each takes: a list, whole numbers as `1..8`, or for the samples a range."""
    points: Annotated[int, Field(ge=2, le=10_000)] = 64
    """How many set-ups a sample has; `sobol` takes a power of two, for each key and for two more."""

    @model_validator(mode="after")
    def _sobol_takes_a_power_of_two(self) -> Self:
        if self.design == "sobol" and self.points.bit_count() != 1:
            power = 2 ** round(math.log2(self.points))
            raise error_at(f"{self.points} is not a power of two, as sobol needs; write {power}", "points")
        return self
