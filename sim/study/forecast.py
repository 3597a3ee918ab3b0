"""Forecast of a project under way by its labelled documents: documents, hours and cost to its target."""

from __future__ import annotations

from statistics import fmean, harmonic_mean
from typing import TYPE_CHECKING, Literal, Self

from sim.core.durations import MS_PER_HOUR
from sim.core.errors import PlannerMistakeError
from sim.core.registry import LEARNERS
from sim.core.streams import Streams
from sim.corpus.table import load_partly_labelled
from sim.learning.extrapolation import CurveEstimate, measure_curve
from sim.results.metrics import rounded_percent, target_text
from sim.results.statistics import Facts
from sim.scenario.models import TableCorpus
from sim.simulation.pace import AnnotationTime, mean_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.learning.extrapolation import DocumentsToTarget
    from sim.scenario.models import Scenario

FEWEST = 100
"""Fewest labelled documents; with fewer nobody has measured how true a forecast is."""
QUANTILES = {"p10": 0.1, "p50": 0.5, "p80": 0.8, "p90": 0.9}
RANGE = (0.1, 0.9)
TIMES_MORE = 2
"""By which factor more labels are to narrow the range."""


class ForecastQuantiles(Facts):
    """Values that the project will not exceed with a probability of 10, 50, 80 and 90 %."""

    p10: float
    p50: float
    p80: float
    p90: float

    @classmethod
    def of(cls, value: Callable[[float], float]) -> Self:
        """Compute the quantiles with a quantile function."""
        return cls(**{name: value(probability) for name, probability in QUANTILES.items()})


class EstimatedMap(Facts):
    """Estimated MAP of a model of the labelled documents, with its 95 % interval."""

    map: float
    lo: float
    hi: float


class Accuracy(Facts):
    """How true forecasts were on corpora, each left out of the fit in turn: `docs/forecasts.md`."""

    labelled: int
    """From how many labels."""
    corpora: int
    typical_factor: float
    """By which factor P50 was off: exp of the mean absolute logarithm of forecast over truth."""
    within_p10_p90: float
    """Share of the cases whose truth was from P10 to P90."""


class NarrowedRange(Facts):
    """What to expect of the range with more labels."""

    labelled: int
    p10: float
    p90: float


class Forecast(Facts):
    """Forecast of a project under way: the content of ``simulate forecast --json``."""

    schema_version: Literal[1] = 1
    name: str
    target: dict[str, float]
    labelled: int
    """Documents labelled so far."""
    documents: int
    """Documents to label in all, labelled ones among them."""
    test_documents: int
    """Labelled documents that the estimate is measured on; 0 where a model estimates it by leave-one-out."""
    estimate: EstimatedMap
    documents_to_target: ForecastQuantiles
    """Documents labelled when the target is reached, those of today among them."""
    hours: ForecastQuantiles
    """Hours of labelling from now on."""
    cost: ForecastQuantiles | None
    """What these hours cost; None where nothing costs anything."""
    currency: str | None
    labels_per_document: float
    """Measured on the labelled documents."""
    probability_documents_suffice: float
    """Probability that the target is reached with the documents there are."""
    accuracy: Accuracy
    narrowed: NarrowedRange | None
    """None where more labels than today reach the target before they tell more of it."""
    cautions: list[Literal["not_random", "other_learner", "by_hand"]]
    """`not_random`: the scenario picks by a strategy, and the forecast is of random documents.
    `other_learner`: accuracy was measured with the preset `strong`, and the scenario has another.
    `by_hand`: hours are of labelling without the suggestions that the scenario has."""


MEASURED = (
    Accuracy(labelled=100, corpora=7, typical_factor=1.66, within_p10_p90=0.81),
    Accuracy(labelled=300, corpora=7, typical_factor=1.43, within_p10_p90=0.83),
    Accuracy(labelled=500, corpora=7, typical_factor=1.38, within_p10_p90=0.75),
)
MEASURED_ON_TEST = (
    Accuracy(labelled=100, corpora=7, typical_factor=1.56, within_p10_p90=0.76),
    Accuracy(labelled=300, corpora=7, typical_factor=1.29, within_p10_p90=0.87),
    Accuracy(labelled=500, corpora=7, typical_factor=1.23, within_p10_p90=0.81),
)
"""Without labelled test documents, and with up to 1,500 of them: `docs/forecasts.md`."""
BEST = (0.302, 0.359, 0.547, 0.613, 0.823, 0.929, 0.954)
"""Best MAP of each corpus that was measured, with three fifths of its documents labelled."""


