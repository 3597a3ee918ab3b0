"""How busy people and machinery were, and in which views: known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import (
    COORDINATION,
    LABEL,
    OFF_SHIFT,
    OTHER_WORK,
    REWORK,
    TRAIN,
    TRAINER,
    WAIT,
)
from sim.core.durations import MS_PER_HOUR
from sim.reporting.html.people_and_steps import HEADINGS, draw_views_used, utilisation_table
from sim.reporting.html.timeline import MANY_PEOPLE
from sim.results import study_store
from support.handmade import event, happened, replication, scenario_outcome, stored
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from pathlib import Path

    from sim.core.events import Events
    from sim.reporting.html.figure import Figure

PROJECT = happened(
    event("SME 1", LABEL, 0, 2, confirmed=3, assigned=1, pace="focused"),
    event("SME 1", LABEL, 2, 4, confirmed=1, assigned=3),
    event("SME 1", REWORK, 4, 5, document="again", assigned=0, pace="focused"),
    event("SME 1", WAIT, 5, 9),
    event("SME 1", LABEL, 9, 11, confirmed=1, assigned=1),
    event("SME 1", WAIT, 11, 16),
    event("SME 2", LABEL, 0, 1, assigned=2),
    event("SME 2", WAIT, 1, 16),
    event(COORDINATION, "merge", 4, 6),
    event(TRAINER, TRAIN, 6, 8),
    event(TRAINER, TRAIN, 8, 12),
)


def row(events: Events, hours: float, name: str) -> dict[str, str]:
    """A row of the table, by heading; cells that are empty left out."""
    _, headings, rows = utilisation_table(events, hours)
    (cells,) = [cells for cells in rows if cells[0] == name]
    return {heading: cell for heading, cell in zip(headings, cells, strict=True) if heading and cell}


class TestUtilisation:
    def test_each_annotator_has_a_row_all_of_them_do_and_so_does_the_trainer(self) -> None:
        _, headings, rows = utilisation_table(PROJECT, 16)
        assert headings == HEADINGS
        assert [cells[0] for cells in rows] == ["SME 1", "SME 2", "all 2 annotators", "trainer"]

    def test_an_annotator_is_busy_labelling_and_reworking(self) -> None:
        """6 h of labelling and 1 h of rework in 16 h; of 10 annotations 5 confirmed, 4 of them focused."""
        assert row(PROJECT, 16, "SME 1") == {
            "busy": "7.00 h",
            "waiting": "9.00 h",
            "utilisation": "44 %",
            "documents by then": "3",
            "annotations by then": "10",
            "suggestions accepted": "50 %",
            "focused labelling": "40 %",
        }

    def test_what_is_under_way_counts_as_time_but_not_as_a_document(self) -> None:
        """An hour of the third document lies before 10 h."""
        assert row(PROJECT, 10, "SME 1") == {
            "busy": "6.00 h",
            "waiting": "4.00 h",
            "utilisation": "60 %",
            "documents by then": "2",
            "annotations by then": "8",
            "suggestions accepted": "50 %",
            "focused labelling": "50 %",
        }

    def test_what_ends_in_that_very_moment_counts(self) -> None:
        assert row(PROJECT, 11, "SME 1")["documents by then"] == "3"
        assert row(PROJECT, 12, "trainer")["trainings"] == "2"

    def test_all_are_measured_by_the_hours_of_all(self) -> None:
        """8 of 32 h; annotations 7 of 12 assigned, 4 of 12 focused."""
        assert row(PROJECT, 16, "all 2 annotators") == {
            "busy": "8.00 h",
            "waiting": "24.0 h",
            "utilisation": "25 %",
            "documents by then": "4",
            "annotations by then": "12",
            "suggestions accepted": "42 %",
            "focused labelling": "33 %",
        }

    def test_the_trainer_waits_whenever_it_does_not_train(self) -> None:
        """Trained from 6 h to 8 h, and from 8 h on."""
        expected = {"busy": "4.00 h", "waiting": "6.00 h", "utilisation": "40 %", "trainings": "1"}
        assert row(PROJECT, 10, "trainer") == expected

    def test_utilisation_is_of_the_hours_that_somebody_was_there(self) -> None:
        """Two of three hours there were busy, one of them overtime; the night is nobody's."""
        events = happened(
            event("SME 1", WAIT, 0, 1), event("SME 1", LABEL, 1, 3), event("SME 1", OFF_SHIFT, 3, 19)
        )
        assert row(events, 19, "SME 1") | {"documents by then": "", "annotations by then": ""} == {
            "busy": "2.00 h",
            "waiting": "1.00 h",
            "off shift": "16.0 h",
            "utilisation": "67 %",
            "documents by then": "",
            "annotations by then": "",
            "suggestions accepted": "0 %",
            "focused labelling": "0 %",
        }

    @settings(max_examples=15, deadline=None)
    @given(
        hours=st.sampled_from(["9:00-17:00", "9:00-12:00, 13:00-17:00", "22:00-6:00"]),
        shift_end=st.sampled_from(["finish", "pause", "restart", "defer"]),
        people=st.integers(1, 2),
        share=st.floats(0.1, 1),
    )
    def test_everybodys_hours_add_up_to_the_wall_time(
        self, hours: str, shift_end: str, people: int, share: float
    ) -> None:
        """Until any moment, whatever becomes of work when hours end, and whatever else somebody does."""
        terms = {"calendar": "own", "shift_end": shift_end, "count": people}
        other_work = {"every": {"exponential": {"mean": "5 working h"}}, "takes": "1 working h"}
        plan = scenario(
            start="2026-01-05 09:00",
            calendars={"own": {"hours": {"mon-fri": hours}}},
            team=[terms, {**terms, "role": "lead", "other_work": other_work}],
            labelling={"initial": 3, "batch": 3, "annotation_times": {"switching": {"assign": "20 min"}}},
            coordination={
                "steps": [{"name": "merge", "owner": "lead", "service": "2 working h"}, {"name": "train"}]
            },
            trainer={"breakdowns": {"every": "6 h", "repair": "2 h", "then": "resume"}},
        )
        result = simulate_project(plan, documents([1, 2] * 5), reaches(9))
        until = share * result.ended_ms / MS_PER_HOUR
        _, _, rows = utilisation_table(result.events, until)
        assert len(rows) == 2 * people + (people > 1) + 1
        for name, *cells in rows:
            of_hours = until * people if name.startswith("all ") else until
            shown = [float(cell.removesuffix(" h").replace(",", "")) for cell in cells[:3] if cell]
            assert sum(shown) == pytest.approx(of_hours, abs=0.16), name  # of three rounded figures

    def test_those_who_own_steps_have_rows_after_the_annotators(self) -> None:
        events = happened(
            event("SME 1", WAIT, 0, 8),
            event("SME lead 1", "collect", 0, 1),
            event("SME lead 1", OTHER_WORK, 1, 2),
            event("SME lead 1", WAIT, 2, 8),
        )
        _, _, rows = utilisation_table(events, 8)
        assert [cells[0] for cells in rows] == ["SME 1", "SME lead 1", "trainer"]
        assert row(events, 8, "SME lead 1") == {"busy": "2.00 h", "waiting": "6.00 h", "utilisation": "25 %"}

    def test_who_did_nothing_yet_has_no_shares(self) -> None:
        events = happened(event("SME 1", WAIT, 0, 4), event(COORDINATION, "merge", 0, 4))
        idle = row(events, 4, "SME 1")
        assert (idle["utilisation"], idle["documents by then"]) == ("0 %", "0")
        assert (idle["suggestions accepted"], idle["focused labelling"]) == ("-", "-")
        assert row(events, 4, "trainer")["trainings"] == "0"

    def test_a_project_that_takes_no_time_has_no_utilisation(self) -> None:
        events = happened(event("SME 1", LABEL, 0, 0), event(TRAINER, TRAIN, 0, 0))
        assert row(events, 0, "SME 1")["utilisation"] == row(events, 0, "trainer")["utilisation"] == "-"

    def test_the_caption_says_of_which_hours(self) -> None:
        said, _, _ = utilisation_table(PROJECT, 16)
        assert said.startswith(
            "In the first 16.0 h of wall time; each of these hours is busy, waiting or off"
        )

    def test_of_many_annotators_the_first_have_a_row_and_all_are_counted(self) -> None:
        events = happened(*(event(f"SME {number}", LABEL, 0, 1) for number in range(1, MANY_PEOPLE + 3)))
        said, _, rows = utilisation_table(events, 1)
        assert [cells[0] for cells in rows[-3:]] == ["SME 30", "all 32 annotators", "trainer"]
        assert row(events, 1, "all 32 annotators")["documents by then"] == "32"
        assert said.endswith(" Annotators without a row of their own: 2.")
        assert "without" not in utilisation_table(PROJECT, 16)[0]


