"""How true forecasts from a description alone are: the tables of `docs/forecasts.md` and `docs/standin.md`.

`python -m benchmarks.described FOLDER CASES [SUB-POOLS]` takes the tables of a folder and Reuters, as
`benchmarks.forecasts` does, and that many sub-pools of them, two at least, all if left out. What was measured
is kept, learning curves in the file CASES and forecasts beside it, and a run that was ended goes on there.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.forecasts import COMPONENTS, corpora, drawn, sub_pools
from benchmarks.measure import first_passage, kept, scratch
from sim.corpus import load, ngrams
from sim.corpus.synthetic import estimate_unevenness
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.loading.sweep import read_dictionary
from sim.scenario.models import Scenario
from sim.scenario.unknown import possible_corpora

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.scenario.models import CorpusConfig

SIZES = (100, 150, 200, 300, 400, 600, 800, 1_100, 1_500, 2_000, 2_700, 3_700, 5_000)
TEST = 1_000
READ = 100
"""Random documents that a description is read off."""
THIRD = 3
"""An absolute target is the corpus's own MAP with this part of its pool labelled."""
OF_PLATEAU = 0.9
NEVER = 2
"""What the documents do not reach counts as reached with this many times as many, in the score."""
AS_NEVER = 20
"""Factor of a P50 that is never reached."""
MISSED = 0.2
"""Probability of the truth outside P10 to P90."""


@dataclass(frozen=True)
class SubPool:
    """A sub-pool: what a script reads off a hundred of its documents, and its learning curve."""

    corpus: str
    documents: int
    description: dict[str, float]
    sizes: Sequence[int]
    maps: Sequence[float]
    """MAP of a random order, the last with all documents."""

    def passage(self, target: float) -> float:
        """Documents at which a MAP is reached, in batches of a hundred; infinite where it is not."""
        return first_passage(self.sizes, self.maps, target)


def main() -> None:
    """Measure, forecast and print."""
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else None
    with threadpool_limits(1), scratch() as cache:
        wholes = dict(corpora(folder, cache))
        keys = sub_pools(wholes)[:most]
        found = kept(path, keys, lambda key: asdict(_measured(*drawn(key, wholes))))
        cases = {key: SubPool(**one) for key, one in found.items()}
        for title, target in (
            ("Its own MAP with a third labelled", "map"),
            ("Of its own plateau", "of_plateau"),
        ):
            beside = path.with_name(f"{path.name}.{target}")
            forecasts = kept(beside, keys, partial(_forecast, cases, target))
            print(f"\n{title}")
            # Each has a fifth of the projects: P10, P50 and P90 are those of the first, third and fifth.
            _print_table([*cases.values()], [documents[::2] for documents in forecasts.values()], target)
            print("\nOther corpora's documents to the same target")
            others = [_of_others(case, [*cases.values()], target) for case in cases.values()]
            _print_table([*cases.values()], others, target)


def _measured(corpus: Corpus, rng: np.random.Generator) -> SubPool:
    order = rng.permutation(len(corpus.pool))
    read = corpus.pool.labels[order[:READ]]
    words = corpus.pool.words[order[:READ]]
    description = {
        "labels": corpus.pool.labels.shape[1],
        "unevenness": round(estimate_unevenness(read), 2),
        "labels_per_document": max(1.0, float(read.sum(axis=1).mean())),
        "words_per_document": max(3.0, float(words.mean())),
    }
    sizes = [size for size in SIZES if size < len(order)] + [len(order)]
    with scratch() as own:
        maps = list(_curve(corpus, sizes, order, own))
    return SubPool(corpus.name, len(order), description, sizes, maps)


def _curve(corpus: Corpus, sizes: Sequence[int], order: NDArray[np.int64], cache: Path) -> Iterator[float]:
    features = ngrams.read(ngrams.get_or_compute(corpus, COMPONENTS, cache))
    learner = KernelRidge(corpus, features)
    for size in sizes:
        yield learner.train(order[:size]).map


def target_of(case: SubPool, key: str) -> float:
    """The MAP that a sub-pool is to reach."""
    if key == "of_plateau":
        return OF_PLATEAU * case.maps[-1]
    return float(np.interp(np.log(case.documents / THIRD), np.log(case.sizes), case.maps))


def _forecast(cases: Mapping[str, SubPool], metric: str, key: str) -> list[float]:
    """Documents to the target on each of the five generated corpora that stand for what may be, ascending."""
    case = cases[key]
    target = OF_PLATEAU if metric == "of_plateau" else target_of(case, metric)
    keys: dict[str, Any] = {
        "name": case.corpus,
        "corpus": {
            "source": "standin",
            "documents": case.documents,
            "test_documents": TEST,
            **case.description,
        },
        "target": {metric: target},
    }
    scenario = read_dictionary(keys)
    assert isinstance(scenario, Scenario)  # noqa: S101 - neither a sweep nor a portfolio
    return sorted([_documents(config, target, metric) for config in possible_corpora(scenario)])


def _documents(config: CorpusConfig, target: float, key: str) -> float:
    with scratch() as cache:
        corpus = load(config, cache)
        order = np.random.default_rng(1).permutation(len(corpus.pool))
        sizes = [size for size in SIZES if size < len(order)] + [len(order)]
        if key == "of_plateau":
            target *= next(_curve(corpus, sizes[-1:], order, cache))
        maps: list[float] = []
        for value in _curve(corpus, sizes, order, cache):
            maps.append(value)
            if value >= target:
                break
    return first_passage(sizes[: len(maps)], maps, target)


def _of_others(case: SubPool, cases: Sequence[SubPool], key: str) -> list[float]:
    """The plain prior: P10, P50 and P90 of what all sub-pools of other corpora take."""
    others = [other for other in cases if other.corpus != case.corpus]
    targets = [target_of(case if key == "map" else other, key) for other in others]
    taken = sorted(other.passage(target) for other, target in zip(others, targets, strict=True))
    return [taken[round(share * (len(taken) - 1))] for share in (0.1, 0.5, 0.9)]


def _print_table(cases: Sequence[SubPool], forecasts: Sequence[Sequence[float]], key: str) -> None:
    print("| corpus | sub-pools | factor of P50 | truth within | P50 never | median P90 / P10 | score |")
    print("|---|---|---|---|---|---|---|")
    figures = np.array(
        [
            (case.documents, case.passage(target_of(case, key)), *found)
            for case, found in zip(cases, forecasts, strict=True)
        ]
    )
    names = np.array([case.corpus for case in cases])
    for name in [*sorted({case.corpus for case in cases}), "all"]:
        chosen = figures[(names == name) | (name == "all")]
        documents, truth, low, middle, high = chosen.T
        never = ~np.isfinite(middle)
        errors = np.where(never, np.log(AS_NEVER), np.abs(np.log(np.where(never, 1, middle) / truth)))
        low, high = (np.log(np.minimum(one, NEVER * documents)) for one in (low, high))
        beyond = np.maximum(low - np.log(truth), 0) + np.maximum(np.log(truth) - high, 0)
        print(
            f"| {name} | {len(chosen)} | {np.exp(errors.mean()):.2f} | {np.mean(beyond == 0):.0%} | "
            f"{never.mean():.0%} | {np.exp(np.median(high - low)):.1f} | "
            f"{np.mean(high - low + 2 / MISSED * beyond):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
