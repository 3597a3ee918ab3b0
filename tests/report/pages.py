"""Studies whose pages are looked at, and a page as a parser sees it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from tests.handmade import manifest, stored

if TYPE_CHECKING:
    from pathlib import Path

    from sim.results.outcome import ScenarioOutcome
    from sim.results.store import StoredStudy


def study(folder: Path, *outcomes: ScenarioOutcome, command: str = "batch.yaml") -> StoredStudy:
    """A study as its folder holds it."""
    origin = {"command": ["simulate", command], "seed": 2021, "versions": {"python": "3.11.0"}}
    return stored(folder, *outcomes, manifest_={**manifest(*outcomes), **origin})


class Page(HTMLParser):
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
