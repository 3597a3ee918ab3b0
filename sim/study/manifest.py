"""Where results come from: the content of ``manifest.json``, all that is needed to make them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.core.environment import versions
from sim.core.errors import PlannerMistakeError
from sim.loading.portfolio import ReadPortfolio
from sim.scenario.models import Scenario
from sim.scenario.portfolio import Portfolio
from sim.study.replications import AsGiven, read, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sim.loading.sweep import Swept, SweptKeys
    from sim.study.replications import Adding
    from sim.study.study import Study


@dataclass(frozen=True)
class PlannedPortfolio:
    """A portfolio and its file; ``first`` is the number of the first of its scenarios, the others follow."""

    first: int
    name: str
    portfolio: Portfolio
    file: str
    text: str

    def told(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """What it means to each of its scenarios, by their numbers."""
        of_all = {"name": self.name, "shared": self.portfolio.shared, "trainers": self.portfolio.trainers}
        for number, member in enumerate(self.portfolio.members, start=self.first):
            own = member.model_dump(mode="json", include={"priority", "begins"})
            yield number, {**of_all, "projects": len(self.portfolio.projects), **own}


@dataclass(frozen=True)
class Plan:
    """What somebody wants to know."""

    scenarios: Sequence[Scenario]
    files: Sequence[tuple[str, str]]
    """Name and content of the file that each scenario was read from."""
    command: Sequence[str]
    sweep: SweptKeys | None = None
    adding: Adding = field(default_factory=AsGiven)
    portfolios: Sequence[PlannedPortfolio] = ()

    @property
    def shared(self) -> dict[int, Portfolio]:
        """Its portfolios by the number of the first of their scenarios."""
        return {one.first: one.portfolio for one in self.portfolios}


def plan_for(
    described: Swept | Sequence[Scenario | ReadPortfolio],
    files: Sequence[tuple[str, str]],
    command: Sequence[str],
    adding: Adding,
) -> Plan:
    """The plan to simulate what was read from files, of which these are the names and contents."""
    if not isinstance(described, Sequence):
        scenarios = described.scenarios
        return Plan(scenarios, [*files] * len(scenarios), command, described.keys, adding)
    plan = Plan([], [], command, adding=adding)
    for one, (file, text) in zip(described, files, strict=True):
        portfolios = [*plan.portfolios]
        if isinstance(one, ReadPortfolio):
            portfolios.append(PlannedPortfolio(len(plan.scenarios), one.name, one.portfolio, file, text))
            scenarios, own = one.scenarios, scenario_files(one.paths)
        else:
            scenarios, own = [one], [(file, text)]
        plan = replace(
            plan,
            scenarios=[*plan.scenarios, *scenarios],
            files=[*plan.files, *own],
            portfolios=portfolios,
        )
    return plan


def scenario_files(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Names and contents of scenario files, to be read before the simulation: they may change meanwhile."""
    return [(_encodable(str(path)), path.read_text("utf-8-sig")) for path in paths]


def manifest(study: Study, plan: Plan) -> dict[str, Any]:
    """Scenario files whole and as resolved, what is swept, documents, seed, command and versions."""
    portfolios = dict(told for portfolio in plan.portfolios for told in portfolio.told())
    return {
        "schema_version": 1,
        "study": study.key,
        "command": [*map(_encodable, plan.command)],
        "seed": study.prepared[0].scenario.seed,
        "sweep": plan.sweep,
        "adding": recorded(plan.adding),
        "portfolios": [
            {
                "first": one.first,
                "name": one.name,
                "file": one.file,
                "text": one.text,
                "portfolio": one.portfolio.model_dump(mode="json"),
            }
            for one in plan.portfolios
        ],
        "scenarios": [
            {
                "file": name,
                "text": text,
                "resolved": prepared.scenario.model_dump(mode="json"),
                "portfolio": portfolios.get(number),
            }
            for number, ((name, text), prepared) in enumerate(zip(plan.files, study.prepared, strict=True))
        ],
        "corpora": [
            {"name": prepared.facts.name, "fingerprint": prepared.facts.fingerprint}
            for prepared in study.prepared
        ],
        "versions": versions(),
    }


def planned(manifest: Mapping[str, Any]) -> Plan:
    """The plan that a manifest tells of.

    Raises:
        PlannerMistakeError: if it was written by another version, whose scenarios are none of ours.
    """
    try:
        told = manifest["scenarios"]
        return Plan(
            scenarios=[Scenario.model_validate(one["resolved"]) for one in told],
            files=[(one["file"], one["text"]) for one in told],
            command=list(manifest["command"]),
            sweep=manifest["sweep"],
            adding=read(manifest["adding"]),
            portfolios=[
                PlannedPortfolio(**one | {"portfolio": Portfolio.model_validate(one["portfolio"])})
                for one in manifest["portfolios"]
            ],
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise PlannerMistakeError(
            "this study was written by another version of labelsim, which alone can go on with it; "
            "give the command that made it and a new --out"
        ) from error


def _encodable(name: str) -> str:
    """A name that can be written as UTF-8: of one that is not UTF-8 Python keeps half characters."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
