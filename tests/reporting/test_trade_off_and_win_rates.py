"""Scenarios against each other, whose hours are given."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from sim.reporting.html.trade_off_and_win_rates import trade_off, win_rate_table
from sim.results.statistics import Aggregate
from sim.results.summary import ReplicationSummary, ScenarioSummary
from support.handmade import partly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.reporting.html.figure import Figure

BETTER = (
    "Each marker is one scenario (medians, P50). Lower and further left is better. The axes need not "
    "start at 0."
)
FRONTIER = " On the frontier (line), where no other takes less of one time and no more of the other:"


def medians(name: str, active: float | None, wall: float | None) -> ScenarioSummary:
    """As much of a scenario's summary as its place in the picture needs."""
    hours = {"active_hours": active, "wall_hours": wall}
    return partly(
        ScenarioSummary,
        name=name,
        aggregate={metric: partly(Aggregate, median=median) for metric, median in hours.items()},
    )


def ended(*hours: float | None) -> ScenarioSummary:
    """As much of a scenario's summary as a comparison by pairs needs; None never will reach the target.

    It ended after 1 h, sooner than any that did.
    """
    return partly(
        ScenarioSummary,
        replications=[
            partly(
                ReplicationSummary,
                replication=number,
                outcome="exhausted" if wall is None else "reached",
                wall_hours=1 if wall is None else wall,
            )
            for number, wall in enumerate(hours)
        ],
    )


SLOW = medians("Slow", 1, 100)
MIDDLE = medians("Middle", 2, 60)
QUICK = medians("Quick", 10, 20)
WORSE = medians("Worse", 3, 70)
NEVER = medians("Never", None, None)


def markers(figure: Figure) -> Any:
    (trace,) = [trace for trace in figure.figure.data if trace.mode == "markers"]
    return trace


def line(figure: Figure) -> list[tuple[float, float]]:
    (trace,) = [trace for trace in figure.figure.data if trace.mode == "lines"]
    return [*zip(trace.x, trace.y, strict=True)]


def many(number: int) -> list[ScenarioSummary]:
    """Scenarios of which the first beats all others."""
    return [medians(f"Scenario {place}", 1 + place / 100, 10 + place) for place in range(number)]


class TestTradeOff:
    def test_each_scenario_is_a_marker_at_its_medians(self) -> None:
        trace = markers(trade_off([SLOW, QUICK]))
        assert trace.text == ("Slow", "Quick")
        assert trace.x == (1, 10)
        assert trace.y == pytest.approx((100 / 24, 20 / 24))

    def test_a_line_joins_those_that_no_other_beats(self) -> None:
        figure = trade_off([QUICK, WORSE, SLOW, MIDDLE])
        assert line(figure) == [(1, 100 / 24), (2, 60 / 24), (10, 20 / 24)]
        assert figure.caption == f"{BETTER}{FRONTIER} Slow; Middle; Quick."

    def test_one_that_is_no_better_in_one_and_worse_in_the_other_is_beaten(self) -> None:
        figure = trade_off([medians("Same wall time", 3, 60), MIDDLE, QUICK])
        assert figure.caption == f"{BETTER}{FRONTIER} Middle; Quick."

    def test_those_that_are_equal_do_not_beat_each_other(self) -> None:
        figure = trade_off([MIDDLE, medians("Equal", 2, 60)])
        assert figure.caption == f"{BETTER}{FRONTIER} Middle; Equal."
        assert len(set(markers(figure).marker.symbol)) == 2

    def test_one_that_too_few_reach_is_named_and_not_drawn(self) -> None:
        figure = trade_off([SLOW, NEVER, QUICK])
        assert markers(figure).text == ("Slow", "Quick")
        assert figure.caption == (
            f"{BETTER}{FRONTIER} Slow; Quick."
            " Not drawn, since too few replications reached the target for a P50: Never."
        )

    def test_there_may_be_nothing_to_draw(self) -> None:
        figure = trade_off([NEVER, NEVER])
        assert not figure.figure.data
        assert figure.caption.startswith(f"{BETTER} Not drawn")

    def test_each_kind_of_hours_that_lie_far_apart_is_on_a_logarithmic_axis(self) -> None:
        layout = trade_off([medians("Early", 1, 10), medians("Late", 20, 201)]).figure.layout
        assert (layout.xaxis.type, layout.yaxis.type) == (None, "log")
        layout = trade_off([medians("Cheap", 1, 50), medians("Dear", 21, 100)]).figure.layout
        assert (layout.xaxis.type, layout.yaxis.type) == ("log", None)

    def test_every_marker_is_inside_the_picture(self) -> None:
        layout = trade_off([SLOW, QUICK]).figure.layout
        assert layout.xaxis.range[0] < 1
        assert layout.xaxis.range[1] > 10
        assert layout.yaxis.range[0] < 20 / 24
        assert layout.yaxis.range[1] > 100 / 24


