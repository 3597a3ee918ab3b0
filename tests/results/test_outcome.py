"""What a scenario comes to over its replications, by hand."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from sim.core.activities_and_costs import SETUP
from sim.results.statistics import proportion_interval
from sim.results.summary import Bottleneck, ByDeadline, LabelQuality
from support.handmade import outcome_of_hours, replication, scenario_outcome


def test_every_replication_is_counted_by_how_it_ended() -> None:
    outcome = scenario_outcome(
        replication(0.9),
        replication(0.5, outcome="horizon"),
        replication(0.6, outcome="exhausted"),
        replication(0.7, outcome="exhausted"),
    )
    found = outcome.summary
    assert [one.outcome for one in found.replications] == ["reached", "horizon", "exhausted", "exhausted"]
    assert (found.wall.reached, found.wall.n) == (1, 4)


def test_a_scenario_ends_for_the_most_frequent_reason_and_of_equals_for_the_first() -> None:
    ends = [replication(0.5, reason=one) for one in ("nobody left to label", "limit of hours", "budget")]
    outcome = scenario_outcome(*ends, replication(0.9), *ends[:2])
    found = outcome.summary.outcome
    assert found.reasons == {"target": 1, "budget": 1, "limit of hours": 2, "nobody left to label": 2}
    assert list(found.reasons) == ["target", "budget", "limit of hours", "nobody left to label"]
    assert found.reason == "limit of hours"


def test_the_chance_to_make_a_deadline_counts_those_that_reached_the_target_by_then() -> None:
    outcome = scenario_outcome(
        replication(0.9, hours=10),
        replication(0.9, hours=20),
        replication(0.9, hours=21),
        replication(0.5, hours=30, outcome="horizon"),
        replication(0.5, hours=5, outcome="exhausted"),
        deadline_hours=20,
    )
    assert outcome.summary.by_deadline == ByDeadline(
        hours=20, made=2, undecided=0, n=5, ci95=proportion_interval(2, 5)
    )
    assert outcome_of_hours(10).summary.by_deadline is None


def test_who_was_cut_off_before_a_deadline_might_have_made_it() -> None:
    outcome = scenario_outcome(
        replication(0.9, hours=10), replication(0.5, hours=15, outcome="horizon"), deadline_hours=20
    )
    by = outcome.summary.by_deadline
    assert by is not None
    assert (by.made, by.undecided, by.n) == (1, 1, 2)
    assert by.ci95 == (proportion_interval(1, 2)[0], proportion_interval(2, 2)[1])


def test_every_label_has_the_mean_of_its_average_precisions_with_the_last_models() -> None:
    one, two = (
        replace(replication(0.9), average_precisions=precisions) for precisions in ((0.5, nan), (0.75, nan))
    )
    assert scenario_outcome(one, two, replication(number=2)).summary.labels == [
        LabelQuality(name="grain", average_precision=0.625),
        LabelQuality(name="crude", average_precision=None),
    ]
    assert outcome_of_hours(10).summary.labels == []


def test_wall_time_is_the_mean_of_the_replications_by_activity() -> None:
    # of 10 h and 20 h one goes into labelling and two into training; a step that one has not took it no time
    outcome = scenario_outcome(
        replication(0.9, hours=10, step="merge"), replication(0.9, hours=20, step="validate")
    )
    assert outcome.summary.wall_time == {"label": 1, "train": 2, "merge": 3.5, "validate": 8.5, "wait": 0}


def test_the_bottleneck_has_its_share_of_the_wall_time() -> None:
    assert outcome_of_hours(10, 20).summary.bottleneck == Bottleneck(
        activity="coordination", hours=12, of_hours=15
    )


def test_where_projects_did_not_reach_the_target_it_is_not_complete() -> None:
    outcome = scenario_outcome(replication(0.5, hours=10, outcome="horizon"))
    assert outcome.summary.bottleneck == Bottleneck(
        activity="coordination", hours=7, of_hours=10, complete=False
    )


@pytest.mark.parametrize(
    ("step", "hours", "activity"),
    [
        ("merge", 10, "coordination"),
        ("a step of the planner's own", 10, "coordination"),
        (SETUP[0], 10, "setup"),
        (SETUP[1], 10, "setup"),
        (SETUP[2], 10, "setup"),
        ("merge", 4, "training"),
    ],
)
def test_the_bottleneck_is_what_takes_longest(step: str, hours: float, activity: str) -> None:
    assert scenario_outcome(replication(0.9, hours=hours, step=step)).summary.bottleneck.activity == activity


def test_steps_of_the_coordination_are_one_bottleneck_together() -> None:
    # a step of 2.5 h in each replication: 1.25 h on average, less than two of training, but both are more
    outcome = scenario_outcome(
        replication(0.9, hours=5.5, step="merge"), replication(0.9, hours=5.5, step="validate")
    )
    assert outcome.summary.wall_time["merge"] == outcome.summary.wall_time["validate"] == 1.25
    assert (outcome.summary.bottleneck.activity, outcome.summary.bottleneck.hours) == ("coordination", 2.5)
