"""From the naive plan to the time to value, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.reporting.html.wall_time_and_waterfall import (
    LABELLED_BY_MODEL,
    SLOWED,
    SUGGESTED,
    WaterfallStep,
    draw_waterfall,
    waterfall_rows,
    waterfall_steps,
)
from sim.results.replication_metrics import Stopped
from sim.results.statistics import Aggregate
from sim.results.summary import ReplicationSummary, ScenarioSummary
from sim.scenario.models import Scenario
from support.handmade import manifest, partly, replication, scenario_outcome, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.reporting.html.figure import Figure

MORE_LABELS = "more than one label a document"
SWITCHING = "switching context"
NOT_AT_ONCE = "not all people at work at once"
TOO_LATE = "not knowing when to stop"
STOPS_NOBODY = (
    "No rule stopped a project: the simulation knows when the target is reached, which people do not."
)
READ_AS = "Each bar starts where the one above ends; means over replications, until the target."


def render(
    *,
    documents: int,
    annotations: int,
    active: float,
    wall_time: dict[str, float],
    focused: float | None = 0,
    reached: int = 10,
) -> ScenarioSummary:
    """What a summary says of ten replications that were all the same, but for reaching the target."""
    means = {"labelled_documents": documents, "annotations": annotations, "active_hours": active}
    project = partly(ReplicationSummary, annotations=annotations, share_focused=focused)
    return partly(
        ScenarioSummary,
        name="Told",
        replications=[project] * 10,
        aggregate={
            **{name: partly(Aggregate, restricted_mean=mean) for name, mean in means.items()},
            "wall_hours": partly(Aggregate, n=10, reached=reached),
        },
        stopped=[],
        wall_time=wall_time,
    )


def late(scenario: ScenarioSummary, *past: float | None) -> ScenarioSummary:
    """The scenario with projects stopped so many hours past the target, half of them active.

    None where it was not reached.
    """
    stopped = [
        partly(
            Stopped,
            wall_hours_past_target=hours,
            active_hours_past_target=None if hours is None else hours / 2,
        )
        for hours in past
    ]
    return scenario.model_copy(update={"stopped": stopped})


def resolved(**keys: Any) -> dict[str, Any]:
    """The article's configuration but for ``keys``."""
    return Scenario.model_validate({"name": "Told", **keys}).model_dump(mode="json")


HANDED_OVER = render(
    documents=4_100,
    annotations=4_760,
    active=4_760 * 7.10 / 3_600,
    wall_time={"label": 4_760 * 7.10 / 3_600, "train": 20, "collect": 30, "merge": 210, "wait": 0},
)
"""The article's random batch: five models, each 4 h of training and 48 h of waiting."""
SUGGESTING = render(documents=1_800, annotations=3_600, focused=0.5, active=5.33, wall_time={"label": 5.33})
"""By hand 1,800 x 5.56 s + 1,800 x 7.10 s, which is 6.33 h."""
TWO_PEOPLE = render(
    documents=3_600,
    annotations=3_600,
    focused=1,
    active=5.56,
    wall_time={"label": 3, "train": 4, "wait": 0.5},
)


def said(rungs: Sequence[WaterfallStep]) -> list[tuple[str, Any, Any]]:
    return [
        (rung.words, pytest.approx(rung.hours, abs=1e-5), pytest.approx(rung.total, abs=1e-5))
        for rung in rungs
    ]


