"""Forecast of a project under way by its labelled documents: when it reaches its target, and at what cost.

How many documents that takes is extrapolated; what they take of people, time and money is simulated, from now
on, with the scenario's own team, calendars, hand-overs and trainings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil, exp, inf
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import ValidationError

from sim.core.atomic_files import write_atomically
from sim.core.durations import MS_PER_HOUR, Fixed
from sim.core.errors import PlannerMistakeError
from sim.core.quality import QualityTarget
from sim.core.registry import LEARNERS
from sim.core.streams import Streams
from sim.core.zones import date_after, zone_of
from sim.corpus.table import load_partly_labelled
from sim.learning.extrapolation import (
    BY_LABELLED,
    METRICS,
    ON_TEST,
    STRATEGY_GAINS,
    CurveEstimate,
    CurveGoal,
    ForetoldLearner,
    measure_curves,
)
from sim.results.metrics import rounded_percent, target_text
from sim.results.replication_metrics import compute_metrics
from sim.results.statistics import Facts, quantile
from sim.results.uncertainty import Uncertainty, uncertainty
from sim.scenario.models import Evaluation, Limit, Stop, TableCorpus, Target, Taxonomy
from sim.scenario.moments import since_start_ms
from sim.scenario.team import Practice
from sim.scenario.unknown import drawn_numbers, in_replication
from sim.scenario.workflow import Setup
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from sim.study.validation import check, check_against

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.corpus.table import PartlyLabelled
    from sim.learning.extrapolation import DocumentsToTarget, MeasuredCurve
    from sim.scenario.models import Labelling, Scenario
    from sim.scenario.moments import Since

    Numbers = NDArray[np.float64]

FEWEST = 100
"""Fewest labelled documents; with fewer nobody has measured how true a forecast is."""
QUANTILES = {"p10": 0.1, "p50": 0.5, "p80": 0.8, "p90": 0.9}
RANGE = (0.1, 0.9)
TIMES_MORE = 2
"""By which factor more labels are to narrow the range."""
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of this, modulo 1, fill the unit interval evenly from the first on (Kronecker's sequence): few
replications are a good sample of the documents to the target, and more change none of the earlier ones."""
DAY = len("2026-01-05")
"""Characters of a date and time that are its day."""
DOCUMENTS = "documents to the target"
"""What is unknown beside a scenario's own keys."""


class ForecastQuantiles(Facts):
    """Values that the project will not exceed with a probability of 10, 50, 80 and 90 %.

    None where the documents there are do not suffice with that probability.
    """

    p10: float | None
    p50: float | None
    p80: float | None
    p90: float | None

    @classmethod
    def of(cls, values: Numbers) -> Self:
        """Compute the quantiles of values over replications, infinite where the target is not reached."""
        ordered = np.sort(values)
        return cls(**{name: quantile(ordered, share) for name, share in QUANTILES.items()})


class DocumentQuantiles(Facts):
    """Numbers of documents that the project will not exceed with a probability of 10, 50, 80 and 90 %."""

    p10: int
    p50: int
    p80: int
    p90: int


class DateQuantiles(Facts):
    """Dates by which the project will be done with a probability of 10, 50, 80 and 90 %: ISO 8601."""

    p10: str | None
    p50: str | None
    p80: str | None
    p90: str | None


class EstimatedMap(Facts):
    """Estimated MAP of a model of the labelled documents, with its 95 % interval."""

    map: float
    lo: float
    hi: float


class EstimatedValue(Facts):
    """Estimated value of the target's metric, with an interval."""

    metric: str
    value: float
    lo: float
    hi: float

    @classmethod
    def of(cls, metric: str, estimated: tuple[float, float, float]) -> Self:
        """Name an estimate of a metric and the ends of its interval."""
        value, low, high = estimated
        return cls(metric=metric, value=value, lo=low, hi=high)


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


