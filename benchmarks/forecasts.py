"""How true forecasts from the first labels are: the parameters, tables and picture of `docs/forecasts.md`.

`python -m benchmarks.forecasts FOLDER CASES` takes the tables of a folder (CSV with columns text and labels)
and Reuters, where NLTK_DATA has it. What was measured is kept in the file CASES, and read from there the next
time: three sub-pools of each corpus take some ten minutes, the fits a minute.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import combinations
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from benchmarks.drawing import COLOURS, STYLE
from benchmarks.measure import first_passage, kept, scratch
from sim.corpus import load, ngrams, synthetic
from sim.corpus.documents import Corpus, Documents
from sim.corpus.table import PartlyLabelled
from sim.learning.extrapolation import (
    GROWTH,
    CurveEstimate,
    CurveParameters,
    DocumentsToTarget,
    MeasuredCurve,
    measure_curve,
)
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.loading.sweep import read_dictionary
from sim.scenario.models import ReutersCorpus, StandinCorpus, TableCorpus
from sim.study.forecast import Rest
from support.corpora import reuters_is_here
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

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
"""A target is the corpus's own MAP with this part of its pool labelled: a third, a half."""
BATCHES = (*range(100, 1_001, 100), *range(1_200, 6_001, 200))
COMPONENTS = 512
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

The spread of documents at a target is given: it was chosen for how often ranges held the truth here."""
ALIKE = 4
"""Cases of a sub-pool that count as one: its orders and targets share their documents."""
NEAR = 1.02
"""Ratio of documents within which a truth counts as foretold, for its density."""
LEAST_DENSITY = 0.02
FROM = 300
DIFFERENT = 1.2
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
    pool: int
    curve: MeasuredCurve
    """By the labelled documents alone."""
    tested: MeasuredCurve
    """Measured on the test documents."""
    target: float
    truth: float
    """Documents with which it was reached, between batches by a straight line of logarithms."""
    best: float
    """The best MAP of this order, with three fifths of the pool labelled."""


class ForecastRange(NamedTuple):
    """A forecast: documents when the target is reached."""

    p10: float
    p50: float
    p90: float


def main() -> None:
    """Measure, fit and print."""
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    with scratch() as cache, threadpool_limits(1):
        found = kept(
            path,
            lambda: (asdict(case) for name, whole in corpora(folder, cache) for case in _cases(name, whole)),
        )
    cases = [*map(_read, found)]
    for title, key in (("by the labelled documents", "curve"), ("on test documents", "tested")):
        chosen = [replace(case, curve=getattr(case, key)) for case in cases]
        print(f"\nMeasured {title}: {fitted(chosen)}")
        forecasts = [_range(left_out(case, chosen)) for case in chosen]
        _print_tables(chosen, forecasts)
        _print_plans(chosen)
        if key == "curve":
            (ROOT / "docs" / "forecasts.svg").write_text(_drawn(chosen, forecasts), "utf-8")
    best = {
        name: max(one.best for one in cases if one.corpus == name) for name in {one.corpus for one in cases}
    }
    print("\nBest MAP:", {name: round(value, 3) for name, value in sorted(best.items())})


def _read(case: dict[str, Any]) -> Case:
    return Case(**{**case, **{key: MeasuredCurve(*case[key]) for key in ("curve", "tested")}})


def corpora(folder: Path, cache: Path) -> Iterator[tuple[str, Documents]]:
    """All documents of each corpus."""
    for path in sorted(folder.glob("*.csv")):
        found = load(TableCorpus(source="table", path=str(path)), cache)
        yield path.stem, _joined(found)
    if reuters_is_here():
        yield "reuters", _joined(load(ReutersCorpus(), cache))


def _joined(corpus: Corpus) -> Documents:
    texts = [*corpus.pool.texts, *corpus.test.texts]
    names = [str(number) for number in range(len(texts))]
    return Documents(names, texts, np.concatenate([corpus.pool.labels, corpus.test.labels]))


def _cases(name: str, whole: Documents) -> Iterator[Case]:
    """The cases of a corpus: sub-pools, orders, numbers of labels, targets."""
    for corpus, rng in sub_pools(name, whole):
        with scratch() as cache:
            features = ngrams.read(ngrams.get_or_compute(corpus, COMPONENTS, cache))
            yield from _cases_of_pool(corpus, KernelRidge(corpus, features), rng)


def sub_pools(name: str, whole: Documents) -> Iterator[tuple[Corpus, np.random.Generator]]:
    """Sub-pools of a corpus with test documents, and the random numbers to go on with."""
    for number, (least, most) in enumerate(POOLS):
        rng = np.random.default_rng([number, *name.encode()])
        limit = int(MOST * len(whole))
        if limit < POOLS[0][0]:
            return
        size = int(np.exp(rng.uniform(np.log(least), np.log(most))))
        if size > limit:
            size = int(np.exp(rng.uniform(np.log(POOLS[0][0]), np.log(limit))))
        yield sub_pool(name, whole, size, TEST, rng), rng


def sub_pool(name: str, whole: Documents, size: int, test: int, rng: np.random.Generator) -> Corpus:
    """A random pool of a corpus and ``test`` documents beside it."""
    rows = rng.permutation(len(whole))
    names = [str(label) for label in range(whole.labels.shape[1])]
    return Corpus(name, names, whole.take(rows[:size]), whole.take(rows[size : size + test]))


def _cases_of_pool(corpus: Corpus, learner: KernelRidge, rng: np.random.Generator) -> Iterator[Case]:
    size = len(corpus.pool)
    orders = [rng.permutation(size) for _ in range(ORDERS)]
    batches = [batch for batch in BATCHES if batch <= 0.62 * size]
    curves = [[learner.train(order[:batch]).map for batch in batches] for order in orders]
    for order, maps in zip(orders, curves, strict=True):
        for labelled in LABELLED:
            curve = measure_curve(learner, order[:labelled], rng)
            tested = measure_curve(learner, order[:labelled], rng, corpus.test.labels.sum(axis=0))
            for part in TARGETS:
                target = float(np.mean([np.interp(size / part, batches, one) for one in curves]))
                truth = first_passage(batches, maps, target)
                if NEAR * labelled < truth < inf:
                    yield Case(corpus.name, size, curve, tested, target, truth, max(maps))


def fitted(cases: Sequence[Case]) -> CurveParameters:
    """Parameters by which the truth is most probable, held to `START`."""
    start, held = np.array(START), np.array(HELD)

    def loss(steps: NDArray[np.float64]) -> float:
        parameters = CurveParameters(*(start + held * steps).tolist())
        densities = [_density(case, parameters) for case in cases]
        return float(np.sum(steps**2) / 2 - np.sum(np.log(np.array(densities) + LEAST_DENSITY)) / ALIKE)

    bounds = [
        (-0.9 * one / two if one > 0 < two else None, None) for one, two in zip(start, held, strict=True)
    ]
    found = minimize(loss, np.zeros(len(start)), method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    return CurveParameters(*(start + held * found.x).tolist())


def _density(case: Case, parameters: CurveParameters) -> float:
    """Density of the logarithm of the truth."""
    found = CurveEstimate.expected(case.curve, parameters).documents_to(case.target)
    within = found.probability_by(case.truth * NEAR) - found.probability_by(case.truth / NEAR)
    return float(within / (2 * np.log(NEAR)))


@cache
def _fitted_without(corpus: str, cases: tuple[Case, ...]) -> CurveParameters:
    return fitted([case for case in cases if case.corpus != corpus])


def left_out(case: Case, cases: Sequence[Case]) -> DocumentsToTarget:
    """Documents to a case's target, by parameters fitted to all other corpora."""
    parameters = _fitted_without(case.corpus, tuple(cases))
    return CurveEstimate.expected(case.curve, parameters).documents_to(case.target)


