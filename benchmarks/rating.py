"""How near a project's own estimate of MAP comes to the truth: tables and picture of `docs/rating.md`.

`python -m benchmarks.rating strong article` takes twenty processor minutes with all corpora; other learners
may be named. It runs on the stand-in, on Reuters where NLTK_DATA says that is, whose picture of strong and
article is `docs/rating.svg`, and on every CSV table in the folder that LABELSIM_CORPORA names (columns text
and labels, `|` between labels, and maybe split), cut to 3,400 documents to choose from and 4,000 to test on.

Pool and test documents are divided anew at random for every project, so that the test documents are such as
the pool's, of which the estimate is. `python -m benchmarks.rating strong as-they-are` keeps the division that
corpora come with, and draws nothing.
"""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing import Panel, draw
from benchmarks.measure import reuters_or_exit, scratch
from sim.core.registry import LEARNERS
from sim.core.streams import Streams
from sim.corpus import synthetic, table
from sim.learning.active_learner import ActiveLearner
from sim.scenario.models import Scenario, StandinCorpus, TableColumns, TableCorpus
from support.corpora import reuters_is_here
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus, Documents

    Runs = dict[str, list["Run"]]
    """Of each strategy."""

DRAWN = ("strong", "article")
WHOLE = ("Reuters", "stand-in")
STRATEGIES = ("random", "variance_reduction", "model_rating")
PROJECTS = 6
POOL, TEST = 3_400, 4_000
"""Documents of a table at most."""
SIZES = (100, 150, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000)
LARGER = {"article": (3_000, 4_000)}
"""Of learners that are slow. Labelled documents whose models are looked at, up to six tenths of the pool."""
BATCHES, MANY = (50, 100), 500
"""Batch sizes: up to a number of labelled documents, and from there on."""
MOST_OF_POOL = 0.6
ENOUGH, MOST_LABELS = 5, 0.8
"""Examples that so large a share of the labels has when an estimate should be good."""
MEAN_OF_ABSOLUTE = 0.8
"""Mean absolute value of a normal variable of deviation 1."""
HEADING = """
| corpus | strategy | models | off by | bias | by examples alone | covered | width | at 500 |
|---|---|---|---|---|---|---|---|---|""".strip()
TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)


@dataclass(frozen=True, eq=False)
class Run:
    """What one project's models were and seemed to be: a value a model, in points of MAP."""

    size: NDArray[np.float64]
    """Labelled documents."""
    truth: NDArray[np.float64]
    estimated: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    sampling: NDArray[np.float64]
    """Standard deviation of MAP by what examples the labels have, each a share of its own; nothing else."""
    late: NDArray[np.float64]
    """1 where most labels have enough examples."""


def main() -> None:
    """Print the table, and draw the picture of Reuters."""
    anew = "as-they-are" not in sys.argv
    presets = [one for one in sys.argv[1:] if one in LEARNERS] or DRAWN[:1]
    panels = {}
    print(HEADING)
    with scratch() as cache:
        for preset in presets:
            for name, corpus in _corpora():
                most = len(corpus.pool) if name in WHOLE else POOL
                runs = _runs(corpus, preset, cache, most, anew=anew)
                _print(f"{name}, `{preset}`", runs)
                if name == "Reuters":
                    panels[preset] = _panel(preset, runs)
    if anew and set(DRAWN) <= set(panels):
        picture = draw(["as it should be", *STRATEGIES], [panels[preset] for preset in DRAWN], TICKS)
        (ROOT / "docs" / "rating.svg").write_text(picture, "utf-8")


def _corpora() -> Iterator[tuple[str, Corpus]]:
    if reuters_is_here():
        yield "Reuters", reuters_or_exit()
    for path in sorted(Path(os.environ.get("LABELSIM_CORPORA", ROOT / "nowhere")).glob("*.csv")):
        with path.open(encoding="utf-8") as lines:
            split = "split" if "split" in next(csv.reader(lines)) else None
        columns = TableColumns(split=split)
        yield (
            path.stem,
            table.load(TableCorpus(source="table", path=str(path), columns=columns, separator="|")),
        )
    yield "stand-in", synthetic.generate(StandinCorpus(source="standin"))


