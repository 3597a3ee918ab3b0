"""The strong learner beside scikit-learn's linear classifiers, on random documents.

`python -m benchmarks.competing FOLDER [--orders 3]` compares them on Reuters, where NLTK_DATA says that is,
and on every CSV table of the folder: MAP after 100, 200, ... random documents, up to 60 % of the pool, of the
preset `strong`, and of TF-IDF (sublinear) of words (or single characters and pairs, where a script has no
spaces) with logistic regression and with a linear SVM, each with C by three-fold cross-validation of its
accuracy. Pools and test documents are cut.

`python -m benchmarks.competing TABLE [--split COLUMN] [--drop LABEL] [--characters]` looks at those documents
of a table that carry one label: of the strong learner as it is, of the same without competition, and of the
same two classifiers. Then how far the rating's estimate of MAP is off, in points, with competition and
without. Documents that carry several labels, apart from the one to drop, or none, are left out.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from benchmarks.never_worse import LARGEST, POOL, SIZES, TEST
from sim.corpus import load, ngrams, table
from sim.corpus.cache import cache_folder
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.quality_on_test_documents import average_precisions
from sim.learning.rating.performance import estimate
from sim.scenario.models import TableColumns, TableCorpus
from support.corpora import cut, real_corpora

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus, Documents

ORDERS = 3
LOGISTIC = (1, 5, 25, 125)
SVM = (0.1, 0.3, 1, 3)
ALLOWED = 0.005
"""MAP that `strong` may be behind."""
LEARNERS = ("strong", "logistic regression", "linear SVM")
UNSEEN = -1e9
"""Score of a label that no labelled document carries."""


def main() -> None:
    """Measure one table and print a row for each number of documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drop", help="label that accompanies others")
    parser.add_argument("--characters", action="store_true", help="for writing without spaces")
    parser.add_argument("--orders", type=int, default=ORDERS, help="random orders of each corpus of a folder")
    options, config = options_and_table(parser)
    if (folder := Path(options.table)).is_dir():
        compare(folder, options.orders)
        return
    corpus = single(table.load(config), options.drop)
    print(f"{options.table}: {len(corpus.pool)} + {len(corpus.test)}, {len(corpus.label_names)} labels")
    print("documents  competing  alone  logistic  svm | estimate off by: competing  alone")
    for count, row in measured(corpus, characters=options.characters):
        print(count, *(f"{value:.3f}" for value in row), flush=True)


def options_and_table(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, TableCorpus]:
    """Parse the options of a benchmark on a planner's own table; show its usage where none is named."""
    parser.add_argument("table", nargs="?")
    parser.add_argument("--split", help="column that says train or test")
    options = parser.parse_args()
    if options.table is None:
        parser.print_usage()
        parser.exit()
    warnings.filterwarnings("ignore")
    columns = TableColumns(split=options.split)
    return options, TableCorpus(source="table", path=options.table, columns=columns, separator="|")


def single(corpus: Corpus, dropped: str | None) -> Corpus:
    """Return the documents of a corpus that carry one label, apart from the dropped one."""
    kept = [column for column, name in enumerate(corpus.label_names) if name != dropped]

    def part(documents: Documents) -> Documents:
        labels = documents.labels[:, kept]
        return replace(documents, labels=labels).take(np.flatnonzero(labels.sum(axis=1) == 1))

    names = [corpus.label_names[column] for column in kept]
    return replace(corpus, label_names=names, pool=part(corpus.pool), test=part(corpus.test))


