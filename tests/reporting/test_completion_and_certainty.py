"""The probability of finishing by a given date, for projects whose ends are given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sim.reporting.html.completion_and_certainty import completion
from sim.results.statistics import aggregate
from sim.results.summary import ByDeadline, Dates, ReplicationSummary, ScenarioSummary
from support.handmade import partly

if TYPE_CHECKING:
    from sim.core.events import Outcome
    from sim.reporting.html.figure import Figure

SHARES = (
    "Shares of simulated projects: of each scenario's replications, those that have reached the target by"
    " then. Half (P50) and four fifths (P80) are done:"
)
CUT_OFF = (
    " Projects cut off (open marker) might have reached it later: from there on the share is only known to"
    " be in the band above the curve"
)


def scenario(*ended: float | tuple[Outcome, float], name: str = "Batch") -> ScenarioSummary:
    """A summary of replications that ended so; where only hours are given, they then reached the target."""
    ends = [end if isinstance(end, tuple) else ("reached", end) for end in ended]
    outcomes = [outcome for outcome, _ in ends]
    return partly(
        ScenarioSummary,
        name=name,
        dates=None,
        by_deadline=None,
        replications=[
            partly(ReplicationSummary, outcome=outcome, wall_hours=hours) for outcome, hours in ends
        ],
        aggregate={"wall_hours": aggregate([hours for _, hours in ends], outcomes, share=False)},
    )


def due(scenario: ScenarioSummary, hours: float) -> ScenarioSummary:
    """The scenario with a deadline."""
    return scenario.model_copy(update={"by_deadline": partly(ByDeadline, hours=hours)})


def curves(figure: Figure) -> list[Any]:
    return [trace for trace in figure.figure.data if trace.line.shape == "hv"]


def bands(figure: Figure) -> list[Any]:
    return [trace for trace in figure.figure.data if trace.fill == "toself"]


def marks(figure: Figure) -> list[Any]:
    return [trace for trace in figure.figure.data if trace.mode == "markers"]


def points(trace: Any) -> list[Any]:
    return [pytest.approx(point) for point in zip(trace.x.tolist(), trace.y.tolist(), strict=True)]


class TestThoseThatAreDone:
    def test_each_replication_is_a_step_at_the_hours_when_it_reached_the_target(self) -> None:
        figure = completion([scenario(30, 10, 20, 40)])
        (curve,) = figure.figure.data
        assert points(curve) == [(10, 0), (10, 0.25), (20, 0.5), (30, 0.75), (40, 1)]
        assert curve.line.shape == "hv"

    def test_those_of_the_same_hour_are_one_step(self) -> None:
        (curve,) = completion([scenario(10, 20, 20)]).figure.data
        assert points(curve) == [(10, 0), (10, 1 / 3), (20, 1)]

    def test_the_caption_says_what_is_shown_and_by_when_half_and_four_fifths_are_done(self) -> None:
        figure = completion([scenario(30, 10, 20, 40), scenario(10, 10, name="Quick")])
        assert figure.caption == (f"{SHARES} of Batch by 20.0 h and 40.0 h; of Quick by 10.0 h and 10.0 h.")


class TestThoseThatWereCutOff:
    FIGURE = completion([scenario(10, ("horizon", 15), 20, ("horizon", 30))])

    def test_the_curve_goes_on_to_the_edge_without_them(self) -> None:
        (curve,) = curves(self.FIGURE)
        assert points(curve) == [(10, 0), (10, 0.25), (15, 0.25), (20, 0.5), (30, 0.5), (32, 0.5)]
        assert self.FIGURE.figure.layout.xaxis.range == pytest.approx((9, 32))

    def test_a_band_reaches_from_the_curve_to_what_may_be_from_where_the_first_was_cut_off(self) -> None:
        (band,) = bands(self.FIGURE)
        above = [(15, 0.5), (20, 0.5), (20, 0.75), (30, 0.75), (30, 1), (32, 1)]
        below = [(32, 0.5), (30, 0.5), (30, 0.5), (20, 0.5), (20, 0.25), (15, 0.25)]
        assert points(band) == above + below
        assert band.fillpattern.shape

    def test_an_open_marker_on_the_curve_is_where_they_were_cut_off(self) -> None:
        (mark,) = marks(self.FIGURE)
        assert points(mark) == [(15, 0.25), (30, 0.5)]
        assert mark.marker.symbol == "circle-open"

    def test_one_marker_stands_for_those_of_the_same_hour(self) -> None:
        (mark,) = marks(completion([scenario(10, ("horizon", 30), ("horizon", 30))]))
        assert (mark.x.tolist(), mark.customdata.tolist()) == ([30], [2])

    def test_the_caption_says_how_many_and_what_is_known(self) -> None:
        assert self.FIGURE.caption == (
            f"{SHARES} of Batch neither."
            f" Not all reached it: Batch (2 reached it, 2 cut off at a limit).{CUT_OFF}."
        )

    def test_none_done_is_seen_as_none_and_as_all_at_most(self) -> None:
        figure = completion([scenario(("horizon", 60), ("horizon", 60))])
        (curve,), (band,) = curves(figure), bands(figure)
        assert points(curve) == [(60, 0), (60, 0), (66, 0)]
        assert points(band) == [(60, 1), (66, 1), (66, 0), (60, 0)]


class TestThoseThatNeverWill:
    FIGURE = completion(
        [scenario(10, 10, 10, ("stopped", 20)), scenario(10, ("exhausted", 30), name="Used up")]
    )

    def test_they_never_count(self) -> None:
        stopped, exhausted = curves(self.FIGURE)
        assert points(stopped) == [(10, 0), (10, 0.75), (32, 0.75)]
        assert points(exhausted) == [(10, 0), (10, 0.5), (32, 0.5)]

    def test_nothing_is_left_open(self) -> None:
        assert not bands(self.FIGURE)
        assert not marks(self.FIGURE)

    def test_the_caption_says_how_each_scenario_s_ended(self) -> None:
        assert self.FIGURE.caption == (
            f"{SHARES} of Batch by 10.0 h, four fifths not reached;"
            " of Used up by 10.0 h, four fifths not reached."
            " Not all reached it: Batch (3 reached it, 1 stopped before);"
            " Used up (1 reached it, 1 out of documents)."
        )

    def test_hovering_over_a_curve_says_it_too(self) -> None:
        assert curves(self.FIGURE)[1].hovertemplate.endswith("in the end 1 reached it, 1 out of documents")


class TestHoursFarApart:
    @pytest.mark.parametrize(
        "scenarios",
        [
            [scenario(10, 10), scenario(201, 201)],
            [scenario(10, 10, 10), scenario(10, 10, 201)],
            [scenario(10), scenario(("horizon", 201))],
        ],
        ids=["medians", "largest", "largest, cut off"],
    )
    def test_they_are_on_a_logarithmic_axis(self, scenarios: list[ScenarioSummary]) -> None:
        axis = completion(scenarios).figure.layout.xaxis
        assert axis.type == "log"
        assert 10 ** axis.range[0] < 10
        assert 10 ** axis.range[1] > 201

    @pytest.mark.parametrize("scenarios", [[scenario(10), scenario(200)], [scenario(10, 10, 10, 201)]])
    def test_others_are_not_nor_are_those_of_one_scenario(self, scenarios: list[ScenarioSummary]) -> None:
        assert completion(scenarios).figure.layout.xaxis.type is None

    def test_no_hours_at_all_have_no_logarithm(self) -> None:
        figure = completion([scenario(0, 10), scenario(10, 1_000, name="Slow")])
        assert figure.figure.layout.xaxis.type is None
        assert points(curves(figure)[0])[0] == (0, 0)


class TestTellingScenariosApart:
    def test_each_has_a_colour_and_a_dash_together_of_its_own(self) -> None:
        lines = [
            (curve.line.color, curve.line.dash)
            for curve in curves(completion([scenario(10 + number, name=f"{number}") for number in range(12)]))
        ]
        assert len(set(lines)) == len(lines) == 12

    def test_a_curve_that_lies_on_others_lets_them_show_through(self) -> None:
        same = [scenario(10, 20, name=name) for name in ("A", "B", "C")]
        figure = completion([*same, scenario(10, 21, name="D")])
        assert [curve.line.dash for curve in curves(figure)] == ["solid", "dash", "dot", "solid"]

    def test_their_names_are_escaped_and_shown_whole(self) -> None:
        figure = completion([scenario(10, name="<b>Bold & new</b>"), scenario(12)])
        assert curves(figure)[0].name == "&lt;b&gt;Bold &amp; new&lt;/b&gt;"
        assert figure.figure.layout.hoverlabel.namelength == -1
        assert "of <b>Bold & new</b> by 10.0 h" in figure.caption  # the page escapes its captions


def test_a_deadline_is_marked_and_lies_within_what_is_shown() -> None:
    figure = completion([due(scenario(10, 20), 72.0)]).figure
    (line,) = figure.layout.shapes
    assert (line.x0, line.name) == (3, "deadline, 3.00 days")
    assert figure.layout.xaxis.title.text == "wall time (days)"
    assert figure.layout.xaxis.range[1] > 3


def test_where_projects_begin_on_a_date_it_is_said_beside_the_hours() -> None:
    """From Monday nine."""
    batch = scenario(8, 24)
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    dated = due(batch.model_copy(update={"dates": Dates.from_wall_time(start, batch.wall)}), 72.0)
    figure = completion([dated])
    assert figure.caption.endswith(
        "of Batch by 8.00 h (Mon 5 Jan 2026, 17:00) and 24.0 h (Tue 6 Jan 2026, 09:00)."
    )
    (line,) = figure.figure.layout.shapes
    assert line.name.replace("<br>", " ") == "deadline, 3.00 days, Thu 8 Jan 2026, 09:00"
    other = completion([dated, due(scenario(8), 72.0)])
    assert other.figure.layout.shapes[0].name == "deadline, 3.00 days"  # which is no date of the other


class TestManyScenarios:
    SCENARIOS = (
        *(scenario(50, ("horizon", 60), ("horizon", 60), name=f"Open {number}") for number in range(11)),
        scenario(90, 90, name="Slow"),
        scenario(10, 10, name="Quick"),
    )

    def test_the_caption_names_the_quickest_and_the_slowest_and_counts_the_others(self) -> None:
        assert completion(self.SCENARIOS).caption == (
            f"{SHARES} of the quickest drawn, Quick, by 10.0 h and 10.0 h;"
            " of the slowest drawn, Slow, by 3.75 days and 3.75 days; of 11 of the 13 scenarios neither."
            " Not all reached it: in 11 of the 13 scenarios (11 reached it, 22 cut off at a limit)."
            f"{CUT_OFF}."
        )

    def test_every_one_is_drawn_and_named_under_the_pointer(self) -> None:
        names = {curve.name for curve in curves(completion(self.SCENARIOS))}
        assert names == {"Quick", "Slow", *(f"Open {number}" for number in range(11))}

    def test_nine_are_told_apart_though_not_all_are_spoken_of(self) -> None:
        figure = completion([scenario(10 + number, name=f"Scenario {number}") for number in range(9)])
        assert len(curves(figure)) == 9
        assert figure.caption.endswith(
            "of the quickest drawn, Scenario 0, by 10.0 h and 10.0 h;"
            " of the slowest drawn, Scenario 8, by 18.0 h and 18.0 h."
        )

    def test_there_may_be_no_quickest(self) -> None:
        figure = completion([scenario(("horizon", 10), name=f"{number}") for number in range(13)])
        assert "are done: of 13 of the 13 scenarios neither." in figure.caption
