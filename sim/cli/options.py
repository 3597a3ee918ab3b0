"""Options that several commands share, and the parsing of their values."""

from __future__ import annotations

import inspect
import math
import operator
import re
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer looks at it
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from sim.core.errors import PlannerMistakeError
from sim.core.text import did_you_mean, shorten
from sim.results.metrics import BY_NAME, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim.results.summary import StudySummary


Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key in every scenario; may be repeated."),
]


@dataclass(frozen=True, kw_only=True)
class ScenarioOptions:
    """Options that change scenarios, and the folder of the results."""

    replications: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of replications per scenario.", show_default=False),
    ] = None
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Random seed of all scenarios.", show_default=False)
    ] = None
    overrides: Overrides = field(default_factory=list)
    corpus: Annotated[
        str | None,
        typer.Option(
            help="Document source: `reuters` (fail if unavailable) or `standin` (generated).",
            metavar="SOURCE",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the results.", show_default="reports/<study>"),
    ] = None

    @property
    def settings(self) -> list[str]:
        """Overrides of scenario keys, written like those of ``--set``."""
        chosen = {"replications": self.replications, "seed": self.seed, "corpus.source": self.corpus}
        return [*self.overrides, *(f"{key}={value}" for key, value in chosen.items() if value is not None)]

    @property
    def repeated(self) -> list[str]:
        """Options that repeat these choices in another command line."""
        chosen = {"--seed": self.seed, "--corpus": self.corpus, "--replications": self.replications}
        given = [word for key, value in chosen.items() if value is not None for word in (key, str(value))]
        return [*repeat_option("--set", self.overrides), *given]


MAX_REPLICATIONS = 1_000
"""Default maximum of replications per scenario where they are added one after another."""


@dataclass(frozen=True, kw_only=True)
class PrecisionOptions:
    """Options that let replications be added until means are precise."""

    precision: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Add replications until every mean is known to within ±SHARE (95 % CI), e.g. 5%.",
            show_default=False,
        ),
    ] = None
    max_replications: Annotated[
        int,
        typer.Option(
            "--max-replications", min=1, help="Maximum number of replications per scenario.", metavar="N"
        ),
    ] = MAX_REPLICATIONS


class Goal(StrEnum):
    """Metrics that the best of a sweep may have least of."""

    WALL_HOURS = "wall_hours"
    ACTIVE_HOURS = "active_hours"
    COST = "cost"


class BackendName(StrEnum):
    """Names of the backends that can simulate."""

    LOCAL = "local"
    DASK = "dask"


class SchemaName(StrEnum):
    """What `simulate schema` prints the JSON Schema of."""

    SCENARIO = "scenario"
    SUMMARY = "summary"
    BEST = "best"
    FORECAST = "forecast"


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """Options of the execution: where to simulate, and what to write and print."""

    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of parallel processes.", show_default="one per CPU"),
    ] = None
    backend: Annotated[
        BackendName, typer.Option(help="Where to simulate: on this machine, or on a Dask cluster.")
    ] = BackendName.LOCAL
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of the cluster's scheduler, e.g. tcp://192.168.0.10:8786.",
            metavar="ADDRESS",
            show_default=False,
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")] = False
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Do not use the feature cache.")] = False
    fail_if: Annotated[
        list[str],
        typer.Option(
            "--fail-if",
            metavar="CRITERION",
            help="Exit with status 4 if CRITERION holds for any scenario, e.g. 'p80(wall_hours) > 300'; "
            "may be repeated.",
        ),
    ] = field(default_factory=list)
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every published model.")] = False

    @property
    def where(self) -> list[str]:
        """Options that repeat the choice of the backend in another command line."""
        return [] if self.scheduler is None else ["--backend", self.backend, "--scheduler", self.scheduler]


