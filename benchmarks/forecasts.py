"""How true forecasts from the first labels are: the parameters, tables and picture of `docs/forecasts.md`.

`python -m benchmarks.forecasts FOLDER CURVES [SUB-POOLS]` takes the tables of a folder (CSV with columns text
and labels) and Reuters, where NLTK_DATA has it, and that many sub-pools of them, all if left out. Learning
curves are kept in the file CURVES, and a run that was ended goes on from there: they take some ten minutes of
one processor, the fits five.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit, ndtr
from threadpoolctl import threadpool_limits

from benchmarks.drawing import COLOURS, STYLE
from benchmarks.measure import first_passage, kept, scratch
from sim.core.durations import NORMAL_P90
from sim.corpus import load, ngrams, synthetic
from sim.corpus.documents import Corpus, Documents
from sim.corpus.table import PartlyLabelled
from sim.learning.extrapolation import (
    DECIDED,
    GROWTH,
    METRICS,
    CurveEstimate,
    CurveGoal,
    CurveParameters,
    DocumentsToTarget,
    MeasuredCurve,
    measure_curves,
)
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.learner import CachedLearner, train_on_all
from sim.loading.sweep import read_dictionary
from sim.scenario.models import ReutersCorpus, StandinCorpus, TableCorpus
from sim.study.forecast import Rest
from support.corpora import reuters_is_here
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.learning.learner import Model
    from sim.scenario.models import Scenario

POOLS = ((1_000, 1_800), (1_800, 3_300), (3_300, 6_000))
"""Limits of the documents of a corpus's three sub-pools; the logarithm is uniform."""
TEST = 1_500
MOST = 0.7
"""Share of a corpus that may be in a pool."""
ORDERS = 2
"""Random orders of labelling of each sub-pool."""
LABELLED = (100, 300, 500)
TARGETS = (3, 2)
"""A target is the corpus's own value with this part of its pool labelled: a third, a half."""
PLATEAU = (0.9, 0.95)
"""Or a share of what it has with all of its pool labelled."""
TOGETHER = {("map",): (0.5, 0.45), DECIDED: (0.8, 0.45), ("of_plateau",): (0.8, 0.8)}
"""Metrics that share their parameters, and the spread of documents at a target of these, by labelled ones and
on test documents: chosen for how often ranges held the truth here."""
OF_VARIANTS = ("accuracy", "recall")
BATCHES = (*range(100, 1_001, 100), *range(1_200, 6_001, 200))
COMPONENTS = 512
EACH, ONE = ", one label each", ", one label"
"""Of corpora, for metrics that apply to such documents alone."""
RELEVANT = 0.2
"""Share of the documents that the one label is nearest to."""
START = CurveParameters(
    few_examples=1.0,
    curve_error=0.1,
    slope=-0.4,
    own_slope=0.5,
    examples=-0.1,
    slope_error=0.6,
    usual=900,
    spread=0.45,
)
HELD = CurveParameters(
    few_examples=0.5,
    curve_error=0.05,
    slope=0.5,
    own_slope=0.3,
    examples=0.1,
    slope_error=0.3,
    usual=450,
    spread=0,
)
"""Where fits start, and how far parameters may be expected to be from there, since corpora are few.

The spread of documents at a target is given."""
ALIKE = 6
"""Cases of an order that count as one: numbers of labels and targets share their documents."""
NEAR = 1.02
"""Ratio of documents within which a truth counts as foretold, for its density."""
LEAST_DENSITY = 0.02
FROM = 300
DIFFERENT = 1.2
ABOUT = (-0.6, -0.3, 0.0, 0.3, 0.6)
"""Log odds of a MAP less those of the plateau."""
STEEP, ALIKE_PLATEAUS = -0.9, 3
"""Where the fit of plateaus starts, and how many of its cases count as one."""
WIDER = {False: 1.5, True: 2.0}
"""How much wider slopes are taken to be than fits say, on test documents or not: chosen, such that ranges of
the corpora left out hold about as often as they say."""
PROJECT: dict[str, Any] = {
    "corpus": {"source": "table", "path": "-"},
    "target": {"map": 0.5},
    "replications": 10,
}
PLANS: dict[str, dict[str, Any]] = {
    "an office": {},
    "three people": {"team": [{"count": 3}]},
    "an hour a day": {"team": [{"availability": {"hours_per_day": 1}}]},
    "large batches": {"labelling": {"batch": 600}},
    "small batches": {"labelling": {"batch": 50}},
    "a training every Friday": {"trainer": {"schedule": "fri 16:00"}, "coordination": {"steps": "none"}},
}
"""Plans for the rest of a project, each different in one thing from an office."""
SIDE, GAP = 340, 56
TICKS = (100, 300, 1_000, 3_000, 10_000)