class PlanForecast(Facts):
    """What the rest of a project takes, from now on until the model at its target can be used."""

    name: str
    documents_to_target: DocumentQuantiles
    """Documents labelled when the target is reached, those of today among them."""
    hours: ForecastQuantiles
    """Hours that annotators label."""
    wall_hours: ForecastQuantiles
    end: DateQuantiles
    """Dates are None without a date of today, too."""
    cost: ForecastQuantiles
    """What is still to be paid, fixed costs aside; None where nothing costs anything, too."""
    currency: str | None
    probability_by_deadline: float | None
    """None without a deadline."""
    uncertainty: Uncertainty
    """What the wall time depends on: unknown keys, and the documents to the target among them. Where it is
    not reached, hours are those until the documents are used up."""


class OtherPlan(PlanForecast):
    """Another plan for the same rest of a project, with its differences from the first in the same draws.

    Draws in which neither reaches the target are left out of the differences.
    """

    earlier_by_hours: ForecastQuantiles
    """By how much it is done earlier than the first; below 0: later."""
    probability_earlier: float
    """Ties count half."""
    cheaper_by: ForecastQuantiles | None
    probability_cheaper: float | None


class EarlierForecast(Facts):
    """What an earlier forecast said."""

    as_of: str
    end: DateQuantiles


class Forecast(PlanForecast):
    """Forecast of a project under way: the content of ``simulate forecast --json``."""

    schema_version: Literal[1] = 1
    as_of: str | None
    """From when on the rest is simulated: ISO 8601; None without a start."""
    target: dict[str, float]
    labelled: int
    """Documents labelled so far."""
    documents: int
    """Documents to label in all, labelled ones among them."""
    test_documents: int
    """Labelled documents that the estimate is measured on; 0 where a model estimates it by leave-one-out."""
    estimate: EstimatedMap
    now: EstimatedValue
    """The target's metric now, with its 95 % interval; MAP where the target is a share of the plateau."""
    plateau: EstimatedValue | None
    """MAP to expect with all documents labelled, from P10 to P90; None where the target is not of MAP."""
    labels_per_document: float
    """Measured on the labelled documents."""
    probability_documents_suffice: float
    """Probability that the target is reached with the documents there are. All figures but
    `probability_by_deadline` are of when it is."""
    accuracy: Accuracy
    narrowed: NarrowedRange | None
    """None where more labels than today reach the target before they tell more of it."""
    history: list[EarlierForecast] = []  # noqa: RUF012 - pydantic copies it
    """Forecasts of earlier days, the oldest first: `with_history`."""
    others: list[OtherPlan]
    """Forecasts of the other scenarios that were given."""
    cautions: list[Literal["not_random", "other_learner", "by_hand", "no_limits"]]
    """`not_random`: a scenario's strategy was not measured, and the forecast is of random documents.
    `other_learner`: accuracy was measured with the preset `strong`, and the scenario has another.
    `by_hand`: hours are of labelling without the suggestions of a model that a scenario has.
    `no_limits`: the forecast goes on to the target, without the limits, stopping rules and changes of
    guidelines that a scenario has."""


def _accuracies(*rows: tuple[int, int, float, float]) -> list[Accuracy]:
    """Name what was measured: labels, corpora, typical factor, and the share within P10 to P90."""
    return [Accuracy(**dict(zip(Accuracy.model_fields, row, strict=True))) for row in rows]


