"""What matters most: words and bars of sensitivities that are written down, and their place on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sim.reporting.html.page import render
from sim.reporting.html.sensitivity import MEANS, Explanation, sensitivity_sections
from sim.results.sensitivity import Sensitivity
from sim.results.statistics import Aggregate
from sim.results.summary import ScenarioSummary
from support.handmade import partly, replication, scenario_outcome
from support.pages import ParsedPage, study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.reporting.html.figure import Figure

SCRIPT = "<script>alert(1)</script>"
NOT_AT_ZERO = f"{MEANS} The axis need not start at 0."


def swing(key: str, *values: tuple[str, float], ci95: tuple[float, float] | None = None) -> dict[str, Any]:
    """What is said of a key that has so many hours at each of its values."""
    (shortest, fewest), (longest, most) = (end(values, key=lambda one: one[1]) for end in (min, max))
    return {
        "key": key,
        "values": [{"value": value, "number": None, "hours": hours} for value, hours in values],
        "shortest": shortest,
        "longest": longest,
        "swing": most - fewest,
        "ci95": ci95,
    }


def swings(*keys: dict[str, Any], interplay: float | None = None, reference: float = 96) -> dict[str, Any]:
    return {"reference": reference, "interplay": interplay, "keys": list(keys)}


def explained(
    method: str, found: dict[str, Any], *, set_ups: int = 4, reached: Sequence[int] = (10, 10, 10, 10)
) -> Explanation:
    """What is said of wall time, of which this was found in scenarios of ten replications each."""
    sensitivity = Sensitivity.model_validate(
        {
            "method": method,
            "set_ups": set_ups,
            "figures": {"wall_hours": found, "active_hours": found},
        }
    )
    walls = [partly(Aggregate, n=10, reached=some) for some in reached]
    scenarios = [partly(ScenarioSummary, aggregate={"wall_hours": one}) for one in walls]
    wall, active = sensitivity_sections(sensitivity, scenarios)
    assert (wall.title, active.title) == ("What wall time depends on", "What active SME time depends on")
    return wall


def bars(figure: Figure | None) -> dict[str, list[tuple[str, Any, Any]]]:
    """Key, start and length of all bars of each kind, in the order in which they stand."""
    assert figure is not None
    drawn = [trace for trace in figure.figure.data if trace.type == "bar"]
    return {
        trace.name: list(zip(trace.y, trace.base or [0] * len(trace.y), trace.x, strict=True))
        for trace in drawn
    }


def whiskers(figure: Figure | None) -> list[tuple[Any, Any]]:
    """From where to where each whisker goes."""
    assert figure is not None
    return [
        (pytest.approx(middle - below), pytest.approx(middle + above))
        for trace in figure.figure.data
        for middle, below, above in zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
    ]


def written(figure: Figure | None) -> list[tuple[str, float | None]]:
    """The words within a figure, with the hours beside which they stand."""
    assert figure is not None
    return [
        (note.text, None if note.xref == "paper" else note.x) for note in figure.figure.layout.annotations
    ]


class TestTornado:
    """Of wall time, in days on the axis; hours in the file."""

    TRAINER = swing("trainer.duration", ("4 h", 96), ("2 min", 84), ("24 h", 192), ci95=(96, 120))
    TEAM = swing("team.0.count", ("1", 96), ("2", 90))
    IDLE = swing("labelling.page", ("20", 96), ("50", 96))

    def test_bars_go_from_the_reference_to_the_fewest_and_the_most_hours(self) -> None:
        figure = explained("tornado", swings(self.TRAINER, self.TEAM)).figure
        assert bars(figure) == {
            "shortest": [("trainer.duration", 4, -0.5), ("team.0.count", 4, -0.25)],
            "longest": [("trainer.duration", 4, 4), ("team.0.count", 4, 0)],
        }

    def test_the_values_stand_at_the_ends_under_the_keys_name(self) -> None:
        figure = explained("tornado", swings(self.TRAINER, self.TEAM)).figure
        assert written(figure) == [
            ("trainer.duration", None),
            ("team.0.count", None),
            ("2 min", 3.5),
            ("24 h", 8),
            ("2", 3.75),
            ("1", 4),
        ]

    def test_the_order_is_that_of_the_swings_from_the_top(self) -> None:
        figure = explained("tornado", swings(self.TRAINER, self.TEAM)).figure
        assert figure is not None
        axis = figure.figure.layout.yaxis
        assert axis.categoryarray == ("trainer.duration", "team.0.count")
        assert (axis.type, axis.autorange) == ("category", "reversed")

    def test_every_value_is_marked_with_its_hours(self) -> None:
        figure = explained("tornado", swings(self.TRAINER)).figure
        assert figure is not None
        marks = figure.figure.data[-1]
        assert list(zip(marks.text, marks.x, strict=True)) == [("4 h", 4), ("2 min", 3.5), ("24 h", 8)]

    def test_a_value_for_which_there_is_no_room_is_cut_short_beside_its_bar_alone(self) -> None:
        long = swing("trainer.duration", ("{uniform: [6 h, 24 h]}", 48), ("4 h", 96))
        found = explained("tornado", swings(long))
        assert ("{uniform: [6 …", 2) in written(found.figure)
        assert found.tables[0].rows[0][1] == "48.0 h at {uniform: [6 h, 24 h]}"

    MOST = (
        "trainer.duration moves it most: from 3.50 days on average at 2 min to 8.00 days at 24 h, a "
        "swing of 4.50 days (95 % CI 4.00 days to 5.00 days)."
    )
    BARS = "Each bar goes from the value of a key with the shortest time to that with the longest,"

    def test_the_caption_says_what_others_are_one_at_a_time(self) -> None:
        assert explained("tornado", swings(self.TRAINER, self.IDLE)).text == (
            f"{self.MOST} No difference: labelling.page. {self.BARS} the other keys as in the file; dotted: "
            "the file's own values, 4.00 days. What keys do together is not known from one at a time. "
            f"{NOT_AT_ZERO}"
        )

    def test_of_a_grid_it_says_the_averages_and_the_interplay(self) -> None:
        assert explained("tornado", swings(self.TRAINER, self.TEAM, interplay=0.123)).text == (
            f"{self.MOST} {self.BARS} averaged over the other keys; dotted: the average of all 4 set-ups, "
            "4.00 days. Interplay: 12 % of the variance between set-ups comes from keys acting together or "
            f"from random variation; no bar shows it. {NOT_AT_ZERO}"
        )

    def test_one_key_has_nothing_to_work_with(self) -> None:
        assert "Interplay" not in explained("tornado", swings(self.TRAINER, interplay=0)).text

    def test_a_swing_that_may_be_none_is_called_so(self) -> None:
        lucky = swing("team.0.count", ("1", 100), ("2", 99), ci95=(-1, 3))
        doubt = "This may be random variation: 0 is within its 95 % interval."
        assert doubt in explained("tornado", swings(lucky)).text
        assert doubt not in explained("tornado", swings(self.TRAINER)).text

    def test_tables_show_the_same(self) -> None:
        found = explained("tornado", swings(self.TRAINER, self.IDLE))
        assert [table.rows for table in found.tables] == [
            [
                [
                    "trainer.duration",
                    "3.50 days at 2 min",
                    "8.00 days at 24 h",
                    "4.50 days",
                    "4.00 days to 5.00 days",
                ],
                ["labelling.page", "4.00 days at any", "4.00 days at any", "0.00 h", "-"],
            ],
            [
                ["trainer.duration", "4 h", "4.00 days"],
                ["trainer.duration", "2 min", "3.50 days"],
                ["trainer.duration", "24 h", "8.00 days"],
                ["labelling.page", "20", "4.00 days"],
                ["labelling.page", "50", "4.00 days"],
            ],
        ]

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (swings(IDLE), "All 4 set-ups take the same wall time."),
            (
                swings(IDLE, TEAM | {"swing": 0.0}, interplay=1),
                (
                    "No key moves it by itself. Interplay: 100 % of the variance between set-ups comes from "
                    "keys acting together or from random variation; no bar shows it."
                ),
            ),
            (swings(), "Each key has only one value: there is nothing to compare."),
        ],
    )
    def test_where_nothing_differs_words_do(self, found: dict[str, Any], said: str) -> None:
        one = explained("tornado", found)
        assert (one.figure, one.text, one.tables) == (None, said, [])


class TestSobolIndices:
    FOUND: Any = {  # noqa: RUF012 - no test changes it
        "keys": [
            {
                "key": "coordination.scale",
                "first": 0.6,
                "first_ci95": (0.5, 0.7),
                "total": 0.75,
                "total_ci95": (0.6, 0.9),
            },
            {
                "key": "team.0.count",
                "first": -0.01,
                "first_ci95": (-0.11, 0.09),
                "total": 0.02,
                "total_ci95": (0.01, 0.03),
            },
        ]
    }

    def test_each_key_has_its_share_by_itself_and_with_others_with_intervals(self) -> None:
        figure = explained("sobol", self.FOUND).figure
        assert bars(figure) == {
            "by itself": [("coordination.scale", 0, 0.6), ("team.0.count", 0, -0.01)],
            "with others": [("coordination.scale", 0, 0.75), ("team.0.count", 0, 0.02)],
        }
        assert whiskers(figure) == [(0.5, 0.7), (-0.11, 0.09), (0.6, 0.9), (0.01, 0.03)]

    def test_all_of_every_interval_is_seen(self) -> None:
        figure = explained("sobol", self.FOUND).figure
        assert figure is not None
        low, high = figure.figure.layout.xaxis.range
        assert low < -0.11
        assert high > 1

    def test_the_caption_begins_with_the_key_that_decides_most(self) -> None:
        said = explained("sobol", self.FOUND).text
        assert said.startswith(
            "coordination.scale decides most: 60 % of what differs between 4 set-ups by itself, "
            "75 % with others. Shares of the variance "
        )
        assert said.endswith(MEANS)

    def test_a_table_shows_the_same(self) -> None:
        (table,) = explained("sobol", self.FOUND).tables
        assert table.rows == [
            ["coordination.scale", "60 %", "50 to 70 %", "75 %", "60 to 90 %"],
            ["team.0.count", "-1 %", "-11 to 9 %", "2 %", "1 to 3 %"],
        ]


class TestRankCorrelations:
    FOUND: Any = {  # noqa: RUF012 - no test changes it
        "keys": [
            {"key": "team.0.count", "correlation": -0.8, "ci95": (-0.9, -0.6)},
            {"key": "trainer.duration", "correlation": 0.25, "ci95": None},
        ]
    }

    def test_bars_go_to_the_left_where_hours_fall_and_to_the_right_where_they_rise(self) -> None:
        figure = explained("rank_correlation", self.FOUND).figure
        assert bars(figure) == {
            "falls": [("team.0.count", 0, -0.8)],
            "rises": [("trainer.duration", 0, 0.25)],
        }
        assert whiskers(figure) == [(-0.9, -0.6), (0.25, 0.25)]
        assert figure is not None
        assert figure.figure.layout.xaxis.range == (-1.04, 1.04)
        assert figure.figure.layout.yaxis.categoryarray == ("team.0.count", "trainer.duration")

    def test_the_caption_begins_with_the_key_that_is_followed_most_steadily(self) -> None:
        said = explained("rank_correlation", self.FOUND).text
        assert said.startswith(
            "It falls most steadily with team.0.count. Spearman's rank correlation over 4 "
        )
        assert said.endswith(MEANS)

    def test_a_table_shows_the_same(self) -> None:
        (table,) = explained("rank_correlation", self.FOUND).tables
        assert table.rows == [
            ["team.0.count", "-0.80", "-0.90 to -0.60"],
            ["trainer.duration", "0.25", "-"],
        ]


@pytest.mark.parametrize("method", ["sobol", "rank_correlation"])
def test_a_sample_in_which_nothing_differs_has_no_figure(method: str) -> None:
    found = explained(method, {"keys": []})
    assert (found.figure, found.text) == (None, "All 4 set-ups take the same wall time.")


MANY: dict[str, Any] = {
    "tornado": swings(*(swing(f"key {number}", ("1", 100), ("2", 200 - number)) for number in range(20))),
    "sobol": {"keys": [TestSobolIndices.FOUND["keys"][0] | {"key": f"key {number}"} for number in range(20)]},
    "rank_correlation": {
        "keys": [{"key": f"key {number}", "correlation": 0.5, "ci95": None} for number in range(20)]
    },
}


@pytest.mark.parametrize("method", MANY)
def test_of_very_many_keys_the_first_are_drawn_and_all_are_in_the_table(method: str) -> None:
    found = explained(method, MANY[method])
    drawn = [key for key, *_ in max(bars(found.figure).values(), key=len)]
    assert drawn == [f"key {number}" for number in range(12)]
    assert found.text.endswith(" The figure shows the first 12 of 20 keys, the table all.")
    assert len(found.tables[0].rows) == 20
    assert found.figure is not None
    assert found.figure.height < 1_009  # a sheet of paper


def test_projects_that_did_not_arrive_are_counted_but_not_those_of_a_baseline_beside_the_sample() -> None:
    found = explained("rank_correlation", TestRankCorrelations.FOUND, set_ups=3, reached=(1, 10, 7, 9))
    assert found.text.endswith(f"{MEANS} 4 of 30 projects did not reach it: a lower bound.")


class TestPage:
    @staticmethod
    def page(folder: Path, sensitivity: dict[str, Any] | None) -> ParsedPage:
        """That of two set-ups, of which so much was found out."""
        outcomes = (
            scenario_outcome(
                *(replication(0.9, hours=hours, name=f"{hours} h", number=number) for number in range(2))
            )
            for hours in (5, 50)
        )
        stored = study(folder, *outcomes)
        found = sensitivity and Sensitivity.model_validate(sensitivity)
        return ParsedPage(
            render(replace(stored, summary=stored.summary.model_copy(update={"sensitivity": found})))
        )

    def test_a_sweep_has_its_section_and_another_study_has_none(self, tmp_path: Path) -> None:
        found = {
            "method": "tornado",
            "set_ups": 2,
            "figures": {
                "wall_hours": swings(swing("trainer.duration", ("2 h", 5), ("9 h", 50)), interplay=0),
                "active_hours": swings(swing("trainer.duration", ("2 h", 1), ("9 h", 1))),
            },
        }
        swept = self.page(tmp_path / "swept", found)
        assert (
            "trainer.duration moves it most: from 5.00 h on average at 2 h to 50.0 h at 9 h, a swing of "
            "45.0 h." in swept.text
        )
        assert "All 2 set-ups take the same active SME time." in swept.text
        assert {"matters", "matters-wall-hours", "matters-wall-hours-data"} <= {*swept.values("id")}
        order = [name for name in swept.values("id") if name in ("chance", "matters", "naive")]
        assert order == ["chance", "matters", "naive"]
        other = self.page(tmp_path / "other", None)
        assert "What matters most" not in other.text
        assert "#matters" not in other.values("href")

    def test_what_planners_write_is_text_and_nothing_else(self, tmp_path: Path) -> None:
        def found(name: str) -> dict[str, Any]:
            figures = swings(swing(name, (name, 5), ("x", 50)), interplay=0)
            return {
                "method": "tornado",
                "set_ups": 2,
                "figures": {"wall_hours": figures, "active_hours": figures},
            }

        harmless = self.page(tmp_path / "harmless", found("Alpha"))
        page = self.page(tmp_path / "hostile", found(SCRIPT))
        assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
        assert page.text.count(SCRIPT) == harmless.text.count("Alpha") > 0
        figure = explained("tornado", found(SCRIPT)["figures"]["wall_hours"]).figure
        assert figure is not None
        assert "<script" not in str(figure.figure.to_dict())
