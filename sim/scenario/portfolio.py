"""Keys of the section `portfolio:`, projects that share people or a trainer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from sim.core.activities_and_costs import SME, TRAINER
from sim.core.durations import Fixed
from sim.scenario.fields import ByKind, Count, Name, Section, error_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.scenario.models import Scenario

Source = tuple[str, str]
"""Name and content of a file."""


class PortfolioProject(Section):
    """Project of a portfolio."""

    scenario: Annotated[str, Field(min_length=1)]
    """Its scenario file, from the portfolio's own folder."""
    name: Name | None = None
    """What tables and reports call it; left out: its file's name, numbered where it stands here again."""
    priority: Count = 1
    """Where several wait for somebody, or for the trainer, those with 1 go before those with 2."""
    begins: Fixed = Fixed(0)
    """How much later than the scenario's start it begins; its wall time counts from then."""


class Portfolio(Section):
    """Portfolio: projects on one clock that share people or a trainer."""

    shared: list[Name] = []  # noqa: RUF012 - pydantic copies it
    """Roles of the teams, and `trainer`, that are one and the same for all projects; each project has what is
    not named here of its own."""
    trainers: Count = 1
    """How many trainings a trainer that is shared can run at once."""
    projects: Annotated[list[Annotated[str | PortfolioProject, ByKind()]], Field(min_length=1)]
    """Scenario files, or their keys; where several want something at once, the first goes first."""

    @property
    def members(self) -> list[PortfolioProject]:
        """Projects of the portfolio, each with all its keys."""
        return [PortfolioProject(scenario=one) if isinstance(one, str) else one for one in self.projects]

    @model_validator(mode="after")
    def _can_be_shared(self) -> Self:
        for number, role in enumerate(self.shared):
            if role == SME:
                message = "those who label work for one project each; share other roles, or the trainer"
                raise error_at(message, "shared", str(number))
            if role in self.shared[:number]:
                raise error_at(f"{role!r} is named twice; name it once", "shared", str(number))
        if self.trainers > 1 and TRAINER not in self.shared:
            raise error_at(f"no trainer is shared; write {TRAINER} under shared", "trainers")
        return self


def single_project() -> Portfolio:
    """Return the portfolio of a single project, which shares nothing."""
    # A lone project is a portfolio of one, so that nothing after the reader tells the two apart.
    return Portfolio(projects=["alone"])


@dataclass(frozen=True)
class PlannedArm:
    """Planned arm: the scenarios of a portfolio, or a single one, on one clock."""

    scenarios: Sequence[Scenario]
    """Scenarios with unique names and their starts."""
    sources: Sequence[Source]
    """Scenario file of each project."""
    portfolio: Portfolio = field(default_factory=single_project)
    name: str = ""
    """Name of the portfolio; empty for a single project."""
    source: Source = ("", "")
    """The portfolio's file."""

    def with_changes(self, changes: Mapping[str, Any]) -> PlannedArm:
        """Return the arm with other values of some keys of each project, which have been validated."""
        return replace(self, scenarios=[one.model_copy(update=changes) for one in self.scenarios])