class TestNamesBesideMarkers:
    def test_each_points_at_its_marker(self) -> None:
        names = trade_off([medians("Early", 2, 10), medians("Late", 4, 1_000)]).figure
        found = {name.text: (name.x, name.y) for name in names.layout.annotations}
        assert found == {"Early": (2, 1), "Late": (4, 3)}  # wall time in powers of ten

    def test_they_are_escaped_beside_markers_and_under_the_pointer(self) -> None:
        figure = trade_off([medians("<b>Bold</b>", 1, 10), QUICK])
        assert markers(figure).text[0] == "&lt;b&gt;Bold&lt;/b&gt;"
        assert figure.figure.layout.annotations[0].text == "&lt;b&gt;Bold&lt;/b&gt;"

    @pytest.mark.parametrize(
        "scenarios",
        [
            many(12),
            [medians(f"{number} of twelve that are all the same " * 3, 1, 20) for number in range(12)],
            [medians("Far", 3, 100), *many(5)],
        ],
        ids=["apart", "equal and long", "crowded at the bottom"],
    )
    def test_none_lies_on_another_or_outside(self, scenarios: Sequence[ScenarioSummary]) -> None:
        layout = trade_off(scenarios).figure.layout
        plot = layout.height - layout.margin.t - layout.margin.b
        low, high = layout.yaxis.range
        rows = []
        for name in layout.annotations:
            middle = plot * (high - name.y) / (high - low) + name.ay
            half = 17 * (1 + name.text.count("<br>")) / 2
            rows.append((middle - half, middle + half))
        assert len(rows) == len(scenarios)
        ends = [0.0, *(end for row in sorted(rows) for end in row), plot]
        assert all(one <= two + 1e-6 for one, two in pairwise(ends))

    def test_of_more_than_twelve_only_those_on_the_frontier_have_one(self) -> None:
        figure = trade_off(many(13))
        assert [name.text for name in figure.figure.layout.annotations] == ["Scenario 0"]
        assert len(markers(figure).text) == 13

    def test_a_long_frontier_has_none_and_the_caption_counts_on(self) -> None:
        figure = trade_off([medians(f"{place}", 1 + place / 10, 40 - place) for place in range(14)])
        assert not figure.figure.layout.annotations
        assert figure.caption.endswith("0; 1; 2; 3; 4; 5; 6; 7; 8; 9; 10; 11; 2 more.")

    def test_fifty_differ_in_colour_or_symbol(self) -> None:
        marker = markers(trade_off(many(50))).marker
        assert len({*zip(marker.symbol, marker.color, strict=True)}) == 50


class TestBeats:
    def test_it_is_the_share_of_pairs_in_which_a_row_is_sooner_than_a_column(self) -> None:
        """Sooner in three pairs of four."""
        assert win_rate_table([ended(10, 20, 30, 40), ended(11, 21, 31, 39)]) == [["", "75 %"], ["25 %", ""]]

    def test_pairs_are_those_of_one_number_wherever_they_stand(self) -> None:
        assert win_rate_table([ended(10, 40), ended(20, 50)]) == [["", "100 %"], ["0 %", ""]]
        theirs = ended(20, 50)
        other_way = theirs.model_copy(update={"replications": theirs.replications[::-1]})
        assert win_rate_table([ended(10, 40), other_way]) == [["", "100 %"], ["0 %", ""]]

    def test_a_tie_counts_for_neither(self) -> None:
        assert win_rate_table([ended(10, 20), ended(10, 30)]) == [["", "50 %"], ["0 %", ""]]

    def test_one_that_was_cut_off_leaves_a_range(self) -> None:
        """Cut off after 10 h, it may have arrived before the other's 20 h or not."""
        project = partly(ReplicationSummary, replication=0, outcome="horizon", wall_hours=10)
        cut_off = partly(ScenarioSummary, replications=[project])
        assert win_rate_table([cut_off, ended(20)]) == [["", "0–100 %"], ["0–100 %", ""]]

    def test_one_that_did_not_reach_it_is_later_than_any_that_did(self) -> None:
        assert win_rate_table([ended(90), ended(None)]) == [["", "100 %"], ["0 %", ""]]

    def test_two_that_did_not_are_a_tie(self) -> None:
        assert win_rate_table([ended(None, 10), ended(None, 20)]) == [["", "50 %"], ["0 %", ""]]

    def test_where_neither_ever_reaches_it_nothing_is_said(self) -> None:
        assert win_rate_table([ended(None), ended(None)]) == [["", "-"], ["-", ""]]

    def test_replications_without_a_partner_do_not_count(self) -> None:
        assert win_rate_table([ended(10, 20), ended(15, 15, 15, 15)]) == [["", "50 %"], ["50 %", ""]]

    def test_rows_and_columns_are_the_scenarios_in_their_order(self) -> None:
        assert win_rate_table([ended(100), ended(20), ended(60)]) == [
            ["", "0 %", "0 %"],
            ["100 %", "", "100 %"],
            ["100 %", "0 %", ""],
        ]
