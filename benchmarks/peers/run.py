"""A round of active learning with 1,000 labelled documents, and what it teaches, here and elsewhere.

    make peers
    .venv/bin/python -m benchmarks.peers.run [--corpus standin] [--choose]

All begin with the same 100 random documents of the pool and pick 50 at a time, three times over. A round is:
train, score the test documents and take the mean average precision, score the pool and pick; with
leave-one-out scores of what is labelled in ours, without in theirs. Each library runs on one thread in an
environment of its own, made the first time.

What a library learns with and which of its strategies it picks with was chosen among all that it has, on
documents of the pool alone: ``--choose`` prints that comparison, without a look at the test documents.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import heading, reuters_or_exit, scratch
from benchmarks.peers.environments import python_of
from benchmarks.peers.rounds import Task
from sim.corpus import synthetic
from sim.scenario.models import StandinCorpus
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sim.corpus.documents import Corpus

PEERS = ("ours", "modal", "small-text", "cvirs", "scikit-activeml")
SIZES = (250, 500, 1_000, 1_750)
AT = 1_000
NEAR = 100
"""Rounds with so many documents more or fewer are timed too: one alone depends on who else is busy."""
PARTS = ("clock", "processor", "train", "evaluate", "pick")
REPETITIONS = 3
CHOOSING_REPETITIONS = 2
CHOOSING_POOL = 5_000
"""Documents of the pool that are labelled from while choosing; the others are measured on."""
CHOOSING_SEED = 7


def main() -> None:
    """Run everybody on the same task, and print a line for each."""
    parser = argparse.ArgumentParser(description="Rounds of active learning, here and in other libraries.")
    parser.add_argument("--corpus", choices=["reuters", "standin"], default="reuters")
    parser.add_argument("--choose", action="store_true", help="compare all strategies on the pool alone")
    asked = parser.parse_args()
    corpus = (
        reuters_or_exit()
        if asked.corpus == "reuters"
        else synthetic.generate(StandinCorpus(source="standin"))
    )
    task = _choosing(corpus) if asked.choose else _measuring(corpus)
    interpreters = {peer: python_of(peer) for peer in PEERS}
    heading(f"{corpus.name}: {len(task.pool):,} documents in the pool, {len(task.test):,} to measure on")
    with scratch() as folder:
        task.write(folder)
        reports = (_report(peer, python, folder, every=asked.choose) for peer, python in interpreters.items())
        for line in _table(reports):
            print(f"| {' | '.join(line)} |", flush=True)


def _measuring(corpus: Corpus) -> Task:
    orders = [np.random.default_rng(seed).permutation(len(corpus.pool)) for seed in range(REPETITIONS)]
    return Task(
        corpus.pool.texts, corpus.test.texts, corpus.pool.labels, corpus.test.labels, np.array(orders)
    )


def _choosing(corpus: Corpus) -> Task:
    """The pool alone, a part of it in place of the test documents."""
    shuffled = np.random.default_rng(CHOOSING_SEED).permutation(len(corpus.pool))
    pool, test = np.sort(shuffled[:CHOOSING_POOL]), np.sort(shuffled[CHOOSING_POOL:])
    orders = [np.random.default_rng(seed).permutation(len(pool)) for seed in range(CHOOSING_REPETITIONS)]
    texts, labels = corpus.pool.texts, corpus.pool.labels
    return Task(
        [texts[row] for row in pool],
        [texts[row] for row in test],
        labels[pool],
        labels[test],
        np.array(orders),
    )


def _report(peer: str, python: Path, folder: Path, *, every: bool) -> Any:
    """What a peer's script measured in its own interpreter."""
    out = folder / f"{peer}.json"
    # scikit-learn warns in every round of labels that no document carries yet: not what is measured here.
    script = f"benchmarks.peers.peer_{peer.replace('-', '_')}"
    words = [str(python), "-W", "ignore", "-m", script, str(folder), str(out), *["--every"] * every]
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    subprocess.run(words, cwd=ROOT, check=True, env={**os.environ, **one_thread})
    return json.loads(out.read_text("utf-8"))


def _table(reports: Iterable[Any]) -> Iterator[list[str]]:
    """A line for each way of using each library, compared with the first, which is ours."""
    headings = [
        "library",
        "strategy",
        "seconds a round, by the clock",
        "of processors",
        "to train",
        "to evaluate",
        "to score and pick",
        "times ours",
        "mean of all rounds",
        *(f"MAP at {size:,}" for size in SIZES),
    ]
    yield from (headings, ["---"] * len(headings))
    ours = None
    for report in reports:
        for way, repetitions in report["ways"].items():
            rounds = [one for repetition in repetitions for one in repetition]
            near = [one for one in rounds if abs(one["labelled"] - AT) <= NEAR]
            usual = {part: median(one[part] for one in near) for part in PARTS}
            ours = ours or usual["processor"]
            yield [
                report["package"],
                way,
                *(f"{usual[part]:.3f}" for part in PARTS),
                f"{usual['processor'] / ours:.1f}",
                f"{mean(one['processor'] for one in rounds):.3f}",
                *(f"{mean(one['map'] for one in rounds if one['labelled'] == size):.3f}" for size in SIZES),
            ]


if __name__ == "__main__":
    main()
