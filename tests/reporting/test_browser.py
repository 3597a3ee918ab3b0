"""The page in a browser: drawn, fit for any window and for paper, open to everybody, and closed to names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import pytest

from sim.core.activities_and_costs import Rates
from sim.reporting.html.page import write_report
from sim.reporting.shared_text import headline_metrics
from sim.results import study_store
from sim.results.metrics import BY_NAME
from support.browser import NARROW, PAPER, WIDE, chromium, violations, visit
from support.handmade import FACTS, replication, scenario_outcome
from support.pages import by_role, study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

    from sim.results.summary import ScenarioOutcome
    from support.browser import Scheme, Seen

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
NAMES = (
    SCRIPT,
    "=cmd|'/c calc'!A1",
    "مشروع שלום",
    "N" * 500,
    "</script><img src=x onerror=alert(2)>",
    "$5 and $10",
    "<a href='http://x'>i</a> <b>bold</b>",  # which Plotly would draw as a link, and in bold
)
LONGEST = 100
"""How many letters the name of a scenario or of a step may have; a corpus's may have more."""
FIRST_LINE = 20
"""Letters of a name, at least, that a plot shows however long it is."""
STUDIES = ("two", "priced", "hostile", "roles", "many")
HARMLESS = {"Download plot as a PNG", "Zoom", "Pan", "Zoom in", "Zoom out", "Autoscale", "Reset axes"}


def two() -> list[ScenarioOutcome]:
    """A baseline whose mean, P50 and P80 differ; a scenario of generated documents that may not get there."""
    batch = [(50, 1), (60, 2), (100, 4)]
    return [
        scenario_outcome(
            *(
                replication(0.5, 0.7, 0.9, hours=hours, labelling=labelling, name="Batch", number=number)
                for number, (hours, labelling) in enumerate(batch)
            )
        ),
        scenario_outcome(
            replication(0.5, 0.9, hours=5, name="Quick", number=0),
            replication(0.5, 0.9, hours=7, name="Quick", number=1),
            replication(0.5, 0.6, hours=5, name="Quick", number=2),
            facts=replace(FACTS, stand_in=True, notes=("No test document carries merger.",)),
        ),
    ]


def priced() -> list[ScenarioOutcome]:
    """Scenarios with all that an answer may show: dates, costs in millions, a deadline, long names."""
    hours = {"Support tickets": 150, "Two more people and a tool that was bought": 5, "N" * LONGEST: 2_150}
    return [
        replace(
            scenario_outcome(
                *(
                    replace(
                        replication(0.5, 0.9, hours=each + number, labelling=1, name=name, number=number),
                        rates=Rates(labelling=1_234_567.89),
                    )
                    for number in range(2)
                ),
                deadline_hours=1_344,
            ),
            currency="EUR",
            start=datetime(2026, 1, 12, 9, tzinfo=UTC),
        )
        for name, each in hours.items()
    ]


def hostile() -> list[ScenarioOutcome]:
    """Scenarios, steps, corpora and what is said of these: all are named with ill intent."""
    return [
        scenario_outcome(
            *(
                replication(0.5, 0.9, hours=hours, name=name[:LONGEST], number=number, step=step[:LONGEST])
                for number, hours in enumerate([10, 20])
            ),
            facts=replace(FACTS, name=corpus, stand_in=True, notes=(f"No test document carries {corpus}.",)),
        )
        for name, step, corpus in zip(NAMES, _rotated(1), _rotated(2), strict=True)
    ]


def many() -> list[ScenarioOutcome]:
    """More scenarios than there is room for side by side."""
    return [
        scenario_outcome(
            *(replication(0.5, 0.9, hours=5 + row, name=f"Scenario {row}", number=i) for i in range(2))
        )
        for row in range(50)
    ]


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes the page of a study, once."""
    outcome, keys = by_role([name[:LONGEST] for name in NAMES])
    named = replace(outcome, corpus=replace(FACTS, name=NAMES[3]))

    def write(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        match name:
            case "two":
                study(folder, *two())
            case "priced":
                study(folder, *priced())
            case "hostile":
                study(folder, *hostile(), command=SCRIPT)
            case "roles":
                study(folder, named, **keys)
            case "many":
                study(folder, *many())
        return write_report(folder)

    return cache(write)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all; of a module, since others could run no event loop while it is open."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def visited(browser: Browser, page_of: Callable[[str], Path]) -> Callable[[str], Seen]:
    """Visits the page of a study, once."""
    return cache(lambda name: visit(browser, page_of(name)))


@pytest.fixture(params=STUDIES)
def seen(request: pytest.FixtureRequest, visited: Callable[[str], Seen]) -> Seen:
    """What is to be seen of a study's page."""
    return visited(request.param)


