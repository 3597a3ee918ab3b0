"""Reads portfolio files with the scenario files of their projects."""

from __future__ import annotations

from collections import Counter
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from sim.core.activities_and_costs import TRAINER
from sim.core.errors import Diagnostic, UnreadableError
from sim.core.text import did_you_mean, join_or
from sim.loading.load import find_named_file, parse_scenario, read_file, read_source
from sim.loading.schema import PORTFOLIO, SWEEP
from sim.loading.validation_errors import validate_as
from sim.loading.yaml import YamlTree, lookup
from sim.scenario.fields import Name, Section
from sim.scenario.portfolio import PlannedArm, Portfolio

if TYPE_CHECKING:
    from collections import abc
    from pathlib import Path

    from sim.scenario.models import Scenario

LONGEST_NAME = 95
"""Maximum length of a name before a number is added."""


class _PortfolioFile(Section):
    """Keys of a portfolio file."""

    name: Name
    portfolio: Portfolio


def parse_portfolio(
    tree: YamlTree, path: Path, overrides: abc.Sequence[str], mistakes: list[Diagnostic]
) -> PlannedArm | None:
    """Parse a portfolio file and the scenarios of its projects; None if any of them is not valid.

    Args:
        tree: the file's data.
        path: its path; the projects' files are relative to its folder.
        overrides: overrides for all projects.
        mistakes: list to which mistakes are appended.
    """
    file = _parse_file(tree, mistakes)
    if file is None:
        return None
    paths = [_project_file(tree, number, path, mistakes) for number in range(len(file.portfolio.projects))]
    known_paths = [one for one in paths if one is not None]
    parsed = [_read_project(one, overrides, mistakes) for one in known_paths]
    scenarios = [one for one in parsed if one is not None]
    # Only projects that are valid by themselves are compared: otherwise one mistake
    # would be told several times.
    if not mistakes:
        mistakes += _check_projects(tree, file.portfolio, scenarios)
    if not mistakes:
        scenarios = _name_projects(tree, file.portfolio, scenarios, mistakes)
    if mistakes:
        return None
    return PlannedArm(scenarios, [*map(read_source, known_paths)], file.portfolio, file.name)


def _parse_file(tree: YamlTree, mistakes: list[Diagnostic]) -> _PortfolioFile | None:
    own = _PortfolioFile.model_fields
    for key in [key for key in tree.data if key not in own]:
        message = f"is set by each project of a portfolio; write it in their files, or --set {key}"
        mistakes.append(Diagnostic(tree.marks(key).key, message, (key,)))
    known = {key: value for key, value in tree.data.items() if key in own}
    return validate_as(_PortfolioFile, known, tree, mistakes)


def _project_file(tree: YamlTree, number: int, portfolio: Path, mistakes: list[Diagnostic]) -> Path | None:
    """Find the scenario file of a portfolio's project; None if it cannot be read."""
    keys: list[str | int] = [PORTFOLIO, "projects", number]
    if isinstance(lookup(tree.data, keys), dict):
        keys.append("scenario")
    try:
        return find_named_file(tree, portfolio.parent, *keys)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _read_project(path: Path, overrides: abc.Sequence[str], mistakes: list[Diagnostic]) -> Scenario | None:
    tree = read_file(path, overrides, mistakes)
    if tree is None:
        return None
    if tree.data.get(SWEEP) is not None:
        message = "makes a study of its own, not a project of a portfolio; leave it out, or --set sweep=null"
        mistakes.append(Diagnostic(tree.marks(SWEEP).key, message, (SWEEP,)))
        return None
    return parse_scenario(tree, mistakes)


def _name_projects(
    tree: YamlTree, portfolio: Portfolio, scenarios: abc.Sequence[Scenario], mistakes: list[Diagnostic]
) -> list[Scenario]:
    """Set each scenario's name and start in the portfolio; number the names of files listed repeatedly."""
    unnamed_counts = Counter(
        scenario.name
        for scenario, project in zip(scenarios, portfolio.members, strict=True)
        if project.name is None
    )
    numbers = {name: count(1) for name in unnamed_counts}
    names: list[str] = []
    for place, (scenario, project) in enumerate(zip(scenarios, portfolio.members, strict=True)):
        name = project.name or scenario.name
        if project.name is None and unnamed_counts[name] > 1:
            name = f"{name[:LONGEST_NAME]} {next(numbers[name])}"
        if name in names:
            message = f"another project is called {name!r}, too; write name: and another one"
            mistakes.append(tree.error_at(message, PORTFOLIO, "projects", place).mistake)
        # Every project is known by its name in results, so that names have to differ
        # even where one file is used twice.
        names.append(name)
    return [
        scenario.model_copy(update={"name": name}).delayed_by(project.begins.ms)
        for scenario, name, project in zip(scenarios, names, portfolio.members, strict=True)
    ]


def _check_projects(
    tree: YamlTree, portfolio: Portfolio, scenarios: abc.Sequence[Scenario]
) -> abc.Iterator[Diagnostic]:
    """Yield a mistake for each project of a portfolio that does not fit the others or its own beginning."""
    first = scenarios[0]
    for place, (scenario, project) in enumerate(zip(scenarios, portfolio.members, strict=True)):
        if scenario.delayed_by(project.begins.ms).begins_overdue:
            message = "begins after its target.deadline; let it begin earlier, or make the deadline later"
            yield tree.error_at(message, PORTFOLIO, "projects", place).mistake
        if (scenario.start, scenario.timezone) != (first.start, first.timezone):
            message = "its start or timezone differs from the first project's; one clock has one start: make "
            message += "them equal, and write begins: 1 week for a project that begins later"
            yield tree.error_at(message, PORTFOLIO, "projects", place).mistake
        if scenario.replications != first.replications:
            message = f"has {scenario.replications} replications, but the first project "
            message += f"{first.replications}; make them equal, or give --replications"
            yield tree.error_at(message, PORTFOLIO, "projects", place).mistake
    for number, role in enumerate(portfolio.shared):
        if role == TRAINER:
            continue
        entries_by_project = {
            place: entries for place, one in enumerate(scenarios) if (entries := _role_entries(one, role))
        }
        if not entries_by_project:
            yield tree.error_at(_describe_unknown_role(role, scenarios), PORTFOLIO, "shared", number).mistake
        lender = min(entries_by_project, default=0)
        for place, entries in entries_by_project.items():
            if entries != entries_by_project[lender]:
                message = f"its {role} is described otherwise than in {scenarios[lender].name}; "
                message += "those who are shared are the same people: describe them alike, calendar included"
                yield tree.error_at(message, PORTFOLIO, "projects", place).mistake


def _role_entries(scenario: Scenario, role: str) -> list[Any]:
    """Return the team entries of a role in a scenario, each with its calendar."""
    return [
        (terms, terms.hours(scenario.calendars))
        for terms in scenario.team
        if terms.role == role and not terms.is_model
    ]


def _describe_unknown_role(role: str, scenarios: abc.Sequence[Scenario]) -> str:
    team = chain.from_iterable(one.team for one in scenarios)
    known = dict.fromkeys(terms.role for terms in team if not (terms.are_annotators or terms.is_model))
    roles = [*known, TRAINER]
    near = did_you_mean(role, roles)
    return f"no project's team has a {role!r}; " + (
        f"did you mean {near}?" if near else f"write {join_or(roles)}"
    )
