"""The Gantt chart of one project: which is shown, and that its bars are what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from sim.core.activities_and_costs import COORDINATION, LABEL, OFF_SHIFT, REWORK, TRAIN, TRAINER, WAIT
from sim.reporting.html.figure import SHADE
from sim.reporting.html.timeline import (
    MANY_BARS,
    MANY_MODELS,
    MANY_PEOPLE,
    MOST_BARS,
    annotators_among,
    median_replication,
    staff_among,
    timeline,
)
from support.handmade import event, happened, outcome_of_hours, replication, scenario_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.events import Events
    from sim.reporting.html.figure import Figure
    from sim.results.summary import ScenarioOutcome, ScenarioSummary

NO_MODEL = np.array([])
RESOLVED = {"limit": {"documents": 5, "hours": 100, "cost": None}, "labelling": {"overlap": 1}}


def chart(
    scenario: ScenarioSummary, replication: int, events: Events, published: NDArray[np.float64]
) -> Figure:
    """The chart of a study of this scenario alone."""
    return timeline(scenario, RESOLVED, replication, events, published, list(scenario.wall_time))


def entry(outcome: ScenarioOutcome) -> ScenarioSummary:
    """A scenario's part of a summary."""
    return outcome.summary


def reached_after(hours: float) -> ScenarioSummary:
    return entry(outcome_of_hours(hours))


NEVER = entry(scenario_outcome(replication(0.5, hours=10)))


def drawn(*rows: dict[str, Any], scenario: ScenarioSummary = NEVER) -> Figure:
    return chart(scenario, 0, happened(*rows), NO_MODEL)


def bars(figure: Figure) -> set[tuple[str, str, float, float]]:
    """Actor, activity, start and end of every bar."""
    lanes = figure.figure.layout.yaxis.ticktext
    return {
        (lanes[lane], trace.name, float(start), float(start + length))
        for trace in figure.figure.data
        if trace.type == "bar"
        for lane, start, length in zip(trace.y, trace.base, trace.x, strict=True)
    }


def hovers(figure: Figure) -> list[str]:
    return [text for trace in figure.figure.data if trace.type == "bar" for text in trace.hovertext]


def lines(figure: Figure, name: str) -> list[float]:
    return [shape.x0 for shape in figure.figure.layout.shapes if shape.name == name]


class TestNearestTheMedian:
    @pytest.mark.parametrize(
        ("hours", "nearest"),
        [
            pytest.param([10, 30, 20], 2, id="the median itself"),
            pytest.param([10, 11, 30, 20], 1, id="of two in the middle the sooner"),
            pytest.param([40, 30, 20, 10], 2, id="whatever its number"),
            pytest.param([20, 10, 20, 20], 0, id="of equal ones the lowest number"),
        ],
    )
    def test_it_is_by_wall_time(self, hours: Sequence[float], nearest: int) -> None:
        assert median_replication(entry(outcome_of_hours(*hours))) == nearest

    def test_those_that_did_not_reach_the_target_count_as_infinite_and_are_not_shown(self) -> None:
        outcome = scenario_outcome(
            replication(0.9, hours=10, number=0),
            replication(0.5, hours=20, number=1),
            replication(0.9, hours=30, number=2),
        )
        assert median_replication(entry(outcome)) == 2

    def test_where_the_median_did_not_reach_it_the_slowest_that_did_is_nearest(self) -> None:
        maps, hours = (0.5, 0.9, 0.9, 0.5, 0.5), (12, 10, 15, 20, 30)
        results = [
            replication(map_, hours=one, number=number)
            for number, (map_, one) in enumerate(zip(maps, hours, strict=True))
        ]
        scenario = entry(scenario_outcome(*results))
        assert scenario.aggregate["wall_hours"].median is None
        assert median_replication(scenario) == 2

    def test_where_none_did_it_is_by_the_median_of_their_ends(self) -> None:
        results = [replication(0.5, hours=hours, number=number) for number, hours in enumerate((10, 30, 20))]
        assert median_replication(entry(scenario_outcome(*results))) == 2