class TestLadder:
    def test_the_articles_random_batch(self) -> None:
        assert said(waterfall_steps(HANDED_OVER, resolved())) == [
            ("planned: 4,100 documents on average, 5.56 s each", 6.33222, 6.33222),
            (MORE_LABELS, 1.01933, 7.35156),
            (SWITCHING, 2.03622, 9.38778),
            ("training", 20, 29.38778),
            ("coordination", 240, 269.38778),
        ]

    def test_those_who_do_not_label_share_none_of_the_work(self) -> None:
        with_staff = resolved(team=[{"count": 1}, {"count": 1}, {"role": "engineer", "count": 5}])
        assert waterfall_steps(TWO_PEOPLE, with_staff)[0].words.endswith(", by 2 people")

    def test_suggestions_save_some_of_it(self) -> None:
        assert said(waterfall_steps(SUGGESTING, resolved())) == [
            ("planned: 1,800 documents on average, 5.56 s each", 2.78, 2.78),
            (MORE_LABELS, 2.78, 5.56),
            (SWITCHING, 0.77, 6.33),
            (SUGGESTED, -1, 5.33),
        ]

    def test_a_model_saves_some_or_labels_alone(self) -> None:
        beside = waterfall_steps(SUGGESTING, resolved(team=[{}, {"kind": "model"}]))
        assert beside[-1].words == LABELLED_BY_MODEL
        (alone,) = waterfall_steps(SUGGESTING, resolved(team=[{"kind": "model"}]))
        assert (alone.words, alone.hours) == ("planned: 1,800 documents on average, by a model", 5.33)

    def test_two_people_share_the_work_but_not_the_waiting(self) -> None:
        assert said(waterfall_steps(TWO_PEOPLE, resolved(team=[{"count": 1}, {"count": 1}]))) == [
            ("planned: 3,600 documents on average, 5.56 s each, by 2 people", 2.78, 2.78),
            (NOT_AT_ONCE, 0.22, 3),
            ("training", 4, 7),
            ("waiting", 0.5, 7.5),
        ]

    def test_what_labels_do_not_explain_was_reading_and_the_like(self) -> None:
        read = render(documents=3_600, annotations=3_600, focused=1, active=6, wall_time={"label": 6})
        assert said(waterfall_steps(read, resolved()))[1:] == [(SLOWED, 0.44, 6)]

    def test_a_plan_counts_on_the_quickest_pace_whichever_it_is(self) -> None:
        times = {"switching": {"assign": "1 s"}, "focused": {"assign": "2 s"}}
        quick = render(documents=3_600, annotations=3_600, focused=0.5, active=1.5, wall_time={"label": 1.5})
        assert said(waterfall_steps(quick, resolved(labelling={"annotation_times": times}))) == [
            ("planned: 3,600 documents on average, 1 s each", 1, 1),
            (SWITCHING, 0.5, 1.5),
        ]

    def test_a_plan_takes_the_time_that_people_gave(self) -> None:
        slow = render(documents=360, annotations=720, focused=0.5, active=15, wall_time={"label": 15})
        # 360 x 100 s, of a document however many its labels and whatever came before it
        by_document = resolved(team=[{"seconds_per_document": "100 s"}])
        assert said(waterfall_steps(slow, by_document)) == [
            ("planned: 360 documents on average, 100 s each", 10, 10),
            (SLOWED, 5, 15),
        ]
        # focused as much quicker as the article's people are: 5.56 of 7.1 s
        by_label = resolved(team=[{"seconds_per_label": "71 s"}])
        assert said(waterfall_steps(slow, by_label))[:3] == [
            ("planned: 360 documents on average, 55.6 s each", 5.56, 5.56),
            (MORE_LABELS, 5.56, 11.12),
            (SWITCHING, 1.54, 12.66),
        ]

    def test_setup_is_one_rung_and_so_are_the_steps_of_the_round_trip(self) -> None:
        wall_time = {"label": 5.56, "collect documents": 8, "develop model": 16, "merge": 1, "send": 2}
        long = render(documents=3_600, annotations=3_600, focused=1, active=5.56, wall_time=wall_time)
        assert said(waterfall_steps(long, resolved()))[1:] == [
            ("setup", 24, 29.56),
            ("coordination", 3, 32.56),
        ]

    def test_a_plan_of_nothing_stays_where_all_that_is_forgotten_stands_on_it(self) -> None:
        ended = render(
            documents=0, annotations=0, focused=None, active=0, reached=0, wall_time={"label": 0, "merge": 5}
        )
        rungs = waterfall_steps(ended, resolved())
        assert said(rungs) == [("planned: 0 documents on average, 5.56 s each", 0, 0), ("coordination", 5, 5)]
        assert draw_waterfall(rungs, ended).caption.startswith(
            "Planned: 0.00 h. Simulated, on average: at least 5.00 h. "
        )

    def test_stopping_late_comes_after_the_time_to_value(self) -> None:
        stopped = late(SUGGESTING, 1, 2, None)
        *before, last = waterfall_steps(stopped, resolved())
        assert before == waterfall_steps(SUGGESTING, resolved())
        assert said([last]) == [(TOO_LATE, 1.5, 6.83)]
        assert last.past_target

    @pytest.mark.parametrize("past", [[], [None], [0, 0]])
    def test_who_stopped_in_time_adds_nothing(self, past: list[float | None]) -> None:
        assert waterfall_steps(late(SUGGESTING, *past), resolved()) == waterfall_steps(SUGGESTING, resolved())

    @settings(max_examples=25)
    @given(
        projects=st.lists(
            st.tuples(
                st.lists(st.floats(0, 1), min_size=1, max_size=4), st.floats(2.5, 500), st.floats(0.001, 0.5)
            ),
            min_size=1,
            max_size=4,
        ),
        people=st.integers(1, 3),
    )
    def test_rungs_add_up_to_the_mean_wall_time(
        self, projects: list[tuple[list[float], float, float]], people: int
    ) -> None:
        outcome = scenario_outcome(
            *(
                replication(*maps, hours=hours, labelling=labelling, number=number)
                for number, (maps, hours, labelling) in enumerate(projects)
            )
        )
        (scenario,) = summary([outcome]).scenarios
        (configured,) = manifest(outcome, team=[{"count": people}])["scenarios"]
        rungs = waterfall_steps(scenario, configured["resolved"])
        wall = scenario.aggregate["wall_hours"].restricted_mean
        assert rungs[-1].total == pytest.approx(wall)
        assert sum(rung.hours for rung in rungs) == pytest.approx(wall)
        assert [rung.total - rung.hours for rung in rungs[1:]] == pytest.approx(
            [rung.total for rung in rungs[:-1]]
        )