MEASURED = {
    "map": _accuracies((100, 7, 1.46, 0.87), (300, 7, 1.38, 0.87), (500, 7, 1.33, 0.88)),
    "macro_f1": _accuracies((100, 7, 1.85, 0.82), (300, 7, 1.53, 0.77), (500, 7, 1.47, 0.71)),
    "micro_f1": _accuracies((100, 7, 1.87, 0.83), (300, 7, 1.53, 0.82), (500, 7, 1.43, 0.79)),
    "accuracy": _accuracies((100, 5, 1.41, 1.0), (300, 5, 1.28, 1.0), (500, 5, 1.23, 0.94)),
    "recall": _accuracies((100, 5, 1.79, 0.84), (300, 5, 2.5, 0.4), (500, 5, 2.55, 0.22)),
    "of_plateau": _accuracies((100, 6, 1.49, 0.77), (300, 5, 1.34, 0.83), (500, 5, 1.23, 0.83)),
}
MEASURED_ON_TEST = {
    "map": _accuracies((100, 7, 1.44, 0.83), (300, 7, 1.25, 0.92), (500, 7, 1.21, 0.88)),
    "macro_f1": _accuracies((100, 7, 1.72, 0.78), (300, 7, 1.31, 0.92), (500, 7, 1.34, 0.77)),
    "micro_f1": _accuracies((100, 7, 1.7, 0.68), (300, 7, 1.31, 0.9), (500, 7, 1.34, 0.81)),
    "accuracy": _accuracies((100, 5, 1.56, 0.75), (300, 5, 1.19, 1.0), (500, 5, 1.17, 0.93)),
    "recall": _accuracies((100, 5, 1.92, 0.68), (300, 5, 1.69, 0.6), (500, 5, 1.79, 0.33)),
    "of_plateau": _accuracies((100, 6, 1.49, 0.71), (300, 5, 1.31, 0.78), (500, 5, 1.28, 0.63)),
}
"""Without labelled test documents, and with up to 1,500 of them: `docs/forecasts.md`."""
BEST = (0.302, 0.359, 0.547, 0.613, 0.915, 0.929, 0.954)
"""Best MAP of each corpus that was measured, with three fifths of its documents labelled."""


def forecast(scenarios: Sequence[Scenario], cache: Path, as_of: datetime | None = None) -> Forecast:
    """Forecast from its partly labelled table when a project reaches its target, by one plan or several.

    The labelled documents are taken to be a random sample of all, and further ones to be picked at random.

    Args:
        scenarios: plans for the rest of the project, which share table, learner, target and seed.
        cache: folder of computed features.
        as_of: from when on the rest is simulated, in the first scenario's zone if it has none. Left out: now,
            or the start if that is later; without a start there are no dates.

    Raises:
        PlannerMistakeError: if documents are no table, too few are labelled, none is left, the target is of a
            metric that is not extrapolated, is reached already, or is out of reach, or scenarios cannot be
            compared.
    """
    first = scenarios[0]
    _check_comparable(scenarios)
    partly = _partly_labelled(first)
    corpus, labelled = partly
    measured, believed = _measure(first, corpus, labelled, cache)
    target, metric = _target(first), first.target.metric
    goal = CurveGoal(target.value, len(corpus.pool), target.of_plateau is not None)
    key = "of_plateau" if goal.of_plateau else metric
    if metric not in measured:
        raise PlannerMistakeError(
            f"{first.name}: {metric} does not apply to the labelled documents of {corpus.name}: accuracy "
            "takes documents with one label each, recall one label that some carry; write another target, "
            "such as macro_f1"
        )
    tested = bool(len(corpus.test))
    parameters, accuracies = (ON_TEST, MEASURED_ON_TEST) if tested else (BY_LABELLED, MEASURED)
    curve = CurveEstimate.expected(measured[metric], parameters[key])
    current, low, high = CurveEstimate.expected(measured["map"], parameters["map"]).interval
    # On its way to a target a curve is nearly straight; all documents are further off, where it bends.
    whole = CurveEstimate.expected(measured["map"], parameters["plateau"]) if metric == "map" else curve
    suffice = 1.0 if goal.of_plateau else whole.probability_at(goal.documents, goal.value)
    expected = whole.value_at(goal.documents)
    _check_within_reach(first, curve, goal, suffice, expected)
    distribution = curve.documents_to(goal)
    now = _now(scenarios, as_of)
    rest, *others = (Rest.simulate(one, now, partly, distribution, believed, suffice) for one in scenarios)
    return Forecast(
        **rest.figures,
        as_of=None if rest.began is None else rest.began.isoformat(timespec="minutes"),
        target={key: goal.value},
        labelled=len(labelled),
        documents=len(corpus.pool),
        test_documents=len(corpus.test),
        estimate=EstimatedMap(map=current, lo=low, hi=high),
        now=EstimatedValue.of(metric, curve.interval),
        plateau=EstimatedValue.of(metric, expected) if metric == "map" else None,
        labels_per_document=float(corpus.pool.labels[labelled].sum(axis=1).mean()),
        probability_documents_suffice=suffice,
        accuracy=_accuracy(len(labelled), accuracies[key]),
        narrowed=_narrowed(curve, goal, distribution),
        others=[OtherPlan(**other.figures, **other.differences(rest)) for other in others],
        cautions=_cautions(scenarios),
    )