class TestBars:
    def test_documents_of_one_round_and_view_are_one_bar(self) -> None:
        figure = drawn(
            event("SME 1", LABEL, 0, 1, view="Shuffle"),
            event("SME 1", LABEL, 1, 2, view="Shuffle"),
            event("SME 1", LABEL, 2, 3, view="Label"),
            event("SME 1", REWORK, 3, 4, view="Label"),
            event("SME 1", WAIT, 4, 6),
            event("SME 1", LABEL, 6, 7, view="Label", round=1),
            event("SME 1", LABEL, 7, 8, view="Label", round=2),
            event("SME 2", LABEL, 0, 5, view="Shuffle"),
            event("SME 2", WAIT, 5, 8),
        )
        assert bars(figure) == {
            ("SME 1", "label", 0, 2),
            ("SME 1", "label", 2, 3),
            ("SME 1", "rework", 3, 4),
            ("SME 1", "label", 6, 7),
            ("SME 1", "label", 7, 8),
            ("SME 2", "label", 0, 5),
        }

    def test_a_bar_never_goes_over_a_time_when_nothing_was_done(self) -> None:
        figure = drawn(event(TRAINER, TRAIN, 0, 1), event(TRAINER, TRAIN, 2, 3), event("SME 1", WAIT, 0, 3))
        assert bars(figure) == {("trainer", "train", 0, 1), ("trainer", "train", 2, 3)}

    def test_every_actor_has_a_row_people_first(self) -> None:
        figure = drawn(
            event("SME 10", WAIT, 0, 3),
            event("SME 2", LABEL, 0, 3),
            event(TRAINER, TRAIN, 1, 2),
            event(COORDINATION, "merge", 2, 3),
        )
        axis = figure.figure.layout.yaxis
        assert axis.ticktext == ("SME 2", "SME 10", "trainer", "coordination")
        assert axis.range == (3.5, -0.5)
        assert figure.figure.layout.xaxis.range == (0, 3)

    def test_a_name_that_is_too_long_for_its_row_keeps_its_number(self) -> None:
        people = [f"{'<very> ' * 5}senior engineer {number}" for number in (1, 2)]
        figure = drawn(event("SME 1", WAIT, 0, 3), *(event(one, "merge", 0, 3) for one in people))
        _, *staff = figure.figure.layout.yaxis.ticktext
        assert staff == [
            "&lt;very&gt; &lt;very&gt; &lt;very&gt;…r 1",
            "&lt;very&gt; &lt;very&gt; &lt;very&gt;…r 2",
        ]

    def test_who_points_at_a_bar_is_told_what_it_stands_for(self) -> None:
        figure = drawn(
            event("SME 1", LABEL, 0, 1.5, view="A < B", round=3),
            event("SME 1", LABEL, 1.5, 2, view="A < B", round=3),
            event("SME 1", LABEL, 2, 2.25, view="A < B", round=3, assigned=0),  # cut off by the end
            event(TRAINER, TRAIN, 0, 2.25, round=4),
        )
        assert hovers(figure) == [
            "SME 1: label<br>0.00 h to 2.25 h<br>lasts 2.25 h<br>round 3<br>A &lt; B<br>2 documents",
            "trainer: train<br>0.00 h to 2.25 h<br>lasts 2.25 h<br>round 4",
        ]

    def test_what_was_looked_at_again_counts_and_rework_on_nothing_in_particular_does_not(self) -> None:
        figure = drawn(
            event("SME 1", REWORK, 0, 1, document="one"),
            event("SME 1", REWORK, 1, 2, document="two"),
            event("SME 1", WAIT, 2, 3),
            event("SME 1", REWORK, 3, 4),
        )
        assert [hover.endswith("2 documents") for hover in hovers(figure)] == [True, False]

    def test_activities_are_told_apart_by_more_than_colour(self) -> None:
        steps = [f"step {number}" for number in range(20)]
        figure = drawn(
            *(event(COORDINATION, step, number, number + 1) for number, step in enumerate(steps)),
            event("SME 1", WAIT, 0, 20),
            scenario=NEVER.model_copy(update={"wall_time": dict.fromkeys([LABEL, TRAIN, *steps, WAIT], 1)}),
        )
        colours = [trace.marker.color for trace in figure.figure.data]
        looks = [(trace.marker.color, trace.marker.pattern.shape) for trace in figure.figure.data]
        assert len(set(colours)) == 7
        assert len(set(looks)) == 20

    def test_a_step_may_be_called_anything(self) -> None:
        step = "<b>merge</b>"
        figure = drawn(
            event(COORDINATION, step, 0, 1),
            event("SME 1", WAIT, 0, 1),
            scenario=NEVER.model_copy(update={"wall_time": {LABEL: 0, TRAIN: 0, step: 1, WAIT: 0}}),
        )
        assert bars(figure) == {("coordination", "&lt;b&gt;merge&lt;/b&gt;", 0, 1)}
        assert hovers(figure)[0].startswith("coordination: &lt;b&gt;merge&lt;/b&gt;<br>")

    def test_the_same_project_gives_the_same_bytes(self) -> None:
        rows = [event("SME 1", LABEL, 0, 1), event(TRAINER, TRAIN, 0, 1), event(COORDINATION, "merge", 0, 1)]
        assert drawn(*rows).json == drawn(*rows).json


