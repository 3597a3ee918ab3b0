"""What a planner's pipeline is to fail for, such as ``p80(wall_hours) > 300``."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import did_you_mean, shortened
from sim.core.errors import PlannerMistakeError
from sim.results.metrics import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURES = {"mean": "mean", "p50": "median", "p80": "p80", "p90": "p90"}
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
WRITTEN = re.compile(r"\s*(\w+)\s*\(\s*(\w+)\s*\)\s*([<>]=?)\s*([\d.]+)\s*")


@dataclass(frozen=True)
class Criterion:
    """A figure of a metric, and on which side of a line it must not lie."""

    figure: str
    metric: str
    sign: str
    line: float

    @classmethod
    def read(cls, text: str) -> Criterion:
        """The criterion that somebody wrote.

        Raises:
            PlannerMistakeError: if it is none.
        """
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise PlannerMistakeError(
                f"--fail-if {shortened(text)}: write a figure of a metric and a line, such as "
                "'p80(wall_hours) > 300'"
            )
        figure, metric, sign, line = found.groups()
        for word, known, what in ((figure, FIGURES, "a figure"), (metric, BY_NAME, "a metric")):
            if word not in known:
                near = did_you_mean(word, known)
                guess = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
                raise PlannerMistakeError(f"--fail-if {shortened(text)}: {word} is not {what}; {guess}")
        try:
            return cls(figure, metric, sign, float(line))
        except ValueError as error:
            raise PlannerMistakeError(f"--fail-if {shortened(text)}: {line} is not a number") from error

    def failing(self, summary: Mapping[str, Any]) -> list[str]:
        """A sentence for each scenario that fails.

        A time that does not exist, since projects did not reach the target, is longer than any line; a share
        that does not exist is on neither side.
        """
        return [
            f"{scenario['name']}: {self.figure}({self.metric}) is {metric.written(value)}, "
            f"{self.sign} {self.line:g}"
            for scenario in summary["scenarios"]
            for metric, value in [
                (BY_NAME[self.metric], scenario["aggregate"][self.metric][FIGURES[self.figure]])
            ]
            if self._holds(value, share=metric.share)
        ]

    def _holds(self, value: float | None, *, share: bool) -> bool:
        if value is None and share:
            return False
        return bool(SIGNS[self.sign](math.inf if value is None else value, self.line))