def with_history(forecast: Forecast, path: Path) -> Forecast:
    """Add the forecasts of earlier days that a file holds, and add this one to the file; it needs a date.

    Of the forecasts of one day the last is kept.

    Raises:
        PlannerMistakeError: if a line of the file is no forecast.
        OSError: if the file cannot be read or written.
    """
    if forecast.as_of is None:
        return forecast
    known = {forecast.as_of[:DAY]: EarlierForecast(as_of=forecast.as_of, end=forecast.end)}
    for number, line in enumerate(
        path.read_text("utf-8", errors="replace").splitlines() if path.exists() else (), start=1
    ):
        try:
            past = EarlierForecast.model_validate_json(line)
        except ValidationError:
            raise PlannerMistakeError(f"{path}:{number}: not a forecast; remove this line") from None
        known.setdefault(past.as_of[:DAY], past)
    by_date = [known[day] for day in sorted(known)]
    write_atomically(path, "".join(f"{one.model_dump_json()}\n" for one in by_date).encode())
    earlier = [one for one in by_date if one.as_of[:DAY] < forecast.as_of[:DAY]]
    return forecast.model_copy(update={"history": earlier})


def _check_comparable(scenarios: Sequence[Scenario]) -> None:
    """Check that scenarios are plans for one project, that is a table with a target that is extrapolated."""
    first = scenarios[0]
    if not isinstance(first.corpus, TableCorpus):
        raise PlannerMistakeError(
            f"{first.name}: a forecast needs documents that are labelled in part, and corpus.source is "
            f"{first.corpus.source}; write {{source: table, path: FILE}}"
        )
    if (metric := first.target.metric) not in METRICS:
        raise PlannerMistakeError(
            f"{first.name}: forecasts are of {', '.join(METRICS)} and of_plateau, not of {metric}; write "
            "another target, such as {map: 0.8}"
        )
    check(scenarios)
    deadline = {"deadline": None}
    for other in scenarios[1:]:
        differing = {
            "corpus": other.corpus.without_arrivals != first.corpus.without_arrivals,
            "learner": other.learner != first.learner,
            "target": other.target.model_copy(update=deadline) != first.target.model_copy(update=deadline),
            "replications": other.replications != first.replications,
        }
        if any(differing.values()):
            keys = " and ".join(key for key, differs in differing.items() if differs)
            raise PlannerMistakeError(
                f"{other.name}: {keys} must be that of {first.name}: forecasts compare plans for the same "
                "project; forecast it alone"
            )


def _target(scenario: Scenario) -> QualityTarget:
    """Return the target of a scenario, or the share of a plateau that nobody knows yet."""
    share = scenario.target.of_plateau
    return scenario.target.quality if share is None else QualityTarget("map", share, share)


def _partly_labelled(scenario: Scenario) -> PartlyLabelled:
    """Load the table of a scenario, and check that enough of it is labelled, but not all."""
    assert isinstance(scenario.corpus, TableCorpus)  # noqa: S101 - checked, and mypy is told
    corpus, labelled = partly = load_partly_labelled(scenario.corpus)
    if len(labelled) < FEWEST:
        raise PlannerMistakeError(
            f"{scenario.name}: {len(labelled):,} documents of {corpus.name} are labelled; a forecast takes "
            f"{FEWEST}, picked at random"
        )
    if len(labelled) == len(corpus.pool):
        raise PlannerMistakeError(
            f"{scenario.name}: every document of {corpus.name} is labelled; leave the label of documents "
            "empty that nobody has labelled yet"
        )
    return partly