class TestManyBars:
    def test_views_are_merged_where_there_are_too_many(self) -> None:
        rounds = MANY_BARS // 2 + 1
        figure = drawn(
            *(
                event(
                    "SME 1",
                    LABEL,
                    half / 2,
                    half / 2 + 0.5,
                    round=half // 2,
                    view=("Label", "Recent")[half % 2],
                )
                for half in range(2 * rounds)
            )
        )
        assert len(bars(figure)) == rounds
        assert hovers(figure)[-1].endswith(f"<br>round {rounds - 1}<br>Label, Recent<br>2 documents")

    def test_then_whole_rounds_are(self) -> None:
        rounds = MANY_BARS + 1
        figure = drawn(*(event("SME 1", LABEL, one, one + 1, round=one) for one in range(rounds)))
        ((*_, start, end),) = bars(figure)
        assert [start, end] == pytest.approx([0, rounds / 24])
        assert f"<br>rounds 0 to {rounds - 1}<br>{rounds} documents" in hovers(figure)[0]

    def test_where_there_are_still_too_many_the_chart_ends_earlier_and_says_so(self) -> None:
        trainings = [event(TRAINER, TRAIN, 2 * one, 2 * one + 1) for one in range(MOST_BARS + 5)]
        figure = drawn(*trainings, event("SME 1", WAIT, 0, trainings[-1]["end_hours"]))
        assert len(bars(figure)) == MOST_BARS
        assert figure.figure.layout.xaxis.range == (0, 2 * MOST_BARS / 168)
        assert "The chart ends at 23.8 weeks." in figure.caption

    def test_of_many_annotators_the_first_are_shown_and_it_says_how_many_are_not(self) -> None:
        people = [event(f"SME {number}", LABEL, 0, 1) for number in range(1, MANY_PEOPLE + 3)]
        figure = drawn(*people, event(TRAINER, TRAIN, 0, 1))
        lanes = figure.figure.layout.yaxis.ticktext
        assert lanes[-2:] == ("SME 30", "trainer")
        assert len(bars(figure)) == len(lanes) == 31
        assert figure.caption.endswith(" Annotators not shown: 2.")
        assert "Annotators" not in drawn(*people[:MANY_PEOPLE]).caption


