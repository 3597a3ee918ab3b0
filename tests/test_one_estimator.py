"""One figure for one thing: what terminal, ``summary.json`` and report show of one study is compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.reporting.html.page import render
from sim.reporting.shared_text import bottleneck, format_ratio, headline_metrics
from sim.reporting.terminal import new_console, show_study
from sim.results.metrics import BY_NAME
from sim.results.summary import Caution
from support.handmade import outcome_of_hours, scenario_outcome
from support.pages import ParsedPage, study
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.results.summary import ScenarioOutcome, StudySummary

SLOW = (215.1, 269.4, 215.1, 215.1, 269.4, 323.4)
FAST = (20, 26, 24, 22, 25, 21)
NOISY = (150, 410, 190, 310, 205, 260)
FIGURES = {"P50": "median", "P80": "p80", "mean": "mean"}
RATIO = re.compile(r"(\d[\d.,]*)[×x](?!\w)")


class Cells(HTMLParser):
    """The rows of all tables of a page, as text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data.replace("\N{NO-BREAK SPACE}", " ").strip()


@dataclass(frozen=True)
class Shown:
    """A study as its three outputs have it."""

    summary: StudySummary
    terminal: str
    page: str

    @property
    def terminal_rows(self) -> list[list[str]]:
        return [re.split(r"\s{2,}", line.strip()) for line in self.terminal.split("\n")]

    @property
    def page_rows(self) -> list[list[str]]:
        return Cells(self.page).rows

    @property
    def page_text(self) -> str:
        return ParsedPage(self.page).text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(name="shown")
