"""The page: what a planner hands to those who decide."""

from __future__ import annotations

import shlex
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.files import write_atomically
from sim.report.curves import scenario_curves
from sim.report.learning import gap, learning_curves
from sim.report.wall_time import wall_time
from sim.results import store
from sim.results.differences import differences
from sim.results.tables import answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sim.report.curves import ScenarioCurve
    from sim.report.figure import Figure
    from sim.results.store import StoredStudy

REPORT = "report.html"


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
    from plotly.offline import get_plotlyjs

    scenarios = study.summary["scenarios"]
    resolved = [scenario["resolved"] for scenario in study.manifest["scenarios"]]
    title, rows = answer(study.summary)
    scripts = [get_plotlyjs(), files("sim.report").joinpath("page.js").read_text("utf-8")]
    environment = Environment(
        loader=PackageLoader("sim.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        names=[scenario["name"] for scenario in scenarios],
        scenarios=scenarios,
        warnings=list(dict.fromkeys(note for scenario in scenarios for note in scenario["corpus"]["notes"])),
        stand_ins=[scenario["name"] for scenario in scenarios if scenario["corpus"]["stand_in"]],
        title=title,
        rows=rows,
        differences=differences(resolved) if len(resolved) > 1 else {},
        figures=_figures(study),
        activities=dict.fromkeys(activity for scenario in scenarios for activity in scenario["wall_time"]),
        simplifications=_simplifications(resolved),
        manifest=study.manifest,
        command=shlex.join(study.manifest["command"]),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
    )


def _hash(script: str) -> str:
    """A script as a Content-Security-Policy names it: no other runs, wherever a name came from."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _figures(study: StoredStudy) -> list[Figure]:
    """The article's four plots, of which the last two need two scenarios, and the breakdown."""
    curves = scenario_curves(study)
    drawn = [learning_curves(curves, axis) for axis in ("labelled_documents", "active_hours")]
    if len(curves) > 1:
        pair = [curves[0], _furthest(curves)]
        drawn += [gap(pair, axis) for axis in ("active_hours", "wall_hours")]
    else:
        drawn.append(learning_curves(curves, "wall_hours"))
    return [*drawn, wall_time(study.summary["scenarios"])]


def _furthest(curves: Sequence[ScenarioCurve]) -> ScenarioCurve:
    """The scenario that differs most from the baseline in wall time; the last where none crosses."""
    baseline = curves[0].crossing("wall_hours")

    def factor(curve: ScenarioCurve) -> float:
        hours = curve.crossing("wall_hours")
        return max(baseline / hours, hours / baseline) if baseline and hours else 0

    return max(reversed(curves[1:]), key=factor)


def _simplifications(resolved: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is simplified in these scenarios, for those who stake a budget on them."""
    said = [
        "Times per annotation are medians used as if they were means; real sums are higher.",
        "People are always there, never tire and make no mistakes; the clock runs day and night.",
    ]
    if any(scenario["learner"]["preset"] == "article" for scenario in resolved):
        said.append(
            "The learner preset “article” is slow on purpose: its penalty was calibrated, on test documents, "
            "such that random sampling of Reuters crosses 80 % MAP where the article's model does."
        )
    if any(scenario["coordination"]["steps"] == "nine_steps" for scenario in resolved):
        said.append(
            "The article's 48 h of a round trip are divided into 6 h for each of eight steps, which is "
            "our choice."
        )
    if any(scenario["labelling"]["strategy"] == "model_rating" for scenario in resolved):
        said.append("The Model Rating's factors are the article's; how they are weighted is not published.")
    return said