def _cautions(scenarios: Sequence[Scenario]) -> list[Any]:
    """List what the forecast is not of."""
    left_aside = (
        one.stop.rules or one.limit.documents or one.limit.cost or one.taxonomy.change for one in scenarios
    )
    found = {
        "not_random": any(one.labelling.strategy not in STRATEGY_GAINS for one in scenarios),
        "other_learner": scenarios[0].learner.preset != "strong",
        "by_hand": any(_by_hand(one.labelling) for one in scenarios),
        "no_limits": any(left_aside),
    }
    return [caution for caution, holds in found.items() if holds]


def _by_hand(labelling: Labelling) -> bool:
    """Return whether people get suggestions of models that are not known yet."""
    suggestions = labelling.suggested
    return suggestions is not None and labelling.route is None and suggestions.from_ == "model"


def _now(scenarios: Sequence[Scenario], as_of: datetime | None) -> datetime | None:
    """Return when the rest of the project begins, with a time zone; None where nothing has a date."""
    if as_of is not None:
        return as_of if as_of.tzinfo else as_of.replace(tzinfo=zone_of(scenarios[0].timezone))
    starts = [one.began for one in scenarios if one.began is not None]
    return max(datetime.now(UTC), *starts) if starts else None


def _elapsed_ms(scenario: Scenario, now: datetime | None) -> int:
    """Return the time from a project's start until now; 0 where it has no start."""
    began = scenario.began
    return 0 if now is None or began is None else since_start_ms(now, began)


def _rest_of(scenario: Scenario, now: datetime | None) -> Scenario:
    """Return the scenario of what is still to come, which begins now and goes on to the target.

    Setup, fixed costs and the first documents of people who are there already are over. Further documents are
    random ones, and all labels are known.
    """
    elapsed_ms = _elapsed_ms(scenario, now)

    def from_now(moment: Since | None) -> Fixed | None:
        """Convert a moment since the project's start to one since now."""
        return None if moment is None else Fixed(max(since_start_ms(moment, scenario.began) - elapsed_ms, 0))

    team = []
    for people in scenario.team:
        changes: dict[str, Any] = {"joins": from_now(people.joins), "leaves": from_now(people.leaves)}
        if not (changes["joins"] and changes["joins"].ms):
            changes |= {
                "practice": Practice(),
                "onboarding": None,
                "first_documents": None,
                "stragglers": None,
            }
        # Confusion takes a model of which labels are alike, and costs no time.
        names = {name: one.model_copy(update={"confused": 0}) for name, one in people.errors.labels.items()}
        changes["errors"] = people.errors.model_copy(update={"confused": 0, "labels": names})
        if changes["leaves"] is None or changes["leaves"].ms:
            team.append(people.model_copy(update=changes))
    if not any(people.are_annotators or people.is_model for people in team):
        raise PlannerMistakeError(f"{scenario.name}: all who label have left; add to the team")
    labelling = scenario.labelling
    local = None if now is None else now.astimezone(zone_of(scenario.timezone))
    return scenario.model_copy(
        update={
            "start": None if local is None else local.replace(tzinfo=None, second=0, microsecond=0),
            "corpus": scenario.corpus.without_arrivals,
            "labelling": labelling.model_copy(
                update={
                    "initial": labelling.batch,
                    "start": "random",
                    "strategy": "random",
                    "suggestions": False if _by_hand(labelling) else labelling.suggestions,
                }
            ),
            "taxonomy": Taxonomy(),
            "team": team,
            "setup": Setup(),
            "evaluation": Evaluation(role=scenario.evaluation.role),
            "costs": scenario.costs.model_copy(update={"fixed": 0}),
            # Models are at the target or not: `ForetoldLearner`.
            "target": Target(),
            "limit": Limit(until="target"),
            "stop": Stop(),
        }
    )