@pytest.mark.parametrize("maps", [(0.5, 0.9, 0.95), (0.5, 0.6)], ids=["reached", "never reached"])
def test_the_figures_agree_with_those_of_the_summary(tmp_path: Path, maps: tuple[float, ...]) -> None:
    study = stored(tmp_path, scenario_outcome(replication(*maps, hours=12)))
    (of_summary,) = study.summary.scenarios[0].replications
    events = study_store.events_from_table(study_store.read_events(tmp_path, "Hand-made", 0))
    person, trainer = (row(events, of_summary.wall_hours, name) for name in ("SME 1", "trainer"))
    assert person["busy"] == f"{of_summary.metrics['active_hours']:.2f} h"
    assert person["documents by then"] == str(of_summary.metrics["labelled_at_publish"])
    assert person["annotations by then"] == str(of_summary.metrics["annotations"])
    assert person["suggestions accepted"] == f"{100 * (of_summary.metrics['share_confirmed'] or 0):.0f} %"
    assert trainer["trainings"] == str(of_summary.metrics["trainings"])


class TestViewsUsed:
    EVENTS = happened(
        event("SME 1", LABEL, 0, 1, view="Label"),
        event("SME 1", LABEL, 1, 2, view="Label"),
        event("SME 1", LABEL, 2, 3, view="Label"),
        event("SME 2", LABEL, 0, 5, view="Shuffle"),
        event("SME 1", REWORK, 3, 5, view="Check Label", document="again", assigned=0),
        event("SME 1", REWORK, 5, 9, assigned=0),
        event("SME 2", LABEL, 5, 10, view="Shuffle"),
    )

    def figure(self, hours: float) -> Figure:
        figure = draw_views_used(self.EVENTS, hours)
        assert figure is not None
        return figure

    def test_documents_and_hours_of_each_view_the_longest_first(self) -> None:
        """Of 6 documents 2, 3 and 1; of 15 h 10, 3 and 2."""
        documents, hours = self.figure(10).figure.data
        assert documents.y == hours.y == ("Shuffle", "Label", "Check Label")
        assert documents.text == ("2", "3", "1")
        assert hours.text == ("10.0 h", "3.00 h", "2.00 h")
        assert documents.x == pytest.approx([2 / 6, 3 / 6, 1 / 6])
        assert hours.x == pytest.approx([10 / 15, 3 / 15, 2 / 15])
        assert documents.marker.pattern.shape != hours.marker.pattern.shape

    def test_until_a_moment(self) -> None:
        """At 4 h two documents are in hand, for 4 h and for 1 h."""
        documents, hours = self.figure(4).figure.data
        assert [*zip(documents.y, documents.text, hours.text, strict=True)] == [
            ("Shuffle", "0", "4.00 h"),
            ("Label", "3", "3.00 h"),
            ("Check Label", "0", "1.00 h"),
        ]

    def test_the_caption_says_of_how_much(self) -> None:
        assert self.figure(10).caption.startswith(
            "How 15.0 h of people's time divide among the views in the first 10.0 h of wall time, and how "
            "often they looked at a document, 6 times in all:"
        )

    def test_there_is_none_of_a_single_view(self) -> None:
        rows = [event("SME 1", LABEL, 0, 1, view="Shuffle"), event("SME 1", REWORK, 1, 2)]
        later = event("SME 1", LABEL, 3, 4, view="Label")
        assert draw_views_used(happened(*rows), 4) is None
        assert draw_views_used(happened(*rows, later), 2) is None
        assert draw_views_used(happened(*rows, later), 4) is not None

    def test_a_view_may_be_called_anything(self) -> None:
        names = ("250", "<i>")
        figure = draw_views_used(happened(*(event("SME 1", LABEL, 0, 1, view=name) for name in names)), 1)
        assert figure is not None
        assert figure.figure.data[0].y == ("250", "&lt;i&gt;")
        assert figure.figure.layout.yaxis.type == "category"
