"""Label by label, the worst first."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from sim.reporting.html.learning_curves import MOST, worst_labels
from sim.results.summary import LabelQuality
from support.handmade import replication, scenario_outcome, summary


def test_the_worst_label_stands_first_and_one_without_test_documents_is_counted() -> None:
    results = [replace(replication(0.9), average_precisions=(0.75, nan))]
    (scenario,) = summary([scenario_outcome(*results)]).scenarios
    tea = LabelQuality(name="<b>tea</b>", average_precision=0.25)
    figure = worst_labels(scenario.model_copy(update={"labels": [*scenario.labels, tea]}))
    assert figure is not None
    (bars,) = figure.figure.data
    assert figure.figure.layout.yaxis.ticktext == ("&lt;b&gt;tea&lt;/b&gt;", "grain")
    assert bars.y == (0, 1)
    assert bars.x == (0.25, 0.75)
    assert "Labels without test documents are not shown: 1." in figure.caption


def test_of_very_many_the_best_are_left_out() -> None:
    (scenario,) = summary([scenario_outcome(replication(0.9))]).scenarios
    labels = [
        LabelQuality(name=f"label {number}", average_precision=number / 100) for number in range(MOST + 3)
    ]
    figure = worst_labels(scenario.model_copy(update={"labels": labels}))
    assert figure is not None
    assert len(figure.figure.data[0].y) == MOST
    assert "The 3 best are not shown." in figure.caption


def test_labels_that_begin_alike_keep_a_bar_each_and_one_line() -> None:
    (scenario,) = summary([scenario_outcome(replication(0.9))]).scenarios
    names = [f"{'long ' * 20}{number}" for number in range(2)]
    labels = [LabelQuality(name=name, average_precision=0.5) for name in names]
    figure = worst_labels(scenario.model_copy(update={"labels": labels}))
    assert figure is not None
    assert len(figure.figure.data[0].y) == 2
    assert set(figure.figure.layout.yaxis.ticktext) == {"long long long long lon…"}


def test_there_is_none_without_a_model() -> None:
    (scenario,) = summary([scenario_outcome(replication(0.9))]).scenarios
    assert worst_labels(scenario) is None
