"""The report page, for planners and those who decide."""

from __future__ import annotations

import re
import shlex
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import plotly.io as pio
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sim.core.atomic_files import write_atomically
from sim.reporting.assumptions import WORLDS, assumptions, parameters, simplifications
from sim.reporting.html.completion_and_certainty import completion, convergence, uncertainty_table
from sim.reporting.html.figure import Figure
from sim.reporting.html.learning_curves import (
    AXES,
    learning_curves,
    quality_rows,
    scenario_curves,
    worst_labels,
)
from sim.reporting.html.model_rating_and_stopping import (
    ASKED_AFTERWARDS,
    HEADINGS,
    rating_over_time,
    stopping_table,
)
from sim.reporting.html.people_and_steps import (
    draw_step_times,
    draw_views_used,
    owned_steps,
    step_table,
    step_times,
    utilisation_table,
)
from sim.reporting.html.sensitivity import Explanation, sensitivity_sections
from sim.reporting.html.timeline import median_replication, timeline
from sim.reporting.html.trade_off_and_win_rates import trade_off, win_rate_table
from sim.reporting.html.wall_time_and_waterfall import (
    activities_of,
    draw_wall_time,
    draw_waterfall,
    waterfall_rows,
    waterfall_steps,
)
from sim.reporting.shared_text import (
    BY_DEADLINE,
    TIMES_FASTER,
    activity_label,
    agreement,
    bottleneck,
    cautions,
    cheapest_in_time,
    comparison_sentences,
    decision,
    ending_sentences,
    fastest_first,
    format_elapsed,
    overview_table,
    paused,
    plateaus,
    policy_sentences,
    summary_table,
    unknown_keys,
    unknown_keys_table,
    warnings,
)
from sim.results import study_store
from sim.results.config_diff import described, differences, number_for_readers
from sim.results.metrics import QUALITY_DEFINITIONS, QUALITY_TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.reporting.html.learning_curves import ScenarioCurve
    from sim.reporting.html.people_and_steps import StepTime
    from sim.reporting.shared_text import Row
    from sim.results.study_store import StoredStudy
    from sim.results.summary import ScenarioSummary

REPORT = "report.html"
SCRIPTS = ("plotly-basic.min.js", "page.js")
UNIT = re.compile(r"([\d%],?) (h\b|%|\d(?!\d?:))")
DATE = re.compile(r"\b([A-Z][a-z]{2}) (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}), ")
MOST_DRAWN = 12
"""Maximum number of scenarios in a figure."""
CONTENTS = {
    "answer": "The answer",
    "curves": "Time to value",
    "time": "Where the time went",
    "comparison": "What differs, and what it buys",
    "chance": "Probability of finishing by a given date",
    "unknown": "What is not known yet",
    "matters": "What matters most",
    "naive": "Why the naive plan fails",
    "project": "One project as it happened",
    "people": "People and machinery",
    "model": "The model",
    "sure": "How certain is this?",
    "origin": "Assumptions and provenance",
}


THEME = "plotly_white"


def write_report(folder: Path) -> Path:
    """Write the report of the study in ``folder``; return its path.

    Raises:
        PlannerMistakeError: if there is no finished study.
    """
    page = folder / REPORT
    write_atomically(page, render(study_store.read_study(folder)).encode())
    return page