def measured(corpus: Corpus, *, characters: bool) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield each number of documents and the means of what is measured there."""
    terms = ngrams.read(ngrams.get_or_compute(corpus, 512, cache_folder()))
    ours = [KernelRidge(replace(corpus, single_label=one), terms) for one in (None, False)]
    peers = Peers(corpus, characters=characters)
    for count in SIZES:
        if count > len(corpus.pool):
            break
        rows = []
        for order in range(ORDERS):
            seen = np.random.default_rng(order).permutation(len(corpus.pool))[:count]
            models = [learner.train(seen) for learner in ours]
            maps = [model.map for model in models]
            off = [100 * abs(estimate(model.predictions(), seen).mean - model.map) for model in models]
            rows.append([*maps, *peers.maps(seen), *off])
        yield count, np.mean(rows, axis=0)


def compare(folder: Path, orders: int) -> None:
    """Print what `strong` and its peers reach on every corpus, and how far ahead it is."""
    print("| documents | labels | |", " | ".join(f"{size:,}" for size in SIZES), "|")
    print(f"|{'---|' * (3 + len(SIZES))}")
    ahead = []
    for name, config in real_corpora(folder).items():
        corpus = cut(load(config, cache_folder()), POOL, TEST)
        maps = learned(corpus, [size for size in SIZES if size <= LARGEST * len(corpus.pool)], orders)
        begin = [name, str(len(corpus.label_names))]
        for learner, row in zip(LEARNERS, maps, strict=True):
            best = maps.max(axis=0)
            cells = [
                f"**{one:.3f}**" if one == most else f"{one:.3f}" for one, most in zip(row, best, strict=True)
            ]
            print(
                "|",
                " | ".join([*begin, learner, *cells, *["-"] * (len(SIZES) - len(cells))]),
                "|",
                flush=True,
            )
            begin = ["", ""]
        ahead.append(maps[0] - maps[1:].max(axis=0))
    every = np.concatenate(ahead)
    print(
        f"\n`strong` less the better of the other two: mean {every.mean():+.3f}, worst {every.min():+.3f}; "
        f"more than {ALLOWED} behind in {np.count_nonzero(every < -ALLOWED)} of {len(every)} cells."
    )


def learned(corpus: Corpus, sizes: Sequence[int], orders: int) -> NDArray[np.float64]:
    """Return each learner's MAP by number of documents, averaged over random orders."""
    strong = KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, 512, cache_folder())))
    peers = Peers(corpus, characters=_without_spaces(corpus))
    maps = np.zeros((len(LEARNERS), len(sizes)))
    for order, (column, size) in product(range(orders), enumerate(sizes)):
        seen = np.random.default_rng(order).permutation(len(corpus.pool))[:size]
        maps[:, column] += [strong.train(seen).map, *peers.maps(seen)]
    return maps / orders


def _without_spaces(corpus: Corpus) -> bool:
    """Return whether texts hold far more words than are parted by spaces."""
    return int(corpus.pool.words.sum()) > 2 * sum(len(text.split()) for text in corpus.pool.texts)


class Peers:
    """TF-IDF (sublinear) of words, or of characters and their pairs, with scikit-learn's linear classifiers.

    Where every document carries one label, logistic regression is multinomial; else both classifiers are of
    one label against the rest, with one C for all.
    """

    def __init__(self, corpus: Corpus, *, characters: bool) -> None:
        kind: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 2)} if characters else {}
        vectorizer = TfidfVectorizer(sublinear_tf=True, **kind)
        self._pool = vectorizer.fit_transform(corpus.pool.texts)
        self._test = vectorizer.transform(corpus.test.texts)
        self._corpus, labels = corpus, corpus.pool.labels
        self._single = (labels.sum(axis=1) == 1).all()
        self._labels = labels.argmax(axis=1) if self._single else labels.astype(np.int64)

    def maps(self, seen: NDArray[np.int64]) -> list[float]:
        """Return the MAP of logistic regression and of a linear SVM that have seen some documents."""
        rows, labels = self._pool[seen], self._labels[seen]
        found = (
            cross_validated(make, penalties, rows, labels)
            for make, penalties in ((self._logistic, LOGISTIC), (self._svm, SVM))
        )
        return [_map(self._corpus, classifier, self._test) for classifier in found]

    def _logistic(self, penalty: float) -> Any:
        if self._single:
            return LogisticRegression(C=penalty, max_iter=150, tol=1e-3)
        return OneVsRestClassifier(LogisticRegression(C=penalty, solver="liblinear"))

    def _svm(self, penalty: float) -> Any:
        return LinearSVC(C=penalty) if self._single else OneVsRestClassifier(LinearSVC(C=penalty))


def cross_validated(
    make: Callable[[float], Any], penalties: Sequence[float], rows: Any, labels: NDArray[np.int64]
) -> Any:
    """Return a classifier trained with the C that is right most often in three folds."""
    right = [0] * len(penalties)
    for train, held_out in KFold(3, shuffle=True, random_state=0).split(labels):
        for place, penalty in enumerate(penalties):
            found = make(penalty).fit(rows[train], labels[train]).predict(rows[held_out])
            right[place] += int((found == labels[held_out]).sum())
    return make(penalties[int(np.argmax(right))]).fit(rows, labels)


def _map(corpus: Corpus, classifier: Any, test: Any) -> float:
    """Return the MAP of a classifier on the test documents, by probabilities where it has them."""
    ranked = getattr(classifier, "predict_proba", classifier.decision_function)(test)
    if ranked.ndim == 1:
        ranked = np.stack([-ranked, ranked], axis=1)
    scores = np.full(corpus.test.labels.shape, UNSEEN)
    scores[:, classifier.classes_] = ranked
    return float(np.nanmean(average_precisions(corpus.test.labels, scores)))


if __name__ == "__main__":
    main()
