"""Where results come from: the content of ``manifest.json``, all that is needed to make them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.adding import AsGiven, read, recorded
from sim.errors import PlannerMistakeError
from sim.scenario.models import Scenario
from sim.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sim.adding import Adding
    from sim.scenario.sweep import SweptKeys
    from sim.study import Study


@dataclass(frozen=True)
class Plan:
    """What somebody wants to know."""

    scenarios: Sequence[Scenario]
    files: Sequence[tuple[str, str]]
    """Name and content of the file that each scenario was read from."""
    command: Sequence[str]
    sweep: SweptKeys | None = None
    adding: Adding = field(default_factory=AsGiven)


def scenario_files(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Names and contents of scenario files, to be read before the simulation: they may change meanwhile."""
    return [(_encodable(str(path)), path.read_text("utf-8-sig")) for path in paths]


def manifest(study: Study, plan: Plan) -> dict[str, Any]:
    """Scenario files whole and as resolved, what is swept, documents, seed, command and versions."""
    return {
        "schema_version": 1,
        "study": study.key,
        "command": [*map(_encodable, plan.command)],
        "seed": study.prepared[0].scenario.seed,
        "sweep": plan.sweep,
        "adding": recorded(plan.adding),
        "scenarios": [
            {
                "file": name,
                "text": text,
                "resolved": prepared.scenario.model_dump(mode="json"),
            }
            for (name, text), prepared in zip(plan.files, study.prepared, strict=True)
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
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise PlannerMistakeError(
            "this study was written by another version of labelsim, which alone can go on with it; "
            "give the command that made it and a new --out"
        ) from error


def _encodable(name: str) -> str:
    """A name that can be written as UTF-8: of one that is not UTF-8 Python keeps half characters."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