def forecast(scenario: Scenario, cache: Path) -> Forecast:
    """Forecast from its partly labelled table when a scenario reaches its target.

    The labelled documents are taken to be a random sample of all, and further ones to be picked at random.

    Raises:
        PlannerMistakeError: if its documents are no table, too few are labelled, none is left, or the target
            is not a MAP, is reached already, or is out of reach.
    """
    name = scenario.name
    if not isinstance(scenario.corpus, TableCorpus):
        raise PlannerMistakeError(
            f"{name}: a forecast needs documents that are labelled in part, and corpus.source is "
            f"{scenario.corpus.source}; write {{source: table, path: FILE}}"
        )
    metric, target = scenario.target.quality
    if metric != "map":
        raise PlannerMistakeError(
            f"{name}: forecasts are of MAP, not of {metric}; write target: {{map: 0.8}}"
        )
    corpus, labelled = load_partly_labelled(scenario.corpus)
    documents = len(corpus.pool)
    if len(labelled) < FEWEST:
        raise PlannerMistakeError(
            f"{name}: {len(labelled):,} documents of {corpus.name} are labelled; a forecast takes {FEWEST}, "
            "picked at random"
        )
    if len(labelled) == documents:
        raise PlannerMistakeError(
            f"{name}: every document of {corpus.name} is labelled; leave the label of documents empty that "
            "nobody has labelled yet"
        )
    curve = _curve(scenario, corpus, labelled, cache)
    _check_within_reach(name, curve, target, scenario, documents)
    distribution = curve.documents_to(target)
    per_document_hours, per_hour = _labelling(scenario, corpus, labelled)

    def hours(probability: float) -> float:
        return (distribution.quantile(probability) - len(labelled)) * per_document_hours

    now, low, high = curve.interval
    return Forecast(
        name=name,
        target={metric: target},
        labelled=len(labelled),
        documents=documents,
        test_documents=len(corpus.test),
        estimate=EstimatedMap(map=now, lo=low, hi=high),
        documents_to_target=ForecastQuantiles.of(distribution.quantile),
        hours=ForecastQuantiles.of(hours),
        cost=ForecastQuantiles.of(lambda probability: hours(probability) * per_hour)
        if scenario.charged
        else None,
        currency=scenario.costs.currency if scenario.charged else None,
        labels_per_document=float(corpus.pool.labels[labelled].sum(axis=1).mean()),
        probability_documents_suffice=distribution.probability_by(documents),
        accuracy=_accuracy(len(labelled), MEASURED_ON_TEST if len(corpus.test) else MEASURED),
        narrowed=_narrowed(curve, target, distribution),
        cautions=[
            *(["not_random"] if scenario.labelling.strategy != "random" else []),
            *(["other_learner"] if scenario.learner.preset != "strong" else []),
            *(["by_hand"] if scenario.labelling.suggested else []),
        ],
    )


def _curve(scenario: Scenario, corpus: Corpus, labelled: NDArray[np.int64], cache: Path) -> CurveEstimate:
    """Estimate the learning curve of a scenario's learner."""
    learner_class = LEARNERS[scenario.learner.preset]
    view = learner_class.feature_set
    features = view.read(view.get_or_compute(corpus, scenario.learner.components, cache))
    learner = learner_class(corpus, features, **scenario.learner.settings)
    tested = corpus.test.labels.sum(axis=0) if len(corpus.test) else None
    rng = Streams(scenario.seed).rng("forecast")
    return CurveEstimate.expected(measure_curve(learner, labelled, rng, tested))


def _check_within_reach(
    name: str, curve: CurveEstimate, target: float, scenario: Scenario, documents: int
) -> None:
    """Check that a target is not reached already, and that the documents there are may reach it."""
    goal = target_text(scenario.target.quality)
    now, *interval = curve.interval
    estimated = f"{rounded_percent(now)} (95 % CI {rounded_percent(*interval)})"
    if interval[0] >= target:
        raise PlannerMistakeError(
            f"{name}: {goal} is reached already: with {curve.documents:,} documents the estimate is "
            f"{estimated}"
        )
    if curve.documents_to(target).probability_by(documents) < RANGE[0]:
        expected, *between = curve.map_at(documents)
        reached = sum(best >= target for best in BEST)
        raise PlannerMistakeError(
            f"{name}: {goal} is out of reach: with all {documents:,} documents labelled, expect "
            f"{rounded_percent(expected)} ({rounded_percent(*between)}); now it is {estimated}. Of "
            f"{len(BEST)} corpora that were measured, {reached} ever reached {goal}. Write a lower "
            "target.map, or collect more documents"
        )


def _accuracy(labelled: int, measured: Sequence[Accuracy]) -> Accuracy:
    """Return how true forecasts from no more labels were."""
    return max((one for one in measured if one.labelled <= labelled), key=lambda one: one.labelled)


def _narrowed(curve: CurveEstimate, target: float, distribution: DocumentsToTarget) -> NarrowedRange | None:
    """Return the range to expect with twice as many labels; None where the target may come first."""
    labelled = TIMES_MORE * curve.documents
    if distribution.quantile(0.5) <= labelled:
        return None
    later = curve.continued(labelled).documents_to(target)
    low, high = map(later.quantile, RANGE)
    return NarrowedRange(labelled=labelled, p10=low, p90=high)


def _labelling(scenario: Scenario, corpus: Corpus, labelled: NDArray[np.int64]) -> tuple[float, float]:
    """Return the hours of labelling of a document, by all who label it, and what an hour costs.

    Documents to come are taken to be as long, and to have as many labels, as those that are labelled. People
    work equally long, so that the time of a document is the harmonic mean of theirs.
    """
    counts, words = corpus.pool.labels[labelled].sum(axis=1), corpus.pool.words[labelled]
    seconds, rates = [], []
    for people in scenario.team:
        if people.are_annotators:
            by_hand, _ = AnnotationTime(scenario.labelling, words, people).milliseconds(counts, 0, 0)
            seconds += [max(float(by_hand.mean()) * mean_factor(people), 1.0)] * people.count
            rates += [scenario.costs.labelling if people.cost is None else people.cost] * people.count
    hours = harmonic_mean(seconds) / MS_PER_HOUR * scenario.labelling.overlap
    return hours, fmean(rates)