class TestEveryStudy:
    def test_every_plot_is_drawn(self, seen: Seen) -> None:
        assert seen.plots
        assert [name for name, words in seen.plots.items() if not words] == []

    def test_it_asks_nobody_for_anything_and_has_nothing_to_complain_of(self, seen: Seen) -> None:
        assert list(seen.requests) == []
        assert list(seen.console) == []

    def test_no_window_is_too_narrow(self, seen: Seen) -> None:
        assert {width: wide for width, wide in seen.widths.items() if wide > width} == {}

    def test_no_table_of_the_answer_is_clipped_nor_one_of_many_columns_on_a_phone(self, seen: Seen) -> None:
        assert {width: tables for width, tables in seen.clipped.items() if tables} == {}

    def test_it_prints_and_fits_on_the_paper(self, seen: Seen) -> None:
        assert seen.printed.pdf.startswith(b"%PDF-")
        assert seen.printed.width <= PAPER[0]

    def test_no_figure_is_cut_by_the_end_of_a_sheet(self, seen: Seen) -> None:
        assert seen.printed.heights
        assert {
            name: high for name, high in seen.printed.heights.items() if high is None or high > PAPER[1]
        } == {}

    def test_no_button_sends_a_figure_away(self, seen: Seen) -> None:
        assert set(seen.buttons) <= HARMLESS

    def test_its_policy_lets_in_no_other_script_and_asks_for_nothing(self, seen: Seen) -> None:
        assert set(seen.refused) == {"script-src-elem", "img-src", "connect-src"}


@pytest.mark.parametrize("seen", ["two"], indirect=True)
def test_the_tables_say_what_the_summary_holds(seen: Seen, page_of: Callable[[str], Path]) -> None:
    scenarios = study_store.read_study(page_of("two").parent).summary.scenarios
    shown = []
    for name, title in headline_metrics(scenarios).items():
        shown.append((name, "median", f"{title}, P50"))
        if not BY_NAME[name].share:
            shown += [(name, "p80", "P80"), (name, "mean", "mean")]
    for scenario in scenarios:
        for name, figure, heading in shown:
            cells = [cell.text for cell in seen.cells if {scenario.name, heading} <= {*cell.headings}]
            value = getattr(scenario.aggregate[name], figure)
            assert any(_says(cell, value) for cell in cells), (scenario.name, name, figure, value, cells)


@pytest.mark.parametrize("seen", ["roles"], indirect=True)
def test_a_project_of_calendars_shows_dates_and_hours_off_shift(seen: Seen) -> None:
    assert "off shift" in seen.plots["project-0"]
    assert "Tue 6 Jan" in seen.plots["project-0"]
    assert "owner off shift" in seen.plots["steps-0"]
    on = [cell.text for cell in seen.cells if "P80, on" in cell.headings]
    assert on
    assert all(re.fullmatch(r"[A-Z][a-z]{2} \d{1,2} Jan 2026, \d\d:\d\d", text) for text in on)


@pytest.mark.parametrize("seen", ["hostile", "roles"], indirect=True)
class TestNames:
    """What a parser takes for text Plotly might take for HTML, so they are looked at once drawn."""

    @pytest.mark.parametrize("name", NAMES)
    def test_they_are_shown_as_they_are(self, seen: Seen, name: str) -> None:
        assert _without_spaces(name) in _without_spaces(seen.text)
        first = name if len(name) <= LONGEST else name[:FIRST_LINE]
        assert _without_spaces(first) in _without_spaces("".join(seen.plots.values()))

    def test_they_do_nothing(self, seen: Seen) -> None:
        assert list(seen.injected) == []
        assert list(seen.dialogs) == []


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("two", [("light", NARROW), ("dark", WIDE)]),
        ("priced", [("dark", NARROW), ("light", WIDE)]),
        ("roles", [*product(("light", "dark"), (NARROW, WIDE))]),
    ],
)
def test_axe_finds_nothing_wrong(
    browser: Browser, page_of: Callable[[str], Path], name: str, looks: Sequence[tuple[Scheme, int]]
) -> None:
    found = violations(browser, page_of(name), looks)
    assert not found, "\n".join(found)


def _rotated(by: int) -> tuple[str, ...]:
    return NAMES[by:] + NAMES[:by]


def _says(cell: str, value: float | None) -> bool:
    """Whether a cell shows a value as precisely as it shows any, or no number where there is none."""
    number = re.search(r"\d[\d,]*(?:\.(\d+))?", cell)
    if number is None or value is None:
        return number is None and value is None
    units = {"%": 100 * value, "days": value / 24, "weeks": value / 168}
    shown = next((amount for unit, amount in units.items() if unit in cell), value)
    return number[0] == f"{shown:,.{len(number[1] or '')}f}"


def _without_spaces(text: str) -> str:
    return "".join(text.split())
