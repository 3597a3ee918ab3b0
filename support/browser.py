"""A page as it is met: in Chromium, driven by Playwright, with no network."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser, Dialog, Page

    Scheme = Literal["light", "dark"]

CHROMIUM = "chromium"
WIDTHS = (360, 375, 600, 768, 1024, 1280, 1440, 1920)
"""Telephones, tablets, laptops and a desk's screen, in pixels."""
HEIGHT = 800
NARROW, WIDE = 375, 1280
PAPER = (680, 1009)
"""A4 within margins of 15 mm, in pixels of which 96 are an inch."""

SHOW = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  for (const part of document.querySelectorAll("details")) part.open = true;
  const chosen = [...document.querySelectorAll("input[type=radio]:checked")];
  const choices = [...document.querySelectorAll("input[type=radio]")];
  for (const choice of [...choices, ...chosen]) choice.click();
  const patience = performance.now() + 5000;
  for (const plot of document.querySelectorAll(".plot")) {
    plot.scrollIntoView({ behavior: "instant" });
    while (!plot.querySelector("svg") && performance.now() < patience) await pause(20);
  }
  await pause(100);
}"""
"""Opens what is closed, makes every choice once, and scrolls to each plot until it is drawn."""

LOOK = """() => {
  const words = (element) => element.textContent.replaceAll(/\\s+/g, " ").trim();
  const headings = (cell) => {
    const rows = [...cell.closest("table").querySelectorAll("thead tr")];
    const above = rows.map((row) => row.cells[cell.cellIndex]).filter(Boolean);
    return [...cell.parentElement.querySelectorAll("th"), ...above].map(words);
  };
  const foreign = (element) => element.tagName !== "SCRIPT" || element.textContent === "alert(1)";
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    text: document.body.innerText,
    plots: Object.fromEntries(all(".plot").map((plot) =>
      [plot.id, [...plot.querySelectorAll("svg")].map((svg) => svg.textContent).join("")])),
    cells: all("tbody td").map((cell) => [headings(cell), words(cell)]),
    injected: all("[src], [onerror], .plot a, script").filter(foreign).map((element) => element.outerHTML),
    buttons: all("[data-title]").map((button) => button.dataset.title),
  };
}"""

MEASURE = """async () => {
  const page = document.documentElement;
  const patience = performance.now() + 1000; // Plotly follows a window's width a moment later
  while (page.scrollWidth > innerWidth && performance.now() < patience) {
    await new Promise((done) => setTimeout(done, 20));
  }
  return page.scrollWidth;
}"""

CLIPPED = """() => [...document.querySelectorAll("#answer .wide" + (innerWidth < 640 ? ", .crowded" : ""))]
  .filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => box.innerText)"""

KEPT_WHOLE = """() => {
  const height = (element) => {
    while (element && !getComputedStyle(element).breakInside.startsWith("avoid")) {
      element = element.parentElement;
    }
    return element && element.getBoundingClientRect().height;
  };
  const visible = [...document.querySelectorAll(".plot")].filter((plot) => plot.checkVisibility());
  return Object.fromEntries(visible.map((plot) => [plot.id, height(plot)]));
}"""

BREAK_IN = """async () => {
  const refused = new Set();
  addEventListener("securitypolicyviolation", (event) => refused.add(event.effectiveDirective));
  const script = document.createElement("script");
  script.textContent = "globalThis.brokenIn = true";
  const image = document.createElement("img");
  image.src = "https://labelsim.invalid/image";
  document.body.append(script, image);
  await fetch("https://labelsim.invalid/data").catch(() => {});
  await new Promise((done) => setTimeout(done, 100));
  return globalThis.brokenIn ? [] : [...refused];
}"""

VIOLATIONS = """async () => {
  const found = await axe.run({ resultTypes: ["violations"] });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 200)}`));
}"""


@dataclass(frozen=True)
class Cell:
    """A cell of a table's body with the headings of its row and its column."""

    headings: Sequence[str]
    text: str


@dataclass(frozen=True)
class Printed:
    """A page on paper."""

    pdf: bytes
    width: int
    """How wide it is, of what the paper has room for."""
    heights: Mapping[str, float | None]
    """How high what is kept whole around each plot is, None where nothing is."""


@dataclass(frozen=True)
class Seen:
    """What is to be seen of a page of which everything was shown."""

    text: str
    plots: Mapping[str, str]
    """The words in each plot, of which one that is not drawn has none."""
    cells: Sequence[Cell]
    injected: Sequence[str]
    """Elements that no page of ours has: they load something, or stem from a name."""
    buttons: Sequence[str]
    """What the buttons on the plots say."""
    widths: Mapping[int, int]
    """How wide the page is in a window that is so wide."""
    clipped: Mapping[int, Sequence[str]]
    """Tables of the answer that are cut off in a window that is so wide; any of many columns on a phone."""
    printed: Printed
    console: Sequence[str]
    """Whatever the page or the browser had to say."""
    requests: Sequence[str]
    """Addresses that the page asked for, whether or not it got anything."""
    dialogs: Sequence[str]
    refused: Sequence[str]
    """The directives of the policy that stopped a script and two requests, put into the page at last."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that is on the path: none is ever downloaded.

    LABELSIM_REQUIRE_CHROMIUM=1 forbids to skip.
    """
    path = shutil.which(CHROMIUM)
    if path is None:
        message = f"no {CHROMIUM} on the path"
        if os.environ.get("LABELSIM_REQUIRE_CHROMIUM") == "1":
            pytest.fail(message)
        pytest.skip(message)
    arguments = [
        "--no-sandbox",  # which root may not have
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=arguments) as browser,
    ):
        yield browser


def visit(browser: Browser, path: Path) -> Seen:
    """Open a page and see all of it, in windows of every width and on paper."""
    console: list[str] = []
    requests: list[str] = []
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with _tab(browser) as page:
        page.on("console", lambda message: console.append(message.text))
        page.on("pageerror", lambda error: console.append(error.message))
        page.on("request", lambda request: requests.append(request.url))
        page.on("dialog", dismiss)
        page.goto(path.as_uri())
        page.evaluate(SHOW)
        looked = page.evaluate(LOOK)
        widths, clipped = {}, {}
        for width in WIDTHS:
            widths[width] = _width(page, width)
            clipped[width] = page.evaluate(CLIPPED)
        return Seen(
            text=looked["text"],
            plots=looked["plots"],
            cells=[Cell(*cell) for cell in looked["cells"]],
            injected=looked["injected"],
            buttons=looked["buttons"],
            widths=widths,
            clipped=clipped,
            printed=_printed(page),
            # As it is by now: the last step is an intrusion, of which the browser has much to say.
            console=tuple(console),
            requests=tuple(url for url in requests if url != path.as_uri()),
            dialogs=tuple(dialogs),
            refused=page.evaluate(BREAK_IN),
        )


def violations(browser: Browser, path: Path, looks: Iterable[tuple[Scheme, int]]) -> list[str]:
    """What axe finds wrong with a page for people who see, hear or point in other ways than most.

    It is looked at in these colour schemes and windows.
    """
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    found = []
    with _tab(browser) as page:
        page.goto(path.as_uri())
        page.evaluate(SHOW)
        page.evaluate(axe)
        for scheme, width in looks:
            page.emulate_media(color_scheme=scheme)
            _width(page, width)
            found += [f"{scheme}, {width}: {violation}" for violation in page.evaluate(VIOLATIONS)]
    return found


@contextmanager
def _tab(browser: Browser) -> Iterator[Page]:
    """A window of a browser that knows nothing of any other, and has no network."""
    with browser.new_context(viewport={"width": 1280, "height": HEIGHT}, offline=True) as context:
        yield context.new_page()


def _width(page: Page, width: int, height: int = HEIGHT) -> int:
    """How wide a page is in a window that is so wide: more if it scrolls sideways."""
    page.set_viewport_size({"width": width, "height": height})
    return int(page.evaluate(MEASURE))


def _printed(page: Page) -> Printed:
    pdf = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return Printed(pdf, _width(page, *PAPER), page.evaluate(KEPT_WHOLE))
