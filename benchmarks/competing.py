"""Learning of documents with one label each, beside scikit-learn's classifiers, on your own table.

`python -m benchmarks.competing TABLE [--split COLUMN] [--drop LABEL] [--characters]` prints the MAP after
100, 200, ... random documents, mean of three orders: of the strong learner as it is, of the same without
competition, and of TF-IDF (sublinear) of words (or single characters and pairs) with multinomial logistic
regression and with a linear SVM, each with C by three-fold cross-validation of its accuracy. Then how far the
rating's estimate of MAP is off, in points, with competition and without. Documents that carry several labels,
apart from the one to drop, or none, are left out.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.svm import LinearSVC

from sim.corpus import ngrams, table
from sim.corpus.cache import cache_folder
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.quality_on_test_documents import average_precisions
from sim.learning.rating.performance import estimate
from sim.scenario.models import TableColumns, TableCorpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus, Documents

SIZES = (100, 200, 500, 1_000, 2_000)
ORDERS = 3
LOGISTIC = (1, 5, 25, 125)
SVM = (0.1, 0.3, 1, 3)
UNSEEN = -1e9
"""Score of a label that no labelled document carries."""


def main() -> None:
    """Measure one table and print a row for each number of documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drop", help="label that accompanies others")
    parser.add_argument("--characters", action="store_true", help="for writing without spaces")
    options, config = options_and_table(parser)
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
    kind: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 2)} if characters else {}
    vectorizer = TfidfVectorizer(sublinear_tf=True, **kind)
    pool, test = vectorizer.fit_transform(corpus.pool.texts), vectorizer.transform(corpus.test.texts)
    labels = corpus.pool.labels.argmax(axis=1)
    for count in SIZES:
        if count > len(corpus.pool):
            break
        rows = []
        for order in range(ORDERS):
            seen = np.random.default_rng(order).permutation(len(corpus.pool))[:count]
            models = [learner.train(seen) for learner in ours]
            maps = [model.map for model in models]
            off = [100 * abs(estimate(model.predictions(), seen).mean - model.map) for model in models]
            logistic = cross_validated(
                lambda c: LogisticRegression(C=c, max_iter=150, tol=1e-3), LOGISTIC, pool[seen], labels[seen]
            )
            svm = cross_validated(lambda c: LinearSVC(C=c), SVM, pool[seen], labels[seen])
            rows.append([*maps, _map(corpus, logistic, test), _map(corpus, svm, test), *off])
        yield count, np.mean(rows, axis=0)


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
