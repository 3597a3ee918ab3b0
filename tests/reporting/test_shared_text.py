"""The table that answers, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from sim.core.quality import QualityTarget
from sim.reporting.shared_text import (
    NO_DIFFERENCE,
    bottleneck,
    cautions,
    cheapest_in_time,
    comparison_sentences,
    completion_dates,
    deadline,
    overview_table,
    policy_sentences,
    summary_table,
    unknown_keys,
    unknown_keys_table,
)
from sim.results.metrics import BY_NAME
from sim.results.selection import NamedSetUp, SelectionSummary
from sim.results.statistics import Aggregate
from sim.results.summary import Bottleneck, ByDeadline, Caution, ScenarioSummary, Spending
from sim.results.uncertainty import FigureUncertainty, HourQuantiles, KeyUncertainty, Uncertainty
from support.handmade import outcome_of_hours, partly, replication, scenario_outcome, summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.results.summary import ScenarioOutcome


def cells(*outcomes: ScenarioOutcome) -> dict[str, list[str]]:
    """The rows of wall time, by heading."""
    rows = summary_table(summary(outcomes))[1]
    start = [heading for heading, _ in rows].index("wall time, P50")
    return dict(rows[start:])


def test_a_column_for_each_scenario_and_times_faster_for_all_but_the_first() -> None:
    # 10 / 5 and 40 / 10: a ratio of 2.83, and e to 1.5 ln 2 -+ 12.706 ln 2 / 2
    assert cells(outcome_of_hours(10, 40), outcome_of_hours(5, 10, name="Sooner")) == {
        "wall time, P50": ["10.0 h", "5.00 h"],
        "  P80": ["40.0 h", "10.0 h"],
        "  mean": ["25.0 h", "7.50 h"],
        "  mean curve, the article's method": ["25.0 h", "7.50 h"],
        "  times faster (95 % CI)": ["", "no measurable difference"],
    }


def test_a_scenario_alone_is_faster_than_nothing() -> None:
    assert "  times faster (95 % CI)" not in cells(outcome_of_hours(10))


def test_where_a_replication_did_not_reach_the_target_no_cell_pretends_that_it_did() -> None:
    one_of_three = scenario_outcome(
        replication(0.9, hours=10),
        replication(0.5, hours=25, number=1),
        replication(0.9, hours=20, number=2),
    )
    title, rows = summary_table(summary([one_of_three, outcome_of_hours(10, 10, 10, name="Always")]))
    assert dict(rows)["replications that reached it"] == ["2 of 3", "3 of 3"]
    assert cells(one_of_three, outcome_of_hours(10, 10, 10, name="Always")) == {
        "wall time, P50": ["20.0 h", "10.0 h"],
        "  P80": ["not reached", "10.0 h"],
        "  mean": ["not reached", "10.0 h"],
        "  mean curve, the article's method": ["-", "10.0 h"],
        "  times faster (95 % CI)": ["", "-"],
    }
    assert title == "Time to reach 80 % MAP (baseline: Hand-made)"


@pytest.mark.parametrize(
    ("targets", "title"),
    [
        ([0.8], "Time to reach 80 % MAP"),
        ([0.805], "Time to reach 80.5 % MAP"),
        ([0.999], "Time to reach 99.9 % MAP"),
        ([0.8, 0.8], "Time to reach 80 % MAP (baseline: A)"),
        ([0.8, 0.9], "Time to reach each scenario's own target (baseline: A)"),
    ],
)
def test_the_title_says_the_target_that_is_meant(targets: list[float], title: str) -> None:
    outcomes = [
        replace(outcome_of_hours(10, name=name), targets=[QualityTarget("map", target)])
        for name, target in zip("AB", targets, strict=False)
    ]
    assert summary_table(summary(outcomes))[0] == title


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("wall_hours", 3.0625, "3.06 h"),
        ("wall_hours", 71.94, "71.9 h"),
        ("wall_hours", 264.04, "11.0 days"),
        ("wall_hours", 12_345.6, "73.5 weeks"),
        ("active_hours", 264.04, "264.0 h"),  # people's work is in hours
        ("wall_hours", None, "not reached"),
        ("labelled_documents", 3050.0, "3,050"),
        ("labels_per_document", 1.157, "1.16"),
        ("share_confirmed", 0.5249, "52 %"),
        ("share_confirmed", None, "-"),
    ],
)
def test_figures_are_written_as_a_planner_reads_them(metric: str, value: float | None, written: str) -> None:
    assert BY_NAME[metric].format(value) == written


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
        (scenario,) = summary([self.dated(10, 40)]).scenarios
        assert completion_dates(scenario) == (
            "Projects that begin Mon 5 Jan 2026, 09:00 (Europe/Berlin) are done by Mon 5 Jan 2026, 19:00 "
            "(P50) and Wed 7 Jan 2026, 01:00 (P80)."
        )

    def test_what_was_not_reached_has_no_date(self) -> None:
        halfway = scenario_outcome(replication(0.9, number=0), replication(0.9, number=1), replication(0.5))
        never = scenario_outcome(replication(0.5))
        some, none = (summary([replace(one, start=self.START)]).scenarios[0] for one in (halfway, never))
        assert completion_dates(some).endswith(" are done by Mon 5 Jan 2026, 19:00 (P50).")
        assert completion_dates(none).endswith(", less than half are done.")

    def test_without_a_start_nothing_is_said(self) -> None:
        assert completion_dates(summary([outcome_of_hours(10)]).scenarios[0]) == ""

    def test_a_deadline_is_one(self) -> None:
        (scenario,) = summary([self.dated(10, 40, deadline=24)]).scenarios
        assert deadline(scenario).startswith("By the deadline, Tue 6 Jan 2026, 09:00, 50 % of the")


class TestOverview:
    def test_a_row_for_each_scenario(self) -> None:
        title, headings, rows = overview_table(
            summary([outcome_of_hours(10, 20, 40), outcome_of_hours(5, 11, 19, name="Faster")])
        )
        assert title == "Time to reach 80 % MAP (baseline: Hand-made)"
        # An active hour in ten of wall time. Ratios of 2, 20 / 11 and 40 / 19: their logarithms have a mean
        # of .6784 and a standard error of .0430, and t(.975, 2) = 4.303.
        assert [dict(zip(headings, row, strict=True)) for row in rows] == [
            {
                "": "Hand-made",
                "reached": "3 of 3",
                "SME time P50": "1.00 h",
                "wall time P50": "20.0 h",
                "wall time P80": "40.0 h",
                "times faster (95 % CI)": "",
            },
            {
                "": "Faster",
                "reached": "3 of 3",
                "SME time P50": "1.00 h",
                "wall time P50": "11.0 h",
                "wall time P80": "19.0 h",
                "times faster (95 % CI)": "1.97× (1.64–2.37)",
            },
        ]

    def test_where_the_best_was_looked_for_the_means_that_decided_stand_first(self) -> None:
        found = summary([outcome_of_hours(10, 20, name="A"), outcome_of_hours(8, 19, name="B")])
        best = {"scenario": "B", "mean": 13.5, "mean_ci95": (12.0, 15.0), "behind": 0, "behind_ci95": None}
        other = {"scenario": "A", "mean": 15, "mean_ci95": None, "behind": 1.5, "behind_ci95": (-1.0, 4.0)}
        set_ups = [NamedSetUp(**one, replications=2) for one in (best, other)]
        chosen = partly(SelectionSummary, metric="wall_hours", set_ups=set_ups)
        found = found.model_copy(update={"selection": chosen})
        _, headings, rows = overview_table(found)
        assert headings[2:4] == ["wall time, mean (95 % CI)", "behind the best, mean (95 % CI)"]
        assert [row[2:4] for row in rows] == [
            ["15.0 h", "1.50 h (-1.00 to 4.00)"],
            ["13.5 h (12.0–15.0)", "best"],
        ]
        assert "times faster (95 % CI)" not in headings

    def test_the_cheapest_is_told_in_its_currency(self) -> None:
        found = summary(replace(outcome_of_hours(20, name=name), currency="EUR") for name in "AB")
        figures = {"replications": 30, "mean_ci95": (1_100.0, 1_300.0), "behind_ci95": (200.0, 400.0)}
        set_ups = [
            NamedSetUp(**figures, scenario="B", mean=900, behind=0),
            NamedSetUp(**figures, scenario="A", mean=1_200, behind=300),
        ]
        chosen = SelectionSummary(
            best="B",
            decided=True,
            close=["A"],
            probability=0.95,
            metric="cost",
            indifference=60,
            set_ups=set_ups,
        )
        found = found.model_copy(update={"selection": chosen})
        best, close = policy_sentences(found)
        assert best.startswith("The best is B: its mean cost is the lowest, with a probability of 95 % if")
        assert best.endswith("all others are higher by 60.00 EUR or more.")
        assert close == "Not shown to be higher by more than 60.00 EUR: A."
        _, headings, rows = overview_table(found)
        assert headings[2] == "cost, EUR, mean (95 % CI)"
        assert rows[0][2:4] == ["1,200 (1,100–1,300)", "300 (200–400)"]

    def test_the_share_by_a_deadline_has_a_column_where_somebody_has_one(self) -> None:
        due = scenario_outcome(replication(0.9, name="Due"), deadline_hours=24)
        _, headings, rows = overview_table(summary([due, outcome_of_hours(30, name="Some day")]))
        assert headings[-1] == "done by the deadline"
        assert [row[-1] for row in rows] == ["100 % by 24.0 h (95 % CI 2–100 %)", "-"]


class TestVerdict:
    def test_those_that_differ_most_are_told_sooner_or_later(self) -> None:
        outcomes = [outcome_of_hours(10, name="Base")]
        outcomes += [outcome_of_hours(hours, name=f"After {hours}") for hours in (9, 5, 40, 11)]
        assert comparison_sentences(summary(outcomes)) == [
            "After 40 against Base, time to 80 % MAP: 4.00× slower; SME time: no measurable difference.",
            "After 5 against Base, time to 80 % MAP: 2.00× faster; SME time: no measurable difference.",
            "After 9 against Base, time to 80 % MAP: 1.11× faster; SME time: no measurable difference.",
        ]

    def test_its_interval_is_turned_where_the_scenario_is_later(self) -> None:
        one, two = outcome_of_hours(10, 20, 40, name="Base"), outcome_of_hours(5, 11, 19, name="Other")
        (faster,), (slower,) = (
            comparison_sentences(summary([one, two])),
            comparison_sentences(summary([two, one])),
        )
        assert faster.startswith("Other against Base, time to 80 % MAP: 1.97× faster (95 % CI 1.64–2.37); ")
        assert slower.startswith("Base against Other, time to 80 % MAP: 1.97× slower (95 % CI 1.64–2.37); ")

    def test_an_interval_that_holds_1_is_no_measurable_difference_and_comes_last(self) -> None:
        base, noisy = outcome_of_hours(10, 40, name="Base"), outcome_of_hours(5, 10, name="Noisy")
        steady = outcome_of_hours(9, 36, name="Steady")
        assert comparison_sentences(summary([base, noisy, steady])) == [
            "Steady against Base, time to 80 % MAP: 1.11× faster; SME time: no measurable difference.",
            f"Noisy against Base, time to 80 % MAP: {NO_DIFFERENCE}; SME time: {NO_DIFFERENCE}.",
        ]

    def test_where_the_best_was_looked_for_nothing_is_said_of_a_baseline(self) -> None:
        found = summary([outcome_of_hours(10, name="Base"), outcome_of_hours(5, name="Other")])
        assert (
            comparison_sentences(found.model_copy(update={"selection": partly(SelectionSummary, set_ups=[])}))
            == []
        )

    def test_what_was_not_reached_is_said_and_nothing_of_a_scenario_alone(self) -> None:
        assert comparison_sentences(summary([outcome_of_hours(10)])) == []
        never = scenario_outcome(replication(0.5, name="Never"))
        said = ["Never: no project of 1 reached the target."]
        assert comparison_sentences(summary([outcome_of_hours(10), never])) == said
        assert comparison_sentences(summary([never, outcome_of_hours(10)])) == said

    def test_those_in_time_are_listed_by_cost(self) -> None:
        cheap, dear, late = (outcome_of_hours(10, name=name) for name in ("Cheap", "Dear", "Late"))
        assert cheapest_in_time(summary([cheap, dear])) == ""
        found = summary([dear, late, cheap])
        made = {"Dear": 8, "Late": 7, "Cheap": 10}
        scenarios = [
            one.model_copy(
                update={
                    "by_deadline": partly(ByDeadline, made=made[one.name], n=10),
                    "spent": partly(Spending, mean={"Dear": 4_000, "Late": 10, "Cheap": 1_200}[one.name]),
                    "currency": "EUR",
                }
            )
            for one in found.scenarios
        ]
        assert cheapest_in_time(found.model_copy(update={"scenarios": scenarios})) == (
            "Done by the deadline in 4 of 5 projects, by mean cost: Cheap 1,200 EUR, Dear 4,000 EUR."
        )
        assert cheapest_in_time(found.model_copy(update={"scenarios": [scenarios[1]] * 2})) == (
            "No scenario is done by the deadline in 4 of 5 projects."
        )

    def test_without_hours_of_labelling_there_is_no_ratio_of_them(self) -> None:
        idle = summary([outcome_of_hours(10), outcome_of_hours(5, name="Other")])
        compared = [
            one.model_copy(update={"ratio": None}) if one.metric == "active_hours" else one
            for one in idle.comparisons
        ]
        idle = idle.model_copy(update={"comparisons": compared})
        assert comparison_sentences(idle) == ["Other against Hand-made, time to 80 % MAP: 2.00× faster."]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([1], "1 simulated project: "),
        ([40, 3], "3 simulated projects: "),
        ([19], "19 simulated projects: "),
        ([20, 20], None),
    ],
)
def test_fewer_than_twenty_replications_carry_a_caution(counts: list[int], said: str | None) -> None:
    found = summary([outcome_of_hours(*[10] * count, name=f"{i}") for i, count in enumerate(counts)])
    if said is None:
        assert found.cautions == []
        assert cautions(found) == []
        return
    assert found.cautions == [
        Caution(kind="few_replications", replications=min(counts), enough=30),
    ]
    assert cautions(found) == [
        f"{said}P80 and intervals are rough; use --replications 30 or more for decisions."
    ]


def test_beside_how_many_reached_the_target_stands_how_many_are_missing() -> None:
    failed = replace(outcome_of_hours(10, 20, name="One"), failed=[2], left_out=[2])
    spared = replace(outcome_of_hours(10, 20, name="Two"), left_out=[2])
    _, rows = summary_table(summary([failed, spared]))
    assert rows[0][1] == ["2 of 2 (1 failed)", "2 of 2 (1 failed in another scenario)"]


class TestBottleneck:
    def told(self, **facts: Any) -> str:
        return bottleneck(partly(ScenarioSummary, bottleneck=Bottleneck(**facts)))

    def test_it_is_told_with_what_its_end_would_give_at_best(self) -> None:
        assert bottleneck(outcome_of_hours(10, 20).summary) == (
            "coordination takes 80 % of the wall time, 12.0 of 15.0 h on average; without it the "
            "project would still take 3.00 h"
        )

    def test_where_projects_did_not_reach_the_target_nothing_is_said_of_what_would_be_left(self) -> None:
        outcome = scenario_outcome(replication(0.5, hours=10, outcome="horizon"))
        assert bottleneck(outcome.summary) == (
            "coordination takes 70 % of the wall time, 7.00 of 10.0 h on average, until the target or an "
            "end without it"
        )

    def test_of_one_that_takes_all_nothing_is_said_to_be_left(self) -> None:
        said = self.told(activity="labelling", hours=2.54, of_hours=2.54)
        assert said == "labelling takes all of the wall time, 2.54 h on average"

    def test_no_time_at_all_has_one_of_nothing(self) -> None:
        said = self.told(activity="labelling", hours=0, of_hours=0)
        assert said.startswith("nothing took any time")


# What is unknown.


def uncertain(shares: Mapping[str, tuple[float, float]], replications: int = 40) -> ScenarioSummary:
    """A scenario of 10 to 30 hours, with the share of each unknown key and P90 were it known."""
    hours = HourQuantiles(p10=10, p50=20, p90=30)
    keys = [
        KeyUncertainty(
            key=key,
            share=share,
            share_ci95=(share - 0.1, share + 0.1),
            if_known=HourQuantiles(p10=10, p50=20, p90=p90),
        )
        for key, (share, p90) in shares.items()
    ]
    figure = FigureUncertainty(hours=hours, keys=keys, rest=0.25)
    return partly(
        ScenarioSummary,
        replications=[None] * replications,
        aggregate={"wall_hours": partly(Aggregate, n=replications, reached=replications)},
        uncertainty=Uncertainty(needed=35, figures={"wall_hours": figure, "active_hours": figure}),
    )


def test_of_what_narrows_alike_the_cheapest_is_to_be_found_out_first() -> None:
    scenario = uncertain({"corpus.difficulty": (0.5, 20), "coordination.scale": (0.25, 24)})
    assert unknown_keys(scenario) == (
        "With all that is unknown, wall time is 10.0 h to 30.0 h (P10 to P90). "
        "corpus.difficulty explains 50 % of its variance. "
        "Find out coordination.scale first (look up when the last hand-overs began and ended); "
        "wall time would then typically be 10.0 h to 24.0 h."
    )


def test_what_narrows_far_more_is_to_be_found_out_first_even_if_it_costs_more() -> None:
    scenario = uncertain({"corpus.difficulty": (0.5, 20), "coordination.scale": (0.25, 29)})
    assert "Find out corpus.difficulty first (label a hundred" in unknown_keys(scenario)
    scenario = uncertain({"corpus.arrivals.per_day": (0.9, 4)})
    assert "(count the documents that came in last month)" in unknown_keys(scenario)


def test_nothing_is_to_be_found_out_that_narrows_nothing() -> None:
    assert unknown_keys(uncertain({"team.0.speed": (0.01, 31)})).endswith("of its variance.")


def test_with_few_replications_nobody_says_what_it_comes_from() -> None:
    scenario = uncertain({}, replications=20)
    assert unknown_keys(scenario).endswith("What that depends on most takes 35 replications to tell.")


def test_where_nothing_is_unknown_nothing_is_said_of_it() -> None:
    assert unknown_keys(outcome_of_hours(10, 20).summary) == ""


def test_every_unknown_key_has_a_row_and_so_has_the_rest() -> None:
    scenario = uncertain({"team.0.speed": (0.5, 20), "coordination.scale": (0.25, 24)})
    beliefs = {
        "coordination.scale": {"uniform": [0.5, 2]},
        "team.0.speed": {"lognormal": {"median": 1, "p90": 2}},
    }
    headings, rows = unknown_keys_table(scenario, beliefs)
    assert headings[:3] == ["", "what you believe", "wall time: share of the variance (95 % CI)"]
    assert [row[:3] for row in rows] == [
        ["all of them unknown", "", ""],
        ["team.0.speed", "lognormal: median 1, p90 2", "50 % (40–60 %)"],
        ["coordination.scale", "uniform: 0.5, 2", "25 % (15–35 %)"],
        ["the rest: interactions and randomness", "", "25 %"],
    ]