@dataclass(frozen=True, eq=False)
class Rest:
    """The rest of a project by one plan, simulated: arrays with a value per replication.

    Where the documents there are do not suffice, values are infinite.
    """

    scenario: Scenario
    began: datetime | None
    """Now, in the scenario's zone."""
    deadline_hours: float | None
    """From now on."""
    documents: DocumentsToTarget
    """Documents at the target, by the scenario's strategy."""
    suffice: float
    """Probability that the documents there are suffice; all else is of when they do."""
    needed: Numbers
    """Those of each replication."""
    ended_hours: Numbers
    """Wall time at the target, or when the documents are used up."""
    hours: Numbers
    wall_hours: Numbers
    cost: Numbers

    @classmethod
    def simulate(
        cls,
        scenario: Scenario,
        now: datetime | None,
        partly: PartlyLabelled,
        random: DocumentsToTarget,
        believed: float = 0,
        suffice: float = 1,
    ) -> Self:
        """Simulate all replications, each with its own number of documents at the target.

        By a strategy that was measured it is that of ``random`` documents less what the strategy gains, in
        proportion to how far the model is ``believed``, 0 to 1; by others, that of random documents.

        Labels of documents that nobody has labelled are those of labelled ones, drawn with replacement, with
        what a column suggests for these: they only say how many there are to put, and how many are suggested.
        """
        corpus, labelled = partly
        to_come = corpus.pool.take(np.setdiff1d(np.arange(len(corpus.pool)), labelled))
        known = corpus.pool.take(labelled)
        strategy = scenario.labelling.strategy
        gain, error = STRATEGY_GAINS.get(strategy, STRATEGY_GAINS["random"])
        shift = Streams(scenario.seed).rng(DOCUMENTS).random()
        rows: list[list[float]] = []
        for replication in scenario.replication_numbers:
            rest = _rest_of(in_replication(scenario, replication), now)
            streams = Streams(scenario.seed, replication)
            drawn = streams.rng("labels to come").integers(len(known), size=len(to_come))
            suggested = None if known.suggested is None else known.suggested[drawn]
            pool = to_come.with_labels(known.labels[drawn], suggested)
            if not rows:
                check_against(rest, replace(corpus, pool=pool))
            more = random.quantile((shift + replication * GOLDEN) % 1) - len(labelled)
            deviation = streams.rng(f"gain of {strategy}").standard_normal()
            at_target = len(labelled) + ceil(more * exp(believed * (error * deviation - gain)))
            learner = ForetoldLearner(len(labelled), at_target)
            project = ArmProject(rest, pool, learner, corpus.label_names)
            (result,) = simulate_arm(Arm([project]), replication)
            found = compute_metrics(result).metrics
            spent = [found[name] or 0.0 for name in ("active_hours", "wall_hours", "cost")]
            rows.append([at_target, spent[1], *(spent if result.reached else [inf] * 3)])
        deadline_ms = scenario.deadline_ms
        return cls(
            scenario,
            _rest_of(scenario, now).began,
            None if deadline_ms is None else (deadline_ms - _elapsed_ms(scenario, now)) / MS_PER_HOUR,
            random.picked_by(believed * gain, believed * error),
            suffice,
            *np.array(rows, dtype=np.float64).T,
        )

    @property
    def figures(self) -> dict[str, Any]:
        """Fields of `PlanForecast`."""
        began, charged = self.began, self.scenario.charged
        wall = ForecastQuantiles.of(self.wall_hours)
        drawn = drawn_numbers(self.scenario, self.scenario.replication_numbers)
        dates = {
            name: None
            if began is None or hours is None
            else date_after(began, hours).isoformat(timespec="minutes")
            for name, hours in wall
        }
        by_deadline = None if self.deadline_hours is None else self.wall_hours <= self.deadline_hours
        return {
            "name": self.scenario.name,
            "documents_to_target": DocumentQuantiles(
                **{name: self.documents.quantile(share) for name, share in QUANTILES.items()}
            ),
            "hours": ForecastQuantiles.of(self.hours),
            "wall_hours": wall,
            "end": DateQuantiles(**dates),
            "cost": ForecastQuantiles.of(self.cost if charged else np.full_like(self.cost, inf)),
            "currency": self.scenario.costs.currency if charged else None,
            "probability_by_deadline": (
                None if by_deadline is None else self.suffice * float(by_deadline.mean())
            ),
            "uncertainty": uncertainty(
                {DOCUMENTS: self.needed.tolist(), **drawn}, {"wall_hours": self.ended_hours.tolist()}
            ),
        }

    def differences(self, first: Rest) -> dict[str, Any]:
        """Fields of `OtherPlan` beside those of `PlanForecast`, against the first plan."""
        earlier, cheaper = _less(self.wall_hours, first.wall_hours), _less(self.cost, first.cost)
        charged = self.scenario.charged or first.scenario.charged
        return {
            "earlier_by_hours": ForecastQuantiles.of(earlier),
            "probability_earlier": _probability(earlier),
            "cheaper_by": ForecastQuantiles.of(cheaper) if charged else None,
            "probability_cheaper": _probability(cheaper) if charged else None,
        }


