"""Studies whose pages are looked at, and a page as a parser sees it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from support.handmade import manifest, scenario_outcome, stored
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.results.study_store import StoredStudy
    from sim.results.summary import ScenarioOutcome


def study(folder: Path, *outcomes: ScenarioOutcome, command: str = "batch.yaml", **keys: Any) -> StoredStudy:
    """A study as its folder holds it; ``keys`` are what its scenarios' files say."""
    origin = {"command": ["simulate", command], "seed": 2021, "versions": {"python": "3.11.0"}}
    return stored(folder, *outcomes, manifest_={**manifest(*outcomes, **keys), **origin})


def by_role(names: Sequence[str]) -> tuple[ScenarioOutcome, dict[str, Any]]:
    """A scenario, really simulated, whose roles and steps have these names, and what its file says.

    Everybody works by day and owns a step; there are other work, trainings that break down, and a deadline.
    """
    other = {"every": {"exponential": {"mean": "4 working h"}}, "takes": "1 working h"}
    steps = [
        {"name": step, "owner": role, "duration": "1 h", "service": "2 working h"}
        for role, step in zip(names, reversed(names), strict=True)
    ]
    keys = {
        "start": "2026-01-05 09:00",
        "timezone": "Europe/Berlin",
        "calendars": {"office": {}},
        "team": [
            {"calendar": "office"},
            *(
                {"role": name, "calendar": "office", "shift_end": "pause", "other_work": other}
                for name in names
            ),
        ],
        "labelling": {"initial": 2, "batch": 2},
        "trainer": {"owner": names[0], "breakdowns": {"every": "5 h", "repair": "1 h", "then": "resume"}},
        "coordination": {"steps": [*steps[:1], {"name": "train"}, *steps[1:]]},
    }
    plan = scenario(**keys)
    results = [simulate_project(plan, documents([1, 2] * 3), reaches(4), number) for number in (1, 2)]
    outcome = scenario_outcome(*results, deadline_hours=100)
    return replace(outcome, start=plan.began, label_names=("the only one",)), keys


class ParsedPage(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.scripts: list[str] = []
        """Scripts that run, which data in a script element does not."""
        self._inside = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "script" and "type" not in attributes:
            self.scripts.append("")
            self._inside = "script"
        elif tag in ("script", "style"):
            self._inside = "data"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif not self._inside:
            self.text += data

    def values(self, *names: str) -> list[str]:
        """The values of attributes, whichever element has them."""
        return [value for _, found in self.elements for name, value in found.items() if name in names]
