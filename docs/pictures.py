"""The pictures of the report in the README, taken of a finished study's.

`python docs/pictures.py FOLDER` takes them of the study in `FOLDER`: the article's five scenarios, and a
deadline (`--set target.deadline=72h`). Chromium has to be on the path.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from sim.reporting.html.page import REPORT

HERE = Path(__file__).parent
PICTURES = {"report-answer.png": "#answer", "report-project.png": "#project"}
"""Which section is on which."""


def main() -> None:
    """Take all pictures."""
    page = (Path(sys.argv[1]) / REPORT).resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        tab.goto(page.as_uri())
        for name, section in PICTURES.items():
            tab.locator(section).screenshot(path=HERE / name)
        browser.close()


if __name__ == "__main__":
    main()
