"""The page: right, safe to open whatever names it shows, and complete without a network."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from plotly.offline import get_plotlyjs_version

from sim.reporting.html.page import REPORT, render
from support.commands import simulate
from support.handmade import FACTS, replication, scenario_outcome
from support.pages import ParsedPage, study

if TYPE_CHECKING:
    from pathlib import Path

    from sim.annotation.consensus_and_agreement import Agreement
    from sim.results.study_store import StoredStudy
    from sim.results.summary import ScenarioOutcome

SCRIPT = "<script>alert(1)</script>"
ENDING = "</script><img src=x onerror=alert(2)> & $5 \"or\" '$10'"


def scenario(
    name: str = "Batch",
    *maps: float,
    hours: float = 50,
    step: str = "merge",
    corpus: str = "tickets",
    stand_in: bool = False,
    notes: tuple[str, ...] = (),
    decisions: tuple[str, ...] = (),
) -> ScenarioOutcome:
    """Two replications of a project that has a model every ``hours``."""
    facts = replace(FACTS, name=corpus, stand_in=stand_in, notes=notes, decisions=decisions)
    return scenario_outcome(
        *(
            replication(*(maps or (0.5, 0.7, 0.9)), hours=hours, name=name, number=number, step=step)
            for number in range(2)
        ),
        facts=facts,
    )


def named(folder: Path, one: str, two: str) -> StoredStudy:
    """A study of two scenarios in which everything that has a name is called ``one`` or ``two``."""
    return study(
        folder,
        scenario(one, step=two, corpus=one, notes=(f"No test document carries {two}.",)),
        scenario(two, 0.9, hours=5, step=one),
        command=one,
    )


def policy(page: ParsedPage) -> dict[str, list[str]]:
    """The directives of the page's Content-Security-Policy."""
    (content,) = [found["content"] for _, found in page.elements if "http-equiv" in found]
    directives = (directive.split() for directive in content.split(";"))
    return {name: values for name, *values in directives}


def test_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    harmless = ParsedPage(render(named(tmp_path / "harmless", "Alpha", "Omega")))
    page = ParsedPage(render(named(tmp_path / "hostile", SCRIPT, ENDING)))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert page.text.count(SCRIPT) == harmless.text.count("Alpha") > 0
    assert page.text.count(ENDING) == harmless.text.count("Omega") > 0


def test_what_was_decided_in_reading_documents_is_listed_beside_them(tmp_path: Path) -> None:
    decisions = (f"Labels are separated by '{SCRIPT}' (7 rows, 3 labels).", "2 blank rows are left out.")
    page = ParsedPage(render(study(tmp_path, scenario(decisions=decisions))))

    assert "How tickets was read:" in page.text
    assert all(decision in page.text for decision in decisions)
    assert not any("alert" in content for content in page.scripts)


def test_agreement_is_told_label_by_label_and_labels_are_text(tmp_path: Path) -> None:
    """Two people who agree on three documents of four, and of one label always."""
    outcome = scenario()
    told: Agreement = {
        "people": 2,
        "documents": 4,
        "unanimous": 0.75,
        "alpha": 0.8,
        "kappa": 0.8,
        "alpha_by_label": [0.61, *[1.0] * (len(outcome.label_names) - 1)],
    }
    measures = [replace(one, agreement=told) for one in outcome.measures]
    names = [SCRIPT, *list(outcome.label_names)[1:]]
    page = ParsedPage(render(study(tmp_path, replace(outcome, measures=measures, label_names=names))))
    assert "2 people labelled each document, and put the same labels on 75 % of them" in page.text
    assert f"least on {SCRIPT} (0.61)" in page.text
    assert not any("alert" in content for content in page.scripts)


def test_nothing_is_loaded_and_only_the_pages_own_scripts_may_run(tmp_path: Path) -> None:
    page = ParsedPage(render(study(tmp_path, scenario())))
    assert page.values("src", "srcset", "action", "data", "poster", "ping") == []
    assert all(href.startswith("#") for href in page.values("href"))
    allowed = policy(page)
    assert allowed["default-src"] == allowed["base-uri"] == allowed["form-action"] == ["'none'"]
    assert allowed["script-src"] == [
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in page.scripts
    ]
    assert set(allowed["img-src"]) == {"data:", "blob:"}  # of which a figure is made that is saved
    assert set(allowed) == {"default-src", "base-uri", "form-action", "script-src", "img-src", "style-src"}


def test_the_page_draws_with_the_version_that_plotly_makes_figures_for(tmp_path: Path) -> None:
    plotly, _ = ParsedPage(render(study(tmp_path, scenario()))).scripts
    assert plotly.startswith(f"/**\n* plotly.js (basic - minified) v{get_plotlyjs_version()}\n")


@pytest.mark.slow
def test_the_same_study_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    expected = render(study(tmp_path, scenario(), scenario("Quick", 0.9, hours=5))).encode()
    assert simulate("report", tmp_path, PYTHONHASHSEED="1").returncode == 0
    assert (tmp_path / REPORT).read_bytes() == expected


class TestStandIn:
    def test_it_is_said_before_anything_else(self, tmp_path: Path) -> None:
        page = ParsedPage(render(study(tmp_path, scenario(stand_in=True, notes=("No Reuters here.",)))))
        said = page.text.split("time to value", 1)[1].split()
        assert " ".join(said[:6]) == "Generated documents, not real ones. Batch"
        assert "No Reuters here." in page.text.split("Drag to zoom")[0]

    def test_of_documents_that_the_planner_described_it_is_no_alarm(self, tmp_path: Path) -> None:
        facts = replace(FACTS, stand_in=True, described=True)
        one = scenario_outcome(replication(0.9, hours=5), facts=facts)
        page = render(study(tmp_path, one))
        assert 'role="alert"' not in page
        assert "Documents are generated from your description." in ParsedPage(page).text

    def test_it_is_said_whose_documents_are_generated_if_only_some_are(self, tmp_path: Path) -> None:
        text = ParsedPage(render(study(tmp_path, scenario(), scenario("Other", stand_in=True)))).text
        assert "Generated documents, not real ones: Other." in text

    def test_of_real_documents_nothing_is_said(self, tmp_path: Path) -> None:
        assert "Generated documents" not in ParsedPage(render(study(tmp_path, scenario()))).text
