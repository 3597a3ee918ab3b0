"""The page: what a planner hands to those who decide."""

from __future__ import annotations

import math
import re
import shlex
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.core.files import write_atomically
from sim.reporting.html.completion import completion
from sim.reporting.html.convergence import convergence, how_sure
from sim.reporting.html.figure import Figure
from sim.reporting.html.learning import AXES, learning_curves, scenario_curves, worst_labels
from sim.reporting.html.model import ASKED_AFTERWARDS, HEADINGS, rating_over_time, would_have_stopped
from sim.reporting.html.parameters import parameters, simplifications
from sim.reporting.html.people import utilisation, views_used
from sim.reporting.html.sensitivity import Explained, matters
from sim.reporting.html.steps import owned_steps, step_table, step_times, waits_of_steps
from sim.reporting.html.timeline import as_it_happened, nearest_the_median
from sim.reporting.html.trade_off import beats, trade_off
from sim.reporting.html.waterfall import activities_of, ladder, naive_plan, wall_time
from sim.reporting.html.waterfall import rows as ladder_rows
from sim.reporting.text import (
    BY_DEADLINE,
    TIMES_FASTER,
    agreement,
    answer,
    cautions,
    decided,
    endings,
    overview,
    paused,
    spoken,
    verdict,
    warnings,
)
from sim.results import store
from sim.results.differences import described, differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.reporting.html.learning import ScenarioCurve
    from sim.reporting.html.steps import StepTime
    from sim.reporting.text import Row
    from sim.results.store import StoredStudy

    Scenario = Mapping[str, Any]

REPORT = "report.html"
SCRIPTS = ("plotly-basic.min.js", "page.js")
UNIT = re.compile(r"([\d%],?) (h\b|%|\d(?!\d?:))")
DATE = re.compile(r"\b([A-Z][a-z]{2}) (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}), ")
MOST_DRAWN = 12
"""Scenarios that one picture can tell apart."""
CONTENTS = {
    "answer": "The answer",
    "curves": "Time to value",
    "time": "Where the time went",
    "comparison": "What differs, and what it buys",
    "chance": "Chance of finishing by a given date",
    "matters": "What matters most",
    "naive": "Why the naive plan fails",
    "project": "One project as it happened",
    "people": "People and machinery",
    "model": "The model",
    "sure": "How certain is this?",
    "origin": "Assumptions and provenance",
}


def write_report(folder: Path) -> Path:
    """Make the report of the study that ``folder`` holds.

    Raises:
        PlannerMistakeError: if there is no finished study.
    """
    page = folder / REPORT
    write_atomically(page, render(store.read(folder)).encode())
    return page