class Bar(NamedTuple):
    """One bar as it is drawn."""

    words: str
    base: float
    length: float
    text: str
    pattern: str


def from_the_top(figure: Figure) -> list[Bar]:
    """All bars in the order in which they stand."""
    drawn = figure.figure
    bars = [
        Bar(*bar, trace.marker.pattern.shape)
        for trace in drawn.data
        for bar in zip(trace.y, trace.base, trace.x, trace.text, strict=True)
    ]
    return sorted(bars, key=lambda bar: drawn.layout.yaxis.categoryarray.index(bar.words))


class TestFigure:
    def test_each_bar_starts_where_the_one_above_ends_and_the_total_is_last(self) -> None:
        bars = from_the_top(draw_waterfall(waterfall_steps(SUGGESTING, resolved()), SUGGESTING))
        assert [bar.base for bar in bars] == pytest.approx([0, 2.78, 5.56, 5.33, 0])
        assert [bar.length for bar in bars] == pytest.approx([2.78, 2.78, 0.77, 1, 5.33])
        assert [bar.text for bar in bars] == ["2.78 h", "2.78 h", "0.77 h", "-1.00 h", "5.33 h"]
        assert [bar.words for bar in bars[-2:]] == ["suggestions confirmed", "time to value"]
        assert bars[1].pattern == bars[2].pattern != bars[3].pattern

    def test_hours_past_the_target_stand_below_the_total_and_start_at_its_end(self) -> None:
        stopped = late(SUGGESTING, 1.5)
        bars = from_the_top(draw_waterfall(waterfall_steps(stopped, resolved()), stopped))[-2:]
        assert [bar.words for bar in bars] == ["time to value", TOO_LATE]
        assert [bar.length for bar in bars] == pytest.approx([5.33, 1.5])
        assert [bar.base for bar in bars] == pytest.approx([0, 5.33])

    def test_the_caption_begins_with_how_far_off_the_plan_was(self) -> None:
        figure = draw_waterfall(waterfall_steps(HANDED_OVER, resolved()), HANDED_OVER)
        assert figure.title == "Why the naive plan fails: Told"
        assert figure.caption == (
            f"Planned: 6.33 h. Simulated, on average: 11.2 days, 42.5 times as long. {READ_AS} {STOPS_NOBODY}"
        )

    def test_the_caption_says_that_a_saving_is_net(self) -> None:
        assert draw_waterfall(waterfall_steps(SUGGESTING, resolved()), SUGGESTING).caption == (
            f"Planned: 2.78 h. Simulated, on average: 5.33 h, 1.9 times as long. {READ_AS} The saving "
            "by suggestions confirmed is net of slow documents and people, reading, dismissing, rework, test "
            "documents, documents labelled meanwhile. "
            f"{STOPS_NOBODY}"
        )

    def test_projects_that_did_not_reach_the_target_make_it_a_lower_bound(self) -> None:
        wall = partly(Aggregate, n=10, reached=7)
        some = HANDED_OVER.model_copy(update={"aggregate": {**HANDED_OVER.aggregate, "wall_hours": wall}})
        figure = draw_waterfall(waterfall_steps(some, resolved()), some)
        assert figure.caption == (
            f"Planned: 6.33 h. Simulated, on average: at least 11.2 days, 42.5 times as long. {READ_AS} 3 of "
            "10 replications did not reach it: theirs are the documents and hours until their end, a lower "
            f"bound. {STOPS_NOBODY}"
        )
        assert from_the_top(figure)[-1].words == "time to value, at least"

    @pytest.mark.parametrize(
        ("past", "said"),
        [
            (
                [1, 2, None],
                (
                    "Rules stopped 3 of 10 replications; 2 had reached the target and went on for a mean of "
                    "1.50 h, 0.75 h of it active SME time, which is no part of the time to value."
                ),
            ),
            ([None], "Rules stopped 1 of 10 replications, none of which had reached the target."),
        ],
    )
    def test_the_caption_says_how_late_rules_stopped(self, past: list[float | None], said: str) -> None:
        stopped = late(HANDED_OVER, *past)
        assert draw_waterfall(waterfall_steps(stopped, resolved()), stopped).caption.endswith(
            f"{READ_AS} {said}"
        )


def test_a_table_shows_the_same() -> None:
    stopped = late(SUGGESTING, 1.5)
    assert waterfall_rows(waterfall_steps(stopped, resolved())) == [
        ("planned: 1,800 documents on average, 5.56 s each", "2.78 h", "2.78 h"),
        (MORE_LABELS, "2.78 h", "5.56 h"),
        (SWITCHING, "0.77 h", "6.33 h"),
        (SUGGESTED, "-1.00 h", "5.33 h"),
        (TOO_LATE, "1.50 h", "-"),
    ]