class TestMarks:
    def test_models_are_marked_where_they_are_few(self) -> None:
        rows = happened(event("SME 1", WAIT, 0, 60))
        few, many = np.arange(1.0, MANY_MODELS + 1), np.arange(1.0, MANY_MODELS + 2)
        assert lines(chart(NEVER, 0, rows, few), "model published") == [*few]
        assert lines(chart(NEVER, 0, rows, many), "model published") == []

    def test_the_target_is_marked_and_little_of_what_came_after_is_shown(self) -> None:
        rows = happened(
            event("SME 1", LABEL, 0, 8),
            event("SME 1", LABEL, 8, 10, round=1),
            event("SME 1", LABEL, 10, 40, round=2),
            event("SME 1", LABEL, 40, 50, round=3),
        )
        figure = chart(reached_after(8), 0, rows, np.array([4.0, 8, 10, 40]))
        assert lines(figure, "target reached") == [8]
        assert lines(figure, "model published") == [4, 8, 10]
        assert figure.figure.layout.xaxis.range == (0, 10)
        assert bars(figure) == {
            ("SME 1", "label", 0, 8),
            ("SME 1", "label", 8, 10),
            ("SME 1", "label", 10, 40),
        }
        assert "and went on until 50.0 h. The chart ends at 10.0 h." in figure.caption

    def test_it_is_not_where_the_chart_ends_before_it(self) -> None:
        trainings = [event(TRAINER, TRAIN, 2 * one, 2 * one + 1) for one in range(MOST_BARS + 5)]
        end = trainings[-1]["end_hours"]
        rows = happened(*trainings, event("SME 1", WAIT, 0, end))
        assert lines(chart(reached_after(end), 0, rows, NO_MODEL), "target reached") == []

    def test_a_project_that_did_not_reach_it_has_no_such_mark_and_is_shown_to_its_end(self) -> None:
        figure = drawn(event("SME 1", LABEL, 0, 50))
        assert lines(figure, "target reached") == []
        assert figure.figure.layout.xaxis.range == (0, 50)
        assert "The chart ends" not in figure.caption