def render(study: StoredStudy) -> str:
    """Render the report page of a study; the same study gives the same bytes."""
    content = _template_variables(study)
    scripts = [files("sim.reporting.html").joinpath(name).read_text("utf-8") for name in SCRIPTS]
    return _template().render(
        **content,
        figures=list(_figures(content.values())),
        theme=pio.templates[THEME].to_plotly_json(),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sim.reporting.html", ""),
        autoescape=True,
        # A variable that is missing is an error in a test, and not a gap in somebody's report.
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["kept"] = _without_line_breaks
    return environment.get_template("page.html.j2")


def _template_variables(study: StoredStudy) -> dict[str, Any]:
    """Collect the variables of the report's template, section by section."""
    scenarios = study.summary.scenarios
    resolved = [scenario["resolved"] for scenario in study.manifest["scenarios"]]
    given = study.manifest["scenarios"][0]["given"]
    curves = scenario_curves(study)
    # The baseline and the fastest others, in the study's order and not in that of speed, so that colours are
    # those of the tables.
    chosen = [0, *sorted(fastest_first(scenarios)[: MOST_DRAWN - 1])]
    drawn = [scenarios[number] for number in chosen]
    shown = [replace(curves[number], number=place) for place, number in enumerate(chosen)]
    title, headings, rows = overview_table(study.summary)
    several = len(scenarios) > 1
    activities = activities_of(scenarios)
    # The baseline, and the quickest of the others.
    projects = [
        _project_sections(study, number, curves[number], activities)
        for number in (0, *fastest_first(scenarios)[:1])
    ]
    steps = waterfall_steps(scenarios[0], resolved[0])
    found = study.summary.sensitivity
    return {
        "names": [scenario.name for scenario in scenarios],
        "drawn": drawn,
        "contents": _section_headings(
            several=several,
            swept=found is not None,
            unknown=any(one.uncertainty for one in scenarios),
            modelled=any(one["rating"] or one["labels"] for one in projects),
        ),
        "warnings": warnings(study),
        "stand_ins": _generated(scenarios, described=False),
        "described": _generated(scenarios, described=True),
        "findings": [
            *filter(None, [decision(study.summary)]),
            *policy_sentences(study.summary),
            *filter(None, [cheapest_in_time(study.summary)]),
            *comparison_sentences(study.summary),
            *_endings(drawn, chosen, resolved),
        ],
        "cautions": cautions(study.summary),
        "definitions": [
            *plateaus(scenarios),
            *(
                f"{QUALITY_TITLES[metric]} is {QUALITY_DEFINITIONS[metric]}, measured on test documents."
                for metric in dict.fromkeys(one.quality_target.metric for one in scenarios)
            ),
        ],
        "times_faster": TIMES_FASTER,
        "by_deadline": BY_DEADLINE,
        "overview": {"title": title, "headings": headings, "rows": rows},
        "answer": summary_table(study.summary, crossings=any(one["world"] == "article" for one in resolved))[
            1
        ],
        # Wall time first, which is what planners ask about.
        "curves": {AXES[axis]: learning_curves(shown, axis) for axis in reversed(AXES)},
        "quality": quality_rows(curves),
        "wall_time": draw_wall_time(drawn),
        "bottlenecks": {scenario.name: bottleneck(scenario) for scenario in drawn},
        "wall_times": _wall_times(scenarios, activities),
        "differences": differences(
            [described(one) for one in study.manifest["scenarios"]], number_for_readers
        ),
        "completion": completion(drawn),
        "trade_off": trade_off(drawn)
        if several and any(one.wall.median is not None for one in drawn)
        else None,
        "paired_replications": _describe_pairs(drawn),
        "win_rates": [
            [scenario.name, *row] for scenario, row in zip(drawn, win_rate_table(drawn), strict=True)
        ],
        "unknown": [
            _unknown_keys(scenario, resolved[number])
            for scenario, number in zip(drawn, chosen, strict=True)
            if scenario.uncertainty
        ],
        "sensitivity": sensitivity_sections(found, scenarios) if found else [],
        "waterfall": {"figure": draw_waterfall(steps, scenarios[0]), "rows": waterfall_rows(steps)},
        "projects": projects,
        "uncertainty": uncertainty_table(scenarios),
        "convergence": convergence(drawn),
        "documents": _documents(scenarios),
        "decisions": {one.corpus.name: one.corpus.decisions for one in scenarios},
        "rules": HEADINGS,
        "rules_note": ASKED_AFTERWARDS,
        "assumptions": [
            [one.subject, one.value, "the scenario" if one.own else WORLDS[resolved[0]["world"]]]
            for one in assumptions(scenarios[0], resolved[0], given)
        ],
        "parameters": parameters(resolved[0], given),
        "simplifications": simplifications(resolved),
        "manifest": study.manifest,
        "command": shlex.join(study.manifest["command"]),
    }


def _unknown_keys(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Build the report section on the unknown keys of a scenario."""
    headings, rows = unknown_keys_table(scenario, resolved["unknown"])
    return {"name": scenario.name, "sentence": unknown_keys(scenario), "headings": headings, "rows": rows}


def _endings(
    drawn: Sequence[ScenarioSummary], chosen: Sequence[int], resolved: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Describe why projects ended without reaching their target, scenario by scenario."""
    return [
        f"{scenario.name}: {sentence}" if len(resolved) > 1 else sentence
        for scenario, number in zip(drawn, chosen, strict=True)
        for sentence in ending_sentences(scenario, resolved[number])
    ]


def _section_headings(*, several: bool, swept: bool, unknown: bool, modelled: bool) -> dict[str, str]:
    """Return the sections of the report that are not empty for this study."""
    missing = {"comparison": not several, "unknown": not unknown, "matters": not swept, "model": not modelled}
    return {name: heading for name, heading in CONTENTS.items() if not missing.get(name)}


def _generated(scenarios: Sequence[ScenarioSummary], *, described: bool) -> list[str]:
    """List the scenarios with generated documents: as described, or in place of missing ones."""
    corpora = [(scenario.name, scenario.corpus) for scenario in scenarios]
    return [name for name, corpus in corpora if corpus.stand_in and corpus.described == described]


def _describe_pairs(scenarios: Sequence[ScenarioSummary]) -> str:
    """Describe how many replications two scenarios have in common."""
    counts = [len(scenario.replications) for scenario in scenarios]
    return f"{counts[0]}" if len(set(counts)) == 1 else f"at least {min(counts)}"


def _figures(content: Iterable[Any]) -> Iterator[Figure]:
    """Yield every figure in the template's variables, however nested."""
    for part in content:
        if isinstance(part, Figure):
            yield part
        elif isinstance(part, Explanation):
            yield from _figures([part.figure])
        elif isinstance(part, dict):
            yield from _figures(part.values())
        elif isinstance(part, list):
            yield from _figures(part)


def _without_line_breaks(cell: str) -> str:
    """Replace spaces before units, inside intervals and inside dates by non-breaking ones."""
    space = "\N{NO-BREAK SPACE}"
    return UNIT.sub(rf"\1{space}\2", DATE.sub(rf"\1{space}\2{space}\3{space}\4, ", cell))


def _hash(script: str) -> str:
    """Return the hash of a script for the report's Content-Security-Policy, which allows no others."""
    # Computed when the page is made, so that a change of a script cannot leave the policy behind.
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _project_sections(
    study: StoredStudy, number: int, curve: ScenarioCurve, activities: Sequence[str]
) -> dict[str, Any]:
    """Build the report sections on a scenario's median project: timeline, people, Model Rating."""
    scenario = study.summary.scenarios[number]
    replication = median_replication(scenario)
    (entry,) = (one for one in scenario.replications if one.replication == replication)
    events = study_store.events_from_table(study_store.read_events(study.folder, scenario.name, replication))
    course = curve.projects[scenario.replications.index(entry)]
    caption, headings, rows = utilisation_table(events, entry.wall_hours)
    views = draw_views_used(events, entry.wall_hours)
    resolved = study.manifest["scenarios"][number]["resolved"]
    times = step_times(events, owned_steps(resolved), entry.wall_hours)
    labels = worst_labels(scenario)
    rating, stopping = None, []
    if scenario.rating is not None:
        emergent = resolved["taxonomy"]["emergent"]
        rating = rating_over_time(course, scenario, replication, emergent=emergent)
        stopping = [[rule, *cells] for rule, cells in stopping_table(curve.projects, scenario.targets)]
    return {
        "name": scenario.name,
        "project": _with_id(
            timeline(scenario, resolved, replication, events, course.wall_hours, activities), number
        ),
        "people": {
            "caption": " ".join(filter(None, (caption, paused(scenario)))),
            "headings": headings,
            "rows": rows,
        },
        "agreement": _agreement(scenario),
        "steps": _steps(times, entry.wall_hours, number),
        "views": views and _with_id(views, number),
        "labels": labels and _with_id(labels, number),
        "rating": rating and _with_id(rating, number),
        "stopping": stopping,
    }


def _agreement(scenario: ScenarioSummary) -> dict[str, Any] | None:
    """Build the report section on agreement between annotators, with a table by label; None without."""
    found, sentence = scenario.agreement, agreement(scenario)
    if found is None or not sentence:
        return None
    alphas = found.alpha_by_label.items()
    known = sorted((alpha, name) for name, alpha in alphas if alpha is not None)
    rows = [[name, f"{alpha:.2f}"] for alpha, name in known]
    return {"sentence": sentence, "headings": ["label", "Krippendorff's alpha"], "rows": rows}


def _steps(times: Sequence[StepTime], end_hours: float, number: int) -> dict[str, Any] | None:
    """Build the report section on hand-off steps with owners; None if no step has an owner."""
    if not times:
        return None
    headings, rows = step_table(times)
    return {
        "figure": _with_id(draw_step_times(times, end_hours), number),
        "headings": headings,
        "rows": rows,
    }


def _with_id(figure: Figure, number: int) -> Figure:
    """Copy a figure with an id of its own, since several scenarios have the same figure."""
    return replace(figure, name=f"{figure.name}-{number}")


def _wall_times(scenarios: Sequence[ScenarioSummary], activities: Sequence[str]) -> list[Row]:
    return [
        (
            activity_label(activity),
            [format_elapsed(scenario.wall_time.get(activity, 0)) for scenario in scenarios],
        )
        for activity in activities
    ]


def _documents(scenarios: Sequence[ScenarioSummary]) -> list[Row]:
    corpora = [scenario.corpus for scenario in scenarios]
    return [
        ("documents", [corpus.name for corpus in corpora]),
        ("to label", [f"{corpus.documents:,}" for corpus in corpora]),
        ("to test on", [f"{corpus.test_documents:,}" for corpus in corpora]),
        ("labels", [f"{corpus.labels:,}" for corpus in corpora]),
        ("fingerprint", [corpus.fingerprint[:8] for corpus in corpora]),
    ]
