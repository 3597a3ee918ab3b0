"""Figures whose words and marks can be worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import pytest

from sim.core.quality import QualityTarget
from sim.reporting.html.figure import Figure
from sim.reporting.html.learning_curves import BAND, ScenarioCurve, learning_curves
from sim.reporting.html.wall_time_and_waterfall import draw_wall_time
from sim.results.replication_metrics import COUNTED, MEASURED, LearningCurve
from sim.results.statistics import Aggregate
from sim.results.summary import MeanCurve, ScenarioSummary
from support.handmade import partly

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE_REPLICATION = math.nan


def curve(
    name: str = "Batch",
    *,
    hours: Sequence[float] = (50, 100, 150),
    maps: Sequence[float] = (0.5, 0.7, 0.9),
    std: float = 0.02,
) -> ScenarioCurve:
    """A mean curve of which each hour of wall time is a tenth of an active hour, and ten documents."""
    wall = np.array(hours, dtype=np.float64)
    return ScenarioCurve(
        name,
        [QualityTarget("map", 0.8)],
        MeanCurve(10 * wall, wall / 10, wall, {"map": np.array(maps)}, {"map": np.full(len(maps), std)}),
        [],
    )


QUICK = curve("Quick", hours=(5, 10), maps=(0.5, 0.8))
NEVER = curve("Never", maps=(0.5, 0.6, 0.7))


def bands(figure: Figure) -> list[Any]:
    return [trace for trace in figure.figure.data if trace.fill == "toself"]


class TestLearningCurves:
    @pytest.mark.parametrize(
        ("axis", "said"),
        [
            ("labelled_documents", "Batch after 1,500 documents; Quick after 100 documents"),
            ("active_hours", "Batch after 15.0 h; Quick after 1.00 h"),
            ("wall_hours", "Batch after 6.25 days; Quick after 10.0 h"),
        ],
    )
    def test_the_caption_says_where_each_crosses_its_target(self, axis: str, said: str) -> None:
        figure = learning_curves([curve(), QUICK, NEVER], axis)
        assert figure.caption == (
            f"The mean curve crosses its target (the article's method): {said}; Never not as far as it goes. "
            f"{BAND}"
        )

    @pytest.mark.parametrize(
        ("hours", "title", "last"),
        [
            ((20, 40, 60), "wall time (h)", 60),
            ((24, 48, 72), "wall time (days)", 3),
            ((168, 336, 8 * 168), "wall time (weeks)", 8),
        ],
    )
    def test_wall_time_is_in_the_unit_in_which_it_is_written(
        self, hours: Sequence[float], title: str, last: float
    ) -> None:
        figure = learning_curves([curve(hours=hours)], "wall_hours").figure
        *_, mean = figure.data
        assert (figure.layout.xaxis.title.text, mean.x[-1]) == (title, last)
        worked = learning_curves([curve(hours=[10 * one for one in hours])], "active_hours").figure
        assert worked.layout.xaxis.title.text == "active SME time (h)"

    def test_where_times_are_far_apart_each_tick_has_its_own_unit(self) -> None:
        axis = learning_curves([curve(hours=(50, 100, 1_500)), QUICK], "wall_hours").figure.layout.xaxis
        ticks = dict(zip(axis.ticktext, axis.tickvals, strict=True))
        assert (axis.type, axis.title.text) == ("log", "wall time")
        assert (ticks["30 h"], ticks["3 days"], ticks["30 days"], ticks["10 weeks"]) == (30, 72, 720, 1_680)
        assert list(axis.tickvals) == sorted(axis.tickvals)
        work = learning_curves([curve(hours=(50, 100, 1_500)), QUICK], "active_hours").figure.layout.xaxis
        assert (work.type, work.title.text, work.ticktext[-1]) == ("log", "active SME time (h)", "300,000")

    def test_the_caption_says_if_none_does(self) -> None:
        assert learning_curves([NEVER], "wall_hours").caption == (
            f"No mean curve crosses its target as far as it goes: as far as every project has models. {BAND}"
        )

    def test_the_band_is_two_standard_deviations_and_within_what_a_map_can_be(self) -> None:
        (band,) = bands(learning_curves([curve(hours=(1, 2), maps=(0.5, 0.9), std=0.1)], "wall_hours"))
        # Few models: each is as good as it is until the next.
        assert band.x == pytest.approx([1, 2, 2, 2, 2, 1])
        assert band.y == pytest.approx([0.7, 0.7, 1, 0.7, 0.3, 0.3])

    def test_no_band_hides_a_mean_curve(self) -> None:
        traces = learning_curves([curve(), QUICK], "wall_hours").figure.data
        assert [trace.fill for trace in traces] == ["toself", "toself", None, None]

    @pytest.mark.parametrize("alone", [curve(std=ONE_REPLICATION), curve(hours=(), maps=())])
    def test_one_replication_or_no_model_has_no_band_and_none_is_spoken_of(
        self, alone: ScenarioCurve
    ) -> None:
        figure = learning_curves([alone], "wall_hours")
        assert not bands(figure)
        assert BAND not in figure.caption

    def test_curves_that_coincide_are_both_seen(self) -> None:
        """Scenarios that differ in hand-overs alone learn the same from the same documents."""
        scaled = curve("Scaled", hours=(500, 1_000, 1_500))
        scaled.mean.labelled_documents[:] = curve().mean.labelled_documents
        figure = learning_curves([curve(), scaled], "labelled_documents")
        assert [trace.line.dash for trace in figure.figure.data if not trace.fill] == ["solid", "dash"]
        assert len(bands(figure)) == 1
        figure = learning_curves([curve(), scaled], "wall_hours")
        assert [trace.line.dash for trace in figure.figure.data if not trace.fill] == ["solid", "solid"]
        assert len(bands(figure)) == 2

    def test_single_projects_are_there_on_demand(self) -> None:
        batch = curve(hours=(10, 20), maps=(0.5, 0.7))
        one, two = (
            LearningCurve.from_dict(
                {name: [0, 1] for name in (*COUNTED, *MEASURED)}
                | {"wall_hours": hours, "map": maps, "ratings": [None] * 2, "signs": [None] * 2}
            )
            for hours, maps in (((9.0, 19.0), (0.4, 0.6)), ((11.0, 21.0), (0.6, 0.8)))
        )
        figure = learning_curves([replace(batch, projects=[one, two])], "wall_hours")
        assert figure.on_demand == "single projects"
        (singly,) = [trace for trace in figure.figure.data if trace.visible is False]
        assert np.array_equal(singly.x, [9, 19, np.nan, 11, 21, np.nan], equal_nan=True)
        assert np.allclose(singly.y, [0.4, 0.6, np.nan, 0.6, 0.8, np.nan], equal_nan=True)


def spent(name: str, hours: dict[str, float], *, reached: int = 2) -> ScenarioSummary:
    """A scenario of two projects that spent so many hours, of which ``reached`` arrived."""
    wall = partly(Aggregate, n=2, reached=reached)
    return partly(ScenarioSummary, name=name, wall_time=hours, aggregate={"wall_hours": wall})


class TestWallTime:
    def test_a_bar_that_ends_before_the_target_says_so(self) -> None:
        (bar,) = draw_wall_time([spent("Short", {"label": 1}, reached=1)]).figure.data
        assert bar.y == ("Short (1 of 2 reached<br>the target)",)

    def test_every_activity_is_shown_with_its_hours(self) -> None:
        figure = draw_wall_time(
            [
                spent("250", {"label": 1.5, "train": 4, "merge": 6}),
                spent("2021-05-03", {"label": 2, "wait": 0.5}),
            ]
        ).figure
        assert {bar.name: bar.x for bar in figure.data} == {
            "label": (1.5, 2),
            "train": (4, 0),
            "merge": (6, 0),
            "wait": (0, 0.5),
        }
        # Plotly would take these names for a number and a day.
        assert figure.data[0].y == ("250", "2021-05-03")
        assert figure.layout.yaxis.type == "category"

    def test_a_long_name_leaves_room_for_the_bars(self) -> None:
        (bar,) = draw_wall_time([spent("a name of < 100 letters " * 4, {"label": 1})]).figure.data
        assert bar.y == ("<br>".join(["a name of &lt; 100 letters"] * 4),)


def test_json_cannot_end_the_script_that_it_stands_in() -> None:
    name = "</script><!--"
    figure = Figure("name", "title", "caption", go.Figure(layout={"title": {"text": name}}))
    assert "<" not in figure.json
    assert json.loads(figure.json)["layout"]["title"]["text"] == name
