"""Documents to a target, extrapolated from the first labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from sim.core.durations import NORMAL_P90
from sim.corpus import ngrams, synthetic
from sim.learning.extrapolation import (
    BY_LABELLED,
    ON_TEST,
    CurveEstimate,
    CurveGoal,
    MeasuredCurve,
    measure_curves,
)
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.quality_on_test_documents import average_precisions
from sim.scenario.models import StandinCorpus

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus

NOTHING_ELSE_KNOWN = BY_LABELLED["map"]._replace(spread=100.0, curve_error=1e-3, slope_error=1e-3)
"""Parameters that leave it all to the curve."""


def straight(level: float, slope: float, documents: int = 300) -> CurveEstimate:
    """A curve that is known exactly, and is straight."""
    return CurveEstimate(documents, level, 1e-3, slope, NOTHING_ELSE_KNOWN)


@pytest.mark.parametrize(("slope", "times"), [(0.5, 4), (1.0, 2), (0.25, 16)])
def test_a_straight_line_reaches_its_target_where_it_crosses_it(slope: float, times: int) -> None:
    # Log odds grow by log 2 until the target, which is as far as slope x log(times).
    found = straight(0.0, slope).documents_to(CurveGoal(2 / 3, 10_000))
    assert found.quantile(0.5) == pytest.approx(300 * times, rel=0.01)
    assert found.quantile(0.9) / found.quantile(0.1) < 1.05
    assert found.probability_by(300 * times * 1.05) == pytest.approx(1, abs=0.01)
    assert found.probability_by(300 * times * 0.95) == pytest.approx(0, abs=0.01)


def test_expected_map_follows_the_line() -> None:
    middle, low, high = straight(0.0, 0.5).value_at(1_200)
    assert middle == pytest.approx(expit(np.log(2)))
    assert low < middle < high


def test_where_labels_say_nothing_documents_are_those_that_targets_usually_take() -> None:
    usual = BY_LABELLED["map"]
    nothing = CurveEstimate(50, 0.0, 50.0, 0.3, usual)
    found = nothing.documents_to(CurveGoal(0.8, 1_000_000))
    assert found.quantile(0.5) == pytest.approx(usual.usual, rel=0.1)
    # The 90th percentile of a logistic distribution is log 9 scales above its median.
    assert found.quantile(0.9) == pytest.approx(usual.usual * 9**usual.spread, rel=0.1)


@given(st.floats(-2, 2), st.floats(0.05, 1), st.floats(0.01, 0.5), st.integers(100, 2_000))
def test_quantiles_grow_and_are_beyond_what_is_labelled(
    level: float, slope: float, error: float, documents: int
) -> None:
    found = CurveEstimate(documents, level, error, slope, BY_LABELLED["map"]).documents_to(
        CurveGoal(0.9, 10_000)
    )
    quantiles = [found.quantile(share) for share in (0.1, 0.5, 0.8, 0.9)]
    assert quantiles == sorted(quantiles)
    assert quantiles[0] > documents


@given(st.floats(0.01, 0.3), st.floats(0.31, 0.6))
def test_a_higher_target_takes_more_documents(low: float, high: float) -> None:
    curve = CurveEstimate(300, float(logit(0.3)), 0.1, 0.4, BY_LABELLED["map"])
    lower, higher = (curve.documents_to(CurveGoal(value, 10_000)).quantile(0.5) for value in (low, high))
    assert higher >= lower


@pytest.mark.parametrize("share", [1.0, 0.5, 0.25])
def test_a_strategy_takes_its_share_of_the_documents_still_to_label(share: float) -> None:
    random = CurveEstimate(300, -1.0, 0.2, 0.4, BY_LABELLED["map"]).documents_to(CurveGoal(0.6, 10_000))
    known = random.picked_by(-np.log(share), 0.0)
    for probability in (0.1, 0.5, 0.9):
        left = random.quantile(probability) - 300
        assert known.quantile(probability) - 300 == pytest.approx(share * left, rel=0.02, abs=2)
    doubted = random.picked_by(-np.log(share), 0.5)
    assert doubted.quantile(0.5) - 300 == pytest.approx(known.quantile(0.5) - 300, rel=0.1)
    assert doubted.quantile(0.9) > known.quantile(0.9)
    assert doubted.quantile(0.1) < known.quantile(0.1)


def test_more_labels_narrow_the_range() -> None:
    curve = CurveEstimate(100, -1.0, 0.4, 0.4, BY_LABELLED["map"])
    later = curve.continued(400)
    assert later.level == pytest.approx(-1 + 0.4 * np.log(4))
    assert later.error == pytest.approx(0.2)

    def width(one: CurveEstimate) -> float:
        found = one.documents_to(CurveGoal(0.7, 10_000))
        return found.quantile(0.9) / found.quantile(0.1)

    assert width(later) < width(curve)


def test_a_value_is_reached_with_a_normal_probability() -> None:
    parameters = BY_LABELLED["plateau"]._replace(curve_error=0.3, slope_error=0.5)
    curve = CurveEstimate(100, 0.0, 0.4, 0.5, parameters)
    # By 100 e documents log odds are normal with mean 0.5 and variance 0.4² + 0.3² + 0.25².
    deviation = np.sqrt(0.4**2 + 0.3**2 + 0.25**2)
    for quantile, probability in ((0.0, 0.5), (NORMAL_P90, 0.1), (-NORMAL_P90, 0.9)):
        value = float(expit(0.5 + quantile * deviation))
        assert curve.probability_at(272, value) == pytest.approx(probability, abs=1e-3)
    expected, low, high = curve.value_at(272)
    found = [curve.probability_at(272, value) for value in (low, expected, high)]
    assert found == pytest.approx([0.9, 0.5, 0.1], abs=1e-6)


def test_few_examples_make_an_estimate_uncertain() -> None:
    measured = MeasuredCurve(100, 0.0, 0.2, 0.5, 0.0)
    for parameters in (BY_LABELLED["map"], ON_TEST["map"]):
        one_each, many = (
            CurveEstimate.expected(measured._replace(examples=log), parameters) for log in (0.0, 9.0)
        )
        assert one_each.error == pytest.approx(np.hypot(0.2, parameters.few_examples))
        assert many.error == pytest.approx(0.2, abs=0.01)


def test_slopes_beyond_reason_are_not_believed() -> None:
    steep, steeper, falling, flat = (
        CurveEstimate.expected(MeasuredCurve(100, 0.0, 0.2, slope, 1.0), BY_LABELLED["map"]).slope
        for slope in (1.0, 5.0, -1.0, 0.0)
    )
    assert steep == steeper
    assert falling == flat > 0


@pytest.mark.parametrize(("share", "slope"), [(0.9, 0.5), (0.8, 0.3), (0.95, 1.0)])
def test_a_share_of_the_plateau_is_reached_where_the_line_crosses_it(share: float, slope: float) -> None:
    curve, goal = straight(0.0, slope), CurveGoal(share, 3_000, of_plateau=True)
    odds = 10**slope
    target = share * odds / (1 + odds)
    documents = 300 * (target / (1 - target)) ** (1 / slope)
    assert curve.documents_to(goal).quantile(0.5) == pytest.approx(documents, rel=0.01)
    assert curve.documents_to(goal).probability_by(3_000) == pytest.approx(1)


def test_what_labels_do_not_tell_of_the_level_moves_its_plateau_as_well() -> None:
    doubtful = replace(straight(-3.0, 0.3), error=0.5)
    plateau, *_ = doubtful.value_at(3_000)

    def width(goal: CurveGoal) -> float:
        found = doubtful.documents_to(goal)
        return found.quantile(0.9) / found.quantile(0.1)

    assert width(CurveGoal(0.8, 3_000, of_plateau=True)) < width(CurveGoal(0.8 * plateau, 3_000)) / 2


def test_a_share_of_the_plateau_is_reached_once_the_doubt_of_the_level_allows() -> None:
    flat = straight(0.0, 0.05)
    assert flat.is_reached(CurveGoal(0.9, 600, of_plateau=True))
    assert not flat.is_reached(CurveGoal(0.99, 600, of_plateau=True))
    assert straight(0.0, 0.5).is_reached(CurveGoal(0.49, 600))
    assert not replace(straight(0.0, 0.5), error=0.5).is_reached(CurveGoal(0.49, 600))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    config = StandinCorpus(
        source="standin", documents=500, test_documents=200, labels=4, words_per_document=20, density=1
    )
    return synthetic.generate(config)


def measured(corpus: Corpus, folder: Path, *, on_test: bool = False) -> dict[str, MeasuredCurve]:
    features = ngrams.read(ngrams.get_or_compute(corpus, 32, folder))
    tested = corpus.test.labels if on_test else None
    rng = np.random.default_rng(1)
    return measure_curves(KernelRidge(corpus, features), np.arange(150), rng, tested)


def test_hidden_labels_are_never_looked_at(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    opposite = corpus.pool.labels.copy()
    opposite[150:] = ~opposite[150:]
    test_opposite = replace(corpus.test, labels=~corpus.test.labels)
    hidden = replace(corpus, pool=replace(corpus.pool, labels=opposite), test=test_opposite)
    assert measured(corpus, folder) == measured(hidden, folder)


def test_estimates_are_near_what_test_documents_show(
    corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    estimated, true = measured(corpus, folder), measured(corpus, folder, on_test=True)
    assert [*estimated] == [*true] == ["map", "macro_f1", "micro_f1"]
    for metric, found in true.items():
        assert found.on_test
        assert abs(estimated[metric].level - found.level) < 3 * np.hypot(estimated[metric].error, found.error)
        assert estimated[metric].examples == found.examples


def test_of_labels_with_an_example_each_leave_one_out_scores_say_how_good_a_model_is(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    many = synthetic.generate(
        StandinCorpus(source="standin", documents=300, test_documents=60, labels=30, labels_per_document=1)
    )
    features = ngrams.read(ngrams.get_or_compute(many, 32, tmp_path_factory.mktemp("cache")))
    learner, one_each = KernelRidge(many, features), many.pool.labels.argmax(axis=0)
    found = measure_curves(learner, one_each, np.random.default_rng(1))["map"]
    predictions = learner.train(np.random.default_rng(1).permutation(one_each)).predictions()
    precisions = average_precisions(predictions.labels, predictions.leave_one_out())
    assert found.level == pytest.approx(logit(precisions.mean()))


def test_on_test_documents_each_metric_is_that_of_the_model(
    corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    one = corpus.pool.labels[:, :1]
    for labels, metrics in (
        (np.hstack([one, ~one]), {"map", "macro_f1", "micro_f1", "accuracy"}),
        (one, {"map", "macro_f1", "micro_f1", "recall"}),
    ):
        names, test = corpus.label_names[: labels.shape[1]], corpus.test.labels[:, :1]
        test = np.hstack([test, ~test])[:, : labels.shape[1]]
        part = replace(
            corpus,
            label_names=names,
            pool=replace(corpus.pool, labels=labels),
            test=replace(corpus.test, labels=test),
        )
        features = ngrams.read(ngrams.get_or_compute(part, 32, folder))
        learner = KernelRidge(part, features)
        order = np.random.default_rng(1).permutation(np.arange(150))
        found = measure_curves(learner, np.arange(150), np.random.default_rng(1), part.test.labels)
        model = learner.train(order)
        assert found.keys() == metrics
        for metric, curve in found.items():
            value = model.map if metric == "map" else getattr(model.quality, metric)
            assert expit(curve.level) == pytest.approx(np.clip(value, 0.001, 0.999))
