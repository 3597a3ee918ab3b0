"""Looking at a page: as a parser sees it, and in a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = "chromium"
NOT_A_PAGE = "not an origin"
"""What Chromium notes as the origin of requests that are its own."""


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text by where it stands."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.scripts: list[str] = []
        """Scripts that run, which data in a script element does not."""
        self.legends: dict[str, list[str]] = defaultdict(list)
        """The words in the legend of each plot that is drawn."""
        self._inside = ""
        self._plot = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        classes = attributes.get("class", "").split()
        if "plot" in classes:
            self._plot = attributes["id"]
        if tag == "script" and "type" not in attributes:
            self.scripts.append("")
            self._inside = "script"
        elif tag in ("script", "style"):
            self._inside = "data"
        elif "legendtext" in classes:
            self.legends[self._plot].append("")
            self._inside = "legend"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "text"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "legend":
            self.legends[self._plot][-1] += data
        elif not self._inside:
            self.text += data

    def values(self, *names: str) -> list[str]:
        """The values of attributes, whichever element has them."""
        return [value for _, found in self.elements for name, value in found.items() if name in names]


@dataclass(frozen=True)
class Opened:
    """A page after a browser ran it."""

    page: Page
    console: list[str]
    requests: list[str]
    """Addresses that the page asked for, whether or not it got anything."""


def opened(path: Path, folder: Path) -> Opened:
    """Open a page in Chromium, which keeps what it needs in ``folder``.

    LABELSIM_REQUIRE_CHROMIUM=1 forbids to skip.
    """
    if shutil.which(CHROMIUM) is None:
        message = "no chromium on the path"
        if os.environ.get("LABELSIM_REQUIRE_CHROMIUM") == "1":
            pytest.fail(message)
        pytest.skip(message)
    log = folder / "requests.json"
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",  # which root may not have
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-first-run",
            "--enable-logging=stderr",
            f"--user-data-dir={folder}",
            f"--log-net-log={log}",
            "--virtual-time-budget=5000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=120,
    )
    events = json.loads(log.read_text("utf-8"))["events"]
    requests = [
        event["params"]["url"]
        for event in events
        if "url" in event.get("params", {}) and event["params"].get("initiator", NOT_A_PAGE) != NOT_A_PAGE
    ]
    console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
    return Opened(Page(done.stdout), console, requests)
