"""Study plans: scenarios to simulate, their files, and their form in ``manifest.json``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.core.code_fingerprint import library_versions
from sim.core.errors import PlannerMistakeError
from sim.core.text import escape_control, escape_surrogates
from sim.corpus import encoder
from sim.scenario.difficulty import DIFFICULTY
from sim.scenario.models import Scenario
from sim.scenario.portfolio import PlannedArm, Portfolio
from sim.study.replication_policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.loading.sweep import ExpandedSweep, SweepTable
    from sim.scenario.models import CorpusConfig
    from sim.scenario.portfolio import Source
    from sim.scenario.unknown import Belief
    from sim.study.replication_policies import ReplicationPolicy
    from sim.study.study import Study


@dataclass(frozen=True)
class StudyPlan:
    """Arms to compare (the first scenario is the baseline) and the policy for the number of replications."""

    arms: Sequence[PlannedArm]
    command: Sequence[str]
    policy: ReplicationPolicy
    sweep: SweepTable | None = None

    @property
    def scenarios(self) -> list[Scenario]:
        """Scenarios of all arms, in their order."""
        return [scenario for arm in self.arms for scenario in arm.scenarios]


def build_plan(
    described: Sequence[ExpandedSweep | Scenario | PlannedArm],
    sources: Sequence[Source],
    command: Sequence[str],
    policy: ReplicationPolicy,
) -> StudyPlan:
    """Build a study plan from scenarios and portfolios, or from one sweep, as read from files.

    Raises:
        PlannerMistakeError: if nothing was read, or there are others beside a sweep.
    """
    if not described:
        raise PlannerMistakeError("nothing to simulate; give at least one scenario")
    arms = []
    for one, source in zip(described, sources, strict=True):
        match one:
            case Scenario():
                arms.append(PlannedArm([one], [source]))
            case PlannedArm():
                arms.append(replace(one, source=source))
            # Its set-ups are compared with its own baseline, not with a file beside it.
            case _ if len(described) > 1:
                raise PlannerMistakeError(
                    f"{escape_control(source[0])}: sweep: makes a study of its own; simulate this file "
                    "alone, or give --set sweep=null"
                )
            case _:
                arms = [PlannedArm([scenario], [source]) for scenario in one.scenarios]
                return StudyPlan(_on_equal_documents(arms), command, policy, one.keys)
    return StudyPlan(_on_equal_documents(arms), command, policy)


def _on_equal_documents(arms: Sequence[PlannedArm]) -> list[PlannedArm]:
    """Let all scenarios of a study believe the same of documents that they describe alike.

    By its own target, each would believe otherwise how difficult they are, and a higher target would be
    reached on easier documents.
    """
    first: dict[CorpusConfig, Belief] = {}

    def on_equal_documents(scenario: Scenario) -> Scenario:
        belief = scenario.unknown.get(DIFFICULTY)
        if belief is None or f"unknown.{DIFFICULTY}" in scenario.given:
            return scenario
        belief = first.setdefault(scenario.corpus.without_arrivals, belief)
        return scenario.model_copy(update={"unknown": {**scenario.unknown, DIFFICULTY: belief}})

    return [replace(arm, scenarios=[*map(on_equal_documents, arm.scenarios)]) for arm in arms]


def to_manifest(study: Study) -> dict[str, Any]:
    """Return a study's manifest: scenario files, resolved scenarios, sweep, documents, seed, versions."""
    plan = study.plan
    sources = [one for arm in plan.arms for one in zip(arm.sources, _portfolio_settings(arm), strict=True)]
    return {
        "schema_version": 1,
        "study": study.key,
        "command": [*map(escape_surrogates, plan.command)],
        "seed": study.prepared[0].scenario.seed,
        "sweep": plan.sweep,
        # By its class and settings, so that a study that is resumed ends by the rule that it was begun with.
        "policy": {"name": type(plan.policy).__name__, "settings": vars(plan.policy)},
        "arms": [
            {"projects": len(arm.scenarios)}
            | (
                {"name": arm.name, **_file(arm.source), "portfolio": arm.portfolio.model_dump(mode="json")}
                if arm.name
                else {}
            )
            for arm in plan.arms
        ],
        "scenarios": [
            {
                **_file(source),
                "resolved": prepared.scenario.model_dump(mode="json"),
                "given": sorted(prepared.scenario.given),
                "portfolio": portfolio,
            }
            for (source, portfolio), prepared in zip(sources, study.prepared, strict=True)
        ],
        "corpora": [
            {"name": prepared.facts.name, "fingerprint": prepared.facts.fingerprint}
            for prepared in study.prepared
        ],
        "versions": library_versions() | _encoder_versions(study),
    }


def _encoder_versions(study: Study) -> dict[str, str]:
    """Return the sentence encoder that some scenario's learner uses, with its version; else nothing."""
    presets = {prepared.scenario.learner.preset for prepared in study.prepared}
    return encoder.versions() if "embeddings" in presets else {}


def _file(source: Source) -> dict[str, str]:
    """Return the manifest's entry of a scenario file."""
    name, text = source
    return {"file": name, "text": text}


def _portfolio_settings(arm: PlannedArm) -> Iterator[dict[str, Any] | None]:
    """Yield the portfolio settings of each project of an arm for the manifest; None for a lone project."""
    portfolio = arm.portfolio
    shared_settings = {"name": arm.name, "shared": portfolio.shared, "trainers": portfolio.trainers}
    for member in portfolio.members:
        own_settings = member.model_dump(mode="json", include={"priority", "begins"})
        yield {**shared_settings, "projects": len(portfolio.projects), **own_settings} if arm.name else None


def from_manifest(manifest: Mapping[str, Any]) -> StudyPlan:
    """Rebuild a study plan from its manifest.

    Raises:
        PlannerMistakeError: if the manifest was written by another version of labelsim.
    """
    try:
        # One iterator for all arms: their scenarios are listed one after another.
        scenarios = iter(manifest["scenarios"])
        arms = [_arm(entry, [*islice(scenarios, entry["projects"])]) for entry in manifest["arms"]]
        policy = manifest["policy"]
        policy = POLICIES[policy["name"]](**policy["settings"])
        return StudyPlan(arms, list(manifest["command"]), policy, manifest["sweep"])
    except (KeyError, TypeError, ValidationError) as error:
        raise PlannerMistakeError(
            "this study was written by another version of labelsim, which alone can resume it; "
            "give the command that made it and a new --out"
        ) from error


def _arm(entry: Mapping[str, Any], projects: Sequence[Mapping[str, Any]]) -> PlannedArm:
    """Rebuild an arm of a study plan from the manifest's entries of the arm and its projects."""
    scenarios = [Scenario.model_validate(one["resolved"]).with_given(one["given"]) for one in projects]
    sources = [(one["file"], one["text"]) for one in projects]
    if "portfolio" not in entry:
        return PlannedArm(scenarios, sources)
    portfolio = Portfolio.model_validate(entry["portfolio"])
    scenarios_begun = [
        one.delayed_by(project.begins.ms) for one, project in zip(scenarios, portfolio.members, strict=True)
    ]
    return PlannedArm(scenarios_begun, sources, portfolio, entry["name"], (entry["file"], entry["text"]))
