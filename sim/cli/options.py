"""The options that commands which simulate have in common."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer looks at it
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key in every scenario; may be repeated."),
]


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What scenarios are changed to."""

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
        """What they override, as ``--set`` would."""
        chosen = {"replications": self.replications, "seed": self.seed, "corpus.source": self.corpus}
        return [*self.overrides, *(f"{key}={value}" for key, value in chosen.items() if value is not None)]

    @property
    def repeated(self) -> list[str]:
        """The options for the same project again."""
        chosen = {"--seed": self.seed, "--corpus": self.corpus, "--replications": self.replications}
        given = [word for key, value in chosen.items() if value is not None for word in (key, str(value))]
        return [*as_options("--set", self.overrides), *given]


MOST = 1_000
"""Replications of a scenario at most, where they are added."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Whether replications are added, and how many."""

    precision: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Add replications until every mean is known to within ±SHARE (95 % CI), e.g. 5%.",
            show_default=False,
        ),
    ] = None
    most: Annotated[
        int,
        typer.Option(
            "--max-replications", min=1, help="Maximum number of replications per scenario.", metavar="N"
        ),
    ] = MOST


class Where(StrEnum):
    """What simulates."""

    LOCAL = "local"
    DASK = "dask"


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where it is simulated, and what is written and said."""

    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of parallel processes.", show_default="one per CPU"),
    ] = None
    backend: Annotated[
        Where, typer.Option(help="Where to simulate: on this machine, or on a Dask cluster.")
    ] = Where.LOCAL
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
        """The options that say where it is simulated, for a command that does so again."""
        return [] if self.scheduler is None else ["--backend", self.backend, "--scheduler", self.scheduler]


def taking(**groups: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that has the options of some groups, and is given them as one object each.

    Typer reads a command's options from its signature, so the groups' fields are put there.
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

        def given(**options: Any) -> None:
            made = {
                name: group(**{option.name: options.pop(option.name) for option in fields(group)})
                for name, group in groups.items()
            }
            command(**options, **made)

        given.__name__, given.__doc__ = command.__name__, command.__doc__
        given.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
        vars(given)["__signature__"] = signature.replace(parameters=[*own, *added])
        return given

    return decorate


def as_options(option: str, values: Iterable[str]) -> list[str]:
    """Values as somebody would type them, each after the option."""
    return [word for value in values for word in (option, value)]
