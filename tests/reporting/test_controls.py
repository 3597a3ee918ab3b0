"""What a reader can do with the page: choose an axis, see single projects, sort, and take the data away."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.reporting.html.page import write_report
from sim.results import study_store
from support.browser import chromium
from support.handmade import replication, scenario_outcome
from support.pages import study

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

FORMULA = "=1+1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("controls")
    study(
        folder,
        scenario_outcome(*(replication(0.5, 0.9, name="Batch", hours=50, number=i) for i in range(2))),
        scenario_outcome(*(replication(0.6, 0.7, 0.9, name=FORMULA, hours=9, number=i) for i in range(2))),
        scenario_outcome(*(replication(0.5, name="Never", hours=100, number=i) for i in range(2))),
    )
    return folder


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(write_report(folder).as_uri())
        yield page


@pytest.fixture
def page(opened: Page) -> Page:
    """As it is when it was just opened, its first plot drawn."""
    opened.reload()
    opened.locator("#map-wall-hours").scroll_into_view_if_needed()
    opened.locator("#map-wall-hours .scatterlayer .trace").first.wait_for()
    return opened


def test_another_axis_takes_the_place_of_the_one_that_was_shown(page: Page) -> None:
    shown, other = page.locator("#map-wall-hours"), page.locator("#map-labelled-documents")
    assert shown.is_visible()
    assert not other.is_visible()
    page.get_by_role("radio", name="labelled documents").check()
    assert not shown.is_visible()
    assert other.locator("svg.main-svg").first.is_visible()


def test_single_projects_are_shown_on_demand_and_hidden_again(page: Page) -> None:
    def curves() -> int:
        return page.locator("#map-wall-hours .scatterlayer .trace").count()

    before, box = curves(), page.locator("[data-on-demand='map-wall-hours']")
    box.check()
    assert curves() == before + 3
    box.uncheck()
    assert curves() == before


def test_a_table_is_sorted_by_number_with_what_was_not_reached_at_the_end(page: Page) -> None:
    table = page.locator("#answer table").first
    heading = table.get_by_role("columnheader", name="wall time P50")

    def names() -> list[str]:
        return table.locator("tbody th").all_inner_texts()

    assert names() == ["Batch", FORMULA, "Never"]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert names() == [FORMULA, "Batch", "Never"]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names() == ["Batch", FORMULA, "Never"]


def test_the_data_of_a_figure_is_what_the_study_holds_and_no_formula(page: Page, folder: Path) -> None:
    with page.expect_download() as download:
        page.locator("[data-csv='map-wall-hours']").click()
    assert download.value.suggested_filename == "map-wall-hours.csv"
    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    own = [row for row in rows if row["what"] == f"'{FORMULA}"]
    mean = [(24 * float(row["wall time (days)"]), float(row["MAP"])) for row in own]
    assert np.allclose(mean, [(9, 0.6), (18, 0.7), (27, 0.9)])
    curve = study_store.read_study(folder).curve.to_pylist()
    assert mean[-1][0] == pytest.approx(max(row["wall_hours"] for row in curve if row["scenario"] == FORMULA))


def test_no_cell_is_a_formula_in_full_width_or_after_blanks_either(page: Page) -> None:
    formulas = ["=1+1", "\uff1d1+1", "\uff20SUM(A1)", "\u00a0+1", "\u3000\uff0d1"]
    assert page.evaluate("words => words.map(cell)", formulas) == [f'"\'{word}"' for word in formulas]
    assert page.evaluate("words => words.map(cell)", ["a=b", "x - y"]) == ['"a=b"', '"x - y"']


def test_a_figure_is_kept_as_a_picture(page: Page) -> None:
    with page.expect_download() as download:
        page.locator("[data-png='wall-time']").click()
    assert download.value.suggested_filename == "wall-time.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