def _range(values: DocumentsToTarget) -> ForecastRange:
    return ForecastRange(*(float(values.quantile(share)) for share in (0.1, 0.5, 0.9)))


def _print_tables(cases: Sequence[Case], forecasts: Sequence[ForecastRange]) -> None:
    columns = "cases | typical factor | truth within P10 to P90 | median P90 / P10 |"
    print(f"\n| labels | {columns}\n|---|---|---|---|---|")
    for labelled in LABELLED:
        _print_row(str(labelled), [*_of(cases, forecasts, labelled)])
    print(f"\n| corpus | labels | {columns}\n|---|---|---|---|---|---|")
    for corpus in sorted({case.corpus for case in cases}):
        for labelled in LABELLED:
            of_all = _of(cases, forecasts, labelled)
            _print_row(f"{corpus} | {labelled}", [pair for pair in of_all if pair[0].corpus == corpus])


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
    print(
        f"| {name} | {len(pairs)} | {factor:.2f} | {within:.0%} | {np.median(high / low):.1f} |", flush=True
    )


def _print_plans(cases: Sequence[Case]) -> None:
    """Print how true times until the end are, and differences of plans, from 300 labels.

    The truth is what a plan takes with the true number of documents, and the same draws of all else.
    """
    corpus = synthetic.generate(StandinCorpus(source="standin", documents=POOLS[-1][1]))
    within, factors, signs = [], [], []
    for case in cases:
        if case.curve.documents != FROM:
            continue
        needed, partly = left_out(case, cases), PartlyLabelled(corpus, np.arange(FROM))
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
