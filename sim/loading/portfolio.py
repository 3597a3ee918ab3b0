"""A portfolio: the scenario of each of its projects, and what they share, from several files."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

from sim.core.activities import TRAINER
from sim.core.diagnostics import Diagnostic, UnreadableError, did_you_mean, join_or
from sim.loading.load import named_file, read_file, scenario_in
from sim.loading.schema import PORTFOLIO, SWEEP
from sim.loading.validation_errors import read_as
from sim.loading.yaml import Written, found
from sim.scenario.fields import Name, Section
from sim.scenario.portfolio import PlannedArm, Portfolio

if TYPE_CHECKING:
    from collections import abc
    from pathlib import Path

    from sim.scenario.models import Scenario
    from sim.scenario.portfolio import Source

LONGEST_NAME = 95
"""Letters of a name that leave room for a number."""


class _File(Section):
    """All that a portfolio's own file says."""

    name: Name
    portfolio: Portfolio


def source_of(path: Path) -> Source:
    """Read the path and content of a scenario file before the simulation: it may change meanwhile."""
    return encodable(str(path)), path.read_text("utf-8-sig")


def encodable(name: str) -> str:
    """Escape the bytes of a file name that are not UTF-8, which Python keeps as lone surrogates."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def portfolio_in(
    written: Written, path: Path, overrides: abc.Sequence[str], mistakes: list[Diagnostic]
) -> PlannedArm | None:
    """Parse a portfolio file and the scenarios of its projects; None if any of them is not valid.

    Args:
        written: the file's data.
        path: its path; the projects' files are relative to its folder.
        overrides: overrides for all projects.
        mistakes: list to which mistakes are appended.
    """
    file = _file(written, mistakes)
    if file is None:
        return None
    paths = [_path(written, number, path, mistakes) for number in range(len(file.portfolio.projects))]
    there = [one for one in paths if one is not None]
    read = [_project(one, overrides, mistakes) for one in there]
    scenarios = [one for one in read if one is not None]
    if not mistakes:
        mistakes += _disagreements(written, file.portfolio, scenarios)
    if not mistakes:
        scenarios = _named(written, file.portfolio, scenarios, mistakes)
    if mistakes:
        return None
    return PlannedArm(scenarios, [*map(source_of, there)], file.portfolio, file.name)


def _file(written: Written, mistakes: list[Diagnostic]) -> _File | None:
    own = _File.model_fields
    for key in [key for key in written.data if key not in own]:
        message = f"is said by each project of a portfolio; write it in their files, or --set {key}"
        mistakes.append(Diagnostic(written.spot(key).key, message, (key,)))
    known = {key: value for key, value in written.data.items() if key in own}
    return read_as(_File, known, written, mistakes)


def _path(written: Written, number: int, portfolio: Path, mistakes: list[Diagnostic]) -> Path | None:
    """Find the scenario file of a portfolio's project; None if it cannot be read."""
    keys: list[str | int] = [PORTFOLIO, "projects", number]
    if isinstance(found(written.data, keys), dict):
        keys.append("scenario")
    try:
        return named_file(written, portfolio.parent, *keys)
    except UnreadableError as error:
        mistakes.append(error.mistake)
        return None


def _project(path: Path, overrides: abc.Sequence[str], mistakes: list[Diagnostic]) -> Scenario | None:
    written = read_file(path, overrides, mistakes)
    if written is None:
        return None
    if written.data.get(SWEEP) is not None:
        message = "makes a study of its own, not a project of a portfolio; leave it out, or --set sweep=null"
        mistakes.append(Diagnostic(written.spot(SWEEP).key, message, (SWEEP,)))
        return None
    return scenario_in(written, mistakes)


def _named(
    written: Written, portfolio: Portfolio, scenarios: abc.Sequence[Scenario], mistakes: list[Diagnostic]
) -> list[Scenario]:
    """Set each scenario's name and start in the portfolio; number the names of files listed repeatedly."""
    unnamed = Counter(
        scenario.name
        for scenario, project in zip(scenarios, portfolio.members, strict=True)
        if project.name is None
    )
    numbers = {name: count(1) for name in unnamed}
    names: list[str] = []
    for place, (scenario, project) in enumerate(zip(scenarios, portfolio.members, strict=True)):
        name = project.name or scenario.name
        if project.name is None and unnamed[name] > 1:
            name = f"{name[:LONGEST_NAME]} {next(numbers[name])}"
        if name in names:
            message = f"another project is called {name!r}, too; write name: and another one"
            mistakes.append(written.refused(message, PORTFOLIO, "projects", place).mistake)
        names.append(name)
    return [
        scenario.model_copy(update={"name": name}).later(project.begins.ms)
        for scenario, name, project in zip(scenarios, names, portfolio.members, strict=True)
    ]


def _disagreements(
    written: Written, portfolio: Portfolio, scenarios: abc.Sequence[Scenario]
) -> abc.Iterator[Diagnostic]:
    """Yield a mistake for each setting that must be equal in all projects of a portfolio but differs."""
    first = scenarios[0]
    for place, scenario in enumerate(scenarios):
        if (scenario.start, scenario.timezone) != (first.start, first.timezone):
            message = "its start or timezone differs from the first project's; one clock has one start: make "
            message += "them equal, and write begins: 1 week for a project that begins later"
            yield written.refused(message, PORTFOLIO, "projects", place).mistake
        if scenario.replications != first.replications:
            message = f"has {scenario.replications} replications, but the first project "
            message += f"{first.replications}; make them equal, or give --replications"
            yield written.refused(message, PORTFOLIO, "projects", place).mistake
    for number, role in enumerate(portfolio.shared):
        if role == TRAINER:
            continue
        described = {place: terms for place, one in enumerate(scenarios) if (terms := _described(one, role))}
        if not described:
            yield written.refused(_unknown(role, scenarios), PORTFOLIO, "shared", number).mistake
        lender = min(described, default=0)
        for place, terms in described.items():
            if terms != described[lender]:
                message = f"its {role} is described otherwise than in {scenarios[lender].name}; "
                message += "those who are shared are the same people: describe them alike, calendar included"
                yield written.refused(message, PORTFOLIO, "projects", place).mistake


def _described(scenario: Scenario, role: str) -> list[Any]:
    """Return the team entries of a role in a scenario, each with its calendar."""
    return [(terms, scenario.calendars.get(terms.calendar)) for terms in scenario.team if terms.role == role]


def _unknown(role: str, scenarios: abc.Sequence[Scenario]) -> str:
    known = {terms.role: None for one in scenarios for terms in one.team if not terms.labels}
    roles = [*known, TRAINER]
    near = did_you_mean(role, roles)
    return f"no project's team has a {role!r}; " + (
        f"did you mean {near}?" if near else f"write {join_or(roles)}"
    )