def _shown(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """What is shown of scenarios, whose files say ``keys``; the terminal has 120 columns."""
    monkeypatch.setenv("COLUMNS", "120")

    def show_all(*outcomes: ScenarioOutcome, **keys: Any) -> Shown:
        found = study(tmp_path_factory.mktemp("study"), *outcomes, **keys)
        show_study(new_console(), found)
        return Shown(found.summary, capsys.readouterr().out, render(found))

    return show_all


def by_metric(rows: Iterable[Sequence[str]]) -> dict[tuple[str, str], list[str]]:
    """The cells of each figure of each metric: its first row names it, those below have the figure alone."""
    found: dict[tuple[str, str], list[str]] = {}
    metric = ""
    for heading, *cells in rows:
        title, _, figure = heading.rpartition(", ")
        if figure == "P50":
            metric = title
        if metric and (figure or title) in {*FIGURES, "times faster (95 % CI)"}:
            found.setdefault((metric, figure), list(cells))
    return found


def written(summary: StudySummary, name: str, figure: str) -> list[str]:
    """A figure of each scenario's aggregate as it is to stand in tables."""
    return [
        BY_NAME[name].format(getattr(one.aggregate[name], FIGURES[figure])).strip()
        for one in summary.scenarios
    ]


def test_every_figure_of_the_answer_is_that_of_the_summary(shown: Any) -> None:
    found = shown(
        outcome_of_hours(*SLOW, name="Slow"),
        outcome_of_hours(*FAST, name="Fast"),
        outcome_of_hours(*NOISY, name="Noisy"),
    )
    for rows in map(by_metric, (found.terminal_rows, found.page_rows)):
        for name in headline_metrics(found.summary.scenarios):
            metric = BY_NAME[name]
            for figure in ("P50",) if metric.share else FIGURES:
                assert rows[metric.title, figure] == written(found.summary, name, figure), (name, figure)
    for one in found.summary.scenarios:
        hours = {row.wall_hours for row in one.replications}
        assert {getattr(one.wall, figure) for figure in ("median", "p80", "p90")} <= hours


def test_there_is_one_ratio_for_a_pair(shown: Any) -> None:
    """The ratio of medians would be 9.35, that of means and of mean curves 10.9; paired it is 10.8."""
    found = shown(outcome_of_hours(*SLOW, name="Slow"), outcome_of_hours(*FAST, name="Fast"))
    (compared,) = (one for one in found.summary.comparisons if one.metric == "wall_hours")
    paired = np.exp(np.mean(np.log(np.array(SLOW) / np.array(FAST))))
    assert compared.ratio == pytest.approx(paired)
    ratio = format_ratio(compared.ratio)
    cell = f"{ratio} ({'–'.join(format_ratio(end).removesuffix('×') for end in compared.ci95)})"
    assert by_metric(found.terminal_rows)["wall time", "times faster (95 % CI)"] == [cell]
    assert any(cell in row for row in found.page_rows)
    assert f"Fast against Slow, time to 80 % MAP: {ratio} faster (95 % CI " in found.page_text
    assert {one.replace(",", "") for one in RATIO.findall(found.terminal + found.page_text)} == {
        ratio.removesuffix("×")
    }


def test_a_ratio_whose_interval_holds_1_is_nowhere_a_difference(shown: Any) -> None:
    found = shown(outcome_of_hours(*SLOW, name="Slow"), outcome_of_hours(*NOISY, name="Noisy"))
    (compared,) = (one for one in found.summary.comparisons if one.metric == "wall_hours")
    assert compared.ci95[0] < 1 < compared.ci95[1]
    assert compared.measurable is False
    said = "no measurable difference"
    assert by_metric(found.terminal_rows)["wall time", "times faster (95 % CI)"] == [said]
    assert f"Noisy against Slow, time to 80 % MAP: {said};" in found.page_text
    assert not RATIO.findall(found.terminal + found.page_text)


def test_how_often_one_is_faster_is_the_share_of_the_comparisons(shown: Any) -> None:
    found = shown(outcome_of_hours(*SLOW, name="Slow"), outcome_of_hours(*NOISY, name="Noisy"))
    (compared,) = (one for one in found.summary.comparisons if one.metric == "wall_hours")
    assert f"{100 * compared.sooner.share:.0f} %" == "67 %"
    assert ["Noisy", "67 %", ""] in found.page_rows


def test_the_mean_of_wall_time_is_one_number_wherever_it_is_named(shown: Any) -> None:
    found = shown(outcome_of_hours(*SLOW, name="Slow"))
    (one,) = found.summary.scenarios
    mean = BY_NAME["wall_hours"].format(one.wall.mean)
    assert sum(one.wall_time.values()) == pytest.approx(one.wall.mean)
    assert f"Mean wall time: {mean} (95 % CI " in found.terminal
    assert f"of {mean} on average" in bottleneck(one)
    assert f"Simulated, on average: {mean}" in found.page_text
    (certain,) = (row[1] for row in found.page_rows if row[0] == "mean wall time (95 % CI)")
    assert certain.startswith(f"{mean} (")


def test_few_replications_are_a_caution_in_all_three(shown: Any) -> None:
    found = shown(outcome_of_hours(*SLOW, name="Slow"))
    assert found.summary.cautions == [Caution(kind="few_replications", replications=6, enough=30)]
    said = "6 simulated projects: P80 and intervals are rough; use --replications 30 or more for decisions."
    assert said in found.terminal
    assert said in found.page_text
    enough = shown(outcome_of_hours(*range(200, 220), name="Slow"))
    assert enough.summary.cautions == []
    assert "are rough" not in enough.terminal + enough.page_text


def test_the_documents_of_a_project_are_those_of_the_model_that_reached_the_target(shown: Any) -> None:
    """People label on while that model is trained: those documents are counted under another name."""
    keys: dict[str, Any] = {
        "labelling": {"initial": 20, "batch": 10},
        "trainer": {"duration": "2 min", "trigger": "continuous"},
        "coordination": {"steps": "none"},
    }
    plan = scenario(**keys)
    pool = documents([1, 2] * 300)
    results = [simulate_project(plan, pool, reaches(100), number) for number in (1, 2, 3)]
    ids = [f"{row}" for row in range(600)]
    outcome = replace(scenario_outcome(*results), label_names=("the only one",), document_ids=ids)
    found = shown(outcome, **keys)
    (one,) = found.summary.scenarios
    (typical,) = (row for row in one.replications if f"Replication {row.replication} of" in found.page)
    reached, labelled = typical.labelled_documents, typical.metrics["labelled_at_publish"]
    assert reached < labelled
    assert f"with {reached} documents" in found.page_text
    heading = next(row for row in found.page_rows if "documents by then" in row)
    person = next(row for row in found.page_rows if row[0] == "SME 1")
    assert person[heading.index("documents by then")] == str(labelled)
    assert not re.search(rf"\b{labelled} documents", found.page_text)