def with_option_groups(**groups: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command so that it takes the options of dataclasses and receives an instance of each.

    Typer reads a command's options from its signature, so the fields of the dataclasses are added to it.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        hints = get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[name])
            for name, parameter in signature.parameters.items()
            if name not in groups
        ]
        added = [
            inspect.Parameter(
                option.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=option.default if option.default_factory is MISSING else option.default_factory(),
                annotation=annotations[option.name],
            )
            for group in groups.values()
            for annotations in [get_type_hints(group, include_extras=True)]
            for option in fields(group)
        ]

        def wrapper(**options: Any) -> None:
            instances = {
                name: group(**{option.name: options.pop(option.name) for option in fields(group)})
                for name, group in groups.items()
            }
            command(**options, **instances)

        # Typer reads names, help and signature from the function that it is given.
        wrapper.__name__, wrapper.__doc__ = command.__name__, command.__doc__
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
        vars(wrapper)["__signature__"] = signature.replace(parameters=[*own, *added])
        return wrapper

    return decorate


def repeat_option(option: str, values: Iterable[str]) -> list[str]:
    """List command-line words with ``option`` before each of the values."""
    return [word for value in values for word in (option, value)]


SHARE_LIMITS = (0.001, 0.5)
PERCENTAGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*", re.ASCII)


def read_share(text: str, option: str = "--precision", within: tuple[float, float] = SHARE_LIMITS) -> float:
    """Parse an option's share that is written in percent.

    >>> read_share("5%"), read_share("2.5 %")
    (0.05, 0.025)

    Args:
        text: such as ``5%``.
        option: the option, for messages.
        within: the smallest and the largest share allowed.

    Raises:
        PlannerMistakeError: if it is not a share, or outside these limits.
    """
    match = PERCENTAGE.fullmatch(text)
    share = float(match[1]) / 100 if match else math.nan
    lowest, highest = within
    if not lowest <= share <= highest:
        raise PlannerMistakeError(
            f"{option} {shorten(text)}: write a share from {percent(lowest)} to {percent(highest)}, "
            "such as 5%"
        )
    return share


FIGURES = {"mean": "mean", "p50": "median", "p80": "p80", "p90": "p90"}
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
CRITERION = re.compile(r"\s*(\w+)\s*\(\s*(\w+)\s*\)\s*([<>]=?)\s*([\d.]+)\s*")


@dataclass(frozen=True)
class Criterion:
    """Criterion of ``--fail-if``: a figure of a metric compared with a threshold."""

    figure: str
    metric: str
    sign: str
    threshold: float

    @classmethod
    def read(cls, text: str) -> Criterion:
        """Parse a ``--fail-if`` criterion such as ``p80(wall_hours) > 300``.

        Raises:
            PlannerMistakeError: if it is not a criterion.
        """
        match = CRITERION.fullmatch(text)
        if match is None:
            raise PlannerMistakeError(
                f"--fail-if {shorten(text)}: write a figure of a metric and a line, such as "
                "'p80(wall_hours) > 300'"
            )
        figure, metric, sign, threshold = match.groups()
        for word, known, what in ((figure, FIGURES, "a figure"), (metric, BY_NAME, "a metric")):
            if word not in known:
                near = did_you_mean(word, known)
                guess = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
                raise PlannerMistakeError(f"--fail-if {shorten(text)}: {word} is not {what}; {guess}")
        try:
            return cls(figure, metric, sign, float(threshold))
        except ValueError as error:
            raise PlannerMistakeError(f"--fail-if {shorten(text)}: {threshold} is not a number") from error

    def describe_failures(self, summary: StudySummary) -> list[str]:
        """Return a sentence for each scenario of a study that fails the criterion.

        Where projects did not reach the target, a missing time counts as longer than any threshold; a missing
        share counts as neither above nor below one.
        """
        metric, figure = BY_NAME[self.metric], FIGURES[self.figure]
        values = {one.name: getattr(one.aggregate[self.metric], figure) for one in summary.scenarios}
        # Times in hours, as the threshold is.
        return [
            f"{name}: {self.figure}({self.metric}) is {metric.format(value, like=0)}, "
            f"{self.sign} {self.threshold:g}"
            for name, value in values.items()
            if self._holds(value, share=metric.share)
        ]

    def _holds(self, value: float | None, *, share: bool) -> bool:
        if value is None and share:
            return False
        # A target that was not reached in time is later than any threshold.
        return bool(OPERATORS[self.sign](math.inf if value is None else value, self.threshold))