def _runs(corpus: Corpus, preset: str, cache: Path, most: int, *, anew: bool) -> Runs:
    runs: Runs = {strategy: [] for strategy in STRATEGIES}
    kind = LEARNERS[preset]
    for project in range(1, PROJECTS + 1):
        divided = _divided(corpus, project, most) if anew else corpus
        features = kind.feature_set.read(kind.feature_set.get_or_compute(divided, 512, cache))
        for strategy in STRATEGIES:
            scenario = Scenario.model_validate(
                {
                    "name": strategy,
                    "learner": {"preset": preset},
                    "labelling": {"strategy": strategy, "batch": BATCHES[0]},
                    # A line that no project crosses has every model looked at.
                    "stop": {"rating": 100},
                }
            )
            learner = ActiveLearner(scenario, divided.pool, kind(divided, features), Streams(0, project))
            sizes = (*SIZES, *LARGER.get(preset, ()))
            runs[strategy].append(_run(learner, sizes, advised=strategy == "model_rating"))
    return runs


def _divided(corpus: Corpus, seed: int, most: int) -> Corpus:
    """Divide all documents anew at random, as many for the pool as before, but ``most`` at most."""
    pool, test = corpus.pool, corpus.test
    order = np.random.default_rng(seed).permutation(len(pool) + len(test))
    ids, texts = [*pool.ids, *test.ids], [*pool.texts, *test.texts]
    labels = np.concatenate([pool.labels, test.labels])

    def part(rows: NDArray[np.int64]) -> Documents:
        its_ids, its_texts = [ids[row] for row in rows], [texts[row] for row in rows]
        return replace(pool, ids=its_ids, texts=its_texts, labels=labels[rows], times=None)

    in_pool = min(len(pool), most)
    return replace(corpus, pool=part(order[:in_pool]), test=part(order[in_pool:][:TEST]))


def _run(learner: ActiveLearner, sizes: Sequence[int], *, advised: bool) -> Run:
    """Label documents in batches, and look at some of the models."""
    models = []
    documents = np.empty(0, dtype=np.int64)
    for size in (size for size in sizes if size <= MOST_OF_POOL * len(learner.pool)):
        while len(documents) < size:
            batch = BATCHES[len(documents) >= MANY]
            count = min(batch, size - len(documents)) if len(documents) else size
            new = [query.documents for query in learner.query(count) if not query.again]
            documents = np.concatenate([documents, *new])
            learner.fit(documents)
            if advised or len(documents) == size:
                point = learner.rate()
        if point.rating is None:
            continue
        positives = learner.predictions.positives
        precisions = np.nan_to_num(np.array(learner.average_precisions))
        by_examples = np.sum(precisions * (1 - precisions) / np.maximum(positives, 1)) / len(positives) ** 2
        late = np.mean(positives >= ENOUGH) >= MOST_LABELS
        rated = point.rating
        seen = (rated.all_labels, rated.all_labels_lower, rated.all_labels_upper)
        models.append((size, 100 * point.map, *seen, 100 * np.sqrt(by_examples), late))
    return Run(*np.array(models).T)


def _print(what: str, runs: Runs) -> None:
    """A row for each strategy: models when most labels have enough examples; all before that."""
    for strategy, some in runs.items():
        size, truth, estimated, lower, upper, sampling, late = np.concatenate(
            [np.array(list(vars(run).values())) for run in some], axis=1
        )
        is_late = late > 0
        error = estimated - truth
        covered, width = 100.0 * ((lower <= truth) & (truth <= upper)), upper - lower
        at_500 = width[size == SIZES[5]]
        cells = (
            what,
            f"`{strategy}`",
            f"{(~is_late).sum()} / {is_late.sum()}",
            _both(abs(error), is_late, ".1f"),
            _both(error, is_late, "+.1f"),
            _both(MEAN_OF_ABSOLUTE * sampling, is_late, ".1f"),
            _both(covered, is_late, ".0f", "%"),
            _both(width, is_late, ".0f"),
            f"{np.median(at_500):.0f}" if len(at_500) else "-",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def _both(values: NDArray[np.floating], late: NDArray[np.bool_], how: str, unit: str = "") -> str:
    """The mean before, and after."""
    parts = (values[~late], values[late])
    return " / ".join(format(part.mean(), how) + unit if len(part) else "-" for part in parts)


def _panel(preset: str, runs: Runs) -> Panel:
    """The estimate over the truth, means over projects model by model."""
    lines: list[tuple[Sequence[float], Sequence[float]]] = [(TICKS, TICKS)]
    for some in runs.values():
        models = min(len(run.truth) for run in some)
        truth, estimated = (
            np.mean([getattr(run, name)[:models] for run in some], axis=0) / 100
            for name in ("truth", "estimated")
        )
        lines.append((truth.tolist(), estimated.tolist()))
    return Panel(f"true MAP, {preset}", lines, TICKS)


if __name__ == "__main__":
    main()
