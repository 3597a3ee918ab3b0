"""Measures of a project that can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import COORDINATION, LABEL, TRAIN, TRAINER
from sim.core.durations import MS_PER_HOUR
from sim.core.events import Event, Reason, ReplicationResult
from sim.core.quality import CurvePoint, QualityTarget
from sim.results.config_diff import differences
from sim.results.replication_metrics import COUNTED, MEASURED, LearningCurve, active_ms, compute_metrics
from sim.results.summary import MeanCurve
from sim.results.wall_time import wall_time
from support import handmade
from support.handmade import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

H = MS_PER_HOUR


def page(
    start: float,
    ends: list[float],
    documents: list[int],
    *,
    actor: str = "SME 1",
    confirmed: list[int] | None = None,
    focused: bool = False,
) -> Page:
    """Documents with two labels each, of which some are confirmed."""
    rows = [
        (round(end * H), document, 2, confirms, 2 - confirms, 1, 1 + focused)
        for end, document, confirms in zip(ends, documents, confirmed or [0] * len(ends), strict=True)
    ]
    return Page(0, round(start * H), actor, LABEL, "Shuffle", "", np.array(rows))


def event(start: float, end: float, activity: str, actor: str = COORDINATION) -> Event:
    return Event(0, round(start * H), round(end * H), actor, activity)


def result(
    pages: list[Page], others: list[Event], curve: list[CurvePoint], ended: float
) -> ReplicationResult:
    people = sorted({page.actor for page in pages})
    events = handmade.events(pages, others, people, round(ended * H))
    reached = next((point for point in curve if point.map >= 0.8), None)
    reason: Reason = "target" if reached else "limit of hours"
    return ReplicationResult("hand-made", 0, reason, reached, round(ended * H), curve, events)


def test_a_round_by_hand() -> None:
    """Two documents in one hour, two hours of coordination, four of training; then two documents more."""
    measures = compute_metrics(
        result(
            [page(0, [0.5, 1], [3, 4]), page(7, [7.5, 8], [5, 6], confirmed=[1, 2])],
            [event(1, 3, "collect"), event(3, 7, TRAIN, TRAINER), event(8, 9, TRAIN, TRAINER)],
            [CurvePoint(0, 2, 7 * H, 0.5), CurvePoint(1, 4, 9 * H, 0.9)],
            ended=10,
        )
    )
    metrics = measures.metrics
    assert metrics["labelled_documents"] == metrics["labelled_at_publish"] == 4
    assert metrics["annotations"] == 8
    assert metrics["labels_per_document"] == 2
    assert metrics["share_confirmed"] == pytest.approx(3 / 8)
    assert metrics["share_focused"] == 0
    assert metrics["wrong_suggestions_per_document"] == 1
    assert metrics["active_hours"] == 2
    assert metrics["wall_hours"] == 9
    assert (metrics["labelling_hours"], metrics["training_hours"], metrics["coordination_hours"]) == (2, 5, 2)
    assert metrics["waiting_hours"] == 0
    assert (metrics["trainings"], metrics["rounds"]) == (2, 2)
    assert list(measures.curve.annotations) == [4, 8]
    assert list(measures.curve.active_hours) == [1, 2]
    assert measures.wall_time == {"label": 2, "train": 5, "collect": 2, "wait": 0}


def test_every_moment_of_wall_time_is_shown_once_labelling_first() -> None:
    events = result(
        [page(0, [2], [1]), page(1, [4], [2], actor="SME 2")],
        [event(3, 7, TRAIN, TRAINER), event(5, 8, "merge")],
        [],
        ended=10,
    ).events
    hours = {activity: ms / H for activity, ms in wall_time(events, 10 * H).items()}
    assert hours == {"label": 4, "train": 3, "merge": 1, "wait": 2}


def test_active_time_adds_up_over_people_and_counts_what_is_under_way() -> None:
    events = result([page(0, [2], [1]), page(1, [4], [2], actor="SME 2")], [], [], ended=5).events
    moments = np.array([0, 1, 2, 3, 4, 5]) * H
    assert list(active_ms(events, moments) / H) == [0, 1, 3, 4, 5, 5]


def test_a_target_that_is_not_reached_is_measured_at_the_end() -> None:
    measures = compute_metrics(result([page(0, [1, 2], [1, 2])], [], [CurvePoint(0, 1, 2 * H, 0.3)], ended=3))
    assert measures.metrics["wall_hours"] == 3
    assert measures.metrics["labelled_documents"] == 2
    assert measures.figures["final_map"] == 0.3


def test_the_mean_curve_takes_the_jth_model_of_every_replication() -> None:
    def curve(documents: list[int], maps: list[float]) -> LearningCurve:
        columns: dict[str, Sequence[Any]] = dict.fromkeys((*COUNTED, *MEASURED), documents)
        columns |= {"wall_hours": [count / 5 for count in documents], "map": maps}
        none = [None] * len(maps)
        return LearningCurve.from_dict({**columns, "ratings": none, "signs": none})

    mean = MeanCurve.from_curves([curve([10, 20, 30], [0.5, 0.7, 0.9]), curve([10, 22], [0.7, 0.9])])
    assert list(mean.labelled_documents) == [10, 21]
    assert mean.map == pytest.approx([0.6, 0.8])
    assert mean.crossing(QualityTarget("map", 0.8)) == 1
    assert mean.crossing(QualityTarget("map", 0.95)) is None


def test_only_keys_that_differ_are_shown() -> None:
    one = {"name": "a", "seed": 1, "labelling": {"batch": 50, "suggestions": True}, "team": [{"count": 1}]}
    two = {"name": "b", "seed": 1, "labelling": {"batch": 50, "suggestions": False}, "team": [{"count": 1}]}
    assert differences([one, two]) == {"labelling.suggestions": ["true", "false"]}