def _less(values: Numbers, others: Numbers) -> Numbers:
    """Return by how much values are less than others, where either is finite."""
    either = np.isfinite(values) | np.isfinite(others)
    return others[either] - values[either] if either.any() else np.zeros(1)


def _probability(differences: Numbers) -> float:
    """Return the share of differences above 0, with half of those that are 0."""
    return float(np.mean(differences > 0) + np.mean(differences == 0) / 2)


def _measure(
    scenario: Scenario, corpus: Corpus, labelled: NDArray[np.int64], cache: Path
) -> tuple[dict[str, MeasuredCurve], float]:
    """Measure the learning curves of a scenario's learner, and how far its model is believed, 0 to 1."""
    learner_class = LEARNERS[scenario.learner.preset]
    view = learner_class.feature_set
    features = view.read(view.get_or_compute(corpus, scenario.learner.components, cache))
    learner = learner_class(corpus, features, **scenario.learner.settings)
    tested = corpus.test.labels if len(corpus.test) else None
    rng = Streams(scenario.seed).rng("forecast")
    measured = measure_curves(learner, labelled, rng, tested)
    return measured, learner.train(labelled).predictions().trust


def _check_within_reach(
    scenario: Scenario,
    curve: CurveEstimate,
    goal: CurveGoal,
    suffice: float,
    expected: tuple[float, float, float],
) -> None:
    """Check that a target is not reached already, and that the documents there are may reach it.

    ``suffice`` is the probability of that, ``expected`` what to expect of all of them, with P10 and P90.
    """
    name, metric, target = scenario.name, scenario.target.metric, target_text(_target(scenario))
    now, *interval = curve.interval
    estimated = f"{rounded_percent(now)} (95 % CI {rounded_percent(*interval)})"
    if curve.is_reached(goal):
        raise PlannerMistakeError(
            f"{name}: {target} is reached already: with {curve.documents:,} documents the estimate is "
            f"{estimated}"
        )
    if suffice < RANGE[0]:
        best, *between = expected
        reached = sum(one >= goal.value for one in BEST)
        elsewhere = (
            f". Of {len(BEST)} corpora that were measured, {reached} ever reached {target}"
            if metric == "map"
            else ""
        )
        raise PlannerMistakeError(
            f"{name}: {target} is out of reach: with all {goal.documents:,} documents labelled, expect "
            f"{rounded_percent(best)} ({rounded_percent(*between)}); now it is {estimated}{elsewhere}. "
            f"Write a lower target.{metric}, or collect more documents"
        )


def _accuracy(labelled: int, measured: Sequence[Accuracy]) -> Accuracy:
    """Return how true forecasts from no more labels were."""
    return max((one for one in measured if one.labelled <= labelled), key=lambda one: one.labelled)


def _narrowed(curve: CurveEstimate, goal: CurveGoal, distribution: DocumentsToTarget) -> NarrowedRange | None:
    """Return the range to expect with twice as many labels; None where the target may come first."""
    labelled = TIMES_MORE * curve.documents
    if distribution.quantile(0.5) <= labelled:
        return None
    later = curve.continued(labelled).documents_to(goal)
    low, high = map(later.quantile, RANGE)
    return NarrowedRange(labelled=labelled, p10=low, p90=high)