def render(study: StoredStudy) -> str:
    """The page of a study: the same study gives the same bytes."""
    content = _content(study)
    scripts = [files("sim.reporting.html").joinpath(name).read_text("utf-8") for name in SCRIPTS]
    environment = Environment(
        loader=PackageLoader("sim.reporting.html", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["kept"] = _kept
    return environment.get_template("page.html.j2").render(
        **content,
        figures=list(_figures(content.values())),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
    )


def _content(study: StoredStudy) -> dict[str, Any]:
    """What the template shows, section by section."""
    scenarios = study.summary["scenarios"]
    resolved = [scenario["resolved"] for scenario in study.manifest["scenarios"]]
    curves = scenario_curves(study)
    chosen = _chosen(scenarios)
    drawn = [scenarios[number] for number in chosen]
    shown = [replace(curves[number], number=place) for place, number in enumerate(chosen)]
    title, headings, rows = overview(study.summary)
    several = len(scenarios) > 1
    activities = activities_of(scenarios)
    # The baseline, and the quickest of the others.
    closely = [
        _closely(study, number, curves[number], activities) for number in (0, *_quickest(scenarios)[:1])
    ]
    rungs = ladder(scenarios[0], resolved[0])
    swept = study.summary.get("sensitivity") is not None
    return {
        "names": [scenario["name"] for scenario in scenarios],
        "drawn": drawn,
        "contents": _contents(
            several=several,
            swept=swept,
            modelled=any(one["rating"] or one["labels"] for one in closely),
        ),
        "warnings": warnings(study.summary),
        "stand_ins": _generated(scenarios, described=False),
        "described": _generated(scenarios, described=True),
        "verdict": [*decided(study.summary), *verdict(study.summary), *_endings(drawn, chosen, resolved)],
        "cautions": cautions(study.summary),
        "times_faster": TIMES_FASTER,
        "by_deadline": BY_DEADLINE,
        "overview": {"title": title, "headings": headings, "rows": rows},
        "answer": answer(study.summary)[1],
        "curves": {AXES[axis]: learning_curves(shown, axis) for axis in reversed(AXES)},
        "time": wall_time(drawn),
        "hours": _hours(scenarios, activities),
        "differences": differences([described(one) for one in study.manifest["scenarios"]]),
        "chance": completion(drawn),
        "trade_off": trade_off(drawn) if several and _any_arrives(drawn) else None,
        "pairs": _pairs(drawn),
        "beats": [[scenario["name"], *row] for scenario, row in zip(drawn, beats(drawn), strict=True)],
        "matters": matters(study.summary) if swept else [],
        "naive": {"figure": naive_plan(rungs, scenarios[0]), "rows": ladder_rows(rungs)},
        "closely": closely,
        "how_sure": how_sure(scenarios),
        "convergence": convergence(drawn),
        "documents": _documents(scenarios),
        "decisions": {one["corpus"]["name"]: one["corpus"]["decisions"] for one in scenarios},
        "rules": HEADINGS,
        "rules_note": ASKED_AFTERWARDS,
        "parameters": parameters(resolved[0]),
        "simplifications": simplifications(resolved),
        "manifest": study.manifest,
        "command": shlex.join(study.manifest["command"]),
    }


def _endings(drawn: Sequence[Scenario], chosen: Sequence[int], resolved: Sequence[Scenario]) -> list[str]:
    """Why projects ended without their target, scenario by scenario."""
    return [
        f"{scenario['name']}: {sentence}" if len(resolved) > 1 else sentence
        for scenario, number in zip(drawn, chosen, strict=True)
        for sentence in endings(scenario, resolved[number])
    ]


def _contents(*, several: bool, swept: bool, modelled: bool) -> dict[str, str]:
    """The sections that this study has something to say in."""
    missing = {"comparison": not several, "matters": not swept, "model": not modelled}
    return {name: heading for name, heading in CONTENTS.items() if not missing.get(name)}


def _generated(scenarios: Sequence[Scenario], *, described: bool) -> list[str]:
    """Whose documents are generated, as a scenario describes them or in place of those that it names."""
    corpora = [(scenario["name"], scenario["corpus"]) for scenario in scenarios]
    return [name for name, corpus in corpora if corpus["stand_in"] and corpus["described"] == described]


def _any_arrives(scenarios: Sequence[Scenario]) -> bool:
    """Whether half of the projects of some scenario reach the target."""
    return any(scenario["aggregate"]["wall_hours"]["median"] is not None for scenario in scenarios)


def _pairs(scenarios: Sequence[Scenario]) -> str:
    """How many replications of any two scenarios meet."""
    counts = [len(scenario["replications"]) for scenario in scenarios]
    return f"{counts[0]}" if len(set(counts)) == 1 else f"at least {min(counts)}"


def _figures(content: Iterable[Any]) -> Iterator[Figure]:
    """Every figure among the sections, however they hold it."""
    for part in content:
        if isinstance(part, Figure):
            yield part
        elif isinstance(part, Explained):
            yield from _figures([part.figure])
        elif isinstance(part, dict):
            yield from _figures(part.values())
        elif isinstance(part, list):
            yield from _figures(part)


def _kept(cell: str) -> str:
    """A cell in which no unit is parted from its number, no interval's ends from each other, and no date."""
    space = "\N{NO-BREAK SPACE}"
    return UNIT.sub(rf"\1{space}\2", DATE.sub(rf"\1{space}\2{space}\3{space}\4, ", cell))


def _hash(script: str) -> str:
    """A script as a Content-Security-Policy names it: no other runs, wherever a name came from."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _chosen(scenarios: Sequence[Scenario]) -> list[int]:
    """The baseline, and of the others as many of the quickest as a picture has room for, in their order."""
    return [0, *sorted(_quickest(scenarios)[: MOST_DRAWN - 1])]


def _quickest(scenarios: Sequence[Scenario]) -> list[int]:
    """All but the baseline, the quickest first."""

    def median(number: int) -> float:
        hours: float | None = scenarios[number]["aggregate"]["wall_hours"]["median"]
        return math.inf if hours is None else hours

    return sorted(range(1, len(scenarios)), key=median)


def _closely(
    study: StoredStudy, number: int, curve: ScenarioCurve, activities: Sequence[str]
) -> dict[str, Any]:
    """One project of a scenario, that in the middle: its course, its people, and its model as it saw it."""
    scenario = study.summary["scenarios"][number]
    replication = nearest_the_median(scenario)
    (entry,) = (one for one in scenario["replications"] if one["replication"] == replication)
    events = store.events_of(store.read_events(study.folder, scenario["name"], replication))
    published = curve.projects[scenario["replications"].index(entry)].wall_hours
    caption, headings, rows = utilisation(events, entry["wall_hours"])
    views = views_used(events, entry["wall_hours"])
    resolved = study.manifest["scenarios"][number]["resolved"]
    times = step_times(events, owned_steps(resolved), entry["wall_hours"])
    labels = worst_labels(scenario)
    rating, stopping = None, []
    if scenario["rating"] is not None:
        emergent = resolved["taxonomy"]["emergent"]
        rating = rating_over_time(study.curve, scenario, replication, emergent=emergent)
        stopping = [[rule, *cells] for rule, cells in would_have_stopped(study.curve, scenario)]
    return {
        "name": scenario["name"],
        "project": _numbered(as_it_happened(scenario, replication, events, published, activities), number),
        "people": {
            "caption": " ".join(filter(None, (caption, paused(scenario)))),
            "headings": headings,
            "rows": rows,
        },
        "agreement": _agreement(scenario),
        "steps": _steps(times, entry["wall_hours"], number),
        "views": views and _numbered(views, number),
        "labels": labels and _numbered(labels, number),
        "rating": rating and _numbered(rating, number),
        "stopping": stopping,
    }


def _agreement(scenario: Mapping[str, Any]) -> dict[str, Any] | None:
    """How far people agreed who labelled the same documents, and on which labels least."""
    if not (said := agreement(scenario)):
        return None
    alphas = scenario["agreement"]["alpha_by_label"].items()
    known = sorted((alpha, name) for name, alpha in alphas if alpha is not None)
    rows = [[name, f"{alpha:.2f}"] for alpha, name in known]
    return {"said": said, "headings": ["label", "Krippendorff's alpha"], "rows": rows}


def _steps(times: Sequence[StepTime], end_hours: float, number: int) -> dict[str, Any] | None:
    """What steps wait for, where any has an owner."""
    if not times:
        return None
    headings, rows = step_table(times)
    return {
        "figure": _numbered(waits_of_steps(times, end_hours), number),
        "headings": headings,
        "rows": rows,
    }


def _numbered(figure: Figure, number: int) -> Figure:
    """A figure of which there is one for several scenarios."""
    return replace(figure, name=f"{figure.name}-{number}")


def _hours(scenarios: Sequence[Scenario], activities: Sequence[str]) -> list[Row]:
    return [
        (spoken(activity), [f"{scenario['wall_time'].get(activity, 0):,.1f}" for scenario in scenarios])
        for activity in activities
    ]


def _documents(scenarios: Sequence[Scenario]) -> list[Row]:
    corpora = [scenario["corpus"] for scenario in scenarios]
    return [
        ("documents", [corpus["name"] for corpus in corpora]),
        ("to label", [f"{corpus['documents']:,}" for corpus in corpora]),
        ("to test on", [f"{corpus['test_documents']:,}" for corpus in corpora]),
        ("labels", [f"{corpus['labels']:,}" for corpus in corpora]),
        ("fingerprint", [corpus["fingerprint"][:8] for corpus in corpora]),
    ]