class TestOffShift:
    """Nobody waits where nobody is expected."""

    DAY = (
        event("SME 1", LABEL, 0, 2),
        event("SME 1", WAIT, 2, 8),
        event("SME 1", OFF_SHIFT, 8, 24),
        event("lead 1", OFF_SHIFT, 0, 24),
        event(TRAINER, TRAIN, 2, 8),
    )

    def test_hours_off_shift_are_shaded_and_waiting_is_not(self) -> None:
        assert bars(drawn(*self.DAY)) == {
            ("SME 1", "label", 0, 2),
            ("SME 1", "off shift", 8, 24),
            ("lead 1", "off shift", 0, 24),
            ("trainer", "train", 2, 8),
        }

    def test_the_shade_lies_below_the_bars_is_as_high_as_the_lanes_and_comes_last_in_the_legend(self) -> None:
        shade, *others = drawn(*self.DAY).figure.data
        assert (shade.name, shade.marker.color) == ("off shift", SHADE)
        assert all(shade.width > other.width for other in others)
        assert shade.legendrank > 1_000 > len(others)  # which is where all others are

    def test_it_is_said_what_is_meant_by_it(self) -> None:
        assert "Where a row is shaded, somebody is off shift." in drawn(*self.DAY).caption
        assert "shade" not in drawn(event("SME 1", LABEL, 0, 2)).caption
        assert hovers(drawn(*self.DAY))[0] == "lead 1: off shift<br>0.00 h to 24.0 h<br>lasts 24.0 h"

    def test_of_too_many_the_shortest_are_left_out_all_of_a_length_together_and_it_is_said(self) -> None:
        """A weekend after every fifth of so many nights as there is no room for."""
        days = MOST_BARS + 10
        lengths = [64 if day % 5 == 4 else 16 for day in range(days)]
        starts = np.cumsum([0, *lengths[:-1]]) + 8 * np.arange(1, days + 1)
        nights = [
            event("SME 1", OFF_SHIFT, start, start + length)
            for start, length in zip(starts, lengths, strict=True)
        ]
        figure = drawn(*nights)
        shaded = [end - start for _, _, start, end in bars(figure)]
        assert shaded == pytest.approx([64 / 168] * (days // 5), 1e-4)
        assert "There are too many times off shift to shade those of 16.0 h or less." in figure.caption
        assert figure.figure.layout.xaxis.range == (0, nights[-1]["end_hours"] / 168)


class TestDates:
    """Of a project that begins on Friday 27 March 2026 at nine in Berlin, where clocks go on that weekend."""

    START = datetime(2026, 3, 27, 9, tzinfo=ZoneInfo("Europe/Berlin"))

    def dated(self, *rows: dict[str, Any]) -> Figure:
        outcome = replace(scenario_outcome(replication(0.5, hours=10)), start=self.START)
        return drawn(*rows, scenario=entry(outcome))

    def test_who_points_at_a_bar_is_told_when_that_was(self) -> None:
        figure = self.dated(event("SME 1", LABEL, 0, 1.5, assigned=0), event("lead 1", "merge", 8, 71))
        assert hovers(figure)[0] == (
            "SME 1: label<br>Fri 27 Mar 2026, 09:00 to 10:30<br>0.00 h to 1.50 h<br>lasts 1.50 h<br>round 0"
        )
        assert (
            "lead 1: merge<br>Fri 27 Mar 2026, 17:00 to Mon 30 Mar 2026, 09:00<br>8.00 h to 71.0 h"
            "<br>lasts 63.0 h<br>round 0" in hovers(figure)
        )

    def test_an_axis_above_says_the_days(self) -> None:
        axis = self.dated(event("SME 1", LABEL, 0, 80)).figure.layout.xaxis2
        assert axis.matches == "x"
        days = ("Sat 28 Mar", "Sun 29 Mar", "Mon 30 Mar")
        # The night to Monday is an hour shorter.
        midnights = [tick for tick, day in zip(axis.tickvals, axis.ticktext, strict=True) if day in days]
        assert midnights == [15 / 24, 39 / 24, 62 / 24]

    def test_the_caption_says_when_it_began_and_whose_clocks_are_meant(self) -> None:
        said = self.dated(event("SME 1", LABEL, 0, 80)).caption
        assert "It began Fri 27 Mar 2026, 09:00 (Europe/Berlin)." in said
        assert "began" not in drawn(event("SME 1", LABEL, 0, 80)).caption

    def test_without_a_start_there_are_no_dates(self) -> None:
        assert "x2" not in {trace.xaxis for trace in drawn(event("SME 1", LABEL, 0, 80)).figure.data}


class TestCaption:
    """Which project is shown and why, and how it went."""

    ROWS = (event("SME 1", LABEL, 0, 20),)
    END = "Where a row is empty, somebody waits; hover over a bar for details."

    def test_of_one_that_reached_the_target(self) -> None:
        outcome = outcome_of_hours(10, 20, 60, name="Batch")
        figure = chart(entry(outcome), 1, happened(*self.ROWS), NO_MODEL)
        assert figure.caption == (
            "Replication 1 of Batch: its wall time is the median, 20.0 h (3 of 3 reached the "
            f"target). It reached the target after 20.0 h with 1 document. {self.END}"
        )

    def test_of_one_among_few_that_did(self) -> None:
        outcome = scenario_outcome(
            replication(0.9, hours=20, number=0),
            replication(0.5, hours=30, number=1),
            replication(0.5, hours=40, number=2),
        )
        figure = chart(entry(outcome), 0, happened(*self.ROWS), NO_MODEL)
        assert figure.caption.startswith(
            "Replication 0 of Hand-made: the slowest of the 1 of 3 that reached the target, so nearest the "
            "median, which did not. It reached the target after 20.0 h"
        )

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("rule", "stopped at a stopping rule before the target"),
            ("limit of hours", "ended at the limit of 100 h"),
            ("pool used up", "used up all 10 documents without reaching the target"),
            ("nobody left to label", "ended because nobody was left to label"),
        ],
    )
    def test_of_one_that_did_not(self, reason: Any, said: str) -> None:
        results = [replication(0.5, hours=20, number=number, reason=reason) for number in range(2)]
        figure = chart(entry(scenario_outcome(*results)), 0, happened(*self.ROWS), NO_MODEL)
        assert figure.caption == (
            "Replication 0 of Hand-made: its end is the median of their ends (0 of 2 reached the "
            f"target). It {said}, after 20.0 h. {self.END}"
        )

    def test_of_the_only_one(self) -> None:
        figure = chart(reached_after(20), 0, happened(*self.ROWS), NO_MODEL)
        assert figure.caption.startswith("Replication 0 of Hand-made: the only one. It reached the target")


def test_staff_are_in_the_order_of_their_roles_and_numbers() -> None:
    actors = ["lead 2", "engineer 10", "SME 1", "data scientist 1", "trainer", "engineer 2", "coordination"]
    assert staff_among(actors) == ["data scientist 1", "engineer 2", "engineer 10", "lead 2"]


def test_people_are_in_the_order_of_their_numbers() -> None:
    actors = ["trainer", "SME 10", "SME 2", "SME 10", "coordination", "SME 1"]
    assert annotators_among(actors) == ["SME 1", "SME 2", "SME 10"]