@dataclass(frozen=True)
class Case:
    """A project at a number of labels, and when it reached its target."""

    corpus: str
    metric: str
    """Of the target, or `of_plateau`."""
    order: int
    curve: MeasuredCurve
    """By the labelled documents alone, or measured on the test documents."""
    goal: CurveGoal
    truth: float
    """Documents with which it was reached, between batches by a straight line of logarithms."""


class PlateauCase(NamedTuple):
    """The MAP with all documents labelled, and what some of them show of it."""

    corpus: str
    labelled: int
    curve: MeasuredCurve
    documents: int
    value: float
    """In log odds."""

    def foretold(self, parameters: CurveParameters) -> tuple[float, float]:
        """Expected log odds, and their standard deviation."""
        expected, low, _ = logit(CurveEstimate.expected(self.curve, parameters).value_at(self.documents))
        return float(expected), float(expected - low) / NORMAL_P90


class ForecastRange(NamedTuple):
    """A forecast: documents when the target is reached."""

    p10: float
    p50: float
    p90: float


def main() -> None:
    """Measure, fit and print."""
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    with scratch() as cache, threadpool_limits(1):
        wholes = dict(corpora(folder, cache))
        variants = _variants(wholes)
        keys, few = sub_pools(wholes), sub_pools(variants)
        first = len(keys) // len(POOLS)
        keys = [*keys[:first], *few[: len(few) // len(POOLS)], *keys[first:]][:most]
        found = kept(path, keys, partial(measured, wholes=wholes | variants))
    for on_test in (False, True):
        for metrics, spreads in TOGETHER.items():
            spread = spreads[on_test]
            cases = [*_cases(found, metrics, on_test=on_test)]
            print(
                f"\n{', '.join(metrics)}, {'on test documents' if on_test else 'by labelled ones'}: ", end=""
            )
            print(fitted(cases, spread))
            forecasts = [_range(left_out(case, cases, spread)) for case in cases]
            for metric in metrics:
                _print_tables(metric, cases, forecasts)
            if metrics == ("map",) and not on_test:
                _print_plans(cases, spread)
                (ROOT / "docs" / "forecasts.svg").write_text(_drawn(cases, forecasts), "utf-8")
    for on_test in (False, True):
        _print_plateaus({key: one for key, one in found.items() if "," not in key}, on_test=on_test)
    best = {key: max(map(max, (one["map"] for one in sub["curves"]))) for key, sub in found.items()}
    print("\nBest MAP:", {key: round(value, 3) for key, value in sorted(best.items())})


def _cases(found: Mapping[str, Any], metrics: Sequence[str], *, on_test: bool) -> Iterator[Case]:
    """The cases of sub-pools: orders, numbers of labels, and targets of some metrics."""
    for key, one in found.items():
        corpus, comma, _ = key.rpartition(" ")[0].partition(",")
        for metric in metrics:
            if comma and metric not in OF_VARIANTS:
                continue
            of = "map" if metric == "of_plateau" else metric
            curves = [order[of] for order in one["curves"]]
            if None in curves[0]:
                continue
            at = [one["pool"] / part for part in TARGETS]
            values = [
                float(np.mean([np.interp(size, one["batches"], maps) for maps in curves])) for size in at
            ]
            goals = [(value, CurveGoal(value, one["pool"])) for value in values]
            if metric == "of_plateau":
                goals = [(share * one["plateau"], CurveGoal(share, one["pool"], True)) for share in PLATEAU]  # noqa: FBT003
            for order, labelled, tested, measured_curves in one["first"]:
                for value, goal in goals if tested == on_test and of in measured_curves else ():
                    truth = first_passage(one["batches"], curves[order], value)
                    if NEAR * labelled < truth < inf:
                        yield Case(corpus, metric, order, MeasuredCurve(*measured_curves[of]), goal, truth)


def corpora(folder: Path, cache: Path) -> Iterator[tuple[str, Documents]]:
    """All documents of each corpus."""
    for path in sorted(folder.glob("*.csv")):
        found = load(TableCorpus(source="table", path=str(path)), cache)
        yield path.stem, _joined(found)
    if reuters_is_here():
        yield "reuters", _joined(load(ReutersCorpus(), cache))


def _variants(wholes: Mapping[str, Documents]) -> dict[str, Documents]:
    """Documents with one label each, and those of one label against none, of corpora that have such."""
    found = {}
    for name, whole in wholes.items():
        single = np.flatnonzero(whole.labels.sum(axis=1) == 1)
        if len(single) < len(whole):
            found[name + EACH] = whole.take(single)
        shares = whole.labels.mean(axis=0)
        label = int(np.abs(shares - RELEVANT).argmin())
        if shares[label] > RELEVANT / 4:
            found[name + ONE] = replace(whole, labels=whole.labels[:, [label]])
    return found


def _joined(corpus: Corpus) -> Documents:
    texts = [*corpus.pool.texts, *corpus.test.texts]
    names = [str(number) for number in range(len(texts))]
    return Documents(names, texts, np.concatenate([corpus.pool.labels, corpus.test.labels]))


def sub_pools(wholes: Mapping[str, Documents]) -> list[str]:
    """Keys of the sub-pools of corpora that have enough documents, the smallest first."""
    enough = [name for name, whole in wholes.items() if MOST * len(whole) >= POOLS[0][0]]
    return [f"{name} {number}" for number in range(len(POOLS)) for name in enough]


def drawn(key: str, wholes: Mapping[str, Documents]) -> tuple[Corpus, np.random.Generator]:
    """The sub-pool of a key with test documents, and the random numbers to go on with."""
    name, _, number = key.rpartition(" ")
    whole, (least, most) = wholes[name], POOLS[int(number)]
    rng = np.random.default_rng([int(number), *name.encode()])
    limit = int(MOST * len(whole))
    size = int(np.exp(rng.uniform(np.log(least), np.log(most))))
    if size > limit:
        size = int(np.exp(rng.uniform(np.log(POOLS[0][0]), np.log(limit))))
    return sub_pool(name, whole, size, TEST, rng), rng


def sub_pool(name: str, whole: Documents, size: int, test: int, rng: np.random.Generator) -> Corpus:
    """A random pool of a corpus and ``test`` documents beside it."""
    rows = rng.permutation(len(whole))
    names = [str(label) for label in range(whole.labels.shape[1])]
    return Corpus(name, names, whole.take(rows[:size]), whole.take(rows[size : size + test]))


def measured(key: str, wholes: Mapping[str, Documents]) -> dict[str, Any]:
    """The learning curves of a sub-pool in some orders, and what first labels show of them, by metric."""
    corpus, rng = drawn(key, wholes)
    size = len(corpus.pool)
    with scratch() as cache:
        features = ngrams.read(ngrams.get_or_compute(corpus, COMPONENTS, cache))
        learner = CachedLearner(KernelRidge(corpus, features))
        orders = [rng.permutation(size) for _ in range(ORDERS)]
        batches = [batch for batch in BATCHES if batch <= 0.62 * size]
        found: dict[str, Any] = {"pool": size, "batches": batches, "curves": [], "first": []}
        for number, order in enumerate(orders):
            models = [learner.train(order[:batch]) for batch in batches]
            found["curves"].append(
                {metric: [_value(model, metric) for model in models] for metric in METRICS}
            )
            learner.forget()
            for labelled in LABELLED:
                for tested in (None, corpus.test.labels):
                    curves = measure_curves(
                        learner, order[:labelled], np.random.default_rng(labelled), tested
                    )
                    found["first"].append([number, labelled, tested is not None, curves])
                learner.forget()
        found["plateau"] = train_on_all(learner.learner, size).map
    return found


def _value(model: Model, metric: str) -> float | None:
    value: float | None = model.map if metric == "map" else getattr(model.quality, metric)
    return value


def fitted(cases: Sequence[Case], spread: float) -> CurveParameters:
    """Parameters by which the truth is most probable, held to `START`.

    By one order of each sub-pool, since the other says much the same.
    """
    chosen = [case for case in cases if case.order == 0]

    def likelihood(parameters: CurveParameters) -> float:
        densities = [_density(case, parameters) for case in chosen]
        return float(np.sum(np.log(np.array(densities) + LEAST_DENSITY))) / ALIKE

    return _fitted(likelihood, START._replace(spread=spread))


def fitted_plateaus(cases: Sequence[PlateauCase], wider: float) -> CurveParameters:
    """Parameters by which the MAP with all documents is most probable, and a slope error so much wider."""

    def likelihood(parameters: CurveParameters) -> float:
        return sum(map(partial(_log_density, parameters=parameters), cases)) / ALIKE_PLATEAUS

    found = _fitted(likelihood, START._replace(slope=STEEP))
    return found._replace(slope_error=wider * found.slope_error)


def _log_density(case: PlateauCase, parameters: CurveParameters) -> float:
    """Logarithm of the normal density of a plateau's log odds."""
    centre, deviation = case.foretold(parameters)
    return float(-(((case.value - centre) / deviation) ** 2) / 2 - np.log(deviation))


def _fitted(likelihood: Callable[[CurveParameters], float], start: CurveParameters) -> CurveParameters:
    """Parameters that are most likely, held to where they start."""
    first, held = np.array(start), np.array(HELD)

    def loss(steps: NDArray[np.float64]) -> float:
        parameters = CurveParameters(*(first + held * steps).tolist())
        return float(np.sum(steps**2) / 2 - likelihood(parameters))

    bounds = [
        (-0.9 * one / two if one > 0 < two else None, None) for one, two in zip(start, held, strict=True)
    ]
    found = minimize(loss, np.zeros(len(start)), method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    return CurveParameters(*(start + held * found.x).tolist())


def _density(case: Case, parameters: CurveParameters) -> float:
    """Density of the logarithm of the truth."""
    found = CurveEstimate.expected(case.curve, parameters).documents_to(case.goal)
    within = found.probability_by(case.truth * NEAR) - found.probability_by(case.truth / NEAR)
    return float(within / (2 * np.log(NEAR)))


@cache
def _fitted_without(corpus: str, cases: tuple[Case, ...], spread: float) -> CurveParameters:
    return fitted([case for case in cases if case.corpus != corpus], spread)


def left_out(case: Case, cases: Sequence[Case], spread: float) -> DocumentsToTarget:
    """Documents to a case's goal, by parameters fitted to all other corpora."""
    parameters = _fitted_without(case.corpus, tuple(cases), spread)
    return CurveEstimate.expected(case.curve, parameters).documents_to(case.goal)


def _range(values: DocumentsToTarget) -> ForecastRange:
    return ForecastRange(*(float(values.quantile(share)) for share in (0.1, 0.5, 0.9)))


def _print_tables(metric: str, cases: Sequence[Case], forecasts: Sequence[ForecastRange]) -> None:
    columns = "cases | corpora | typical factor | truth within P10 to P90 | median P90 / P10 |"
    print(f"\n| {metric} from labels | {columns}\n|---|---|---|---|---|---|")
    by_labelled = {
        labelled: [pair for pair in _of(cases, forecasts, labelled) if pair[0].metric == metric]
        for labelled in LABELLED
    }
    for labelled, pairs in by_labelled.items():
        _print_row(str(labelled), pairs)
    print(f"\n| corpus | labels | {columns}\n|---|---|---|---|---|---|---|")
    for corpus in sorted({case.corpus for case in cases}):
        for labelled, pairs in by_labelled.items():
            _print_row(f"{corpus} | {labelled}", [pair for pair in pairs if pair[0].corpus == corpus])


def _of(
    cases: Sequence[Case], forecasts: Sequence[ForecastRange], labelled: int
) -> Iterator[tuple[Case, ForecastRange]]:
    pairs = zip(cases, forecasts, strict=True)
    return (pair for pair in pairs if pair[0].curve.documents == labelled)


def _print_row(name: str, pairs: Sequence[tuple[Case, ForecastRange]]) -> None:
    if not pairs:
        return
    truth = np.array([case.truth for case, _ in pairs])
    low, middle, high = np.array([found for _, found in pairs]).T
    factor = np.exp(np.mean(np.abs(np.log(middle / truth))))
    within = np.mean((low <= truth) & (truth <= high))
    corpora_there = len({case.corpus for case, _ in pairs})
    print(
        f"| {name} | {len(pairs)} | {corpora_there} | {factor:.2f} | {within:.0%} | "
        f"{np.median(high / low):.1f} |",
        flush=True,
    )


def _print_plans(cases: Sequence[Case], spread: float) -> None:
    """Print how true times until the end are, and differences of plans, from 300 labels of one order each.

    The truth is what a plan takes with the true number of documents, and the same draws of all else.
    """
    corpus = synthetic.generate(StandinCorpus(source="standin", documents=POOLS[-1][1]))
    within, factors, signs = [], [], []
    for case in cases:
        if case.curve.documents != FROM or case.order:
            continue
        needed, partly = left_out(case, cases, spread), PartlyLabelled(corpus, np.arange(FROM))
        known = DocumentsToTarget(FROM, (np.exp(GROWTH) >= case.truth / FROM).astype(np.float64))
        foretold, true = {}, {}
        for name, keys in PLANS.items():
            plan = cast("Scenario", read_dictionary({**PROJECT, "name": name, **keys}))
            foretold[name] = Rest.simulate(plan, None, partly, needed)
            true[name] = Rest.simulate(plan, None, partly, known)
            low, middle, high = np.quantile(foretold[name].wall_hours, (0.1, 0.5, 0.9), method="inverted_cdf")
            truth = np.quantile(true[name].wall_hours, 0.5, method="inverted_cdf")
            within.append(low <= truth <= high)
            factors.append(abs(np.log(middle / truth)))
        for one, other in combinations(PLANS, 2):
            ratio = np.median(true[one].wall_hours / true[other].wall_hours)
            if max(ratio, 1 / ratio) > DIFFERENT:
                found = foretold[one].differences(foretold[other])["probability_earlier"]
                signs.append((found > 0.5) == (ratio < 1))
    print(
        f"\nWall time of {len(PLANS)} plans from {FROM} labels: factor {np.exp(np.mean(factors)):.2f}, "
        f"truth within P10 to P90 {np.mean(within):.0%}; of {len(signs)} differences of more than "
        f"{DIFFERENT - 1:.0%} the plan that is done earlier was foretold in {np.mean(signs):.0%}"
    )


def _print_plateaus(found: Mapping[str, Any], *, on_test: bool) -> None:
    """Print how well the MAP with all documents is foretold, and how likely MAPs about it are said to be.

    Of those above, none is ever reached.
    """
    cases = [
        PlateauCase(
            key.rpartition(" ")[0],
            labelled,
            MeasuredCurve(*curves["map"]),
            one["pool"],
            logit(one["plateau"]),
        )
        for key, one in found.items()
        for _, labelled, tested, curves in one["first"]
        if tested == on_test
    ]
    print(f"\nplateau, {'on test documents' if on_test else 'by labelled ones'}: ", end="")
    print(fitted_plateaus(cases, WIDER[on_test]))
    by_corpus = {
        corpus: fitted_plateaus([one for one in cases if one.corpus != corpus], WIDER[on_test])
        for corpus in {case.corpus for case in cases}
    }
    print(f"\n| labels | bias of MAP | within P10 to P90 | {' | '.join(f'{one:+}' for one in ABOUT)} |")
    print(f"|---|---|---|{'---|' * len(ABOUT)}")
    for labelled in LABELLED:
        some = [case for case in cases if case.labelled == labelled]
        foretold = [case.foretold(by_corpus[case.corpus]) for case in some]
        centre, deviation = np.array(foretold).T
        value = np.array([case.value for case in some])
        within = np.mean(np.abs(value - centre) < NORMAL_P90 * deviation)
        suffice = [f"{np.mean(ndtr((centre - value - one) / deviation)):.0%}" for one in ABOUT]
        bias = np.mean(expit(centre) - expit(value))
        print(f"| {labelled} | {bias:+.3f} | {within:.0%} | {' | '.join(suffice)} |")


def _drawn(cases: Sequence[Case], forecasts: Sequence[ForecastRange]) -> str:
    """A panel for each number of labels: forecast against truth, with a bar from P10 to P90."""
    names = sorted({case.corpus for case in cases})
    wide, high = len(LABELLED) * (SIDE + GAP) + GAP, SIDE + 2 * GAP + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" {STYLE}>',
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    for number, labelled in enumerate(LABELLED):
        parts.append(f'<g transform="translate({GAP + number * (SIDE + GAP)} {GAP / 2})">')
        parts.append(f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#bbb"/>')
        parts.append(f'<line x1="0" y1="{SIDE}" x2="{SIDE}" y2="0" stroke="#bbb"/>')
        for tick in TICKS:
            x, y = _along(tick), SIDE - _along(tick)
            parts.append(f'<text x="{x:.1f}" y="{SIDE + 16}" text-anchor="middle">{tick:,}</text>')
            parts.append(f'<text x="-4" y="{y + 4:.1f}" text-anchor="end">{tick:,}</text>')
        for case, found in _of(cases, forecasts, labelled):
            colour, x = COLOURS[names.index(case.corpus)], _along(case.truth)
            low, middle, up = (SIDE - _along(one) for one in found)
            bar = f'x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{up:.1f}"'
            parts.append(f'<line {bar} stroke="{colour}" stroke-opacity="0.35"/>')
            parts.append(f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="3" fill="{colour}"/>')
        title = f"truth (across) and forecast (up), from {labelled} labels"
        parts.append(f'<text x="{SIDE / 2}" y="{SIDE + 34}" text-anchor="middle">{title}</text></g>')
    for number, name in enumerate(names):
        x, y = GAP + number * (wide - GAP) / len(names), high - 8
        parts.append(f'<circle cx="{x:.1f}" cy="{y - 4}" r="4" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="{x + 8:.1f}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _along(documents: float) -> float:
    share = np.log(documents / TICKS[0]) / np.log(TICKS[-1] / TICKS[0])
    return float(SIDE * np.clip(share, 0, 1))


if __name__ == "__main__":
    main()
