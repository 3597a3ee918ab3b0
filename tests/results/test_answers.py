"""The table that answers, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from sim.results.answers import answer, by_date, deadline, overview, verdict
from sim.results.metrics import BY_NAME
from tests.handmade import outcome_of_hours, replication, scenario_outcome, summary

if TYPE_CHECKING:
    from sim.results.outcome import ScenarioOutcome


def cells(*outcomes: ScenarioOutcome) -> dict[str, list[str]]:
    """The rows of wall time, by heading."""
    rows = answer(summary(outcomes))[1]
    start = [heading for heading, _ in rows].index("wall time, mean")
    return dict(rows[start:])


def test_a_column_for_each_scenario_and_times_sooner_for_all_but_the_first() -> None:
    # 10 / 5 and 40 / 10: a ratio of 2.83, and e to 1.5 ln 2 -+ 12.706 ln 2 / 2
    assert cells(outcome_of_hours(10, 40), outcome_of_hours(5, 10, name="Sooner")) == {
        "wall time, mean": ["25.0 h", "7.50 h"],
        "  P50": ["10.0 h", "5.00 h"],
        "  P80": ["40.0 h", "10.0 h"],
        "  where the mean curve crosses": ["25.0 h", "7.50 h"],
        "  times sooner, 95 % interval": ["", "2.83x [0.03, 231.22]"],
    }


def test_a_scenario_alone_is_sooner_than_nothing() -> None:
    assert "  times sooner, 95 % interval" not in cells(outcome_of_hours(10))


def test_where_a_replication_did_not_reach_the_target_no_cell_pretends_that_it_did() -> None:
    one_of_three = scenario_outcome(
        replication(0.9, hours=10),
        replication(0.5, hours=25, number=1),
        replication(0.9, hours=20, number=2),
    )
    title, rows = answer(summary([one_of_three, outcome_of_hours(10, 10, 10, name="Always")]))
    assert dict(rows)["replications that reached it"] == ["2 of 3", "3 of 3"]
    assert cells(one_of_three, outcome_of_hours(10, 10, 10, name="Always")) == {
        "wall time, mean": ["not reached", "10.0 h"],
        "  P50": ["20.0 h", "10.0 h"],
        "  P80": ["not reached", "10.0 h"],
        "  where the mean curve crosses": ["-", "10.0 h"],
        "  times sooner, 95 % interval": ["", "-"],
    }
    assert title == "To 80% MAP; Hand-made is the baseline"


@pytest.mark.parametrize(
    ("targets", "title"),
    [
        ([0.8], "To 80% MAP"),
        ([0.805], "To 80.5% MAP"),
        ([0.999], "To 99.9% MAP"),
        ([0.8, 0.8], "To 80% MAP; A is the baseline"),
        ([0.8, 0.9], "To each scenario's own target; A is the baseline"),
    ],
)
def test_the_title_says_the_target_that_is_meant(targets: list[float], title: str) -> None:
    outcomes = [
        replace(outcome_of_hours(10, name=name), target=target)
        for name, target in zip("AB", targets, strict=False)
    ]
    assert answer(summary(outcomes))[0] == title


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("wall_hours", 3.0625, "3.06 h"),
        ("wall_hours", 264.04, "264.0 h"),
        ("wall_hours", 12_345.6, "12,345.6 h"),
        ("wall_hours", None, "not reached"),
        ("labelled_documents", 3050.0, "3,050"),
        ("labels_per_document", 1.157, "1.16"),
        ("share_confirmed", 0.5249, "52%"),
        ("share_confirmed", None, "-"),
    ],
)
def test_figures_are_written_as_a_planner_reads_them(metric: str, value: float | None, written: str) -> None:
    assert BY_NAME[metric].written(value) == written


class TestDates:
    """Of projects that begin on Monday 5 January 2026 at nine in Berlin."""

    START = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Europe/Berlin"))

    def dated(self, *hours: float, deadline: float | None = None) -> ScenarioOutcome:
        results = [replication(0.9, hours=one, number=number) for number, one in enumerate(hours)]
        return replace(scenario_outcome(*results, deadline_hours=deadline), start=self.START)

    def test_they_stand_below_the_hours(self) -> None:
        rows = cells(self.dated(10, 40), outcome_of_hours(5, 10, name="Undated"))
        assert rows["  P50, on"] == ["Mon 5 Jan 2026, 19:00", "-"]
        assert rows["  P80, on"] == ["Wed 7 Jan 2026, 01:00", "-"]

    def test_in_words(self) -> None:
        (scenario,) = summary([self.dated(10, 40)])["scenarios"]
        assert by_date(scenario) == (
            "Done, of projects that begin Mon 5 Jan 2026, 09:00 (Europe/Berlin): half by Mon 5 Jan 2026, "
            "19:00, four fifths by Wed 7 Jan 2026, 01:00."
        )

    def test_what_was_not_reached_has_no_date(self) -> None:
        halfway = scenario_outcome(replication(0.9, number=0), replication(0.9, number=1), replication(0.5))
        never = scenario_outcome(replication(0.5))
        some, none = (summary([replace(one, start=self.START)])["scenarios"][0] for one in (halfway, never))
        assert by_date(some).endswith(": half by Mon 5 Jan 2026, 19:00.")
        assert by_date(none).endswith(": less than half.")

    def test_without_a_start_nothing_is_said(self) -> None:
        assert by_date(summary([outcome_of_hours(10)])["scenarios"][0]) == ""

    def test_a_deadline_is_one(self) -> None:
        (scenario,) = summary([self.dated(10, 40, deadline=24)])["scenarios"]
        assert deadline(scenario).startswith("By the deadline, 24.0 h (Tue 6 Jan 2026, 09:00), 50% of the")


class TestOverview:
    def test_a_row_for_each_scenario(self) -> None:
        title, headings, rows = overview(
            summary([outcome_of_hours(10, 40), outcome_of_hours(5, 10, name="Sooner")])
        )
        assert title == "To 80% MAP; Hand-made is the baseline; P50, and P80 of wall time"
        # an active hour in ten of wall time
        assert [dict(zip(headings, row, strict=True)) for row in rows] == [
            {
                "": "Hand-made",
                "reached": "2 of 2",
                "SME time": "1.00 h",
                "wall time": "10.0 h",
                "P80": "40.0 h",
                "times sooner": "",
            },
            {
                "": "Sooner",
                "reached": "2 of 2",
                "SME time": "1.00 h",
                "wall time": "5.00 h",
                "P80": "10.0 h",
                "times sooner": "2.83x [0.03, 231.22]",
            },
        ]

    def test_the_chance_by_a_deadline_has_a_column_where_somebody_has_one(self) -> None:
        due = scenario_outcome(replication(0.9, name="Due"), deadline_hours=24)
        _, headings, rows = overview(summary([due, outcome_of_hours(30, name="Some day")]))
        assert headings[-1] == "chance by the deadline"
        assert [row[-1] for row in rows] == ["100% by 24.0 h [2%, 100%]", "-"]


class TestVerdict:
    def test_those_that_differ_most_are_told_sooner_or_later(self) -> None:
        outcomes = [outcome_of_hours(10, name="Base")]
        outcomes += [outcome_of_hours(hours, name=f"After {hours}") for hours in (9, 5, 40, 11)]
        assert verdict(summary(outcomes)) == [
            "After 40 against Base: 80% MAP 4.0x later in wall time, as soon in SME time.",
            "After 5 against Base: 80% MAP 2.0x sooner in wall time, as soon in SME time.",
            "After 9 against Base: 80% MAP 1.1x sooner in wall time, as soon in SME time.",
        ]

    def test_its_interval_is_turned_where_the_scenario_is_later(self) -> None:
        one, two = outcome_of_hours(10, 40, name="Base"), outcome_of_hours(5, 10, name="Other")
        (sooner,), (later,) = verdict(summary([one, two])), verdict(summary([two, one]))
        assert sooner.startswith("Other against Base: 80% MAP 2.8x sooner [0.0, 231.2] in wall time")
        assert later.startswith("Base against Other: 80% MAP 2.8x later [0.0, 231.2] in wall time")

    def test_what_was_not_reached_is_said_and_nothing_of_a_scenario_alone(self) -> None:
        assert verdict(summary([outcome_of_hours(10)])) == []
        never = scenario_outcome(replication(0.5, name="Never"))
        said = ["Never: no project of 1 reached the target."]
        assert verdict(summary([outcome_of_hours(10), never])) == said
        assert verdict(summary([never, outcome_of_hours(10)])) == said

    def test_without_hours_of_labelling_there_is_no_ratio_of_them(self) -> None:
        idle = summary([outcome_of_hours(10), outcome_of_hours(5, name="Other")])
        for comparison in idle["comparisons"]:
            if comparison["metric"] == "active_hours":
                comparison["ratio"] = None
        assert verdict(idle) == ["Other against Hand-made: 80% MAP 2.0x sooner in wall time."]
